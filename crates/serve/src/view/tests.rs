//! The fold's rules, by example and by property.

use std::collections::BTreeSet;

use proptest::prelude::*;
use skytrend_event::{AlertKind, Trend, WindowKind};

use super::*;
use crate::example::{activity, alert, at, count, ended, trend};

fn view() -> TrendView {
    TrendView::new(&Settings::default())
}

fn sliding(view: &TrendView) -> Vec<String> {
    view.publish();
    let snapshot = view.snapshot();
    let current = snapshot.sliding.as_ref().expect("a window was seen");
    current.trends.iter().map(|t| format!("{}:{}", t.rank, t.keyword)).collect()
}

fn word(normalized: &str) -> KeywordKey {
    KeywordKey::new(normalized, KeywordKind::Word)
}

#[test]
fn a_newer_window_replaces_all_and_an_older_one_nothing() {
    let view = view();
    view.apply_trend(trend("quake", 2, 10));
    view.apply_trend(trend("goal", 1, 10));
    assert_eq!(sliding(&view), ["1:goal", "2:quake"]);

    view.apply_trend(trend("storm", 1, 11));
    view.apply_trend(trend("quake", 1, 10));
    assert_eq!(sliding(&view), ["1:storm"]);
    assert_eq!(view.snapshot().sliding.as_ref().expect("a window").window_end, at(11));
}

#[test]
fn an_ended_trend_leaves_and_a_window_of_ended_trends_alone_is_empty() {
    let view = view();
    view.apply_trend(trend("quake", 1, 10));
    view.apply_trend(trend("goal", 2, 10));
    view.apply_trend(ended("quake", 10));
    assert_eq!(sliding(&view), ["2:goal"]);
    view.apply_trend(ended("goal", 11));
    assert_eq!(sliding(&view), [""; 0]);
}

#[test]
fn kinds_of_window_are_apart() {
    let view = view();
    view.apply_trend(trend("quake", 1, 10));
    view.apply_trend(Trend { window: WindowKind::Tumbling, ..trend("goal", 1, 15) });
    assert_eq!(sliding(&view), ["1:quake"]);
    let snapshot = view.snapshot();
    assert_eq!(snapshot.current(WindowKind::Tumbling).expect("a window").trends[0].keyword, "goal");
}

#[test]
fn nothing_is_seen_before_it_is_published() {
    let view = view();
    view.apply_trend(trend("quake", 1, 10));
    assert!(view.snapshot().sliding.is_none());
    view.publish();
    assert!(view.snapshot().sliding.is_some());
}

#[test]
fn a_window_keeps_its_best_ranks() {
    let view = TrendView::new(&Settings { current_trends_max: 2, ..Settings::default() });
    for rank in [3, 1, 4, 2] {
        view.apply_trend(trend(&format!("k{rank}"), rank, 10));
    }
    assert_eq!(sliding(&view), ["1:k1", "2:k2"]);
}

#[test]
fn history_ends_at_its_age_for_every_keyword() {
    let view = TrendView::new(&Settings { history_secs: 600, ..Settings::default() });
    view.apply_count(&count("quake", 5, 0));
    view.apply_count(&count("quake", 6, 5));
    view.apply_trend(trend("old", 1, 0));
    view.apply_count(&count("goal", 7, 10));
    let quake = view.history(&word("quake")).expect("its second window is young enough");
    assert_eq!(quake.counts.iter().map(|p| p.count).collect::<Vec<_>>(), [6]);
    assert_eq!(view.history(&word("old")), None);

    view.apply_count(&count("quake", 9, 0));
    let same = view.history(&word("quake")).expect("still there");
    assert_eq!(same.counts.len(), 1, "what is too old is not taken");
}

