use std::sync::LazyLock;

use skytrend_event::time::MINUTE;
use skytrend_event::{
    AtUri, Did, EventId, Micros, PostAction, PostData, PostEvent, Trend, TrendStatus, WindowKind,
};
use xxhash_rust::xxh3::xxh3_64;

use super::*;

const START: i64 = 29_000_160;
/// Minutes learned from.
const LEARNED: i64 = 6 * 60;

/// A post of an author in a minute.
fn post(detector: &mut Detector, minute: i64, author: i64, text: &str) {
    let did = Did::parse(format!("did:plc:author{author}")).unwrap();
    let uri = AtUri::parse(format!("at://{did}/app.bsky.feed.post/{minute}")).unwrap();
    let event = PostEvent {
        action: PostAction::Created,
        uri,
        author_did: did,
        rev: None,
        witnessed_at: Micros((START + minute) * MINUTE + author % 59),
        event_id: EventId(7),
        data: Some(PostData { text: text.to_owned().into(), ..PostData::default() }),
    };
    detector.apply(0, &event);
}

/// A minute of ordinary posts: everybody writes about coffee, and about something that nobody else writes about.
fn usual(detector: &mut Detector, minute: i64) {
    for author in 0..20 {
        let other = minute * 20 + author;
        post(detector, minute, other % 977, &format!("coffee thing{other}"));
    }
}

/// A quarter of an hour of ordinary posts a week later, and eight people who write about an eclipse; which trends
/// there are.
fn trends_of_first_minutes(mut detector: Detector) -> Vec<String> {
    let start = 7 * 24 * 60;
    for minute in start..start + 15 {
        usual(&mut detector, minute);
        if minute > start + 10 {
            (0..4).for_each(|author| post(&mut detector, minute, 5000 + 4 * minute + author, "an eclipse"));
        }
    }
    detector.finish();
    let started = |trend: &Trend| trend.window == WindowKind::Sliding && trend.status == TrendStatus::Started;
    let trends = detector.take_outputs().into_iter().flat_map(|window| window.trends);
    trends.filter(started).map(|trend| trend.normalized_keyword).collect()
}

fn learned() -> Vec<u8> {
    static LEARNED_ONCE: LazyLock<Vec<u8>> = LazyLock::new(learn);
    LEARNED_ONCE.clone()
}

fn learn() -> Vec<u8> {
    let mut detector = Detector::new(Settings::default(), 1).unwrap();
    (0..LEARNED).for_each(|minute| usual(&mut detector, minute));
    let mut bytes = Vec::new();
    detector.save_baseline(&mut bytes);
    bytes
}

#[test]
fn a_new_detector_with_a_baseline_knows_what_is_usual() {
    let detector = Detector::with_baseline(Settings::default(), 1, &learned()).unwrap();
    assert_eq!(detector.stats().history_minutes, u32::try_from(LEARNED / 5 * 5 - 15).unwrap());
    assert_eq!(trends_of_first_minutes(detector), ["eclipse"]);
}

#[test]
fn without_one_it_takes_what_is_usual_for_a_trend() {
    let detector = Detector::new(Settings::default(), 1).unwrap();
    assert_eq!(trends_of_first_minutes(detector), ["coffee"]);
}

#[test]
fn posts_may_be_older_than_the_baseline() {
    let mut detector = Detector::with_baseline(Settings::default(), 1, &learned()).unwrap();
    let mut plain = Detector::new(Settings::default(), 1).unwrap();
    for detector in [&mut detector, &mut plain] {
        (-4 * 24 * 60..-4 * 24 * 60 + 30).for_each(|minute| usual(detector, minute));
        detector.finish();
    }
    let state = |detector: &Detector| {
        let coffee = detector.engine.keywords.find(skytrend_event::KeywordKind::Word, "coffee").unwrap();
        detector.engine.keywords.state(coffee).unwrap().clone()
    };
    let (known, new) = (state(&detector), state(&plain));
    assert_eq!((known.posts, known.observed), (new.posts, new.observed));
    let hour = detector.engine.streams.all.season.hour;
    assert_eq!(hour, plain.engine.streams.all.season.hour);
}

#[test]
fn words_of_few_people_and_posts_are_not_in_it() {
    let bytes = learned();
    let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("coffee"));
    assert!(!holds("thing") && !holds("did:plc") && !holds("at://"));
}

#[test]
fn saved_again_it_is_the_same() {
    let bytes = learned();
    let detector = Detector::with_baseline(Settings::default(), 3, &bytes).unwrap();
    let mut again = Vec::new();
    detector.save_baseline(&mut again);
    assert_eq!(again, bytes);
}

#[test]
fn damage_is_noticed_and_every_cut() {
    let bytes = learned();
    let read = |bytes: &[u8]| Detector::with_baseline(Settings::default(), 1, bytes).map(|_| ());
    assert_eq!(read(b""), Err(SnapshotError::NotABaseline));
    let mut changed = bytes.clone();
    changed[40] ^= 1;
    assert_eq!(read(&changed), Err(SnapshotError::Checksum));
    for cut in (0..bytes.len()).step_by(97) {
        assert!(read(&bytes[..cut]).is_err());
        // With a checksum that fits, what is missing is missing all the same.
        let mut short = bytes[..cut].to_vec();
        short.extend(xxh3_64(&bytes[..cut]).to_le_bytes());
        assert!(read(&short).is_err());
    }
}
