//! How a keyword is named: [`KeywordKey`] inside, [`KeywordPath`] in a URL.

use std::fmt::Write as _;
use std::sync::Arc;

use skytrend_event::{KeywordKind, Trend};
use unicode_normalization::UnicodeNormalization;

/// Characters of a keyword in a URL. Far above the longest that is detected (a hashtag of 64 graphemes), so only
/// what cannot be a keyword is refused.
pub const KEYWORD_CHARS_MAX: usize = 256;

/// As a regular expression, what [`KeywordPath::parse`] takes: no control characters, and something besides `#`, spaces
/// and variation selectors.
pub(crate) const KEYWORD_PATTERN: &str = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\x00-\\x20\\x7f-\\xa0#\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufe00-\\ufe0f\\ufe5f\\uff03][^\\x00-\\x1f\\x7f-\\x9f]*$";

/// What a keyword is known by: the word `rust` and the hashtag `#rust` are two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeywordKey {
    /// NFKC, lower case, without `#`.
    pub normalized_keyword: Arc<str>,
    /// Word, hashtag or phrase.
    pub kind: KeywordKind,
}

impl KeywordKey {
    /// The key of a record's `normalized_keyword` and `kind`.
    pub fn new(normalized_keyword: &str, kind: KeywordKind) -> Self {
        Self { normalized_keyword: normalized_keyword.into(), kind }
    }

    /// The key of a trend.
    pub fn of(trend: &Trend) -> Self {
        Self::new(&trend.normalized_keyword, trend.kind)
    }

    /// As the last part of a URL's path, percent-encoded: what [`KeywordPath::parse`] reads.
    pub fn in_path(&self) -> String {
        let hash = if self.kind == KeywordKind::Hashtag { "%23" } else { "" };
        // `/api/v1/trends/tags` is Mastodon's; case does not matter here.
        let text = if hash.is_empty() && *self.normalized_keyword == *"tags" {
            "Tags"
        } else {
            &self.normalized_keyword
        };
        let mut path = hash.to_owned();
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                path.push(char::from(byte));
            } else {
                let _ = write!(path, "%{byte:02X}"); // a String takes all
            }
        }
        path
    }
}

/// A keyword as people write it in a URL: `#` in front makes it a hashtag; without, it is a word or a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeywordPath {
    /// NFKC, lower case, without `#`.
    pub normalized_keyword: String,
    /// Whether it had `#` in front.
    pub hashtag: bool,
}

/// Why a text can't be a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeyword {
    /// Nothing is left after normalization.
    #[error("the keyword is empty")]
    Empty,
    /// More than [`KEYWORD_CHARS_MAX`] characters.
    #[error("the keyword has more than {KEYWORD_CHARS_MAX} characters")]
    TooLong,
    /// Keywords have no control characters.
    #[error("the keyword holds a control character")]
    ControlCharacter,
}

impl KeywordPath {
    /// Normalizes `text` (already percent-decoded) as the detector does: NFKC, lower case, no variation selectors.
    pub fn parse(text: &str) -> Result<Self, InvalidKeyword> {
        if text.chars().nth(KEYWORD_CHARS_MAX).is_some() {
            return Err(InvalidKeyword::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(InvalidKeyword::ControlCharacter);
        }
        let lower = text.nfkc().collect::<String>().to_lowercase();
        let kept: String = lower.nfkc().filter(|c| !is_variation_selector(*c)).collect();
        let trimmed = kept.trim();
        let (hashtag, normalized) = match trimmed.strip_prefix('#') {
            Some(tag) => (true, tag.trim_start()),
            None => (false, trimmed),
        };
        if normalized.is_empty() {
            return Err(InvalidKeyword::Empty);
        }
        Ok(Self { normalized_keyword: normalized.to_owned(), hashtag })
    }

    /// The keys it may stand for, the most likely first.
    pub fn keys(&self) -> Vec<KeywordKey> {
        let kinds: &[KeywordKind] =
            if self.hashtag { &[KeywordKind::Hashtag] } else { &[KeywordKind::Word, KeywordKind::Phrase] };
        kinds.iter().map(|kind| KeywordKey::new(&self.normalized_keyword, *kind)).collect()
    }
}

/// U+FE00 to U+FE0F and U+E0100 to U+E01EF choose a glyph and don't change the word (Unicode 23.4).
fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_hash_in_front_means_hashtag_and_case_and_width_do_not_matter() {
        let tag = KeywordPath::parse(" ＃Ｒust\u{FE0F} ").expect("a hashtag");
        assert_eq!((tag.normalized_keyword.as_str(), tag.hashtag), ("rust", true));
        let word = KeywordPath::parse("EURO Vision").expect("a phrase");
        assert_eq!((word.normalized_keyword.as_str(), word.hashtag), ("euro vision", false));
    }

    #[test]
    fn a_key_in_a_path_is_ascii_and_nothing_of_it_is_a_separator() {
        for (keyword, kind, path) in [
            ("gol", KeywordKind::Hashtag, "%23gol"),
            ("climate change", KeywordKind::Phrase, "climate%20change"),
            ("a/b?c#é", KeywordKind::Word, "a%2Fb%3Fc%23%C3%A9"),
            ("tags", KeywordKind::Word, "Tags"),
        ] {
            assert_eq!(KeywordKey::new(keyword, kind).in_path(), path);
        }
    }

    #[test]
    fn what_cannot_be_a_keyword_is_refused_with_the_reason() {
        assert_eq!(KeywordPath::parse(" # "), Err(InvalidKeyword::Empty));
        assert_eq!(KeywordPath::parse("\u{FE0F}"), Err(InvalidKeyword::Empty));
        assert_eq!(KeywordPath::parse(&"x".repeat(KEYWORD_CHARS_MAX + 1)), Err(InvalidKeyword::TooLong));
        assert_eq!(KeywordPath::parse("a\nb"), Err(InvalidKeyword::ControlCharacter));
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in "\\PC{0,300}|.{0,40}") {
            if let Ok(path) = KeywordPath::parse(&text) {
                prop_assert!(!path.normalized_keyword.is_empty());
                prop_assert!(!path.keys().is_empty());
            }
        }
    }
}
