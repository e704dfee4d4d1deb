//! The suite that every log passes: each clause of the contract as a case, which panics where a log does not keep
//! it. It is a library, so that logs of other crates run it too; it measures no speed.
//!
//! A test hands [`suite`] a way to make fresh logs, and [`durable_suite`] a way to make fresh places to open.

mod basics;
mod concurrency;
mod durability;
mod retention;
mod transactions;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::{Log, NewRecord, Offset, ReadLimit, Record, TopicSpec, Transaction};

/// A log under test.
pub type Subject = Arc<dyn Log>;

/// A case: a name, and what must hold of a fresh log.
pub type Case = (&'static str, fn(&Subject));

/// All cases that need one opened log.
pub const CASES: [&[Case]; 4] =
    [&basics::CASES, &transactions::CASES, &retention::CASES, &concurrency::CASES];

/// Runs every case on a fresh log.
///
/// # Panics
///
/// Where the log breaks the contract.
pub fn suite(make: impl Fn() -> Subject) {
    for (name, case) in CASES.into_iter().flatten() {
        println!("case: {name}");
        case(&make());
    }
}

/// Runs every case that opens a log again. `make` finds a fresh place; what it returns opens the log there, and is
/// called again only after the log opened before was dropped.
///
/// # Panics
///
/// Where the log breaks the contract.
pub fn durable_suite<Open: Fn() -> Subject>(make: impl Fn() -> Open) {
    for (name, case) in durability::CASES {
        println!("case: {name}");
        case(&make());
    }
}

const NO_WAIT: Duration = Duration::ZERO;
const ALL: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };

fn topic(name: &str, partitions: u32) -> TopicSpec {
    TopicSpec { name: name.to_owned(), partitions, retention: None, retention_bytes: None }
}

fn create(log: &Subject, spec: &TopicSpec) {
    log.create_topic(spec).expect("the topic can be created");
}

/// A record whose key and value tell what was appended.
fn record(timestamp_micros: i64, text: &str) -> NewRecord {
    NewRecord {
        timestamp_micros,
        key: Bytes::from(format!("key of {text}")),
        value: Bytes::copy_from_slice(text.as_bytes()),
    }
}

/// Records with timestamps and contents that count up from `first`.
fn records(first: u64, count: u64) -> Vec<NewRecord> {
    let numbered = |n: u64| record(i64::try_from(n).expect("small numbers"), &format!("record {n}"));
    (first..first + count).map(numbered).collect()
}

/// Bytes that no compression makes smaller, the same for the same seed.
fn noise(seed: u64, bytes: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut noise: Vec<u8> = std::iter::repeat_with(&mut next).take(bytes.div_ceil(8)).flatten().collect();
    noise.truncate(bytes);
    noise.into()
}

fn append(log: &Subject, topic: &str, partition: u32, records: Vec<NewRecord>) -> std::ops::Range<Offset> {
    let transaction =
        Transaction { appends: vec![(topic.to_owned(), partition, records)], ..Transaction::default() };
    let committed = log.commit(transaction).expect("the transaction is allowed");
    committed.offsets.first().expect("one element was appended").clone()
}

fn read_all(log: &Subject, topic: &str, partition: u32) -> Vec<Record> {
    let mut read = Vec::new();
    let mut next = log.bounds(topic, partition).expect("the partition exists").start;
    loop {
        let more = log.read(topic, partition, next, ALL).expect("the offset is there");
        let Some(last) = more.last() else { return read };
        next = last.offset + 1;
        read.extend(more);
    }
}

fn texts(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| String::from_utf8_lossy(&record.value).into_owned()).collect()
}
