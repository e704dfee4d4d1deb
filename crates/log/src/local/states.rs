//! States in the store: short ones in their value, long ones in chunks of a generation of their own. Nothing here
//! says when a state is visible; the commit does.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use bytes::{Bytes, BytesMut};
use fjall::OwnedWriteBatch;

use super::LocalLog;
use super::catalog::Catalog;
use super::key::{ChunkKey, MetaKey};
use super::recovery::corrupt;
use super::store::{Store, log_error};
use super::value::{Chunk, State};
use crate::contract::LogError;

/// States up to this length are kept in memory and rewritten as a whole: cursors, counters.
const INLINE_BYTES_MAX: usize = 4_096;

/// The new states of a transaction by name, their chunks written; none: to be removed.
pub struct PreparedStates(BTreeMap<String, Option<State>>);

impl LocalLog {
    /// Writes the chunks of the long ones. Until a transaction refers to them they are invisible, and opening the
    /// log removes them.
    pub(super) fn prepare_states(&self, states: &[(String, Bytes)]) -> Result<PreparedStates, LogError> {
        let last: BTreeMap<_, _> = states.iter().map(|(name, state)| (name, state)).collect();
        let mut prepared = BTreeMap::new();
        for (name, state) in last {
            let stored = match state.len() {
                0 => None,
                1..=INLINE_BYTES_MAX => Some(State::Inline(state.clone())),
                _ => Some(self.write_chunks(name, state)?),
            };
            prepared.insert(name.clone(), stored);
        }
        Ok(PreparedStates(prepared))
    }

    fn write_chunks(&self, name: &str, state: &Bytes) -> Result<State, LogError> {
        let generation = self.next_generation.fetch_add(1, Ordering::Relaxed);
        let mut chunks = 0;
        for content in state.chunks(Chunk::BYTES_MAX) {
            let key = ChunkKey { name: name.to_owned(), generation, index: chunks };
            let mut write = self.store.batch(false);
            write.insert(&self.store.states, key.encode(), Chunk::encode(content));
            write.commit().map_err(|e| log_error(&e))?;
            chunks += 1;
        }
        Ok(State::Chunked { generation, chunks, bytes: state.len() as u64 })
    }

    /// A state as it is now.
    pub(super) fn read_state(&self, name: &str) -> Result<Option<Bytes>, LogError> {
        loop {
            let present = self.catalog().states.get(name).cloned();
            let (generation, chunks, bytes) = match &present {
                None => return Ok(None),
                Some(State::Inline(state)) => return Ok(Some(state.clone())),
                Some(State::Chunked { generation, chunks, bytes }) => (*generation, *chunks, *bytes),
            };
            if let Some(state) = self.read_chunks(name, generation, chunks)? {
                return if state.len() as u64 == bytes { Ok(Some(state)) } else { Err(lost(name)) };
            }
            // The chunks are gone because another thread has replaced the state, or they are lost.
            if self.settled_catalog().states.get(name) == present.as_ref() {
                return Err(lost(name));
            }
        }
    }

    /// None if a chunk is not there.
    fn read_chunks(&self, name: &str, generation: u64, chunks: u32) -> Result<Option<Bytes>, LogError> {
        let mut state = BytesMut::new();
        for index in 0..chunks {
            let key = ChunkKey { name: name.to_owned(), generation, index };
            let stored = self.store.states.get(key.encode()).map_err(|e| log_error(&e))?;
            let Some(stored) = stored else { return Ok(None) };
            let content = Chunk::decode(&stored.into());
            state.extend_from_slice(&content.ok_or_else(|| corrupt(format!("state {name:?} is damaged")))?);
        }
        Ok(Some(state.freeze()))
    }
}

fn lost(name: &str) -> LogError {
    corrupt(format!("state {name:?} has lost a part"))
}

impl PreparedStates {
    /// Removes the chunks of the states that these replace.
    pub fn remove_replaced(&self, catalog: &Catalog, store: &Store, write: &mut OwnedWriteBatch) {
        for name in self.0.keys() {
            let Some(State::Chunked { generation, chunks, .. }) = catalog.states.get(name) else { continue };
            for index in 0..*chunks {
                let key = ChunkKey { name: name.clone(), generation: *generation, index };
                write.remove(&store.states, key.encode());
            }
        }
    }

    /// Writes the values of the states.
    pub fn write(&self, store: &Store, write: &mut OwnedWriteBatch, stamp: u64) {
        for (name, state) in &self.0 {
            let key = MetaKey::State(name.clone()).encode();
            match state {
                Some(state) => write.insert(&store.meta, key, state.encode(stamp)),
                None => write.remove(&store.meta, key),
            }
        }
    }

    /// Makes the states visible.
    pub fn show(self, catalog: &mut Catalog) {
        for (name, state) in self.0 {
            match state {
                Some(state) => catalog.states.insert(name, state),
                None => catalog.states.remove(&name),
            };
        }
    }
}
