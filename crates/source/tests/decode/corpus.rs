//! 150 real frames against what production Jetstream made of the same window.

use std::collections::BTreeMap;

use skytrend_event::{Event, EventId, Micros};
use skytrend_source::bluesky::{firehose, jetstream};
use skytrend_source::wire::{Body, Message};
use skytrend_source::{record, v1_json};

use crate::{build, data};

/// Jetstream stamps its own time.
fn without_time(line: &str) -> String {
    let (before, after) = line.split_once("\"time_us\":").unwrap();
    let (_, after) = after.split_once(',').unwrap();
    format!("{before}{after}")
}

#[test]
fn frames_become_the_lines_that_jetstream_served_byte_for_byte() {
    let mut out = Vec::new();
    for frame in data::frames() {
        assert_eq!(v1_json::write(&firehose::decode(&frame).unwrap(), &mut out), []);
    }
    let mut lines: Vec<String> = String::from_utf8(out).unwrap().lines().map(without_time).collect();
    let mut expected: Vec<String> = data::expected_v1().iter().map(|line| without_time(line)).collect();
    lines.sort();
    expected.sort();
    for (line, expected) in lines.iter().zip(&expected) {
        assert!(line == expected, "a line differs");
    }
    assert_eq!(lines.len(), expected.len());
}

#[test]
fn every_record_is_there_and_its_content_id_is_checked() {
    let (mut checked, mut deleted) = (0, 0);
    for frame in data::frames() {
        let Message::Commit(commit) = firehose::decode(&frame).unwrap() else { continue };
        assert_eq!(commit.rejected_ops, []);
        for op in &commit.ops {
            match op.body {
                Body::Cbor(record) => {
                    assert_eq!(op.cid.unwrap(), build::cid(record));
                    checked += 1;
                }
                Body::None => deleted += 1,
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!((checked, deleted), (146, 4));
}

/// The events of one message, by id, without the time that differs between sources.
fn events<'a>(message: &Message<'a>, found: &mut BTreeMap<EventId, Event<'a>>) {
    let mut add = |mut event: Event<'a>| {
        match &mut event {
            Event::Post(e) => e.witnessed_at = Micros(0),
            Event::Like(e) => e.witnessed_at = Micros(0),
            Event::Repost(e) => e.witnessed_at = Micros(0),
            Event::Follow(e) => e.witnessed_at = Micros(0),
        }
        assert!(found.insert(event.event_id(), event).is_none());
    };
    match message {
        Message::Commit(commit) => {
            let mut flaws = Vec::new();
            commit
                .ops
                .iter()
                .filter_map(|op| record::decode(commit, op, &mut flaws).unwrap())
                .for_each(&mut add);
        }
        Message::Account(account) => record::account(account).into_iter().for_each(add),
        _ => {}
    }
}

/// A version 1 line as version 2 would frame it.
fn as_v2(line: &str, seq: i64) -> String {
    let v1: serde_json::Value = serde_json::from_str(line).unwrap();
    let kind = v1["kind"].as_str().unwrap();
    let mut payload = serde_json::json!({
        "$type": format!("network.bsky.jetstream.subscribeEvents#{kind}"),
        "seq": seq,
        "did": v1["did"],
        "time": "2026-07-04T14:38:09.123456Z",
    });
    if kind == "commit" {
        for (key, value) in v1["commit"].as_object().unwrap() {
            payload[key] = value.clone();
        }
    } else {
        payload[kind] = v1[kind].clone();
    }
    serde_json::json!({"$type": "message", "payload": payload}).to_string()
}

#[test]
fn firehose_and_both_jetstreams_give_equal_events() {
    let (frames, v1_lines) = (data::frames(), data::expected_v1());
    let v2_lines: Vec<String> = v1_lines.iter().zip(1..).map(|(line, seq)| as_v2(line, seq)).collect();
    let (mut raw, mut v1, mut v2) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for frame in &frames {
        events(&firehose::decode(frame).unwrap(), &mut raw);
    }
    for line in &v1_lines {
        events(&jetstream::v1::decode(line.as_bytes()).unwrap(), &mut v1);
    }
    for line in &v2_lines {
        events(&jetstream::v2::decode(line.as_bytes()).unwrap(), &mut v2);
    }
    assert_eq!(raw.len(), 105 + 18 + 15 + 9);
    assert_eq!(raw, v1);
    assert_eq!(raw, v2);
}

#[test]
fn a_real_frame_that_is_cut_anywhere_is_refused() {
    let frames = data::frames();
    for frame in [&frames[0], &frames[75], frames.iter().min_by_key(|frame| frame.len()).unwrap()] {
        for length in 0..frame.len() {
            let error = firehose::decode(&frame[..length]).unwrap_err();
            assert_eq!(error.reason().name(), "truncated_frame", "{length}: {error}");
            assert!(error.breaks_connection());
        }
    }
}

#[test]
fn a_flipped_bit_never_panics_and_is_caught_in_a_record() {
    for frame in data::frames().iter().step_by(40) {
        let record = record_range(frame);
        for at in 0..frame.len() {
            for bit in 0..8 {
                let mut damaged = frame.clone();
                damaged[at] ^= 1 << bit;
                let decoded = firehose::decode(&damaged);
                let Ok(message) = decoded else { continue };
                v1_json::write(&message, &mut Vec::new());
                let Message::Commit(commit) = message else { continue };
                let is_in_record = record.as_ref().is_some_and(|range| range.contains(&at));
                for op in &commit.ops {
                    assert!(!is_in_record || op.body == Body::WrongCid, "byte {at}");
                    drop(record::decode(&commit, op, &mut Vec::new()));
                }
            }
        }
    }
}

/// Where in the frame its only record is.
fn record_range(frame: &[u8]) -> Option<std::ops::Range<usize>> {
    let Message::Commit(commit) = firehose::decode(frame).unwrap() else { return None };
    let Body::Cbor(record) = commit.ops.first()?.body else { return None };
    let start = frame.windows(record.len()).position(|window| window == record).unwrap();
    Some(start..start + record.len())
}
