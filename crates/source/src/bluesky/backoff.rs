//! How long to wait before the next attempt: exponential, with full jitter, so that thousands of clients thrown off by
//! the same restart do not come back in the same instant. Pure: the caller sleeps.
//! Source: "Exponential Backoff And Jitter", AWS Architecture Blog, variant "full jitter".

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::settings::BackoffSettings;

/// Doublings after which the upper end grows no more; far past any sensible maximum, and 2^20 s can't overflow.
const DOUBLINGS_MAX: u32 = 20;

/// Draws delays.
#[derive(Debug)]
pub(crate) struct Backoff {
    base: Duration,
    max: Duration,
    rng: ChaCha8Rng,
}

impl Backoff {
    pub(crate) fn new(settings: &BackoffSettings, seed: u64) -> Self {
        Self {
            base: Duration::from_millis(settings.base_millis),
            max: Duration::from_millis(settings.max_millis),
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// The delay after `failures` failures in a row: uniform between nothing and `base * 2^(failures - 1)`, at most
    /// the maximum. No failure: no delay.
    pub(crate) fn delay(&mut self, failures: u32) -> Duration {
        let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
        let upper = self.base.saturating_mul(1 << doublings.min(DOUBLINGS_MAX)).min(self.max);
        upper.mul_f64(self.rng.random::<f64>())
    }

    /// The longest delay there is.
    pub(crate) fn max(&self) -> Duration {
        self.max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff(seed: u64) -> Backoff {
        Backoff::new(&BackoffSettings { base_millis: 100, max_millis: 5_000, ..Default::default() }, seed)
    }

    #[test]
    fn delays_stay_under_the_doubling_ceiling_and_under_the_maximum() {
        let mut backoff = backoff(7);
        for failures in 1..40 {
            let ceiling = Duration::from_millis(100 << (failures - 1).min(10)).min(Duration::from_secs(5));
            for _ in 0..50 {
                assert!(backoff.delay(failures) <= ceiling, "after {failures} failures");
            }
        }
        assert_eq!(backoff.delay(0), Duration::ZERO);
        assert!(backoff.delay(u32::MAX) <= Duration::from_secs(5));
    }

    #[test]
    fn jitter_fills_the_whole_range() {
        let mut backoff = backoff(1);
        let delays: Vec<_> = (0..1_000).map(|_| backoff.delay(3).as_millis()).collect();
        assert!(delays.iter().any(|ms| *ms < 40) && delays.iter().any(|ms| *ms > 360));
    }

    #[test]
    fn the_same_seed_gives_the_same_delays() {
        let draw = |seed| (1..20).map(|n| backoff(seed).delay(n)).collect::<Vec<_>>();
        assert_eq!(draw(3), draw(3));
        assert_ne!(draw(3), draw(4));
    }
}
