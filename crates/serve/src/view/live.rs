//! Live counts: how many posts have come since the newest windows ended, of the trends and watchlists that the view
//! lists. They come from whoever runs the detector, past the log, a few times a second and only while somebody follows
//! them: a hint between two windows, never a result. Which of them may be shown is decided where they are told, by the
//! trends of the moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use skytrend_event::{Micros, WindowKind};
use tokio::sync::watch;

use super::TrendView;
use crate::KeywordKey;

/// What is to be counted, since the newest window of one kind ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveWanted {
    /// The kind of window.
    pub window: WindowKind,
    /// First instant after it: from here on is counted.
    pub window_end: Micros,
    /// The keywords that stand for its trends.
    pub keywords: Vec<KeywordKey>,
    /// The watchlists that were counted in it, by name.
    pub watchlists: Vec<String>,
}

/// Posts since the newest window of each kind ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveCounts {
    /// Since the newest sliding window; none where there is none.
    pub sliding: Option<LiveWindow>,
    /// Since the newest tumbling window; none where there is none.
    pub tumbling: Option<LiveWindow>,
}

/// Posts since one window ended; what is not in it has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveWindow {
    /// First instant after the window.
    pub window_end: Micros,
    /// By keyword.
    pub keywords: BTreeMap<KeywordKey, u64>,
    /// By watchlist.
    pub watchlists: BTreeMap<String, u64>,
}

impl LiveCounts {
    /// Those since the newest window of this kind.
    pub const fn of(&self, window: WindowKind) -> Option<&LiveWindow> {
        match window {
            WindowKind::Sliding => self.sliding.as_ref(),
            WindowKind::Tumbling => self.tumbling.as_ref(),
        }
    }
}

impl TrendView {
    /// What is to be counted now: of each kind of window whose trends are listed, those. Nothing while nobody follows.
    pub fn live_wanted(&self) -> Vec<LiveWanted> {
        if self.live_followers() == 0 {
            return Vec::new();
        }
        let snapshot = self.snapshot();
        let of_kind = |window: WindowKind| {
            let current = snapshot.current(window)?;
            let is_of_it = |end: Option<Micros>| end == Some(current.window_end);
            let lists = snapshot.watchlists.iter().filter(|(_, list)| is_of_it(list.end(window)));
            Some(LiveWanted {
                window,
                window_end: current.window_end,
                keywords: current.trends.iter().map(|trend| KeywordKey::of(trend)).collect(),
                watchlists: lists.map(|(name, _)| name.clone()).collect(),
            })
        };
        [WindowKind::Sliding, WindowKind::Tumbling].into_iter().filter_map(of_kind).collect()
    }

    /// Tells those who follow.
    pub fn publish_live(&self, counts: LiveCounts) {
        self.live.send_replace(Arc::new(counts));
    }

    /// How many follow.
    pub fn live_followers(&self) -> usize {
        self.live.receiver_count()
    }

    /// The counts as they come, from the next ones on; who is slow misses what was replaced meanwhile.
    pub fn follow_live(&self) -> watch::Receiver<Arc<LiveCounts>> {
        self.live.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{at, trend, watched};
    use crate::view::Settings;

    #[test]
    fn what_the_newest_windows_list_is_wanted_while_somebody_follows() {
        let view = TrendView::new(&Settings::default());
        view.apply_trend(trend("quake", 1, 10));
        view.apply_count(&watched("sea", "*", 4, 10));
        view.apply_count(&watched("old", "*", 4, 9));
        view.publish();
        assert_eq!(view.live_wanted(), [], "nobody follows");
        let follower = view.follow_live();
        let wanted = LiveWanted {
            window: WindowKind::Sliding,
            window_end: at(10),
            keywords: vec![KeywordKey::of(&trend("quake", 1, 10))],
            watchlists: vec!["sea".to_owned()],
        };
        assert_eq!(view.live_wanted(), [wanted]);
        drop(follower);
        assert_eq!(view.live_wanted(), [], "nobody follows any more");
    }
}