#[test]
fn over_the_limit_keywords_that_never_trended_leave_first() {
    let view = TrendView::new(&Settings { history_keywords_max: 2, ..Settings::default() });
    view.apply_count(&count("counted", 500, 1));
    view.apply_count(&count("more", 600, 1));
    view.apply_trend(trend("trended", 1, 1));
    assert!(view.history(&word("counted")).is_none());
    view.apply_count(&count("most", 60_000, 2));
    assert!(view.history(&word("more")).is_none());
    assert!(view.history(&word("trended")).is_some());
    view.apply_trend(trend("later", 1, 3));
    view.apply_trend(trend("latest", 2, 3));
    assert!(view.history(&word("trended")).is_none() && view.history(&word("most")).is_none());
}

#[test]
fn more_keywords_than_there_is_room_for_leave_the_most_used_their_whole_history() {
    let view = TrendView::new(&Settings { history_keywords_max: 10, ..Settings::default() });
    for minute in 0..120 {
        for used in 1..=100 {
            view.apply_count(&count(&format!("k{used}"), used, minute));
        }
    }
    let held = |used: &u64| view.history(&word(&format!("k{used}")));
    let histories: Vec<_> = (1..=100).filter_map(|used| held(&used)).collect();
    assert_eq!(histories.len(), 10);
    for history in histories {
        assert_eq!(history.counts.len(), 120, "{}", history.keyword);
        assert!(history.counts[0].count >= 45, "{} is not used much", history.keyword);
    }
}

#[test]
fn what_is_used_no_more_makes_room_for_what_is_used_less() {
    let view = TrendView::new(&Settings { history_keywords_max: 1, ..Settings::default() });
    view.apply_count(&count("yesterday", 400, 0));
    view.apply_count(&count("rare", 25, 140));
    assert!(
        view.history(&word("yesterday")).is_some(),
        "16 times as much is worth two hours, and a half to replace"
    );
    view.apply_count(&count("rare", 25, 150));
    assert!(view.history(&word("rare")).is_some());
}

#[test]
fn a_keyword_keeps_its_newest_points() {
    let view = TrendView::new(&Settings { history_points_max: 3, ..Settings::default() });
    for minute in [4, 1, 2, 5, 3] {
        view.apply_trend(trend("quake", 1, minute));
    }
    let ends: Vec<_> =
        view.history(&word("quake")).expect("held").history.iter().map(|p| p.window_end).collect();
    assert_eq!(ends, [at(3), at(4), at(5)]);
}

#[test]
fn alerts_and_activity_are_newest_first_and_bounded() {
    let view = TrendView::new(&Settings { alerts_max: 2, activity_windows_max: 2, ..Settings::default() });
    for minute in [3, 1, 2, 3] {
        view.apply_alert(alert("quake", AlertKind::Started, minute));
        view.apply_activity(activity(minute));
    }
    view.publish();
    let snapshot = view.snapshot();
    assert_eq!(snapshot.alerts.iter().map(|a| a.window_end).collect::<Vec<_>>(), [at(3), at(2)]);
    assert_eq!(snapshot.activity.iter().map(|a| a.window_end).collect::<Vec<_>>(), [at(3), at(2)]);
}

/// One record of any of the four topics.
#[derive(Clone, Debug)]
enum Record {
    Trend(Box<Trend>),
    Count(KeywordCount),
    Alert(Box<Alert>),
    Activity(UserActivity),
}

fn apply(view: &TrendView, record: &Record) {
    match record {
        Record::Trend(t) => view.apply_trend(Trend::clone(t)),
        Record::Count(c) => view.apply_count(c),
        Record::Alert(a) => view.apply_alert(Alert::clone(a)),
        Record::Activity(a) => view.apply_activity(a.clone()),
    }
}

