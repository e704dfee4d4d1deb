//! The greatest keys of a stream, each once: what is kept does not depend on the order of arrival, nor on how often
//! a record arrives.

use std::collections::BTreeMap;
use std::sync::Arc;

/// At most `max` values, those with the greatest keys.
#[derive(Debug)]
pub(super) struct Newest<K, V> {
    max: usize,
    by_key: BTreeMap<K, Arc<V>>,
}

impl<K: Ord, V> Newest<K, V> {
    /// Holds nothing yet.
    pub(super) const fn new(max: usize) -> Self {
        Self { max, by_key: BTreeMap::new() }
    }

    /// Puts the value in the place of the one with the same key; the smallest key leaves at the limit.
    pub(super) fn insert(&mut self, key: K, value: V) {
        self.by_key.insert(key, Arc::new(value));
        if self.by_key.len() > self.max {
            self.by_key.pop_first();
        }
    }

    /// The values, greatest key first.
    pub(super) fn newest_first(&self) -> Vec<Arc<V>> {
        self.by_key.values().rev().cloned().collect()
    }
}
