//! Frames of labelers.

use proptest::prelude::*;
use serde_json::{Value, json};
use skytrend_event::{AtUri, Did, Micros};
use skytrend_source::DropReason;
use skytrend_source::bluesky::labels::{FRAME_BYTES_MAX, LABELS_MAX, decode};
use skytrend_source::wire::{Label, LabelSubject, Labels, Message};

use crate::build;

const URI: &str = "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3l3qo2vuowo2b";
const SRC: &str = "did:plc:ar7c4by46qjdydhdevvrndac";

fn label(uri: &str, value: &str) -> Value {
    json!({"ver": 1, "src": SRC, "uri": uri, "val": value, "cts": "1970-01-01T00:00:01Z", "sig": {"$bytes": "AAAA"}})
}

fn with(field: &str, value: &Value) -> Value {
    let mut label = label(URI, "spam");
    label[field] = value.clone();
    label
}

fn frame(labels: &Value) -> Vec<u8> {
    build::frame(&json!({"op": 1, "t": "#labels"}), &json!({"seq": 7, "labels": labels}))
}

fn read(frame: &[u8]) -> Labels<'_> {
    match decode(frame).unwrap() {
        Message::Labels(labels) => labels,
        other => panic!("labels expected, not {other:?}"),
    }
}

#[test]
fn a_label_says_who_calls_what_how() {
    let frame = frame(&json!([
        label(URI, "spam"),
        with("neg", &json!(true)),
        with("exp", &json!("1970-01-01T00:00:09Z"))
    ]));
    let labels = read(&frame);
    let did = Did::parse(build::DID).unwrap();
    let plain = Label {
        src: Did::parse(SRC).unwrap(),
        subject: LabelSubject::Record { did, uri: AtUri::parse(URI).unwrap() },
        value: "spam",
        is_negated: false,
        created_at: Micros(1_000_000),
        expires_at: None,
    };
    let negated = Label { is_negated: true, ..plain.clone() };
    let expiring = Label { expires_at: Some(Micros(9_000_000)), ..plain.clone() };
    assert_eq!(labels.labels, [plain, negated, expiring]);
    assert_eq!((labels.at.seq, labels.at.time, labels.rejected), (Some(7), Micros(1_000_000), vec![]));
}

#[test]
fn an_account_is_named_in_either_way() {
    let by_uri = format!("at://{}", build::DID);
    let frame =
        frame(&json!([label(build::DID, "a"), label(&by_uri, "a"), label("https://example.com/", "a")]));
    let subjects: Vec<_> = read(&frame).labels.into_iter().map(|label| label.subject).collect();
    let account = LabelSubject::Account(Did::parse(build::DID).unwrap());
    assert_eq!(subjects, [account.clone(), account, LabelSubject::Other]);
}

#[test]
fn a_wrong_label_costs_itself_alone() {
    let mut without_uri = label(URI, "spam");
    without_uri.as_object_mut().unwrap().remove("uri");
    let wrong = [
        (without_uri, DropReason::MissingField),
        (with("src", &json!("nobody")), DropReason::InvalidDid),
        (with("uri", &json!("did:")), DropReason::InvalidDid),
        (with("uri", &json!("at://")), DropReason::InvalidSubject),
        (with("uri", &json!("at://handle.example/app.bsky.feed.post/3l")), DropReason::InvalidSubject),
        (with("val", &json!("")), DropReason::InvalidLabel),
        (with("val", &json!("a\0b")), DropReason::InvalidLabel),
        (with("val", &json!("a".repeat(129))), DropReason::InvalidLabel),
        (with("cts", &json!("yesterday")), DropReason::InvalidTime),
        (with("exp", &json!("")), DropReason::InvalidTime),
    ];
    let mut all: Vec<Value> = wrong.iter().map(|(label, _)| label.clone()).collect();
    all.push(label(URI, "spam"));
    let frame = frame(&json!(all));
    let labels = read(&frame);
    assert_eq!(labels.rejected, wrong.map(|(_, reason)| reason));
    assert_eq!(labels.labels.len(), 1);
}

#[test]
fn what_is_over_a_limit_is_refused() {
    let most = vec![label(URI, "spam"); LABELS_MAX];
    assert_eq!(read(&frame(&json!(most))).labels.len(), LABELS_MAX);
    let one_more = vec![label(URI, "spam"); LABELS_MAX + 1];
    let error = decode(&frame(&json!(one_more))).unwrap_err();
    assert_eq!((error.reason(), error.breaks_connection()), (DropReason::TooManyLabels, false));
    let error = decode(&vec![0; FRAME_BYTES_MAX + 1]).unwrap_err();
    assert_eq!((error.reason(), error.breaks_connection()), (DropReason::FrameTooLarge, true));
}

#[test]
fn other_frames_are_those_of_every_stream() {
    let info = build::frame(&json!({"op": 1, "t": "#info"}), &json!({"name": "OutdatedCursor"}));
    assert!(matches!(decode(&info), Ok(Message::Info { name, .. }) if name == "OutdatedCursor"));
    let error = build::frame(&json!({"op": -1}), &json!({"error": "FutureCursor"}));
    assert!(matches!(decode(&error), Ok(Message::Error { error, .. }) if error == "FutureCursor"));
    let unknown = build::frame(&json!({"op": 1, "t": "#commit"}), &json!({"seq": 1}));
    assert!(matches!(decode(&unknown), Ok(Message::Unknown { .. })));
    let bodies = [json!({"labels": []}), json!({"seq": 1}), json!({"seq": -1, "labels": []})];
    let reasons = bodies.map(|body| {
        let frame = build::frame(&json!({"op": 1, "t": "#labels"}), &body);
        decode(&frame).unwrap_err().reason()
    });
    assert_eq!(reasons, [DropReason::MissingField, DropReason::MissingField, DropReason::InvalidSeq]);
}

/// The fields of a label, each with any value: what a hostile labeler may send.
fn hostile_label() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        any::<String>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "(at://)?did:[a-z:/.%]{0,40}".prop_map(Value::from),
        Just(Value::Null),
        Just(json!([{"a": 1}])),
    ];
    let field = prop::sample::select(vec!["src", "uri", "val", "neg", "cts", "exp", "cid", "ver"]);
    prop::collection::btree_map(field, value, 0..4).prop_map(|fields| {
        let mut label = label(URI, "spam");
        for (field, value) in fields {
            label[field] = value;
        }
        label
    })
}

proptest! {
    #[test]
    fn no_label_is_read_as_more_than_it_is(labels in prop::collection::vec(hostile_label(), 0..6)) {
        if let Ok(Message::Labels(read)) = decode(&frame(&json!(labels))) {
            prop_assert_eq!(read.labels.len() + read.rejected.len(), labels.len());
        }
    }

    #[test]
    fn damaged_frames_are_refused_or_read(at in any::<prop::sample::Index>(), mask in 1..=u8::MAX, cut in any::<prop::sample::Index>()) {
        let mut frame = frame(&json!([label(URI, "spam"), label(build::DID, "!hide")]));
        prop_assert!(decode(&frame[..cut.index(frame.len())]).is_err());
        let at = at.index(frame.len());
        frame[at] ^= mask;
        let _ = decode(&frame);
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in any::<Vec<u8>>()) {
        let _ = decode(&bytes);
    }
}