fn record() -> impl Strategy<Value = Record> {
    let keyword = || prop::sample::select(vec!["a", "b", "c", "#a", "d"]);
    prop_oneof![
        4 => (keyword(), 1..5_u32, 0..30_i64, any::<bool>(), any::<bool>()).prop_map(|(k, rank, minute, end, tumbling)| {
            let mut record = if end { ended(k, minute) } else { trend(k, rank, minute) };
            if tumbling {
                record.window = WindowKind::Tumbling;
            }
            Record::Trend(Box::new(record))
        }),
        2 => (keyword(), 0..90_u64, 0..30_i64).prop_map(|(k, n, minute)| Record::Count(count(k, n, minute))),
        1 => (keyword(), any::<bool>(), 0..30_i64).prop_map(|(k, end, minute)| {
            let kind = if end { AlertKind::Ended } else { AlertKind::Started };
            Record::Alert(Box::new(alert(k, kind, minute)))
        }),
        1 => (0..30_i64).prop_map(|minute| Record::Activity(activity(minute))),
    ]
}

fn name(record: &Record) -> String {
    match record {
        Record::Trend(t) => format!("t {:?} {} {} {}", t.window, t.window_end.0, t.keyword, t.kind as u8),
        Record::Count(c) => format!("c {} {}", c.window_end.0, c.keyword),
        Record::Alert(a) => format!("a {} {} {:?}", a.window_end.0, a.keyword, a.kind),
        Record::Activity(a) => format!("u {}", a.window_end.0),
    }
}

/// A log as the detector writes it: windows in order, each natural key once.
fn log() -> impl Strategy<Value = Vec<Record>> {
    prop::collection::vec(record(), 0..80).prop_map(|mut records| {
        records.sort_by_key(|r| match r {
            Record::Trend(t) => t.window_end,
            Record::Count(c) => c.window_end,
            Record::Alert(a) => a.window_end,
            Record::Activity(a) => a.window_end,
        });
        let mut seen = BTreeSet::new();
        records.retain(|r| seen.insert(name(r)));
        records
    })
}

/// Everything a reader can see.
fn seen(view: &TrendView) -> String {
    view.publish();
    let histories: Vec<_> = ["a", "b", "c", "d"]
        .iter()
        .flat_map(|k| {
            [KeywordKind::Word, KeywordKind::Hashtag].map(|kind| view.history(&KeywordKey::new(k, kind)))
        })
        .collect();
    format!("{:?} {histories:?}", view.snapshot())
}

proptest! {
    #[test]
    fn delivery_again_from_an_earlier_position_changes_nothing(
        log in log(), cut in any::<prop::sample::Index>(), back in any::<prop::sample::Index>(),
    ) {
        let settings = Settings { history_secs: 900, alerts_max: 4, activity_windows_max: 3, ..Settings::default() };
        let once = TrendView::new(&settings);
        for r in &log {
            apply(&once, r);
        }

        let again = TrendView::new(&settings);
        let stopped_at = cut.index(log.len() + 1);
        let resumed_at = back.index(stopped_at + 1);
        for r in log[..stopped_at].iter().chain(&log[resumed_at..]) {
            apply(&again, r);
        }
        prop_assert_eq!(seen(&once), seen(&again));
    }

    #[test]
    fn no_order_of_delivery_passes_a_bound(records in prop::collection::vec(record(), 0..80)) {
        let settings = Settings {
            current_trends_max: 2,
            history_secs: 600,
            history_keywords_max: 3,
            history_points_max: 4,
            alerts_max: 2,
            activity_windows_max: 2,
        };
        let view = TrendView::new(&settings);
        for record in &records {
            apply(&view, record);
        }
        view.publish();
        let snapshot = view.snapshot();
        for window in [WindowKind::Sliding, WindowKind::Tumbling] {
            let ranks: Vec<_> = snapshot.current(window).map_or_else(Vec::new, |c| c.trends.iter().map(|t| t.rank).collect());
            prop_assert!(ranks.len() <= 2 && ranks.is_sorted() && !ranks.contains(&0));
        }
        prop_assert!(snapshot.alerts.len() <= 2 && snapshot.activity.len() <= 2);
        let fold = view.fold();
        prop_assert!(fold.histories.sizes_are_within(3, 4));
    }
}
