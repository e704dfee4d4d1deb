//! What is counted while a minute is open, against what its window has when it closes.

mod world;

use std::collections::BTreeMap;

use proptest::prelude::*;
use skytrend_event::time::{MINUTE, SECOND};
use skytrend_event::{KeywordKind, Micros, PostAction, PostEvent, WindowKind};
use skytrend_trend::{Detector, LiveCounter, LiveSubject, Settings, Watchlist, WindowOutput};
use world::{START, created, event, heartbeat};

/// Words of the tests, none of them a stop word.
const WORDS: [&str; 6] = ["river", "mountain", "ocean", "forest", "#glacier", "valley"];

/// Minutes of the tumbling window; the sliding one has one.
const TUMBLING: i64 = 3;

fn settings() -> Settings {
    Settings {
        sliding_minutes: 1,
        tumbling_minutes: 3,
        counts_min: 1,
        watchlists: vec![Watchlist {
            name: "water".to_owned(),
            terms: ["river", "ocean"].map(str::to_owned).to_vec(),
            ..Watchlist::default()
        }],
        ..Settings::default()
    }
}

fn keyword(kind: KeywordKind, normalized: &str) -> LiveSubject {
    LiveSubject::Keyword { kind, normalized: normalized.to_owned() }
}

fn subjects() -> Vec<LiveSubject> {
    let of_word = |word: &&str| match word.strip_prefix('#') {
        Some(tag) => keyword(KeywordKind::Hashtag, tag),
        None => keyword(KeywordKind::Word, word),
    };
    WORDS.iter().map(of_word).chain([LiveSubject::Watchlist("water".to_owned())]).collect()
}

/// The counts of each subject since the start of the sliding and of the tumbling window that `minute` lies in.
fn look(counter: &mut LiveCounter, detector: &Detector, minute: i64) -> Vec<u64> {
    let starts = [minute, minute - minute.rem_euclid(TUMBLING)].map(|minute| Micros(minute * MINUTE));
    let since = |start: Micros| subjects().into_iter().map(move |subject| (subject, start));
    counter.follow(starts.into_iter().flat_map(since).collect());
    counter.posts(detector)
}

/// What a closed window says of each subject.
fn said(output: &WindowOutput) -> Vec<u64> {
    let of = |subject: LiveSubject| match subject {
        LiveSubject::Keyword { kind, normalized } => output
            .counts
            .iter()
            .find(|count| (count.kind, &count.normalized_keyword) == (kind, &normalized))
            .map_or(0, |count| count.count),
        LiveSubject::Watchlist(_) => {
            output.watched.iter().find(|count| count.normalized_keyword == "*").map_or(0, |count| count.count)
        }
    };
    subjects().into_iter().map(of).collect()
}

fn stream() -> impl Strategy<Value = Vec<PostEvent<'static>>> {
    let pause = prop_oneof![6 => 0..20 * SECOND, 1 => 0..2 * MINUTE];
    let words = proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..4);
    proptest::collection::vec((pause, 0..4_u64, words), 1..80).prop_map(|drafts| {
        let mut at = START;
        let posts = drafts.into_iter().zip(0..).map(|((pause, author, words), post)| {
            at = at.plus(pause);
            created(author, post, at, &words.join(" "))
        });
        posts.collect()
    })
}

proptest! {
    /// However often it is looked, and whatever is looked for in between.
    #[test]
    fn the_last_look_at_an_open_minute_is_what_its_windows_say(events in stream(), looks in 1..7_usize) {
        let mut detector = Detector::new(settings(), 1).unwrap();
        let mut counter = LiveCounter::default();
        let minute_of = |at: Micros| at.0.div_euclid(MINUTE);
        let mut last_looks = BTreeMap::new();
        for (number, event) in events.iter().enumerate() {
            detector.apply(0, event);
            let minute = minute_of(event.witnessed_at);
            let is_last = events.get(number + 1).is_none_or(|next| minute_of(next.witnessed_at) > minute);
            if is_last || number % looks == 0 {
                last_looks.insert(minute, look(&mut counter, &detector, minute));
            }
        }
        detector.finish();
        for output in detector.take_outputs() {
            let minute = minute_of(output.window_end) - 1;
            let Some(looked) = last_looks.get(&minute) else { continue };
            let (sliding, tumbling) = looked.split_at(subjects().len());
            let looked = if output.window == WindowKind::Sliding { sliding } else { tumbling };
            prop_assert_eq!(looked, said(&output), "{:?} {}", output.window, minute);
        }
    }
}

#[test]
fn of_closed_minutes_it_is_exact_and_of_open_ones_deletions_wait() {
    let mut detector = Detector::new(settings(), 1).unwrap();
    let mut counter = LiveCounter::default();
    counter.follow(vec![(keyword(KeywordKind::Word, "river"), START)]);
    assert_eq!(counter.posts(&detector), [0], "nothing has come");
    for post in 0..5 {
        detector.apply(0, &created(post, post, START, "river"));
    }
    detector.apply(0, &event(PostAction::Deleted, 0, 0, START.plus(SECOND)));
    let edit = PostEvent { action: PostAction::Updated, ..created(1, 1, START.plus(2 * SECOND), "a river") };
    detector.apply(0, &edit);
    assert_eq!(counter.posts(&detector), [6], "five posts and an edit");
    detector.apply(0, &heartbeat(START.plus(MINUTE)));
    assert_eq!(counter.posts(&detector), [4], "one is deleted, and one replaced");
    detector.apply(0, &created(9, 9, START.plus(MINUTE + SECOND), "river"));
    assert_eq!(counter.posts(&detector), [5]);
    counter.follow(vec![(keyword(KeywordKind::Word, "river"), START.plus(MINUTE))]);
    assert_eq!(counter.posts(&detector), [1], "since the minute ended");
}

#[test]
fn a_partition_that_is_ahead_is_counted_too() {
    let mut detector = Detector::new(settings(), 2).unwrap();
    let mut counter = LiveCounter::default();
    counter.follow(vec![(keyword(KeywordKind::Word, "river"), START)]);
    detector.apply(0, &created(1, 1, START, "river"));
    detector.apply(1, &created(2, 2, START.plus(2 * MINUTE), "river"));
    assert_eq!(counter.posts(&detector), [2]);
    detector.apply(0, &created(1, 3, START.plus(2 * MINUTE), "river"));
    assert_eq!(counter.posts(&detector), [3], "the first minutes have closed");
}

#[test]
fn phrases_are_counted_where_their_words_are_side_by_side() {
    let mut detector = Detector::new(settings(), 1).unwrap();
    let mut counter = LiveCounter::default();
    let phrases = ["green river", "green river valley", "old green river valley", "river valley road"];
    counter.follow(phrases.map(|phrase| (keyword(KeywordKind::Phrase, phrase), START)).to_vec());
    for (text, post) in [
        "the green river is calm",
        "a green river valley, seen today",
        "my old green river valley",
        "river green, valley old",
        "green. river valley road",
    ]
    .into_iter()
    .zip(0..)
    {
        detector.apply(0, &created(post, post, START, text));
    }
    assert_eq!(counter.posts(&detector), [3, 2, 1, 1]);
}
