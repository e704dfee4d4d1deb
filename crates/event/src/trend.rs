//! What the detector finds: a [`Trend`] for each keyword and window that stands out, and an [`Alert`] when a strong
//! one starts and ends.

use serde::{Deserialize, Serialize};

use crate::keyword::undetermined;
use crate::{EventId, KeywordKind, Micros, WindowKind};

/// A share of all, a factor that changes nothing.
fn whole() -> f64 {
    1.0
}

/// Where a trend is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrendStatus {
    /// First window.
    Started,
    /// More than in the window before.
    Rising,
    /// About as much as in the window before, near its maximum.
    Peaking,
    /// Less than in the window before.
    Fading,
    /// Stands no more; the last record of this trend.
    Ended,
}

/// A keyword that stands out in one window. Topic `trending-keywords`, key: normalized keyword. Natural key:
/// (`normalized_keyword`, `kind`, `window`, `window_end`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// As people mostly write it; hashtags with `#`.
    pub keyword: String,
    /// NFKC, lower case, without `#`.
    pub normalized_keyword: String,
    /// Word, hashtag or phrase.
    pub kind: KeywordKind,
    /// The language that most of its latest posts are in (BCP 47 primary subtag), or `und`.
    #[serde(default = "undetermined")]
    pub language: String,
    /// Of the topic that the keyword stands for, 16 hexadecimal digits; the same in every window while the topic lasts,
    /// although another of its keywords may come to stand for it.
    #[serde(default)]
    pub topic_id: String,
    /// Where it is in its life.
    pub status: TrendStatus,
    /// Sliding or tumbling.
    pub window: WindowKind,
    /// First instant of the window.
    pub window_start: Micros,
    /// First instant after the window.
    pub window_end: Micros,
    /// End of the first window in which it stood out.
    pub started_at: Micros,
    /// Posts in the window.
    pub frequency: u64,
    /// Distinct authors in the window.
    pub unique_authors: u64,
    /// Posts expected from its own past.
    pub expected: f64,
    /// What is scored, over what was expected plus one (ALGORITHM.md 1.3).
    pub growth_rate: f64,
    /// Standard deviations above the expectation, over-dispersion included.
    pub z_score: f64,
    /// One minus the adjusted probability that chance alone does this; 0 to 1.
    pub confidence_score: f64,
    /// Change of what is scored over the last ten minutes, per minute.
    pub velocity: f64,
    /// What it is ranked by: how many authors more than expected its strongest keyword has, at least.
    pub score: f64,
    /// 1 for the first; 0 when ended.
    pub rank: u32,
    /// Places gained since the slide before (negative: lost); none for a trend that is new in the ranking.
    pub rank_change: Option<i32>,
    /// Whether an alert about it is open.
    #[serde(default)]
    pub is_alerting: bool,
    /// Posts per minute of the last hour, oldest first; at most 60.
    #[serde(default)]
    pub sparkline: Vec<u32>,
    /// The keywords that rise together in the same posts and are this topic, the shown one first; hashtags with `#`.
    #[serde(default)]
    pub terms: Vec<String>,
    /// Share of its authors that look like people who talk, 0 to 1: near-copies and accounts made for the topic are
    /// not.
    #[serde(default = "whole")]
    pub organic_share: f64,
    /// Keywords of the same posts, most shared first; neither terms of the topic nor words of these.
    #[serde(default)]
    pub related: Vec<String>,
    /// Real posts of this window, or with which people engaged in it; newest first.
    #[serde(default)]
    pub sample_posts: Vec<SamplePost>,
    /// Why: the parts the score was made of.
    pub why: ScoreParts,
}

/// A post that shows what a trend is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamplePost {
    /// at:// URI of a real post.
    pub uri: String,
    /// Its author.
    pub author_did: String,
    /// Its text.
    pub text: String,
    /// When it was seen.
    pub witnessed_at: Micros,
    /// The id that follows it through the traces; as text, since it is read by people and by clients whose numbers are
    /// doubles.
    #[serde(with = "crate::id::event_id::as_text")]
    pub event_id: EventId,
}

/// The parts of a trend's score (ALGORITHM.md 1.2 and 1.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScoreParts {
    /// What was scored: authors, near-copies of a text counted once.
    pub observed: f64,
    /// Its expectation in this window.
    pub expected: f64,
    /// Over-dispersion: variance is `expected + dispersion * expected^2`.
    pub dispersion: f64,
    /// Factor of the hour of the day.
    #[serde(default = "whole")]
    pub daily_season: f64,
    /// Factor of the hour of the week, beyond that of the day.
    #[serde(default = "whole")]
    pub weekly_season: f64,
    /// Factor of the last two hours' level.
    pub local_level: f64,
    /// Posts of all keywords in the window, the denominator of the expected share.
    pub window_posts: u64,
    /// Share of the posts that were near-copies of others, 0 to 1.
    pub copied_share: f64,
    /// Authors that were left out because more of them were newcomers than usual.
    #[serde(default)]
    pub surplus_newcomers: f64,
    /// What authors count less for having posted more than once: people who talk with each other.
    #[serde(default)]
    pub repeated: f64,
    /// Minutes of history behind the expectation.
    pub history_minutes: u32,
}

/// What an alert says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// The keyword passed the alert threshold.
    Started,
    /// It fell back for good.
    Ended,
}

/// One message to people: a strong trend starts or ends. Topic `alerts`, key: normalized keyword. Natural key:
/// (`watchlist`, `normalized_keyword`, `keyword_kind`, `kind`, `window_end`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Start or end.
    pub kind: AlertKind,
    /// As in [`Trend`].
    pub keyword: String,
    /// As in [`Trend`].
    pub normalized_keyword: String,
    /// Word, hashtag or phrase.
    pub keyword_kind: KeywordKind,
    /// As in [`Trend`].
    #[serde(default = "undetermined")]
    pub language: String,
    /// As in [`Trend`].
    #[serde(default)]
    pub topic_id: String,
    /// Posts in the window.
    pub frequency: u64,
    /// Distinct authors in the window.
    pub unique_authors: u64,
    /// As in [`Trend`].
    pub growth_rate: f64,
    /// As in [`Trend`].
    pub z_score: f64,
    /// As in [`Trend`].
    pub confidence_score: f64,
    /// As in [`Trend`].
    pub velocity: f64,
    /// Place in the ranking; 0 at the end.
    pub rank: u32,
    /// As in [`Trend`].
    pub window: WindowKind,
    /// First instant of the window.
    pub window_start: Micros,
    /// First instant after the window.
    pub window_end: Micros,
    /// When the trend started.
    pub started_at: Micros,
    /// Real posts; empty at the end.
    #[serde(default)]
    pub sample_posts: Vec<SamplePost>,
    /// The watchlist it is about, whose name is then the keyword and
    /// [`WHOLE_WATCHLIST`](crate::keyword::WHOLE_WATCHLIST) the normalized one.
    #[serde(default)]
    pub watchlist: Option<String>,
}
