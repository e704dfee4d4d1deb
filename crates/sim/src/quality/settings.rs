//! What decides a world for measuring, and what makes it impossible. Chance is [`crate::dice`]'s.

use serde::{Deserialize, Serialize};
use skytrend_event::Micros;
use skytrend_event::time::MINUTE;

use crate::settings::SettingsError;

/// 2026-06-01T00:00:00Z, a Monday.
const DEFAULT_START: Micros = Micros(1_780_272_000_000_000);

/// Posts a minute of the world that the rates of tracked terms were made for; they scale from here.
pub(crate) const MODEL_POSTS_PER_MINUTE: f64 = 3010.0;

/// Minutes in a day.
pub(crate) const DAY_MINUTES: u32 = 1440;

/// Equal settings give equal bytes on every machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualitySettings {
    /// Chance's seed.
    pub seed: u64,
    /// The first instant of the world, a full minute.
    pub start: Micros,
    /// Background posts a minute, averaged over a week. Background rates scale with it, events don't.
    pub posts_per_minute: u32,
    /// Minutes before the first that is scored.
    pub warm_minutes: u32,
    /// Minutes that are scored; the numbers of events and of negatives scale with it.
    pub scored_minutes: u32,
    /// How restless the rates of terms are, in percent of usual.
    pub noise_percent: u32,
}

impl QualitySettings {
    /// Seven days to warm up, two that are scored, 1,000 posts a minute.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            start: DEFAULT_START,
            posts_per_minute: 1000,
            warm_minutes: 7 * DAY_MINUTES,
            scored_minutes: 2 * DAY_MINUTES,
            noise_percent: 100,
        }
    }

    /// The first instant of a minute, counted from the world's start.
    pub fn instant_of(&self, minute: u32) -> Micros {
        self.start.plus(i64::from(minute) * MINUTE)
    }

    /// Minutes from the first to the last.
    pub fn minutes(&self) -> u32 {
        self.warm_minutes + self.scored_minutes
    }

    /// Says what makes these settings impossible, if anything does.
    pub fn check(&self) -> Result<(), SettingsError> {
        let rules = [
            ("start", self.start.0.rem_euclid(MINUTE) == 0 && self.start.0 >= 0, "a full minute after 1970"),
            ("posts_per_minute", (10..=100_000).contains(&self.posts_per_minute), "10 to 100,000"),
            ("warm_minutes", (10..=100 * DAY_MINUTES).contains(&self.warm_minutes), "10 minutes to 100 days"),
            (
                "scored_minutes",
                (180..=100 * DAY_MINUTES).contains(&self.scored_minutes),
                "three hours to 100 days",
            ),
            ("noise_percent", self.noise_percent <= 1000, "at most 1,000"),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((name, _, range)) => Err(SettingsError { name, range }),
            None => Ok(()),
        }
    }

    /// `per_two_days` of something, for the minutes that are scored.
    pub(crate) fn scaled(&self, per_two_days: u32) -> u32 {
        (per_two_days * self.scored_minutes + DAY_MINUTES) / (2 * DAY_MINUTES)
    }
}
