//! Appending and reading records of 300 bytes in batches of 1,000, in memory and on disk. Criterion reports bytes;
//! a record has 300 of them.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use skytrend_log::local::{Fsync, LocalLog, Settings};
use skytrend_log::memory::MemoryLog;
use skytrend_log::{Log, NewRecord, ReadLimit, TopicSpec, Transaction};

const BATCH_RECORDS: usize = 1_000;
const KEY_BYTES: usize = 32;
const VALUE_BYTES: usize = 268;
const RECORD_BYTES: usize = KEY_BYTES + VALUE_BYTES;
/// Enough that the local log has written files, and does not answer from memory alone.
const READ_BATCHES: usize = 1_000;

/// Records that compress about as posts do: half of each is text from a small vocabulary.
fn batch(number: usize) -> Vec<NewRecord> {
    let mut state = number as u64 + 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let mut all = Vec::with_capacity(BATCH_RECORDS * RECORD_BYTES);
    for _ in 0..BATCH_RECORDS {
        let end = all.len() + RECORD_BYTES;
        while all.len() < end - RECORD_BYTES / 2 {
            all.extend_from_slice(&next().to_le_bytes()[..4]);
        }
        while all.len() < end {
            all.extend_from_slice(format!("{} ", next() % 500).as_bytes());
        }
        all.truncate(end);
    }
    let all = Bytes::from(all);
    let record = |n: usize| NewRecord {
        timestamp_micros: i64::try_from(number * BATCH_RECORDS + n).unwrap_or(i64::MAX),
        key: all.slice(n * RECORD_BYTES..n * RECORD_BYTES + KEY_BYTES),
        value: all.slice(n * RECORD_BYTES + KEY_BYTES..(n + 1) * RECORD_BYTES),
    };
    (0..BATCH_RECORDS).map(record).collect()
}

/// A log with one topic that keeps at most 256 MiB, and the folder it is in.
struct Subject {
    name: &'static str,
    log: Arc<dyn Log>,
    _folder: Option<tempfile::TempDir>,
}

fn subjects() -> Vec<Subject> {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = Settings { fsync: Fsync::Interval(Duration::from_secs(1)), ..Settings::default() };
    let local = LocalLog::open(folder.path().join("log"), settings).expect("a log");
    let subjects = vec![
        Subject { name: "memory", log: Arc::new(MemoryLog::new()), _folder: None },
        Subject { name: "local", log: Arc::new(local), _folder: Some(folder) },
    ];
    for subject in &subjects {
        let spec = TopicSpec {
            name: "t".to_owned(),
            partitions: 1,
            retention: None,
            retention_bytes: Some(READ_BATCHES as u64 * (BATCH_RECORDS * (RECORD_BYTES + 100)) as u64),
        };
        subject.log.create_topic(&spec).expect("a topic");
    }
    subjects
}

fn append(log: &dyn Log, records: Vec<NewRecord>) {
    let transaction = Transaction { appends: vec![("t".to_owned(), 0, records)], ..Transaction::default() };
    log.commit(transaction).expect("committed");
}

fn bench_append(criterion: &mut Criterion, subjects: &[Subject]) {
    let mut group = criterion.benchmark_group("append");
    group.throughput(Throughput::Bytes((BATCH_RECORDS * RECORD_BYTES) as u64)).sample_size(20);
    let batches: Vec<_> = (0..64).map(batch).collect();
    for subject in subjects {
        group.bench_function(BenchmarkId::from_parameter(subject.name), |bencher| {
            bencher.iter_custom(|iterations| {
                let mut spent = Duration::ZERO;
                for number in 0..iterations {
                    let records = batches[usize::try_from(number).unwrap_or(0) % batches.len()].clone();
                    let started = Instant::now();
                    append(subject.log.as_ref(), records);
                    spent += started.elapsed();
                    if number % 100 == 0 {
                        subject.log.enforce_retention(0).expect("enforced");
                    }
                }
                spent
            });
        });
    }
    group.finish();
}

fn bench_read(criterion: &mut Criterion, subjects: &[Subject]) {
    for subject in subjects {
        for number in 0..READ_BATCHES {
            append(subject.log.as_ref(), batch(number));
        }
    }
    let mut group = criterion.benchmark_group("read");
    group.sample_size(20);
    for records in [100, BATCH_RECORDS] {
        group.throughput(Throughput::Bytes((records * RECORD_BYTES) as u64));
        for subject in subjects {
            let bounds = subject.log.bounds("t", 0).expect("known");
            let mut next = bounds.start;
            group.bench_function(BenchmarkId::new(subject.name, records), |bencher| {
                bencher.iter(|| {
                    if next + records as u64 > bounds.end {
                        next = bounds.start;
                    }
                    let limit = ReadLimit { records, bytes: usize::MAX };
                    let read = subject.log.read("t", 0, next, limit).expect("there");
                    next += read.len() as u64;
                    black_box(read)
                });
            });
        }
    }
    group.finish();
}

fn bench(criterion: &mut Criterion) {
    let subjects = subjects();
    bench_append(criterion, &subjects);
    bench_read(criterion, &subjects);
}

criterion_group!(benches, bench);
criterion_main!(benches);
