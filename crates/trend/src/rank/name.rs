//! What keywords are called: which are one name, and which are a part of another's. By words, as the extraction finds
//! them: "ai" is a part of `#AIArt` and none of `#haiku`.

use std::borrow::Cow;

use skytrend_event::KeywordKind;

use super::candidate::Candidate;
use crate::extract::words_of_name;

/// What a keyword is called.
#[derive(Debug)]
pub(crate) struct Name<'a> {
    kind: KeywordKind,
    text: &'a str,
    words: Cow<'a, [String]>,
    /// All of it but what stands between words.
    letters: String,
}

impl<'a> Name<'a> {
    /// That of a candidate.
    pub(crate) fn of(candidate: &'a Candidate) -> Self {
        Self::new(candidate.key.1, &candidate.key.0, Cow::Borrowed(&candidate.words))
    }

    /// That of any keyword, of which only the normal form is known.
    pub(crate) fn of_keyword(kind: KeywordKind, normalized: &'a str) -> Self {
        Self::new(kind, normalized, Cow::Owned(words_of_name(kind, normalized)))
    }

    fn new(kind: KeywordKind, text: &'a str, words: Cow<'a, [String]>) -> Self {
        let is_between = |c: char| c.is_whitespace() || c.is_ascii_punctuation() || c == '・';
        let letters = text.chars().filter(|&c| !is_between(c)).collect();
        Self { kind, text, words, letters }
    }

    /// Whether both are one name, written otherwise: `#TaylorSwift`, `#taylor_swift` and "taylor swift".
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.letters == other.letters
    }

    /// Whether `name` is a phrase or hashtag that has all the words of this one side by side, or is the same.
    pub(crate) fn is_part_of(&self, name: &Self) -> bool {
        let has_words = || {
            !self.words.is_empty() && name.words.windows(self.words.len()).any(|words| *words == *self.words)
        };
        let is_itself = (self.kind, self.text) == (name.kind, name.text);
        name.kind != KeywordKind::Word && !is_itself && (self.is_same(name) || has_words())
    }

    /// In characters.
    pub(super) fn len(&self) -> usize {
        self.text.chars().count()
    }
}

#[cfg(test)]
mod tests {
    use KeywordKind::{Hashtag, Phrase, Word};

    use super::*;
    use crate::extract::words_of_name;

    fn candidate((kind, written): (KeywordKind, &str)) -> Candidate {
        let words = words_of_name(kind, written);
        Candidate { words, ..Candidate::last((written.to_lowercase(), kind), written.to_owned(), None) }
    }

    #[test]
    fn parts_are_words_and_not_letters() {
        let is_part = |part, name| {
            let (part, name) = (candidate(part), candidate(name));
            Name::of(&part).is_part_of(&Name::of(&name))
        };
        for (part, name) in [
            ((Word, "ai"), (Hashtag, "AIArt")),
            ((Word, "ai"), (Hashtag, "ai")),
            ((Word, "taylor"), (Phrase, "taylor swift")),
            ((Phrase, "taylor swift"), (Hashtag, "TaylorSwiftTour")),
            ((Phrase, "taylor swift"), (Hashtag, "taylorswift")),
            ((Word, "taylorswift"), (Phrase, "taylor swift")),
            ((Word, "thrones"), (Phrase, "game of thrones")),
            ((Word, "郵便"), (Hashtag, "東京郵便")),
        ] {
            assert!(is_part(part, name), "{part:?} of {name:?}");
        }
        for (part, name) in [
            ((Word, "ai"), (Hashtag, "haiku")),
            ((Word, "ai"), (Hashtag, "Haiku")),
            ((Word, "taylor"), (Word, "taylors")),
            ((Word, "swift"), (Phrase, "taylor swiftly")),
            ((Phrase, "taylor swift"), (Word, "taylor")),
            ((Phrase, "swift taylor"), (Hashtag, "TaylorSwift")),
            ((Hashtag, "ai"), (Hashtag, "ai")),
        ] {
            assert!(!is_part(part, name), "{part:?} of {name:?}");
        }
    }
}
