//! A store whose files are damaged: opening or reading it gives an error or a valid prefix of the transactions, never
//! a panic, and never a record that was not written.

use std::fs::{self, OpenOptions};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use skytrend_log::local::{Fsync, LocalLog, Settings};
use skytrend_log::{Log, LogError, NewRecord, Position, ReadLimit, TopicSpec, Transaction};

const FLIPS: u64 = 150;
const TRUNCATIONS: u64 = 50;
const TRANSACTIONS: u64 = 60;
const TOPICS: [&str; 2] = ["a", "b"];
const RECORDS: u64 = 3;

fn open(path: &Path) -> Result<LocalLog, LogError> {
    let settings = Settings { fsync: Fsync::Never, write_buffer_bytes: 64 << 10, ..Settings::default() };
    LocalLog::open(path, settings)
}

fn value(number: u64, place: u64) -> Bytes {
    let mut state = (number * RECORDS + place).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    [number.to_le_bytes().to_vec(), std::iter::repeat_with(&mut next).take(80).flatten().collect()]
        .concat()
        .into()
}

fn state(number: u64) -> Bytes {
    value(number, RECORDS).repeat(if number.is_multiple_of(2) { 1 } else { 20 }).into()
}

fn commit(log: &LocalLog, number: u64) {
    let record = |place| NewRecord {
        timestamp_micros: i64::try_from(number).expect("a small number"),
        key: Bytes::new(),
        value: value(number, place),
    };
    let position =
        |topic: &str| Position { group: "g".to_owned(), topic: topic.to_owned(), partition: 0, next: number };
    let transaction = Transaction {
        appends: TOPICS.map(|topic| (topic.to_owned(), 0, (0..RECORDS).map(record).collect())).into(),
        positions: TOPICS.map(position).into(),
        states: vec![("s".to_owned(), state(number))],
    };
    log.commit(transaction).expect("committed");
}

/// A store with files of every kind, and a journal that holds what is in none of them yet.
fn make_store(path: &Path) {
    {
        let log = open(path).expect("created");
        for name in TOPICS {
            let spec =
                TopicSpec { name: name.to_owned(), partitions: 1, retention: None, retention_bytes: None };
            log.create_topic(&spec).expect("allowed");
        }
        for number in 1..=TRANSACTIONS {
            commit(&log, number);
        }
    }
    // Opening cuts off what the journal has reserved beyond its end, so that the damage hits what is used.
    drop(open(path).expect("opened"));
}

/// Opens and reads everything. An error is an answer; what is there must be a prefix of the transactions.
fn examine(path: &Path) -> Result<u64, LogError> {
    let log = open(path)?;
    if log.topics()?.len() < TOPICS.len() {
        return Ok(0);
    }
    let stored = log.state("s")?.unwrap_or_default();
    let last = stored.first_chunk().map_or(0, |number| u64::from_le_bytes(*number));
    assert!(
        last <= TRANSACTIONS && (last == 0 || stored == state(last)),
        "the state is one that was written"
    );
    for topic in TOPICS {
        let position = log.position("g", topic, 0)?;
        assert_eq!(position.unwrap_or(0), last, "the position is of the same transaction");
        assert_eq!(log.bounds(topic, 0)?, 0..last * RECORDS, "the records are of the same transactions");
        let mut next = 0;
        while next < last * RECORDS {
            for record in log.read(topic, 0, next, ReadLimit { records: 50, bytes: 1 << 20 })? {
                assert_eq!(record.offset, next);
                assert!(
                    record.value == value(next / RECORDS + 1, next % RECORDS),
                    "offset {next} is what was written"
                );
                next += 1;
            }
        }
        log.offset_at(topic, 0, 30)?;
    }
    // The store still takes something, or says why not.
    log.commit(Transaction { states: vec![("s".to_owned(), state(1))], ..Transaction::default() })?;
    Ok(last)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.metadata().expect("a file").len() > 0 {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).expect("a file of the folder"));
        fs::create_dir_all(target.parent().expect("a folder")).expect("created");
        fs::copy(&file, &target).expect("copied");
    }
    // The lock is an empty file.
    fs::write(to.join("lock"), []).expect("written");
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Damages copies of one store, and counts how many of them are errors.
fn damage(times: u64, harm: impl Fn(&Path, &mut Random)) -> u64 {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let whole = folder.path().join("whole");
    make_store(&whole);
    let mut random = Random(7);
    let mut errors = 0;
    for round in 0..times {
        let damaged = folder.path().join(format!("damaged-{round}"));
        copy(&whole, &damaged);
        let all = files(&damaged);
        let file = &all[usize::try_from(random.below(all.len() as u64)).expect("small")];
        harm(file, &mut random);
        let name = file.strip_prefix(&damaged).expect("a file of the folder").display().to_string();
        match catch_unwind(AssertUnwindSafe(|| examine(&damaged))) {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                errors += 1;
                let is_expected =
                    matches!(error, LogError::Corrupt(_) | LogError::Store(_) | LogError::Stopped);
                assert!(is_expected, "round {round}, {name}: {error}");
            }
            Err(cause) => panic!("round {round}: damage in {name} makes it panic: {cause:?}"),
        }
        fs::remove_dir_all(&damaged).expect("removed");
    }
    errors
}

