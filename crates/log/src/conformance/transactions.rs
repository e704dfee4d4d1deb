//! Transactions: all or nothing, positions, states, limits.

use bytes::Bytes;

use super::{ALL, Case, NO_WAIT, Subject, append, create, noise, read_all, record, records, texts, topic};
use crate::{
    Committed, LogError, NAME_BYTES_MAX, NAMES_MAX, NewRecord, Position, RECORD_BYTES_MAX, STATE_BYTES_MAX,
    TRANSACTION_BYTES_MAX, TRANSACTION_RECORDS_MAX, Transaction,
};

pub const CASES: [Case; 9] = [
    ("a transaction takes effect over several topics", over_several_topics),
    ("the same partition may occur more than once", same_partition_twice),
    ("a refused transaction does nothing", refused_transaction),
    ("an empty transaction does nothing", empty_transaction),
    ("positions belong to a group, a topic and a partition", positions),
    ("states are replaced and removed", states),
    ("large states come back whole", large_states),
    ("what is too large is refused", too_large),
    ("there are not more names than allowed", too_many_names),
];

fn position(group: &str, topic: &str, partition: u32, next: u64) -> Position {
    Position { group: group.to_owned(), topic: topic.to_owned(), partition, next }
}

fn over_several_topics(log: &Subject) {
    create(log, &topic("a", 1));
    create(log, &topic("b", 2));
    append(log, "b", 1, records(0, 5));
    let transaction = Transaction {
        appends: vec![("b".to_owned(), 1, records(5, 2)), ("a".to_owned(), 0, records(0, 3))],
        positions: vec![position("g", "b", 1, 5)],
        states: vec![("s".to_owned(), Bytes::from_static(b"state"))],
    };
    assert_eq!(log.commit(transaction).expect("allowed"), Committed { offsets: vec![5..7, 0..3] });
    assert_eq!(log.bounds("a", 0).expect("known"), 0..3);
    assert_eq!(log.bounds("b", 0).expect("known"), 0..0);
    assert_eq!(log.bounds("b", 1).expect("known"), 0..7);
    assert_eq!(log.position("g", "b", 1).expect("known"), Some(5));
    assert_eq!(log.state("s").expect("read"), Some(Bytes::from_static(b"state")));
}

fn same_partition_twice(log: &Subject) {
    create(log, &topic("a", 2));
    let transaction = Transaction {
        appends: vec![
            ("a".to_owned(), 0, vec![record(5, "first")]),
            ("a".to_owned(), 1, vec![record(1, "elsewhere")]),
            ("a".to_owned(), 0, vec![]),
            ("a".to_owned(), 0, vec![record(3, "second"), record(6, "third")]),
        ],
        positions: vec![position("g", "a", 0, 1), position("g", "a", 0, 2)],
        states: vec![("s".to_owned(), Bytes::from_static(b"1")), ("s".to_owned(), Bytes::from_static(b"2"))],
    };
    assert_eq!(
        log.commit(transaction).expect("allowed"),
        Committed { offsets: vec![0..1, 0..1, 1..1, 1..3] }
    );
    let read = read_all(log, "a", 0);
    assert_eq!(texts(&read), ["first", "second", "third"]);
    assert_eq!(read.iter().map(|record| record.timestamp_micros).collect::<Vec<_>>(), [5, 5, 6]);
    assert_eq!(log.position("g", "a", 0).expect("known"), Some(2), "the later one holds");
    assert_eq!(log.state("s").expect("read"), Some(Bytes::from_static(b"2")), "the later one holds");
}

