//! What must not be shown: blocked keywords, with exemptions, and posts whose authors labelled them as sensitive. It
//! holds the lists against keywords that are about to become candidates or related terms, and against the labels of a
//! post; that a blocked keyword is still counted is not its concern.
//!
//! A pattern without `#` is held against words, phrases and hashtags alike, one with `#` against hashtags only. A
//! phrase is blocked with any of its words, unless the phrase or that word is allowed.

use std::collections::BTreeMap;

use regex::RegexSet;
use serde::{Deserialize, Serialize};
use skytrend_event::{KeywordKind, PostData};

use crate::language::LanguageCode;
use crate::pattern::{InvalidPattern, Pattern, Shape, regex_set};
use crate::settings::InvalidSettings;

/// Most patterns of a list: some ten megabytes.
const PATTERNS_MAX: usize = 50_000;
/// Most regular expressions among them: each is held against every candidate.
const REGEXES_MAX: usize = 1_000;

/// Section `trend.moderation`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Moderation {
    /// Keywords that never become a trend, an alert or a related term: `word`, `start*`, `/regex/`; `#tag` for hashtags
    /// only, `ja:word` for one language only.
    pub block: Vec<String>,
    /// Keywords that `block` does not concern.
    pub allow: Vec<String>,
    /// Files with more of them. Whoever loads the settings reads them into the lists.
    pub block_files: Vec<String>,
    /// The same for `allow`.
    pub allow_files: Vec<String>,
    /// Self-labels by which a post counts as sensitive.
    pub hidden_labels: Vec<String>,
    /// What becomes of the words of a post with such a label. Its text is never shown.
    pub labelled_posts: LabelledPosts,
}

/// Whether sensitive posts take part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelledPosts {
    /// Their words count as those of any post.
    Count,
    /// They are posts without words.
    #[default]
    Ignore,
}

impl Default for Moderation {
    fn default() -> Self {
        let labels = ["porn", "sexual", "nudity", "graphic-media", "gore", "nsfl", "corpse"];
        Self {
            block: Vec::new(),
            allow: Vec::new(),
            block_files: Vec::new(),
            allow_files: Vec::new(),
            hidden_labels: labels.map(str::to_owned).to_vec(),
            labelled_posts: LabelledPosts::default(),
        }
    }
}

impl Moderation {
    /// Whether the author of a post labelled it as sensitive.
    pub(crate) fn hides(&self, post: &PostData<'_>) -> bool {
        post.labels.iter().any(|label| self.hidden_labels.iter().any(|hidden| hidden == label))
    }
}

/// The lists, ready for use.
#[derive(Debug)]
pub(crate) struct Rules {
    block: PatternSet,
    allow: PatternSet,
}

impl Rules {
    /// Refuses lists with a pattern that is none.
    pub(crate) fn compile(settings: &Moderation) -> Result<Self, InvalidSettings> {
        Ok(Self {
            block: PatternSet::compile(&settings.block)
                .map_err(|error| InvalidSettings::of_pattern("moderation.block", &error))?,
            allow: PatternSet::compile(&settings.allow)
                .map_err(|error| InvalidSettings::of_pattern("moderation.allow", &error))?,
        })
    }

    /// Whether the keyword, whose posts are mostly in `language`, must not be shown.
    pub(crate) fn block(&self, kind: KeywordKind, normalized: &str, language: LanguageCode) -> bool {
        if self.block.is_empty() || self.allow.matches(kind, normalized, language) {
            return false;
        }
        let is_blocked = |text: &str| self.block.matches(kind, text, language);
        let is_word_blocked = |word: &str| is_blocked(word) && !self.allow.matches(kind, word, language);
        is_blocked(normalized) || (kind == KeywordKind::Phrase && normalized.split(' ').any(is_word_blocked))
    }
}

/// What a pattern is for.
#[derive(Clone, Copy, Debug)]
struct Scope {
    language: Option<LanguageCode>,
    is_hashtag: bool,
}

impl Scope {
    fn holds(self, kind: KeywordKind, language: LanguageCode) -> bool {
        (!self.is_hashtag || kind == KeywordKind::Hashtag)
            && self.language.is_none_or(|only| only == language)
    }
}

/// One list.
#[derive(Debug)]
struct PatternSet {
    exact: BTreeMap<String, Vec<Scope>>,
    prefixes: BTreeMap<String, Vec<Scope>>,
    regexes: RegexSet,
    regex_scopes: Vec<Scope>,
}

