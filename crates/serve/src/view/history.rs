//! What each keyword did: its trends and counts of the last hours, as small points without their posts.
//!
//! Memory is bounded three times: by age, by points of a keyword, and by keywords. Age counts from the newest window
//! of any keyword, so that nothing here depends on a clock.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skytrend_event::time::SECOND;
use skytrend_event::{KeywordCount, KeywordKind, Micros, Trend, TrendStatus, WindowKind};

use super::Settings;
use super::series::{Point, PointKey, Series};
use super::standing::{LeavingOrder, Standing, weight};
use crate::{KeywordKey, schema};

/// A trend's numbers in one window. Fields as in [`Trend`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields are those of Trend, which documents them")]
pub struct TrendPoint {
    #[schemars(with = "schema::WindowKind")]
    pub window: WindowKind,
    #[schemars(with = "schema::Instant")]
    pub window_start: Micros,
    #[schemars(with = "schema::Instant")]
    pub window_end: Micros,
    #[schemars(with = "schema::TrendStatus")]
    pub status: TrendStatus,
    pub rank: u32,
    pub rank_change: Option<i32>,
    pub frequency: u64,
    pub unique_authors: u64,
    #[schemars(with = "schema::Number")]
    pub expected: f64,
    #[schemars(with = "schema::Number")]
    pub growth_rate: f64,
    #[schemars(with = "schema::Number")]
    pub z_score: f64,
    #[schemars(with = "schema::Number")]
    pub confidence_score: f64,
    #[schemars(with = "schema::Number")]
    pub velocity: f64,
    #[schemars(with = "schema::Number")]
    pub score: f64,
    /// `why.observed` and `why.dispersion` of it: with `expected`, the band in which it would be nothing special.
    #[schemars(with = "schema::Number")]
    pub observed: f64,
    #[schemars(with = "schema::Number")]
    pub dispersion: f64,
}

impl From<&Trend> for TrendPoint {
    fn from(trend: &Trend) -> Self {
        Self {
            window: trend.window,
            window_start: trend.window_start,
            window_end: trend.window_end,
            status: trend.status,
            rank: trend.rank,
            rank_change: trend.rank_change,
            frequency: trend.frequency,
            unique_authors: trend.unique_authors,
            expected: trend.expected,
            growth_rate: trend.growth_rate,
            z_score: trend.z_score,
            confidence_score: trend.confidence_score,
            velocity: trend.velocity,
            score: trend.score,
            observed: trend.why.observed,
            dispersion: trend.why.dispersion,
        }
    }
}

/// A keyword's count in one window. Fields as in [`KeywordCount`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields are those of KeywordCount, which documents them")]
pub struct CountPoint {
    #[schemars(with = "schema::WindowKind")]
    pub window: WindowKind,
    #[schemars(with = "schema::Instant")]
    pub window_start: Micros,
    #[schemars(with = "schema::Instant")]
    pub window_end: Micros,
    pub count: u64,
    pub unique_authors: u64,
}

impl From<&KeywordCount> for CountPoint {
    fn from(count: &KeywordCount) -> Self {
        Self {
            window: count.window,
            window_start: count.window_start,
            window_end: count.window_end,
            count: count.count,
            unique_authors: count.unique_authors,
        }
    }
}

/// What is held of one keyword.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeywordHistory {
    /// As people mostly write it, by its newest record.
    pub keyword: String,
    /// NFKC, lower case, without `#`.
    pub normalized_keyword: String,
    /// Word, hashtag or phrase.
    pub kind: KeywordKind,
    /// The language of its newest record.
    pub language: String,
    /// Its trends, oldest window first.
    pub history: Vec<TrendPoint>,
    /// Its counts, oldest window first.
    pub counts: Vec<CountPoint>,
}

/// A keyword that a search has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FoundKeyword {
    /// As people mostly write it, by its newest record.
    pub keyword: String,
    /// NFKC, lower case, without `#`.
    pub normalized_keyword: String,
    /// Word, hashtag or phrase.
    #[schemars(with = "schema::KeywordKind")]
    pub kind: KeywordKind,
    /// The language of its newest record.
    pub language: String,
    /// Posts in the newest sliding window in which it was counted; 0 if it never was.
    pub count: u64,
    /// Distinct authors in it.
    pub unique_authors: u64,
    /// The end of that window, or of the newest one with a record of it.
    #[schemars(with = "schema::Instant")]
    pub window_end: Micros,
}

impl Point for TrendPoint {
    fn key(&self) -> PointKey {
        (self.window_end, self.window)
    }
}

impl Point for CountPoint {
    fn key(&self) -> PointKey {
        (self.window_end, self.window)
    }
}

#[derive(Debug)]
struct Entry {
    keyword: String,
    language: String,
    newest: Micros,
    weight: i64,
    trends: Series<TrendPoint>,
    counts: Series<CountPoint>,
}

impl Entry {
    const fn new() -> Self {
        Self {
            keyword: String::new(),
            language: String::new(),
            newest: Micros(i64::MIN),
            weight: i64::MIN,
            trends: Series::new(),
            counts: Series::new(),
        }
    }

    /// The end of its newest window that had ended by then.
    fn newest_until(&self, moment: Micros) -> Option<Micros> {
        let trend = self.trends.last_where(|point| point.window_end <= moment);
        let count = self.counts.last_where(|point| point.window_end <= moment);
        trend.map(|point| point.window_end).max(count.map(|point| point.window_end))
    }

    fn standing(&self) -> Standing {
        Standing { trended: !self.trends.is_empty(), weight: self.weight, newest: self.newest }
    }
}

/// What a record of either topic says of its keyword.
struct Said<'a> {
    keyword: &'a str,
    language: &'a str,
    window_end: Micros,
    posts: u64,
    is_trend: bool,
}

