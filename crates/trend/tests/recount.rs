//! The detector against a slow recount of the same events, and against itself: cut, interleaved, restored.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod world;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use skytrend_event::time::{MINUTE, SECOND};
use skytrend_event::{KeywordKind, Micros, PostAction, PostEvent, WindowKind};
use skytrend_trend::{Detector, Settings, Watchlist, WindowOutput};
use world::{START, created, event, heartbeat};

/// Words of the tests, none of them a stop word. Five of a text make it long enough to have a signature.
const WORDS: [&str; 8] = ["river", "mountain", "Ocean", "forest", "desert", "#Glacier", "valley", "iSland"];
const AUTHORS: u64 = 6;

/// One of every form of a term, with alerts that come easily.
fn watchlist() -> Watchlist {
    Watchlist {
        name: "water".to_owned(),
        terms: ["river", "ocean forest", "#gla*", "/valley|island/"].map(str::to_owned).to_vec(),
        alert_posts: 3,
        alert_growth: 1.0,
        cooldown_minutes: 2,
        ..Watchlist::default()
    }
}

/// Small windows, everything counted, trends from three authors on.
fn settings() -> Settings {
    Settings {
        sliding_minutes: 4,
        tumbling_minutes: 3,
        session_gap_minutes: 2,
        counts_min: 1,
        min_frequency: 3,
        min_authors: 3,
        watchlists: vec![watchlist()],
        ..Settings::default()
    }
}

/// A generated event before it gets its time.
#[derive(Clone, Debug)]
struct Draft {
    pause_micros: i64,
    action: PostAction,
    author: u64,
    post: u64,
    text: String,
}

fn draft() -> impl Strategy<Value = Draft> {
    let action = prop_oneof![
        12 => Just(PostAction::Created),
        2 => Just(PostAction::Updated),
        2 => Just(PostAction::Deleted),
        1 => Just(PostAction::AuthorRemoved),
        1 => Just(PostAction::Heartbeat),
    ];
    let pause = prop_oneof![4 => 0..10 * SECOND, 2 => 0..2_i64, 1 => Just(MINUTE), 1 => 0..3 * MINUTE];
    let words = proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..7);
    (pause, action, 0..AUTHORS, 0..12_u64, words).prop_map(|(pause_micros, action, author, post, words)| {
        Draft { pause_micros, action, author, post, text: words.join(" ") }
    })
}

/// Events in the order of time.
fn events(drafts: &[Draft]) -> Vec<PostEvent<'static>> {
    let mut at = START;
    drafts
        .iter()
        .map(|draft| {
            at = at.plus(draft.pause_micros);
            match draft.action {
                PostAction::Created => created(draft.author, draft.post, at, &draft.text),
                PostAction::Updated => PostEvent {
                    action: PostAction::Updated,
                    ..created(draft.author, draft.post, at, &draft.text)
                },
                action => event(action, draft.author, draft.post, at),
            }
        })
        .collect()
}

fn stream(max: usize) -> impl Strategy<Value = Vec<PostEvent<'static>>> {
    proptest::collection::vec(draft(), 1..max).prop_map(|drafts| events(&drafts))
}

