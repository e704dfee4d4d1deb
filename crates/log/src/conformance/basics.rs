//! Topics, offsets, reading, timestamps.

use bytes::Bytes;

use super::{ALL, Case, Subject, append, create, noise, read_all, record, records, texts, topic};
use crate::{LogError, NAME_BYTES_MAX, PARTITIONS_MAX, ReadLimit, TopicSpec};

pub const CASES: [Case; 11] = [
    ("topics are listed by name", topics_are_listed_by_name),
    ("a topic can be created again with the same partitions only", topic_again),
    ("names and numbers of partitions are checked", topic_names),
    ("unknown topics and partitions are refused", unknown_places),
    ("offsets are dense from 0 in each partition", dense_offsets),
    ("what is read is what was appended", contents),
    ("a read keeps its limits", read_limits),
    ("a read may start anywhere", read_anywhere),
    ("a read at the end or past it finds nothing", read_past_end),
    ("timestamps are raised to the highest before", raised_timestamps),
    ("offset_at finds the first of a time", offset_at),
];

fn topics_are_listed_by_name(log: &Subject) {
    assert_eq!(log.topics().expect("listed"), []);
    let (b, a) = (topic("b", 2), topic("a", 1));
    create(log, &b);
    create(log, &a);
    assert_eq!(log.topics().expect("listed"), [a, b]);
}

fn topic_again(log: &Subject) {
    create(log, &topic("t", 2));
    append(log, "t", 1, records(0, 3));
    let wider = log.create_topic(&topic("t", 3));
    assert!(matches!(wider, Err(LogError::TopicMismatch { .. })), "{wider:?}");
    assert_eq!(log.topics().expect("listed"), [topic("t", 2)]);

    let limited = TopicSpec { retention_bytes: Some(1 << 30), ..topic("t", 2) };
    create(log, &limited);
    assert_eq!(log.topics().expect("listed"), [limited], "the retention is taken over");
    assert_eq!(read_all(log, "t", 1).len(), 3, "the records stay");
}

fn topic_names(log: &Subject) {
    let longest = "x".repeat(NAME_BYTES_MAX);
    for name in ["a", "0.9_b-c", &longest] {
        create(log, &topic(name, 1));
        append(log, name, 0, records(0, 1));
    }
    let too_long = "x".repeat(NAME_BYTES_MAX + 1);
    let refused_names = ["", "A", "a b", "a/b", "ä", "a\0", too_long.as_str()].map(|name| topic(name, 1));
    let refused_counts = [0, PARTITIONS_MAX + 1, u32::MAX].map(|partitions| topic("t", partitions));
    for spec in refused_names.into_iter().chain(refused_counts) {
        let refused = log.create_topic(&spec);
        assert!(matches!(refused, Err(LogError::TopicMismatch { .. })), "{spec:?}: {refused:?}");
    }
}

fn unknown_places(log: &Subject) {
    create(log, &topic("t", 2));
    let is_unknown_topic = |error: LogError| matches!(error, LogError::UnknownTopic(name) if name == "u");
    assert!(log.read("u", 0, 0, ALL).is_err_and(is_unknown_topic));
    assert!(log.bounds("u", 0).is_err_and(is_unknown_topic));
    assert!(log.offset_at("u", 0, 0).is_err_and(is_unknown_topic));
    assert!(log.position("g", "u", 0).is_err_and(is_unknown_topic));
    let is_unknown_partition =
        |error: LogError| matches!(error, LogError::UnknownPartition { topic, partition: 2 } if topic == "t");
    assert!(log.read("t", 2, 0, ALL).is_err_and(is_unknown_partition));
    assert!(log.bounds("t", 2).is_err_and(is_unknown_partition));
    assert!(log.offset_at("t", 2, 0).is_err_and(is_unknown_partition));
    assert!(log.position("g", "t", 2).is_err_and(is_unknown_partition));
}

fn dense_offsets(log: &Subject) {
    create(log, &topic("t", 2));
    assert_eq!(log.bounds("t", 0).expect("known"), 0..0);
    assert_eq!(append(log, "t", 0, records(0, 3)), 0..3);
    assert_eq!(append(log, "t", 1, records(0, 1)), 0..1);
    assert_eq!(append(log, "t", 0, records(3, 10_000)), 3..10_003);
    assert_eq!(append(log, "t", 0, Vec::new()), 10_003..10_003);
    assert_eq!(log.bounds("t", 0).expect("known"), 0..10_003);
    assert_eq!(log.bounds("t", 1).expect("known"), 0..1);
    let offsets: Vec<_> = read_all(log, "t", 0).iter().map(|record| record.offset).collect();
    assert_eq!(offsets, (0..10_003).collect::<Vec<_>>());
}

