//! One line becomes one event, by the mapping: pure, and for any bytes. What is required and missing drops the line
//! with a reason; an optional part that is wrong is left out with a [`Flaw`].

use std::borrow::Cow;

use serde_json::Value;
use skytrend_event::engagement::collection::POST;
use skytrend_event::{AtUri, EventId, Language, Micros, PostAction, PostData, PostEvent};

use super::ids;
use super::settings::{Mapping, TimeFormat};
use crate::record::{Flaw, TEXT_BYTES_MAX, without_control_characters};
use crate::{DropReason, datetime, json};

/// Languages of a line, as of a post.
const LANGUAGES_MAX: usize = 3;
/// Hashtags of a line: a headline names a few symbols, a list of hundreds says nothing.
const HASHTAGS_MAX: usize = 16;
/// Longest hashtag, in characters, as of a post.
const HASHTAG_CHARS_MAX: usize = 64;
/// The times that can be told: 1970 to 9999.
const TIMES: std::ops::Range<i64> = 0..253_402_300_800_000_000;

/// Decodes lines by one mapping.
#[derive(Clone, Debug)]
pub struct Decoder {
    mapping: Mapping,
    language: Option<Language<'static>>,
}

impl Decoder {
    /// For a mapping that is valid.
    pub fn new(mapping: &Mapping) -> Self {
        let language = Language::parse(mapping.language.clone()).ok();
        Self { mapping: mapping.clone(), language }
    }

