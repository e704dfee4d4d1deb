//! What could not be understood, kept with the reason, so that nothing is lost in silence.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Micros, borrow};

/// Bytes of the input that a dead letter keeps; longer input is cut, and `length` tells its whole size.
pub const BYTES_MAX: usize = 64 * 1024;

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
    /// More about it for a person; at most 200 bytes.
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

/// As Avro's `bytes`; without it, serde would write a sequence of numbers.
#[expect(clippy::ptr_arg, reason = "serde passes a reference to the field")]
fn serialize_bytes<S: serde::Serializer>(bytes: &Cow<'_, [u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}
