//! The bytes of a batch of records of one partition, and back. It decides in pure code: no store, no locks.
//!
//! A batch is a header of [`HEADER_BYTES`] and a body. Numbers are little-endian.
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 1 | version of the format: 1 |
//! | 1 | 1 | kind of the body: 1 as it is, 2 compressed as one LZ4 block |
//! | 2 | 4 | number of records, 1 to [`RECORDS_MAX`] |
//! | 6 | 8 | base: the offset of the first record |
//! | 14 | 8 | floor: no record of the batch has a smaller timestamp |
//! | 22 | 8 | timestamp of the first record, before the floor is applied |
//! | 30 | 4 | length of the body as it is, at most [`BODY_BYTES_MAX`] |
//! | 34 | 8 | XXH3-64 of bytes 0 to 33, seeded with the XXH3-64 of the stored body |
//! | 42 | … | the body |
//!
//! The body as it is has for each record: how much later than the one before it is, in microseconds (0 for the
//! first); length of the key; length of the value (each a LEB128 number in its shortest form); key; value.
//!
//! The body does not know base and floor. So it is encoded and compressed before the writer takes its turn, and
//! [`Body::place`] only fills in the header.

use bytes::{Buf, Bytes};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::compression::{self, DecompressionError};
use super::varint;
use crate::contract::{NewRecord, Offset, RECORD_BYTES_MAX, Record};

/// Most records in one batch: reading one record decodes its batch.
pub const RECORDS_MAX: usize = 4_096;

/// A batch takes no further record when its body has this many bytes: reading one record decodes its batch.
pub const BODY_BYTES_FULL: usize = 512 << 10;

/// Longest body: nearly full, and then the largest record comes.
pub const BODY_BYTES_MAX: usize = BODY_BYTES_FULL + RECORD_BYTES_MAX + RECORD_HEAD_BYTES_MAX;

/// Bytes of the header.
pub const HEADER_BYTES: usize = 42;

const RECORD_HEAD_BYTES_MAX: usize = 3 * varint::BYTES_MAX;
const VERSION: u8 = 1;
const CHECKSUM_AT: usize = HEADER_BYTES - 8;

/// Why bytes are not a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Fewer bytes than a header has.
    #[error("the header is cut off")]
    HeaderCutOff,
    /// Another version of the format.
    #[error("version {0} of the batch format is not known")]
    Version(u8),
    /// Another kind of body.
    #[error("kind {0} of body is not known")]
    Kind(u8),
    /// The bytes are not those that were written.
    #[error("the checksum differs")]
    Checksum,
    /// A number in the header is out of its range.
    #[error("{0} is out of range")]
    OutOfRange(&'static str),
    /// The body does not decompress, or not to its length.
    #[error("the body has another length")]
    Body,
    /// The body does not hold the records that the header says.
    #[error("the records do not fill the body")]
    Records,
}

/// Where one record lies in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    timestamp_micros: i64,
    key_at: u32,
    key_bytes: u32,
    value_bytes: u32,
}

/// The records of a batch, at their offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    base: Offset,
    entries: Vec<Entry>,
    body: Bytes,
}

impl Batch {
    /// The offset of the first record.
    pub fn base(&self) -> Offset {
        self.base
    }

    /// One past the offset of the last record.
    pub fn end(&self) -> Offset {
        self.base + self.entries.len() as u64
    }

    /// The highest timestamp.
    pub fn last_timestamp(&self) -> i64 {
        self.entries.last().map_or(i64::MIN, |entry| entry.timestamp_micros)
    }

    /// Bytes that the batch takes in memory.
    pub fn memory_bytes(&self) -> usize {
        self.body.len() + self.entries.len() * size_of::<Entry>() + size_of::<Self>()
    }

