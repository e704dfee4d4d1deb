//! Watchlists and moderation through the whole detector: counts against a slow recount, alerts, what is never shown.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod world;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use skytrend_event::time::{MINUTE, SECOND};
use skytrend_event::{AlertKind, Micros, PostAction, PostEvent, WindowKind};
use skytrend_trend::{Detector, LabelledPosts, Moderation, Settings, Watchlist, WindowOutput};
use world::{START, World, created, event, heartbeat};

const WORDS: [&str; 6] = ["river", "rivers", "mountain", "#Glacier", "glacier", "the"];

fn watchlist(name: &str, terms: &[&str]) -> Watchlist {
    let terms = terms.iter().map(|term| (*term).to_owned()).collect();
    Watchlist { name: name.to_owned(), terms, ..Watchlist::default() }
}

fn settings(watchlists: Vec<Watchlist>) -> Settings {
    Settings { sliding_minutes: 4, tumbling_minutes: 3, watchlists, ..Settings::default() }
}

fn run(settings: Settings, events: &[PostEvent<'_>]) -> Vec<WindowOutput> {
    let mut detector = Detector::new(settings, 1).unwrap();
    for event in events {
        detector.apply(0, event);
    }
    detector.finish();
    detector.take_outputs()
}

/// The terms of the lists of the recount, and whether a text matches them.
type Holds = fn(&str) -> bool;
const TERMS: [(&str, &str, Holds); 4] = [
    ("water", "river", |text| text.split(' ').any(|word| word == "river")),
    ("water", "#glacier", |text| text.contains("#Glacier")),
    ("land", "river mountain", |text| format!(" {text} ").contains(" river mountain ")),
    ("land", "riv*", |text| text.contains("riv")),
];

fn recount(
    posts: &[(Micros, u64, String)],
    start: Micros,
    end: Micros,
) -> BTreeMap<(String, String), (u64, u64)> {
    let mut found: BTreeMap<(String, String), (u64, BTreeSet<u64>)> = BTreeMap::new();
    for list in ["land", "water"] {
        found.insert((list.to_owned(), "*".to_owned()), (0, BTreeSet::new()));
    }
    for (_, author, text) in posts.iter().filter(|(at, ..)| (start..end).contains(at)) {
        let held: BTreeSet<(&str, &str)> = TERMS
            .iter()
            .filter(|(_, _, holds)| holds(text))
            .flat_map(|(list, term, _)| [(*list, *term), (*list, "*")])
            .collect();
        for (list, term) in held {
            let entry = found.entry((list.to_owned(), term.to_owned())).or_default();
            entry.0 += 1;
            entry.1.insert(*author);
        }
    }
    found.into_iter().map(|(key, (posts, authors))| (key, (posts, authors.len() as u64))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn counts_are_those_of_a_recount(
        drafts in proptest::collection::vec(
            (0..40_i64, 0..5_u64, proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..6)), 1..80),
    ) {
        let mut at = START;
        let posts: Vec<(Micros, u64, String)> = drafts
            .iter()
            .map(|(pause, author, words)| {
                at = at.plus(pause * SECOND);
                (at, *author, words.join(" "))
            })
            .collect();
        let events: Vec<_> =
            (0..).zip(&posts).map(|(number, (at, author, text))| created(*author, number, *at, text)).collect();
        let lists =
            vec![watchlist("water", &["river", "#glacier"]), watchlist("land", &["River Mountain", "riv*"])];
        for output in run(settings(lists), &events) {
            let rows = output.watched.iter().map(|row| {
                let key = (row.watchlist.clone().unwrap(), row.normalized_keyword.clone());
                (key, (row.count, row.unique_authors))
            });
            let expected = recount(&posts, output.window_start, output.window_end);
            prop_assert_eq!(rows.collect::<BTreeMap<_, _>>(), expected);
            prop_assert!(output.counts.iter().all(|row| row.watchlist.is_none()));
        }
    }
}

/// Two hours of a small world, and then a burst of `text` by many authors, one every four seconds.
fn burst(posts: u64, text: impl Fn(&mut World, u64) -> String) -> Vec<PostEvent<'static>> {
    let mut world = World::new(5, 3_000, 2);
    let mut events = world.minutes(120);
    let end = START.plus(120 * MINUTE);
    for post in 0..posts {
        let at = START.plus(110 * MINUTE + post.cast_signed() * 4 * SECOND);
        events.push(created(5_000 + post, 900_000 + post, at, &text(&mut world, post)));
    }
    events.sort_by_key(|event| event.witnessed_at);
    events.push(heartbeat(end.plus(60 * MINUTE)));
    events
}

