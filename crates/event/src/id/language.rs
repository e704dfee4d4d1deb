//! Language tags: the grammar of BCP 47 (RFC 5646, section 2.1), with the protocol's stricter primary subtag. Whether
//! a code is registered is not asked.

use std::borrow::Cow;

use super::{InvalidId, Language};

/// Longer tags don't occur; the limit keeps the search for repeated subtags short.
const LENGTH_MAX: usize = 128;

/// Tags that RFC 5646 keeps although its grammar does not allow them (section 2.2.8).
const IRREGULAR: [&[u8]; 17] = [
    b"en-GB-oed",
    b"i-ami",
    b"i-bnn",
    b"i-default",
    b"i-enochian",
    b"i-hak",
    b"i-klingon",
    b"i-lux",
    b"i-mingo",
    b"i-navajo",
    b"i-pwn",
    b"i-tao",
    b"i-tay",
    b"i-tsu",
    b"sgn-BE-FR",
    b"sgn-BE-NL",
    b"sgn-CH-DE",
];

impl<'a> Language<'a> {
    /// The primary subtag, as written: `en` of `en-US`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// Validates a tag as clients declare them: a primary subtag in capitals and `_` for `-` are mended first.
    pub fn parse_declared(text: &'a str) -> Result<Self, InvalidId> {
        let primary_length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
        let is_clean =
            !text.contains('_') && !text[..primary_length].contains(|c: char| c.is_ascii_uppercase());
        if is_clean {
            return Self::parse(text);
        }
        let mut mended = text.replace('_', "-");
        mended[..primary_length].make_ascii_lowercase();
        Self::parse(Cow::Owned(mended))
    }
}

/// RFC 5646, the primary subtag being a lower-case code of two or three letters, and no variant and no extension
/// occurring twice.
pub fn is_language(text: &[u8]) -> bool {
    // Nearly all tags are a bare code.
    if is_primary(text) {
        return true;
    }
    text.len() <= LENGTH_MAX
        && (is_regular(text) || IRREGULAR.iter().any(|tag| tag.eq_ignore_ascii_case(text)))
}

/// The tags that the grammar makes: `langtag` and `privateuse` of the RFC.
fn is_regular(text: &[u8]) -> bool {
    let mut subtags = Subtags { rest: Some(text) };
    if subtags.take_if(is_primary).is_some() {
        subtags.take_while(3, |tag| tag.len() == 3 && is_alphabetic(tag)); // extended language
        subtags.take_if(|tag| tag.len() == 4 && is_alphabetic(tag)); // script
        subtags.take_if(is_region);
        takes_variants(&mut subtags) && takes_extensions(&mut subtags) && takes_private_use(&mut subtags)
    } else {
        takes_private_use(&mut subtags)
    }
}

/// Takes a tag's variants; false if one occurs twice.
fn takes_variants(subtags: &mut Subtags<'_>) -> bool {
    let variants = subtags.rest.unwrap_or_default();
    let mut count = 0;
    while let Some(variant) = subtags.take_if(is_variant) {
        let mut earlier = variants.split(|byte| *byte == b'-').take(count);
        if earlier.any(|other| other.eq_ignore_ascii_case(variant)) {
            return false;
        }
        count += 1;
    }
    true
}

/// Takes a tag's extensions; false if one is empty or occurs twice.
fn takes_extensions(subtags: &mut Subtags<'_>) -> bool {
    let is_singleton = |tag: &[u8]| tag.len() == 1 && is_alphanumeric(tag) && !tag.eq_ignore_ascii_case(b"x");
    let mut seen = 0_u128;
    while let Some(singleton) = subtags.take_if(is_singleton) {
        let bit = 1 << singleton[0].to_ascii_lowercase();
        let length =
            subtags.take_while(LENGTH_MAX, |tag| (2..=8).contains(&tag.len()) && is_alphanumeric(tag));
        if seen & bit != 0 || length == 0 {
            return false;
        }
        seen |= bit;
    }
    true
}

/// Takes what is left as `x-…`, or nothing if nothing is left; false if anything else is.
fn takes_private_use(subtags: &mut Subtags<'_>) -> bool {
    if subtags.take_if(|tag| tag.eq_ignore_ascii_case(b"x")).is_some() {
        let length =
            subtags.take_while(LENGTH_MAX, |tag| (1..=8).contains(&tag.len()) && is_alphanumeric(tag));
        return length > 0 && subtags.rest.is_none();
    }
    subtags.rest.is_none()
}

fn is_primary(tag: &[u8]) -> bool {
    matches!(tag.len(), 2 | 3) && tag.iter().all(u8::is_ascii_lowercase)
}

fn is_region(tag: &[u8]) -> bool {
    (tag.len() == 2 && is_alphabetic(tag)) || (tag.len() == 3 && tag.iter().all(u8::is_ascii_digit))
}

fn is_variant(tag: &[u8]) -> bool {
    let is_long_enough = match tag.first() {
        Some(first) if first.is_ascii_digit() => (4..=8).contains(&tag.len()),
        _ => (5..=8).contains(&tag.len()),
    };
    is_long_enough && is_alphanumeric(tag)
}

fn is_alphabetic(tag: &[u8]) -> bool {
    tag.iter().all(u8::is_ascii_alphabetic)
}

fn is_alphanumeric(tag: &[u8]) -> bool {
    tag.iter().all(u8::is_ascii_alphanumeric)
}

/// Reads a tag subtag by subtag.
struct Subtags<'a> {
    /// What is left, without a leading separator; none after the last subtag.
    rest: Option<&'a [u8]>,
}

impl<'a> Subtags<'a> {
    /// Takes the next subtag if it is as wanted.
    fn take_if(&mut self, is_wanted: impl FnOnce(&[u8]) -> bool) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let length = rest.iter().position(|byte| *byte == b'-').unwrap_or(rest.len());
        let subtag = &rest[..length];
        if !is_wanted(subtag) {
            return None;
        }
        self.rest = rest.get(length + 1..);
        Some(subtag)
    }

    /// Takes subtags while they are as wanted, at most `max`; how many it took.
    fn take_while(&mut self, max: usize, is_wanted: impl Fn(&[u8]) -> bool) -> usize {
        (0..max).take_while(|_| self.take_if(&is_wanted).is_some()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_tags_are_mended_or_refused() {
        let declared = |text| Language::parse_declared(text).map(|language| language.to_string());
        for (text, mended) in [("en", "en"), ("EN", "en"), ("pt_BR", "pt-BR"), ("Zh_Hant-TW", "zh-Hant-TW")] {
            assert_eq!(declared(text).as_deref(), Ok(mended));
        }
        for text in ["", "en,es", "english", "en ", "日本語", "_", "e", "EN-"] {
            assert!(declared(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_primary_subtag_is_what_stands_before_the_first_hyphen() {
        assert_eq!(Language::parse("zh-Hant-TW").unwrap().primary(), "zh");
        assert_eq!(Language::parse("ja").unwrap().primary(), "ja");
    }
}