    /// The records from `from` on; their keys and values share the batch's memory.
    pub fn records_from(&self, from: Offset) -> impl Iterator<Item = Record> {
        let skipped = usize::try_from(from.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let body = &self.body;
        (self.base..).zip(&self.entries).skip(skipped).map(move |(offset, entry)| {
            let value_at = entry.key_at as usize + entry.key_bytes as usize;
            Record {
                offset,
                timestamp_micros: entry.timestamp_micros,
                key: body.slice(entry.key_at as usize..value_at),
                value: body.slice(value_at..value_at + entry.value_bytes as usize),
            }
        })
    }

    /// The offset of the first record whose timestamp is at least `timestamp_micros`, or the end.
    pub fn offset_at(&self, timestamp_micros: i64) -> Offset {
        self.base + self.entries.partition_point(|entry| entry.timestamp_micros < timestamp_micros) as u64
    }
}

/// Records encoded, without their place in a partition.
pub struct Body {
    entries: Vec<Entry>,
    content: Bytes,
    /// Room for the header, and the stored body.
    stored: Vec<u8>,
    kind: u8,
    stored_hash: u64,
}

/// Encodes records as the fewest batches that keep the limits. Each record must keep [`RECORD_BYTES_MAX`]; a
/// timestamp below the one before is raised to it.
pub fn encode(records: &[NewRecord]) -> Vec<Body> {
    let mut bodies = Vec::with_capacity(records.len() / RECORDS_MAX + 1);
    let mut rest = records;
    let mut floor = i64::MIN;
    while !rest.is_empty() {
        let (body, count) = Body::encode(rest, floor);
        floor = body.last_timestamp();
        bodies.push(body);
        rest = &rest[count..];
    }
    bodies
}

impl Body {
    /// Encodes the first records, as many as go into one batch, and says how many.
    fn encode(records: &[NewRecord], floor: i64) -> (Self, usize) {
        let mut entries = Vec::with_capacity(records.len().min(RECORDS_MAX));
        let mut body = Vec::with_capacity(body_capacity(records));
        let mut highest = records.first().map_or(floor, |first| first.timestamp_micros.max(floor));
        for record in records {
            if entries.len() == RECORDS_MAX || body.len() >= BODY_BYTES_FULL {
                break;
            }
            let timestamp_micros = record.timestamp_micros.max(highest);
            varint::push(&mut body, timestamp_micros.abs_diff(highest));
            varint::push(&mut body, record.key.len() as u64);
            varint::push(&mut body, record.value.len() as u64);
            highest = timestamp_micros;
            let in_u32 = |n: usize| u32::try_from(n).expect("a body is shorter than 2^32");
            entries.push(Entry {
                timestamp_micros,
                key_at: in_u32(body.len()),
                key_bytes: in_u32(record.key.len()),
                value_bytes: in_u32(record.value.len()),
            });
            body.extend_from_slice(&record.key);
            body.extend_from_slice(&record.value);
        }
        let count = entries.len();
        let (kind, stored) = compression::compress(HEADER_BYTES, &body);
        let stored_hash = xxh3_64(&stored[HEADER_BYTES..]);
        (Self { entries, content: body.into(), stored, kind, stored_hash }, count)
    }

    /// Number of records.
    #[expect(clippy::cast_possible_truncation, reason = "at most RECORDS_MAX")]
    pub fn count(&self) -> u32 {
        self.entries.len() as u32
    }

    /// The highest timestamp, before a floor is applied.
    pub fn last_timestamp(&self) -> i64 {
        self.entries.last().map_or(i64::MIN, |entry| entry.timestamp_micros)
    }

