//! Reading records: from the newest batches in memory, from a batch that a reader has begun, or from the store.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use fjall::Keyspace;

use super::LocalLog;
use super::batch::{self, Batch};
use super::key::BatchKey;
use super::recovery::{batch_key, corrupt};
use super::store::log_error;
use super::value::PartitionValue;
use crate::contract::{LogError, Offset, ReadLimit, Record};

/// Room that a read makes before it knows how many records its byte limit lets through.
const READ_CAPACITY_MAX: usize = 1_024;

/// A partition at one instant.
struct View {
    data: Keyspace,
    known: PartitionValue,
    /// From the offset asked for, or from where it goes on in memory, to the end.
    tail: Vec<Arc<Batch>>,
}

impl LocalLog {
    /// Records from `from` on.
    pub(super) fn read_records(
        &self,
        topic: &str,
        partition: u32,
        from: Offset,
        limit: ReadLimit,
    ) -> Result<Vec<Record>, LogError> {
        let view = self.view(topic, partition, from)?;
        let mut reading = Reading::new(limit, from, view.known.end);
        let stored_end = view.tail.first().map_or(view.known.end, |batch| batch.base());
        if from < stored_end {
            let place = Place { topic, partition };
            if let Err(error) = self.read_stored(place, &view.data, stored_end, &mut reading) {
                // What retention removed meanwhile is not lost.
                let earliest = self.settled_catalog().partition(topic, partition)?.known.start;
                let is_gone = earliest > reading.next;
                if is_gone && reading.records.is_empty() {
                    return Err(gone(topic, partition, from, earliest));
                }
                return if is_gone { Ok(reading.records) } else { Err(error) };
            }
        }
        for batch in &view.tail {
            if reading.is_full {
                break;
            }
            reading.take(batch);
        }
        Ok(reading.records)
    }

    fn view(&self, topic: &str, partition: u32, from: Offset) -> Result<View, LogError> {
        let catalog = self.catalog();
        let found = catalog.partition(topic, partition)?;
        if from < found.known.start {
            return Err(gone(topic, partition, from, found.known.start));
        }
        let tail = found.tail.from(from).cloned().collect();
        Ok(View { data: catalog.topic(topic)?.data.clone(), known: found.known, tail })
    }

    /// Reads up to `end`, which is where a batch begins.
    fn read_stored(
        &self,
        place: Place,
        data: &Keyspace,
        end: Offset,
        reading: &mut Reading,
    ) -> Result<(), LogError> {
        let mut begun = None;
        if let Some(batch) = self.decoded.take(place, reading.next) {
            reading.take(&batch);
            begun = Some(batch);
        }
        if !reading.is_full && reading.next < end {
            for stored in stored_batches(data, place.partition, reading.next)? {
                let batch = Arc::new(stored?);
                if batch.base() > reading.next || batch.end() <= reading.next {
                    return Err(lost(place, reading.next));
                }
                reading.take(&batch);
                begun = Some(batch);
                if reading.is_full || reading.next >= end {
                    break;
                }
            }
            if !reading.is_full && reading.next < end {
                return Err(lost(place, reading.next));
            }
        }
        if let Some(batch) = begun.filter(|batch| reading.next < batch.end()) {
            self.decoded.put(place, batch);
        }
        Ok(())
    }

    /// The first offset whose timestamp is at least `timestamp_micros`.
    pub(super) fn find_offset_at(
        &self,
        topic: &str,
        partition: u32,
        timestamp_micros: i64,
    ) -> Result<Offset, LogError> {
        loop {
            let (data, known) = {
                let catalog = self.catalog();
                (catalog.topic(topic)?.data.clone(), catalog.partition(topic, partition)?.known)
            };
            if known.start == known.end || known.highest_timestamp < timestamp_micros {
                return Ok(known.end);
            }
            let found = search(&data, partition, known.start..known.end, timestamp_micros);
            // What retention removed meanwhile is not lost: the search begins anew.
            if found.is_ok() || self.settled_catalog().partition(topic, partition)?.known.start == known.start
            {
                return found;
            }
        }
    }
}

/// Bisects by the keys, which tell each batch's highest timestamp, and then looks into one batch.
fn search(
    data: &Keyspace,
    partition: u32,
    within: std::ops::Range<Offset>,
    timestamp_micros: i64,
) -> Result<Offset, LogError> {
    let place = |offset| LogError::Corrupt(format!("partition {partition} has lost offset {offset}"));
    let (mut low, mut high) = (within.start, within.end);
    while low < high {
        let middle = low + (high - low) / 2;
        let key = key_holding(data, partition, middle)?.ok_or_else(|| place(middle))?;
        if key.last_timestamp < timestamp_micros {
            low = key.end();
        } else {
            high = key.base.max(low);
        }
    }
    match stored_batches(data, partition, low)?.next() {
        Some(batch) => Ok(batch?.offset_at(timestamp_micros)),
        None => Ok(within.end),
    }
}

