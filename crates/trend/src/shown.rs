//! The patterns of moderation for those who show results: what people decide while the detector runs must be gone from
//! what is shown at once, and must not change what is detected. The detector itself uses [`crate::moderation`].

use skytrend_event::{KeywordKind, PostData};

use crate::extract::{Extraction, extract};
use crate::language::LanguageCode;
use crate::moderation::{Moderation, Rules};
use crate::pattern::{InvalidPattern, Pattern};
use crate::settings::InvalidSettings;

/// Keywords of a text that are looked at: far more than a post of 300 graphemes has.
const TEXT_KEYWORDS_MAX: usize = 255;

/// A list of patterns to hide and one of exemptions, with the meaning that `trend.moderation` gives them.
#[derive(Debug)]
pub struct ShownRules(Rules);

impl ShownRules {
    /// Refuses lists with a pattern that is none, and lists that are too long.
    pub fn compile(hide: &[String], allow: &[String]) -> Result<Self, InvalidSettings> {
        let lists = Moderation { block: hide.to_vec(), allow: allow.to_vec(), ..Moderation::default() };
        Rules::compile(&lists).map(Self)
    }

    /// Whether a keyword must not be shown. `language`: the primary subtag that most of its posts are in, or `und`.
    pub fn hide(&self, kind: KeywordKind, normalized: &str, language: &str) -> bool {
        self.0.block(kind, normalized, LanguageCode::of(language).unwrap_or_default())
    }

    /// Whether a post has a word or hashtag that must not be shown. Phrases are not looked for: which words of a text
    /// are one, only counting tells.
    pub fn hide_text(&self, text: &str) -> bool {
        let mut found = Extraction::default();
        extract(&PostData { text: text.into(), ..PostData::default() }, TEXT_KEYWORDS_MAX, &mut found);
        let language = found.language_tags().next().unwrap_or_default();
        found.keywords().any(|keyword| self.hide(keyword.kind, keyword.normalized, &language))
    }
}

/// The one way of writing a pattern: words in normal form, the language in lower case. Two texts that mean the same
/// become one, so that a later decision about a pattern replaces the earlier one.
pub fn canonical_pattern(text: &str) -> Result<String, InvalidPattern> {
    Pattern::parse(text, true).map(|pattern| pattern.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules(hide: &[&str], allow: &[&str]) -> ShownRules {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        ShownRules::compile(&texts(hide), &texts(allow)).unwrap()
    }

    #[test]
    fn texts_are_hidden_by_their_words_and_hashtags() {
        let rules = rules(&["badword", "#spam", "crypto*"], &["cryptography"]);
        for hidden in ["this BadWord again", "buy now #Spam", "a cryptocoin"] {
            assert!(rules.hide_text(hidden), "{hidden}");
        }
        for shown in ["", "spam without its sign", "cryptography is mathematics", "badwords"] {
            assert!(!rules.hide_text(shown), "{shown}");
        }
    }

    #[test]
    fn a_pattern_has_one_way_of_writing() {
        for (text, canonical) in [
            (" BadWord ", "badword"),
            ("JA: #選挙*", "ja:#選挙*"),
            ("＃Ｓpam", "#spam"),
            ("Climate   Change", "climate change"),
            ("/^Free[0-9]+$/", "/^Free[0-9]+$/"),
        ] {
            assert_eq!(canonical_pattern(text).unwrap(), canonical);
        }
        assert!(canonical_pattern("a*b").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_pattern_or_refused_and_what_is_canonical_stays(text in "\\PC{0,40}|(en:)?#?[a-zA-Z ]{1,9}\\*?|/.{0,12}/") {
            if let Ok(canonical) = canonical_pattern(&text) {
                prop_assert_eq!(canonical_pattern(&canonical).unwrap(), canonical);
            }
        }
    }
}
