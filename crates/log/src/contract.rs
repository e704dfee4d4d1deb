//! The contract of a log.
//!
//! 1. A topic has a fixed number of partitions. A partition is a sequence of records at offsets 0, 1, 2, … without
//!    gaps; the earliest ones leave by retention, and their offsets are never given again.
//! 2. A [`Transaction`] takes effect as a whole or not at all, also across `kill -9` at any instant: its records get
//!    the next offsets of their partitions in the order given, its positions and states replace the old ones. Of two
//!    positions or states of the same name in one transaction the later one holds. When `commit` fails, nothing of
//!    it was done; after [`LogError::Store`] only reopening tells whether it was.
//! 3. What one thread committed, every thread reads from then on. Transactions of several threads are serialised.
//! 4. Record timestamps never go back within a partition: a smaller one is raised to the partition's highest, which
//!    outlives the record that had it.
//! 5. Positions are per consumer group and are data of the log; so are states (a checkpoint, a cursor). A position
//!    may name any offset, also one that is gone or not there yet; its topic and partition must exist.
//! 6. Reading never waits for records, and never returns a record of an unfinished transaction. [`Log::wait`] waits.
//! 7. Retention removes whole stored batches from the front of a partition. A record leaves by age only when it is
//!    older than the topic's retention; it may stay while a younger one is stored with it. By size no more leaves
//!    than brings the topic's stored bytes down to the limit, save the rest of the last batch removed; of several
//!    partitions the one with the oldest first batch gives. A log may apply the limit by size at `commit` already.
//! 8. Everything has a limit, the constants of this module; what is over one is refused with
//!    [`LogError::TooLarge`], as a whole.

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;

/// The place of a record in its partition, from 0.
pub type Offset = u64;

/// Largest key and value of one record together, in bytes: Kafka's default, so that what one log takes all take.
pub const RECORD_BYTES_MAX: usize = 1 << 20;

/// Most key and value bytes of the records of one transaction: it is held in memory two or three times.
pub const TRANSACTION_BYTES_MAX: usize = 64 << 20;

/// Most records in one transaction: with small records it is their number that costs memory.
pub const TRANSACTION_RECORDS_MAX: usize = 1 << 20;

/// Largest state, in bytes: a detector's checkpoint has tens of MB.
pub const STATE_BYTES_MAX: usize = 256 << 20;

/// Longest name of a topic, a consumer group or a state, in bytes: Kafka's limit for topics.
pub const NAME_BYTES_MAX: usize = 249;

/// Most partitions of a topic: each costs memory in every process that reads it.
pub const PARTITIONS_MAX: u32 = 1024;

/// Most topics, states, consumer groups of one partition, and positions or states of one transaction: they are
/// configuration, not data.
pub const NAMES_MAX: usize = 1024;

/// A topic, as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name: lower-case letters, digits, `-`, `_`, `.`; 1 to [`NAME_BYTES_MAX`] bytes.
    pub name: String,
    /// Number of partitions, 1 to [`PARTITIONS_MAX`]; fixed once created.
    pub partitions: u32,
    /// Records older than this leave; none: no limit by age.
    pub retention: Option<Duration>,
    /// The oldest records leave while the topic's stored bytes exceed this; none: no limit by size.
    pub retention_bytes: Option<u64>,
}

/// A record to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// Event time in microseconds since the Unix epoch; may be negative.
    pub timestamp_micros: i64,
    /// Names what the record is about; may be empty.
    pub key: Bytes,
    /// The content.
    pub value: Bytes,
}

/// A record in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place in the partition.
    pub offset: Offset,
    /// As appended, or raised to the partition's highest before it.
    pub timestamp_micros: i64,
    /// As appended.
    pub key: Bytes,
    /// As appended.
    pub value: Bytes,
}

/// Where a consumer group stands in one partition: the next offset it wants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// The consumer group.
    pub group: String,
    /// The topic.
    pub topic: String,
    /// The partition, from 0.
    pub partition: u32,
    /// The first offset not yet consumed.
    pub next: Offset,
}

/// Everything that takes effect together.
#[derive(Clone, Debug, Default)]
pub struct Transaction {
    /// Records by topic and partition; the same partition may occur more than once.
    pub appends: Vec<(String, u32, Vec<NewRecord>)>,
    /// Consumer positions to store.
    pub positions: Vec<Position>,
    /// Named states to store; an empty value removes the state.
    pub states: Vec<(String, Bytes)>,
}

impl Transaction {
    /// Whether it changes nothing: no records, no positions, no states.
    pub fn is_empty(&self) -> bool {
        let has_records = self.appends.iter().any(|(_, _, records)| !records.is_empty());
        !has_records && self.positions.is_empty() && self.states.is_empty()
    }
}

