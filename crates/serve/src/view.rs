//! What is current: the fold of the topics `trending-keywords`, `window-counts`, `alerts` and `user-activity`.
//!
//! The program applies the records in log order and calls [`TrendView::publish`] when it has applied what it read at
//! once; readers then get one consistent [`Snapshot`] for the price of cloning an `Arc`. Applying a record again
//! changes nothing (natural keys), so the view can be rebuilt from the log's start, or continue from any earlier
//! position. It reads no clock: what is old is decided by the newest window seen.
//!
//! All of it is bounded by [`Settings`]; what leaves at a limit is said there.

mod current;
mod history;
mod newest;
mod series;
mod standing;
#[cfg(test)]
mod tests;
mod watchlists;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::Deserialize;
use skytrend_event::{Alert, AlertKind, KeywordCount, KeywordKind, Micros, Trend, UserActivity, WindowKind};
use tokio::sync::watch;

use crate::{KeywordKey, metrics};
pub use current::CurrentTrends;
use current::CurrentWindow;
use history::Histories;
pub use history::{CountPoint, FoundKeyword, KeywordHistory, TrendPoint};
use newest::Newest;
use watchlists::Watchlists;
pub use watchlists::{WatchedList, WatchedTerm, WatchedWindow};

/// How much the view holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Trends of one window; the lowest ranks leave. The default is more than the detector lists by default: the
    /// first 50, and the first ten of each of at most 64 languages.
    pub current_trends_max: usize,
    /// Age of the oldest history, in seconds before the end of the newest window; 0 keeps none.
    pub history_secs: u32,
    /// Keywords with a history; those that never trended leave first, and of them those used least and longest ago.
    /// At most some 50 MB at the default age, if each of them was counted in every window.
    pub history_keywords_max: usize,
    /// Points of each of a keyword's two histories; the oldest leave. The default holds six hours of both windows
    /// with a slide of half a minute.
    pub history_points_max: usize,
    /// Alerts; the oldest leave.
    pub alerts_max: usize,
    /// Windows of user activity; the oldest leave. The default holds a day of five-minute windows.
    pub activity_windows_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            current_trends_max: 1_000,
            history_secs: 6 * 3600,
            history_keywords_max: 2_000,
            history_points_max: 1_000,
            alerts_max: 500,
            activity_windows_max: 288,
        }
    }
}

/// What was current at one [`TrendView::publish`].
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The newest sliding window's trends; none before its first record.
    pub sliding: Option<Arc<CurrentTrends>>,
    /// The newest tumbling window's trends; none before its first record.
    pub tumbling: Option<Arc<CurrentTrends>>,
    /// Newest first.
    pub alerts: Vec<Arc<Alert>>,
    /// Newest first.
    pub activity: Vec<Arc<UserActivity>>,
    /// By name.
    pub watchlists: BTreeMap<String, WatchedList>,
}

impl Snapshot {
    /// The newest window of this kind, if any was seen.
    pub const fn current(&self, window: WindowKind) -> Option<&Arc<CurrentTrends>> {
        match window {
            WindowKind::Sliding => self.sliding.as_ref(),
            WindowKind::Tumbling => self.tumbling.as_ref(),
        }
    }
}

/// The fold, shared by those who apply records and those who read.
#[derive(Debug)]
pub struct TrendView {
    fold: Mutex<Fold>,
    published: watch::Sender<Arc<Snapshot>>,
}

/// Alerts of the same instant are ordered as their natural key is.
type AlertKey = (Micros, Option<String>, KeywordKey, bool);

#[derive(Debug)]
struct Fold {
    sliding: CurrentWindow,
    tumbling: CurrentWindow,
    histories: Histories,
    alerts: Newest<AlertKey, Alert>,
    activity: Newest<Micros, UserActivity>,
    watchlists: Watchlists,
}

impl TrendView {
    /// An empty view.
    pub fn new(settings: &Settings) -> Self {
        let fold = Fold {
            sliding: CurrentWindow::new(settings.current_trends_max),
            tumbling: CurrentWindow::new(settings.current_trends_max),
            histories: Histories::new(settings),
            alerts: Newest::new(settings.alerts_max),
            activity: Newest::new(settings.activity_windows_max),
            watchlists: Watchlists::default(),
        };
        Self { fold: Mutex::new(fold), published: watch::Sender::default() }
    }

    /// Applies a record of `trending-keywords`.
    pub fn apply_trend(&self, trend: Trend) {
        let mut fold = self.fold();
        fold.histories.apply_trend(&trend);
        match trend.window {
            WindowKind::Sliding => fold.sliding.apply(trend),
            WindowKind::Tumbling => fold.tumbling.apply(trend),
        }
    }

    /// Applies a record of `window-counts`.
    pub fn apply_count(&self, count: &KeywordCount) {
        match &count.watchlist {
            Some(name) => self.fold().watchlists.apply(name, count),
            None => self.fold().histories.apply_count(count),
        }
    }

    /// Applies a record of `alerts`.
    pub fn apply_alert(&self, alert: Alert) {
        let keyword = KeywordKey::new(&alert.normalized_keyword, alert.keyword_kind);
        let key = (alert.window_end, alert.watchlist.clone(), keyword, alert.kind == AlertKind::Ended);
        self.fold().alerts.insert(key, alert);
    }

    /// Applies a record of `user-activity`.
    pub fn apply_activity(&self, activity: UserActivity) {
        self.fold().activity.insert(activity.window_end, activity);
    }

    /// Makes what was applied so far visible, all at once. To be called after each batch read from the log: between
    /// two calls a ranking may be half replaced.
    pub fn publish(&self) {
        let mut fold = self.fold();
        let snapshot = Arc::new(Snapshot {
            sliding: fold.sliding.snapshot(),
            tumbling: fold.tumbling.snapshot(),
            alerts: fold.alerts.newest_first(),
            activity: fold.activity.newest_first(),
            watchlists: fold.watchlists.snapshot(),
        });
        for window in [WindowKind::Sliding, WindowKind::Tumbling] {
            let trends = snapshot.current(window).map_or(0, |current| current.trends.len());
            metrics::set_active_trends(window, trends);
        }
        // Still holding the fold's lock, so that of two callers the later fold is published last.
        self.published.send_replace(snapshot);
    }

    /// What was published last.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.published.borrow())
    }

    /// Tells of each publishing from now on; who is slow misses what was replaced meanwhile.
    pub fn follow(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.published.subscribe()
    }

    /// Keywords with a history that have `text` in their normalized form, and what was counted of them last; in no
    /// particular order.
    pub fn find(&self, text: &str) -> Vec<FoundKeyword> {
        self.fold().histories.find(text)
    }

    /// The history of a keyword, as far as it is held.
    pub fn history(&self, key: &KeywordKey) -> Option<KeywordHistory> {
        self.fold().histories.get(key)
    }

    /// The other kinds under which the same normalized keyword has a history.
    pub fn other_kinds(&self, key: &KeywordKey) -> Vec<KeywordKind> {
        let fold = self.fold();
        let known = |kind: &KeywordKind| {
            *kind != key.kind
                && fold
                    .histories
                    .contains(&KeywordKey { kind: *kind, normalized_keyword: key.normalized_keyword.clone() })
        };
        [KeywordKind::Word, KeywordKind::Hashtag, KeywordKind::Phrase].into_iter().filter(known).collect()
    }

    fn fold(&self) -> MutexGuard<'_, Fold> {
        self.fold.lock().expect("the fold panics nowhere; if it did, its state could not be trusted")
    }
}
