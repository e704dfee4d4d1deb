//! Random transactions, read against a model that any reader can check by eye: a `Vec` for each partition.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use skytrend_log::local::{Fsync, LocalLog, Settings};
use skytrend_log::memory::MemoryLog;
use skytrend_log::{Log, NewRecord, Position, ReadLimit, Record, TopicSpec, Transaction};

const TOPICS: [(&str, u32); 2] = [("a", 1), ("b", 2)];
const RETENTION_MICROS: i64 = 50;

fn spec(name: &str, partitions: u32) -> TopicSpec {
    let retention = Some(Duration::from_micros(RETENTION_MICROS.unsigned_abs()));
    TopicSpec { name: name.to_owned(), partitions, retention, retention_bytes: None }
}

#[derive(Clone, Debug)]
enum Step {
    Commit(Transaction),
    Read { place: (usize, u32), from_permille: u64, limit: ReadLimit },
    OffsetAt { place: (usize, u32), timestamp_micros: i64 },
    Retain { now_micros: i64 },
    Reopen,
}

fn any_place() -> impl Strategy<Value = (usize, u32)> {
    prop_oneof![Just((0, 0)), Just((1, 0)), Just((1, 1))]
}

fn any_bytes() -> impl Strategy<Value = Bytes> {
    let repeated = (any::<u8>(), 0..2_000_usize).prop_map(|(byte, times)| vec![byte; times]);
    prop_oneof![3 => proptest::collection::vec(any::<u8>(), 0..40), 1 => repeated].prop_map(Bytes::from)
}

fn any_record() -> impl Strategy<Value = NewRecord> {
    (-100..1_000_i64, any_bytes(), any_bytes()).prop_map(|(timestamp_micros, key, value)| NewRecord {
        timestamp_micros,
        key,
        value,
    })
}

