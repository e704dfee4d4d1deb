//! Alerts of watchlists: open when a list has enough posts and has grown enough, closed when either has been below half
//! of that for a while, so that one event gives one pair. It decides from two numbers a window and knows no posts.

use std::collections::BTreeMap;

use skytrend_event::{AlertKind, Micros};

use super::List;

/// An alert lasts while both numbers are at least this share of what opens it.
const LASTING_SHARE: f64 = 0.5;

/// An alert that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenWatch {
    /// The end of the window that opened it.
    pub(crate) started_at: Micros,
    /// The end of the first window of those that were too weak, if the last one was.
    pub(crate) weak_since: Option<Micros>,
}

/// The open alerts, by the name of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WatchAlerts {
    pub(crate) open: BTreeMap<String, OpenWatch>,
}

impl WatchAlerts {
    /// Takes out the alerts of lists that are no more: their names, and when they started.
    pub(crate) fn take_gone(&mut self, lists: &[List]) -> impl Iterator<Item = (String, Micros)> + use<> {
        let is_gone = |name: &String| lists.iter().all(|list| list.name != *name);
        let names: Vec<_> = self.open.keys().filter(|name| is_gone(name)).cloned().collect();
        let gone = names.into_iter().filter_map(|name| self.open.remove_entry(&name));
        gone.map(|(name, open)| (name, open.started_at)).collect::<Vec<_>>().into_iter()
    }

    /// Takes a list's numbers in the sliding window that ends at `end`; says whether its alert starts or ends now, and
    /// when it started.
    pub(crate) fn advance(
        &mut self,
        list: &List,
        end: Micros,
        posts: u32,
        growth: f64,
    ) -> Option<(AlertKind, Micros)> {
        let reaches = |share: f64| {
            f64::from(posts) >= share * f64::from(list.alert_posts) && growth >= share * list.alert_growth
        };
        let Some(open) = self.open.get_mut(&list.name) else {
            if !reaches(1.0) {
                return None;
            }
            self.open.insert(list.name.clone(), OpenWatch { started_at: end, weak_since: None });
            return Some((AlertKind::Started, end));
        };
        if reaches(LASTING_SHARE) {
            open.weak_since = None;
            return None;
        }
        let weak_since = *open.weak_since.get_or_insert(end);
        if end.0 - weak_since.0 < list.cooldown_micros {
            return None;
        }
        let started_at = open.started_at;
        self.open.remove(&list.name);
        Some((AlertKind::Ended, started_at))
    }
}

#[cfg(test)]
mod tests {
    use skytrend_event::time::MINUTE;

    use super::*;
    use crate::watch::{Watches, Watchlist};

    #[test]
    fn one_event_gives_one_pair_whatever_it_does_in_between() {
        let settings = Watchlist {
            name: "a".to_owned(),
            terms: vec!["x".to_owned()],
            cooldown_minutes: 3,
            ..Watchlist::default()
        };
        let watches = Watches::compile(&[settings]).unwrap();
        let mut alerts = WatchAlerts::default();
        let windows = [
            (19, 9.0),
            (20, 2.9),
            (20, 3.0),
            (10, 1.5),
            (9, 9.0),
            (9, 9.0),
            (30, 1.6),
            (0, 0.0),
            (30, 1.4),
            (0, 0.0),
            (0, 0.0),
            (0, 0.0),
        ];
        let mut said = Vec::new();
        for (minute, (posts, growth)) in (0..).zip(windows) {
            let step = alerts.advance(&watches.lists[0], Micros(minute * MINUTE), posts, growth);
            said.extend(step.map(|(kind, started_at)| (minute, kind, started_at.0 / MINUTE)));
        }
        assert_eq!(said, [(2, AlertKind::Started, 2), (10, AlertKind::Ended, 2)]);
    }
}
