//! The log on disk: durable, in an embedded store ([fjall](https://docs.rs/fjall), an LSM tree with a journal). It
//! knows how records, positions and states become keys and values; files, journal and compaction are the store's.
//!
//! # The format
//!
//! The records that a transaction appends to one partition become one or a few *batches*, each one key and value:
//! [`key`] is the specification of the keys and keyspaces, [`value`] of the small values, [`batch`] of the batches.
//! Kinds are numbered and never reused, every value has a version and a checksum, and the store as a whole a
//! version. A transaction is one atomic write of the store over all keyspaces, so it holds as a whole or not at all.
//! A large state is written before its transaction, in chunks of a new generation; the transaction flips the
//! reference to it, and deletes the chunks of the generation before.
//!
//! All that is small (topics, bounds, positions, references of states) is also kept in memory, in one place that a
//! commit changes as a whole after the store took it. So a reader never sees half a transaction. It looks into the
//! store only for batches and chunks, which never change.
//!
//! # What survives
//!
//! `kill -9` loses nothing committed. Power loss loses what [`Fsync`] says; what is left is a prefix of the
//! transactions. What a file no longer holds as it was written is [`LogError::Corrupt`], when the log is opened or
//! when it is read; only damage at the end of the journal can't be told from a write that was cut off.

pub mod batch;
pub mod key;
pub mod value;

mod catalog;
mod commit;
mod compression;
mod read;
mod recovery;
mod retention;
mod states;
mod store;
mod varint;

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::contract::{
    Committed, Log, LogError, Offset, ReadLimit, Record, TopicSpec, Transaction, TrimReport,
};
use crate::news::News;
use catalog::Catalog;
use read::DecodedBatches;
use store::Store;

/// When a commit waits for the disk. A killed process loses nothing in any case: the operating system has the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fsync {
    /// Never, except within [`Log::sync`] and when the store rotates its files.
    Never,
    /// At the first commit when this long has passed since the last time. The end of a busy time waits for the next
    /// commit or for [`Log::sync`].
    Interval(Duration),
    /// At each commit.
    EachCommit,
}

/// How the log uses disk and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// When a commit waits for the disk.
    pub fsync: Fsync,
    /// Bytes of file contents that the store keeps in memory.
    pub cache_bytes: u64,
    /// Bytes of each topic that the store collects in memory before it writes them as a file; fixed for a topic when
    /// it is created. Up to four times as much is held for a moment when the disk is slow.
    pub write_buffer_bytes: u64,
    /// Bytes of the newest batches kept decoded, over all partitions: readers at the end don't touch the store.
    pub tail_bytes: usize,
    /// Bytes of batches kept decoded for readers that take them in parts.
    pub decoded_bytes: usize,
}

impl Default for Settings {
    /// About 80 MiB when six topics are written at full speed (docs/adr/0001-local-log.md), and at most about a second
    /// lost by a power loss.
    fn default() -> Self {
        Self {
            fsync: Fsync::Interval(Duration::from_secs(1)),
            cache_bytes: 16 << 20,
            write_buffer_bytes: 4 << 20,
            tail_bytes: 8 << 20,
            decoded_bytes: 8 << 20,
        }
    }
}

/// A log in a folder.
pub struct LocalLog {
    store: Store,
    settings: Settings,
    /// What every reader sees; changed as a whole by whoever holds `writer`.
    catalog: RwLock<Catalog>,
    /// Whoever holds this commits; always taken before the lock of `catalog`.
    writer: Mutex<Writer>,
    decoded: DecodedBatches,
    /// The generation of the next large state.
    next_generation: AtomicU64,
    news: News,
}

/// What only the one who commits needs.
struct Writer {
    /// The number of the last transaction.
    counter: u64,
    last_sync: Instant,
}

impl LocalLog {
    /// Opens the log in the folder `path`, and creates it, with the folders above it, if there is nothing.
    ///
    /// # Errors
    ///
    /// [`LogError::InUse`] when another process or another part of this one has it open; [`LogError::Corrupt`] when
    /// it is not a log, was written by a newer version, or is damaged; [`LogError::Store`] when the disk fails.
    pub fn open(path: impl AsRef<Path>, settings: Settings) -> Result<Self, LogError> {
        let store = Store::open(path.as_ref(), &settings)?;
        let recovered = recovery::recover(&store)?;
        Ok(Self {
            store,
            settings,
            catalog: RwLock::new(recovered.catalog),
            writer: Mutex::new(Writer { counter: recovered.counter, last_sync: Instant::now() }),
            decoded: DecodedBatches::new(settings.decoded_bytes),
            next_generation: AtomicU64::new(recovered.next_generation),
            news: News::default(),
        })
    }

    // Poisoned locks can be used: the catalog is changed only after the store took the transaction, by moves that
    // do not fail.
    fn catalog(&self) -> RwLockReadGuard<'_, Catalog> {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The catalog when nothing is in the store that it does not show yet. For those who miss something in the store
    /// that the catalog names: a commit under way may have removed it.
    fn settled_catalog(&self) -> RwLockReadGuard<'_, Catalog> {
        let _no_commit_under_way = self.writer();
        self.catalog()
    }

    fn catalog_mut(&self) -> RwLockWriteGuard<'_, Catalog> {
        self.catalog.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for LocalLog {
    fn create_topic(&self, spec: &TopicSpec) -> Result<(), LogError> {
        self.create_topic_in_turn(spec)
    }

    fn topics(&self) -> Result<Vec<TopicSpec>, LogError> {
        Ok(self.catalog().topics.values().map(|topic| topic.spec.clone()).collect())
    }

    fn commit(&self, transaction: Transaction) -> Result<Committed, LogError> {
        self.commit_in_turn(transaction)
    }

    fn read(
        &self,
        topic: &str,
        partition: u32,
        from: Offset,
        limit: ReadLimit,
    ) -> Result<Vec<Record>, LogError> {
        self.read_records(topic, partition, from, limit)
    }

    fn bounds(&self, topic: &str, partition: u32) -> Result<Range<Offset>, LogError> {
        let catalog = self.catalog();
        let known = &catalog.partition(topic, partition)?.known;
        Ok(known.start..known.end)
    }

    fn offset_at(&self, topic: &str, partition: u32, timestamp_micros: i64) -> Result<Offset, LogError> {
        self.find_offset_at(topic, partition, timestamp_micros)
    }

    fn position(&self, group: &str, topic: &str, partition: u32) -> Result<Option<Offset>, LogError> {
        Ok(self.catalog().partition(topic, partition)?.positions.get(group).copied())
    }

    fn state(&self, name: &str) -> Result<Option<Bytes>, LogError> {
        self.read_state(name)
    }

    fn wait(&self, seen: u64, timeout: Duration) -> u64 {
        self.news.wait(seen, timeout)
    }

    fn enforce_retention(&self, now_micros: i64) -> Result<TrimReport, LogError> {
        self.remove_expired(now_micros)
    }

    fn stored_bytes(&self) -> Result<u64, LogError> {
        Ok(self.catalog().topics.values().map(catalog::Topic::stored_bytes).sum())
    }

    fn sync(&self) -> Result<(), LogError> {
        self.store.sync()
    }
}