fn any_transaction() -> impl Strategy<Value = Transaction> {
    let append = (any_place(), proptest::collection::vec(any_record(), 0..12))
        .prop_map(|((topic, partition), records)| (TOPICS[topic].0.to_owned(), partition, records));
    let position = ("[gh]", any_place(), any::<u64>()).prop_map(|(group, (topic, partition), next)| {
        Position { group, topic: TOPICS[topic].0.to_owned(), partition, next }
    });
    let value =
        prop_oneof![3 => any_bytes(), 1 => Just(Bytes::new()), 1 => Just(Bytes::from(vec![b'x'; 9_000]))];
    let (appends, positions, states) = (
        proptest::collection::vec(append, 0..4),
        proptest::collection::vec(position, 0..3),
        proptest::collection::vec(("[stu]", value), 0..3),
    );
    (appends, positions, states).prop_map(|(appends, positions, states)| Transaction {
        appends,
        positions,
        states,
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    let limit = (0..40_usize, 0..3_000_usize).prop_map(|(records, bytes)| ReadLimit { records, bytes });
    prop_oneof![
        10 => any_transaction().prop_map(Step::Commit),
        6 => (any_place(), 0..1_100_u64, limit)
            .prop_map(|(place, from_permille, limit)| Step::Read { place, from_permille, limit }),
        3 => (any_place(), -200..1_100_i64)
            .prop_map(|(place, timestamp_micros)| Step::OffsetAt { place, timestamp_micros }),
        1 => (0..1_100_i64).prop_map(|now_micros| Step::Retain { now_micros }),
        1 => Just(Step::Reopen),
    ]
}

/// All there ever was, and from where on it is still there.
#[derive(Default)]
struct Partition {
    records: Vec<Record>,
    start: u64,
    positions: BTreeMap<String, u64>,
}

#[derive(Default)]
struct Model {
    partitions: BTreeMap<(String, u32), Partition>,
    states: BTreeMap<String, Bytes>,
}

impl Model {
    fn commit(&mut self, transaction: &Transaction) {
        for (topic, partition, records) in &transaction.appends {
            let partition = self.partitions.entry((topic.clone(), *partition)).or_default();
            for record in records {
                let highest = partition.records.last().map_or(i64::MIN, |last| last.timestamp_micros);
                partition.records.push(Record {
                    offset: partition.records.len() as u64,
                    timestamp_micros: record.timestamp_micros.max(highest),
                    key: record.key.clone(),
                    value: record.value.clone(),
                });
            }
        }
        for position in &transaction.positions {
            let partition = self.partitions.entry((position.topic.clone(), position.partition)).or_default();
            partition.positions.insert(position.group.clone(), position.next);
        }
        for (name, state) in &transaction.states {
            self.states.insert(name.clone(), state.clone());
        }
    }

    fn partition(&mut self, (topic, partition): (usize, u32)) -> &Partition {
        self.partitions.entry((TOPICS[topic].0.to_owned(), partition)).or_default()
    }
}

/// What a read of the model gives.
fn read(partition: &Partition, from: u64, limit: ReadLimit) -> Vec<Record> {
    let mut read: Vec<Record> = Vec::new();
    let mut bytes = 0;
    for record in partition.records.iter().filter(|record| record.offset >= from) {
        bytes += record.key.len() + record.value.len();
        if !read.is_empty() && (read.len() >= limit.records || bytes > limit.bytes) {
            break;
        }
        read.push(record.clone());
    }
    read
}

/// Runs the steps; `reopen` gives the log to go on with.
fn check(mut log: Box<dyn Log>, reopen: impl Fn(Box<dyn Log>) -> Box<dyn Log>, steps: Vec<Step>) {
    let mut model = Model::default();
    let create = |log: &dyn Log| {
        for (name, partitions) in TOPICS {
            log.create_topic(&spec(name, partitions)).expect("allowed");
        }
    };
    create(log.as_ref());
    for step in steps {
        match step {
            Step::Commit(transaction) => {
                model.commit(&transaction);
                log.commit(transaction).expect("allowed");
            }
            Step::Read { place, from_permille, limit } => {
                let partition = model.partition(place);
                let kept = partition.records.len() as u64 - partition.start;
                let from = partition.start + kept * from_permille / 1_000;
                let found = log.read(TOPICS[place.0].0, place.1, from, limit).expect("there");
                assert_eq!(found, read(partition, from, limit), "from {from} with {limit:?}");
            }
            Step::OffsetAt { place, timestamp_micros } => {
                let partition = model.partition(place);
                let is_found =
                    |r: &&Record| r.offset >= partition.start && r.timestamp_micros >= timestamp_micros;
                let end = partition.records.len() as u64;
                let expected = partition.records.iter().find(is_found).map_or(end, |record| record.offset);
                assert_eq!(
                    log.offset_at(TOPICS[place.0].0, place.1, timestamp_micros).expect("known"),
                    expected
                );
            }
            Step::Retain { now_micros } => retain(log.as_ref(), &mut model, now_micros),
            Step::Reopen => {
                log = reopen(log);
                create(log.as_ref());
            }
        }
        compare(log.as_ref(), &model);
    }
}

/// What leaves is up to the log within the contract: no young record, and in the end no batch of old ones only.
fn retain(log: &dyn Log, model: &mut Model, now_micros: i64) {
    let report = log.enforce_retention(now_micros).expect("enforced");
    let mut removed = 0;
    for ((topic, number), partition) in &mut model.partitions {
        let bounds = log.bounds(topic, *number).expect("known");
        assert!(bounds.start >= partition.start && bounds.end == partition.records.len() as u64);
        let is_old = |record: &Record| record.timestamp_micros < now_micros - RETENTION_MICROS;
        let has_left = |record: &&Record| (partition.start..bounds.start).contains(&record.offset);
        assert!(partition.records.iter().filter(has_left).all(is_old), "a young record has left");
        removed += bounds.start - partition.start;
        partition.start = bounds.start;
    }
    assert_eq!(report.records, removed);
    assert_eq!(
        log.enforce_retention(now_micros).expect("enforced").records,
        0,
        "all that must leave has left"
    );
}

fn compare(log: &dyn Log, model: &Model) {
    for ((topic, number), partition) in &model.partitions {
        let bounds = log.bounds(topic, *number).expect("known");
        assert_eq!(bounds, partition.start..partition.records.len() as u64);
        for group in ["g", "h"] {
            let position = log.position(group, topic, *number).expect("known");
            assert_eq!(position.as_ref(), partition.positions.get(group));
        }
    }
    for name in ["s", "t", "u"] {
        let state = log.state(name).expect("read");
        assert_eq!(state.as_ref(), model.states.get(name).filter(|state| !state.is_empty()), "state {name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn memory_is_like_the_model(steps in proptest::collection::vec(any_step(), 1..80)) {
        check(Box::new(MemoryLog::new()), |log| log, steps);
    }
}

proptest! {
    // Each case writes files.
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 50, ..ProptestConfig::default() })]

    #[test]
    fn local_is_like_the_model(
        steps in proptest::collection::vec(any_step(), 1..80),
        has_caches: bool,
    ) {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let settings = Settings {
            fsync: Fsync::Never,
            tail_bytes: if has_caches { 16 << 10 } else { 0 },
            decoded_bytes: if has_caches { 16 << 10 } else { 0 },
            write_buffer_bytes: 16 << 10,
            ..Settings::default()
        };
        let open = || -> Box<dyn Log> { Box::new(LocalLog::open(folder.path().join("log"), settings).expect("opened")) };
        let reopen = |log| {
            drop(log);
            open()
        };
        check(open(), reopen, steps);
    }
}
