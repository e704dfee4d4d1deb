//! A token bucket for each client, as the one instant at which it is full again (the generic cell rate algorithm,
//! ITU-T I.371): nothing has to be refilled.
//!
//! Their number is bounded. Clients live in two generations: who asks is in the young one; when that is full it becomes
//! the old one, and who was in the old one and has not asked since is forgotten. A client that is forgotten has a full
//! bucket again, after half of `clients_max` others have come in between.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Client;

#[expect(
    clippy::disallowed_types,
    reason = "nobody may choose addresses of one shard, and none of it is put out"
)]
type RandomState = std::hash::RandomState;

/// Nanoseconds, more than a century: sums of a few stay within 64 bits.
const TIME_MAX: u64 = u64::MAX / 4;

/// Maps with a lock each, so that requests of different clients seldom wait for one another.
const SHARDS: usize = 16;

pub(super) struct Buckets {
    /// Nanoseconds until one more request is allowed.
    interval: u64,
    /// Nanoseconds until an empty bucket is full.
    depth: u64,
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
}

/// Client → when its bucket is full, in nanoseconds of the caller's clock.
struct Shard {
    young: HashMap<Client, u64>,
    old: HashMap<Client, u64>,
    generation_max: usize,
}

impl Buckets {
    /// One request each `interval` in the long run; `burst` is at least 1.
    pub(super) fn new(interval: Duration, burst: u32, clients_max: usize) -> Self {
        // More than a thousand million requests a second is no limit either.
        let interval = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX).clamp(1, TIME_MAX);
        let generation_max = (clients_max / 2 / SHARDS).max(1);
        let shard = || Mutex::new(Shard { young: HashMap::new(), old: HashMap::new(), generation_max });
        Self {
            interval,
            depth: interval.saturating_mul(u64::from(burst)).min(TIME_MAX),
            shards: std::iter::repeat_with(shard).take(SHARDS).collect(),
            hasher: RandomState::new(),
        }
    }

    /// Takes one request of this client at `now`, which never goes back by more than requests do that race. Returns how
    /// many more it could take at once, or how long it has to wait.
    pub(super) fn take(&self, client: &Client, now: Duration) -> Result<u64, Duration> {
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX).min(2 * TIME_MAX);
        let place = self.hasher.hash_one(client) % SHARDS as u64;
        let place = usize::try_from(place).expect("there are few shards");
        let mut shard = self.shards[place].lock().unwrap_or_else(PoisonError::into_inner);
        let full_at = shard.bucket(client, now);
        let used = full_at.saturating_sub(now) + self.interval;
        match self.depth.checked_sub(used) {
            Some(left) => {
                *full_at = now + used;
                Ok(left / self.interval)
            }
            None => Err(Duration::from_nanos(used - self.depth)),
        }
    }

    #[cfg(test)]
    fn clients(&self) -> usize {
        let count = |shard: &Mutex<Shard>| {
            let shard = shard.lock().expect("no call panics");
            shard.young.len() + shard.old.len()
        };
        self.shards.iter().map(count).sum()
    }
}

impl Shard {
    fn bucket(&mut self, client: &Client, now: u64) -> &mut u64 {
        if !self.young.contains_key(client) {
            let full_at = self.old.remove(client).unwrap_or(now);
            if self.young.len() >= self.generation_max {
                std::mem::swap(&mut self.young, &mut self.old);
                self.young.clear();
            }
            self.young.insert(client.clone(), full_at);
        }
        self.young.get_mut(client).expect("it is there or was just inserted")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn client(number: u32) -> Client {
        Client::V4(number.into())
    }

    #[test]
    fn a_burst_is_let_through_and_then_the_rate() {
        let buckets = Buckets::new(Duration::from_millis(100), 3, 100);
        let take = |millis| buckets.take(&client(1), Duration::from_millis(millis));
        assert_eq!([take(0), take(0), take(0)], [Ok(2), Ok(1), Ok(0)]);
        assert_eq!(take(0), Err(Duration::from_millis(100)));
        assert_eq!(take(40), Err(Duration::from_millis(60)), "what is refused costs nothing");
        assert_eq!(take(100), Ok(0));
        assert_eq!(take(10_000), Ok(2), "a bucket holds no more than the burst");
        assert_eq!(buckets.take(&client(2), Duration::ZERO), Ok(2), "each has its own");
    }

    #[test]
    fn however_many_come_the_memory_is_bounded_and_who_stays_is_remembered() {
        let buckets = Buckets::new(Duration::from_secs(1), 5, 1_000);
        let mut taken = 0;
        for number in 0..100_000 {
            let _ = buckets.take(&client(number), Duration::ZERO);
            // In every shard far fewer than half of the limit come in between.
            if number % 100 == 0 && buckets.take(&client(u32::MAX), Duration::ZERO).is_ok() {
                taken += 1;
            }
        }
        assert!(buckets.clients() <= 1_000, "{}", buckets.clients());
        assert_eq!(taken, 5);
    }

    #[test]
    fn the_largest_settings_do_not_overflow() {
        let buckets = Buckets::new(Duration::from_secs(1), u32::MAX, 1);
        assert_eq!(buckets.take(&client(1), Duration::MAX), Ok(u64::from(u32::MAX) - 1));
        for interval in [Duration::ZERO, Duration::MAX] {
            let buckets = Buckets::new(interval, 1, usize::MAX);
            assert_eq!(buckets.take(&client(1), Duration::MAX), Ok(0));
        }
    }

    proptest! {
        /// In any time no more get through than the burst and what the rate gives for that time.
        #[test]
        fn no_more_get_through_than_are_allowed(
            per_second in 1..50_u32,
            burst in 1..20_u32,
            pauses in prop::collection::vec(0..200_u64, 1..200),
        ) {
            let interval = Duration::from_secs(1) / per_second;
            let buckets = Buckets::new(interval, burst, 10);
            let (mut now, mut taken) = (0, 0_u64);
            for pause in pauses {
                now += pause;
                match buckets.take(&client(1), Duration::from_millis(now)) {
                    Ok(_) => taken += 1,
                    Err(wait) => {
                        let after = Duration::from_millis(now) + wait;
                        let other = Buckets::new(interval, burst, 10);
                        prop_assert!(other.take(&client(1), after).is_ok());
                        prop_assert!(wait <= interval);
                    }
                }
                // A millisecond for the interval's rounding down.
                prop_assert!(taken <= u64::from(burst) + (now + 1) * u64::from(per_second) / 1_000);
            }
        }
    }
}
