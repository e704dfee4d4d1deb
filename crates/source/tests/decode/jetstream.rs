//! Jetstream's messages of both versions, compressed ones, and damaged ones.

use serde_json::{Value, json};
use skytrend_event::Micros;
use skytrend_source::bluesky::jetstream::zstd::{Decompressor, ZstdError};
use skytrend_source::bluesky::jetstream::{MESSAGE_BYTES_MAX, v1, v2};
use skytrend_source::wire::{Body, Message, Place};
use skytrend_source::{DropReason, v1_json};

use crate::build::{DID, REV};
use crate::data;

const V1_DICTIONARY: &str = "jetstream/legacy_subscribe.zdict";
const V2_DICTIONARY: &str = "jetstream/subscribe_events_20260811.zdict";

#[test]
fn one_real_message_of_each_kind_is_read_and_written_back_byte_for_byte() {
    let lines = data::lines("jetstream/golden_v1.jsonl");
    assert_eq!(lines.len(), 10);
    for line in lines {
        let message = v1::decode(line.as_bytes()).unwrap();
        assert!(matches!(message, Message::Commit(_) | Message::Account(_) | Message::Identity(_)));
        let mut out = Vec::new();
        assert_eq!(v1_json::write(&message, &mut out), []);
        assert_eq!(String::from_utf8(out).unwrap().trim_end(), line);
    }
}

#[test]
fn escapes_are_undone() {
    let line = json!({"did": DID, "time_us": 5, "kind": "identity", "identity": {"handle": "a\"\u{7}b", "seq": 1, "time": "t"}});
    let line = line.to_string().replace("did:plc", "did:\\u0070lc");
    let Message::Identity(identity) = v1::decode(line.as_bytes()).unwrap() else { panic!() };
    assert_eq!((identity.did.as_str(), identity.handle.as_deref()), (DID, Some("a\"\u{7}b")));
    assert_eq!(identity.at, Place { seq: None, time: Micros(5) });
    let line = line.replace("identity\"", "\\u0069dentity\"");
    assert!(matches!(v1::decode(line.as_bytes()), Ok(Message::Identity(_))));
}

fn commit(change: impl FnOnce(&mut Value)) -> String {
    let mut line = json!({"did": DID, "time_us": 5, "kind": "commit", "commit": {
        "rev": REV, "operation": "create", "collection": "app.bsky.feed.post", "rkey": "a", "record": {"a": 1},
        "cid": "bafyreidqpc7si3dbimffi64lz3xsx2qt45ip7rpna2qpslcddp23itjjzm",
    }});
    change(&mut line);
    line.to_string()
}

#[test]
fn every_flaw_of_an_envelope_has_its_reason() {
    let v1 = |change: fn(&mut Value)| v1::decode(commit(change).as_bytes()).unwrap_err().reason().name();
    assert_eq!(v1(|line| line["did"] = json!("x")), "invalid_did");
    assert_eq!(v1(|line| line["did"] = json!(5)), "invalid_json");
    assert_eq!(v1(|line| line["time_us"] = Value::Null), "missing_field");
    assert_eq!(v1(|line| line["commit"] = Value::Null), "missing_field");
    assert_eq!(v1(|line| line["commit"]["rev"] = json!("x")), "invalid_rev");
    assert_eq!(v1(|line| line["commit"]["collection"] = json!("x")), "invalid_path");
    assert_eq!(v1(|line| line["commit"]["rkey"] = json!("..")), "invalid_path");
    assert_eq!(v1(|line| line["commit"]["cid"] = json!("bafy")), "invalid_cid");
    assert_eq!(v1(|line| line["commit"]["record"] = Value::Null), "missing_field");
    let reason = |bytes: &[u8]| v1::decode(bytes).unwrap_err().reason();
    assert_eq!(reason(b""), DropReason::InvalidJson);
    assert_eq!(reason(b"[]"), DropReason::InvalidJson);
    assert_eq!(reason(b"{\"did\":\"\xff\"}"), DropReason::InvalidUtf8);
    assert_eq!(reason(&vec![b' '; MESSAGE_BYTES_MAX + 1]), DropReason::FrameTooLarge);
    assert_eq!(
        reason(commit(|_| {}).replace("{\"a\":1}", &"[".repeat(5_000_000)).as_bytes()),
        DropReason::NestingTooDeep
    );
    let unknown = commit(|line| line["commit"]["operation"] = json!("merge"));
    assert!(matches!(v1::decode(unknown.as_bytes()), Ok(Message::Unknown { .. })));
    let unknown = commit(|line| line["kind"] = json!("sync"));
    assert!(matches!(v1::decode(unknown.as_bytes()), Ok(Message::Unknown { .. })));
}

