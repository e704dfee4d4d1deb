//! A bounded memory of the recent past: two halves by event time, so that forgetting costs nothing for each entry.
//! Which entries it holds follows from their times alone; only beyond the limit does their order matter.

use std::hash::{BuildHasherDefault, Hasher};
use std::mem;

use hashbrown::HashMap;
use skytrend_event::Micros;

/// Keys are 64-bit hashes already, the same on every machine.
#[derive(Clone, Copy, Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxhash_rust::xxh3::xxh3_64(bytes);
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

pub(crate) type KeyMap<V> = HashMap<u64, V, BuildHasherDefault<KeyHasher>>;

/// Remembers values for at least one period and at most two.
pub(crate) struct Recent<V> {
    current: KeyMap<V>,
    previous: KeyMap<V>,
    /// The number of the period that `current` holds: time divided by the period.
    period_number: i64,
    period_micros: i64,
    entries_max: usize,
}

impl<V> Recent<V> {
    /// A memory of `period_micros` (at least 1) and of `entries_max` entries in each half; at the limit the older half
    /// is forgotten early.
    pub(crate) fn new(period_micros: i64, entries_max: usize, now: Micros) -> Self {
        let period_micros = period_micros.max(1);
        Self {
            current: KeyMap::default(),
            previous: KeyMap::default(),
            period_number: now.0.div_euclid(period_micros),
            period_micros,
            entries_max,
        }
    }

    pub(crate) fn get(&self, key: u64) -> Option<&V> {
        self.current.get(&key).or_else(|| self.previous.get(&key))
    }

    /// The time from which entries may be in it.
    pub(crate) fn since(&self) -> Micros {
        Micros((self.period_number - 1).saturating_mul(self.period_micros))
    }

    /// Forgets what is too old at the time `now`.
    pub(crate) fn advance(&mut self, now: Micros) {
        let period_number = now.0.div_euclid(self.period_micros);
        if period_number > self.period_number {
            self.turn(period_number - self.period_number > 1);
            self.period_number = period_number;
        }
    }

    /// Notes a value of the time `at`; of times before the previous period nothing is noted.
    pub(crate) fn insert(&mut self, key: u64, value: V, at: Micros) {
        self.advance(at);
        let age = self.period_number - at.0.div_euclid(self.period_micros);
        if age == 0 {
            if self.current.len() >= self.entries_max && !self.current.contains_key(&key) {
                self.turn(false);
            }
            self.current.insert(key, value);
        } else if age == 1 && self.previous.len() < self.entries_max {
            self.previous.insert(key, value);
        }
    }

    fn turn(&mut self, forget_both: bool) {
        mem::swap(&mut self.current, &mut self.previous);
        self.current.clear();
        if forget_both {
            self.previous.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(recent: &Recent<()>) -> Vec<u64> {
        (0..10).filter(|key| recent.get(*key).is_some()).collect()
    }

    #[test]
    fn entries_live_for_one_to_two_periods() {
        let mut recent = Recent::new(100, 10, Micros(0));
        recent.insert(1, (), Micros(10));
        recent.insert(2, (), Micros(199));
        assert_eq!(keys(&recent), [1, 2]);
        recent.insert(3, (), Micros(200));
        assert_eq!(keys(&recent), [2, 3]);
        recent.insert(4, (), Micros(1_000));
        assert_eq!(keys(&recent), [4]);
    }

    #[test]
    fn what_is_read_back_lands_in_the_half_of_its_time() {
        let mut recent = Recent::new(100, 10, Micros(250));
        for (key, at) in [(1, 260), (2, 120), (3, 99)] {
            recent.insert(key, (), Micros(at));
        }
        assert_eq!(keys(&recent), [1, 2]);
        recent.insert(4, (), Micros(300));
        assert_eq!(keys(&recent), [1, 4]);
    }

    #[test]
    fn at_the_limit_the_older_half_goes() {
        let mut recent = Recent::new(100, 2, Micros(0));
        for key in 0..5 {
            recent.insert(key, (), Micros(1));
        }
        assert_eq!(keys(&recent), [2, 3, 4]);
        recent.insert(4, (), Micros(2));
        assert_eq!(keys(&recent), [2, 3, 4], "a known key needs no room");
    }
}
