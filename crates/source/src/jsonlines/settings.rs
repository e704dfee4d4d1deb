//! What can be set about a feed of JSON lines: where it is, and which fields of a line mean what.

use serde::{Deserialize, Serialize};
use skytrend_event::{Did, Language};

/// Section `source.json_lines`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A file, a FIFO, or `-` for standard input.
    pub path: String,
    /// Go on with lines that are appended.
    pub follow: bool,
    /// A line this far ahead of those before it waits until the next one confirms the jump.
    pub time_jump_max_secs: u32,
    /// Which field means what.
    pub mapping: Mapping,
}

/// Section `source.json_lines.mapping`. Fields are named by JSON pointers (RFC 6901) such as `/user/name`; empty: there
/// is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// A host name by which the feed's authors are told from those of other feeds.
    pub namespace: String,
    /// The text.
    pub text: String,
    /// Who said it: text or a number.
    pub author: String,
    /// The line's name among those of its author: text or a number. Without one, equal lines are one post.
    pub id: String,
    /// When it was said.
    pub time: String,
    /// How the time is written.
    pub time_format: TimeFormat,
    /// Language tags: a list or one.
    pub languages: String,
    /// The language of all lines, for those that name none; empty: unknown.
    pub language: String,
    /// Hashtags, or symbols that are to count as such: a list or one; `#` and `$` in front are cut off.
    pub hashtags: String,
    /// What the line does to the post with its id.
    pub kind: String,
    /// Kinds that take it back.
    pub deleted_kinds: Vec<String>,
    /// Kinds that replace it; all others say something new.
    pub updated_kinds: Vec<String>,
}

/// How a time is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeFormat {
    /// `2026-07-04T14:38:07.877Z`.
    #[default]
    Rfc3339,
    /// Seconds since 1970-01-01T00:00:00Z, with or without a fraction.
    Seconds,
    /// Milliseconds since then.
    Millis,
    /// Microseconds since then.
    Micros,
    /// Not at all: when it is read.
    Now,
}

impl Default for Settings {
    fn default() -> Self {
        Self { path: "-".to_owned(), follow: false, time_jump_max_secs: 86_400, mapping: Mapping::default() }
    }
}

impl Default for Mapping {
    fn default() -> Self {
        Self {
            namespace: "lines.invalid".to_owned(),
            text: "/text".to_owned(),
            author: "/author".to_owned(),
            id: "/id".to_owned(),
            time: "/time".to_owned(),
            time_format: TimeFormat::default(),
            languages: String::new(),
            language: String::new(),
            hashtags: String::new(),
            kind: String::new(),
            deleted_kinds: Vec::new(),
            updated_kinds: Vec::new(),
        }
    }
}

/// Settings that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} must be {rule}, not {found:?}")]
pub struct InvalidMapping {
    /// The setting.
    pub setting: &'static str,
    /// What it must be.
    pub rule: &'static str,
    /// What it is.
    pub found: String,
}

impl Settings {
    /// Checks what can be checked without reading a line.
    pub fn validate(&self) -> Result<(), InvalidMapping> {
        let mapping = &self.mapping;
        let refused =
            |setting, rule, found: &str| Err(InvalidMapping { setting, rule, found: found.to_owned() });
        let (needs_time, needs_id) = (mapping.time_format != TimeFormat::Now, !mapping.kind.is_empty());
        let pointers = [
            ("mapping.text", &mapping.text, true),
            ("mapping.author", &mapping.author, true),
            ("mapping.id", &mapping.id, needs_id),
            ("mapping.time", &mapping.time, needs_time),
            ("mapping.languages", &mapping.languages, false),
            ("mapping.hashtags", &mapping.hashtags, false),
            ("mapping.kind", &mapping.kind, false),
        ];
        for (setting, pointer, is_needed) in pointers {
            if !(pointer.starts_with('/') || (pointer.is_empty() && !is_needed)) {
                return refused(setting, "a JSON pointer such as /name", pointer);
            }
        }
        let is_host = mapping.namespace.split('.').all(|label| !label.is_empty())
            && mapping.namespace.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        if !is_host || Did::parse(format!("did:web:{}", mapping.namespace)).is_err() {
            return refused("mapping.namespace", "a host name", &mapping.namespace);
        }
        if !mapping.language.is_empty() && Language::parse(mapping.language.as_str()).is_err() {
            return refused("mapping.language", "a language tag such as en", &mapping.language);
        }
        if self.path.is_empty() {
            return refused("path", "a file, a FIFO or -", &self.path);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_what_cannot_work_is_named() {
        assert_eq!(Settings::default().validate(), Ok(()));
        let with = |change: fn(&mut Mapping)| {
            let mut settings = Settings::default();
            change(&mut settings.mapping);
            settings.validate().map_err(|error| error.setting)
        };
        assert_eq!(with(|mapping| mapping.text.clear()), Err("mapping.text"));
        assert_eq!(with(|mapping| mapping.hashtags = "symbols".to_owned()), Err("mapping.hashtags"));
        assert_eq!(with(|mapping| mapping.namespace = "a/b".to_owned()), Err("mapping.namespace"));
        assert_eq!(with(|mapping| mapping.language = "english!".to_owned()), Err("mapping.language"));
        assert_eq!(with(|mapping| mapping.time.clear()), Err("mapping.time"));
        let now =
            |mapping: &mut Mapping| (mapping.time_format, mapping.time) = (TimeFormat::Now, String::new());
        assert_eq!(with(now), Ok(()));
    }
}
