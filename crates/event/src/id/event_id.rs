//! The id of one change to one record. It is made from what the change is, never drawn or counted, so that every
//! source and every restart gives the same.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Names one change to one record, whatever source told of it: the 64-bit xxh3 of DID, collection, record key,
/// revision and operation. Duplicates are known by it, and traces carry it from frame to trend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u64);

/// Bytes that all parts of a usual change have together, each with its end; it is 86 for a post of a `did:plc`.
const USUAL_BYTES_MAX: usize = 192;

impl EventId {
    /// The id of a change. `rev` is the repository's revision; for account events the time in decimal.
    pub fn of(did: &str, collection: &str, rkey: &str, rev: &str, operation: &str) -> Self {
        let parts = [did, collection, rkey, rev, operation];
        // No part can hold a zero byte, so that ("ab", "c") and ("a", "bc") differ.
        let length = parts.iter().map(|part| part.len() + 1).sum();
        let mut text = [0; USUAL_BYTES_MAX];
        let Some(text) = text.get_mut(..length) else { return Self::of_long(parts) };
        let mut rest = &mut *text;
        for part in parts {
            let (place, after) = rest.split_at_mut(part.len() + 1);
            place[..part.len()].copy_from_slice(part.as_bytes());
            rest = after;
        }
        Self(xxhash_rust::xxh3::xxh3_64(text))
    }

    /// The same, for parts of any length.
    fn of_long(parts: [&str; 5]) -> Self {
        let mut hasher = xxhash_rust::xxh3::Xxh3Default::new();
        for part in parts {
            hasher.update(part.as_bytes());
            hasher.update(&[0]);
        }
        Self(hasher.digest())
    }
}

/// 16 lower-case hex digits.
impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Text that is not 16 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event id has 16 lower-case hex digits")]
pub struct InvalidEventId;

impl FromStr for EventId {
    type Err = InvalidEventId;

    fn from_str(text: &str) -> Result<Self, InvalidEventId> {
        let is_digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 16 || !text.bytes().all(is_digit) {
            return Err(InvalidEventId);
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| InvalidEventId)
    }
}

// Avro has no unsigned 64-bit number: the same bits as a signed one.
impl Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.cast_signed())
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(|id| Self(id.cast_unsigned()))
    }
}

/// The id as 16 hex digits, for `#[serde(with = "…")]`.
pub mod as_text {
    use serde::de::Error as _;

    use super::EventId;

    /// Writes the digits.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `with` passes a reference")]
    pub fn serialize<S: serde::Serializer>(id: &EventId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    /// Reads the digits.
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<EventId, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_change_has_the_same_id_for_ever() {
        let id = EventId::of("did:plc:abc", "app.bsky.feed.post", "3jzfcijpj2z2a", "3jzfcijpj2z2b", "create");
        assert_eq!(id.to_string(), "7af045428f4ee442");
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(EventId::of("ab", "c", "", "", ""), EventId::of("a", "bc", "", "", ""));
        assert_ne!(EventId::of("a", "", "b", "", ""), EventId::of("a", "b", "", "", ""));
    }

    #[test]
    fn long_parts_are_hashed_alike() {
        for length in 0..USUAL_BYTES_MAX + 10 {
            let did = "d".repeat(length);
            let parts = [did.as_str(), "collection", "rkey", "rev", ""];
            let [did, collection, rkey, rev, operation] = parts;
            assert_eq!(
                EventId::of(did, collection, rkey, rev, operation),
                EventId::of_long(parts),
                "{length}"
            );
        }
    }

    #[test]
    fn other_forms_of_the_number_are_refused() {
        for text in ["", "1", "+00000000000000f", "000000000000000F", "0x00000000000000", "00000000000000000"]
        {
            assert_eq!(text.parse::<EventId>(), Err(InvalidEventId), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn text_round_trip(id in any::<u64>()) {
            prop_assert_eq!(EventId(id).to_string().parse(), Ok(EventId(id)));
        }
    }
}
