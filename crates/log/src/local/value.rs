//! The values of the keyspaces `meta` and `states`. Numbers are little-endian.
//!
//! A value of `meta` is: version (1 byte, 1), content, and the low 32 bits of the XXH3-64 of all before.
//!
//! | of | content |
//! |---|---|
//! | a topic | partitions (4); retention: 0, or 1 with seconds (8) and nanoseconds (4); retention in bytes: 0, or 1 with the number (8) |
//! | a partition | stamp (8), start (8), end (8), highest timestamp (8), stored bytes (8) |
//! | a position | stamp (8), next (8) |
//! | a state | stamp (8); 1 with the state, or 2 with generation (8), number of chunks (4), bytes (8) |
//! | the counter | number of transactions (8) |
//! | the format | version of the store (4): 1 |
//!
//! The stamp is the number of the transaction that wrote the value: none is above the counter, or the store is not
//! what it was. A value of `states` is a [`Chunk`].

use std::time::Duration;

use bytes::{Buf, Bytes};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::compression;
use crate::contract::{Offset, TopicSpec};

const VERSION: u8 = 1;

/// The version of the store's format that this code writes and reads.
pub const STORE_VERSION: u32 = 1;

/// What is known of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionValue {
    /// The transaction that wrote this.
    pub stamp: u64,
    /// The earliest offset.
    pub start: Offset,
    /// One past the last offset.
    pub end: Offset,
    /// The highest timestamp there ever was.
    pub highest_timestamp: i64,
    /// Bytes of the keys and values of its batches.
    pub stored_bytes: u64,
}

impl PartitionValue {
    /// Nothing was ever there.
    pub fn empty(stamp: u64) -> Self {
        Self { stamp, start: 0, end: 0, highest_timestamp: i64::MIN, stored_bytes: 0 }
    }

    /// The value's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut value = open();
        value.extend(self.stamp.to_le_bytes());
        value.extend(self.start.to_le_bytes());
        value.extend(self.end.to_le_bytes());
        value.extend(self.highest_timestamp.to_le_bytes());
        value.extend(self.stored_bytes.to_le_bytes());
        seal(value)
    }

    /// The value that has these bytes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = unseal(bytes)?;
        let value = Self {
            stamp: rest.try_get_u64_le().ok()?,
            start: rest.try_get_u64_le().ok()?,
            end: rest.try_get_u64_le().ok()?,
            highest_timestamp: rest.try_get_i64_le().ok()?,
            stored_bytes: rest.try_get_u64_le().ok()?,
        };
        if rest.is_empty() && value.start <= value.end { Some(value) } else { None }
    }
}

/// A consumer group's position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionValue {
    /// The transaction that wrote this.
    pub stamp: u64,
    /// The first offset not yet consumed.
    pub next: Offset,
}

impl PositionValue {
    /// The value's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut value = open();
        value.extend(self.stamp.to_le_bytes());
        value.extend(self.next.to_le_bytes());
        seal(value)
    }

    /// The value that has these bytes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = unseal(bytes)?;
        let value = Self { stamp: rest.try_get_u64_le().ok()?, next: rest.try_get_u64_le().ok()? };
        if rest.is_empty() { Some(value) } else { None }
    }
}

/// A state, or where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// A short one.
    Inline(Bytes),
    /// A long one, in the keyspace `states`.
    Chunked {
        /// The generation of its chunks.
        generation: u64,
        /// Their number.
        chunks: u32,
        /// Their bytes together, decompressed.
        bytes: u64,
    },
}

const STATE_INLINE: u8 = 1;
const STATE_CHUNKED: u8 = 2;

impl State {
    /// The value's bytes.
    pub fn encode(&self, stamp: u64) -> Vec<u8> {
        let mut value = open();
        value.extend(stamp.to_le_bytes());
        match self {
            Self::Inline(state) => {
                value.push(STATE_INLINE);
                value.extend_from_slice(state);
            }
            Self::Chunked { generation, chunks, bytes } => {
                value.push(STATE_CHUNKED);
                value.extend(generation.to_le_bytes());
                value.extend(chunks.to_le_bytes());
                value.extend(bytes.to_le_bytes());
            }
        }
        seal(value)
    }

    /// The stamp and the value that have these bytes.
    pub fn decode(bytes: &[u8]) -> Option<(u64, Self)> {
        let mut rest = unseal(bytes)?;
        let stamp = rest.try_get_u64_le().ok()?;
        let state = match rest.try_get_u8().ok()? {
            STATE_INLINE => Self::Inline(Bytes::copy_from_slice(std::mem::take(&mut rest))),
            STATE_CHUNKED => Self::Chunked {
                generation: rest.try_get_u64_le().ok()?,
                chunks: rest.try_get_u32_le().ok()?,
                bytes: rest.try_get_u64_le().ok()?,
            },
            _ => return None,
        };
        if rest.is_empty() { Some((stamp, state)) } else { None }
    }
}

