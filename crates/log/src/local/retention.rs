//! Retention: the oldest batches leave. Which ones is read from the keys alone; they are deleted key by key, and the
//! store drops a file of values when all in it is deleted.

use super::LocalLog;
use super::catalog::Topic;
use super::key::{BatchKey, MetaKey};
use super::recovery::batch_key;
use super::store::log_error;
use super::value::{self, PartitionValue};
use crate::contract::{LogError, TopicSpec, TrimReport};

/// Most batches removed in one write: commits wait no longer than that takes.
const BATCHES_PER_WRITE: usize = 1_024;

/// What leaves one topic in one write.
struct Removal {
    keys: Vec<BatchKey>,
    partitions: Vec<PartitionValue>,
    report: TrimReport,
}

impl LocalLog {
    /// Removes what must go at the instant `now_micros`.
    pub(super) fn remove_expired(&self, now_micros: i64) -> Result<TrimReport, LogError> {
        let mut total = TrimReport::default();
        let names: Vec<_> = self.catalog().topics.keys().cloned().collect();
        for name in names {
            loop {
                let report = self.remove_some(&name, now_micros)?;
                total.records += report.records;
                total.bytes += report.bytes;
                if report.records == 0 {
                    break;
                }
            }
        }
        Ok(total)
    }

    fn remove_some(&self, name: &str, now_micros: i64) -> Result<TrimReport, LogError> {
        let mut writer = self.writer();
        let (removal, data) = {
            let catalog = self.catalog();
            let topic = catalog.topic(name)?;
            (choose(topic, now_micros)?, topic.data.clone())
        };
        if removal.keys.is_empty() {
            return Ok(TrimReport::default());
        }
        let stamp = writer.counter + 1;
        let mut write = self.store.batch(false);
        write.insert(&self.store.meta, MetaKey::Counter.encode(), value::encode_counter(stamp));
        for key in &removal.keys {
            write.remove(&data, key.encode());
        }
        for (partition, known) in (0..).zip(&removal.partitions) {
            let stamped = PartitionValue { stamp, ..*known };
            let key = MetaKey::Partition(name.to_owned(), partition).encode();
            write.insert(&self.store.meta, key, stamped.encode());
        }
        write.commit().map_err(|e| log_error(&e))?;
        writer.counter = stamp;

        let mut catalog = self.catalog_mut();
        if let Some(topic) = catalog.topics.get_mut(name) {
            for (partition, known) in topic.partitions.iter_mut().zip(removal.partitions) {
                partition.known = PartitionValue { stamp, ..known };
                partition.tail.trim(known.start);
            }
            let stored_bytes = topic.stored_bytes();
            topic.metrics.removed(removal.report.records, removal.report.bytes, stored_bytes);
        }
        Ok(removal.report)
    }
}

/// The batches of one partition from the oldest on.
struct Front<Keys> {
    keys: Keys,
    oldest: Option<BatchKey>,
    /// The partition without the batches taken.
    known: PartitionValue,
}

impl<Keys: Iterator<Item = Result<BatchKey, LogError>>> Front<Keys> {
    fn new(mut keys: Keys, known: PartitionValue) -> Result<Self, LogError> {
        let oldest = keys.next().transpose()?;
        Ok(Self { keys, oldest, known })
    }

    /// Takes the oldest batch, which is `key`.
    fn take(&mut self, key: BatchKey) -> Result<(), LogError> {
        self.known.start = key.end();
        self.known.stored_bytes = self.known.stored_bytes.saturating_sub(u64::from(key.stored_bytes));
        self.oldest = self.keys.next().transpose()?;
        Ok(())
    }
}

/// What leaves the topic now: over all partitions the oldest first, as much as one write takes.
fn choose(topic: &Topic, now_micros: i64) -> Result<Removal, LogError> {
    let mut removal = Removal { keys: Vec::new(), partitions: Vec::new(), report: TrimReport::default() };
    let oldest_to_stay = oldest_to_stay(&topic.spec, now_micros);
    let bytes_max = topic.spec.retention_bytes.unwrap_or(u64::MAX);
    let mut stored_bytes = topic.stored_bytes();
    if oldest_to_stay == i64::MIN && stored_bytes <= bytes_max {
        return Ok(removal);
    }
    let mut fronts = Vec::with_capacity(topic.partitions.len());
    for (number, partition) in (0..).zip(&topic.partitions) {
        let all = BatchKey::bound(number, 0)..BatchKey::bound(number + 1, 0);
        fronts.push(Front::new(topic.data.range(all).map(batch_key), partition.known)?);
    }
    while removal.keys.len() < BATCHES_PER_WRITE {
        let with_batches = fronts.iter_mut().filter(|front| front.oldest.is_some());
        let Some(front) = with_batches.min_by_key(|front| front.oldest.map(|key| key.last_timestamp)) else {
            break;
        };
        let Some(key) = front.oldest else { break };
        if key.last_timestamp >= oldest_to_stay && stored_bytes <= bytes_max {
            break;
        }
        front.take(key)?;
        stored_bytes = stored_bytes.saturating_sub(u64::from(key.stored_bytes));
        removal.report.records += u64::from(key.count);
        removal.report.bytes += u64::from(key.stored_bytes);
        removal.keys.push(key);
    }
    removal.partitions = fronts.into_iter().map(|front| front.known).collect();
    Ok(removal)
}

/// The timestamp below which a record leaves by age.
fn oldest_to_stay(spec: &TopicSpec, now_micros: i64) -> i64 {
    let Some(retention) = spec.retention else { return i64::MIN };
    let retention_micros = i64::try_from(retention.as_micros()).unwrap_or(i64::MAX);
    now_micros.saturating_sub(retention_micros)
}
