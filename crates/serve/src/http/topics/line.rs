//! One record as one line of JSON. A record that can't be decoded is shown as bytes, with the reason: this endpoint
//! is where people look when something is wrong.

use std::fmt::Write;

use serde::Serialize;
use skytrend_event::codec::{self, CodecError, Payload};
use skytrend_event::{
    Alert, DeadLetter, Follow, KeywordCount, Like, Micros, PostEvent, Repost, Topic, Trend, UserActivity,
};

use super::TopicRecord;
use crate::rfc3339;

#[derive(Serialize)]
struct Line<'a, V> {
    topic: &'static str,
    partition: u32,
    offset: u64,
    timestamp: Micros,
    timestamp_iso: String,
    /// As text where it is UTF-8, otherwise as `hex:…`.
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<V>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undecodable: Option<Undecodable<'a>>,
}

#[derive(Serialize)]
struct Undecodable<'a> {
    reason: &'a str,
    value: String,
}

/// The records of one partition, a line each.
pub(super) fn write_all(topic: Topic, partition: u32, records: &[TopicRecord]) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        let written = match topic {
            Topic::Posts => write::<PostEvent<'_>>(partition, record, &mut out),
            Topic::Likes => write::<Like<'_>>(partition, record, &mut out),
            Topic::Reposts => write::<Repost<'_>>(partition, record, &mut out),
            Topic::Follows => write::<Follow<'_>>(partition, record, &mut out),
            Topic::Trends => write::<Trend>(partition, record, &mut out),
            Topic::WindowCounts => write::<KeywordCount>(partition, record, &mut out),
            Topic::Alerts => write::<Alert>(partition, record, &mut out),
            Topic::UserActivity => write::<UserActivity>(partition, record, &mut out),
            Topic::DeadLetter => write::<DeadLetter<'_>>(partition, record, &mut out),
        };
        if let Err(error) = written {
            let reason = error.to_string();
            let undecodable = Undecodable { reason: &reason, value: hex(&record.value) };
            let line = Line::<()> { undecodable: Some(undecodable), ..Line::new(topic, partition, record) };
            append(&line, &mut out);
        }
    }
    out
}

impl<V> Line<'_, V> {
    fn new(topic: Topic, partition: u32, record: &TopicRecord) -> Self {
        Self {
            topic: topic.name(),
            partition,
            offset: record.offset,
            timestamp: record.timestamp,
            timestamp_iso: rfc3339(record.timestamp),
            key: std::str::from_utf8(&record.key).map_or_else(|_| hex(&record.key), str::to_owned),
            value: None,
            undecodable: None,
        }
    }
}

fn write<'a, V: Payload<'a>>(
    partition: u32,
    record: &'a TopicRecord,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let value = codec::decode::<V>(&record.value)?;
    append(&Line { value: Some(value), ..Line::new(V::TOPIC, partition, record) }, out);
    Ok(())
}

fn append<V: Serialize>(line: &Line<'_, V>, out: &mut Vec<u8>) {
    serde_json::to_writer(&mut *out, line)
        .expect("derived types with text keys become JSON, and a Vec takes all");
    out.push(b'\n');
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
                let text = String::from_utf8(write_all(topic, 3, std::slice::from_ref(&record))).expect("JSON is UTF-8");
                prop_assert_eq!(text.matches('\n').count(), 1);
                let line: serde_json::Value = serde_json::from_str(&text).expect("a line is JSON");
                prop_assert_eq!(&line["offset"], offset);
                prop_assert!(line["value"].is_object() != line["undecodable"].is_object());
            }
        }
    }
}