#[test]
fn a_real_line_that_is_cut_anywhere_is_refused() {
    let line = data::lines("jetstream/golden_v1.jsonl").swap_remove(1);
    for length in 0..line.len() {
        let error = v1::decode(&line.as_bytes()[..length]).unwrap_err();
        assert!(
            matches!(error.reason(), DropReason::InvalidJson | DropReason::InvalidUtf8),
            "{length}: {error}"
        );
    }
}

fn v2_message(name: &str, fields: &Value) -> String {
    let mut payload = json!({
        "$type": format!("network.bsky.jetstream.subscribeEvents{name}"), "seq": 9, "did": DID,
        "time": "1970-01-01T00:00:00.000005Z",
    });
    payload.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({"$type": "message", "payload": payload}).to_string()
}

#[test]
fn version_2_has_sequence_numbers_sync_info_and_errors() {
    let at = Place { seq: Some(9), time: Micros(5) };
    let fields = json!({
        "rev": REV, "operation": "update", "collection": "app.bsky.feed.post", "rkey": "a", "record": {"a": 1},
        "cid": "bafyreidqpc7si3dbimffi64lz3xsx2qt45ip7rpna2qpslcddp23itjjzm",
    });
    let text = v2_message("#commit", &fields);
    let Message::Commit(commit) = v2::decode(text.as_bytes()).unwrap() else { panic!() };
    assert_eq!((commit.at, commit.ops[0].body), (at, Body::Json("{\"a\":1}")));

    let text =
        v2_message("#sync", &json!({"sync": {"rev": REV, "seq": 3, "did": DID, "blocks": {"$bytes": ""}}}));
    assert!(matches!(v2::decode(text.as_bytes()), Ok(Message::Sync { at: place, .. }) if place == at));
    let text = v2_message(
        "#account",
        &json!({"account": {"active": false, "status": "deleted", "seq": 3, "time": "t"}}),
    );
    let Message::Account(account) = v2::decode(text.as_bytes()).unwrap() else { panic!() };
    assert_eq!((account.at, account.status.as_deref(), account.inner.unwrap().seq), (at, Some("deleted"), 3));
    let text = v2_message("#identity", &json!({"identity": {"handle": "a.test"}}));
    assert!(matches!(v2::decode(text.as_bytes()), Ok(Message::Identity(_))));
    let text = v2_message("#news", &json!({}));
    assert!(
        matches!(v2::decode(text.as_bytes()), Ok(Message::Unknown { at: Some(place), .. }) if place == at)
    );

    let info =
        r##"{"$type":"message","payload":{"$type":"#info","name":"OutdatedCursor","message":"at 5"}}"##;
    let expected = Message::Info { name: "OutdatedCursor".into(), message: "at 5".into() };
    assert_eq!(v2::decode(info.as_bytes()), Ok(expected));
    let error = r#"{"$type":"error","error":"ConsumerTooSlow"}"#;
    let expected = Message::Error { error: "ConsumerTooSlow".into(), message: "".into() };
    assert_eq!(v2::decode(error.as_bytes()), Ok(expected));
    assert!(matches!(v2::decode(b"{\"$type\":\"news\"}"), Ok(Message::Unknown { at: None, .. })));
}

