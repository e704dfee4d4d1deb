use std::collections::BTreeSet;

use proptest::prelude::*;
use skytrend_event::time::SECOND;
use skytrend_event::{AtUri, Did, EventId, Micros, PostAction, PostData, PostEvent};

use super::*;
use crate::Detector;
use crate::keywords::Tallies;

fn settings() -> Settings {
    Settings {
        sliding_minutes: 3,
        tumbling_minutes: 2,
        min_frequency: 1,
        min_authors: 1,
        ..Settings::default()
    }
}

/// Four words make a text that can be a near-copy; the first of them are in many texts, the last in one.
const TEXTS: [&str; 6] = [
    "river mountain ocean forest desert valley",
    "river mountain ocean forest desert glacier",
    "river mountain ocean forest desert valley island",
    "river ocean",
    "mountain",
    "meadow river canyon forest brook desert",
];

fn event(action: PostAction, author: usize, post: usize, at: Micros, text: usize) -> PostEvent<'static> {
    let did = Did::parse(format!("did:plc:author{author}")).unwrap();
    let uri = match action {
        PostAction::AuthorRemoved => AtUri::of_account(&did),
        _ => AtUri::parse(format!("at://{did}/app.bsky.feed.post/{post}")).unwrap(),
    };
    let data = PostData { text: TEXTS[text].into(), ..PostData::default() };
    PostEvent {
        action,
        uri,
        author_did: did,
        rev: None,
        witnessed_at: at,
        event_id: EventId(1),
        data: Some(data),
    }
}

/// The tallies of a keyword, counted from its list of posts.
fn recount(engine: &Engine, number: u32) -> [Tally; 2] {
    let posts = &engine.posts;
    let starts = engine.window_starts;
    [starts.sliding, starts.tumbling].map(|start| {
        let in_window =
            engine.keywords.entry(number).occurrences.as_slice().iter().filter(|occurrence| {
                minute_of(posts.post(posts.index_of(occurrence.post())).witnessed) >= start
            });
        let mut tally = Tally::ZERO;
        let (mut authors, mut original_authors) = (BTreeSet::new(), BTreeSet::new());
        for occurrence in in_window {
            let author = posts.authors()[posts.index_of(occurrence.post())];
            tally.posts += 1;
            tally.copies += u32::from(occurrence.is_copy());
            authors.insert(author);
            if !occurrence.is_copy() {
                original_authors.insert(author);
            }
        }
        Tally { authors: authors.len() as u32, clusters: original_authors.len() as u32, ..tally }
    })
}

fn check(detector: &Detector) -> Result<(), TestCaseError> {
    let keywords = &detector.engine.keywords;
    for number in keywords.in_use() {
        let Tallies { sliding, tumbling } = *keywords.tallies(number);
        prop_assert_eq!(
            [sliding, tumbling],
            recount(&detector.engine, number),
            "of {}",
            keywords.entry(number).normalized
        );
    }
    Ok(())
}

proptest! {
    #[test]
    fn tallies_are_those_of_a_recount(
        authors in 1..5_usize,
        drafts in proptest::collection::vec((0..16_usize, any::<usize>(), 0..40_usize, 0..TEXTS.len(), 0..4_i64), 1..250),
    ) {
        let mut detector = Detector::new(settings(), 1).unwrap();
        let mut at = Micros(1_000_000 * 60 * SECOND);
        for (kind, author, post, text, pause) in drafts {
            let action = match kind {
                0 => PostAction::Deleted,
                1 => PostAction::Updated,
                2 if pause == 0 => PostAction::AuthorRemoved,
                _ => PostAction::Created,
            };
            at = at.plus([0, 1, 5, 40][pause as usize] * SECOND);
            detector.apply(0, &event(action, author % authors, post, at, text));
            check(&detector)?;
        }
        let mut bytes = Vec::new();
        detector.snapshot(&mut bytes);
        check(&Detector::restore(settings(), &bytes).unwrap())?;
    }
}

proptest! {
    #[test]
    fn copies_are_those_of_a_comparison_with_every_earlier_post(
        drafts in proptest::collection::vec((0..TEXTS.len(), 0..12_u32, 0..2_i64), 1..200),
    ) {
        let mut detector = Detector::new(settings(), 1).unwrap();
        // All within the retained minutes.
        let mut at = Micros(1_000_000 * 60 * SECOND);
        for (post, (text, variant, pause)) in drafts.into_iter().enumerate() {
            at = at.plus(pause * SECOND);
            let mut event = event(PostAction::Created, post, post, at, text);
            let text = format!("{} variant{variant}", TEXTS[text]);
            event.data = Some(PostData { text: text.into(), ..PostData::default() });
            detector.apply(0, &event);
        }
        detector.finish();
        let engine = &detector.engine;
        let signature = |o: &crate::posts::Occurrence| engine.posts.signature(engine.posts.index_of(o.post()));
        for number in engine.keywords.in_use() {
            let entry = engine.keywords.entry(number);
            for (place, occurrence) in entry.occurrences.as_slice().iter().enumerate() {
                let earlier = &entry.occurrences.as_slice()[..place];
                let is_copy = earlier.iter().any(|other| signature(other).is_near(signature(occurrence)));
                prop_assert_eq!(occurrence.is_copy(), is_copy, "{} at {}", entry.normalized, place);
            }
        }
    }
}

#[test]
fn near_copies_of_what_left_the_window_are_copies() {
    let mut detector = Detector::new(settings(), 1).unwrap();
    let minute = |minutes: i64| Micros((1_000_000 + minutes) * 60 * SECOND);
    for (author, minutes) in [0, 0, 1, 3, 4].into_iter().enumerate() {
        detector.apply(0, &event(PostAction::Created, author, author, minute(minutes), 0));
    }
    detector.finish();
    let number = detector.engine.keywords.find(skytrend_event::KeywordKind::Word, "valley").unwrap();
    let sliding = detector.engine.keywords.tallies(number).sliding;
    assert_eq!(sliding, Tally { posts: 2, authors: 2, clusters: 0, copies: 2 });
}
