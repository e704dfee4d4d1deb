//! The trends of the newest window of one kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use skytrend_event::{Micros, Trend, TrendStatus};

use crate::KeywordKey;

/// The trends of one window.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrentTrends {
    /// First instant of the window.
    pub window_start: Micros,
    /// First instant after the window.
    pub window_end: Micros,
    /// By rank, best first; empty when nothing trends.
    pub trends: Vec<Arc<Trend>>,
}

/// The fold of one kind of window.
#[derive(Debug)]
pub(super) struct CurrentWindow {
    trends_max: usize,
    bounds: Option<(Micros, Micros)>,
    by_keyword: BTreeMap<KeywordKey, Arc<Trend>>,
    /// Built from the above when it is next asked for.
    snapshot: Option<Arc<CurrentTrends>>,
}

impl CurrentWindow {
    pub(super) const fn new(trends_max: usize) -> Self {
        Self { trends_max, bounds: None, by_keyword: BTreeMap::new(), snapshot: None }
    }

    /// A newer window replaces everything, an older one changes nothing, and in the same window the last record of a
    /// keyword stands. A trend that ended is no trend of its window.
    pub(super) fn apply(&mut self, trend: Trend) {
        let newest = self.bounds.map(|(_, end)| end);
        if newest.is_some_and(|end| trend.window_end < end) {
            return;
        }
        self.snapshot = None;
        if newest.is_none_or(|end| trend.window_end > end) {
            self.by_keyword.clear();
        }
        self.bounds = Some((trend.window_start, trend.window_end));
        let key = KeywordKey::new(&trend.normalized_keyword, trend.kind);
        if trend.status == TrendStatus::Ended {
            self.by_keyword.remove(&key);
        } else {
            self.by_keyword.insert(key, Arc::new(trend));
            self.drop_worst_over_limit();
        }
    }

    /// The language of a keyword that trends.
    pub(super) fn language(&self, key: &KeywordKey) -> Option<&str> {
        self.by_keyword.get(key).map(|trend| trend.language.as_str())
    }

    /// The window by rank; none before the first record.
    pub(super) fn snapshot(&mut self) -> Option<Arc<CurrentTrends>> {
        let (window_start, window_end) = self.bounds?;
        let snapshot = self.snapshot.get_or_insert_with(|| {
            let mut trends: Vec<_> = self.by_keyword.values().cloned().collect();
            trends.sort_by_key(|trend| trend.rank); // stable: equal ranks stay in the order of their keys
            Arc::new(CurrentTrends { window_start, window_end, trends })
        });
        Some(Arc::clone(snapshot))
    }

    fn drop_worst_over_limit(&mut self) {
        if self.by_keyword.len() <= self.trends_max {
            return;
        }
        let worst =
            self.by_keyword.iter().max_by_key(|(key, trend)| (trend.rank, *key)).map(|(key, _)| key.clone());
        if let Some(key) = worst {
            self.by_keyword.remove(&key);
        }
    }
}
