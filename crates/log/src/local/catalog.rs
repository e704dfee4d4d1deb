//! What every reader sees: topics, the bounds of their partitions, positions, references of states, and the newest
//! batches. It is in memory only, and changes as a whole. It does not touch the store.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use fjall::Keyspace;

use super::batch::Batch;
use super::value::{PartitionValue, State};
use crate::contract::{LogError, Offset, TopicSpec, Transaction};
use crate::limits;
use crate::metrics::TopicMetrics;

/// All that is visible.
#[derive(Default)]
pub struct Catalog {
    pub topics: BTreeMap<String, Topic>,
    pub states: BTreeMap<String, State>,
}

/// A topic.
pub struct Topic {
    pub spec: TopicSpec,
    pub data: Keyspace,
    pub partitions: Vec<Partition>,
    pub metrics: TopicMetrics,
}

/// A partition.
pub struct Partition {
    pub known: PartitionValue,
    pub positions: BTreeMap<String, Offset>,
    pub tail: Tail,
}

impl Catalog {
    pub fn topic(&self, name: &str) -> Result<&Topic, LogError> {
        self.topics.get(name).ok_or_else(|| LogError::UnknownTopic(name.to_owned()))
    }

    pub fn partition(&self, topic: &str, partition: u32) -> Result<&Partition, LogError> {
        let unknown = || LogError::UnknownPartition { topic: topic.to_owned(), partition };
        self.topic(topic)?.partitions.get(partition as usize).ok_or_else(unknown)
    }

    pub fn partition_mut(&mut self, topic: &str, partition: u32) -> Option<&mut Partition> {
        self.topics.get_mut(topic)?.partitions.get_mut(partition as usize)
    }

    pub fn partition_count(&self) -> usize {
        self.topics.values().map(|topic| topic.partitions.len()).sum()
    }

    /// Refuses a transaction that names what is not there, or too much that is new.
    pub fn check(&self, transaction: &Transaction) -> Result<(), LogError> {
        for (topic, partition, _) in &transaction.appends {
            self.partition(topic, *partition)?;
        }
        for position in &transaction.positions {
            let partition = self.partition(&position.topic, position.partition)?;
            limits::check_group_room(transaction, position, &partition.positions)?;
        }
        limits::check_state_room(transaction, self.states.len(), |name| self.states.contains_key(name))
    }
}

impl Topic {
    pub fn new(spec: TopicSpec, data: Keyspace, stamp: u64) -> Self {
        let empty = |_| Partition {
            known: PartitionValue::empty(stamp),
            positions: BTreeMap::new(),
            tail: Tail::default(),
        };
        let partitions = (0..spec.partitions).map(empty).collect();
        let metrics = TopicMetrics::new(&spec.name);
        Self { spec, data, partitions, metrics }
    }

    pub fn stored_bytes(&self) -> u64 {
        self.partitions.iter().map(|partition| partition.known.stored_bytes).sum()
    }
}

/// The newest batches of a partition, consecutive, up to its end.
#[derive(Default)]
pub struct Tail {
    batches: VecDeque<Arc<Batch>>,
    bytes: usize,
}

impl Tail {
    /// Adds the newest batch; the oldest leave while there are more bytes than `bytes_max`.
    pub fn push(&mut self, batch: Arc<Batch>, bytes_max: usize) {
        self.bytes += batch.memory_bytes();
        self.batches.push_back(batch);
        while self.bytes > bytes_max {
            let Some(oldest) = self.batches.pop_front() else { break };
            self.bytes -= oldest.memory_bytes();
        }
    }

    /// Drops the batches before `start`.
    pub fn trim(&mut self, start: Offset) {
        let leaving = self.batches.partition_point(|batch| batch.end() <= start);
        self.bytes -= self.batches.drain(..leaving).map(|batch| batch.memory_bytes()).sum::<usize>();
    }

    /// The batches that hold `from` and what comes after it, as far as they are here.
    pub fn from(&self, from: Offset) -> impl Iterator<Item = &Arc<Batch>> {
        let first = self.batches.partition_point(|batch| batch.end() <= from);
        self.batches.range(first..)
    }
}