/// A list whose alert needs ten posts; ordinary alerts need so much that there are none.
fn alerts_of(events: &[PostEvent<'_>]) -> Vec<(AlertKind, i64, u64)> {
    let list = Watchlist { alert_posts: 10, cooldown_minutes: 5, ..watchlist("quakes", &["earthquake*"]) };
    let high = Settings { alert_z_score: 1e9, watchlists: vec![list], ..Settings::default() };
    let outputs = run(high, events);
    let alerts = outputs.iter().flat_map(|output| &output.alerts);
    let minute = |at: Micros| (at.0 - START.0) / MINUTE;
    alerts
        .map(|alert| {
            assert_eq!((alert.watchlist.as_deref(), &*alert.normalized_keyword), (Some("quakes"), "*"));
            assert_eq!(alert.sample_posts.is_empty(), alert.kind == AlertKind::Ended);
            (alert.kind, minute(alert.window_end), alert.frequency)
        })
        .collect()
}

#[test]
fn a_list_alerts_once_below_the_global_threshold_and_ends() {
    let alerts = alerts_of(&burst(30, |world, _| format!("{} Earthquakes", world.text())));
    assert_eq!(alerts, [(AlertKind::Started, 111, 15), (AlertKind::Ended, 127, 0)]);
}

#[test]
fn copies_of_one_text_are_no_alert() {
    let alerts =
        alerts_of(&burst(60, |_, _| "huge earthquake near the old harbour bridge tonight".to_owned()));
    assert_eq!(alerts, []);
}

#[test]
fn retracted_posts_leave_a_list_within_a_slide() {
    let mut events = burst(30, |world, _| format!("{} earthquake", world.text()));
    let last = events.pop().unwrap();
    let at = START.plus(113 * MINUTE + SECOND);
    let removals = (0..30_u64).map(|post| match post % 2 {
        0 => event(PostAction::Deleted, 5_000 + post, 900_000 + post, at),
        _ => event(PostAction::AuthorRemoved, 5_000 + post, 0, at),
    });
    events.extend(removals);
    events.sort_by_key(|event| event.witnessed_at);
    events.push(last);
    let outputs = run(settings(vec![watchlist("quakes", &["earthquake"])]), &events);
    let sliding = outputs.iter().filter(|output| output.window == WindowKind::Sliding);
    let counts: BTreeMap<i64, u64> =
        sliding.map(|output| ((output.window_end.0 - START.0) / MINUTE, output.watched[0].count)).collect();
    assert_eq!((counts[&113], counts[&114]), (30, 0));
}

#[test]
fn a_blocked_keyword_is_counted_and_never_shown() {
    let text = |world: &mut World, _| format!("{} #SanRemo earthquake volcano", world.text());
    let events = burst(80, text);
    let run = |moderation: Moderation| run(Settings { moderation, ..Settings::default() }, &events);
    let open = run(Moderation::default());
    let block = ["earthquake", "sanr*", "/^volc/"].map(str::to_owned).to_vec();
    let blocked = run(Moderation { block, allow: vec!["volcano".to_owned()], ..Moderation::default() });
    let shown = |outputs: &[WindowOutput]| -> BTreeSet<String> {
        let trends = outputs.iter().flat_map(|output| &output.trends);
        let alerts = outputs.iter().flat_map(|output| &output.alerts);
        let others = trends.clone().flat_map(|trend| trend.related.iter().chain(&trend.terms));
        let others = others.map(|text| text.replace('#', "").to_lowercase());
        let names = trends.map(|trend| &trend.normalized_keyword);
        names.chain(alerts.map(|alert| &alert.normalized_keyword)).cloned().chain(others).collect()
    };
    for word in ["earthquake", "sanremo"] {
        assert!(shown(&open).contains(word) && !shown(&blocked).contains(word), "{word}");
    }
    assert!(shown(&blocked).contains("volcano"));
    let counts = |outputs: &[WindowOutput]| outputs.iter().map(|o| o.counts.clone()).collect::<Vec<_>>();
    assert_eq!(counts(&blocked), counts(&open));
}

#[test]
fn related_keywords_are_none_of_the_topic() {
    // All of these are one topic but the last two, which half of its posts have each.
    let words = |world: &mut World, post: u64| {
        let other = if post.is_multiple_of(2) { "lava" } else { "ash" };
        format!("{} #SanRemo volcano eruption {other}", world.text())
    };
    let outputs = run(Settings::default(), &burst(80, words));
    let trends: Vec<_> = outputs.iter().flat_map(|output| &output.trends).collect();
    let listed = trends.iter().filter(|trend| trend.rank > 0);
    for trend in listed.clone() {
        for term in &trend.terms {
            let words = term.trim_start_matches('#').to_lowercase();
            for word in words.split(' ').chain([words.as_str()]) {
                assert!(trend.related.iter().all(|related| related != word), "{word} in {trend:?}");
            }
        }
    }
    assert!(listed.clone().any(|trend| trend.terms.len() > 1));
    assert!(listed.clone().any(|trend| !trend.related.is_empty()));
}

#[test]
fn a_labelled_post_is_never_a_sample() {
    let mut events = burst(80, |world, _| format!("{} earthquake", world.text()));
    for event in events.iter_mut().filter(|event| event.uri.as_str().contains("3l000009000")) {
        if event.event_id.0 % 2 == 0 {
            event.data.as_mut().unwrap().labels = vec!["porn".into()];
        }
    }
    let run = |labelled_posts| {
        let moderation = Moderation { labelled_posts, ..Moderation::default() };
        let outputs = run(Settings { moderation, ..Settings::default() }, &events);
        let trends = outputs.into_iter().flat_map(|output| output.trends);
        let quakes: Vec<_> = trends.filter(|trend| trend.normalized_keyword == "earthquake").collect();
        let samples: Vec<_> = quakes.iter().flat_map(|trend| &trend.sample_posts).collect();
        assert!(!samples.is_empty());
        assert!(samples.iter().all(|sample| sample.event_id.0 % 2 == 1 && !sample.text.is_empty()));
        quakes.iter().map(|trend| trend.frequency).max()
    };
    assert_eq!(run(LabelledPosts::Count), Some(80));
    assert_eq!(run(LabelledPosts::Ignore), Some(40));
}

#[test]
fn a_detector_with_a_bad_pattern_is_refused() {
    let moderation = Moderation { block: vec!["/[/".to_owned()], ..Moderation::default() };
    let refused = Detector::new(Settings { moderation, ..Settings::default() }, 1).unwrap_err().to_string();
    assert!(refused.contains("\"/[/\""), "{refused}");
}
