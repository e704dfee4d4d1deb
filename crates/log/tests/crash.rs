//! A process that commits is killed at random moments, again and again on the same store. After each time all of a
//! transaction is there or nothing, and nothing acknowledged is lost.
//!
//! The process is this test binary, started again with [`STORE_VARIABLE`] set; it acknowledges on its output.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use bytes::Bytes;
use skytrend_log::local::{Fsync, LocalLog, Settings};
use skytrend_log::{Log, LogError, NewRecord, Position, ReadLimit, TopicSpec, Transaction};

/// Where the store is, for the process that is to be killed.
const STORE_VARIABLE: &str = "SKYTREND_LOG_CRASH_STORE";
const KILLS: u64 = 60;
const TOPICS: [&str; 3] = ["a", "b", "c"];
const VALUE_BYTES: usize = 8_000;
/// Each topic keeps about this much, so that retention is at work too.
const RETENTION_BYTES: u64 = 3 << 20;

/// Small buffers: the store writes, compacts and drops files all the time.
fn open(path: &Path) -> Result<LocalLog, LogError> {
    let settings = Settings {
        fsync: Fsync::Never,
        write_buffer_bytes: 256 << 10,
        tail_bytes: 64 << 10,
        ..Settings::default()
    };
    LocalLog::open(path, settings)
}

/// How many records transaction `number` appends to each topic.
fn record_count(number: u64) -> u64 {
    number % 4 + 1
}

/// Bytes that depend on all three, and that no compression makes smaller.
fn value(number: u64, topic: &str, place: u64) -> Bytes {
    let mut state = (number << 16) ^ (place << 8) ^ u64::from(topic.as_bytes()[0]) ^ 0x9E37_79B9_7F4A_7C15;
    let mut value = Vec::with_capacity(VALUE_BYTES);
    value.extend(number.to_le_bytes());
    while value.len() < VALUE_BYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        value.extend(state.to_le_bytes());
    }
    value.into()
}

/// The state after transaction `number`: sometimes long enough for several chunks.
fn state(number: u64) -> Bytes {
    let times = if number.is_multiple_of(5) { 300 } else { 1 };
    value(number, "state", 0).repeat(times).into()
}

fn transaction(number: u64) -> Transaction {
    let records = |topic: &str| {
        let record = |place| NewRecord {
            timestamp_micros: i64::try_from(number).expect("a small number"),
            key: Bytes::copy_from_slice(topic.as_bytes()),
            value: value(number, topic, place),
        };
        (0..record_count(number)).map(record).collect()
    };
    let position =
        |topic: &str| Position { group: "g".to_owned(), topic: topic.to_owned(), partition: 0, next: number };
    Transaction {
        appends: TOPICS.map(|topic| (topic.to_owned(), 0, records(topic))).into(),
        positions: TOPICS.map(position).into(),
        states: vec![("s".to_owned(), state(number))],
    }
}

/// The number of the last transaction, by the state.
fn last_number(log: &LocalLog) -> u64 {
    let state = log.state("s").expect("the state can be read").unwrap_or_default();
    state.first_chunk().map_or(0, |number| u64::from_le_bytes(*number))
}

/// Commits until it is killed. Does nothing when run as a test among others.
#[test]
fn process_to_be_killed() {
    let Some(path) = std::env::var_os(STORE_VARIABLE) else { return };
    let log = open(path.as_ref()).expect("the store can be opened after a kill");
    for name in TOPICS {
        let retention_bytes = Some(RETENTION_BYTES);
        let spec = TopicSpec { name: name.to_owned(), partitions: 1, retention: None, retention_bytes };
        log.create_topic(&spec).expect("allowed");
    }
    let mut output = std::io::stdout().lock();
    for number in last_number(&log) + 1.. {
        log.commit(transaction(number)).expect("committed");
        writeln!(output, "\nacknowledged {number}").expect("the parent listens");
        output.flush().expect("the parent listens");
        if number.is_multiple_of(20) {
            log.enforce_retention(0).expect("enforced");
        }
    }
}

/// Starts the process, kills it after so many acknowledgements and then so many turns of the scheduler; returns the
/// last number acknowledged.
fn run_and_kill(path: &Path, acknowledgements: u64, turns: u64) -> Option<u64> {
    let mut child = Command::new(std::env::current_exe().expect("this test has a path"))
        .args(["--exact", "process_to_be_killed", "--nocapture", "--test-threads=1"])
        .env(STORE_VARIABLE, path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test can be started again");
    let output = BufReader::new(child.stdout.take().expect("the output is piped"));
    let number = |line: std::io::Result<String>| -> Option<u64> {
        line.ok()?.strip_prefix("acknowledged ")?.parse().ok()
    };
    let mut numbers = output.lines().filter_map(number);
    let mut last = None;
    for _ in 0..acknowledgements {
        last = Some(numbers.next().expect("the process acknowledges until it is killed"));
    }
    for _ in 0..turns {
        std::thread::yield_now();
    }
    child.kill().expect("the process can be killed");
    // What it managed to say before it died counts.
    last = numbers.last().or(last);
    child.wait().expect("the process has ended");
    last
}

/// Checks that exactly the transactions up to some number are there, of which retention has removed the first; returns
/// the number.
fn check(log: &LocalLog) -> u64 {
    let last = last_number(log);
    if last == 0 {
        return 0;
    }
    assert!(log.state("s").expect("read") == Some(state(last)), "the state of {last} is whole");
    let record_total: u64 = (1..=last).map(record_count).sum();
    for topic in TOPICS {
        assert_eq!(log.position("g", topic, 0).expect("known"), Some(last), "the position is of {last}");
        let bounds = log.bounds(topic, 0).expect("known");
        assert_eq!(bounds.end, record_total, "topic {topic} ends with {last}");
        let places =
            (1..=last).flat_map(|number| (0..record_count(number)).map(move |place| (number, place)));
        let mut expected = (0..).zip(places).skip_while(|(offset, _)| *offset < bounds.start);
        let mut next = bounds.start;
        while next < bounds.end {
            for record in log.read(topic, 0, next, ReadLimit { records: 100, bytes: 1 << 20 }).expect("there")
            {
                let (offset, (number, place)) = expected.next().expect("no more than was written");
                assert_eq!(record.offset, offset);
                assert!(
                    record.value == value(number, topic, place),
                    "offset {offset} is record {place} of {number}"
                );
                next = offset + 1;
            }
        }
    }
    last
}

#[test]
fn a_killed_process_leaves_whole_transactions_and_loses_none() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("log");
    let mut random = 0x5EED_u64;
    let mut next_random = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let mut acknowledged = 0;
    for kill in 0..KILLS {
        // Every fourth is killed while it opens the store.
        let acknowledgements = if kill % 4 == 0 { 0 } else { next_random(80) };
        let turns = if kill % 4 == 0 { next_random(30_000) } else { next_random(3_000) };
        if let Some(last) = run_and_kill(&path, acknowledgements, turns) {
            acknowledged = last;
        }
        let log = open(&path).expect("the store can be opened after a kill");
        if log.topics().expect("listed").len() < TOPICS.len() {
            assert_eq!(acknowledged, 0, "the topics are there before the first acknowledgement");
            continue;
        }
        let last = check(&log);
        assert!(last >= acknowledged, "{acknowledged} was acknowledged, {last} is there, after kill {kill}");
        acknowledged = last;
    }
    assert!(
        acknowledged > 10 * KILLS,
        "the processes were not killed too early to commit much: {acknowledged}"
    );
}
