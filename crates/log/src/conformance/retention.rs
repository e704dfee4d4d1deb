//! Retention: what leaves, what stays, and what a reader that is behind is told.

use std::time::Duration;

use bytes::Bytes;

use super::{ALL, Case, Subject, append, create, noise, read_all, record, records, texts, topic};
use crate::{LogError, NewRecord, Position, TopicSpec, Transaction, TrimReport};

pub const CASES: [Case; 7] = [
    ("without retention everything stays", no_retention),
    ("by age the old leave and no young one does", by_age),
    ("by size the oldest leave and no more than must", by_size),
    ("the records of one transaction leave in parts", parts_of_a_transaction),
    ("after everything left, offsets and times go on", after_everything_left),
    ("a changed retention holds from then on", changed_retention),
    ("stored bytes follow appends and removals", stored_bytes),
];

const MICROS: i64 = 1_000_000;

fn no_retention(log: &Subject) {
    create(log, &topic("t", 1));
    append(log, "t", 0, records(0, 100));
    assert_eq!(log.enforce_retention(i64::MAX).expect("enforced"), TrimReport::default());
    assert_eq!(log.bounds("t", 0).expect("known"), 0..100);
}

fn by_age(log: &Subject) {
    create(log, &TopicSpec { retention: Some(Duration::from_secs(100)), ..topic("t", 2) });
    create(log, &topic("other", 1));
    append(log, "other", 0, vec![record(0, "stays")]);
    for second in (0..200).step_by(10) {
        append(log, "t", 0, vec![record(second * MICROS, "a"), record((second + 1) * MICROS, "b")]);
    }
    append(log, "t", 1, vec![record(250 * MICROS, "young")]);
    assert_eq!(log.enforce_retention(0).expect("enforced"), TrimReport::default());
    assert_eq!(log.enforce_retention(100 * MICROS).expect("enforced"), TrimReport::default());

    let report = log.enforce_retention(250 * MICROS).expect("enforced");
    let start = log.bounds("t", 0).expect("known").start;
    assert_eq!(report.records, start);
    assert!(report.bytes > 0);
    // Records of second 150 on stay; those of 141 and before are alone in their batches and leave.
    assert_eq!(start, 30);
    let is_gone = |error: LogError| matches!(error, LogError::OffsetGone { topic, partition: 0, asked: 29, earliest: 30 } if topic == "t");
    assert!(log.read("t", 0, 29, ALL).is_err_and(is_gone));
    let first = &log.read("t", 0, 30, ALL).expect("there")[0];
    assert_eq!((first.offset, first.timestamp_micros), (30, 150 * MICROS));
    assert_eq!(log.offset_at("t", 0, 0).expect("known"), 30);
    assert_eq!(log.bounds("t", 1).expect("known"), 0..1);
    assert_eq!(log.bounds("other", 0).expect("known"), 0..1);
}

fn noisy(timestamp_micros: i64, bytes: usize) -> NewRecord {
    NewRecord { timestamp_micros, key: Bytes::new(), value: noise(timestamp_micros.unsigned_abs(), bytes) }
}

fn by_size(log: &Subject) {
    let bytes_max = 200_000;
    create(log, &TopicSpec { retention_bytes: Some(bytes_max), ..topic("t", 2) });
    create(log, &topic("other", 1));
    append(log, "other", 0, vec![noisy(0, 300_000)]);
    let other_bytes = log.stored_bytes().expect("known");
    for n in 0..50 {
        append(log, "t", 0, vec![noisy(2 * n, 10_000)]);
        append(log, "t", 1, vec![noisy(2 * n + 1, 10_000)]);
    }
    log.enforce_retention(0).expect("enforced");
    let stored = log.stored_bytes().expect("known") - other_bytes;
    assert!(stored <= bytes_max, "{stored} bytes are left");
    assert!(stored + 11_000 > bytes_max, "only {stored} bytes are left");
    let (even, odd) = (log.bounds("t", 0).expect("known"), log.bounds("t", 1).expect("known"));
    assert_eq!((even.end, odd.end), (50, 50));
    assert!(even.start.abs_diff(odd.start) <= 1, "the oldest leave: {even:?} {odd:?}");
    let is_gone =
        |error: LogError| matches!(error, LogError::OffsetGone { earliest, .. } if earliest == even.start);
    assert!(log.read("t", 0, 0, ALL).is_err_and(is_gone));
    assert_eq!(read_all(log, "t", 0).len() as u64, 50 - even.start);
    assert_eq!(log.bounds("other", 0).expect("known"), 0..1);
}

