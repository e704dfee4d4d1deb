//! Frames of every type, and hostile ones: each has its reason.

use serde_json::{Value, json};
use skytrend_event::Micros;
use skytrend_source::bluesky::firehose::{self, FRAME_BYTES_MAX, FrameError};
use skytrend_source::wire::{Action, Body, Message, Place};
use skytrend_source::{DropReason, record};

use crate::build::{self, DID, REV, TIME};

fn reason(frame: &[u8]) -> DropReason {
    firehose::decode(frame).unwrap_err().reason()
}

fn at() -> Place {
    Place { seq: Some(7), time: Micros(1_783_166_400_000_000) }
}

#[test]
fn small_frames_are_read_and_unknown_fields_are_ignored() {
    let account =
        json!({"seq": 7, "time": TIME, "did": DID, "active": false, "status": "takendown", "new": [1, {}]});
    let account = build::frame(&json!({"op": 1, "t": "#account", "extra": null}), &account);
    let Message::Account(account) = firehose::decode(&account).unwrap() else { panic!() };
    assert_eq!((account.at, account.active, account.status.as_deref()), (at(), false, Some("takendown")));

    let identity = json!({"seq": 7, "time": TIME, "did": DID, "handle": null});
    let identity = build::frame(&json!({"op": 1, "t": "#identity"}), &identity);
    let Message::Identity(identity) = firehose::decode(&identity).unwrap() else { panic!() };
    assert_eq!((identity.at, identity.handle), (at(), None));

    let sync = json!({"seq": 7, "time": TIME, "did": DID, "rev": REV, "blocks": {"$bytes": ""}});
    let sync = build::frame(&json!({"op": 1, "t": "#sync"}), &sync);
    let Message::Sync { at: place, rev, .. } = firehose::decode(&sync).unwrap() else { panic!() };
    assert_eq!((place, rev.as_str()), (at(), REV));

    let info = build::frame(&json!({"op": 1, "t": "#info"}), &json!({"name": "OutdatedCursor"}));
    let expected = Message::Info { name: "OutdatedCursor".into(), message: "".into() };
    assert_eq!(firehose::decode(&info).unwrap(), expected);

    let error = build::frame(&json!({"op": -1}), &json!({"error": "FutureCursor", "message": "no"}));
    let expected = Message::Error { error: "FutureCursor".into(), message: "no".into() };
    assert_eq!(firehose::decode(&error).unwrap(), expected);
}

#[test]
fn unknown_types_and_operations_are_named_and_keep_their_place() {
    let body = json!({"seq": 7, "time": TIME, "what": {"ever": [1]}});
    let frame = build::frame(&json!({"op": 1, "t": "#label"}), &body);
    let expected = Message::Unknown { what: "#label".into(), at: Some(at()) };
    assert_eq!(firehose::decode(&frame).unwrap(), expected);
    let frame = build::frame(&json!({"op": 2}), &json!({}));
    let expected = Message::Unknown { what: "op 2".into(), at: None };
    assert_eq!(firehose::decode(&frame).unwrap(), expected);
}

#[test]
fn deletes_and_empty_commits_have_no_records() {
    let ops = json!([{"action": "delete", "path": "app.bsky.feed.post/3l3qo2vuowo2b", "cid": null}]);
    let frame = build::commit_frame(&ops, &build::car([]));
    let Message::Commit(commit) = firehose::decode(&frame).unwrap() else { panic!() };
    let op = &commit.ops[0];
    assert_eq!((op.action, op.cid, op.body), (Action::Delete, None, Body::None));
    let frame = build::commit_frame(&json!([]), &build::car([]));
    let Message::Commit(commit) = firehose::decode(&frame).unwrap() else { panic!() };
    assert!(commit.ops.is_empty());
}

#[test]
fn legacy_commits_that_were_too_big_have_no_blocks() {
    let id = build::cid(b"x").to_string();
    let ops = json!([{"action": "create", "path": "app.bsky.feed.post/3l3qo2vuowo2b", "cid": {"$link": id}}]);
    let mut body = build::commit(&ops, &[]);
    body["tooBig"] = json!(true);
    let frame = build::frame(&json!({"op": 1, "t": "#commit"}), &body);
    let Message::Commit(commit) = firehose::decode(&frame).unwrap() else { panic!() };
    assert_eq!(record::decode(&commit, &commit.ops[0], &mut vec![]), Err(DropReason::MissingBlock));
}

