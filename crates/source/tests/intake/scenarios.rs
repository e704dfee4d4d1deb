//! The scenarios by which bluesky-social/indigo tests its relay (`cmd/relay/testing`): which messages pass it, which
//! it drops. `drop` says that the relay holds the message back; `update` and `invalid` speak of its own account records
//! and of signatures, which are not checked here.

use std::collections::BTreeSet;

use serde_json::Value;
use skytrend_event::EventId;
use skytrend_source::DropReason;
use skytrend_source::bluesky::Protocol;
use skytrend_source::bluesky::cursor::Cursor;

use crate::support::Run;
use crate::{build, data};

/// Events of one message that passes, by id: those of kept collections.
fn events_of(body: &Value, out: &mut BTreeSet<EventId>) {
    let (did, rev) = (body["repo"].as_str().unwrap_or_default(), body["rev"].as_str().unwrap_or_default());
    for op in body["ops"].as_array().into_iter().flatten() {
        let (collection, rkey) = op["path"].as_str().unwrap().split_once('/').unwrap();
        if ["app.bsky.feed.post", "app.bsky.feed.like"].contains(&collection) {
            out.insert(EventId::of(did, collection, rkey, rev, op["action"].as_str().unwrap()));
        }
    }
}

/// Runs a scenario; returns the reasons of what was dropped and how many authors were removed.
fn run(name: &str) -> (Vec<&'static str>, usize) {
    let scenario = data::json(&format!("firehose/indigo_relay_scenarios/{name}.json"));
    let mut run = Run::new(Protocol::Firehose);
    let (mut passing, mut dropped, mut removed) = (BTreeSet::new(), Vec::new(), 0);
    for message in scenario["messages"].as_array().unwrap() {
        let body = &message["frame"]["body"];
        let frame = build::frame(&message["frame"]["header"], body);
        let violations = run.violations.len();
        run.bytes(&frame);
        if run.violations.len() > violations {
            // As the client does.
            run.resume(Cursor::Seq(run.intake.checkpoint().position.unwrap().seq.unwrap()));
        }
        if message["drop"] == true {
            dropped.push(frame);
        } else {
            events_of(body, &mut passing);
            removed += usize::from(body["active"] == false);
        }
    }
    let got: BTreeSet<_> = run.recorder.events.iter().map(|event| event.id).collect();
    assert!(passing.is_subset(&got), "{name}: what the relay lets pass becomes events");
    assert_eq!(got.len(), passing.len() + removed, "{name}: and nothing else does, but removed authors");
    let dropped_here: Vec<_> = run.recorder.dropped.iter().map(|(_, bytes)| bytes.clone()).collect();
    assert!(
        dropped_here.iter().all(|frame| dropped.contains(frame)),
        "{name}: only what the relay drops is dropped"
    );
    let passed_over =
        run.recorder.passed_over.iter().filter(|reason| **reason == DropReason::Duplicate).count();
    assert_eq!(
        dropped_here.len() + passed_over,
        dropped.len(),
        "{name}: all that the relay drops, or it is known"
    );
    (run.recorder.reasons(), removed)
}

#[test]
fn posts_come_and_go() {
    assert_eq!(run("post_lifecycle"), (vec![], 0));
    assert_eq!(run("post_lifecycle_legacy"), (vec![], 0));
}

#[test]
fn frames_from_before_sync_v1_1_are_read() {
    assert_eq!(run("legacy"), (vec![], 0));
}

#[test]
fn an_account_comes_and_is_deleted() {
    assert_eq!(run("account_lifecycle"), (vec![], 1));
}

#[test]
fn nothing_of_a_deactivated_account_passes() {
    // Its commit is dated days ahead of the stream, and so is dropped for that before its account is looked at.
    assert_eq!(run("deactivation"), (vec!["time_jump"], 1));
}

#[test]
fn revisions_must_rise() {
    assert_eq!(run("rev_ordering"), (vec!["invalid_rev", "rev_out_of_order"], 0));
}

#[test]
fn numbers_must_rise_but_may_skip() {
    assert_eq!(run("seq_ordering"), (vec!["seq_out_of_order"], 0));
}
