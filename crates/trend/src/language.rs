//! Primary language subtags in two bytes, three to a post, and the most common one of many posts.

use skytrend_event::Language;

/// Languages of one post that are counted: the lexicon allows three.
pub(crate) const LANGUAGES_MAX: usize = 3;

/// A primary subtag of two or three letters, five bits each; zero is none. Longer ones name no language in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LanguageCode(pub(crate) u16);

/// The languages of a post: distinct, the unused places zero.
pub(crate) type Languages = [LanguageCode; LANGUAGES_MAX];

/// One past the largest code.
const CODES: usize = 1 << 15;

impl LanguageCode {
    /// The code of `subtag`, in any case of letters.
    pub(crate) fn of(subtag: &str) -> Option<Self> {
        if !(2..=3).contains(&subtag.len()) || !subtag.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return None;
        }
        let bits =
            subtag.bytes().fold(0, |bits, byte| bits << 5 | u16::from(byte.to_ascii_lowercase() - b'a' + 1));
        Some(Self(bits))
    }

    /// Whether the bits are those of a subtag, or none.
    pub(crate) fn is_valid(self) -> bool {
        self.0 == 0 || Self::of(&self.text()) == Some(self)
    }

    /// The subtag in lower case; `und` for none.
    pub(crate) fn text(self) -> String {
        if self.0 == 0 {
            return "und".to_owned();
        }
        let mut text = String::with_capacity(3);
        for bits in [self.0 >> 10, self.0 >> 5, self.0] {
            let letter = (bits & 31) as u8;
            if letter > 0 {
                text.push(char::from(b'a' - 1 + letter));
            }
        }
        text
    }
}

/// The codes of a post's declared languages.
pub(crate) fn codes_of(declared: &[Language<'_>]) -> Languages {
    let mut codes = Languages::default();
    let mut used = 0;
    for code in declared.iter().filter_map(|language| LanguageCode::of(language.primary())) {
        if used < LANGUAGES_MAX && !codes.contains(&code) {
            codes[used] = code;
            used += 1;
        }
    }
    codes
}

/// More languages than this are not told apart: the network has about forty in daily use, but anything may be declared.
const COUNTED_MAX: usize = 64;

/// Posts of each language; a post counts for the first of its languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LanguagePosts {
    /// In the order of their first post.
    counts: Vec<(LanguageCode, u32)>,
}

impl LanguagePosts {
    /// One more post.
    pub(crate) fn add(&mut self, languages: Languages) {
        self.add_posts(languages[0], 1);
    }

    /// One less; it was added before.
    pub(crate) fn remove(&mut self, languages: Languages) {
        if let Some((_, posts)) = self.counts.iter_mut().find(|(code, _)| *code == languages[0]) {
            *posts -= 1;
        }
    }

    /// Adds those of `other`.
    pub(crate) fn add_all(&mut self, other: &Self) {
        for &(code, posts) in &other.counts {
            self.add_posts(code, posts);
        }
    }

    fn add_posts(&mut self, code: LanguageCode, more: u32) {
        if let Some((_, posts)) = self.counts.iter_mut().find(|(known, _)| *known == code) {
            *posts += more;
        } else if self.counts.len() < COUNTED_MAX {
            self.counts.push((code, more));
        }
    }

    /// Posts of this language.
    pub(crate) fn of(&self, language: LanguageCode) -> u32 {
        self.counts.iter().find(|(code, _)| *code == language).map_or(0, |&(_, posts)| posts)
    }

    /// The languages, in the order of their codes.
    pub(crate) fn languages(&self) -> Vec<LanguageCode> {
        let mut languages: Vec<_> =
            self.counts.iter().map(|&(code, _)| code).filter(|code| code.0 > 0).collect();
        languages.sort_unstable();
        languages
    }
}

/// Counts languages; one is used for many keywords in turn.
#[derive(Debug)]
pub(crate) struct LanguageTally {
    counts: Vec<u32>,
    seen: Vec<LanguageCode>,
    /// The last languages and how many posts in a row had them: most posts of a keyword are in the same.
    last: Languages,
    last_posts: u32,
}

impl Default for LanguageTally {
    fn default() -> Self {
        Self { counts: vec![0; CODES], seen: Vec::new(), last: Languages::default(), last_posts: 0 }
    }
}

impl LanguageTally {
    /// Counts each language of a post.
    pub(crate) fn add(&mut self, languages: Languages) {
        if languages != self.last {
            self.add_last();
            self.last = languages;
        }
        self.last_posts += 1;
    }

    fn add_last(&mut self) {
        let posts = std::mem::take(&mut self.last_posts);
        for code in self.last.into_iter().filter(|code| code.0 > 0 && posts > 0) {
            let count = &mut self.counts[usize::from(code.0)];
            if *count == 0 {
                self.seen.push(code);
            }
            *count += posts;
        }
    }

    /// The most common language, the alphabetically first of several; starts again from nothing.
    pub(crate) fn take_most_common(&mut self) -> LanguageCode {
        self.add_last();
        let mut most = (0, LanguageCode::default(), [0; LANGUAGES_MAX]);
        for code in self.seen.drain(..) {
            let count = std::mem::take(&mut self.counts[usize::from(code.0)]);
            let letters = alphabetical(code);
            if count > most.0 || (count == most.0 && letters < most.2) {
                most = (count, code, letters);
            }
        }
        most.1
    }
}

/// The letters in the order of the alphabet, a shorter subtag before a longer one with the same start.
fn alphabetical(code: LanguageCode) -> [u16; LANGUAGES_MAX] {
    let letters = [code.0 >> 10, code.0 >> 5 & 31, code.0 & 31];
    if letters[0] == 0 { [letters[1], letters[2], 0] } else { letters }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(subtag: &str) -> LanguageCode {
        LanguageCode::of(subtag).expect(subtag)
    }

    #[test]
    fn codes_keep_their_letters() {
        for subtag in ["en", "ja", "zz", "aa", "fil", "zzz"] {
            assert_eq!(code(subtag).text(), subtag);
        }
        assert_eq!(code("PT").text(), "pt");
        assert_eq!(LanguageCode::default().text(), "und");
        for bad in ["", "e", "i2", "abcd", "日本"] {
            assert_eq!(LanguageCode::of(bad), None);
        }
    }

    #[test]
    fn the_most_common_wins_and_ties_go_by_alphabet() {
        let mut tally = LanguageTally::default();
        let none = LanguageCode::default();
        for languages in
            [[code("pt"), none, none], [code("en"), code("fil"), none], [code("fil"), code("pt"), none]]
        {
            tally.add(languages);
        }
        assert_eq!(tally.take_most_common().text(), "fil");
        tally.add([code("en"), none, none]);
        assert_eq!(tally.take_most_common().text(), "en");
        assert_eq!(tally.take_most_common().text(), "und");
    }

    #[test]
    fn a_language_counts_once_a_post() {
        let declared = ["en-US", "en-GB", "de"].map(|tag| Language::parse(tag).unwrap());
        assert_eq!(codes_of(&declared), [code("en"), code("de"), LanguageCode::default()]);
    }
}
