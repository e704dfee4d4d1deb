use proptest::prelude::*;
use skytrend_event::time::{MINUTE, SECOND};
use skytrend_event::{
    AlertKind, AtUri, Did, EventId, Language, Like, Micros, PostAction, PostData, PostEvent,
};

use xxhash_rust::xxh3::xxh3_64;

use super::*;
use crate::{CompiledWatchlists, Watchlist, WindowOutput};

fn settings() -> Settings {
    Settings {
        sliding_minutes: 2,
        tumbling_minutes: 1,
        min_frequency: 1,
        min_authors: 1,
        watchlists: vec![Watchlist {
            name: "quakes".to_owned(),
            terms: vec!["earth*".to_owned()],
            alert_posts: 1,
            alert_growth: 1.0,
            ..Watchlist::default()
        }],
        ..Settings::default()
    }
}

fn event(action: PostAction, author: u64, post: i64, text: &'static str) -> PostEvent<'static> {
    let did = Did::parse(format!("did:plc:author{author}")).unwrap();
    let uri = AtUri::parse(format!("at://{did}/app.bsky.feed.post/{post}")).unwrap();
    let languages = vec![Language::parse("ja").unwrap(), Language::parse("en").unwrap()];
    let data = PostData { text: text.into(), languages, ..PostData::default() };
    let witnessed_at = Micros(1_000_000 * MINUTE + post * 7 * SECOND);
    PostEvent {
        action,
        uri,
        author_did: did,
        rev: None,
        witnessed_at,
        event_id: EventId(7),
        data: Some(data),
    }
}

/// A detector with something in every part of its state.
fn detector() -> Detector {
    let mut detector = Detector::new(settings(), 1).unwrap();
    for post in 0..400_i64 {
        let text = match post % 7 {
            0 => "river mountain iSland forest desert valley",
            1 => "NATO #WorldCup ocean",
            2 => "",
            _ if post > 300 => "earthquake everywhere",
            _ => "quiet valley",
        };
        let action = if post % 31 == 30 { PostAction::Updated } else { PostAction::Created };
        detector.apply(0, &event(action, post.unsigned_abs() % 29, post, text));
        if post % 50 == 49 {
            detector.apply(0, &event(PostAction::Deleted, (post.unsigned_abs() - 3) % 29, post, ""));
        }
    }
    detector
}

/// The same settings, with likes.
fn settings_with_likes() -> Settings {
    Settings { like_weight: 1.0, ..settings() }
}

/// A detector with likes of live, retracted and forgotten posts, in closed minutes and in open ones.
fn detector_with_likes() -> Detector {
    let mut detector = Detector::new(settings_with_likes(), 1).unwrap();
    for post in 0..120_i64 {
        let created = event(PostAction::Created, post.unsigned_abs() % 29, post, "river mountain iSland");
        let liked = &event(PostAction::Created, (post.max(1) - 1).unsigned_abs() % 29, post.max(1) - 1, "");
        let (author_did, uri) =
            (created.author_did.clone(), AtUri::parse(format!("{}9", created.uri)).unwrap());
        let (witnessed_at, event_id) = (created.witnessed_at, created.event_id);
        let like = |uri: &AtUri<'static>, subject| Like {
            uri: uri.clone(),
            author_did: author_did.clone(),
            rev: None,
            witnessed_at,
            event_id,
            deleted: post % 5 == 4,
            subject: Some(subject),
            created_at: None,
        };
        detector.apply(0, &created);
        detector.apply_like(0, &like(&uri, liked.uri.clone()));
        if post % 20 == 19 {
            detector.apply(0, &event(PostAction::Deleted, (post.unsigned_abs() - 3) % 29, post, ""));
            detector.apply(0, &event(PostAction::AuthorRemoved, post.unsigned_abs() % 29, post, ""));
        }
    }
    detector
}

fn snapshot(detector: &Detector) -> Vec<u8> {
    let mut bytes = Vec::new();
    detector.snapshot(&mut bytes);
    bytes
}

fn sealed(mut content: Vec<u8>) -> Vec<u8> {
    let checksum = xxh3_64(&content);
    content.extend_from_slice(&checksum.to_le_bytes());
    content
}

fn restore(bytes: &[u8]) -> Result<Detector, SnapshotError> {
    Detector::restore(settings(), bytes)
}

/// Goes on from here.
fn outputs_of(mut detector: Detector) -> Vec<WindowOutput> {
    detector.take_outputs();
    for post in 401..430_i64 {
        detector
            .apply(0, &event(PostAction::Created, post.unsigned_abs() % 29, post, "earthquake valley NATO"));
    }
    detector.apply(0, &event(PostAction::AuthorRemoved, 3, 430, ""));
    detector.finish();
    detector.take_outputs()
}

#[test]
fn a_restored_detector_goes_on_as_the_first() {
    let first = detector();
    assert!(!first.engine.sliding.topics.is_empty(), "the test's state has trends");
    assert!(!first.engine.watch_alerts.open.is_empty(), "and an alert of a watchlist");
    let bytes = snapshot(&first);
    let second = restore(&bytes).unwrap();
    assert_eq!(snapshot(&second), bytes);
    assert_eq!(second.stats().counters, first.stats().counters);
    assert_eq!(outputs_of(second), outputs_of(first));
}