/// The key of the batch that holds `offset`.
fn key_holding(data: &Keyspace, partition: u32, offset: Offset) -> Result<Option<BatchKey>, LogError> {
    let up_to = BatchKey::bound(partition, 0)..BatchKey::bound(partition, offset.saturating_add(1));
    let last = data.range(up_to).next_back().map(batch_key).transpose()?;
    Ok(last.filter(|key| offset < key.end()))
}

/// The batches from the one that holds `from` on.
fn stored_batches(
    data: &Keyspace,
    partition: u32,
    from: Offset,
) -> Result<impl Iterator<Item = Result<Batch, LogError>>, LogError> {
    let base = key_holding(data, partition, from)?.map_or(from, |key| key.base);
    let batches = data.range(BatchKey::bound(partition, base)..BatchKey::bound(partition + 1, 0));
    Ok(batches.map(|entry| {
        let (key, value) = entry.into_inner().map_err(|e| log_error(&e))?;
        let key = BatchKey::decode(&key).ok_or_else(|| corrupt("a batch's key is not one of ours"))?;
        let at =
            |detail| corrupt(format!("the batch at {} of partition {}: {detail}", key.base, key.partition));
        let batch = batch::decode(&Bytes::from(value)).map_err(|error| at(error.to_string()))?;
        if batch.base() == key.base
            && batch.end() == key.end()
            && batch.last_timestamp() == key.last_timestamp
        {
            Ok(batch)
        } else {
            Err(at("it is not the one that its key names".to_owned()))
        }
    }))
}

fn gone(topic: &str, partition: u32, asked: Offset, earliest: Offset) -> LogError {
    LogError::OffsetGone { topic: topic.to_owned(), partition, asked, earliest }
}

fn lost(place: Place, offset: Offset) -> LogError {
    corrupt(format!("partition {} of topic {:?} has lost offset {offset}", place.partition, place.topic))
}

/// A read under way.
struct Reading {
    limit: ReadLimit,
    records: Vec<Record>,
    bytes: usize,
    next: Offset,
    is_full: bool,
}

impl Reading {
    fn new(limit: ReadLimit, from: Offset, end: Offset) -> Self {
        let available = usize::try_from(end.saturating_sub(from)).unwrap_or(usize::MAX);
        let limit = ReadLimit { records: limit.records.max(1), ..limit };
        let records = Vec::with_capacity(limit.records.min(available).min(READ_CAPACITY_MAX));
        Self { limit, records, bytes: 0, next: from, is_full: false }
    }

    /// Takes what the limit lets through.
    fn take(&mut self, batch: &Batch) {
        for record in batch.records_from(self.next) {
            self.bytes = self.bytes.saturating_add(record.key.len() + record.value.len());
            if !self.records.is_empty() && self.bytes > self.limit.bytes {
                self.is_full = true;
                return;
            }
            self.next = record.offset + 1;
            self.records.push(record);
            if self.records.len() >= self.limit.records {
                self.is_full = true;
                return;
            }
        }
    }
}

/// A topic and a partition.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place<'a> {
    topic: &'a str,
    partition: u32,
}

/// Batches that were read in part, the longest unused first: who reads a hundred records at a time decodes a batch
/// once, not ten times. The policy at the limit is to forget the longest unused.
pub struct DecodedBatches {
    kept: Mutex<Kept>,
    bytes_max: usize,
}

#[derive(Default)]
struct Kept {
    batches: VecDeque<(String, u32, Arc<Batch>)>,
    bytes: usize,
}

impl DecodedBatches {
    pub fn new(bytes_max: usize) -> Self {
        Self { kept: Mutex::default(), bytes_max }
    }

    /// The batch that holds `offset`, if it is kept; no longer kept then.
    fn take(&self, place: Place, offset: Offset) -> Option<Arc<Batch>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = |(topic, partition, batch): &(String, u32, Arc<Batch>)| {
            Place { topic, partition: *partition } == place && batch.base() <= offset && offset < batch.end()
        };
        let found = kept.batches.iter().position(holds)?;
        let (_, _, batch) = kept.batches.remove(found)?;
        kept.bytes -= batch.memory_bytes();
        Some(batch)
    }

    fn put(&self, place: Place, batch: Arc<Batch>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += batch.memory_bytes();
        kept.batches.push_back((place.topic.to_owned(), place.partition, batch));
        while kept.bytes > self.bytes_max {
            let Some((_, _, unused)) = kept.batches.pop_front() else { break };
            kept.bytes -= unused.memory_bytes();
        }
    }
}