/// All outputs of one partition.
fn run(events: &[PostEvent<'_>]) -> Vec<WindowOutput> {
    let mut detector = Detector::new(settings(), 1).unwrap();
    for event in events {
        detector.apply(0, event);
    }
    detector.finish();
    detector.take_outputs()
}

/// The rows (keyword, kind) → (posts, authors) of one window.
type Rows = BTreeMap<(String, KeywordKind), (u64, u64)>;

fn rows(output: &WindowOutput) -> Rows {
    let row = |count: &skytrend_event::KeywordCount| {
        ((count.normalized_keyword.clone(), count.kind), (count.count, count.unique_authors))
    };
    // From which post on a phrase counts depends on more than the window.
    output.counts.iter().filter(|count| count.kind != KeywordKind::Phrase).map(row).collect()
}

/// Counts a window anew from all events before its end.
fn recount(events: &[PostEvent<'_>], start: Micros, end: Micros) -> Rows {
    let mut posts: BTreeMap<&str, (Micros, &str, &str)> = BTreeMap::new();
    for event in events.iter().filter(|event| event.witnessed_at < end) {
        let (uri, did) = (event.uri.as_str(), event.author_did.as_str());
        let text = event.data.as_ref().map_or("", |data| &data.text);
        match event.action {
            PostAction::Created => {
                posts.entry(uri).or_insert((event.witnessed_at, did, text));
            }
            PostAction::Updated => {
                posts.insert(uri, (event.witnessed_at, did, text));
            }
            PostAction::Deleted => {
                posts.remove(uri);
            }
            PostAction::AuthorRemoved => posts.retain(|_, (_, author, _)| *author != did),
            PostAction::Heartbeat => {}
        }
    }
    let mut authors: BTreeMap<(String, KeywordKind), Vec<&str>> = BTreeMap::new();
    for (_, did, text) in posts.values().filter(|(at, _, _)| *at >= start) {
        let words: BTreeSet<(String, KeywordKind)> = text.split_whitespace().flat_map(keywords).collect();
        for word in words {
            authors.entry(word).or_default().push(did);
        }
    }
    let count =
        |authors: Vec<&str>| (authors.len() as u64, authors.iter().collect::<BTreeSet<_>>().len() as u64);
    authors.into_iter().map(|(key, authors)| (key, count(authors))).collect()
}

/// A word counts for itself; a hashtag also for the word it is made of, which is one as long as no capital is inside.
fn keywords(word: &str) -> Vec<(String, KeywordKind)> {
    let normalized = word.trim_start_matches('#').to_lowercase();
    let mut keywords = vec![(normalized.clone(), KeywordKind::Word)];
    if word.starts_with('#') {
        keywords.push((normalized, KeywordKind::Hashtag));
    }
    keywords
}

/// A created post whose URI is retained but outside the window would count in the recount only once it is gone;
/// real streams never repeat a URI that was not deleted, so neither do these.
fn without_repeats(events: Vec<PostEvent<'static>>) -> Vec<PostEvent<'static>> {
    let mut present = BTreeSet::new();
    let mut keep = |event: &PostEvent<'_>| {
        let uri = event.uri.as_str().to_owned();
        match event.action {
            PostAction::Created => present.insert(uri),
            PostAction::Updated => {
                present.insert(uri);
                true
            }
            PostAction::Deleted => {
                present.remove(&uri);
                true
            }
            PostAction::AuthorRemoved => {
                present.retain(|other| !other.starts_with(&uri));
                true
            }
            PostAction::Heartbeat => true,
        }
    };
    events.into_iter().filter(|event| keep(event)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn counts_are_those_of_a_recount(events in stream(120).prop_map(without_repeats)) {
        let outputs = run(&events);
        for output in &outputs {
            prop_assert_eq!(rows(output), recount(&events, output.window_start, output.window_end));
            let mut sorted = output.counts.clone();
            sorted.sort_by(|left, right| {
                let key = |row: &skytrend_event::KeywordCount| (row.normalized_keyword.clone(), row.kind);
                right.count.cmp(&left.count).then(key(left).cmp(&key(right)))
            });
            prop_assert_eq!(&sorted, &output.counts);
        }
        // No window with posts is missing.
        let ends: BTreeSet<Micros> =
            outputs.iter().filter(|o| o.window == WindowKind::Sliding).map(|o| o.window_end).collect();
        for event in events.iter().filter(|event| event.action == PostAction::Created) {
            prop_assert!(ends.contains(&event.witnessed_at.floor(MINUTE).plus(MINUTE)));
        }
    }

    #[test]
    fn cuts_and_snapshots_change_nothing(
        events in stream(120),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..4),
    ) {
        let whole = run(&events);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(events.len())).collect();
        cuts.sort_unstable();
        let mut detector = Detector::new(settings(), 1).unwrap();
        let mut outputs = Vec::new();
        for (place, event) in events.iter().enumerate() {
            if cuts.contains(&place) {
                outputs.append(&mut detector.take_outputs());
                detector = world::restored(&detector, settings());
            }
            detector.apply(0, event);
        }
        detector.finish();
        outputs.append(&mut detector.take_outputs());
        prop_assert_eq!(outputs, whole);
    }

    #[test]
    fn partitions_and_their_order_change_nothing(
        events in stream(120),
        partitions in 1..5_u32,
        order in any::<u64>(),
    ) {
        let whole = run(&events);
        // One author, one partition; each partition is read in its own order, ahead of the others or behind.
        let mut queues: Vec<Vec<&PostEvent<'_>>> = vec![Vec::new(); partitions as usize];
        let place = |event: &PostEvent<'_>| {
            usize::from(event.author_did.as_str().as_bytes()[8]) % partitions as usize
        };
        for event in &events {
            queues[place(event)].push(event);
        }
        let mut detector = Detector::new(settings(), partitions).unwrap();
        let mut random = order | 1;
        let mut at = vec![0; queues.len()];
        while at.iter().zip(&queues).any(|(at, queue)| *at < queue.len()) {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let partition = (random >> 33) as usize % queues.len();
            if let Some(event) = queues[partition].get(at[partition]) {
                detector.apply(u32::try_from(partition).unwrap(), event);
                at[partition] += 1;
            }
        }
        detector.finish();
        prop_assert_eq!(detector.take_outputs(), whole);
        prop_assert_eq!(detector.stats().counters.events_late, 0);
    }

    #[test]
    fn a_post_deleted_in_its_minute_has_never_been(
        before in stream(60), text in "river mountain Ocean forest desert|valley|#Glacier iSland",
        place in any::<proptest::sample::Index>(),
    ) {
        let place = place.index(before.len());
        let at = before[place].witnessed_at;
        // Both end at the same minute, which a heartbeat alone would leave open.
        let last = before.last().map_or(at, |event| event.witnessed_at);
        let mut before = before;
        before.push(heartbeat(last.plus(2 * MINUTE)));
        let mut with = before.clone();
        with.insert(place + 1, created(77, 1, at, &text));
        with.insert(place + 2, event(PostAction::Deleted, 77, 1, at));
        let without_activity = |mut outputs: Vec<WindowOutput>| {
            // Activity counts that somebody was there.
            for output in &mut outputs {
                output.activity = None;
                // A deleted post is still one of the three that make a pair of words a phrase.
                output.counts.retain(|count| count.kind != KeywordKind::Phrase);
                output.trends.clear();
                output.alerts.clear();
            }
            outputs.retain(|output| !output.counts.is_empty() || !output.trends.is_empty());
            outputs
        };
        prop_assert_eq!(without_activity(run(&with)), without_activity(run(&before)));
    }
}

