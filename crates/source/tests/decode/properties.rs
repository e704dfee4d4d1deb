//! Properties over random values and random bytes.

use proptest::prelude::*;
use serde_json::{Map, Value};
use skytrend_event::Micros;
use skytrend_source::bluesky::firehose::{self, car::Car};
use skytrend_source::bluesky::jetstream::{v1, v2};
use skytrend_source::cbor::Cursor;
use skytrend_source::replay::Reader;
use skytrend_source::wire::Message;
use skytrend_source::{datetime, record, v1_json};

use crate::build;

/// Any value of the data model, without the two forms that JSON writes with `$`.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map("[a-z&<\"\\\\é]{0,30}", inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn record() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-zA-Z]{1,12}", value(), 0..8)
        .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>()))
}

/// The fields of a post, each with any value: what a hostile client may send.
fn hostile_post() -> impl Strategy<Value = Value> {
    const FIELDS: &[&str] = &["text", "createdAt", "langs", "tags", "facets", "reply", "embed", "labels"];
    let field = prop::sample::select(FIELDS);
    (prop::collection::btree_map(field, value(), 0..8), any::<String>()).prop_map(|(map, text)| {
        let mut record = build::post(&text, &serde_json::json!({}));
        for (key, value) in map {
            record[key] = value;
        }
        record
    })
}

fn decode_all(message: &Message<'_>) {
    v1_json::write(message, &mut Vec::new());
    let Message::Commit(commit) = message else { return };
    for op in &commit.ops {
        let _ = record::decode(commit, op, &mut Vec::new());
    }
}

proptest! {
    #[test]
    fn a_record_in_cbor_is_written_as_the_same_json(value in record()) {
        let frame = build::create("com.example.record", &build::cbor(&value));
        let mut out = Vec::new();
        prop_assert_eq!(v1_json::write(&firehose::decode(&frame).unwrap(), &mut out), []);
        let line: Value = serde_json::from_slice(&out).unwrap();
        prop_assert_eq!(&line["commit"]["record"], &value);
    }

    #[test]
    fn a_skipped_value_ends_where_it_ends(value in value(), after in any::<Vec<u8>>()) {
        let bytes = build::cbor(&value);
        let mut whole = bytes.clone();
        whole.extend(&after);
        let mut cursor = Cursor::new(&whole);
        cursor.skip().unwrap();
        prop_assert_eq!(cursor.rest(), &after[..]);
        for length in 0..bytes.len() {
            prop_assert!(Cursor::new(&bytes[..length]).skip().is_err());
        }
    }

    #[test]
    fn a_post_means_the_same_in_cbor_and_in_json(value in hostile_post()) {
        let cbor = build::cbor(&value);
        let frame = build::create("app.bsky.feed.post", &cbor);
        let message = firehose::decode(&frame).unwrap();
        let mut line = Vec::new();
        prop_assert_eq!(v1_json::write(&message, &mut line), []);
        let again = v1::decode(&line).unwrap();
        let (Message::Commit(one), Message::Commit(other)) = (&message, &again) else { panic!() };
        let (mut flaws, mut other_flaws) = (Vec::new(), Vec::new());
        let event = record::decode(one, &one.ops[0], &mut flaws);
        prop_assert_eq!(&event, &record::decode(other, &other.ops[0], &mut other_flaws));
        prop_assert_eq!(flaws, other_flaws);
        if let Ok(Some(skytrend_event::Event::Post(post))) = event {
            let data = post.data.unwrap();
            prop_assert!(data.skip.windows(2).all(|pair| pair[0].end < pair[1].start));
            for span in &data.skip {
                prop_assert!(data.text.get(span.start as usize..span.end as usize).is_some());
            }
        }
    }

    #[test]
    fn dates_survive_being_written(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
        let text = rfc3339(micros);
        prop_assert_eq!(datetime::parse(&text), Some(Micros(micros)), "{}", text);
    }

    #[test]
    fn random_bytes_never_panic(bytes in any::<Vec<u8>>()) {
        let _ = firehose::decode(&bytes).map(|message| decode_all(&message));
        let _ = v1::decode(&bytes).map(|message| decode_all(&message));
        let _ = v2::decode(&bytes).map(|message| decode_all(&message));
        let _ = Car::open(&bytes).map(Iterator::count);
        let archive = build::commit_frame(&serde_json::json!([]), &bytes);
        let _ = firehose::decode(&archive);
        let _ = firehose::decode(&build::create("app.bsky.feed.post", &bytes)).map(|message| decode_all(&message));
        if let Ok(mut reader) = Reader::new(std::io::Cursor::new(bytes), 0) {
            while let Some(Ok(_)) = reader.next() {}
        }
    }
}

/// Counts days one year and one month at a time: slow and plain.
fn rfc3339(micros: i64) -> String {
    let (mut days, rest) = (micros.div_euclid(86_400_000_000), micros.rem_euclid(86_400_000_000));
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while days < 0 {
        year -= 1;
        days += if is_leap(year) { 366 } else { 365 };
    }
    while days >= if is_leap(year) { 366 } else { 365 } {
        days -= if is_leap(year) { 366 } else { 365 };
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}Z", days + 1)
}
