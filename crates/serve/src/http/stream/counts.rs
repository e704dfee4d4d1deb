//! The event `counts`: live counts of the trends that a list has, as JSON, made once for all who follow that list.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde::Serialize;
use skytrend_event::{Micros, WindowKind};

use crate::KeywordKey;
use crate::http::trends::ListQuery;
use crate::view::{LiveCounts, Snapshot};

/// Different lists whose counts are kept; past that all are forgotten.
const KEPT_MAX: usize = 128;

/// The event's data.
#[derive(Serialize)]
struct Counts<'a> {
    window: WindowKind,
    /// Of the list that these counts go with.
    window_end: Micros,
    /// Posts since then of the keyword that stands for a topic, by its id; a topic that is not in it has none.
    posts: BTreeMap<&'a str, u64>,
    /// The same for all terms of a watchlist, by its name.
    watchlists: &'a BTreeMap<String, u64>,
}

/// The events of the newest counts.
#[derive(Debug, Default)]
pub(in crate::http) struct CountEvents {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Held, so that no others get their addresses.
    of: (Arc<Snapshot>, Arc<LiveCounts>),
    events: HashMap<ListQuery, Option<Bytes>>,
}

impl CountEvents {
    /// The counts for the list that is asked for, in one line. None where they are of another window than the list:
    /// the next ones will be of that.
    pub(super) fn of(
        &self,
        snapshot: &Arc<Snapshot>,
        counts: &Arc<LiveCounts>,
        asked: &ListQuery,
    ) -> Option<Bytes> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&kept.of.0, snapshot) || !Arc::ptr_eq(&kept.of.1, counts) {
            *kept = Kept { of: (Arc::clone(snapshot), Arc::clone(counts)), events: HashMap::new() };
        }
        if let Some(event) = kept.events.get(asked) {
            return event.clone();
        }
        if kept.events.len() >= KEPT_MAX {
            kept.events.clear();
        }
        let event = render(snapshot, counts, asked).map(Bytes::from);
        kept.events.insert(asked.clone(), event.clone());
        event
    }
}

/// Goes by the trends of the snapshot, so that what moderation hides has no count here.
fn render(snapshot: &Snapshot, counts: &LiveCounts, asked: &ListQuery) -> Option<Vec<u8>> {
    let current = snapshot.current(asked.window)?;
    let live = counts.of(asked.window).filter(|live| live.window_end == current.window_end)?;
    let posts = asked.listed(current).filter_map(|trend| {
        let posts = live.keywords.get(&KeywordKey::of(trend))?;
        Some((trend.topic_id.as_str(), *posts))
    });
    let event = Counts {
        window: asked.window,
        window_end: live.window_end,
        posts: posts.collect(),
        watchlists: &live.watchlists,
    };
    Some(serde_json::to_vec(&event).expect("numbers and texts always have a JSON form"))
}