#[derive(Debug)]
pub(super) struct Histories {
    length: i64,
    keywords_max: usize,
    points_max: usize,
    newest: Option<Micros>,
    entries: BTreeMap<KeywordKey, Entry>,
    leaving: LeavingOrder,
}

impl Histories {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            length: i64::from(settings.history_secs) * SECOND,
            keywords_max: settings.history_keywords_max,
            points_max: settings.history_points_max,
            newest: None,
            entries: BTreeMap::new(),
            leaving: LeavingOrder::default(),
        }
    }

    pub(super) fn apply_trend(&mut self, trend: &Trend) {
        let key = KeywordKey::new(&trend.normalized_keyword, trend.kind);
        let said = Said {
            keyword: &trend.keyword,
            language: &trend.language,
            window_end: trend.window_end,
            posts: trend.frequency,
            is_trend: true,
        };
        self.touch(key, &said, |entry| {
            entry.trends.insert(trend.into());
        });
    }

    pub(super) fn apply_count(&mut self, count: &KeywordCount) {
        let key = KeywordKey::new(&count.normalized_keyword, count.kind);
        let said = Said {
            keyword: &count.keyword,
            language: &count.language,
            window_end: count.window_end,
            posts: count.count,
            is_trend: false,
        };
        self.touch(key, &said, |entry| {
            entry.counts.insert(count.into());
        });
    }

    /// The language of a keyword's newest record, if it has a history.
    pub(super) fn language(&self, key: &KeywordKey) -> Option<&str> {
        self.entries.get(key).map(|entry| entry.language.as_str())
    }

    pub(super) fn get(&self, key: &KeywordKey) -> Option<KeywordHistory> {
        let entry = self.entries.get(key)?;
        let horizon = self.horizon();
        Some(KeywordHistory {
            keyword: entry.keyword.clone(),
            normalized_keyword: key.normalized_keyword.to_string(),
            kind: key.kind,
            language: entry.language.clone(),
            history: entry.trends.after(horizon),
            counts: entry.counts.after(horizon),
        })
    }

    /// The end of the newest window; before the first, the least there is.
    pub(super) fn newest_end(&self) -> Micros {
        self.newest.unwrap_or(Micros(i64::MIN))
    }

    /// Those with this text, as they were at that moment.
    pub(super) fn find(&self, text: &str, moment: Micros) -> Vec<FoundKeyword> {
        let has_it = self.entries.iter().filter(|(key, _)| key.normalized_keyword.contains(text));
        let found = |(key, entry): (&KeywordKey, &Entry)| {
            let newest = entry.newest_until(moment)?;
            let is_last =
                |point: &CountPoint| point.window == WindowKind::Sliding && point.window_end <= moment;
            let last = entry.counts.last_where(is_last);
            Some(FoundKeyword {
                keyword: entry.keyword.clone(),
                normalized_keyword: key.normalized_keyword.to_string(),
                kind: key.kind,
                language: entry.language.clone(),
                count: last.map_or(0, |point| point.count),
                unique_authors: last.map_or(0, |point| point.unique_authors),
                window_end: last.map_or(newest, |point| point.window_end),
            })
        };
        has_it.filter_map(found).collect()
    }

    /// Window ends at or before this are too old.
    fn horizon(&self) -> Micros {
        self.newest.map_or(Micros(i64::MIN), |newest| newest.plus(-self.length))
    }

    fn touch(&mut self, key: KeywordKey, said: &Said<'_>, add: impl FnOnce(&mut Entry)) {
        if self.newest < Some(said.window_end) {
            self.newest = Some(said.window_end);
            self.remove_expired();
        }
        let horizon = self.horizon();
        if said.window_end <= horizon {
            return;
        }
        let weight = weight(said.window_end, said.posts);
        let mut entry = match self.entries.remove(&key) {
            Some(entry) => {
                self.leaving.remove(&key, entry.standing());
                entry
            }
            None if self.make_room(said.is_trend, weight) => Entry::new(),
            None => return,
        };
        if said.window_end >= entry.newest {
            entry.newest = said.window_end;
            said.keyword.clone_into(&mut entry.keyword);
            said.language.clone_into(&mut entry.language);
        }
        entry.weight = entry.weight.max(weight);
        add(&mut entry);
        entry.trends.drop_old(horizon, self.points_max);
        entry.counts.drop_old(horizon, self.points_max);
        self.leaving.insert(&key, entry.standing());
        self.entries.insert(key, entry);
    }

    fn remove_expired(&mut self) {
        let horizon = self.horizon();
        while let Some(key) = self.leaving.ended_by(horizon) {
            self.remove(&key);
        }
    }

    /// Whether there is room for one more keyword, after the one that is worth least left for it.
    fn make_room(&mut self, is_trend: bool, weight: i64) -> bool {
        if self.entries.len() < self.keywords_max {
            return true;
        }
        let Some(key) = self.leaving.leaves_for(is_trend, weight) else { return false };
        self.remove(&key);
        true
    }

    fn remove(&mut self, key: &KeywordKey) {
        let entry = self.entries.remove(key).expect("whoever may leave is held");
        self.leaving.remove(key, entry.standing());
    }
}

#[cfg(test)]
impl Histories {
    /// Whether the bounds hold and the two indexes name the same keywords.
    pub(super) fn sizes_are_within(&self, keywords_max: usize, points_max: usize) -> bool {
        let points =
            |e: &Entry| e.trends.after(Micros(i64::MIN)).len().max(e.counts.after(Micros(i64::MIN)).len());
        self.entries.len() <= keywords_max
            && self.entries.values().all(|e| points(e) <= points_max)
            && self.leaving.sizes_are(self.entries.len())
    }
}