/// The bytes of a topic's value; its name is in the key.
pub fn encode_topic(spec: &TopicSpec) -> Vec<u8> {
    let mut value = open();
    value.extend(spec.partitions.to_le_bytes());
    match spec.retention {
        None => value.push(0),
        Some(retention) => {
            value.push(1);
            value.extend(retention.as_secs().to_le_bytes());
            value.extend(retention.subsec_nanos().to_le_bytes());
        }
    }
    match spec.retention_bytes {
        None => value.push(0),
        Some(bytes) => {
            value.push(1);
            value.extend(bytes.to_le_bytes());
        }
    }
    seal(value)
}

/// The topic that has this name and these bytes.
pub fn decode_topic(name: String, bytes: &[u8]) -> Option<TopicSpec> {
    let mut rest = unseal(bytes)?;
    let partitions = rest.try_get_u32_le().ok()?;
    let retention = match rest.try_get_u8().ok()? {
        0 => None,
        1 => {
            let (secs, nanos) = (rest.try_get_u64_le().ok()?, rest.try_get_u32_le().ok()?);
            if nanos >= 1_000_000_000 {
                return None;
            }
            Some(Duration::new(secs, nanos))
        }
        _ => return None,
    };
    let retention_bytes = match rest.try_get_u8().ok()? {
        0 => None,
        1 => Some(rest.try_get_u64_le().ok()?),
        _ => return None,
    };
    if rest.is_empty() { Some(TopicSpec { name, partitions, retention, retention_bytes }) } else { None }
}

/// The bytes of the counter.
pub fn encode_counter(transactions: u64) -> Vec<u8> {
    let mut value = open();
    value.extend(transactions.to_le_bytes());
    seal(value)
}

/// The counter that has these bytes.
pub fn decode_counter(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(unseal(bytes)?.try_into().ok()?))
}

/// The bytes of the format.
pub fn encode_format() -> Vec<u8> {
    let mut value = open();
    value.extend(STORE_VERSION.to_le_bytes());
    seal(value)
}

/// The version of the format that has these bytes.
pub fn decode_format(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(unseal(bytes)?.try_into().ok()?))
}

fn open() -> Vec<u8> {
    let mut value = Vec::with_capacity(64);
    value.push(VERSION);
    value
}

fn seal(mut value: Vec<u8>) -> Vec<u8> {
    let checksum = checksum(&value);
    value.extend(checksum);
    value
}

fn unseal(bytes: &[u8]) -> Option<&[u8]> {
    let (sealed, sum) = bytes.split_last_chunk::<4>()?;
    let (version, content) = sealed.split_first()?;
    if *version == VERSION && *sum == checksum(sealed) { Some(content) } else { None }
}

fn checksum(value: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = xxh3_64(value).to_le_bytes();
    [a, b, c, d]
}

/// The codec of one chunk of a large state: version (1 byte, 1), kind (1 byte: 1 as it is, 2 one LZ4 block), length
/// as it is (4), XXH3-64 of these six bytes seeded with that of the stored bytes (8), the stored bytes.
pub struct Chunk;

impl Chunk {
    /// Most bytes of a state in one chunk: a write of this size stalls no reader.
    pub const BYTES_MAX: usize = 1 << 20;

    const HEADER_BYTES: usize = 14;

    /// The chunk's bytes.
    #[expect(clippy::cast_possible_truncation, reason = "a chunk keeps its limit")]
    pub fn encode(content: &[u8]) -> Bytes {
        debug_assert!(content.len() <= Self::BYTES_MAX, "a chunk keeps its limit");
        let (kind, mut stored) = compression::compress(Self::HEADER_BYTES, content);
        let (header, body) = stored.split_at_mut(Self::HEADER_BYTES);
        header[0] = VERSION;
        header[1] = kind;
        let content_bytes = content.len() as u32;
        header[2..6].copy_from_slice(&content_bytes.to_le_bytes());
        let checksum = xxh3_64_with_seed(&header[..6], xxh3_64(body));
        header[6..].copy_from_slice(&checksum.to_le_bytes());
        stored.into()
    }

    /// The part of the state that has these bytes.
    pub fn decode(bytes: &Bytes) -> Option<Bytes> {
        let mut header = bytes.get(..Self::HEADER_BYTES)?;
        let checksummed = &header[..6];
        let (version, kind, content_bytes) = (header.get_u8(), header.get_u8(), header.get_u32_le() as usize);
        let stored = bytes.slice(Self::HEADER_BYTES..);
        let is_whole = header.get_u64_le() == xxh3_64_with_seed(checksummed, xxh3_64(&stored));
        if version != VERSION || !is_whole || content_bytes > Self::BYTES_MAX {
            return None;
        }
        compression::decompress(kind, stored, content_bytes).ok()
    }
}

#[cfg(test)]
mod tests;
