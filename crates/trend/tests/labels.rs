//! Another labeler changes what topics are called, and nothing else.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod world;

use std::sync::Arc;

use skytrend_event::time::{MINUTE, SECOND};
use skytrend_event::{Alert, PostEvent, Trend};
use skytrend_trend::{Detector, KeywordLabeler, Labeler, Labelled, Settings, WindowOutput};
use world::{START, World, created, heartbeat};

/// What a model might say: something of the terms and of a post.
#[derive(Debug)]
struct Titles;

impl Labeler for Titles {
    fn label(&self, topic: &Labelled<'_>) -> String {
        format!("{} of {}, {} posts", topic.keyword, topic.terms.len(), topic.samples.len())
    }
}

/// The outputs, and the state at a restart shortly before the end, while there are topics.
fn run(events: &[PostEvent<'_>], labeler: &Arc<dyn Labeler>) -> (Vec<WindowOutput>, Vec<u8>) {
    let mut detector = Detector::with_labeler(Settings::default(), 1, Arc::clone(labeler)).unwrap();
    let (early, late) = events.split_at(events.len() - 300);
    for event in early {
        detector.apply(0, event);
    }
    let mut outputs = detector.take_outputs();
    let mut state = Vec::new();
    detector.snapshot(&mut state);
    detector = Detector::restore_with_labeler(Settings::default(), &state, Arc::clone(labeler)).unwrap();
    for event in late {
        detector.apply(0, event);
    }
    outputs.append(&mut detector.take_outputs());
    (outputs, state)
}

#[test]
fn labels_are_all_that_a_labeler_changes() {
    let mut world = World::new(5, 3_000, 2);
    let mut events = world.minutes(120);
    for post in 0..120 {
        let at = START.plus(110 * MINUTE + post * 4 * SECOND);
        let author = 900_000 + post.cast_unsigned();
        events.push(created(5_000 + post.cast_unsigned(), author, at, &format!("{} #SanRemo", world.text())));
    }
    events.sort_by_key(|event| event.witnessed_at);
    events.push(heartbeat(START.plus(180 * MINUTE)));
    let (mut named, state) = run(&events, &(Arc::new(Titles) as Arc<dyn Labeler>));
    let (plain, plain_state) = run(&events, &(Arc::new(KeywordLabeler) as Arc<dyn Labeler>));
    assert!(state == plain_state, "the state has seen a label");

    let labelled = named.iter().flat_map(|output| &output.trends).filter(|trend| trend.rank > 0);
    let mut seen = 0;
    for trend in labelled {
        let title =
            format!("{} of {}, {} posts", trend.terms[0], trend.terms.len(), trend.sample_posts.len());
        assert_eq!(trend.keyword, title);
        seen += 1;
    }
    assert!(seen > 0 && named.iter().any(|output| !output.alerts.is_empty()));

    for (named, plain) in named.iter_mut().zip(&plain) {
        for (Trend { keyword, .. }, plain) in named.trends.iter_mut().zip(&plain.trends) {
            keyword.clone_from(&plain.keyword);
        }
        for (Alert { keyword, .. }, plain) in named.alerts.iter_mut().zip(&plain.alerts) {
            assert!(keyword.ends_with(" posts"));
            keyword.clone_from(&plain.keyword);
        }
    }
    assert!(named == plain, "more than labels differs");
}
