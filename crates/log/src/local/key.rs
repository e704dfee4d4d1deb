//! The keys of the store: the only place that knows its keyspaces and how their keys are made. Numbers are
//! big-endian, so that keys sort as their parts do. A name is preceded by its length, one byte.
//!
//! | keyspace | key | value |
//! |---|---|---|
//! | `meta` | [`MetaKey`], by kinds that are never reused | [`super::value`] |
//! | `states` | [`ChunkKey`]: name, generation (8), index (4) | [`super::value::Chunk`] |
//! | `topic.` and the topic's name | [`BatchKey`]: partition (4), base (8), count (4), last timestamp (8), stored bytes (4) | [`super::batch`] |
//!
//! The parts of a batch's key after the base say nothing that its value doesn't; with them offsets, times and sizes
//! are found without reading values, which lie in other files.

use bytes::Buf;

use crate::contract::Offset;

/// The keyspace of [`MetaKey`].
pub const META: &str = "meta";
/// The keyspace of [`ChunkKey`].
pub const STATES: &str = "states";

/// The keyspace of a topic's batches.
pub fn topic_keyspace(topic: &str) -> String {
    format!("topic.{topic}")
}

/// What there is one value of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetaKey {
    /// Kind 1, name.
    Topic(String),
    /// Kind 2, topic's name, partition (4).
    Partition(String, u32),
    /// Kind 3, group's name, topic's name, partition (4).
    Position(String, String, u32),
    /// Kind 4, name.
    State(String),
    /// Kind 5: the number of transactions so far.
    Counter,
    /// Kind 6: the version of all this.
    Format,
}

const KIND_TOPIC: u8 = 1;
const KIND_PARTITION: u8 = 2;
const KIND_POSITION: u8 = 3;
const KIND_STATE: u8 = 4;
const KIND_COUNTER: u8 = 5;
const KIND_FORMAT: u8 = 6;

impl MetaKey {
    /// The key's bytes. Names must keep [`crate::NAME_BYTES_MAX`].
    pub fn encode(&self) -> Vec<u8> {
        let mut key = Vec::new();
        match self {
            Self::Topic(name) => {
                key.push(KIND_TOPIC);
                push_name(&mut key, name);
            }
            Self::Partition(topic, partition) => {
                key.push(KIND_PARTITION);
                push_name(&mut key, topic);
                key.extend(partition.to_be_bytes());
            }
            Self::Position(group, topic, partition) => {
                key.push(KIND_POSITION);
                push_name(&mut key, group);
                push_name(&mut key, topic);
                key.extend(partition.to_be_bytes());
            }
            Self::State(name) => {
                key.push(KIND_STATE);
                push_name(&mut key, name);
            }
            Self::Counter => key.push(KIND_COUNTER),
            Self::Format => key.push(KIND_FORMAT),
        }
        key
    }

    /// The key that has these bytes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let key = match rest.try_get_u8().ok()? {
            KIND_TOPIC => Self::Topic(take_name(&mut rest)?),
            KIND_PARTITION => Self::Partition(take_name(&mut rest)?, rest.try_get_u32().ok()?),
            KIND_POSITION => {
                let (group, topic) = (take_name(&mut rest)?, take_name(&mut rest)?);
                Self::Position(group, topic, rest.try_get_u32().ok()?)
            }
            KIND_STATE => Self::State(take_name(&mut rest)?),
            KIND_COUNTER => Self::Counter,
            KIND_FORMAT => Self::Format,
            _ => return None,
        };
        if rest.is_empty() { Some(key) } else { None }
    }
}

/// A batch: where it is, and what must be known of it without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchKey {
    /// The partition.
    pub partition: u32,
    /// The offset of its first record.
    pub base: Offset,
    /// Number of records.
    pub count: u32,
    /// Its highest timestamp.
    pub last_timestamp: i64,
    /// Bytes of key and value.
    pub stored_bytes: u32,
}

impl BatchKey {
    /// Length of a key in bytes.
    pub const BYTES: usize = 28;

    /// One past the offset of the last record.
    pub fn end(&self) -> Offset {
        self.base.saturating_add(u64::from(self.count))
    }

