//! The log as the settings ask for it, with all topics in it. Which provider it is, nobody else knows.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use skytrend_event::Topic;
use skytrend_log::{Log, LogError, TopicSpec, local, memory};

/// Partitions of a topic: each costs memory and files, and a process reads them all.
pub const PARTITIONS_MAX: u32 = 256;

/// Section `log`.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// Where records are kept.
    pub provider: Provider,
    /// Folder of the local log.
    pub path: PathBuf,
    /// Partitions of the partitioned topics.
    pub partitions: u32,
    /// When written data is forced to the disk.
    pub fsync: Fsync,
    /// Memory for data read from disk, in MiB.
    pub cache_mib: u32,
    /// Stored MiB at which a topic's oldest records leave; 0: no limit.
    pub topic_size_max_mib: u64,
    /// The same for the log in memory.
    pub topic_memory_max_mib: u64,
    /// How often retention is enforced, in seconds.
    pub retention_interval_secs: u64,
}

/// Where records are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// On disk.
    Local,
    /// In this process only.
    Memory,
}

/// When written data is forced to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fsync {
    /// When the system likes.
    Never,
    /// Once a second.
    Interval,
    /// With each transaction.
    EachCommit,
}

/// Opens the log and creates the topics that are missing.
pub fn open(settings: &Settings) -> Result<Arc<dyn Log>, LogError> {
    let log: Arc<dyn Log> = match settings.provider {
        Provider::Memory => Arc::new(memory::MemoryLog::new()),
        Provider::Local => Arc::new(local::LocalLog::open(&settings.path, local_settings(settings))?),
    };
    create_topics(log.as_ref(), settings)?;
    Ok(log)
}

/// Creates the topics that are missing and gives all of them the retention of the settings.
pub fn create_topics(log: &dyn Log, settings: &Settings) -> Result<(), LogError> {
    Topic::ALL.into_iter().try_for_each(|topic| log.create_topic(&spec(topic, settings)))
}

/// A topic as the settings want it.
fn spec(topic: Topic, settings: &Settings) -> TopicSpec {
    const DAY: Duration = Duration::from_secs(86_400);
    let size_max = match settings.provider {
        Provider::Local => settings.topic_size_max_mib,
        Provider::Memory => settings.topic_memory_max_mib,
    } << 20;
    TopicSpec {
        name: topic.name().to_owned(),
        partitions: if topic.is_partitioned() { settings.partitions } else { 1 },
        retention: Some(DAY * topic.retention_days()),
        retention_bytes: (size_max > 0 && topic.is_limited_by_size()).then_some(size_max),
    }
}

fn local_settings(settings: &Settings) -> local::Settings {
    let fsync = match settings.fsync {
        Fsync::Never => local::Fsync::Never,
        Fsync::Interval => local::Fsync::Interval(Duration::from_secs(1)),
        Fsync::EachCommit => local::Fsync::EachCommit,
    };
    local::Settings { fsync, cache_bytes: u64::from(settings.cache_mib) << 20, ..local::Settings::default() }
}
