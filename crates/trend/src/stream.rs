//! What the stream has been like, as a whole and in each language: the denominators that keywords' baselines share. The
//! same for all shards; they are advanced by the numbers of posts of each epoch and nothing else.
//!
//! A keyword that is at home in one language is held against the posts in it: when a country wakes up, or talks about
//! one event, all its everyday words rise with it.

use std::collections::BTreeMap;

use crate::language::{LanguageCode, LanguagePosts};
use crate::season::{StreamSeason, hour_of};

/// Baselines learn in steps of this many minutes (ALGORITHM.md 1.2).
pub(crate) const EPOCH_MINUTES: i64 = 5;
/// What a baseline has learned counts half after a week.
const LEVEL_DECAY_EPOCHS: f64 = 7.0 * 24.0 * 60.0 / EPOCH_MINUTES as f64;
/// Epochs in two hours, the half-life of the local level and of the usual rate.
pub(crate) const LOCAL_EPOCHS: f64 = 120.0 / EPOCH_MINUTES as f64;
/// An epoch with less than this share of the usual number of posts is a gap of the stream, not news about keywords.
const GAP_SHARE: f64 = 0.25;

/// A language is told apart from an epoch with so many posts on.
const LANGUAGE_POSTS_MIN: u32 = 5;
/// At most so many are.
const LANGUAGES_MAX: usize = 48;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Streams {
    pub(crate) all: StreamLevel,
    pub(crate) by_language: BTreeMap<LanguageCode, StreamLevel>,
}

impl Streams {
    /// The language if it is told apart, or none.
    pub(crate) fn known(&self, language: LanguageCode) -> LanguageCode {
        if self.by_language.contains_key(&language) { language } else { LanguageCode::default() }
    }

    /// The stream in a language; the whole one for none, and for one that is not told apart.
    pub(crate) fn of(&self, language: LanguageCode) -> &StreamLevel {
        self.by_language.get(&language).unwrap_or(&self.all)
    }

    /// Hour `hour` is learned from now on; returns what [`StreamSeason::enter`] does.
    pub(crate) fn enter(&mut self, hour: i64) -> std::ops::Range<i64> {
        for level in self.by_language.values_mut() {
            level.season.enter(hour);
        }
        self.all.season.enter(hour)
    }

    /// Takes the posts of the epoch that starts at minute `start`: all, and `posts_of` each of `languages`. The hour
    /// must have been entered, unless it is a gap.
    pub(crate) fn learn(
        &mut self,
        start: i64,
        posts: u64,
        languages: &LanguagePosts,
        posts_of: impl Fn(LanguageCode) -> u32,
    ) {
        if !self.all.is_gap(posts) {
            for language in languages.languages() {
                let has_room = self.by_language.len() < LANGUAGES_MAX;
                if has_room && posts_of(language) >= LANGUAGE_POSTS_MIN {
                    // Silent until now, for as long as the whole stream was heard.
                    let season = StreamSeason { hour: self.all.season.hour, ..StreamSeason::default() };
                    let silent = StreamLevel { posts: 0.0, usual_posts: 0.0, season, ..self.all.clone() };
                    self.by_language.entry(language).or_insert(silent);
                }
            }
            for (&language, level) in &mut self.by_language {
                level.add_epoch(start, u64::from(posts_of(language)));
            }
        }
        self.all.learn(start, posts);
    }
}

/// The whole stream, or the part of it in one language.
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
            self.add_epoch(start, posts);
        }
        if self.usual_posts == 0.0 {
            self.usual_posts = posts as f64;
        } else {
            self.usual_posts += Self::local_weight() * (posts as f64 - self.usual_posts);
        }
    }

    fn add_epoch(&mut self, start: i64, posts: u64) {
        self.season.learn(hour_of(start), posts as f64);
        self.epochs = self.epochs * Self::decay() + 1.0;
        self.posts = self.posts * Self::decay() + posts as f64;
        self.minutes = self.minutes.saturating_add(EPOCH_MINUTES as u32);
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
    fn weights_halve_in_a_week() {
        let mut stream = StreamLevel::default();
        stream.learn(0, 1000);
        stream.usual_posts = 0.0;
        for _ in 0..7 * 288 {
            stream.epochs *= StreamLevel::decay();
        }
        assert!((stream.epochs - 0.5).abs() < 1e-9);
    }
}
