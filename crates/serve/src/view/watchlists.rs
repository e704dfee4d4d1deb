//! What was counted of each watchlist in its newest windows: its total, and its terms.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use skytrend_event::keyword::WHOLE_WATCHLIST;
use skytrend_event::time::MINUTE;
use skytrend_event::{KeywordCount, KeywordKind, Micros, WindowKind};

use crate::schema;

/// More lists than a detector takes; at it, new ones are left out.
const LISTS_MAX: usize = 200;
/// More terms than a detector takes for all lists together; at it, new ones are left out.
const TERMS_MAX: usize = 40_000;
/// Every list is counted in every window: one that was not for so long is not watched any more.
const GONE_AFTER: i64 = 60 * MINUTE;

/// A watchlist in its newest window of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchedList {
    /// None before its first window.
    pub sliding: Option<Arc<WatchedWindow>>,
    /// None before its first window.
    pub tumbling: Option<Arc<WatchedWindow>>,
}

/// A watchlist in one window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WatchedWindow {
    /// First instant of the window.
    #[schemars(with = "schema::Instant")]
    pub window_start: Micros,
    /// First instant after the window.
    #[schemars(with = "schema::Instant")]
    pub window_end: Micros,
    /// Posts that match any of its terms, each once.
    pub count: u64,
    /// Distinct authors of these posts.
    pub unique_authors: u64,
    /// The language that most of its latest posts are in, or `und`.
    pub language: String,
    /// Those of its terms that have posts, by name.
    #[serde(skip)]
    pub terms: BTreeMap<String, WatchedTerm>,
}

/// A term in one window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WatchedTerm {
    /// As in the settings.
    pub term: String,
    /// Word, hashtag or phrase.
    #[schemars(with = "schema::KeywordKind")]
    pub kind: KeywordKind,
    /// Posts that match it, each once.
    pub count: u64,
    /// Distinct authors of these posts.
    pub unique_authors: u64,
}

/// The fold.
#[derive(Debug, Default)]
pub(super) struct Watchlists {
    lists: BTreeMap<String, WatchedList>,
    newest: Option<Micros>,
}

impl Watchlists {
    /// Takes a count of the list `name`. A newer window replaces everything, an older one changes nothing, and in the
    /// same window the last record of a term stands.
    pub(super) fn apply(&mut self, name: &str, count: &KeywordCount) {
        if self.newest < Some(count.window_end) {
            self.newest = Some(count.window_end);
            let gone = count.window_end.plus(-GONE_AFTER);
            self.lists.retain(|_, list| list.newest_end().is_some_and(|end| end > gone));
        }
        if self.lists.len() >= LISTS_MAX && !self.lists.contains_key(name) {
            return;
        }
        let list = self.lists.entry(name.to_owned()).or_default();
        let window = match count.window {
            WindowKind::Sliding => &mut list.sliding,
            WindowKind::Tumbling => &mut list.tumbling,
        };
        if window.as_ref().is_some_and(|window| window.window_end > count.window_end) {
            return;
        }
        if window.as_ref().is_none_or(|window| window.window_end < count.window_end) {
            *window = Some(Arc::new(WatchedWindow::before_its_counts(count)));
        }
        if let Some(window) = window {
            // Copied only if the last window that was published is this one.
            Arc::make_mut(window).take(count);
        }
    }

    pub(super) fn snapshot(&self) -> BTreeMap<String, WatchedList> {
        self.lists.clone()
    }
}

impl WatchedList {
    fn newest_end(&self) -> Option<Micros> {
        self.end(WindowKind::Sliding).max(self.end(WindowKind::Tumbling))
    }

    /// The end of its newest window of this kind.
    pub(super) fn end(&self, window: WindowKind) -> Option<Micros> {
        let window = match window {
            WindowKind::Sliding => &self.sliding,
            WindowKind::Tumbling => &self.tumbling,
        };
        window.as_ref().map(|window| window.window_end)
    }
}

impl WatchedWindow {
    fn before_its_counts(count: &KeywordCount) -> Self {
        Self {
            window_start: count.window_start,
            window_end: count.window_end,
            count: 0,
            unique_authors: 0,
            language: count.language.clone(),
            terms: BTreeMap::new(),
        }
    }

    fn take(&mut self, count: &KeywordCount) {
        if count.normalized_keyword == WHOLE_WATCHLIST {
            (self.count, self.unique_authors) = (count.count, count.unique_authors);
            self.language.clone_from(&count.language);
        } else if self.terms.len() < TERMS_MAX {
            let term = WatchedTerm {
                term: count.keyword.clone(),
                kind: count.kind,
                count: count.count,
                unique_authors: count.unique_authors,
            };
            self.terms.insert(count.normalized_keyword.clone(), term);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{at, watched};

    #[test]
    fn the_newest_window_stands_and_lists_that_are_not_counted_any_more_leave() {
        let mut lists = Watchlists::default();
        lists.apply("old", &watched("old", "*", 1, 10));
        lists.apply("sea", &watched("sea", "*", 9, 10));
        lists.apply("sea", &watched("sea", "tide", 4, 10));
        lists.apply("sea", &watched("sea", "*", 7, 11));
        lists.apply("sea", &watched("sea", "tide", 99, 10));
        let snapshot = lists.snapshot();
        let sea = snapshot["sea"].sliding.as_ref().unwrap();
        assert_eq!((sea.window_end, sea.count, sea.terms.len()), (at(11), 7, 0));
        lists.apply("sea", &watched("sea", "*", 7, 71));
        assert_eq!(lists.snapshot().into_keys().collect::<Vec<_>>(), ["sea"]);
    }
}
