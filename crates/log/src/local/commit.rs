//! Committing: a transaction becomes one atomic write of the store, and then, as a whole, visible. What takes time
//! (encoding, compressing, writing large states) is done before the turn to commit comes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use fjall::OwnedWriteBatch;

use super::batch::{self, Batch, Body};
use super::catalog::{Catalog, Topic};
use super::key::{BatchKey, MetaKey};
use super::store::log_error;
use super::value::{self, PartitionValue, PositionValue};
use super::{Fsync, LocalLog, Writer};
use crate::contract::{Committed, LogError, Position, TopicSpec, Transaction};
use crate::{limits, metrics};

/// What a transaction changes in one partition.
struct Change {
    known: PartitionValue,
    batches: Vec<Arc<Batch>>,
    records: u64,
    bytes: u64,
}

impl Change {
    fn new(known: PartitionValue) -> Self {
        Self { known, batches: Vec::new(), records: 0, bytes: 0 }
    }

    /// Gives the records their place after what is there.
    fn append(&mut self, partition: u32, body: Body, topic: &Topic, write: &mut OwnedWriteBatch) {
        let count = body.count();
        let (placed, bytes) = body.place(self.known.end, self.known.highest_timestamp);
        let stored_bytes =
            u32::try_from(BatchKey::BYTES + bytes.len()).expect("a batch is shorter than 2^32");
        self.known.end = placed.end();
        self.known.highest_timestamp = placed.last_timestamp();
        self.known.stored_bytes += u64::from(stored_bytes);
        self.records += u64::from(count);
        self.bytes += u64::from(stored_bytes);
        let last_timestamp = placed.last_timestamp();
        let key = BatchKey { partition, base: placed.base(), count, last_timestamp, stored_bytes };
        write.insert(&topic.data, key.encode(), bytes);
        self.batches.push(Arc::new(placed));
    }
}

/// What a transaction changes in all partitions, by topic and partition.
type Changes = BTreeMap<(String, u32), Change>;

impl LocalLog {
    /// Creates a topic, or takes over its retention.
    pub(super) fn create_topic_in_turn(&self, spec: &TopicSpec) -> Result<(), LogError> {
        limits::check_topic(spec)?;
        let mut writer = self.writer();
        let counter = writer.counter + 1;
        let mut write = self.store.batch(false);
        write.insert(&self.store.meta, MetaKey::Counter.encode(), value::encode_counter(counter));
        write.insert(&self.store.meta, MetaKey::Topic(spec.name.clone()).encode(), value::encode_topic(spec));
        let (is_known, topics) = {
            let catalog = self.catalog();
            let existing = catalog.topics.get(&spec.name);
            existing.map_or(Ok(()), |topic| limits::check_recreation(&topic.spec, spec))?;
            (existing.is_some(), catalog.topics.len())
        };
        if is_known {
            write.commit().map_err(|e| log_error(&e))?;
            if let Some(topic) = self.catalog_mut().topics.get_mut(&spec.name) {
                topic.spec = spec.clone();
            }
        } else {
            limits::check_topic_room(topics)?;
            let topic = Topic::new(spec.clone(), self.store.topic(&spec.name)?, counter);
            for partition in 0..spec.partitions {
                let key = MetaKey::Partition(spec.name.clone(), partition).encode();
                write.insert(&self.store.meta, key, PartitionValue::empty(counter).encode());
            }
            write.commit().map_err(|e| log_error(&e))?;
            self.catalog_mut().topics.insert(spec.name.clone(), topic);
        }
        writer.counter = counter;
        Ok(())
    }

    /// Carries a transaction out.
    pub(super) fn commit_in_turn(&self, transaction: Transaction) -> Result<Committed, LogError> {
        limits::check_transaction(&transaction)?;
        self.catalog().check(&transaction)?;
        let is_empty = transaction.is_empty();
        let states = self.prepare_states(&transaction.states)?;
        let bodies: Vec<_> =
            transaction.appends.iter().map(|(_, _, records)| batch::encode(records)).collect();

        let mut writer = self.writer();
        let counter = writer.counter + 1;
        let waits_for_disk = !is_empty && self.is_sync_due(&writer);
        let mut write = self.store.batch(waits_for_disk);
        let mut changes = Changes::new();
        let mut committed = Committed::default();
        {
            let catalog = self.catalog();
            catalog.check(&transaction)?;
            for ((name, partition, _), bodies) in transaction.appends.iter().zip(bodies) {
                let topic = catalog.topic(name)?;
                let present = catalog.partition(name, *partition)?.known;
                let change =
                    changes.entry((name.clone(), *partition)).or_insert_with(|| Change::new(present));
                let start = change.known.end;
                for body in bodies {
                    change.append(*partition, body, topic, &mut write);
                }
                committed.offsets.push(start..change.known.end);
            }
            states.remove_replaced(&catalog, &self.store, &mut write);
        }
        if is_empty {
            return Ok(committed);
        }
        self.write_meta(&mut write, counter, &mut changes, &transaction.positions);
        states.write(&self.store, &mut write, counter);
        write.commit().map_err(|e| log_error(&e))?;

        writer.counter = counter;
        if waits_for_disk {
            writer.last_sync = Instant::now();
        }
        let mut catalog = self.catalog_mut();
        self.show(&mut catalog, changes, transaction.positions);
        states.show(&mut catalog);
        drop(catalog);
        drop(writer);
        metrics::committed();
        self.news.publish();
        Ok(committed)
    }

    fn is_sync_due(&self, writer: &Writer) -> bool {
        match self.settings.fsync {
            Fsync::Never => false,
            Fsync::Interval(interval) => writer.last_sync.elapsed() >= interval,
            Fsync::EachCommit => true,
        }
    }

    fn write_meta(
        &self,
        write: &mut OwnedWriteBatch,
        stamp: u64,
        changes: &mut Changes,
        positions: &[Position],
    ) {
        let meta = &self.store.meta;
        write.insert(meta, MetaKey::Counter.encode(), value::encode_counter(stamp));
        for ((topic, partition), change) in changes {
            change.known.stamp = stamp;
            write.insert(meta, MetaKey::Partition(topic.clone(), *partition).encode(), change.known.encode());
        }
        // Within one write the store does not order two values of the same key.
        let mut last: BTreeMap<Vec<u8>, PositionValue> = BTreeMap::new();
        for position in positions {
            let key = MetaKey::Position(position.group.clone(), position.topic.clone(), position.partition);
            last.insert(key.encode(), PositionValue { stamp, next: position.next });
        }
        for (key, position) in last {
            write.insert(meta, key, position.encode());
        }
    }

    /// Makes records and positions visible.
    fn show(&self, catalog: &mut Catalog, changes: Changes, positions: Vec<Position>) {
        let tail_bytes_max = self.settings.tail_bytes / catalog.partition_count().max(1);
        for ((name, partition), change) in changes {
            let Some(topic) = catalog.topics.get_mut(&name) else { continue };
            let Some(shown) = topic.partitions.get_mut(partition as usize) else { continue };
            shown.known = change.known;
            for batch in change.batches {
                shown.tail.push(batch, tail_bytes_max);
            }
            let stored_bytes = topic.stored_bytes();
            topic.metrics.appended(change.records, change.bytes, stored_bytes);
        }
        for position in positions {
            if let Some(partition) = catalog.partition_mut(&position.topic, position.partition) {
                partition.positions.insert(position.group, position.next);
            }
        }
    }
}