    /// The event of a line that is read at `now`; its `witnessed_at` is what the line says. Appends to `flaws` what was
    /// wrong and did not prevent an event.
    pub fn decode(
        &self,
        line: &[u8],
        now: Micros,
        flaws: &mut Vec<Flaw>,
    ) -> Result<PostEvent<'static>, DropReason> {
        let mapping = &self.mapping;
        let text = std::str::from_utf8(line).map_err(|_| DropReason::InvalidUtf8)?;
        let value: Value = json::parse(text).map_err(|error| match error {
            json::Error::TooDeep => DropReason::NestingTooDeep,
            json::Error::Invalid(_) => DropReason::InvalidJson,
        })?;
        let author = field(&value, &mapping.author).and_then(name).ok_or(DropReason::MissingField)?;
        let author_did = ids::did_of(&mapping.namespace, &author).ok_or(DropReason::InvalidDid)?;
        let witnessed_at = self.time(&value, now)?;
        let action = self.action(&value);
        let key = match field(&value, &mapping.id).and_then(name) {
            Some(id) => ids::record_key_of(&id),
            // What has no id can't be changed: the same line again is the same post.
            None if action == PostAction::Created && mapping.id.is_empty() => ids::record_key_of_line(line),
            None => return Err(DropReason::MissingField),
        };
        let data = match action {
            PostAction::Deleted => None,
            _ => Some(self.data(&value, flaws)?),
        };
        let time = witnessed_at.0.to_string();
        let operation = match action {
            PostAction::Deleted => "delete",
            PostAction::Updated => "update",
            _ => "create",
        };
        Ok(PostEvent {
            action,
            uri: AtUri::of_record(&author_did, POST, &key),
            event_id: EventId::of(author_did.as_str(), POST, key.as_str(), &time, operation),
            author_did,
            rev: None,
            witnessed_at,
            data,
        })
    }

    fn action(&self, value: &Value) -> PostAction {
        let kind = field(value, &self.mapping.kind).and_then(name);
        let is_of = |kinds: &[String]| kind.as_ref().is_some_and(|kind| kinds.contains(kind));
        if is_of(&self.mapping.deleted_kinds) {
            PostAction::Deleted
        } else if is_of(&self.mapping.updated_kinds) {
            PostAction::Updated
        } else {
            PostAction::Created
        }
    }

    fn time(&self, value: &Value, now: Micros) -> Result<Micros, DropReason> {
        let unit = match self.mapping.time_format {
            TimeFormat::Now => return Ok(now),
            TimeFormat::Rfc3339 => 0,
            TimeFormat::Seconds => 1_000_000,
            TimeFormat::Millis => 1_000,
            TimeFormat::Micros => 1,
        };
        let said = field(value, &self.mapping.time).ok_or(DropReason::MissingField)?;
        let text = name(said).ok_or(DropReason::InvalidTime)?;
        let time = if unit == 0 { datetime::parse(&text) } else { number_of_units(&text, unit).map(Micros) };
        time.filter(|time| TIMES.contains(&time.0)).ok_or(DropReason::InvalidTime)
    }

    fn data(&self, value: &Value, flaws: &mut Vec<Flaw>) -> Result<PostData<'static>, DropReason> {
        let text = field(value, &self.mapping.text).and_then(Value::as_str).ok_or(DropReason::MissingText)?;
        if text.len() > TEXT_BYTES_MAX {
            return Err(DropReason::TextTooLong);
        }
        if text.is_empty() {
            flaws.push(Flaw::new(DropReason::EmptyText));
        }
        let mut languages = self.languages(value, flaws);
        if languages.is_empty() {
            languages.extend(self.language.clone());
        }
        Ok(PostData {
            text: without_control_characters(Cow::Owned(text.to_owned()), flaws),
            languages,
            hashtags: self.hashtags(value, flaws),
            ..PostData::default()
        })
    }

    fn languages(&self, value: &Value, flaws: &mut Vec<Flaw>) -> Vec<Language<'static>> {
        let mut languages = Vec::new();
        for tag in texts(field(value, &self.mapping.languages)) {
            match Language::parse(tag.to_owned()) {
                _ if languages.len() == LANGUAGES_MAX => {
                    flaws.push(Flaw::new(DropReason::TooManyLanguages));
                    break;
                }
                Ok(language) if languages.contains(&language) => {}
                Ok(language) => languages.push(language),
                Err(_) => flaws.push(Flaw::with(DropReason::InvalidLanguage, tag)),
            }
        }
        languages
    }

    fn hashtags(&self, value: &Value, flaws: &mut Vec<Flaw>) -> Vec<Cow<'static, str>> {
        let mut hashtags: Vec<Cow<'static, str>> = Vec::new();
        for tag in texts(field(value, &self.mapping.hashtags)) {
            let bare = tag.trim().trim_start_matches(['#', '$']).trim_start();
            if hashtags.len() == HASHTAGS_MAX {
                flaws.push(Flaw::new(DropReason::TooManyTags));
                break;
            }
            if bare.is_empty()
                || bare.chars().nth(HASHTAG_CHARS_MAX).is_some()
                || bare.contains(char::is_control)
            {
                flaws.push(Flaw::with(DropReason::InvalidTag, tag));
            } else if !hashtags.iter().any(|known| known == bare) {
                hashtags.push(Cow::Owned(bare.to_owned()));
            }
        }
        hashtags
    }
}

/// The field that a pointer names, if the line has it and it is not null.
fn field<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    if pointer.is_empty() {
        return None;
    }
    value.pointer(pointer).filter(|found| !found.is_null())
}

/// Text as it is, a number in decimal.
fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// One text, or those of a list.
fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let one = value.and_then(Value::as_str);
    let list = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    one.into_iter().chain(list.iter().filter_map(Value::as_str))
}

