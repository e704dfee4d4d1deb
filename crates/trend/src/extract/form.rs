//! How a keyword was written, as far as two bits can say, so that a trend can be shown the way most people write it.

/// How a keyword was written, as far as two bits can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SurfaceForm {
    /// As normalised.
    Lower = 0,
    /// First letter upper case.
    Capitalized = 1,
    /// All upper case.
    Upper = 2,
    /// In any other way.
    Mixed = 3,
}

impl SurfaceForm {
    /// The form of `surface`, whose normal form is `normalized`.
    pub(super) fn of(surface: &str, normalized: &str) -> Self {
        if surface == normalized {
            return Self::Lower;
        }
        let mut chars = normalized.chars();
        let Some(first) = chars.next() else { return Self::Mixed };
        if surface.chars().eq(first.to_uppercase().chain(chars)) {
            Self::Capitalized
        } else if surface.chars().eq(normalized.chars().flat_map(char::to_uppercase)) {
            Self::Upper
        } else {
            Self::Mixed
        }
    }

    /// `normalized`, written in this form; for [`SurfaceForm::Mixed`] as normalised.
    pub(crate) fn write(self, normalized: &str) -> String {
        match self {
            Self::Lower | Self::Mixed => normalized.to_owned(),
            Self::Upper => normalized.chars().flat_map(char::to_uppercase).collect(),
            Self::Capitalized => {
                let mut chars = normalized.chars();
                chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
            }
        }
    }

    /// The words of `normalized`, each written in this form; short words inside a name stay as they are ("Game of
    /// Thrones").
    pub(crate) fn write_words(self, normalized: &str) -> String {
        const SHORT_CHARS_MAX: usize = 3;
        if self != Self::Capitalized {
            return self.write(normalized);
        }
        let words: Vec<&str> = normalized.split(' ').collect();
        let is_inside = |place: usize| place > 0 && place + 1 < words.len();
        let written = words.iter().enumerate().map(|(place, word)| {
            let is_short = word.chars().count() <= SHORT_CHARS_MAX;
            if is_inside(place) && is_short { (*word).to_owned() } else { self.write(word) }
        });
        written.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_names() {
        let name = |text| SurfaceForm::Capitalized.write_words(text);
        assert_eq!(name("taylor swift"), "Taylor Swift");
        assert_eq!(name("game of thrones"), "Game of Thrones");
        assert_eq!(name("地震速報"), "地震速報");
        assert_eq!(SurfaceForm::Upper.write_words("world cup"), "WORLD CUP");
        assert_eq!(SurfaceForm::Lower.write_words("climate change"), "climate change");
    }
}
