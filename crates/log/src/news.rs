//! News of commits: a number that grows, and threads that wait for it. It says that something happened, not what.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The number of commits so far, to wait on.
#[derive(Debug, Default)]
pub struct News {
    generation: Mutex<u64>,
    changed: Condvar,
}

impl News {
    /// Counts one commit and wakes all who wait.
    pub fn publish(&self) {
        // A poisoned lock is as good as any: the number is whole at every instant.
        *self.generation.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.changed.notify_all();
    }

    /// Blocks while the number is `seen`, at most `timeout`; returns the number.
    pub fn wait(&self, seen: u64, timeout: Duration) -> u64 {
        let generation = self.generation.lock().unwrap_or_else(PoisonError::into_inner);
        let still_seen = |present: &mut u64| *present == seen;
        let waited = self.changed.wait_timeout_while(generation, timeout, still_seen);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
