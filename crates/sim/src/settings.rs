//! What a world is made of, its presets, and what makes settings impossible. Shares and rates only; chance is
//! [`crate::dice`]'s, the events are [`crate::World`]'s.

use skytrend_event::Micros;
use skytrend_event::time::{MINUTE, SECOND};

/// One hour in microseconds.
const HOUR: i64 = 60 * MINUTE;

/// Where worlds begin that name no other start: 2026-07-04T14:00:00Z, the day of the calibration capture.
pub const DEFAULT_START: Micros = Micros(1_783_173_600_000_000);

/// Everything that decides a world: equal settings give equal bytes on every machine.
#[derive(Clone, Debug, PartialEq)]
pub struct WorldSettings {
    /// Chance's seed.
    pub seed: u64,
    /// The first instant of the world.
    pub start: Micros,
    /// Microseconds from `start` to the "now" at which a server begins; the first planted trend rises there.
    pub history: i64,
    /// Microseconds from that "now" to the last event; none: the world never ends.
    pub duration: Option<i64>,
    /// Posts in a second, averaged over a day, without those of planted trends and floods.
    pub posts_per_second: f64,
    /// Likes for one post.
    pub likes_per_post: f64,
    /// Reposts for one post.
    pub reposts_per_post: f64,
    /// Follows for one post.
    pub follows_per_post: f64,
    /// Records of other collections for one post.
    pub others_per_post: f64,
    /// Accounts.
    pub authors: u32,
    /// Mean microseconds between the starts of two planted trends; 0: none are planted.
    pub trend_interval: i64,
    /// The same for each of the two kinds of spam floods.
    pub flood_interval: i64,
    /// The same for chatty threads.
    pub thread_interval: i64,
    /// Deletions for a million posts, likes, reposts or follows.
    pub delete_ppm: u32,
    /// Edits for a million posts.
    pub update_ppm: u32,
    /// Posts in a million that break a rule of the protocol; see [`crate::Hostility`].
    pub hostile_ppm: u32,
    /// Account events for a million records.
    pub account_ppm: u32,
    /// Identity events for a million records.
    pub identity_ppm: u32,
    /// Sync events for a million records.
    pub sync_ppm: u32,
    /// The first event's sequence number.
    pub first_seq: i64,
    /// Whether sequence numbers skip some at random, which the protocol allows.
    pub seq_gaps: bool,
}

impl WorldSettings {
    /// The network as measured in 2026: about 590 records a second, 69 of them posts.
    /// Likes 70 %, posts 12 %, reposts 10 %, follows 6 %, others 2 %.
    pub fn live_like(seed: u64) -> Self {
        Self {
            seed,
            start: DEFAULT_START,
            history: 0,
            duration: None,
            posts_per_second: 69.0,
            likes_per_post: 5.8,
            reposts_per_post: 0.83,
            follows_per_post: 0.5,
            others_per_post: 0.17,
            authors: 50_000,
            trend_interval: 150 * SECOND,
            flood_interval: 12 * MINUTE,
            thread_interval: 6 * MINUTE,
            delete_ppm: 27_000,
            update_ppm: 13_000,
            hostile_ppm: 2_000,
            account_ppm: 300,
            identity_ppm: 700,
            sync_ppm: 100,
            first_seq: 31_000_000_000,
            seq_gaps: true,
        }
    }

    /// A small world for people to look at: 15 posts a second, few likes, one hour of history before `now`.
    pub fn demo(seed: u64, now: Micros) -> Self {
        Self {
            start: now.plus(-HOUR),
            history: HOUR,
            posts_per_second: 15.0,
            likes_per_post: 1.5,
            reposts_per_post: 0.3,
            authors: 20_000,
            ..Self::live_like(seed)
        }
    }

    /// One hour of the network, trends from its eleventh minute on: for comparison with the oracle.
    pub fn simulated_hour(seed: u64) -> Self {
        Self { history: 10 * MINUTE, duration: Some(50 * MINUTE), ..Self::live_like(seed) }
    }

    /// One day of the network, trends from its second hour on: for benches.
    pub fn simulated_day(seed: u64) -> Self {
        Self { history: HOUR, duration: Some(23 * HOUR), ..Self::live_like(seed) }
    }

    /// The "now" at which a server begins, and the first planted trend.
    pub fn live_from(&self) -> Micros {
        self.start.plus(self.history)
    }

    /// The first instant without events; none: the world never ends.
    pub fn end(&self) -> Option<Micros> {
        self.duration.map(|duration| self.live_from().plus(duration))
    }

    /// Says what makes these settings impossible, if anything does.
    pub fn check(&self) -> Result<(), SettingsError> {
        let rates = [
            ("posts_per_second", self.posts_per_second, 100_000.0),
            ("likes_per_post", self.likes_per_post, 1000.0),
            ("reposts_per_post", self.reposts_per_post, 1000.0),
            ("follows_per_post", self.follows_per_post, 1000.0),
            ("others_per_post", self.others_per_post, 1000.0),
        ];
        for (name, value, limit) in rates {
            if !(0.0..=limit).contains(&value) {
                return Err(SettingsError { name, range: "0 to 100,000 posts a second, 1,000 for one post" });
            }
        }
        let spans = [
            ("history", self.history),
            ("duration", self.duration.unwrap_or(0)),
            ("trend_interval", self.trend_interval),
            ("flood_interval", self.flood_interval),
            ("thread_interval", self.thread_interval),
        ];
        if let Some((name, _)) = spans.into_iter().find(|(_, span)| *span < 0) {
            return Err(SettingsError { name, range: "at least 0" });
        }
        if self.posts_per_second < 0.001 {
            return Err(SettingsError { name: "posts_per_second", range: "at least 0.001" });
        }
        if !(1_000..=2_000_000).contains(&self.authors) {
            return Err(SettingsError { name: "authors", range: "1,000 to 2,000,000" });
        }
        if !(1..1 << 52).contains(&self.first_seq) {
            return Err(SettingsError { name: "first_seq", range: "1 to 2^52" });
        }
        Ok(())
    }
}

/// A setting outside the range that makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is outside its range: {range}")]
pub struct SettingsError {
    /// Which.
    pub name: &'static str,
    /// What it may be.
    pub range: &'static str,
}