/// A decimal number of units as a number of parts, `parts` to a unit; exact, and digits past the last part are cut off.
fn number_of_units(text: &str, parts: i64) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let mut place = parts;
    let mut sum = 0;
    for digit in fraction.bytes() {
        place /= 10;
        sum += i64::from(digit - b'0') * place;
    }
    whole.parse::<i64>().ok()?.checked_mul(parts)?.checked_add(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(mapping: &Mapping, line: &str) -> Result<PostEvent<'static>, DropReason> {
        Decoder::new(mapping).decode(line.as_bytes(), Micros(7), &mut Vec::new())
    }

    fn feed() -> Mapping {
        Mapping {
            namespace: "ticker.example".to_owned(),
            text: "/headline".to_owned(),
            author: "/source/name".to_owned(),
            hashtags: "/symbols".to_owned(),
            languages: "/lang".to_owned(),
            language: "en".to_owned(),
            time_format: TimeFormat::Seconds,
            kind: "/type".to_owned(),
            deleted_kinds: vec!["kill".to_owned()],
            updated_kinds: vec!["update".to_owned()],
            ..Mapping::default()
        }
    }

    #[test]
    fn a_line_becomes_a_post() {
        let line = r##"{"id":17,"time":1785585600.25,"source":{"name":"AP"},"headline":"up\u0000!","symbols":["$AAPL","#AAPL","MSFT",""]}"##;
        let event = decode(&feed(), line).unwrap();
        assert_eq!(event.uri.as_str(), "at://did:web:ticker.example:AP/app.bsky.feed.post/17");
        assert_eq!((event.action, event.witnessed_at), (PostAction::Created, Micros(1_785_585_600_250_000)));
        let data = event.data.unwrap();
        assert_eq!((&*data.text, &data.hashtags[..]), ("up !", &["AAPL".into(), "MSFT".into()][..]));
        assert_eq!(data.languages[0].as_str(), "en");
    }

    #[test]
    fn kinds_replace_and_take_back() {
        let line = |kind: &str| {
            format!(r#"{{"id":"a","time":"5","source":{{"name":"x"}},"headline":"t","type":"{kind}"}}"#)
        };
        let of = |kind| decode(&feed(), &line(kind)).unwrap();
        assert_eq!((of("kill").action, of("kill").data), (PostAction::Deleted, None));
        assert_eq!(of("update").action, PostAction::Updated);
        assert_eq!(of("other").action, PostAction::Created);
        assert_eq!(of("kill").uri, of("other").uri);
        assert_ne!(of("kill").event_id, of("other").event_id);
    }

    #[test]
    fn what_is_required_and_missing_drops_the_line() {
        for (line, reason) in [
            ("", DropReason::InvalidJson),
            ("[]", DropReason::MissingField),
            (r#"{"author":true}"#, DropReason::MissingField),
            (r#"{"author":""}"#, DropReason::InvalidDid),
            (r#"{"author":"a"}"#, DropReason::MissingField),
            (r#"{"author":"a","time":"yesterday"}"#, DropReason::InvalidTime),
            (r#"{"author":"a","time":"1969-12-31T23:59:59Z"}"#, DropReason::InvalidTime),
            (r#"{"author":"a","time":"2026-01-01T00:00:00Z"}"#, DropReason::MissingField),
            (r#"{"author":"a","time":"2026-01-01T00:00:00Z","id":1}"#, DropReason::MissingText),
        ] {
            assert_eq!(decode(&Mapping::default(), line).unwrap_err(), reason, "{line}");
        }
        let long = format!(
            r#"{{"author":"a","time":"2026-01-01T00:00:00Z","id":1,"text":"{}"}}"#,
            "x".repeat(3_001)
        );
        assert_eq!(decode(&Mapping::default(), &long).unwrap_err(), DropReason::TextTooLong);
    }

    #[test]
    fn a_line_without_id_is_known_by_its_bytes() {
        let mapping = Mapping { id: String::new(), time_format: TimeFormat::Now, ..Mapping::default() };
        let of = |text: &str| decode(&mapping, &format!(r#"{{"author":"a","text":"{text}"}}"#)).unwrap();
        assert_eq!(of("x").uri, of("x").uri);
        assert_ne!(of("x").uri, of("y").uri);
        assert_eq!(of("x").witnessed_at, Micros(7));
    }

    #[test]
    fn times_are_exact_in_every_unit() {
        assert_eq!(number_of_units("1785585600.1234567", 1_000_000), Some(1_785_585_600_123_456));
        assert_eq!(number_of_units("1785585600123", 1_000), Some(1_785_585_600_123_000));
        assert_eq!(number_of_units("12", 1), Some(12));
        for bad in ["", "-1", "1e9", ".5", "5.", "99999999999999999999", "0x10"] {
            assert_eq!(number_of_units(bad, 1_000_000), None, "{bad}");
        }
    }
}
