//! A real recording: 150 relay frames in a row, and the same window of time as Jetstream v1 served it.

use std::collections::BTreeSet;

use skytrend_source::bluesky::Protocol;
use skytrend_source::bluesky::loss::Outcome;

use crate::data;
use crate::support::Run;

fn ids(run: &Run) -> BTreeSet<u64> {
    run.recorder.events.iter().map(|event| event.id.0).collect()
}

fn all(protocol: Protocol, messages: &[Vec<u8>]) -> Run {
    let mut run = Run::new(protocol);
    for message in messages {
        run.bytes(message);
    }
    run
}

#[test]
fn both_protocols_give_the_same_events_and_drop_none() {
    let frames = data::frames();
    let lines: Vec<_> = data::expected_v1().into_iter().map(String::into_bytes).collect();
    let (firehose, v1) = (all(Protocol::Firehose, &frames), all(Protocol::JetstreamV1, &lines));
    for run in [&firehose, &v1] {
        assert_eq!(run.recorder.reasons(), ["empty_text"], "one post is a picture without words");
        assert!(run.violations.is_empty());
        assert_eq!(run.intake.losses().count(Outcome::Live), 1);
        let times: Vec<_> = run.recorder.all.iter().map(|event| event.witnessed_at).collect();
        assert!(times.is_sorted(), "record times never go back");
    }
    assert_eq!(ids(&firehose).len(), firehose.recorder.events.len(), "each once");
    assert_eq!(ids(&firehose), ids(&v1));
    assert!(ids(&firehose).len() > 130, "{}", ids(&firehose).len());
}

#[test]
fn told_twice_it_is_counted_once() {
    let lines: Vec<_> = data::expected_v1().into_iter().map(String::into_bytes).collect();
    let once = all(Protocol::JetstreamV1, &lines);
    let mut twice = all(Protocol::JetstreamV1, &lines);
    for line in &lines {
        twice.bytes(line);
    }
    assert_eq!(once.recorder.all, twice.recorder.all);
}
