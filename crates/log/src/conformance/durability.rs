//! Opening a log again: everything committed is there, and nothing else.

use std::time::Duration;

use bytes::Bytes;

use super::{NO_WAIT, Subject, append, create, read_all, record, records, topic};
use crate::{Position, TopicSpec, Transaction};

/// A way to open the log of one place.
pub type Open<'a> = &'a dyn Fn() -> Subject;

/// A case: a name, and what must hold of a fresh place.
pub type DurableCase = (&'static str, fn(Open));

pub const CASES: [DurableCase; 4] = [
    ("everything is there after reopening", everything_is_there),
    ("appending goes on after reopening", appending_goes_on),
    ("what left stays away after reopening", what_left_stays_away),
    ("states are replaced over reopenings", states_over_reopenings),
];

fn everything_is_there(open: Open) {
    let spec = TopicSpec {
        retention: Some(Duration::from_millis(1_500)),
        retention_bytes: Some(77),
        ..topic("u", 1)
    };
    let written = {
        let log = open();
        create(&log, &topic("t", 2));
        create(&log, &spec);
        for n in 0..50 {
            append(&log, "t", 0, records(n * 100, 100));
        }
        let transaction = Transaction {
            appends: vec![("t".to_owned(), 1, records(0, 3))],
            positions: vec![Position { group: "g".to_owned(), topic: "t".to_owned(), partition: 1, next: 2 }],
            states: vec![
                ("s".to_owned(), Bytes::from_static(b"state")),
                ("l".to_owned(), vec![7; 100_000].into()),
            ],
        };
        log.commit(transaction).expect("allowed");
        log.sync().expect("synced");
        let bytes = log.stored_bytes().expect("known");
        (read_all(&log, "t", 0), read_all(&log, "t", 1), bytes)
    };
    for _ in 0..2 {
        let log = open();
        assert_eq!(log.wait(0, NO_WAIT), 0, "the generation starts at 0");
        assert_eq!(log.topics().expect("listed"), [topic("t", 2), spec.clone()]);
        assert!(read_all(&log, "t", 0) == written.0, "partition 0 is as it was");
        assert!(read_all(&log, "t", 1) == written.1, "partition 1 is as it was");
        assert_eq!(log.stored_bytes().expect("known"), written.2);
        assert_eq!(log.position("g", "t", 1).expect("known"), Some(2));
        assert_eq!(log.position("g", "t", 0).expect("known"), None);
        assert_eq!(log.state("s").expect("read").as_deref(), Some(b"state".as_slice()));
        assert!(log.state("l").expect("read") == Some(vec![7; 100_000].into()));
    }
}

fn appending_goes_on(open: Open) {
    for round in 0..4_u64 {
        let log = open();
        create(&log, &topic("t", 1));
        let time = if round == 0 { 500 } else { 0 };
        let offsets = append(&log, "t", 0, vec![record(time, &format!("round {round}"))]);
        assert_eq!(offsets, round..round + 1);
    }
    let log = open();
    let read = read_all(&log, "t", 0);
    assert_eq!(read.len(), 4);
    assert!(read.iter().all(|record| record.timestamp_micros == 500), "times don't go back over reopenings");
}

fn what_left_stays_away(open: Open) {
    {
        let log = open();
        create(&log, &TopicSpec { retention: Some(Duration::from_secs(1)), ..topic("t", 2) });
        append(&log, "t", 0, vec![record(0, "a")]);
        append(&log, "t", 0, vec![record(10_000_000, "b")]);
        append(&log, "t", 1, vec![record(7, "c")]);
        assert_eq!(log.enforce_retention(10_000_000).expect("enforced").records, 2);
    }
    let log = open();
    assert_eq!(log.bounds("t", 0).expect("known"), 1..2);
    assert_eq!(log.bounds("t", 1).expect("known"), 1..1);
    assert_eq!(append(&log, "t", 1, vec![record(0, "d")]), 1..2);
    assert_eq!(read_all(&log, "t", 1)[0].timestamp_micros, 7, "the highest time outlives its record");
}

fn states_over_reopenings(open: Open) {
    for len in [10, 3_000_000, 5, 2_000_000, 0, 1_000_000] {
        let value = Bytes::from(vec![b's'; len]);
        {
            let states = vec![("s".to_owned(), value.clone())];
            open().commit(Transaction { states, ..Transaction::default() }).expect("allowed");
        }
        let expected = if len == 0 { None } else { Some(value) };
        assert!(open().state("s").expect("read") == expected, "{len} bytes");
    }
}