/// What a transaction did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The offsets that each element of [`Transaction::appends`] got, in the same order.
    pub offsets: Vec<Range<Offset>>,
}

/// How much one read may return; at least one record is returned if there is one, whatever the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimit {
    /// Number of records.
    pub records: usize,
    /// Sum of key and value bytes.
    pub bytes: usize,
}

/// What retention removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrimReport {
    /// Records removed.
    pub records: u64,
    /// Stored bytes given back.
    pub bytes: u64,
}

/// Why an operation of the log failed.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// No such topic.
    #[error("no topic is called {0:?}")]
    UnknownTopic(String),
    /// No such partition in the topic.
    #[error("topic {topic:?} has no partition {partition}")]
    UnknownPartition {
        /// The topic.
        topic: String,
        /// The partition asked for.
        partition: u32,
    },
    /// The topic exists with another number of partitions, or its name is not allowed.
    #[error("topic {topic:?} can't be created: {detail}")]
    TopicMismatch {
        /// The topic.
        topic: String,
        /// What differs.
        detail: String,
    },
    /// The record asked for has left by retention.
    #[error("offset {asked} of {topic:?}/{partition} is gone, the earliest is {earliest}")]
    OffsetGone {
        /// The topic.
        topic: String,
        /// The partition.
        partition: u32,
        /// What was asked for.
        asked: Offset,
        /// What is still there.
        earliest: Offset,
    },
    /// A record, a state, a name or a transaction is larger than the log takes, or there are too many.
    #[error("{what}: {size} is over the limit of {max}")]
    TooLarge {
        /// What is too large, and the unit of its size: `bytes of a record`, `number of topics`.
        what: &'static str,
        /// Its size.
        size: usize,
        /// The limit.
        max: usize,
    },
    /// Another process has the store open.
    #[error("the store at {path} is in use by another process")]
    InUse {
        /// Its folder.
        path: String,
    },
    /// What was read back is not what can have been written.
    #[error("the store is corrupt: {0}")]
    Corrupt(String),
    /// The store or the disk under it failed.
    #[error("the store failed: {0}")]
    Store(String),
    /// A write failed before, and the store takes no more until it is opened again.
    #[error("the store has stopped after a failed write, it must be opened again")]
    Stopped,
}

impl LogError {
    /// Whether the same call may succeed later without anybody mending anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store(_))
    }
}

/// A log. See the module's contract.
pub trait Log: Send + Sync + 'static {
    /// Creates the topic, or checks that it exists with as many partitions, and takes over the retention. It is
    /// durable before anything committed to it.
    fn create_topic(&self, spec: &TopicSpec) -> Result<(), LogError>;

    /// The topics, by name.
    fn topics(&self) -> Result<Vec<TopicSpec>, LogError>;

    /// Carries the transaction out; when it returns, every reader sees all of it. An empty one does nothing, and
    /// wakes nobody.
    fn commit(&self, transaction: Transaction) -> Result<Committed, LogError>;

    /// Records from `from` on, at most `limit`; none at the end of the partition or past it.
    fn read(
        &self,
        topic: &str,
        partition: u32,
        from: Offset,
        limit: ReadLimit,
    ) -> Result<Vec<Record>, LogError>;

    /// The offsets there are: earliest to one past the last. Both are equal when there are none.
    fn bounds(&self, topic: &str, partition: u32) -> Result<Range<Offset>, LogError>;

    /// The first offset there is whose timestamp is at least `timestamp_micros`, or the end of the partition.
    fn offset_at(&self, topic: &str, partition: u32, timestamp_micros: i64) -> Result<Offset, LogError>;

    /// The group's position, if it has one.
    fn position(&self, group: &str, topic: &str, partition: u32) -> Result<Option<Offset>, LogError>;

    /// A stored state, if there is one.
    fn state(&self, name: &str) -> Result<Option<Bytes>, LogError>;

    /// Blocks while the generation is `seen`, at most `timeout`; returns the present generation, which every commit
    /// raises. It starts at 0 when the log is opened. For loops that read, find nothing, and want to sleep without
    /// missing news: what was committed between the call that returned `seen` and this one ends the wait at once.
    fn wait(&self, seen: u64, timeout: Duration) -> u64;

    /// Removes what retention says must go at the instant `now_micros`, microseconds since the Unix epoch.
    fn enforce_retention(&self, now_micros: i64) -> Result<TrimReport, LogError>;

    /// Stored bytes, over all topics: what retention by size counts. Not the disk space, which the store's own files
    /// add to and which follows a removal later.
    fn stored_bytes(&self) -> Result<u64, LogError>;

    /// Forces everything committed so far to stable storage (against power loss; a killed process loses nothing).
    fn sync(&self) -> Result<(), LogError>;
}
