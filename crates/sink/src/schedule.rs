//! When to try again: exponential pauses with full jitter, so that many webhooks do not come back to a restarted
//! receiver in the same instant; a `Retry-After` is believed up to a limit. Pure: the caller sleeps.
//! Source: "Exponential Backoff And Jitter", AWS Architecture Blog, variant "full jitter".

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::settings::Settings;

/// Doublings after which the upper end grows no more; far past any pause that is allowed.
const DOUBLINGS_MAX: u32 = 20;

/// The pauses of one webhook. Failures in a row are counted over alerts: a receiver that is down is asked as seldom for
/// the next alert as for the last attempt with the one before.
#[derive(Debug)]
pub struct Schedule {
    base: Duration,
    max: Duration,
    retry_after_max: Duration,
    failures: u32,
    random: ChaCha8Rng,
}

impl Schedule {
    /// With the pauses of the settings; `seed` should differ between webhooks.
    pub fn new(settings: &Settings, seed: u64) -> Self {
        Self {
            base: Duration::from_millis(settings.backoff_base_millis),
            max: Duration::from_millis(settings.backoff_max_millis),
            retry_after_max: Duration::from_millis(settings.retry_after_max_millis),
            failures: 0,
            random: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// The receiver answered.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// The pause after one more failure: random up to the doubling end, and no less than what the receiver asked for.
    pub fn failed(&mut self, retry_after: Option<Duration>) -> Duration {
        let upper = self.base.saturating_mul(1 << self.failures.min(DOUBLINGS_MAX)).min(self.max);
        self.failures = self.failures.saturating_add(1);
        let pause = upper.mul_f64(self.random.random::<f64>());
        pause.max(retry_after.unwrap_or_default().min(self.retry_after_max))
    }

    /// Failures in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(seed: u64) -> Schedule {
        let settings = Settings {
            backoff_base_millis: 100,
            backoff_max_millis: 5_000,
            retry_after_max_millis: 60_000,
            ..Settings::default()
        };
        Schedule::new(&settings, seed)
    }

    #[test]
    fn pauses_stay_under_the_doubling_end_and_fill_it() {
        let mut longest = Duration::ZERO;
        for seed in 0..200 {
            let mut schedule = schedule(seed);
            for failures in 0..70_u32 {
                let end = Duration::from_millis(100 << failures.min(6)).min(Duration::from_secs(5));
                let pause = schedule.failed(None);
                assert!(pause <= end, "{pause:?} after {failures} failures");
                longest = longest.max(pause);
            }
        }
        assert!(longest > Duration::from_millis(4_900), "{longest:?}");
    }

    #[test]
    fn what_the_receiver_asks_for_is_waited_up_to_the_limit() {
        let mut schedule = schedule(1);
        assert!(schedule.failed(Some(Duration::from_secs(20))) >= Duration::from_secs(20));
        assert_eq!(schedule.failed(Some(Duration::from_secs(1 << 40))), Duration::from_secs(60));
    }

    #[test]
    fn a_success_makes_failures_forgotten() {
        let mut schedule = schedule(2);
        for _ in 0..10 {
            schedule.failed(None);
        }
        schedule.succeeded();
        assert!(schedule.failed(None) <= Duration::from_millis(100));
    }
}
