//! The validators agree with the regular expressions that the specifications give, on text that is nearly valid.

use proptest::prelude::*;
use regex::Regex;
use skytrend_event::{AtUri, Did, Handle, Language, Nsid, RecordKey, Tid};

/// <https://atproto.com/specs/did>
const DID: &str = "^did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]$";
/// <https://atproto.com/specs/handle>
const HANDLE: &str =
    r"^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$";
/// <https://atproto.com/specs/nsid>
const NSID: &str = r"^[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+(\.[a-zA-Z][a-zA-Z0-9]{0,62})$";
/// <https://atproto.com/specs/record-key>
const RECORD_KEY: &str = "^[a-zA-Z0-9_~.:-]{1,512}$";
/// <https://atproto.com/specs/tid>
const TID: &str = "^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$";
/// RFC 5646, section 2.1, with the protocol's primary subtag and without the irregular tags.
const LANGUAGE: &str = "^([a-z]{2,3}(-[A-Za-z]{3}){0,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[A-WY-Za-wy-z0-9](-[A-Za-z0-9]{2,8})+)*(-[Xx](-[A-Za-z0-9]{1,8})+)?|[Xx](-[A-Za-z0-9]{1,8})+)$";

fn is_match(expression: &str, text: &str) -> bool {
    // Compiled for each text: the library keeps no cache, and the tests need no speed.
    Regex::new(expression).is_ok_and(|regex| regex.is_match(text))
}

/// Whether a subtag that may occur once occurs again: no regular expression tells.
fn has_repetition(tag: &str) -> bool {
    let tag = tag.to_ascii_lowercase();
    if tag.starts_with("x-") {
        return false;
    }
    let before_private_use = tag.split("-x-").next().unwrap_or_default();
    let mut seen = std::collections::BTreeSet::new();
    let mut in_extension = false;
    before_private_use.split('-').skip(1).any(|subtag| {
        in_extension |= subtag.len() == 1;
        let is_variant =
            subtag.len() >= 5 || (subtag.len() == 4 && subtag.starts_with(|c: char| c.is_ascii_digit()));
        (subtag.len() == 1 || (is_variant && !in_extension)) && !seen.insert(subtag.to_owned())
    })
}

/// A few changes of single characters, most of which make valid text invalid.
fn nearly(valid: &'static str) -> impl Strategy<Value = String> {
    let change = (any::<proptest::sample::Index>(), proptest::option::of("[aZ059.:_%~/#é -]"));
    (valid, proptest::collection::vec(change, 0..3)).prop_map(|(text, changes)| {
        let mut chars: Vec<char> = text.chars().collect();
        for (at, put) in changes.into_iter().filter(|_| !text.is_empty()) {
            let at = at.index(chars.len().max(1));
            match put.and_then(|put| put.chars().next()) {
                Some(put) => chars.insert(at.min(chars.len()), put),
                None if at < chars.len() => drop(chars.remove(at)),
                None => (),
            }
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn dids(text in nearly("did:(plc|web|key):[a-zA-Z0-9._:%-]{1,30}")) {
        prop_assert_eq!(Did::parse(text.as_str()).is_ok(), is_match(DID, &text));
    }

    #[test]
    fn handles(text in nearly("[a-zA-Z0-9-]{1,5}(\\.[a-zA-Z0-9-]{1,4}){1,3}|[a-z]{60,64}\\.com")) {
        prop_assert_eq!(Handle::parse(text.as_str()).is_ok(), is_match(HANDLE, &text));
    }

    #[test]
    fn nsids(text in nearly("[a-zA-Z0-9-]{1,5}(\\.[a-zA-Z0-9-]{1,4}){1,3}|com\\.example\\.[a-z]{60,64}")) {
        prop_assert_eq!(Nsid::parse(text.as_str()).is_ok(), is_match(NSID, &text));
    }

    #[test]
    fn record_keys(text in nearly("[a-zA-Z0-9_~.:-]{0,3}|[a-z]{510,514}")) {
        let expected = is_match(RECORD_KEY, &text) && text != "." && text != "..";
        prop_assert_eq!(RecordKey::parse(text.as_str()).is_ok(), expected);
    }

    #[test]
    fn tids(text in nearly("[2-7a-z]{13}")) {
        prop_assert_eq!(Tid::parse(text.as_str()).is_ok(), is_match(TID, &text));
    }

    #[test]
    fn at_uris(text in nearly("at://(did:plc:[a-z]{4}|[a-z]{2}\\.[a-z]{2})(/[a-z]{2}\\.[a-z]{2}\\.[a-z]{2}(/[a-z.]{1,3})?)?")) {
        let parts: Vec<&str> = text.strip_prefix("at://").unwrap_or_default().split('/').collect();
        let is_authority = |text: &str| is_match(DID, text) || is_match(HANDLE, text);
        let is_rkey = |text: &str| is_match(RECORD_KEY, text) && text != "." && text != "..";
        let expected = match parts[..] {
            [authority] => is_authority(authority),
            [authority, nsid] => is_authority(authority) && is_match(NSID, nsid),
            [authority, nsid, rkey] => is_authority(authority) && is_match(NSID, nsid) && is_rkey(rkey),
            _ => false,
        };
        prop_assert_eq!(AtUri::parse(text.as_str()).is_ok(), expected);
    }

    #[test]
    fn languages(text in nearly("(en|deu|EN|x)(-[a-zA-Z]{3})?(-Latn)?(-(US|419))?(-1901|-rozaj){0,2}(-[aux]-[a-z0-9]{1,3}){0,3}")) {
        let expected = is_match(LANGUAGE, &text) && !has_repetition(&text);
        prop_assert_eq!(Language::parse(text.as_str()).is_ok(), expected);
    }

    #[test]
    fn any_text(text in "\\PC{0,40}") {
        prop_assert_eq!(Did::parse(text.as_str()).is_ok(), is_match(DID, &text));
        prop_assert_eq!(Handle::parse(text.as_str()).is_ok(), is_match(HANDLE, &text));
        prop_assert_eq!(Language::parse(text.as_str()).is_ok(), is_match(LANGUAGE, &text));
    }
}
