//! Events on their way into the log: encoded one behind the other into one buffer, and handed over as one
//! transaction. It decides topic and partition; it does not decide when to commit.

use bytes::Bytes;
use skytrend_event::codec::{CodecError, Encoder, Payload};
use skytrend_event::{DeadLetter, Event, Like, PostEvent, Repost, Topic};
use skytrend_log::{NewRecord, Transaction};
use xxhash_rust::xxh3::xxh3_64;

/// One record's place in the buffer.
struct Entry {
    timestamp_micros: i64,
    start: usize,
    key_end: usize,
    value_end: usize,
}

/// Records of one topic and partition.
struct Lane {
    topic: Topic,
    partition: u32,
    entries: Vec<Entry>,
}

/// A transaction in the making.
pub struct Batch {
    encoder: Encoder,
    partitions: u32,
    buffer: Vec<u8>,
    lanes: Vec<Lane>,
    records: usize,
}

impl Batch {
    /// For a log whose partitioned topics have this many partitions.
    pub fn new(partitions: u32) -> Self {
        let lanes = Topic::ALL.into_iter().flat_map(|topic| {
            let count = if topic.is_partitioned() { partitions } else { 1 };
            (0..count).map(move |partition| Lane { topic, partition, entries: Vec::new() })
        });
        Self {
            encoder: Encoder::default(),
            partitions,
            buffer: Vec::new(),
            lanes: lanes.collect(),
            records: 0,
        }
    }

    /// Number of records in it.
    pub fn len(&self) -> usize {
        self.records
    }

    /// Size of its keys and values.
    pub fn bytes(&self) -> usize {
        self.buffer.len()
    }

    /// Adds an event of the network, keyed and partitioned by its author.
    pub fn push(&mut self, event: &Event<'_>) -> Result<(), CodecError> {
        let key = event.author_did().as_str().as_bytes();
        let partition = partition_of(key, self.partitions);
        match event {
            Event::Post(e) => self.append(partition, e.witnessed_at.0, key, e),
            Event::Like(e) => self.append(partition, e.witnessed_at.0, key, e),
            Event::Repost(e) => self.append(partition, e.witnessed_at.0, key, e),
            Event::Follow(e) => self.append(partition, e.witnessed_at.0, key, e),
        }
    }

    /// Adds a heartbeat to every partition of these topics, which are partitioned ones: it concerns them all.
    pub fn push_heartbeat(&mut self, beat: &PostEvent<'_>, topics: &[Topic]) -> Result<(), CodecError> {
        let (at, key) = (beat.witnessed_at.0, beat.author_did.as_str().as_bytes());
        for topic in topics {
            for partition in 0..self.partitions {
                match topic {
                    Topic::Likes => self.append(partition, at, key, &Like::heartbeat(beat))?,
                    Topic::Reposts => self.append(partition, at, key, &Repost::heartbeat(beat))?,
                    _ => self.append(partition, at, key, beat)?,
                }
            }
        }
        Ok(())
    }

    /// Adds what was dropped.
    pub fn push_dead_letter(&mut self, letter: &DeadLetter<'_>) -> Result<(), CodecError> {
        self.append(0, letter.witnessed_at.0, letter.position.as_bytes(), letter)
    }

    /// Adds a record that is not partitioned, such as a trend.
    pub fn append<'a, T: Payload<'a>>(
        &mut self,
        partition: u32,
        timestamp_micros: i64,
        key: &[u8],
        value: &T,
    ) -> Result<(), CodecError> {
        let start = self.buffer.len();
        self.buffer.extend_from_slice(key);
        let key_end = self.buffer.len();
        if let Err(error) = self.encoder.encode(value, &mut self.buffer) {
            self.buffer.truncate(start);
            return Err(error);
        }
        let lane = self.lanes.iter_mut().find(|l| l.topic == T::TOPIC && l.partition == partition);
        let lane = lane.expect("a lane exists for each partition of each topic");
        lane.entries.push(Entry { timestamp_micros, start, key_end, value_end: self.buffer.len() });
        self.records += 1;
        Ok(())
    }

    /// Moves the records out, as the appends of a transaction; the batch is then empty.
    pub fn take(&mut self) -> Transaction {
        let capacity = self.buffer.capacity();
        let buffer = Bytes::from(std::mem::replace(&mut self.buffer, Vec::with_capacity(capacity)));
        self.records = 0;
        let mut appends = Vec::new();
        for lane in self.lanes.iter_mut().filter(|lane| !lane.entries.is_empty()) {
            let record = |entry: Entry| NewRecord {
                timestamp_micros: entry.timestamp_micros,
                key: buffer.slice(entry.start..entry.key_end),
                value: buffer.slice(entry.key_end..entry.value_end),
            };
            let records = lane.entries.drain(..).map(record).collect();
            appends.push((lane.topic.name().to_owned(), lane.partition, records));
        }
        Transaction { appends, ..Transaction::default() }
    }
}

/// The partition of a key: the same on every machine and for ever, since per-author order depends on it.
fn partition_of(key: &[u8], partitions: u32) -> u32 {
    if partitions <= 1 {
        return 0;
    }
    u32::try_from(xxh3_64(key) % u64::from(partitions)).expect("a remainder is below its divisor")
}