fn contents(log: &Subject) {
    create(log, &topic("t", 1));
    let mut appended = records(0, 100);
    appended.push(record(200, ""));
    appended.push(record(200, &"a text that repeats itself, ".repeat(15_000)));
    appended.push(crate::NewRecord { timestamp_micros: 300, key: Bytes::new(), value: Bytes::new() });
    let noise = noise(1, 70_000);
    appended.push(crate::NewRecord { timestamp_micros: 400, key: noise.clone(), value: noise });
    append(log, "t", 0, appended.clone());
    let read = read_all(log, "t", 0);
    assert_eq!(read.len(), appended.len());
    for (read, appended) in read.iter().zip(&appended) {
        assert_eq!(read.timestamp_micros, appended.timestamp_micros);
        assert!(read.key == appended.key && read.value == appended.value, "offset {}", read.offset);
    }
}

fn read_limits(log: &Subject) {
    create(log, &topic("t", 1));
    for first in [0, 10, 20] {
        append(log, "t", 0, records(first, 10));
    }
    let read = |from, records, bytes| {
        let read = log.read("t", 0, from, ReadLimit { records, bytes }).expect("the offsets are there");
        assert!(
            read.iter().map(|record| record.offset).eq(from..from + read.len() as u64),
            "consecutive offsets"
        );
        read.len()
    };
    assert_eq!(read(0, 7, usize::MAX), 7);
    assert_eq!(read(5, 17, usize::MAX), 17, "over the batches of several transactions");
    assert_eq!(read(0, 0, 0), 1, "at least one, whatever the limit");
    assert_eq!(read(12, usize::MAX, 1), 1, "at least one, whatever the limit");
    let ten_bytes = records(10, 10).iter().map(|record| record.key.len() + record.value.len()).sum::<usize>();
    assert_eq!(read(10, usize::MAX, ten_bytes), 10);
    assert_eq!(read(10, usize::MAX, ten_bytes - 1), 9);
    assert_eq!(read(10, usize::MAX, ten_bytes + 1), 10);
}

fn read_anywhere(log: &Subject) {
    create(log, &topic("t", 1));
    let mut end = 0;
    for count in [1, 2, 300, 1, 5_000, 7] {
        append(log, "t", 0, records(end, count));
        end += count;
    }
    for from in (0..end).rev().step_by(37).chain([0, 1, 2, 3, end - 1]) {
        let read = log.read("t", 0, from, ReadLimit { records: 2, bytes: usize::MAX }).expect("there");
        let expected: Vec<_> = (from..end).take(2).map(|n| format!("record {n}")).collect();
        assert_eq!(texts(&read), expected, "from {from}");
    }
}

fn read_past_end(log: &Subject) {
    create(log, &topic("t", 1));
    assert_eq!(log.read("t", 0, 0, ALL).expect("nothing there"), []);
    append(log, "t", 0, records(0, 3));
    for from in [3, 4, u64::MAX] {
        assert_eq!(log.read("t", 0, from, ALL).expect("nothing there"), [], "from {from}");
    }
}

fn raised_timestamps(log: &Subject) {
    create(log, &topic("t", 2));
    append(log, "t", 0, vec![record(-5, "a"), record(10, "b"), record(3, "c"), record(10, "d")]);
    append(log, "t", 1, vec![record(4, "another partition has its own time")]);
    append(log, "t", 0, vec![record(9, "e"), record(11, "f"), record(i64::MIN, "g")]);
    let timestamps = |partition| {
        read_all(log, "t", partition).iter().map(|record| record.timestamp_micros).collect::<Vec<_>>()
    };
    assert_eq!(timestamps(0), [-5, 10, 10, 10, 10, 11, 11]);
    assert_eq!(timestamps(1), [4]);
    append(log, "t", 1, vec![record(i64::MAX, "h"), record(0, "i")]);
    assert_eq!(timestamps(1), [4, i64::MAX, i64::MAX]);
}

fn offset_at(log: &Subject) {
    create(log, &topic("t", 1));
    assert_eq!(log.offset_at("t", 0, 0).expect("known"), 0);
    for first in [10, 20, 30] {
        append(log, "t", 0, vec![record(first, "a"), record(first, "b"), record(first + 5, "c")]);
    }
    let cases = [
        (i64::MIN, 0),
        (10, 0),
        (11, 2),
        (15, 2),
        (16, 3),
        (20, 3),
        (25, 5),
        (26, 6),
        (35, 8),
        (36, 9),
        (i64::MAX, 9),
    ];
    for (timestamp, offset) in cases {
        assert_eq!(log.offset_at("t", 0, timestamp).expect("known"), offset, "at {timestamp}");
    }
}