fn refused_transaction(log: &Subject) {
    create(log, &topic("a", 1));
    append(log, "a", 0, records(0, 2));
    let generation = log.wait(u64::MAX, NO_WAIT);
    let good = Transaction {
        appends: vec![("a".to_owned(), 0, records(2, 2))],
        positions: vec![position("g", "a", 0, 2)],
        states: vec![("s".to_owned(), Bytes::from_static(b"state"))],
    };
    let refuse = |spoil: &dyn Fn(&mut Transaction)| {
        let mut spoiled = good.clone();
        spoil(&mut spoiled);
        log.commit(spoiled).expect_err("refused")
    };
    let unknown_topic = refuse(&|t| t.appends.push(("b".to_owned(), 0, records(0, 1))));
    assert!(matches!(unknown_topic, LogError::UnknownTopic(_)), "{unknown_topic}");
    let unknown_partition = refuse(&|t| t.appends.push(("a".to_owned(), 1, records(0, 1))));
    assert!(
        matches!(unknown_partition, LogError::UnknownPartition { partition: 1, .. }),
        "{unknown_partition}"
    );
    let unknown_topic = refuse(&|t| t.positions.push(position("g", "b", 0, 0)));
    assert!(matches!(unknown_topic, LogError::UnknownTopic(_)), "{unknown_topic}");
    let unknown_partition = refuse(&|t| t.positions.push(position("g", "a", 7, 0)));
    assert!(
        matches!(unknown_partition, LogError::UnknownPartition { partition: 7, .. }),
        "{unknown_partition}"
    );
    let long_name = "x".repeat(NAME_BYTES_MAX + 1);
    let too_large = refuse(&|t| t.states.push((long_name.clone(), Bytes::from_static(b"x"))));
    assert!(matches!(too_large, LogError::TooLarge { .. }), "{too_large}");

    assert_eq!(log.bounds("a", 0).expect("known"), 0..2);
    assert_eq!(log.position("g", "a", 0).expect("known"), None);
    assert_eq!(log.state("s").expect("read"), None);
    assert_eq!(log.wait(u64::MAX, NO_WAIT), generation, "nobody is woken");
    assert_eq!(append(log, "a", 0, records(2, 1)), 2..3, "the log works on");
}

fn empty_transaction(log: &Subject) {
    create(log, &topic("a", 1));
    append(log, "a", 0, records(0, 2));
    let generation = log.wait(u64::MAX, NO_WAIT);
    assert_eq!(log.commit(Transaction::default()).expect("allowed"), Committed::default());
    let without_records =
        Transaction { appends: vec![("a".to_owned(), 0, Vec::new())], ..Transaction::default() };
    let committed = log.commit(without_records).expect("allowed");
    assert!(committed.offsets.iter().eq([&(2..2)]), "{committed:?}");
    assert_eq!(log.bounds("a", 0).expect("known"), 0..2);
    assert_eq!(log.wait(u64::MAX, NO_WAIT), generation, "nobody is woken");
}

fn positions(log: &Subject) {
    create(log, &topic("a", 2));
    create(log, &topic("b", 1));
    assert_eq!(log.position("g", "a", 0).expect("known"), None);
    let commit = |positions| {
        log.commit(Transaction { positions, ..Transaction::default() }).expect("allowed");
    };
    commit(vec![position("g", "a", 0, 7), position("g", "b", 0, 1), position("h", "a", 0, 9)]);
    commit(vec![position("g", "a", 1, u64::MAX), position("", "a", 0, 3)]);
    let stored = |group, topic, partition| log.position(group, topic, partition).expect("known");
    assert_eq!(stored("g", "a", 0), Some(7), "also past the end of the partition");
    assert_eq!(stored("g", "a", 1), Some(u64::MAX));
    assert_eq!(stored("g", "b", 0), Some(1));
    assert_eq!(stored("h", "a", 0), Some(9));
    assert_eq!(stored("h", "a", 1), None);
    assert_eq!(stored("", "a", 0), Some(3));
    commit(vec![position("g", "a", 0, 0)]);
    assert_eq!(stored("g", "a", 0), Some(0), "a position may go back");
}

fn states(log: &Subject) {
    let store = |name: &str, value: &'static [u8]| {
        let states = vec![(name.to_owned(), Bytes::from_static(value))];
        log.commit(Transaction { states, ..Transaction::default() }).expect("allowed");
    };
    let stored = |name| log.state(name).expect("read");
    assert_eq!(stored("s"), None);
    store("s", b"one");
    store("", b"no name");
    store("s/2", b"two");
    assert_eq!(stored("s").as_deref(), Some(b"one".as_slice()));
    assert_eq!(stored("").as_deref(), Some(b"no name".as_slice()));
    store("s", b"other");
    assert_eq!(stored("s").as_deref(), Some(b"other".as_slice()));
    store("s", b"");
    assert_eq!(stored("s"), None, "an empty value removes the state");
    store("never there", b"");
    assert_eq!(stored("s/2").as_deref(), Some(b"two".as_slice()));
}

