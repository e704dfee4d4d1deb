//! Opening: the catalog from the store, and what must hold of a store that is whole. It reads all small values, and
//! of each partition the first and the last key, but no batch.

use std::collections::BTreeMap;

use super::catalog::{Catalog, Topic};
use super::key::{BatchKey, ChunkKey, MetaKey};
use super::store::{Store, log_error};
use super::value::{self, PartitionValue, PositionValue, State};
use crate::contract::LogError;

/// What was found in the store.
pub struct Recovered {
    pub catalog: Catalog,
    /// The number of the last transaction.
    pub counter: u64,
    /// Greater than that of every chunk.
    pub next_generation: u64,
}

pub fn recover(store: &Store) -> Result<Recovered, LogError> {
    let mut found = Found::default();
    for entry in store.meta.iter() {
        let (key, value) = entry.into_inner().map_err(|e| log_error(&e))?;
        found.add(store, &key, &value)?;
    }
    match found.format {
        Some(value::STORE_VERSION) => {}
        Some(version) => return Err(corrupt(format!("version {version} of the store is not known"))),
        None => return Err(corrupt("the version of the store is missing")),
    }
    let counter = found.counter.ok_or_else(|| corrupt("the number of transactions is missing"))?;
    if found.highest_stamp > counter {
        return Err(corrupt("a value is younger than the last transaction"));
    }
    for topic in found.catalog.topics.values() {
        if found.partitions.get(&topic.spec.name).copied() != Some(topic.spec.partitions) {
            return Err(corrupt(format!("topic {:?} has lost partitions", topic.spec.name)));
        }
        for (number, partition) in (0..).zip(&topic.partitions) {
            check_ends(topic, number, &partition.known)?;
        }
    }
    let next_generation = remove_unreferenced_chunks(store, &found.catalog.states)?;
    Ok(Recovered { catalog: found.catalog, counter, next_generation })
}

#[derive(Default)]
struct Found {
    catalog: Catalog,
    /// How many partitions of each topic have a value.
    partitions: BTreeMap<String, u32>,
    format: Option<u32>,
    counter: Option<u64>,
    highest_stamp: u64,
}

impl Found {
    /// Takes one entry of `meta`; topics come before what belongs to them.
    fn add(&mut self, store: &Store, key: &[u8], bytes: &[u8]) -> Result<(), LogError> {
        let key = MetaKey::decode(key).ok_or_else(|| corrupt("a key is not one of ours"))?;
        let damaged = || corrupt(format!("the value of {key:?} is damaged"));
        let orphaned = || corrupt(format!("{key:?} belongs to nothing"));
        match &key {
            MetaKey::Topic(name) => {
                let spec = value::decode_topic(name.clone(), bytes).ok_or_else(damaged)?;
                crate::limits::check_topic(&spec).map_err(|_| damaged())?;
                let data = store.topic(name)?;
                self.catalog.topics.insert(name.clone(), Topic::new(spec, data, 0));
            }
            MetaKey::Partition(topic, number) => {
                let known = PartitionValue::decode(bytes).ok_or_else(damaged)?;
                self.highest_stamp = self.highest_stamp.max(known.stamp);
                self.catalog.partition_mut(topic, *number).ok_or_else(orphaned)?.known = known;
                *self.partitions.entry(topic.clone()).or_default() += 1;
            }
            MetaKey::Position(group, topic, number) => {
                let position = PositionValue::decode(bytes).ok_or_else(damaged)?;
                self.highest_stamp = self.highest_stamp.max(position.stamp);
                let partition = self.catalog.partition_mut(topic, *number).ok_or_else(orphaned)?;
                partition.positions.insert(group.clone(), position.next);
            }
            MetaKey::State(name) => {
                let (stamp, state) = State::decode(bytes).ok_or_else(damaged)?;
                self.highest_stamp = self.highest_stamp.max(stamp);
                self.catalog.states.insert(name.clone(), state);
            }
            MetaKey::Counter => self.counter = Some(value::decode_counter(bytes).ok_or_else(damaged)?),
            MetaKey::Format => self.format = Some(value::decode_format(bytes).ok_or_else(damaged)?),
        }
        Ok(())
    }
}

/// The first and the last batch must be where the partition's value says.
fn check_ends(topic: &Topic, partition: u32, known: &PartitionValue) -> Result<(), LogError> {
    let mut batches = topic.data.range(BatchKey::bound(partition, 0)..BatchKey::bound(partition + 1, 0));
    let first = batches.next().map(batch_key).transpose()?;
    let last = batches.next_back().map(batch_key).transpose()?.or(first);
    let is_whole = match (first, last) {
        (Some(first), Some(last)) => first.base == known.start && last.end() == known.end,
        _ => known.start == known.end,
    };
    if is_whole {
        return Ok(());
    }
    Err(corrupt(format!("partition {partition} of topic {:?} has lost records", topic.spec.name)))
}

/// The key of an entry of a topic's keyspace.
pub fn batch_key(entry: fjall::Guard) -> Result<BatchKey, LogError> {
    let key = entry.key().map_err(|e| log_error(&e))?;
    BatchKey::decode(&key).ok_or_else(|| corrupt("a batch's key is not one of ours"))
}

/// Removes the chunks of states that were written, but whose transaction was not; says which generation is free.
fn remove_unreferenced_chunks(store: &Store, states: &BTreeMap<String, State>) -> Result<u64, LogError> {
    let mut next_generation = 0;
    let mut unreferenced = store.batch(false);
    for entry in store.states.iter() {
        let key = entry.key().map_err(|e| log_error(&e))?;
        let chunk = ChunkKey::decode(&key).ok_or_else(|| corrupt("a chunk's key is not one of ours"))?;
        next_generation = next_generation.max(chunk.generation.saturating_add(1));
        let is_referenced = matches!(
            states.get(&chunk.name),
            Some(State::Chunked { generation, chunks, .. })
                if *generation == chunk.generation && chunk.index < *chunks
        );
        if !is_referenced {
            unreferenced.remove(&store.states, key);
        }
    }
    unreferenced.commit().map_err(|e| log_error(&e))?;
    Ok(next_generation)
}

pub fn corrupt(what: impl Into<String>) -> LogError {
    LogError::Corrupt(what.into())
}