#[test]
fn a_whole_store_is_read_to_its_end() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("log");
    make_store(&path);
    let kinds = files(&path).len();
    assert!(kinds > 10, "the store has files of every kind, not only {kinds}");
    assert_eq!(examine(&path).expect("whole"), TRANSACTIONS);
}

#[test]
fn a_flipped_bit_is_found_or_does_no_harm() {
    let errors = damage(FLIPS, |file, random| {
        let mut bytes = fs::read(file).expect("read");
        let at = usize::try_from(random.below(bytes.len() as u64)).expect("small");
        bytes[at] ^= 1 << random.below(8);
        fs::write(file, bytes).expect("written");
    });
    assert!(errors > FLIPS / 4, "only {errors} of {FLIPS} flips were found");
}

#[test]
fn a_truncated_file_is_found_or_does_no_harm() {
    let errors = damage(TRUNCATIONS, |file, random| {
        let handle = OpenOptions::new().write(true).open(file).expect("opened");
        handle.set_len(random.below(handle.metadata().expect("known").len())).expect("cut");
    });
    assert!(errors > TRUNCATIONS / 4, "only {errors} of {TRUNCATIONS} truncations were found");
}

/// The embedded store would make room for a number of parts that no memory holds.
#[test]
fn a_file_that_claims_too_many_parts_is_refused() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("log");
    make_store(&path);
    for file in files(&path).iter().filter(|file| file.parent().is_some_and(|p| p.ends_with("tables"))) {
        let whole = fs::read(file).expect("read");
        let table_at =
            whole.windows(4).rposition(|bytes| bytes == b"TOC!").expect("each table has its parts");
        let mut damaged = whole.clone();
        damaged[table_at + 7] = 0xFF;
        fs::write(file, damaged).expect("written");
        assert!(matches!(open(&path), Err(LogError::Corrupt(_))));
        fs::write(file, whole).expect("written");
    }
    assert_eq!(examine(&path).expect("whole again"), TRANSACTIONS);
}

#[test]
fn a_folder_with_something_else_is_refused() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    fs::write(folder.path().join("notes.txt"), "not a log").expect("written");
    assert!(matches!(open(folder.path()), Err(LogError::Corrupt(_))));
    let file = folder.path().join("notes.txt");
    assert!(matches!(open(&file), Err(LogError::Store(_))));
}

#[test]
fn an_opened_store_is_in_use() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("log");
    let log = open(&path).expect("opened");
    assert!(matches!(open(&path), Err(LogError::InUse { .. })));
    drop(log);
    drop(open(&path).expect("free again"));
}