#[test]
fn a_retraction_leaves_the_windows_that_end_after_it() {
    let at = |minutes: i64| START.plus(minutes * MINUTE);
    let events = [
        created(1, 1, at(0), "river"),
        created(2, 1, at(0).plus(SECOND), "river"),
        event(PostAction::Deleted, 1, 1, at(1).plus(SECOND)),
        heartbeat(at(5)),
    ];
    let outputs = run(&events);
    let counts: Vec<_> = outputs
        .iter()
        .filter(|output| output.window == WindowKind::Sliding)
        .map(|output| rows(output).into_values().collect::<Vec<_>>())
        .collect();
    assert_eq!(counts, [vec![(2, 2)], vec![(1, 1)], vec![(1, 1)], vec![(1, 1)], vec![]][..counts.len()]);
    assert!(counts.len() >= 2);
}

#[test]
fn what_is_late_is_dropped_and_counted() {
    let mut detector = Detector::new(settings(), 2).unwrap();
    detector.apply(0, &created(1, 1, START.plus(10 * SECOND), "river"));
    detector.apply(0, &created(1, 2, START.plus(9 * SECOND), "river"));
    detector.apply(1, &created(2, 3, START.plus(9 * SECOND), "river"));
    detector.apply(2, &created(3, 4, START, "river"));
    detector.apply(0, &created(1, 5, Micros(-1), "river"));
    detector.apply(0, &created(1, 5, Micros(i64::MAX), "river"));
    detector.finish();
    detector.apply(1, &created(2, 6, START.plus(59 * SECOND), "river"));
    let counters = detector.stats().counters;
    assert_eq!(
        (counters.events_late, counters.events_of_unknown_partition, counters.events_out_of_time),
        (2, 1, 2)
    );
    assert_eq!(counters.posts_counted, 2);
    assert_eq!(detector.take_outputs()[0].counts[0].count, 2);
}

#[test]
fn a_long_silence_is_passed_over() {
    let mut detector = Detector::new(settings(), 1).unwrap();
    detector.apply(0, &created(1, 1, START, "river"));
    detector.apply(0, &heartbeat(START.plus(400 * 24 * 60 * MINUTE)));
    let first = detector.take_outputs().len();
    assert!(first < 200, "{first} windows");
    detector.apply(0, &created(1, 2, START.plus(401 * 24 * 60 * MINUTE), "river"));
    detector.finish();
    assert_eq!(detector.take_outputs().len(), 1);
}

#[test]
fn posts_over_a_budget_are_shed_and_counted() {
    let tight = Settings { posts_max: 90, ..settings() };
    let mut detector = Detector::new(tight, 1).unwrap();
    for post in 0..30 {
        detector.apply(0, &created(post, post, START.plus(post.cast_signed()), "river"));
    }
    detector.finish();
    assert_eq!(detector.stats().counters.posts_shed, 20);
    assert_eq!(detector.take_outputs()[0].counts[0].count, 10);
}

#[test]
fn user_activity_is_that_of_the_sessions() {
    let at = |seconds: i64| START.plus(seconds * SECOND);
    let events = [
        created(1, 1, at(0), ""),
        created(1, 2, at(60), ""),
        created(2, 3, at(70), ""),
        // More than two minutes later: a new session.
        created(1, 4, at(181), ""),
        heartbeat(at(60 * 12)),
    ];
    let outputs = run(&events);
    let activity: Vec<_> = outputs.iter().filter_map(|output| output.activity.as_ref()).collect();
    assert_eq!(activity[0].window_end, at(180));
    assert_eq!((activity[0].active_users, activity[0].posts, activity[0].posts_per_user_max), (2, 3, 2));
    assert_eq!((activity[0].sessions_started, activity[0].sessions_ended), (2, 0));
    assert_eq!(
        (activity[1].active_users, activity[1].sessions_started, activity[1].sessions_ended),
        (1, 1, 3)
    );
    assert!((activity[1].session_seconds_mean - 20.0).abs() < 1e-9);
    assert!((activity[1].session_posts_mean - 4.0 / 3.0).abs() < 1e-9);
}
