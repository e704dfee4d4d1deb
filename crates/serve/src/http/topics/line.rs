//! One record as one line of JSON. A record that can't be decoded is shown as bytes, with the reason: this endpoint
//! is where people look when something is wrong.

use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;
use skytrend_event::codec::decode_json;
use skytrend_event::{Micros, Topic};

use super::TopicRecord;

#[derive(Serialize)]
struct Line {
    topic: &'static str,
    partition: u32,
    offset: u64,
    timestamp: Micros,
    timestamp_iso: String,
    /// As text where it is UTF-8, otherwise as `hex:…`.
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undecodable: Option<Undecodable>,
}

#[derive(Serialize)]
struct Undecodable {
    reason: String,
    value: String,
}

/// The records of one partition as JSON, a line each.
pub fn json_lines(topic: Topic, partition: u32, records: &[TopicRecord]) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        serde_json::to_writer(&mut out, &line(topic, partition, record))
            .expect("derived types with text keys become JSON, and a Vec takes all");
        out.push(b'\n');
    }
    out
}

fn line(topic: Topic, partition: u32, record: &TopicRecord) -> Line {
    let (value, undecodable) = match decode_json(topic, &record.value) {
        Ok(value) => (Some(value), None),
        Err(error) => (None, Some(Undecodable { reason: error.to_string(), value: hex(&record.value) })),
    };
    Line {
        topic: topic.name(),
        partition,
        offset: record.offset,
        timestamp: record.timestamp,
        timestamp_iso: record.timestamp.to_rfc3339(),
        key: std::str::from_utf8(&record.key).map_or_else(|_| hex(&record.key), str::to_owned),
        value,
        undecodable,
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(4 + 2 * bytes.len());
    text.push_str("hex:");
    for byte in bytes {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_become_one_line_of_json(
            value in prop::collection::vec(any::<u8>(), 0..80), key in prop::collection::vec(any::<u8>(), 0..9),
            timestamp: i64, offset: u64,
        ) {
            let record = TopicRecord {
                offset, timestamp: Micros(timestamp), key: Bytes::from(key), value: Bytes::from(value),
            };
            for topic in Topic::ALL {
                let text = String::from_utf8(json_lines(topic, 3, std::slice::from_ref(&record))).expect("JSON is UTF-8");
                prop_assert_eq!(text.matches('\n').count(), 1);
                let line: Value = serde_json::from_str(&text).expect("a line is JSON");
                prop_assert_eq!(&line["offset"], offset);
                prop_assert!(line["value"].is_object() != line["undecodable"].is_object());
            }
        }
    }
}
