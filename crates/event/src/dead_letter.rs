//! What could not be understood, kept with the reason, so that nothing is lost in silence.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::Micros;

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
    #[serde(borrow)]
    pub detail: Cow<'a, str>,
    /// When it was seen, as far as it says.
    pub witnessed_at: Micros,
    /// Size of the whole input in bytes.
    pub length: u64,
    /// The input, at most [`BYTES_MAX`].
    #[serde(borrow, with = "serde_bytes_cow")]
    pub bytes: Cow<'a, [u8]>,
}

/// `Cow<[u8]>` as Avro bytes, borrowed where the reader can.
mod serde_bytes_cow {
    use std::borrow::Cow;

    use serde::de::{Deserializer, Error, Visitor};
    use serde::ser::Serializer;

    pub fn serialize<S: Serializer>(bytes: &Cow<'_, [u8]>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, [u8]>, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Cow<'de, [u8]>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_borrowed_bytes<E: Error>(self, v: &'de [u8]) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(v))
            }
            fn visit_bytes<E: Error>(self, v: &[u8]) -> Result<Self::Value, E> {
                Ok(Cow::Owned(v.to_vec()))
            }
            fn visit_byte_buf<E: Error>(self, v: Vec<u8>) -> Result<Self::Value, E> {
                Ok(Cow::Owned(v))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}
