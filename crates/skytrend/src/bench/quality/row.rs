//! What is scored: the ranked list of one window, whoever made it. How it is scored is not known here.

use serde::Deserialize;
use skytrend_event::time::MINUTE;
use skytrend_event::{Trend, TrendStatus, WindowKind};
use skytrend_sim::quality::QualitySettings;
use unicode_normalization::UnicodeNormalization as _;

/// A line of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The window's last minute, from the world's start.
    pub minute: u32,
    /// From 1.
    pub rank: u32,
    /// What it is about: the keyword it is named after first, then other members of its topic. [`normalized`].
    pub keywords: Vec<String>,
    /// What decides whether it is listed at all.
    pub z: f32,
    /// Whether it was not listed in the window before.
    pub is_started: bool,
}

/// How keywords are compared: NFKC, lower case, without `#`, one space between words.
pub fn normalized(keyword: &str) -> String {
    let text: String =
        keyword.trim_start_matches(['#', '\u{ff03}']).nfkc().flat_map(char::to_lowercase).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is read of a trend in a file: anything else it may carry is not needed for the score.
#[derive(Debug, Deserialize)]
pub struct RecordedTrend {
    normalized_keyword: String,
    /// Other members of the topic, where the list has topics.
    #[serde(default)]
    terms: Vec<String>,
    status: TrendStatus,
    window: WindowKind,
    window_end: i64,
    z_score: f64,
    rank: u32,
}

impl From<&Trend> for RecordedTrend {
    fn from(trend: &Trend) -> Self {
        Self {
            normalized_keyword: trend.normalized_keyword.clone(),
            status: trend.status,
            window: trend.window,
            window_end: trend.window_end.0,
            z_score: trend.z_score,
            terms: trend.terms.clone(),
            rank: trend.rank,
        }
    }
}

impl RecordedTrend {
    /// What the trend is named after, then the other members of its topic, each once.
    fn keywords(&self) -> Vec<String> {
        let mut keywords = vec![normalized(&self.normalized_keyword)];
        for term in self.terms.iter().map(|term| normalized(term)) {
            if !keywords.contains(&term) {
                keywords.push(term);
            }
        }
        keywords
    }

    /// Its row; none of one that ended, of a tumbling window, or of a window outside the world.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "scores are compared; single precision is plenty for that"
    )]
    pub fn row(&self, settings: &QualitySettings) -> Option<Row> {
        if self.window != WindowKind::Sliding || self.rank == 0 {
            return None;
        }
        let minutes = (self.window_end - settings.start.0).div_euclid(MINUTE) - 1;
        Some(Row {
            minute: u32::try_from(minutes).ok().filter(|minute| *minute < settings.minutes())?,
            rank: self.rank,
            keywords: self.keywords(),
            z: self.z_score as f32,
            is_started: self.status == TrendStatus::Started,
        })
    }
}
