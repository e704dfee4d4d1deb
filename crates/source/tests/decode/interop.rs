//! The protocol's own fixtures: data model, dates, and sequences of frames that relays must accept.

use serde_json::Value;
use skytrend_source::bluesky::firehose;
use skytrend_source::cbor::Cursor;
use skytrend_source::wire::{Body, Message};
use skytrend_source::{datetime, v1_json};

use crate::{build, data};

/// The record of a frame as JSON.
fn to_json(record: &[u8]) -> Value {
    let frame = build::create("com.example.record", record);
    let mut out = Vec::new();
    assert_eq!(v1_json::write(&firehose::decode(&frame).unwrap(), &mut out), []);
    serde_json::from_slice::<Value>(&out).unwrap()["commit"]["record"].clone()
}

#[test]
fn data_model_fixtures_have_the_same_cbor_json_and_content_id() {
    for name in ["interop/data-model-fixtures.json", "interop/indigo_atdata/data-model-fixtures.json"] {
        for fixture in data::json(name).as_array().unwrap() {
            let record = build::base64(fixture["cbor_base64"].as_str().unwrap());
            assert_eq!(to_json(&record), fixture["json"]);
            assert_eq!(build::cbor(&fixture["json"]), record);
            assert_eq!(build::cid(&record).to_string(), fixture["cid"].as_str().unwrap());
        }
    }
}

#[test]
fn real_records_in_cbor_are_read() {
    for name in ["car/indigo_testing/feedpost_record.cbor", "car/indigo_testing/post_richtext_link.cbor"] {
        let record = data::bytes(name);
        assert_eq!(to_json(&record)["$type"], "app.bsky.feed.post");
        assert_eq!(build::cbor(&to_json(&record)), record);
    }
}

/// Lines that are neither empty nor comments.
fn cases(name: &str) -> Vec<String> {
    let lines = data::lines(&format!("interop/atproto-interop-test-files/syntax/{name}"));
    lines.into_iter().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

#[test]
fn valid_dates_are_read_and_invalid_ones_are_not() {
    for line in cases("datetime_syntax_valid.txt") {
        assert!(datetime::parse(&line).is_some(), "{line}");
    }
    for line in cases("datetime_syntax_invalid.txt").into_iter().chain(cases("datetime_parse_invalid.txt")) {
        assert!(datetime::parse(&line).is_none(), "{line}");
    }
}

#[test]
fn frames_of_relay_scenarios_are_read_with_all_their_records() {
    let scenarios = [
        "account_lifecycle",
        "deactivation",
        "legacy",
        "post_lifecycle",
        "post_lifecycle_legacy",
        "rev_ordering",
        "seq_ordering",
    ];
    for name in scenarios {
        let scenario = data::json(&format!("firehose/indigo_relay_scenarios/{name}.json"));
        for message in scenario["messages"].as_array().unwrap() {
            let (header, body) = (&message["frame"]["header"], &message["frame"]["body"]);
            let frame = build::frame(header, body);
            // One frame that relays must drop has a revision that is no TID.
            let decoded = match firehose::decode(&frame) {
                Ok(decoded) => decoded,
                Err(error) => {
                    assert_eq!(
                        (error.reason().name(), &message["drop"]),
                        ("invalid_rev", &Value::Bool(true))
                    );
                    continue;
                }
            };
            check(&decoded, header["t"].as_str().unwrap(), body);
        }
    }
}

fn check(message: &Message<'_>, name: &str, body: &Value) {
    let place = match (name, message) {
        ("#commit", Message::Commit(commit)) => {
            assert_eq!(commit.did.as_str(), body["repo"]);
            assert_eq!(commit.rev.as_str(), body["rev"]);
            assert_eq!(commit.ops.len(), body["ops"].as_array().unwrap().len());
            assert!(commit.ops.iter().all(|op| matches!(op.body, Body::Cbor(_) | Body::None)));
            commit.at
        }
        ("#account", Message::Account(account)) => {
            assert_eq!(account.active, body["active"]);
            assert_eq!(account.status.as_deref(), body["status"].as_str());
            account.at
        }
        ("#identity", Message::Identity(identity)) => {
            assert_eq!(identity.handle.as_deref(), body["handle"].as_str());
            identity.at
        }
        ("#sync", Message::Sync { at, did, rev }) => {
            assert_eq!(
                (did.as_str(), rev.as_str()),
                (body["did"].as_str().unwrap(), body["rev"].as_str().unwrap())
            );
            *at
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(place.seq, body["seq"].as_i64());
    assert_eq!(Some(place.time), datetime::parse(body["time"].as_str().unwrap()));
}

#[test]
fn commits_in_dag_json_are_read() {
    for number in ["4621317030", "4621317332", "4621332152", "4623075231"] {
        let body = data::json(&format!("firehose/indigo_repo_testdata/firehose_commit_{number}.json"));
        let frame = build::frame(&serde_json::json!({"op": 1, "t": "#commit"}), &body);
        check(&firehose::decode(&frame).unwrap(), "#commit", &body);
    }
}

#[test]
fn cbor_that_is_not_dag_cbor_is_refused() {
    let bad: [&[u8]; 17] = [
        &[],
        &[0x18, 23],
        &[0x19, 0, 255],
        &[0x1a, 0, 0, 255, 255],
        &[0x1b, 0, 0, 0, 0, 255, 255, 255, 255],
        &[0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0],
        &[0x1c],
        &[0x5f, 0x41, 0, 0xff],
        &[0x7f, 0x61, b'a', 0xff],
        &[0x9f, 0xff],
        &[0xbf, 0xff],
        &[0xf7],
        &[0xf8, 32],
        &[0xf9, 0, 0],
        &[0xfa, 0, 0, 0, 0],
        &[0xa1, 0x01, 0x01],
        &[0xc1, 0x00],
    ];
    for bytes in bad {
        assert!(Cursor::new(bytes).skip().is_err(), "{bytes:x?}");
        let mut cursor = Cursor::new(bytes);
        let is_map = bytes.first() == Some(&0xa1);
        assert!(is_map || cursor.item().is_err(), "{bytes:x?}");
    }
}
