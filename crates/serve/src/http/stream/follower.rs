//! What one follower has been told, and what it is told next.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use skytrend_event::{Alert, AlertKind, KeywordKind, Micros};
use tokio::sync::watch;
use tokio::sync::watch::error::RecvError;

use super::counts::CountEvents;
use crate::http::ApiState;
use crate::http::answers::Answers;
use crate::http::trends::ListQuery;
use crate::view::{CurrentTrends, LiveCounts, Snapshot};

/// An alert's natural key but for its window's end.
type AlertName = (Option<String>, String, KeywordKind, bool);

/// What is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds {
    pub(super) trends: bool,
    pub(super) alerts: bool,
    /// Live counts.
    pub(super) counts: bool,
}

/// One event.
pub(super) struct Told {
    /// `trends`, `alert` or `counts`.
    pub(super) kind: &'static str,
    /// How far the follower has come with it.
    pub(super) id: String,
    /// In one line.
    pub(super) json: Bytes,
}

pub(super) struct Follower {
    kinds: Kinds,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    stopping: watch::Receiver<bool>,
    answers: Arc<Answers>,
    /// Only of those who want them: they are counted while anybody follows.
    counts: Option<watch::Receiver<Arc<LiveCounts>>>,
    /// Those that were told last, or skipped.
    told_counts: Option<Arc<LiveCounts>>,
    count_events: Arc<CountEvents>,
    asked: ListQuery,
    /// The end of the window of trends told last.
    trends_end: Option<Micros>,
    /// These trends; none before the first, and of a client that has come back.
    trends: Option<Arc<CurrentTrends>>,
    /// The end of the window of the newest alert told; before the first, of the newest there was.
    alerts_end: Option<Micros>,
    /// Those of that window that were told.
    told: BTreeSet<AlertName>,
    waiting: VecDeque<Told>,
}

impl Follower {
    /// `last` is the id of the last event that the client has seen.
    pub(super) fn new(state: &ApiState, asked: ListQuery, kinds: Kinds, last: Option<&str>) -> Self {
        let mut snapshots = state.view.follow();
        let newest = snapshots.borrow().alerts.first().map(|alert| alert.window_end);
        let resumed = last.and_then(parse_id);
        // What is there now is told at once.
        snapshots.mark_changed();
        let counts = kinds.counts.then(|| state.view.follow_live());
        let mut told = BTreeSet::new();
        if resumed.is_none() {
            let of_newest = |alert: &&Arc<Alert>| Some(alert.window_end) == newest;
            told.extend(snapshots.borrow().alerts.iter().filter(of_newest).map(|alert| name(alert)));
        }
        Self {
            kinds,
            stopping: state.stopping.subscribe(),
            answers: Arc::clone(&state.answers),
            counts,
            told_counts: None,
            count_events: Arc::clone(&state.count_events),
            asked,
            trends_end: resumed.map(|(trends, _)| trends),
            trends: None,
            alerts_end: resumed.map_or(newest, |(_, alerts)| Some(alerts)),
            told,
            waiting: VecDeque::new(),
            snapshots,
        }
    }

    /// The next event; none at the end of the server. Nothing is lost where the wait is given up.
    pub(super) async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            tokio::select! {
                changed = self.snapshots.changed() => changed.ok()?,
                changed = changed(&mut self.counts) => changed.ok()?,
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            }
            let snapshot = Arc::clone(&self.snapshots.borrow_and_update());
            if self.kinds.alerts {
                self.take_alerts(&snapshot);
            }
            if self.kinds.trends {
                self.take_trends(&snapshot);
            }
            // Last, so that they come after the window that they go with.
            self.take_counts(&snapshot);
        }
    }

    fn take_alerts(&mut self, snapshot: &Snapshot) {
        // Oldest first, as they happened.
        for alert in snapshot.alerts.iter().rev() {
            if self.alerts_end.is_some_and(|end| alert.window_end < end) {
                continue;
            }
            if self.alerts_end.is_none_or(|end| alert.window_end > end) {
                self.alerts_end = Some(alert.window_end);
                self.told.clear();
            }
            if self.told.insert(name(alert)) {
                let json = serde_json::to_vec(alert).expect("an alert always has a JSON form");
                self.waiting.push_back(Told { kind: "alert", id: self.id(), json: json.into() });
            }
        }
    }

    fn take_trends(&mut self, snapshot: &Arc<Snapshot>) {
        let Some(current) = snapshot.current(self.asked.window) else { return };
        // The same window is told again only where it was published in two parts.
        let is_known = match &self.trends {
            Some(told) => Arc::ptr_eq(told, current),
            None => self.trends_end.is_some_and(|told| current.window_end <= told),
        };
        self.trends = Some(Arc::clone(current));
        if is_known {
            return;
        }
        self.trends_end = Some(current.window_end);
        let answer = self.answers.list(snapshot, &self.asked);
        self.waiting.push_back(Told { kind: "trends", id: self.id(), json: answer.json.clone() });
    }

    /// Counts of a window that is not the newest any more, or not yet, are skipped: the next ones are soon there.
    fn take_counts(&mut self, snapshot: &Arc<Snapshot>) {
        let Some(receiver) = &mut self.counts else { return };
        let counts = Arc::clone(&receiver.borrow_and_update());
        if self.told_counts.as_ref().is_some_and(|told| Arc::ptr_eq(told, &counts)) {
            return;
        }
        // None of a window that is not known here yet: they are told with it.
        if let Some(json) = self.count_events.of(snapshot, &counts, &self.asked) {
            self.told_counts = Some(counts);
            self.waiting.push_back(Told { kind: "counts", id: self.id(), json });
        }
    }

    fn id(&self) -> String {
        let micros = |end: Option<Micros>| end.map_or(0, |end| end.0);
        format!("{}.{}", micros(self.trends_end), micros(self.alerts_end))
    }
}

/// Waits for the next counts; for ever where none are wanted.
async fn changed(counts: &mut Option<watch::Receiver<Arc<LiveCounts>>>) -> Result<(), RecvError> {
    match counts {
        Some(counts) => counts.changed().await,
        None => std::future::pending().await,
    }
}

/// Whether this is the id of an event.
pub(super) fn is_id(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && parse_id(id).is_some()
}

fn parse_id(id: &str) -> Option<(Micros, Micros)> {
    let (trends, alerts) = id.split_once('.')?;
    Some((Micros(trends.parse().ok()?), Micros(alerts.parse().ok()?)))
}

fn name(alert: &Alert) -> AlertName {
    let is_end = alert.kind == AlertKind::Ended;
    (alert.watchlist.clone(), alert.normalized_keyword.clone(), alert.keyword_kind, is_end)
}