fn parts_of_a_transaction(log: &Subject) {
    create(log, &TopicSpec { retention: Some(Duration::from_secs(1)), ..topic("t", 3) });
    create(log, &topic("u", 1));
    let transaction = Transaction {
        appends: vec![
            ("t".to_owned(), 0, vec![record(0, "old")]),
            ("t".to_owned(), 1, vec![record(10 * MICROS, "young")]),
            ("u".to_owned(), 0, vec![record(0, "kept for ever")]),
        ],
        ..Transaction::default()
    };
    log.commit(transaction).expect("allowed");
    assert_eq!(log.enforce_retention(10 * MICROS).expect("enforced").records, 1);
    assert_eq!(log.bounds("t", 0).expect("known"), 1..1);
    assert_eq!(log.bounds("t", 1).expect("known"), 0..1);
    assert_eq!(log.bounds("u", 0).expect("known"), 0..1);
}

fn after_everything_left(log: &Subject) {
    create(log, &TopicSpec { retention: Some(Duration::from_secs(1)), ..topic("t", 1) });
    append(log, "t", 0, vec![record(5, "a"), record(7, "b")]);
    let positions = vec![Position { group: "g".to_owned(), topic: "t".to_owned(), partition: 0, next: 1 }];
    log.commit(Transaction { positions, ..Transaction::default() }).expect("allowed");
    assert_eq!(log.enforce_retention(100 * MICROS).expect("enforced").records, 2);
    assert_eq!(log.bounds("t", 0).expect("known"), 2..2);
    assert_eq!(log.offset_at("t", 0, 0).expect("known"), 2);
    assert_eq!(log.read("t", 0, 2, ALL).expect("nothing there"), []);
    assert!(matches!(log.read("t", 0, 1, ALL), Err(LogError::OffsetGone { earliest: 2, .. })));
    assert_eq!(log.position("g", "t", 0).expect("known"), Some(1), "positions stay");
    assert_eq!(append(log, "t", 0, vec![record(3, "c")]), 2..3);
    let read = read_all(log, "t", 0);
    assert_eq!(texts(&read), ["c"]);
    assert_eq!(read[0].timestamp_micros, 7, "the highest time outlives its record");
}

fn changed_retention(log: &Subject) {
    create(log, &topic("t", 1));
    append(log, "t", 0, vec![record(0, "a")]);
    append(log, "t", 0, vec![record(5 * MICROS, "b")]);
    create(log, &TopicSpec { retention: Some(Duration::from_secs(5)), ..topic("t", 1) });
    assert_eq!(log.enforce_retention(6 * MICROS).expect("enforced").records, 1);
    create(log, &TopicSpec { retention: Some(Duration::MAX), ..topic("t", 1) });
    assert_eq!(log.enforce_retention(i64::MAX).expect("enforced").records, 0);
    assert_eq!(texts(&read_all(log, "t", 0)), ["b"]);
}

fn stored_bytes(log: &Subject) {
    create(log, &TopicSpec { retention: Some(Duration::from_secs(1)), ..topic("t", 1) });
    assert_eq!(log.stored_bytes().expect("known"), 0);
    append(log, "t", 0, vec![noisy(0, 5_000)]);
    let one = log.stored_bytes().expect("known");
    assert!((5_000..6_000).contains(&one), "{one}");
    append(log, "t", 0, vec![noisy(10 * MICROS, 7_000)]);
    let both = log.stored_bytes().expect("known");
    assert!((12_000..14_000).contains(&both), "{both}");
    let report = log.enforce_retention(10 * MICROS).expect("enforced");
    assert_eq!(report, TrimReport { records: 1, bytes: one });
    assert_eq!(log.stored_bytes().expect("known"), both - one);
}
