//! One pattern of a moderation list or a watchlist: a word or phrase, the start of one (`word*`), or a regular
//! expression (`/…/`); with `#` in front for hashtags only, with `ja:` in front for one language. It says what a
//! pattern is and refuses what is none; what it is held against is decided by [`crate::moderation`] and
//! [`crate::watch`].

use std::fmt;

use regex::{RegexBuilder, RegexSet, RegexSetBuilder};

use crate::extract::normalize_into;
use crate::language::LanguageCode;

/// Longest pattern, in bytes: a regular expression that is longer can't be read any more, let alone a word.
const PATTERN_BYTES_MAX: usize = 500;
/// Memory of one compiled expression; `\pL{200}` has it, no list of alternatives needs it.
const REGEX_BYTES_MAX: usize = 1 << 20;
/// Memory of all expressions of a list together.
const REGEX_SET_BYTES_MAX: usize = 16 << 20;

/// See the module. Words are in normal form, one space between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// Only for text in this language.
    pub(crate) language: Option<LanguageCode>,
    /// Only for hashtags.
    pub(crate) is_hashtag: bool,
    pub(crate) shape: Shape,
}

/// What must be equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// All of it.
    Exact(String),
    /// Its start.
    Prefix(String),
    /// Any part of it that the expression matches.
    Regex(String),
}

/// A pattern that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pattern:?}: {reason}")]
pub struct InvalidPattern {
    /// As given, cut to a line.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Pattern {
    /// Reads a pattern. `takes_language`: `ja:` in front is a language and not a part of the pattern.
    pub(crate) fn parse(text: &str, takes_language: bool) -> Result<Self, InvalidPattern> {
        let refused = |reason: String| InvalidPattern { pattern: text.chars().take(80).collect(), reason };
        if text.len() > PATTERN_BYTES_MAX {
            return Err(refused(format!("longer than {PATTERN_BYTES_MAX} bytes")));
        }
        let (language, rest) = match text.trim().split_once(':') {
            Some((tag, rest)) if takes_language && LanguageCode::of(tag).is_some() => {
                (LanguageCode::of(tag), rest.trim_start())
            }
            _ => (None, text.trim()),
        };
        let (is_hashtag, rest) = match rest.strip_prefix(['#', '\u{ff03}']) {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let shape = Shape::parse(rest).map_err(refused)?;
        Ok(Self { language, is_hashtag, shape })
    }
}

/// As it is written; it is read back as the same.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(language) = self.language {
            write!(f, "{}:", language.text())?;
        }
        let sign = if self.is_hashtag { "#" } else { "" };
        match &self.shape {
            Shape::Exact(words) => write!(f, "{sign}{words}"),
            Shape::Prefix(start) => write!(f, "{sign}{start}*"),
            Shape::Regex(expression) => write!(f, "{sign}/{expression}/"),
        }
    }
}

impl Shape {
    fn parse(text: &str) -> Result<Self, String> {
        if let Some(expression) = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            check_regex(expression)?;
            return Ok(Self::Regex(expression.to_owned()));
        }
        if text.contains(char::is_control) {
            return Err("holds a control character".to_owned());
        }
        let (words, is_prefix) = text.strip_suffix('*').map_or((text, false), |start| (start, true));
        if words.contains('*') {
            return Err("a * may stand at the end only; anything else is a /regular expression/".to_owned());
        }
        let normalized = normalized(words);
        if normalized.is_empty() {
            return Err("empty".to_owned());
        }
        Ok(if is_prefix { Self::Prefix(normalized) } else { Self::Exact(normalized) })
    }
}

/// The normal form of each word, one space between them.
fn normalized(words: &str) -> String {
    let mut folded = String::new();
    normalize_into(words, &mut folded);
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn check_regex(expression: &str) -> Result<(), String> {
    let built = RegexBuilder::new(expression).size_limit(REGEX_BYTES_MAX).build();
    let expression = built.map_err(|error| reason_of(&error))?;
    if expression.is_match("") { Err("matches every text".to_owned()) } else { Ok(()) }
}

/// All expressions as one; each was checked.
pub(crate) fn regex_set<'a>(expressions: impl Iterator<Item = &'a str>) -> Result<RegexSet, InvalidPattern> {
    let built = RegexSetBuilder::new(expressions).size_limit(REGEX_SET_BYTES_MAX).build();
    built.map_err(|error| InvalidPattern {
        pattern: "all regular expressions together".to_owned(),
        reason: reason_of(&error),
    })
}

/// The last line of what the library says; those before it draw the expression.
fn reason_of(error: &regex::Error) -> String {
    let said = error.to_string();
    let line = said.lines().last().unwrap_or_default().trim();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Shape {
        Pattern::parse(text, true).unwrap().shape
    }

    #[test]
    fn the_four_forms_are_told_apart() {
        assert_eq!(shape(" Climate  Change "), Shape::Exact("climate change".to_owned()));
        assert_eq!(shape("ＥＬＥＣＴＩＯＮ*"), Shape::Prefix("election".to_owned()));
        assert_eq!(shape("/g7|G20/"), Shape::Regex("g7|G20".to_owned()));
        let tag = Pattern::parse("ja:#選挙*", true).unwrap();
        assert_eq!((tag.language, tag.is_hashtag), (LanguageCode::of("ja"), true));
        assert_eq!(tag.shape, Shape::Prefix("選挙".to_owned()));
        let watched = Pattern::parse("re:invent", false).unwrap();
        assert_eq!((watched.language, watched.shape), (None, Shape::Exact("re:invent".to_owned())));
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_its_name_and_the_reason() {
        for (text, reason) in [
            ("", "empty"),
            ("#", "empty"),
            ("*", "empty"),
            ("a*b", "at the end only"),
            ("a\u{1}b", "control"),
            ("/(/", "unclosed group"),
            ("/x*/", "every text"),
            ("/\\pL{2000}/", "size limit"),
        ] {
            let refused = Pattern::parse(text, true).unwrap_err();
            assert!(refused.reason.contains(reason), "{text:?}: {refused}");
            assert_eq!(refused.pattern, text);
        }
        assert!(Pattern::parse(&"x".repeat(PATTERN_BYTES_MAX + 1), true).is_err());
    }
}
