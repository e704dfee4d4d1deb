//! The contract of a log.
//!
//! 1. A topic has a fixed number of partitions. A partition is a sequence of records at offsets 0, 1, 2, … without
//!    gaps; the earliest ones leave by retention.
//! 2. A [`Transaction`] takes effect as a whole or not at all, also across `kill -9` at any instant: its records get
//!    the next offsets of their partitions in the order given, its positions and states replace the old ones.
//! 3. What one thread committed, every thread reads from then on. Transactions of several threads are serialised.
//! 4. Record timestamps never go back within a partition: a smaller one is raised to the partition's highest.
//! 5. Positions are per consumer group and are data of the log; so are states (a checkpoint, a cursor).
//! 6. Reading never blocks, and never returns a record of an unfinished transaction. [`Log::wait`] blocks.

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;

/// The place of a record in its partition, from 0.
pub type Offset = u64;

/// A topic, as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name: lower-case letters, digits, `-`, `_`, `.`; at most 249 bytes.
    pub name: String,
    /// Number of partitions, at least 1; fixed once created.
    pub partitions: u32,
    /// Records older than this leave; none: no limit by age.
    pub retention: Option<Duration>,
    /// The oldest records leave while the topic's stored bytes exceed this; none: no limit by size.
    pub retention_bytes: Option<u64>,
}

/// A record to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// Event time in microseconds since the Unix epoch.
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

/// What a transaction did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The offsets that each element of [`Transaction::appends`] got, in the same order.
    pub offsets: Vec<Range<Offset>>,
}

/// How much one read may return; at least one record is returned if there is one.
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
    /// One record, or one transaction, is larger than the log takes.
    #[error("{what} of {bytes} bytes is over the limit of {max}")]
    TooLarge {
        /// A record, a state or a transaction.
        what: &'static str,
        /// Its size.
        bytes: usize,
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
}

impl LogError {
    /// Whether the same call may succeed later without anybody mending anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store(_))
    }
}

/// A log. See the module's contract.
pub trait Log: Send + Sync + 'static {
    /// Creates the topic, or checks that it exists with as many partitions, and takes over the retention.
    fn create_topic(&self, spec: &TopicSpec) -> Result<(), LogError>;

    /// The topics, by name.
    fn topics(&self) -> Result<Vec<TopicSpec>, LogError>;

    /// Carries the transaction out; when it returns, every reader sees all of it.
    fn commit(&self, transaction: Transaction) -> Result<Committed, LogError>;

    /// Records from `from` on, at most `limit`; none at the end of the partition.
    fn read(
        &self,
        topic: &str,
        partition: u32,
        from: Offset,
        limit: ReadLimit,
    ) -> Result<Vec<Record>, LogError>;

    /// The offsets there are: earliest to one past the last.
    fn bounds(&self, topic: &str, partition: u32) -> Result<Range<Offset>, LogError>;

    /// The first offset whose timestamp is at least `timestamp_micros`, or the end of the partition.
    fn offset_at(&self, topic: &str, partition: u32, timestamp_micros: i64) -> Result<Offset, LogError>;

    /// The group's position, if it has one.
    fn position(&self, group: &str, topic: &str, partition: u32) -> Result<Option<Offset>, LogError>;

    /// A stored state, if there is one.
    fn state(&self, name: &str) -> Result<Option<Bytes>, LogError>;

    /// Blocks until anything was committed after the call with generation `seen`, or until `timeout`; returns the
    /// present generation. Start with 0. For loops that read, find nothing, and want to sleep without missing news.
    fn wait(&self, seen: u64, timeout: Duration) -> u64;

    /// Removes what retention says must go at the instant `now_micros`.
    fn enforce_retention(&self, now_micros: i64) -> Result<TrimReport, LogError>;

    /// Stored bytes, over all topics.
    fn stored_bytes(&self) -> Result<u64, LogError>;

    /// Forces everything committed so far to stable storage (against power loss; a killed process loses nothing).
    fn sync(&self) -> Result<(), LogError>;
}
