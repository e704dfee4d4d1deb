//! Foreign names as valid identifiers, and back.
//!
//! - The author `name` of the feed `namespace` is `did:web:namespace:name`, with every byte of the name that is no
//!   letter, digit, `-`, `_` or `.` as `%` and two hex digits (as did:web itself writes paths). At most 500 bytes.
//! - The id of a line is a record key, with every byte that is no letter, digit, `-`, `_`, `.` or `:` as `~` and two
//!   hex
//!   digits; of `.` and `..` the dots too. One that gets longer than 512 bytes, or that there is not, is `~~` and the 32
//!   hex digits of the 128-bit xxh3 of the id, or of the line: the only case that can't be turned back.

use std::fmt::Write as _;

use skytrend_event::{Did, RecordKey};
use xxhash_rust::xxh3::xxh3_128;

/// Longest name of an author, in bytes: with each of them escaped, a DID holds it.
const AUTHOR_BYTES_MAX: usize = 500;
/// Longest record key.
const RECORD_KEY_BYTES_MAX: usize = 512;

/// The DID of an author; none for a name that is empty or too long.
pub fn did_of(namespace: &str, author: &str) -> Option<Did<'static>> {
    if author.is_empty() || author.len() > AUTHOR_BYTES_MAX {
        return None;
    }
    let mut did = format!("did:web:{namespace}:");
    escape(author, '%', |byte| b"-_.".contains(&byte), &mut did);
    Did::parse(did).ok()
}

/// The author whose DID [`did_of`] made; none for any other DID.
pub fn author_of(namespace: &str, did: &Did<'_>) -> Option<String> {
    let author = did.as_str().strip_prefix("did:web:")?.strip_prefix(namespace)?.strip_prefix(':')?;
    let name = unescape(author, '%')?;
    (did_of(namespace, &name)? == *did).then_some(name)
}

/// The record key of an id.
pub fn record_key_of(id: &str) -> RecordKey<'static> {
    let mut key = String::new();
    let keeps_dots = !matches!(id, "." | "..");
    escape(id, '~', |byte| b"-_:".contains(&byte) || (byte == b'.' && keeps_dots), &mut key);
    if key.is_empty() || key.len() > RECORD_KEY_BYTES_MAX {
        return record_key_of_line(id.as_bytes());
    }
    RecordKey::parse(key).expect("what is no character of a record key was escaped")
}

/// The record key of what has no id.
pub fn record_key_of_line(line: &[u8]) -> RecordKey<'static> {
    RecordKey::parse(format!("~~{:032x}", xxh3_128(line))).expect("hex digits are characters of a record key")
}

/// The id whose key [`record_key_of`] made; none where that was a hash.
pub fn id_of(key: &RecordKey<'_>) -> Option<String> {
    let id = unescape(key.as_str(), '~')?;
    (record_key_of(&id) == *key).then_some(id)
}

fn escape(text: &str, sign: char, is_kept: impl Fn(u8) -> bool, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || is_kept(byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "{sign}{byte:02X}").expect("writing to a string does not fail");
        }
    }
}

fn unescape(text: &str, sign: char) -> Option<String> {
    let mut parts = text.split(sign);
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_escaped_as_documented() {
        let did = did_of("news.example", "Reuters / US").unwrap();
        assert_eq!(did.as_str(), "did:web:news.example:Reuters%20%2F%20US");
        assert_eq!(record_key_of("a/b~c").as_str(), "a~2Fb~7Ec");
        assert_eq!(record_key_of("..").as_str(), "~2E~2E");
        assert!(
            record_key_of("").as_str().starts_with("~~")
                && record_key_of(&"ü".repeat(100)).as_str().starts_with("~~")
        );
        assert_eq!(author_of("other.example", &did), None);
        assert_eq!((did_of("a.example", ""), did_of("a.example", &"x".repeat(501))), (None, None));
    }

    proptest! {
        #[test]
        fn authors_come_back(author in "\\PC{1,40}|[ -~]{1,60}|.{1,20}") {
            let did = did_of("a.example", &author).unwrap();
            prop_assert_eq!(author_of("a.example", &did), Some(author));
        }

        #[test]
        fn ids_come_back_unless_they_were_hashed(id in "\\PC{0,80}|[ -~]{0,200}|\\.{1,3}") {
            let key = record_key_of(&id);
            let is_hash = key.as_str().starts_with("~~");
            prop_assert_eq!(id_of(&key), (!is_hash).then(|| id.clone()));
            let is_kept = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
            let length: usize = id.chars().map(|c| if is_kept(c) { 1 } else { 3 * c.len_utf8() }).sum();
            prop_assert_eq!(is_hash, !(1..=RECORD_KEY_BYTES_MAX).contains(&length));
        }

        #[test]
        fn different_ids_have_different_keys(left in "[a~.%/]{0,6}", right in "[a~.%/]{0,6}") {
            prop_assert_eq!(record_key_of(&left) == record_key_of(&right), left == right);
            if !left.is_empty() && !right.is_empty() {
                let did = |name: &str| did_of("a.example", name);
                prop_assert_eq!(did(&left) == did(&right), left == right);
            }
        }
    }
}
