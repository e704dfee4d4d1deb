//! The log in memory: the reference that says in the fewest words what a log does, and the fast one for tests,
//! benchmarks and bounded inputs. It keeps nothing beyond its own life.
//!
//! What a transaction appends to a partition is kept as one chunk, so that a commit costs a few moves whatever the
//! number of records. Bounds: a topic with `retention_bytes` never holds more. The policy at the limit is to drop
//! the oldest chunks within the commit that passes it: a reader that is behind learns it by
//! [`LogError::OffsetGone`]. Without `retention_bytes` a topic grows with its input.

mod partition;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use bytes::Bytes;

use crate::contract::{
    Committed, Log, LogError, NewRecord, Offset, ReadLimit, Record, TopicSpec, Transaction, TrimReport,
};
use crate::limits;
use crate::metrics::{self, TopicMetrics};
use crate::news::News;
use partition::{Chunk, Partition};

/// A log in memory.
#[derive(Default)]
pub struct MemoryLog {
    state: RwLock<State>,
    news: News,
}

#[derive(Default)]
struct State {
    topics: BTreeMap<String, Topic>,
    states: BTreeMap<String, Bytes>,
}

struct Topic {
    spec: TopicSpec,
    partitions: Vec<Partition>,
    stored_bytes: u64,
    metrics: TopicMetrics,
}

impl MemoryLog {
    /// A log without topics.
    pub fn new() -> Self {
        Self::default()
    }

    /// Removes what one transaction appended to a partition, as often as all of it is before `before`, beyond what
    /// retention demands: for a bounded pipe whose one reader has passed it.
    pub fn discard_before(
        &self,
        topic: &str,
        partition: u32,
        before: Offset,
    ) -> Result<TrimReport, LogError> {
        // Mostly nothing leaves, and then no writer is kept waiting.
        if !self.shared().partition(topic, partition)?.starts_with_chunk_before(before) {
            return Ok(TrimReport::default());
        }
        let mut state = self.exclusive();
        state.partition(topic, partition)?;
        let topic = state.topics.get_mut(topic).expect("the partition exists");
        let mut report = TrimReport::default();
        let mut left = Vec::new();
        while let Some(chunk) =
            topic.partitions[partition as usize].pop_front_if(|chunk| chunk.end() <= before)
        {
            report.add(&chunk);
            left.push(chunk);
        }
        topic.note_removal(report);
        drop(state);
        // Freeing many records takes a while; nobody need wait for it.
        drop(left);
        Ok(report)
    }