    /// The key's bytes.
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut key = [0; Self::BYTES];
        key[..12].copy_from_slice(&Self::bound(self.partition, self.base));
        key[12..16].copy_from_slice(&self.count.to_be_bytes());
        key[16..24].copy_from_slice(&self.last_timestamp.to_be_bytes());
        key[24..].copy_from_slice(&self.stored_bytes.to_be_bytes());
        key
    }

    /// Sorts before all batches of the partition with a base of at least `base`, and after all with a smaller one.
    pub fn bound(partition: u32, base: Offset) -> [u8; 12] {
        let mut bound = [0; 12];
        bound[..4].copy_from_slice(&partition.to_be_bytes());
        bound[4..].copy_from_slice(&base.to_be_bytes());
        bound
    }

    /// The key that has these bytes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        if rest.len() != Self::BYTES {
            return None;
        }
        Some(Self {
            partition: rest.get_u32(),
            base: rest.get_u64(),
            count: rest.get_u32(),
            last_timestamp: rest.get_i64(),
            stored_bytes: rest.get_u32(),
        })
    }
}

/// A part of a large state. Each time the state is stored it has a new generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkKey {
    /// The state's name.
    pub name: String,
    /// Which time it was stored; grows over all states.
    pub generation: u64,
    /// The chunk's place, from 0.
    pub index: u32,
}

impl ChunkKey {
    /// The key's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut key = Vec::with_capacity(self.name.len() + 13);
        push_name(&mut key, &self.name);
        key.extend(self.generation.to_be_bytes());
        key.extend(self.index.to_be_bytes());
        key
    }

    /// The key that has these bytes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let name = take_name(&mut rest)?;
        let (generation, index) = (rest.try_get_u64().ok()?, rest.try_get_u32().ok()?);
        if rest.is_empty() { Some(Self { name, generation, index }) } else { None }
    }
}

fn push_name(key: &mut Vec<u8>, name: &str) {
    key.push(u8::try_from(name.len()).expect("the limits were checked"));
    key.extend(name.as_bytes());
}

fn take_name(rest: &mut &[u8]) -> Option<String> {
    let bytes = usize::from(rest.try_get_u8().ok()?);
    let (name, after) = rest.split_at_checked(bytes)?;
    *rest = after;
    String::from_utf8(name.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_meta_key() -> impl Strategy<Value = MetaKey> {
        prop_oneof![
            ".{0,60}".prop_map(MetaKey::Topic),
            (".{0,60}", any::<u32>()).prop_map(|(topic, partition)| MetaKey::Partition(topic, partition)),
            (".{0,60}", ".{0,60}", any::<u32>()).prop_map(|(g, t, p)| MetaKey::Position(g, t, p)),
            ".{0,60}".prop_map(MetaKey::State),
            Just(MetaKey::Counter),
            Just(MetaKey::Format),
        ]
    }

    proptest! {
        #[test]
        fn meta_keys_round_trip(key in any_meta_key()) {
            prop_assert_eq!(MetaKey::decode(&key.encode()), Some(key));
        }

        #[test]
        fn bytes_that_are_a_key_are_its_bytes(bytes: Vec<u8>) {
            if let Some(key) = MetaKey::decode(&bytes) {
                prop_assert_eq!(key.encode(), bytes.clone());
            }
            if let Some(key) = ChunkKey::decode(&bytes) {
                prop_assert_eq!(key.encode(), bytes.clone());
            }
            if let Some(key) = BatchKey::decode(&bytes) {
                prop_assert_eq!(key.encode().to_vec(), bytes);
            }
        }

        #[test]
        fn batch_keys_sort_by_partition_and_base(a: (u32, u64, u32), b: (u32, u64, u32), time: i64) {
            let key = |(partition, base, count)| BatchKey { partition, base, count, last_timestamp: time, stored_bytes: 9 };
            prop_assert_eq!(BatchKey::decode(&key(a).encode()), Some(key(a)));
            prop_assert_eq!(key(a).encode().cmp(&key(b).encode()), a.cmp(&b));
            let is_after_bound = key(a).encode().as_slice() >= BatchKey::bound(b.0, b.1).as_slice();
            prop_assert_eq!(is_after_bound, (a.0, a.1) >= (b.0, b.1));
        }

        #[test]
        fn chunk_keys_round_trip(name in ".{0,60}", generation: u64, index: u32) {
            let key = ChunkKey { name, generation, index };
            prop_assert_eq!(ChunkKey::decode(&key.encode()), Some(key));
        }
    }
}
