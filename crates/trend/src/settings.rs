//! Every knob of the detector, with its default and the reason for it, and the check that the values make sense
//! together. Where they are read from is not known here.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use skytrend_event::Topic;

use crate::engine::PHRASES_PER_POST_MAX;
use crate::moderation::{Moderation, Rules};
use crate::pattern::InvalidPattern;
use crate::thinning::EngagementKind;
use crate::watch::{WATCHED_PER_POST_MAX, Watches, Watchlist};

/// Shards that keywords are spread over by hash. Each has its own part of every budget, so that a split of the
/// shards over processes gives the same result as one process. Fixed: it is part of what a budget means.
pub const SHARDS: usize = 128;

/// The longest window that can be asked for: what is retained grows with it.
const WINDOW_MINUTES_MAX: u32 = 240;

/// With what is watched, the number of a post's keywords fits in a byte.
const KEYWORDS_PER_POST_MAX: u32 = u8::MAX as u32 - (WATCHED_PER_POST_MAX + PHRASES_PER_POST_MAX) as u32;

/// How the detector works. All lengths of time are in whole minutes of witnessed time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Length of the sliding window.
    pub sliding_minutes: u32,
    /// The sliding window moves by this much.
    pub slide_minutes: u32,
    /// Length of the tumbling window, aligned to the Unix epoch.
    pub tumbling_minutes: u32,
    /// A pause longer than this ends an author's session.
    pub session_gap_minutes: u32,

    /// A keyword's count is output from this many posts in the window on.
    pub counts_min: u32,
    /// A post counts for at most this many keywords, hashtags first; a post of 300 graphemes seldom has 50.
    pub keywords_per_post_max: u32,
    /// The share of reposts that count, 0 to 1, each as one more voice for its post's keywords; at 0 none is read.
    pub repost_weight: f64,
    /// The same of likes.
    pub like_weight: f64,

    /// At most this many trends are output for a window …
    pub top: u32,
    /// … and this many of each language, wherever these stand among all: a language that few write in has a list, too.
    pub top_of_language: u32,
    /// A trend has at least this many posts in the window.
    pub min_frequency: u32,
    /// A trend has at least this many authors in the window, near-copies of a text counted once.
    pub min_authors: u32,
    /// Whether an author with two posts on a keyword in the window counts two thirds, and one with more a third: people
    /// who talk with each other. Not for sources with a few dozen authors.
    pub discount_repeats: bool,
    /// A trend has at least this growth rate.
    pub min_growth_rate: f64,
    /// A keyword becomes a trend at this z-score, in standard deviations (ALGORITHM.md 1.3).
    pub min_z_score: f64,
    /// A trend ends when its z-score has stayed below this …
    pub end_z_score: f64,
    /// … for this long.
    pub end_minutes: u32,
    /// An alert opens at this z-score: 0.5 false alarms an hour over 8,700 keywords (ALGORITHM.md 1.3).
    pub alert_z_score: f64,
    /// An alert closes when the z-score has stayed below this …
    pub alert_end_z_score: f64,
    /// … for this long.
    pub alert_end_minutes: u32,

    /// A keyword gets a state of its own at this many authors in the sliding window: rare words never do.
    pub admission_authors: u32,
    /// At most this many keywords have a state; the least used leave first.
    pub tracked_keywords_max: u32,
    /// At most this many occurrences (keyword and post) are retained; above, the later ones of a minute are shed.
    /// Those of reposts and likes have at most half of it.
    pub occurrences_max: u32,
    /// At most this many posts are retained; above, the later ones of a minute and partition are shed. Reposts and
    /// likes, if they are read, have a part each that is as large as that of posts.
    pub posts_max: u32,
    /// At most this many events wait for their minute to close, when partitions are far apart; above, posts are shed,
    /// and above twice as many, retractions too.
    pub pending_posts_max: u32,
    /// At most this many authors have an open session; above, sessions without a retained post end early.
    pub sessions_max: u32,

    /// Sample posts with each trend.
    pub sample_posts: u32,
    /// A sample's text is cut to this many bytes: whole for nearly every post, whose limit is 300 graphemes.
    pub sample_text_bytes_max: u32,
    /// Related keywords with each trend.
    pub related_keywords: u32,

    /// What must not be shown.
    pub moderation: Moderation,
    /// What is watched, however small.
    pub watchlists: Vec<Watchlist>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sliding_minutes: 10,
            slide_minutes: 1,
            tumbling_minutes: 5,
            session_gap_minutes: 10,
            counts_min: 5,
            keywords_per_post_max: 64,
            repost_weight: 0.0,
            like_weight: 0.0,
            top: 50,
            top_of_language: 10,
            min_frequency: 5,
            min_authors: 5,
            discount_repeats: true,
            min_growth_rate: 1.5,
            min_z_score: 4.5,
            end_z_score: 2.5,
            end_minutes: 10,
            alert_z_score: 6.0,
            alert_end_z_score: 3.0,
            alert_end_minutes: 10,
            admission_authors: 3,
            tracked_keywords_max: 100_000,
            occurrences_max: 4_000_000,
            posts_max: 1_000_000,
            pending_posts_max: 300_000,
            sessions_max: 300_000,
            sample_posts: 3,
            sample_text_bytes_max: 1_000,
            related_keywords: 5,
            moderation: Moderation::default(),
            watchlists: Vec::new(),
        }
    }
}

/// Settings that make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} must be {rule}")]
pub struct InvalidSettings {
    /// The setting.
    pub name: &'static str,
    /// What it must be.
    pub rule: Cow<'static, str>,
}