#[test]
fn a_missing_block_or_a_wrong_one_costs_only_its_operation() {
    let records = ["a", "b", "c"].map(|text| build::cbor(&build::post(text, &json!({}))));
    let ids = records.each_ref().map(|record| build::cid(record));
    let op = |at: usize| json!({"action": "create", "path": format!("app.bsky.feed.post/{at}"), "cid": {"$link": ids[at].to_string()}});
    let ops = json!([op(0), op(1), op(2)]);
    let archive = build::car([(ids[2], &records[2][..]), (ids[0], &records[1][..])]);
    let frame = build::commit_frame(&ops, &archive);
    let Message::Commit(commit) = firehose::decode(&frame).unwrap() else { panic!() };
    let decode =
        |at: usize| record::decode(&commit, &commit.ops[at], &mut vec![]).map(|event| event.is_some());
    assert_eq!(decode(0), Err(DropReason::CidMismatch));
    assert_eq!(decode(1), Err(DropReason::MissingBlock));
    assert_eq!(decode(2), Ok(true));
}

#[test]
fn many_operations_find_their_blocks_also_when_they_share_one() {
    let records: Vec<_> = (0..199).map(|n| build::cbor(&json!({"n": n / 2}))).collect();
    let ops: Vec<_> = (0..199)
        .map(|n| {
            let id = build::cid(&records[n]).to_string();
            json!({"action": "create", "path": format!("com.example.record/{n}"), "cid": {"$link": id}})
        })
        .collect();
    let archive = build::car(records.iter().rev().map(|record| (build::cid(record), &record[..])));
    let frame = build::commit_frame(&json!(ops), &archive);
    let Message::Commit(commit) = firehose::decode(&frame).unwrap() else { panic!() };
    for (op, record) in commit.ops.iter().zip(&records) {
        assert_eq!(op.body, Body::Cbor(record));
    }
}

#[test]
fn operations_that_are_not_valid_are_rejected_one_by_one() {
    let id = json!({"$link": build::cid(b"x").to_string()});
    let ops = json!([
        {"action": "create", "path": "no-slash", "cid": id},
        {"action": "create", "path": "not_an_nsid/a", "cid": id},
        {"action": "create", "path": "app.bsky.feed.post/no spaces", "cid": id},
        {"action": "create", "path": "app.bsky.feed.post/a", "cid": null},
        {"action": "merge", "path": "app.bsky.feed.post/a", "cid": id},
        {"path": "app.bsky.feed.post/a", "cid": id},
        {"action": "create", "path": "app.bsky.feed.post/a", "cid": id},
    ]);
    let frame = build::commit_frame(&ops, &build::car([]));
    let Message::Commit(commit) = firehose::decode(&frame).unwrap() else { panic!() };
    let names: Vec<_> = commit.rejected_ops.iter().map(|reason| reason.name()).collect();
    assert_eq!(
        names,
        ["invalid_path", "invalid_path", "invalid_path", "invalid_cid", "unknown_type", "missing_field"]
    );
    assert_eq!(commit.ops.len(), 1);
}

#[test]
fn fields_that_are_missing_or_not_valid_cost_the_message_and_not_the_connection() {
    let cases = [
        ("seq", Value::Null, DropReason::MissingField),
        ("repo", Value::Null, DropReason::MissingField),
        ("rev", Value::Null, DropReason::MissingField),
        ("time", Value::Null, DropReason::MissingField),
        ("ops", Value::Null, DropReason::MissingField),
        ("seq", json!(-1), DropReason::InvalidSeq),
        ("seq", json!(1_i64 << 53), DropReason::InvalidSeq),
        ("repo", json!("did:plc:"), DropReason::InvalidDid),
        ("repo", json!("alice.example.com"), DropReason::InvalidDid),
        ("rev", json!("0000000000000"), DropReason::InvalidRev),
        ("time", json!("2026-07-04T12:00:00"), DropReason::InvalidTime),
        ("blocks", json!({"$bytes": "AQID"}), DropReason::InvalidCar),
    ];
    for (field, value, expected) in cases {
        let mut body = build::commit(&json!([]), &build::car([]));
        if value.is_null() {
            body.as_object_mut().unwrap().remove(field);
        } else {
            body[field] = value.clone();
        }
        let error = firehose::decode(&build::frame(&json!({"op": 1, "t": "#commit"}), &body)).unwrap_err();
        assert_eq!(error.reason(), expected, "{field} {value}");
        assert!(!error.breaks_connection(), "{field} {value}");
    }
}

