//! What the whole stream has been like: the denominators that every keyword's baseline shares. One value for all
//! shards; it is advanced by the number of posts of each epoch and nothing else.

use crate::season::{StreamSeason, hour_of};

/// Baselines learn in steps of this many minutes (ALGORITHM.md 1.2).
pub(crate) const EPOCH_MINUTES: i64 = 5;
/// What a baseline has learned counts half after 72 hours.
const LEVEL_DECAY_EPOCHS: f64 = 72.0 * 60.0 / EPOCH_MINUTES as f64;
/// Epochs in two hours, the half-life of the local level and of the usual rate.
pub(crate) const LOCAL_EPOCHS: f64 = 120.0 / EPOCH_MINUTES as f64;
/// An epoch with less than this share of the usual number of posts is a gap of the stream, not news about keywords.
const GAP_SHARE: f64 = 0.25;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StreamLevel {
    /// Number of epochs learned, older ones counting less.
    pub(crate) epochs: f64,
    /// Posts in these epochs, likewise.
    pub(crate) posts: f64,
    /// Posts in an epoch as of the last two hours; zero before the first.
    pub(crate) usual_posts: f64,
    /// Minutes learned, all counting the same.
    pub(crate) minutes: u32,
    /// Posts by hour of the day and of the week.
    pub(crate) season: StreamSeason,
}

impl StreamLevel {
    /// By how much older epochs count less after another one.
    pub(crate) fn decay() -> f64 {
        libm::exp2(-1.0 / LEVEL_DECAY_EPOCHS)
    }

    /// The weight of a new epoch in an average with a half-life of two hours.
    pub(crate) fn local_weight() -> f64 {
        1.0 - libm::exp2(-1.0 / LOCAL_EPOCHS)
    }

    /// Whether an epoch with so few posts says nothing about keywords.
    pub(crate) fn is_gap(&self, posts: u64) -> bool {
        posts == 0 || (posts as f64) < GAP_SHARE * self.usual_posts
    }

    /// Posts in an average hour.
    pub(crate) fn hourly_posts(&self) -> f64 {
        self.posts / self.epochs.max(1.0) * (60 / EPOCH_MINUTES) as f64
    }

    /// Takes the posts of the epoch that starts at minute `start`. A gap moves only the usual rate, so that a lasting
    /// change of rate is accepted. The season must have been [entered](StreamSeason::enter).
    pub(crate) fn learn(&mut self, start: i64, posts: u64) {
        if !self.is_gap(posts) {
            self.season.learn(hour_of(start), posts as f64);
            self.epochs = self.epochs * Self::decay() + 1.0;
            self.posts = self.posts * Self::decay() + posts as f64;
            self.minutes = self.minutes.saturating_add(EPOCH_MINUTES as u32);
        }
        if self.usual_posts == 0.0 {
            self.usual_posts = posts as f64;
        } else {
            self.usual_posts += Self::local_weight() * (posts as f64 - self.usual_posts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_not_learned_and_a_lasting_change_is() {
        let mut stream = StreamLevel::default();
        for _ in 0..24 {
            stream.learn(0, 1000);
        }
        let before = stream.clone();
        stream.learn(0, 10);
        assert_eq!(
            (stream.epochs, stream.posts, stream.minutes),
            (before.epochs, before.posts, before.minutes)
        );
        for _ in 0..200 {
            stream.learn(0, 10);
        }
        assert!(!stream.is_gap(10));
    }

    #[test]
    fn weights_halve_in_72_hours() {
        let mut stream = StreamLevel::default();
        stream.learn(0, 1000);
        stream.usual_posts = 0.0;
        for _ in 0..864 {
            stream.epochs *= StreamLevel::decay();
        }
        assert!((stream.epochs - 0.5).abs() < 1e-9);
    }
}
