//! Jetstream: the firehose as JSON, one message per changed record. Version 1 (`/subscribe`), version 2
//! (`network.bsky.jetstream.subscribeEvents`), and the zstd frames both can come in. Content ids are Jetstream's word:
//! the JSON form of a record has lost the bytes they are the hash of.

pub mod v1;
pub mod v2;
pub mod zstd;

mod parts;

use crate::{DropReason, json};

/// Bytes of one message, decompressed. A record has at most 1,000,000 bytes of CBOR, and JSON escapes can make six
/// bytes of one.
pub const MESSAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Why text is no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Larger than [`MESSAGE_BYTES_MAX`].
    #[error("the message has {bytes} bytes")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Not UTF-8.
    #[error("the message is not UTF-8")]
    InvalidUtf8,
    /// Not JSON, or a field has another type than the protocol gives it.
    #[error("the message is not JSON of the protocol: {detail}")]
    InvalidJson {
        /// What the JSON reader says, at most 100 characters.
        detail: String,
    },
    /// Objects and arrays nested too deep.
    #[error("the message is nested too deep")]
    TooDeep,
    /// A required field is missing.
    #[error("the message has no {field}")]
    MissingField {
        /// Its name.
        field: &'static str,
    },
    /// A field is there and has the right type, but not a valid value.
    #[error("{field} is not valid")]
    InvalidField {
        /// Its name.
        field: &'static str,
        /// The reason to count.
        reason: DropReason,
    },
}

impl JsonError {
    /// The reason to count.
    pub const fn reason(&self) -> DropReason {
        match self {
            Self::TooLarge { .. } => DropReason::FrameTooLarge,
            Self::InvalidUtf8 => DropReason::InvalidUtf8,
            Self::InvalidJson { .. } => DropReason::InvalidJson,
            Self::TooDeep => DropReason::NestingTooDeep,
            Self::MissingField { .. } => DropReason::MissingField,
            Self::InvalidField { reason, .. } => *reason,
        }
    }
}

/// Checks size and UTF-8 once for the whole message, then reads it.
fn parse<'a, T: serde::Deserialize<'a>>(message: &'a [u8]) -> Result<T, JsonError> {
    if message.len() > MESSAGE_BYTES_MAX {
        return Err(JsonError::TooLarge { bytes: message.len() });
    }
    let text = str::from_utf8(message).map_err(|_| JsonError::InvalidUtf8)?;
    // The reader would take an array for an object's fields in order.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(JsonError::InvalidJson { detail: "not an object".to_owned() });
    }
    json::parse(text).map_err(|error| match error {
        json::Error::TooDeep => JsonError::TooDeep,
        json::Error::Invalid(error) => {
            JsonError::InvalidJson { detail: error.to_string().chars().take(DETAIL_CHARS_MAX).collect() }
        }
    })
}

/// The JSON reader quotes its input, which can be anything.
const DETAIL_CHARS_MAX: usize = 100;