#[test]
fn what_is_not_the_protocol_breaks_the_connection() {
    let body = build::commit(&json!([]), &build::car([]));
    let header = json!({"op": 1, "t": "#commit"});
    let whole = build::frame(&header, &body);
    let trailing = [&whole[..], &[0]].concat();
    assert_eq!(reason(&trailing), DropReason::TrailingBytes);
    assert_eq!(reason(b""), DropReason::TruncatedFrame);
    assert_eq!(reason(&[0x81, 1]), DropReason::InvalidCbor);
    assert_eq!(reason(&build::frame(&header, &json!([]))), DropReason::InvalidCbor);
    let mut wrong_type = body.clone();
    wrong_type["repo"] = json!(5);
    assert_eq!(reason(&build::frame(&header, &wrong_type)), DropReason::InvalidCbor);
    // The header's field "op" twice.
    let twice = [&[0xa2, 0x62, b'o', b'p', 1, 0x62, b'o', b'p', 1][..], &build::cbor(&body)].concat();
    assert_eq!(reason(&twice), DropReason::InvalidCbor);
    assert!(firehose::decode(&twice).unwrap_err().breaks_connection());
}

#[test]
fn nesting_is_bounded() {
    let deep = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    let frame = |depth| {
        let mut body = build::commit(&json!([]), &build::car([]));
        body["new"] = deep(depth);
        build::frame(&json!({"op": 1, "t": "#commit"}), &body)
    };
    assert!(firehose::decode(&frame(32)).is_ok());
    assert_eq!(reason(&frame(33)), DropReason::NestingTooDeep);
    // Five megabytes of "array of one".
    let arrays =
        [&build::cbor(&json!({"op": 1, "t": "#x"}))[..], &[0xa1, 0x61, b'a'], &vec![0x81; 4_900_000]]
            .concat();
    assert_eq!(reason(&arrays), DropReason::NestingTooDeep);
}

#[test]
fn frames_of_the_largest_size_are_read_and_larger_ones_are_not() {
    let op = json!({"op": 1, "t": "#commit"});
    let archive = |bytes: usize| {
        let block = vec![0x41; bytes];
        build::car([(build::cid(&block), &block[..])])
    };
    let overhead = build::frame(&op, &build::commit(&json!([]), &archive(4_000_000))).len() - 4_000_000;
    let largest = build::frame(&op, &build::commit(&json!([]), &archive(FRAME_BYTES_MAX - overhead)));
    assert_eq!(largest.len(), FRAME_BYTES_MAX);
    assert!(firehose::decode(&largest).is_ok());
    let larger = build::frame(&op, &build::commit(&json!([]), &archive(FRAME_BYTES_MAX - overhead + 1)));
    assert_eq!(firehose::decode(&larger), Err(FrameError::TooLarge { bytes: FRAME_BYTES_MAX + 1 }));
    assert_eq!(reason(&larger), DropReason::FrameTooLarge);
}

#[test]
fn ten_thousand_operations_are_refused() {
    let op = json!({"action": "delete", "path": "app.bsky.feed.post/a", "cid": null});
    let frame = |count| build::commit_frame(&json!(vec![op.clone(); count]), &build::car([]));
    assert!(firehose::decode(&frame(200)).is_ok());
    assert_eq!(firehose::decode(&frame(201)), Err(FrameError::TooManyOps { count: 201 }));
    assert_eq!(reason(&frame(10_000)), DropReason::TooManyOps);
    // A count that the frame is too short for.
    let mut hostile = build::cbor(&json!({"op": 1, "t": "#commit"}));
    hostile.extend([0xa1, 0x63, b'o', b'p', b's', 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(reason(&hostile), DropReason::TruncatedFrame);
}
