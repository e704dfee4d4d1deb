//! What is current: the fold of the topics `trending-keywords`, `window-counts`, `alerts` and `user-activity`.
//!
//! The program applies the records in log order and calls [`TrendView::publish`] when it has applied what it read at
//! once; readers then get one consistent [`Snapshot`] for the price of cloning an `Arc`. Applying a record again
//! changes nothing (natural keys), so the view can be rebuilt from the log's start, or continue from any earlier
//! position. It reads no clock: what is old is decided by the newest window seen.
//!
//! What is read of it has passed the rules of moderation ([`TrendView::set_rules`]), so that nobody can forget them.
//!
//! All of it is bounded by [`Settings`]; what leaves at a limit is said there.

mod current;
mod history;
mod live;
mod newest;
mod series;
mod shown;
mod standing;
#[cfg(test)]
mod tests;
mod watchlists;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::Deserialize;
use skytrend_event::keyword::UNDETERMINED;
use skytrend_event::{
    Alert, AlertKind, DeadLetter, KeywordCount, KeywordKind, Micros, Topic, Trend, UserActivity, WindowKind,
    codec,
};
use tokio::sync::watch;

use crate::moderation::Rules;
use crate::{KeywordKey, metrics};
pub use current::CurrentTrends;
use current::CurrentWindow;
use history::Histories;
pub use history::{CountPoint, FoundKeyword, KeywordHistory, TrendPoint};
pub use live::{LiveCounts, LiveWanted, LiveWindow};
use newest::Newest;
use shown::Shown;
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
    /// Trends of the newest sliding window that moderation hides, by rank: for moderators alone.
    pub hidden: Vec<Arc<Trend>>,
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
    live: watch::Sender<Arc<LiveCounts>>,
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
    shown: Shown,
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
            shown: Shown::default(),
        };
        Self { fold: Mutex::new(fold), published: watch::Sender::default(), live: watch::Sender::default() }
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
        let Fold { sliding, tumbling, alerts, activity, watchlists, shown, .. } = &mut *fold;
        let (sliding, hidden) = shown.trends(WindowKind::Sliding, sliding.snapshot());
        let (tumbling, _) = shown.trends(WindowKind::Tumbling, tumbling.snapshot());
        let snapshot = Arc::new(Snapshot {
            sliding,
            tumbling,
            alerts: shown.alerts(alerts.newest_first()),
            activity: activity.newest_first(),
            watchlists: watchlists.snapshot(),
            hidden,
        });
        for window in [WindowKind::Sliding, WindowKind::Tumbling] {
            let trends = snapshot.current(window).map_or(0, |current| current.trends.len());
            metrics::set_active_trends(window, trends);
        }
        // Still holding the fold's lock, so that of two callers the later fold is published last.
        self.published.send_replace(snapshot);
    }

    /// What must not be shown from the next publishing on; none: everything may be.
    pub fn set_rules(&self, rules: Option<Arc<dyn Rules>>) {
        self.fold().shown.set_rules(rules);
    }

    /// Whether moderation hides the keyword.
    pub fn is_hidden(&self, key: &KeywordKey) -> bool {
        let fold = self.fold();
        let known = fold.histories.language(key).or_else(|| fold.sliding.language(key));
        let language = known.unwrap_or(UNDETERMINED);
        fold.shown.hides(key.kind, &key.normalized_keyword, language)
    }

    /// A window that is not from here, without what moderation hides.
    pub fn moderated(&self, window: CurrentTrends) -> CurrentTrends {
        match self.rules() {
            Some(rules) => shown::moderate(&window, rules.as_ref()).0,
            None => window,
        }
    }

    /// An alert that is not from here, without what moderation hides; none where its keyword is.
    pub fn moderated_alert(&self, alert: Arc<Alert>) -> Option<Arc<Alert>> {
        match self.rules() {
            Some(rules) => shown::shown_alert(&alert, rules.as_ref()),
            None => Some(alert),
        }
    }

    /// Whether a record of a topic of results has anything that moderation hides, or can't be read.
    pub fn hides_record(&self, topic: Topic, value: &[u8]) -> bool {
        let Some(rules) = self.rules() else { return false };
        let rules = rules.as_ref();
        match topic {
            Topic::Trends => codec::decode(value).map(Arc::new).map_or(true, |trend| {
                shown::shown_trend(&trend, rules).is_none_or(|shown| !Arc::ptr_eq(&shown, &trend))
            }),
            Topic::Alerts => codec::decode(value).map(Arc::new).map_or(true, |alert| {
                shown::shown_alert(&alert, rules).is_none_or(|shown| !Arc::ptr_eq(&shown, &alert))
            }),
            Topic::WindowCounts => codec::decode::<KeywordCount>(value).map_or(true, |count| {
                count.watchlist.is_none()
                    && rules.hide(count.kind, &count.normalized_keyword, &count.language)
            }),
            // What a webhook could not deliver is an alert; which keyword it has depends on the webhook's shape.
            Topic::DeadLetter => codec::decode::<DeadLetter<'_>>(value)
                .map_or(true, |letter| letter.source.starts_with("webhook ")),
            _ => false,
        }
    }

    /// The rules in force; the fold is free again when they are asked.
    fn rules(&self) -> Option<Arc<dyn Rules>> {
        self.fold().shown.rules.clone()
    }

    /// What was published last.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.published.borrow())
    }

    /// Tells of each publishing from now on; who is slow misses what was replaced meanwhile.
    pub fn follow(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.published.subscribe()
    }

    /// The end of the newest window that any history has; before the first, the beginning of time.
    pub fn newest_end(&self) -> Micros {
        self.fold().histories.newest_end()
    }

    /// Keywords with a history that have `text` in their normalized form, and what was counted of them last until
    /// `moment`; in no particular order.
    pub fn find(&self, text: &str, moment: Micros) -> Vec<FoundKeyword> {
        let fold = self.fold();
        let mut found = fold.histories.find(text, moment);
        found.retain(|one| !fold.shown.hides(one.kind, &one.normalized_keyword, &one.language));
        found
    }

    /// The history of a keyword, as far as it is held.
    pub fn history(&self, key: &KeywordKey) -> Option<KeywordHistory> {
        let fold = self.fold();
        let history = fold.histories.get(key)?;
        let hides = fold.shown.hides(history.kind, &history.normalized_keyword, &history.language);
        (!hides).then_some(history)
    }

    /// The other kinds under which the same normalized keyword has a history.
    pub fn other_kinds(&self, key: &KeywordKey) -> Vec<KeywordKind> {
        let fold = self.fold();
        let known = |kind: &KeywordKind| {
            let other = KeywordKey { kind: *kind, normalized_keyword: key.normalized_keyword.clone() };
            let language = fold.histories.language(&other);
            *kind != key.kind
                && language
                    .is_some_and(|language| !fold.shown.hides(*kind, &key.normalized_keyword, language))
        };
        [KeywordKind::Word, KeywordKind::Hashtag, KeywordKind::Phrase].into_iter().filter(known).collect()
    }

    fn fold(&self) -> MutexGuard<'_, Fold> {
        self.fold.lock().expect("the fold panics nowhere; if it did, its state could not be trusted")
    }
}
