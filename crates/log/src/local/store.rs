//! The embedded store: how it is created, opened and tuned, and what its errors mean. It knows the keyspaces, not
//! what is in them.

mod preflight;

use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use fjall::config::FilterPolicy;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, LsmError, PersistMode};

use super::recovery::corrupt;
use super::{Settings, key};
use crate::contract::LogError;

/// The file by which the embedded store marks its folder.
const MARKER_FILE: &str = "version";

/// Journals are kept until every keyspace has written its part; over this, the laggards are made to.
const JOURNAL_BYTES_MAX: u64 = 64 << 20;

/// Values from this length on are kept apart from the keys, and are not rewritten when keys are sorted anew.
const SEPARATION_BYTES_MIN: u32 = 512;

/// A file of values is deleted when retention has removed all that is in it: small files go early.
const VALUE_FILE_BYTES: u64 = 16 << 20;

/// The keyspace `meta` holds one small value for each name, rewritten all the time.
const META_WRITE_BUFFER_BYTES: u64 = 2 << 20;

/// One thread writes and compacts: separated values leave little to compact, and with a second one the store spins
/// while the first works.
const WORKER_THREADS: usize = 1;

/// Files that the store keeps open: descriptors are scarce on some laptops.
const OPEN_FILES_MAX: usize = 128;

/// The embedded store, opened.
pub struct Store {
    database: Database,
    pub meta: Keyspace,
    pub states: Keyspace,
    path: PathBuf,
    write_buffer_bytes: u64,
}

impl Store {
    pub fn open(path: &Path, settings: &Settings) -> Result<Self, LogError> {
        if is_missing_or_empty(path).map_err(|e| io_error(&e))? {
            create(path, settings)?;
        } else if !path.join(MARKER_FILE).exists() {
            return Err(corrupt(format!("{} is not empty and holds no log", path.display())));
        }
        preflight::check(path)?;
        Self::open_existing(path, settings)
    }

    fn open_existing(path: &Path, settings: &Settings) -> Result<Self, LogError> {
        let in_use_or = |error| match error {
            fjall::Error::Locked => LogError::InUse { path: path.display().to_string() },
            other => log_error(&other),
        };
        let builder = Database::builder(path)
            .cache_size(settings.cache_bytes)
            .max_journaling_size(JOURNAL_BYTES_MAX)
            .worker_threads(WORKER_THREADS)
            .max_cached_files(Some(OPEN_FILES_MAX));
        // The embedded store asserts some of what it reads from its journal. Nothing of ours outlives the panic.
        let opened = catch_unwind(AssertUnwindSafe(|| builder.open()));
        let panicked = |_| corrupt(format!("the store at {} can't be recovered", path.display()));
        let database = opened.map_err(panicked)?.map_err(in_use_or)?;
        let plain = || KeyspaceCreateOptions::default().max_memtable_size(META_WRITE_BUFFER_BYTES);
        let meta = database.keyspace(key::META, plain).map_err(|e| log_error(&e))?;
        let write_buffer_bytes = settings.write_buffer_bytes;
        let states =
            database.keyspace(key::STATES, || separated(write_buffer_bytes)).map_err(|e| log_error(&e))?;
        Ok(Self { database, meta, states, path: path.to_owned(), write_buffer_bytes })
    }

    /// The keyspace of a topic's batches, created if there is none.
    pub fn topic(&self, name: &str) -> Result<Keyspace, LogError> {
        let options = || separated(self.write_buffer_bytes);
        self.database.keyspace(&key::topic_keyspace(name), options).map_err(|e| log_error(&e))
    }

    /// A write that takes effect as a whole.
    pub fn batch(&self, waits_for_disk: bool) -> fjall::OwnedWriteBatch {
        let mode = if waits_for_disk { PersistMode::SyncData } else { PersistMode::Buffer };
        self.database.batch().durability(Some(mode))
    }

    pub fn sync(&self) -> Result<(), LogError> {
        self.database.persist(PersistMode::SyncData).map_err(|e| log_error(&e))
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Keys are found by ranges only, so filters for single keys would be of no use.
fn separated(write_buffer_bytes: u64) -> KeyspaceCreateOptions {
    let separation = KvSeparationOptions::default()
        .separation_threshold(SEPARATION_BYTES_MIN)
        .file_target_size(VALUE_FILE_BYTES);
    KeyspaceCreateOptions::default()
        .max_memtable_size(write_buffer_bytes)
        .filter_policy(FilterPolicy::disabled())
        .with_kv_separation(Some(separation))
}

fn is_missing_or_empty(path: &Path) -> io::Result<bool> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(e) => Err(e),
    }
}

/// Creates the store beside its place and moves it there: a process killed while it creates leaves no half store.
/// When another process was first, its store stays.
fn create(path: &Path, settings: &Settings) -> Result<(), LogError> {
    let absolute = std::path::absolute(path).map_err(|e| io_error(&e))?;
    let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        return Err(LogError::Store(format!("{} can't be created", path.display())));
    };
    let draft = parent.join(format!("{}.new-{}", name.display(), std::process::id()));
    if draft.exists() {
        fs::remove_dir_all(&draft).map_err(|e| io_error(&e))?;
    }
    {
        let store = Store::open_existing(&draft, settings)?;
        let mut batch = store.batch(true);
        batch.insert(&store.meta, key::MetaKey::Format.encode(), super::value::encode_format());
        batch.insert(&store.meta, key::MetaKey::Counter.encode(), super::value::encode_counter(0));
        batch.commit().map_err(|e| log_error(&e))?;
    }
    let moved = fs::rename(&draft, path);
    if moved.is_err() {
        fs::remove_dir_all(&draft).map_err(|e| io_error(&e))?;
        let was_first = is_missing_or_empty(path).map_err(|e| io_error(&e))?;
        return if was_first { moved.map_err(|e| io_error(&e)) } else { Ok(()) };
    }
    File::open(parent).and_then(|folder| folder.sync_all()).map_err(|e| io_error(&e))
}

/// What an error of the embedded store means to the log's user.
pub fn log_error(error: &fjall::Error) -> LogError {
    use fjall::Error;
    match error {
        Error::Poisoned => LogError::Stopped,
        Error::Io(e) | Error::Storage(LsmError::Io(e)) => io_error(e),
        Error::Storage(_)
        | Error::JournalRecovery(_)
        | Error::InvalidVersion(_)
        | Error::Decompress(_)
        | Error::InvalidTrailer
        | Error::InvalidTag(_)
        | Error::Unrecoverable => LogError::Corrupt(error.to_string()),
        other => LogError::Store(other.to_string()),
    }
}

fn io_error(error: &io::Error) -> LogError {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => LogError::Corrupt(error.to_string()),
        _ => LogError::Store(error.to_string()),
    }
}
