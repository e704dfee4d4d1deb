//! What could not be understood, kept with the reason, so that nothing is lost in silence.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Micros, borrow};

/// Bytes of the input that a dead letter keeps; longer input is cut, and `length` tells its whole size.
pub const BYTES_MAX: usize = 64 * 1024;

/// Bytes that the detail of a dead letter keeps.
pub const DETAIL_MAX: usize = 200;

/// One input, or one part of it, that was dropped. Topic `dead-letter`, key: `position`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter<'a> {
    /// Where it came from: the source's kind and host, or the topic.
    #[serde(borrow)]
    pub source: Cow<'a, str>,
    /// Where in it: sequence number, cursor or offset, in decimal.
    #[serde(borrow)]
    pub position: Cow<'a, str>,
    /// The drop reason's stable name, such as `cid_mismatch`.
    #[serde(borrow)]
    pub reason: Cow<'a, str>,
    /// More about it for a person; at most [`DETAIL_MAX`] bytes.
    #[serde(borrow, default)]
    pub detail: Cow<'a, str>,
    /// When it was seen, as far as it says.
    pub witnessed_at: Micros,
    /// Size of the whole input in bytes.
    pub length: u64,
    /// The input, at most [`BYTES_MAX`].
    #[serde(borrow, deserialize_with = "borrow::bytes", serialize_with = "serialize_bytes")]
    pub bytes: Cow<'a, [u8]>,
}

impl<'a> DeadLetter<'a> {
    /// A dead letter within the limits: of a longer `input` or `detail` it keeps the beginning. `source`, `position`
    /// and `reason` are ours, and short.
    pub fn new(
        source: impl Into<Cow<'a, str>>,
        position: impl Into<Cow<'a, str>>,
        reason: &'a str,
        detail: &'a str,
        witnessed_at: Micros,
        input: &'a [u8],
    ) -> Self {
        Self {
            source: source.into(),
            position: position.into(),
            reason: reason.into(),
            detail: beginning(detail, DETAIL_MAX).into(),
            witnessed_at,
            length: input.len() as u64,
            bytes: input[..input.len().min(BYTES_MAX)].into(),
        }
    }
}

/// At most `length_max` bytes of a text, in whole characters.
fn beginning(text: &str, length_max: usize) -> &str {
    let is_end = |at: &usize| text.is_char_boundary(*at);
    let end = (0..=length_max.min(text.len())).rev().find(is_end).unwrap_or_default();
    &text[..end]
}

/// As Avro's `bytes`; without it, serde would write a sequence of numbers.
#[expect(clippy::ptr_arg, reason = "serde passes a reference to the field")]
fn serialize_bytes<S: serde::Serializer>(bytes: &Cow<'_, [u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_and_its_length_told() {
        let (input, detail) = (vec![7; BYTES_MAX + 1], "é".repeat(DETAIL_MAX));
        let letter = DeadLetter::new("replay", "5", "bad_cbor", &detail, Micros(1), &input);
        assert_eq!((letter.length, letter.bytes.len()), (BYTES_MAX as u64 + 1, BYTES_MAX));
        assert_eq!(letter.detail, "é".repeat(DETAIL_MAX / 2));
    }

    #[test]
    fn what_fits_is_kept_whole() {
        let letter = DeadLetter::new("replay", "5", "bad_cbor", "why", Micros(1), b"\xff");
        assert_eq!((&*letter.detail, letter.length, &*letter.bytes), ("why", 1, &b"\xff"[..]));
    }
}