impl InvalidSettings {
    pub(crate) fn new(name: &'static str, rule: impl Into<Cow<'static, str>>) -> Self {
        Self { name, rule: rule.into() }
    }

    /// A list of patterns with one that is none.
    pub(crate) fn of_pattern(name: &'static str, error: &InvalidPattern) -> Self {
        Self::new(name, format!("a list of patterns; {error}"))
    }
}

impl Settings {
    /// Checks that each value lies in its range.
    pub fn validate(&self) -> Result<(), InvalidSettings> {
        let minutes = 1..=WINDOW_MINUTES_MAX;
        let rules: [(&'static str, bool, &'static str); 22] = [
            ("sliding_minutes", minutes.contains(&self.sliding_minutes), "1 to 240"),
            (
                "slide_minutes",
                (1..=self.sliding_minutes.min(5)).contains(&self.slide_minutes),
                "1 to 5 and at most sliding_minutes",
            ),
            ("tumbling_minutes", minutes.contains(&self.tumbling_minutes), "1 to 240"),
            ("session_gap_minutes", minutes.contains(&self.session_gap_minutes), "1 to 240"),
            ("counts_min", self.counts_min >= 1, "at least 1"),
            ("admission_authors", (1..=100).contains(&self.admission_authors), "1 to 100"),
            (
                "keywords_per_post_max",
                (1..=KEYWORDS_PER_POST_MAX).contains(&self.keywords_per_post_max),
                "1 to 128",
            ),
            ("repost_weight", (0.0..=1.0).contains(&self.repost_weight), "0 to 1"),
            ("like_weight", (0.0..=1.0).contains(&self.like_weight), "0 to 1"),
            ("min_authors", self.min_authors >= 1, "at least 1"),
            ("min_growth_rate", self.min_growth_rate >= 0.0, "a number, at least 0"),
            ("min_z_score", self.min_z_score.is_finite(), "a finite number"),
            ("end_z_score", self.end_z_score <= self.min_z_score, "a number, at most min_z_score"),
            ("end_minutes", self.end_minutes <= self.alert_end_minutes, "at most alert_end_minutes"),
            ("alert_z_score", self.alert_z_score >= self.min_z_score, "a number, at least min_z_score"),
            (
                "alert_end_z_score",
                self.alert_end_z_score <= self.alert_z_score,
                "a number, at most alert_z_score",
            ),
            ("alert_end_minutes", minutes.contains(&self.alert_end_minutes), "1 to 240"),
            ("posts_max", self.posts_max <= 1 << 28, "at most 2^28"),
            // These three hold the keywords that are in use, whose numbers have 27 bits.
            (
                "pending_posts_max",
                u64::from(self.pending_posts_max) * 2 * u64::from(self.keywords_per_post_max) <= 3 << 24,
                "at most 3 x 2^23 / keywords_per_post_max",
            ),
            ("occurrences_max", self.occurrences_max <= 1 << 26, "at most 2^26"),
            ("tracked_keywords_max", self.tracked_keywords_max <= 1 << 23, "at most 2^23"),
            ("sample_text_bytes_max", self.sample_text_bytes_max <= 10_000, "at most 10,000"),
        ];
        if let Some((name, _, rule)) = rules.into_iter().find(|(_, holds, _)| !holds) {
            return Err(InvalidSettings::new(name, rule));
        }
        Rules::compile(&self.moderation)?;
        Watches::compile(&self.watchlists)?;
        Ok(())
    }

    /// A number that differs when a setting differs by which a detector's state means something else: a snapshot is
    /// only good for those. Thresholds, limits and lists may change; they hold from then on.
    pub(crate) fn fingerprint(&self) -> u64 {
        let Self { sliding_minutes, slide_minutes, tumbling_minutes, session_gap_minutes, .. } = self;
        let windows = [sliding_minutes, slide_minutes, tumbling_minutes, session_gap_minutes];
        let weights = [self.repost_weight, self.like_weight];
        xxhash_rust::xxh3::xxh3_64(format!("{windows:?} {weights:?}").as_bytes())
    }

    /// The topics that a detector with these settings reads: that of posts first.
    pub fn topics(&self) -> Vec<Topic> {
        let engagements = self.engagements().map(|kind| match kind {
            EngagementKind::Repost => Topic::Reposts,
            EngagementKind::Like => Topic::Likes,
        });
        std::iter::once(Topic::Posts).chain(engagements).collect()
    }

    /// The kinds of engagements that are read, in their order.
    pub(crate) fn engagements(&self) -> impl Iterator<Item = EngagementKind> + '_ {
        let is_read = |kind: &EngagementKind| self.weight(*kind) > 0.0;
        [EngagementKind::Repost, EngagementKind::Like].into_iter().filter(is_read)
    }

    /// The share of engagements of this kind that count.
    pub(crate) fn weight(&self, kind: EngagementKind) -> f64 {
        match kind {
            EngagementKind::Repost => self.repost_weight,
            EngagementKind::Like => self.like_weight,
        }
    }

    /// How many closed minutes are retained: the longest window, and the epoch that baselines learn after it.
    pub(crate) fn retained_minutes(&self) -> u32 {
        self.sliding_minutes.max(self.tumbling_minutes) + crate::stream::EPOCH_MINUTES as u32
    }

    /// The longer of the two windows, in minutes.
    pub(crate) fn longest_window_minutes(&self) -> i64 {
        i64::from(self.sliding_minutes.max(self.tumbling_minutes))
    }
}