    // A poisoned lock can be used: every change is checked before the first part of it is made.
    fn shared(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn exclusive(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn partition(&self, topic: &str, partition: u32) -> Result<&Partition, LogError> {
        let found = self.topics.get(topic).ok_or_else(|| LogError::UnknownTopic(topic.to_owned()))?;
        let unknown = || LogError::UnknownPartition { topic: topic.to_owned(), partition };
        found.partitions.get(partition as usize).ok_or_else(unknown)
    }

    /// Refuses the transaction while nothing of it is done.
    fn check(&self, transaction: &Transaction) -> Result<(), LogError> {
        for (topic, partition, _) in &transaction.appends {
            self.partition(topic, *partition)?;
        }
        for position in &transaction.positions {
            let partition = self.partition(&position.topic, position.partition)?;
            limits::check_group_room(transaction, position, &partition.positions)?;
        }
        limits::check_state_room(transaction, self.states.len(), |name| self.states.contains_key(name))
    }

    fn append(&mut self, topic: &str, partition: u32, records: Vec<NewRecord>) -> Range<Offset> {
        let topic = self.topics.get_mut(topic).expect("the transaction was checked");
        let partition = topic.partitions.get_mut(partition as usize).expect("the transaction was checked");
        if records.is_empty() {
            return partition.end()..partition.end();
        }
        let count = records.len() as u64;
        let (offsets, bytes) = partition.append(records);
        topic.stored_bytes += bytes;
        topic.metrics.appended(count, bytes, topic.stored_bytes);
        topic.enforce_size();
        offsets
    }
}

impl Topic {
    fn new(spec: &TopicSpec) -> Self {
        let partitions = (0..spec.partitions).map(|_| Partition::default()).collect();
        Self { spec: spec.clone(), partitions, stored_bytes: 0, metrics: TopicMetrics::new(&spec.name) }
    }

    fn enforce_age(&mut self, now_micros: i64) -> TrimReport {
        let mut report = TrimReport::default();
        let Some(retention) = self.spec.retention else { return report };
        let retention_micros = i64::try_from(retention.as_micros()).unwrap_or(i64::MAX);
        let oldest_to_stay = now_micros.saturating_sub(retention_micros);
        for partition in &mut self.partitions {
            while let Some(chunk) = partition.pop_front_if(|chunk| chunk.last_timestamp() < oldest_to_stay) {
                report.add(&chunk);
            }
        }
        self.note_removal(report);
        report
    }

    fn enforce_size(&mut self) -> TrimReport {
        let mut report = TrimReport::default();
        let Some(bytes_max) = self.spec.retention_bytes else { return report };
        while self.stored_bytes - report.bytes > bytes_max {
            let by_age = |p: &&mut Partition| p.front_timestamp().unwrap_or(i64::MAX);
            let Some(oldest) = self.partitions.iter_mut().min_by_key(by_age) else { break };
            let Some(chunk) = oldest.pop_front_if(|_| true) else { break };
            report.add(&chunk);
        }
        self.note_removal(report);
        report
    }

    fn note_removal(&mut self, report: TrimReport) {
        if report.records > 0 {
            self.stored_bytes -= report.bytes;
            self.metrics.removed(report.records, report.bytes, self.stored_bytes);
        }
    }
}

impl TrimReport {
    fn add(&mut self, chunk: &Chunk) {
        self.records += chunk.records.len() as u64;
        self.bytes += chunk.bytes;
    }
}

impl Log for MemoryLog {
    fn create_topic(&self, spec: &TopicSpec) -> Result<(), LogError> {
        limits::check_topic(spec)?;
        let mut state = self.exclusive();
        if let Some(topic) = state.topics.get_mut(&spec.name) {
            limits::check_recreation(&topic.spec, spec)?;
            topic.spec = spec.clone();
            return Ok(());
        }
        limits::check_topic_room(state.topics.len())?;
        state.topics.insert(spec.name.clone(), Topic::new(spec));
        Ok(())
    }

    fn topics(&self) -> Result<Vec<TopicSpec>, LogError> {
        Ok(self.shared().topics.values().map(|topic| topic.spec.clone()).collect())
    }

    fn commit(&self, transaction: Transaction) -> Result<Committed, LogError> {
        limits::check_transaction(&transaction)?;
        let is_empty = transaction.is_empty();
        let mut state = self.exclusive();
        state.check(&transaction)?;
        let mut committed = Committed::default();
        for (topic, partition, records) in transaction.appends {
            committed.offsets.push(state.append(&topic, partition, records));
        }
        for position in transaction.positions {
            let topic = state.topics.get_mut(&position.topic).expect("the transaction was checked");
            let partition = &mut topic.partitions[position.partition as usize];
            partition.positions.insert(position.group, position.next);
        }
        for (name, value) in transaction.states {
            if value.is_empty() {
                state.states.remove(&name);
            } else {
                state.states.insert(name, value);
            }
        }
        drop(state);
        if !is_empty {
            metrics::committed();
            self.news.publish();
        }
        Ok(committed)
    }

    fn read(
        &self,
        topic: &str,
        partition: u32,
        from: Offset,
        limit: ReadLimit,
    ) -> Result<Vec<Record>, LogError> {
        let state = self.shared();
        let found = state.partition(topic, partition)?;
        let earliest = found.start();
        if from < earliest {
            return Err(LogError::OffsetGone { topic: topic.to_owned(), partition, asked: from, earliest });
        }
        Ok(found.read(from, limit))
    }

    fn bounds(&self, topic: &str, partition: u32) -> Result<Range<Offset>, LogError> {
        let state = self.shared();
        let found = state.partition(topic, partition)?;
        Ok(found.start()..found.end())
    }

    fn offset_at(&self, topic: &str, partition: u32, timestamp_micros: i64) -> Result<Offset, LogError> {
        Ok(self.shared().partition(topic, partition)?.offset_at(timestamp_micros))
    }

    fn position(&self, group: &str, topic: &str, partition: u32) -> Result<Option<Offset>, LogError> {
        Ok(self.shared().partition(topic, partition)?.positions.get(group).copied())
    }

    fn state(&self, name: &str) -> Result<Option<Bytes>, LogError> {
        Ok(self.shared().states.get(name).cloned())
    }

    fn wait(&self, seen: u64, timeout: Duration) -> u64 {
        self.news.wait(seen, timeout)
    }

    fn enforce_retention(&self, now_micros: i64) -> Result<TrimReport, LogError> {
        let mut total = TrimReport::default();
        for topic in self.exclusive().topics.values_mut() {
            for report in [topic.enforce_age(now_micros), topic.enforce_size()] {
                total.records += report.records;
                total.bytes += report.bytes;
            }
        }
        Ok(total)
    }

    fn stored_bytes(&self) -> Result<u64, LogError> {
        Ok(self.shared().topics.values().map(|topic| topic.stored_bytes).sum())
    }

    fn sync(&self) -> Result<(), LogError> {
        Ok(())
    }
}
