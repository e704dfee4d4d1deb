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
}
