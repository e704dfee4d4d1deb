//! One partition in memory: chunks of records at consecutive offsets. It knows nothing of topics and limits.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use crate::contract::{NewRecord, Offset, ReadLimit, Record};

/// What one record costs beside its key and value: the handles to them, and the timestamp.
const RECORD_OVERHEAD_BYTES: usize = size_of::<NewRecord>();

/// Room that a read makes before it knows how many records its byte limit lets through.
const READ_CAPACITY_MAX: usize = 1_024;

/// The records that one transaction appended at one place; never empty.
pub struct Chunk {
    base: Offset,
    pub records: Vec<NewRecord>,
    /// Keys, values and overhead.
    pub bytes: u64,
}

impl Chunk {
    pub fn last_timestamp(&self) -> i64 {
        self.records.last().map_or(i64::MIN, |record| record.timestamp_micros)
    }

    pub fn end(&self) -> Offset {
        self.base + self.records.len() as u64
    }
}

/// The records of one partition, and the consumer groups' positions in it.
pub struct Partition {
    chunks: VecDeque<Chunk>,
    end: Offset,
    highest_timestamp: i64,
    pub positions: BTreeMap<String, Offset>,
}

impl Default for Partition {
    fn default() -> Self {
        Self { chunks: VecDeque::new(), end: 0, highest_timestamp: i64::MIN, positions: BTreeMap::new() }
    }
}

impl Partition {
    pub fn start(&self) -> Offset {
        self.chunks.front().map_or(self.end, |chunk| chunk.base)
    }

    pub fn end(&self) -> Offset {
        self.end
    }

    /// The highest timestamp of the oldest chunk.
    pub fn front_timestamp(&self) -> Option<i64> {
        self.chunks.front().map(Chunk::last_timestamp)
    }

    /// Appends at least one record; returns the offsets and the stored bytes.
    pub fn append(&mut self, mut records: Vec<NewRecord>) -> (Range<Offset>, u64) {
        debug_assert!(!records.is_empty(), "a chunk holds at least one record");
        let mut bytes = 0;
        for record in &mut records {
            self.highest_timestamp = self.highest_timestamp.max(record.timestamp_micros);
            record.timestamp_micros = self.highest_timestamp;
            bytes += (record.key.len() + record.value.len() + RECORD_OVERHEAD_BYTES) as u64;
        }
        let base = self.end;
        self.end += records.len() as u64;
        self.chunks.push_back(Chunk { base, records, bytes });
        (base..self.end, bytes)
    }

    /// The records from `from` on, which has not left.
    pub fn read(&self, from: Offset, limit: ReadLimit) -> Vec<Record> {
        let first = self.chunks.partition_point(|chunk| chunk.end() <= from);
        let records_max = limit.records.max(1);
        let available = usize::try_from(self.end.saturating_sub(from)).unwrap_or(usize::MAX);
        let mut read = Vec::with_capacity(records_max.min(available).min(READ_CAPACITY_MAX));
        let mut bytes = 0;
        for chunk in self.chunks.range(first..) {
            let skipped = usize::try_from(from.saturating_sub(chunk.base)).unwrap_or(usize::MAX);
            for (place, record) in (chunk.base..).zip(&chunk.records).skip(skipped) {
                bytes += record.key.len() + record.value.len();
                if !read.is_empty() && (read.len() >= records_max || bytes > limit.bytes) {
                    return read;
                }
                read.push(Record {
                    offset: place,
                    timestamp_micros: record.timestamp_micros,
                    key: record.key.clone(),
                    value: record.value.clone(),
                });
            }
        }
        read
    }

    pub fn offset_at(&self, timestamp_micros: i64) -> Offset {
        let first = self.chunks.partition_point(|chunk| chunk.last_timestamp() < timestamp_micros);
        let Some(chunk) = self.chunks.get(first) else { return self.end };
        chunk.base + chunk.records.partition_point(|record| record.timestamp_micros < timestamp_micros) as u64
    }

    /// Whether the oldest chunk lies wholly before `before`.
    pub fn starts_with_chunk_before(&self, before: Offset) -> bool {
        self.chunks.front().is_some_and(|chunk| chunk.end() <= before)
    }

    /// Removes the oldest chunk if there is one and `leaves` says so.
    pub fn pop_front_if(&mut self, leaves: impl FnOnce(&Chunk) -> bool) -> Option<Chunk> {
        if self.chunks.front().is_some_and(leaves) { self.chunks.pop_front() } else { None }
    }
}