#[test]
fn so_does_one_with_likes() {
    let first = detector_with_likes();
    let counters = first.stats().counters;
    assert!(counters.engagements_counted > 50 && counters.engagements_retracted > 5, "{counters:?}");
    let bytes = snapshot(&first);
    let second = Detector::restore(settings_with_likes(), &bytes).unwrap();
    assert_eq!(snapshot(&second), bytes);
    assert_eq!(second.stats().counters, counters);
    assert_eq!(outputs_of(second), outputs_of(first));
    assert_eq!(restore(&bytes).unwrap_err(), SnapshotError::OtherSettings);
}

#[test]
fn thresholds_and_lists_may_change() {
    let first = detector();
    let keys = |detector: &Detector| {
        let keywords = &detector.engine.keywords;
        let keys = keywords.in_use().into_iter().filter(|&number| keywords.entry(number).is_watched);
        keys.map(|number| keywords.state(number).is_some()).collect::<Vec<_>>()
    };
    assert!(keys(&first).contains(&true), "the list has a state");
    let list =
        Watchlist { name: "rivers".to_owned(), terms: vec!["valley".to_owned()], ..Watchlist::default() };
    let changed = Settings { min_authors: 5, watchlists: vec![list], ..settings() };
    let mut second = Detector::restore(changed, &snapshot(&first)).unwrap();
    assert!(keys(&second).iter().all(|has_state| !has_state), "what is not watched any more has no state");
    let states = |detector: &Detector| detector.engine.keywords.states_len();
    let watched = keys(&first).into_iter().filter(|has_state| *has_state).count();
    assert_eq!(states(&second), states(&first) - watched, "all other keywords have theirs");
    for post in 401..430_i64 {
        second.apply(0, &event(PostAction::Created, post.unsigned_abs() % 29, post, "earthquake valley"));
    }
    second.finish();
    let outputs = second.take_outputs();
    let ended: Vec<_> =
        outputs.iter().flat_map(|output| &output.alerts).filter(|alert| alert.watchlist.is_some()).collect();
    assert!(
        matches!(ended[..], [alert] if (&*alert.keyword, alert.kind) == ("quakes", AlertKind::Ended)),
        "{ended:?}"
    );
    let watched: Vec<_> = outputs.iter().flat_map(|output| &output.watched).collect();
    assert!(watched.iter().all(|row| row.watchlist.as_deref() == Some("rivers")));
    assert!(watched.iter().any(|row| row.normalized_keyword == "valley" && row.count > 5), "{watched:?}");
}

#[test]
fn lists_exchanged_in_a_running_detector_are_as_after_a_restart() {
    let list = |name: &str, term: &str| Watchlist {
        name: name.to_owned(),
        terms: vec![term.to_owned()],
        alert_posts: 1,
        alert_growth: 1.0,
        ..Watchlist::default()
    };
    let exchanges = [
        vec![],
        vec![list("quakes", "river")],
        vec![list("quakes", "earth*"), list("rivers", "valley")],
        vec![list("rivers", "river")],
    ];
    for lists in exchanges {
        let mut running = detector();
        running.take_outputs();
        let changed = Settings { watchlists: lists.clone(), ..settings() };
        let mut restarted = Detector::restore(changed, &snapshot(&running)).unwrap();
        running.set_watchlists(&CompiledWatchlists::compile(lists).unwrap());
        assert_eq!(snapshot(&running), snapshot(&restarted));
        // And back: what was counted before leaves with its posts.
        let again = |detector: &mut Detector| {
            detector.apply(0, &event(PostAction::Created, 3, 400, "earthquake in the valley"));
            let lists = CompiledWatchlists::compile(settings().watchlists).unwrap();
            detector.set_watchlists(&lists);
        };
        again(&mut running);
        again(&mut restarted);
        assert_eq!(outputs_of(running), outputs_of(restarted));
    }
}

#[test]
fn other_bytes_are_refused_with_the_reason() {
    let bytes = snapshot(&detector());
    assert_eq!(restore(b"something else").unwrap_err(), SnapshotError::NotASnapshot);
    let mut newer = bytes.clone();
    newer[16] = 9;
    assert_eq!(restore(&newer).unwrap_err(), SnapshotError::Version { found: 9, expected: ENVELOPE.version });
    let mut changed = bytes.clone();
    changed[100] ^= 1;
    assert_eq!(restore(&changed).unwrap_err(), SnapshotError::Checksum);
    let other = Settings { tumbling_minutes: 2, ..settings() };
    assert_eq!(Detector::restore(other, &bytes).unwrap_err(), SnapshotError::OtherSettings);
    let mut longer = bytes[..bytes.len() - 8].to_vec();
    longer.push(0);
    assert!(matches!(restore(&sealed(longer)).unwrap_err(), SnapshotError::Malformed { what: "end", .. }));
}

#[test]
fn a_cut_snapshot_is_refused_at_every_byte() {
    let bytes = snapshot(&detector());
    for len in (0..bytes.len() - 8).step_by(97) {
        assert!(restore(&sealed(bytes[..len].to_vec())).is_err(), "{len}");
    }
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
    ) {
        for (settings, detector) in [(settings(), detector()), (settings_with_likes(), detector_with_likes())] {
            let mut bytes = snapshot(&detector);
            bytes.truncate(bytes.len() - 8);
            // What comes before the body is checked by its own tests.
            let body = 26;
            for (place, byte) in &changes {
                let place = body + place.index(bytes.len() - body);
                bytes[place] = *byte;
            }
            if let Ok(detector) = Detector::restore(settings, &sealed(bytes)) {
                outputs_of(detector);
            }
        }
    }

    #[test]
    fn any_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = snapshot(&Detector::new(settings(), 1).unwrap());
        bytes.truncate(26);
        bytes.extend_from_slice(&body);
        let _ = restore(&sealed(bytes));
    }
}