#[test]
fn every_flaw_of_a_version_2_envelope_has_its_reason() {
    let reason = |text: &str| v2::decode(text.as_bytes()).unwrap_err().reason().name();
    assert_eq!(reason("{}"), "missing_field");
    assert_eq!(reason(r#"{"$type":"message"}"#), "missing_field");
    assert_eq!(reason(r#"{"$type":"error"}"#), "missing_field");
    assert_eq!(reason(&v2_message("#sync", &json!({}))), "missing_field");
    assert_eq!(reason(&v2_message("#commit", &json!({"seq": -1}))), "invalid_seq");
    assert_eq!(reason(&v2_message("#commit", &json!({"time": "x"}))), "invalid_time");
    assert_eq!(reason(&v2_message("#identity", &json!({"did": "x", "identity": {}}))), "invalid_did");
    assert_eq!(reason(&v2_message("#identity", &json!({"identity": {}}))[1..]), "invalid_json");
}

#[test]
fn both_dictionaries_load_and_round_trip() {
    for (file, id) in [(V1_DICTIONARY, 1_612_007_021), (V2_DICTIONARY, 20_260_811)] {
        let dictionary = data::bytes(file);
        let mut decompressor = Decompressor::new(&dictionary).unwrap();
        assert_eq!(decompressor.dictionary_id(), id);
        let mut compressor = zstd::bulk::Compressor::with_dictionary(3, &dictionary).unwrap();
        for line in data::expected_v1() {
            let message = compressor.compress(line.as_bytes()).unwrap();
            assert!(message.len() < line.len());
            assert_eq!(decompressor.decompress(&message).unwrap(), line.as_bytes());
        }
    }
}

#[test]
fn messages_of_another_dictionary_are_refused() {
    let mut compressor = zstd::bulk::Compressor::with_dictionary(3, &data::bytes(V2_DICTIONARY)).unwrap();
    let message = compressor.compress(b"hello").unwrap();
    let mut decompressor = Decompressor::new(&data::bytes(V1_DICTIONARY)).unwrap();
    let error = decompressor.decompress(&message).unwrap_err();
    assert!(matches!(error, ZstdError::OtherDictionary { needed: 20_260_811, loaded: 1_612_007_021 }));
    assert_eq!(error.reason(), DropReason::UnknownDictionary);
    assert!(matches!(Decompressor::new(b"no dictionary"), Err(ZstdError::InvalidDictionary)));
}

/// A frame that does not tell its size.
fn stream(bytes: &[u8], dictionary: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::with_dictionary(Vec::new(), 3, dictionary).unwrap();
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn messages_that_explode_or_are_damaged_are_refused() {
    let dictionary = data::bytes(V1_DICTIONARY);
    let mut decompressor = Decompressor::new(&dictionary).unwrap();
    let mut reason =
        |message: &[u8]| decompressor.decompress(message).map(<[u8]>::len).map_err(|error| error.reason());
    let mut compressor = zstd::bulk::Compressor::with_dictionary(3, &dictionary).unwrap();
    let largest = vec![b'x'; MESSAGE_BYTES_MAX];
    let larger = vec![b'x'; MESSAGE_BYTES_MAX + 1];
    assert_eq!(reason(&compressor.compress(&largest).unwrap()), Ok(MESSAGE_BYTES_MAX));
    assert_eq!(reason(&compressor.compress(&larger).unwrap()), Err(DropReason::FrameTooLarge));
    assert_eq!(reason(&stream(&largest, &dictionary)), Ok(MESSAGE_BYTES_MAX));
    assert_eq!(
        reason(&stream(&vec![b'x'; 3 * MESSAGE_BYTES_MAX], &dictionary)),
        Err(DropReason::FrameTooLarge)
    );
    assert_eq!(reason(b""), Err(DropReason::InvalidZstd));
    assert_eq!(reason(b"{\"did\":"), Err(DropReason::InvalidZstd));
    let message = compressor.compress(data::expected_v1()[0].as_bytes()).unwrap();
    for length in 0..message.len() {
        assert!(reason(&message[..length]).is_err(), "{length}");
    }
}