impl PatternSet {
    fn compile(patterns: &[String]) -> Result<Self, InvalidPattern> {
        let (mut exact, mut prefixes) = (BTreeMap::<_, Vec<Scope>>::new(), BTreeMap::<_, Vec<Scope>>::new());
        let (mut expressions, mut regex_scopes) = (Vec::new(), Vec::new());
        for (place, text) in patterns.iter().enumerate() {
            let Pattern { language, is_hashtag, shape } = Pattern::parse(text, true)?;
            let scope = Scope { language, is_hashtag };
            let limit = match shape {
                Shape::Exact(word) => {
                    exact.entry(word).or_default().push(scope);
                    PATTERNS_MAX
                }
                Shape::Prefix(start) => {
                    prefixes.entry(start).or_default().push(scope);
                    PATTERNS_MAX
                }
                Shape::Regex(expression) => {
                    expressions.push(expression);
                    regex_scopes.push(scope);
                    REGEXES_MAX
                }
            };
            if place >= PATTERNS_MAX || regex_scopes.len() > limit {
                let reason = format!(
                    "one pattern too many, at most {PATTERNS_MAX} and {REGEXES_MAX} regular expressions"
                );
                return Err(InvalidPattern { pattern: text.clone(), reason });
            }
        }
        let regexes = regex_set(expressions.iter().map(String::as_str))?;
        Ok(Self { exact, prefixes, regexes, regex_scopes })
    }

    fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.prefixes.is_empty() && self.regexes.is_empty()
    }

    fn matches(&self, kind: KeywordKind, text: &str, language: LanguageCode) -> bool {
        let holds = |scopes: &Vec<Scope>| scopes.iter().any(|scope| scope.holds(kind, language));
        // A keyword has at most 64 characters, so this many look-ups; a list has thousands of prefixes.
        let mut starts = text.char_indices().map(|(at, c)| &text[..at + c.len_utf8()]);
        self.exact.get(text).is_some_and(holds)
            || (!self.prefixes.is_empty() && starts.any(|start| self.prefixes.get(start).is_some_and(holds)))
            || (!self.regexes.is_empty()
                && self
                    .regexes
                    .matches(text)
                    .into_iter()
                    .any(|place| self.regex_scopes[place].holds(kind, language)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(block: &[&str], allow: &[&str]) -> Rules {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Rules::compile(&Moderation { block: texts(block), allow: texts(allow), ..Moderation::default() })
            .unwrap()
    }

    fn language(tag: &str) -> LanguageCode {
        LanguageCode::of(tag).unwrap()
    }

    #[test]
    fn each_form_blocks_what_it_says_and_allow_exempts() {
        let rules = rules(&["Badword", "crypto*", "/^free[0-9]+$/", "#spam"], &["cryptography", "#crypto"]);
        let blocks = |kind, text| rules.block(kind, text, language("en"));
        assert!(blocks(KeywordKind::Word, "badword") && blocks(KeywordKind::Hashtag, "badword"));
        assert!(!blocks(KeywordKind::Word, "badwords"));
        assert!(blocks(KeywordKind::Word, "cryptocoin") && !blocks(KeywordKind::Word, "cryptography"));
        assert!(blocks(KeywordKind::Word, "crypto") && !blocks(KeywordKind::Hashtag, "crypto"));
        assert!(blocks(KeywordKind::Word, "free100") && !blocks(KeywordKind::Word, "freedom"));
        assert!(blocks(KeywordKind::Hashtag, "spam") && !blocks(KeywordKind::Word, "spam"));
    }

    #[test]
    fn a_phrase_is_blocked_with_its_words() {
        let rules = rules(&["badword", "new age"], &["famous badword"]);
        let blocks = |text| rules.block(KeywordKind::Phrase, text, language("en"));
        assert!(blocks("some badword") && blocks("new age") && !blocks("new york"));
        assert!(!blocks("famous badword"));
    }

    #[test]
    fn a_language_limits_a_pattern() {
        let rules = rules(&["ja:単語", "de:gift"], &[]);
        assert!(rules.block(KeywordKind::Word, "単語", language("ja")));
        assert!(!rules.block(KeywordKind::Word, "単語", language("zh")));
        assert!(!rules.block(KeywordKind::Word, "gift", language("en")));
        assert!(!rules.block(KeywordKind::Word, "gift", LanguageCode::default()));
    }

    #[test]
    fn a_bad_pattern_is_named_with_its_list() {
        let block = vec!["fine".to_owned(), "/[/".to_owned()];
        let refused = Rules::compile(&Moderation { block, ..Moderation::default() }).unwrap_err().to_string();
        assert!(refused.contains("moderation.block") && refused.contains("\"/[/\""), "{refused}");
    }

    #[test]
    fn labels_are_compared_whole() {
        let post = |label: &'static str| PostData { labels: vec![label.into()], ..PostData::default() };
        let settings = Moderation::default();
        assert!(settings.hides(&post("porn")) && !settings.hides(&post("porn-free")));
        assert!(!settings.hides(&post("!no-unauthenticated")) && !settings.hides(&PostData::default()));
    }
}