    /// Gives the records their place: the batch, and its bytes.
    #[expect(clippy::cast_possible_truncation, reason = "a body has at most BODY_BYTES_MAX bytes")]
    pub fn place(mut self, base: Offset, floor: i64) -> (Batch, Bytes) {
        let first_timestamp = self.entries.first().map_or(floor, |entry| entry.timestamp_micros);
        let body_bytes = self.content.len() as u32;
        let count = self.count();
        let (header, _) = self.stored.split_at_mut(HEADER_BYTES);
        header[0] = VERSION;
        header[1] = self.kind;
        header[2..6].copy_from_slice(&count.to_le_bytes());
        header[6..14].copy_from_slice(&base.to_le_bytes());
        header[14..22].copy_from_slice(&floor.to_le_bytes());
        header[22..30].copy_from_slice(&first_timestamp.to_le_bytes());
        header[30..CHECKSUM_AT].copy_from_slice(&body_bytes.to_le_bytes());
        let checksum = xxh3_64_with_seed(&header[..CHECKSUM_AT], self.stored_hash);
        header[CHECKSUM_AT..].copy_from_slice(&checksum.to_le_bytes());
        for entry in self.entries.iter_mut().take_while(|entry| entry.timestamp_micros < floor) {
            entry.timestamp_micros = floor;
        }
        (Batch { base, entries: self.entries, body: self.content }, self.stored.into())
    }
}

/// A good guess, so that most bodies are written without growing.
fn body_capacity(records: &[NewRecord]) -> usize {
    let sample = records.iter().take(16).map(|record| record.key.len() + record.value.len() + 8);
    let mean = sample.clone().sum::<usize>() / sample.count().max(1);
    (mean * records.len().min(RECORDS_MAX) * 9 / 8).min(BODY_BYTES_FULL * 2)
}

/// Reads a batch. Never allocates more than the limits of the format allow, whatever the bytes say.
pub fn decode(bytes: &Bytes) -> Result<Batch, BatchError> {
    let mut header = bytes.get(..HEADER_BYTES).ok_or(BatchError::HeaderCutOff)?;
    let checksummed = &header[..CHECKSUM_AT];
    let (version, kind) = (header.get_u8(), header.get_u8());
    if version != VERSION {
        return Err(BatchError::Version(version));
    }
    let count = header.get_u32_le() as usize;
    let base = header.get_u64_le();
    let floor = header.get_i64_le();
    let first_timestamp = header.get_i64_le();
    let body_bytes = header.get_u32_le() as usize;
    let stored = bytes.slice(HEADER_BYTES..);
    if header.get_u64_le() != xxh3_64_with_seed(checksummed, xxh3_64(&stored)) {
        return Err(BatchError::Checksum);
    }
    if count == 0 || count > RECORDS_MAX {
        return Err(BatchError::OutOfRange("the number of records"));
    }
    if base.checked_add(count as u64).is_none() {
        return Err(BatchError::OutOfRange("the base"));
    }
    if body_bytes > BODY_BYTES_MAX {
        return Err(BatchError::OutOfRange("the length of the body"));
    }
    let body = compression::decompress(kind, stored, body_bytes).map_err(|error| match error {
        DecompressionError::UnknownKind => BatchError::Kind(kind),
        DecompressionError::Damaged => BatchError::Body,
    })?;
    let entries = decode_entries(&body, count, floor, first_timestamp)?;
    Ok(Batch { base, entries, body })
}

fn decode_entries(body: &[u8], count: usize, floor: i64, first: i64) -> Result<Vec<Entry>, BatchError> {
    let mut entries = Vec::with_capacity(count);
    let mut rest = body;
    let mut highest = first;
    for _ in 0..count {
        let later = varint::take(&mut rest).ok_or(BatchError::Records)?;
        let key_bytes = take_length(&mut rest)?;
        let value_bytes = take_length(&mut rest)?;
        highest = highest.checked_add_unsigned(later).ok_or(BatchError::OutOfRange("a timestamp"))?;
        let key_at = u32::try_from(body.len() - rest.len()).map_err(|_| BatchError::Records)?;
        let content_bytes = key_bytes as usize + value_bytes as usize;
        rest = rest.get(content_bytes..).ok_or(BatchError::Records)?;
        entries.push(Entry { timestamp_micros: highest.max(floor), key_at, key_bytes, value_bytes });
    }
    if rest.is_empty() { Ok(entries) } else { Err(BatchError::Records) }
}

fn take_length(rest: &mut &[u8]) -> Result<u32, BatchError> {
    let length = varint::take(rest).ok_or(BatchError::Records)?;
    u32::try_from(length).ok().filter(|n| *n as usize <= RECORD_BYTES_MAX).ok_or(BatchError::Records)
}

#[cfg(test)]
mod tests;