fn large_states(log: &Subject) {
    // Sizes around the places where a log may change its way to store.
    for (seed, len) in (1..).zip([4_095, 4_096, 4_097, 1 << 20, (1 << 20) + 1, 5_000_000, 10]) {
        // One that can't be compressed and one that can.
        let (s, t) = (noise(seed, len), Bytes::from(noise(seed, len / 100).repeat(300)));
        let states = vec![("s".to_owned(), s.clone()), ("t".to_owned(), t.clone())];
        log.commit(Transaction { states, ..Transaction::default() }).expect("allowed");
        assert!(log.state("s").expect("read") == Some(s), "{len} bytes");
        let present = if t.is_empty() { None } else { Some(t) };
        assert!(log.state("t").expect("read") == present, "{} bytes", 3 * len);
    }
    let states = vec![("t".to_owned(), Bytes::new())];
    log.commit(Transaction { states, ..Transaction::default() }).expect("allowed");
    assert_eq!(log.state("t").expect("read"), None);
}

fn too_large(log: &Subject) {
    create(log, &topic("a", 1));
    let zeros = Bytes::from(vec![0; STATE_BYTES_MAX + 1]);
    let sized =
        |bytes: usize| NewRecord { timestamp_micros: 0, key: zeros.slice(..8), value: zeros.slice(8..bytes) };
    let commit = |records: Vec<NewRecord>| {
        log.commit(Transaction { appends: vec![("a".to_owned(), 0, records)], ..Transaction::default() })
    };
    let is_too_large = |error: LogError| matches!(error, LogError::TooLarge { .. });
    assert!(commit(vec![sized(RECORD_BYTES_MAX + 1)]).is_err_and(is_too_large));
    let full = TRANSACTION_BYTES_MAX / RECORD_BYTES_MAX;
    assert!(commit(vec![sized(RECORD_BYTES_MAX); full + 1]).is_err_and(is_too_large));
    let nothing = NewRecord { timestamp_micros: 0, key: Bytes::new(), value: Bytes::new() };
    assert!(commit(vec![nothing; TRANSACTION_RECORDS_MAX + 1]).is_err_and(is_too_large));
    let states = vec![("s".to_owned(), zeros.clone())];
    assert!(log.commit(Transaction { states, ..Transaction::default() }).is_err_and(is_too_large));
    assert_eq!(log.bounds("a", 0).expect("known"), 0..0);

    commit(vec![sized(RECORD_BYTES_MAX); full]).expect("just allowed");
    let read = log.read("a", 0, full as u64 - 1, ALL).expect("there");
    assert!(read.len() == 1 && read[0].value.len() == RECORD_BYTES_MAX - 8);
}

fn too_many_names(log: &Subject) {
    create(log, &topic("a", 1));
    let states = |from: usize, to: usize| {
        (from..to).map(|n| (format!("{n}"), Bytes::from_static(b"x"))).collect::<Vec<_>>()
    };
    let positions =
        |from: usize, to: usize| (from..to).map(|n| position(&format!("{n}"), "a", 0, 1)).collect::<Vec<_>>();
    let commit = |from, to| {
        let both = Transaction {
            states: states(from, to),
            positions: positions(from, to),
            ..Transaction::default()
        };
        log.commit(both)
    };
    let is_too_large = |error: LogError| matches!(error, LogError::TooLarge { .. });
    assert!(commit(0, NAMES_MAX + 1).is_err_and(is_too_large));
    commit(0, NAMES_MAX).expect("just allowed");
    let one_more =
        |positions, states| log.commit(Transaction { positions, states, ..Transaction::default() });
    assert!(one_more(vec![], states(NAMES_MAX, NAMES_MAX + 1)).is_err_and(is_too_large));
    assert!(one_more(positions(NAMES_MAX, NAMES_MAX + 1), vec![]).is_err_and(is_too_large));
    one_more(positions(0, 1), states(0, 1)).expect("known names stay allowed");
}
