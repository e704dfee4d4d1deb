//! Decoding on one core, over copies of a real recording that differ from one another in every record, so that
//! neither caches nor branch predictors see the same bytes again soon. Times are the thread's processor time. Needs
//! the recording: `SKYTREND_SHARED_DATA`.

mod cpu_time;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sha2::{Digest, Sha256};
use skytrend_source::bluesky::jetstream::zstd::Decompressor;
use skytrend_source::bluesky::{firehose, jetstream};
use skytrend_source::replay::{Input, Reader};
use skytrend_source::wire::{Body, Message};
use skytrend_source::{record, v1_json};

use self::cpu_time::CpuTime;

/// Copies of the recording: 33 MB of frames, more than a second-level cache holds.
const COPIES: usize = 40;

fn data(name: &str) -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let folder = std::env::var("SKYTREND_SHARED_DATA").unwrap_or_else(|_| default.to_owned());
    PathBuf::from(folder).join(name)
}

fn recording() -> Vec<Vec<u8>> {
    let mut reader = Reader::open(&data("firehose/jetstream_corpus/frames.bin.zst")).expect("the recording");
    let mut frames = Vec::new();
    while let Some(input) = reader.next() {
        frames.push(input.expect("a whole file").bytes.to_vec());
    }
    frames
}

/// The same frame with other digits in its records' `createdAt`, and the content ids that follow from them.
fn altered(frame: &[u8], copy: usize) -> Vec<u8> {
    let mut altered = frame.to_vec();
    let Ok(Message::Commit(commit)) = firehose::decode(frame) else { return altered };
    for op in &commit.ops {
        let (Body::Cbor(record), Some(cid)) = (op.body, op.cid) else { continue };
        let mut changed = record.to_vec();
        let date = b"createdAtx\x182026-07-04T14:38:";
        let Some(at) = find(&changed, &date[..9]) else { continue };
        let minute = at + date.len() - 3 + 1;
        changed[minute - 1..=minute].copy_from_slice(format!("{copy:02}").as_bytes());
        let start = find(&altered, record).expect("the record is in the frame");
        altered[start..start + record.len()].copy_from_slice(&changed);
        let digest = Sha256::digest(&changed);
        let places: Vec<usize> = memchr::memmem::find_iter(&altered, cid.sha256()).collect();
        for at in places {
            altered[at..at + 32].copy_from_slice(&digest);
        }
    }
    altered
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, part)
}

fn frames() -> Vec<Vec<u8>> {
    let recording = recording();
    (0..COPIES).flat_map(|copy| recording.iter().map(move |frame| altered(frame, copy))).collect()
}

/// Decodes all records of a message; the number of events.
fn events(message: &Message<'_>, flaws: &mut Vec<record::Flaw>) -> usize {
    let Message::Commit(commit) = message else { return 0 };
    flaws.clear();
    let mut is_event =
        |op: &&_| black_box(&record::decode(commit, op, flaws)).as_ref().is_ok_and(Option::is_some);
    commit.ops.iter().filter(|op| is_event(op)).count()
}

fn bench_firehose(criterion: &mut Criterion<CpuTime>) {
    let frames = frames();
    let bytes = frames.iter().map(Vec::len).sum::<usize>() as u64;
    let mut flaws = Vec::new();
    let mut run = || -> usize {
        frames.iter().map(|frame| events(&firehose::decode(frame).expect("a real frame"), &mut flaws)).sum()
    };
    assert_eq!(run(), COPIES * 147, "all copies are valid");
    let mut group = criterion.benchmark_group("firehose");
    group.throughput(Throughput::Elements(frames.len() as u64));
    group.bench_function("frame to event, record hashed", |bencher| bencher.iter(&mut run));
    group.bench_function("frame to message, record hashed", |bencher| {
        bencher.iter(|| frames.iter().filter(|frame| black_box(&firehose::decode(frame)).is_ok()).count());
    });
    let recording = recording();
    group.throughput(Throughput::Elements(recording.len() as u64));
    group.bench_function("frame in the cache to event, record hashed", |bencher| {
        bencher.iter(|| -> usize {
            let decode =
                |frame: &Vec<u8>| events(&firehose::decode(frame).expect("a real frame"), &mut flaws);
            recording.iter().map(decode).sum()
        });
    });
    group.throughput(Throughput::Elements(frames.len() as u64));
    let mut line = Vec::new();
    group.bench_function("frame to version 1 JSON", |bencher| {
        bencher.iter(|| {
            for frame in &frames {
                line.clear();
                v1_json::write(&firehose::decode(frame).expect("a real frame"), &mut line);
                black_box(&line);
            }
        });
    });
    group.finish();
    let mut file = Vec::new();
    for frame in &frames {
        file.extend(u32::try_from(frame.len()).expect("a real frame is small").to_le_bytes());
        file.extend(frame);
    }
    let file: &'static [u8] = file.leak();
    let mut group = criterion.benchmark_group("replay");
    group.throughput(Throughput::Bytes(bytes));
    group.bench_function("file in memory to frames", |bencher| {
        bencher.iter(|| replay(file, |input| black_box(input.bytes).len()));
    });
    group.throughput(Throughput::Elements(frames.len() as u64));
    group.bench_function("file in memory to event, record hashed", |bencher| {
        bencher.iter(|| replay(file, |input| events(&input.decode().expect("a real frame"), &mut flaws)));
    });
    group.finish();
}

/// The sum of what is found in each message.
fn replay(file: &'static [u8], mut find: impl FnMut(Input<'_>) -> usize) -> usize {
    let mut reader = Reader::new(file, 0).expect("frames");
    let mut sum = 0;
    while let Some(input) = reader.next() {
        sum += find(input.expect("a whole file"));
    }
    sum
}

fn bench_jetstream(criterion: &mut Criterion<CpuTime>) {
    let text =
        std::fs::read_to_string(data("firehose/jetstream_corpus/expected_v1.jsonl")).expect("the recording");
    let alter = |copy: usize| {
        text.lines().map(move |line| {
            line.replace(
                "\"createdAt\":\"2026-07-04T14:38",
                &format!("\"createdAt\":\"2026-07-04T14:{copy:02}"),
            )
        })
    };
    let lines: Vec<String> = (0..COPIES).flat_map(alter).collect();
    let mut flaws = Vec::new();
    let mut run = || -> usize {
        lines
            .iter()
            .map(|line| events(&jetstream::v1::decode(line.as_bytes()).expect("a real line"), &mut flaws))
            .sum()
    };
    assert_eq!(run(), COPIES * 147, "all copies are valid");
    let mut group = criterion.benchmark_group("jetstream");
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("version 1 line to message", |bencher| {
        bencher.iter(|| {
            lines.iter().filter(|line| black_box(&jetstream::v1::decode(line.as_bytes())).is_ok()).count()
        });
    });
    group.bench_function("version 1 line to event", |bencher| bencher.iter(&mut run));
    let dictionary = std::fs::read(data("jetstream/legacy_subscribe.zdict")).expect("the dictionary");
    let mut compressor = zstd::bulk::Compressor::with_dictionary(3, &dictionary).expect("a dictionary");
    let messages: Vec<Vec<u8>> =
        lines.iter().map(|line| compressor.compress(line.as_bytes()).expect("memory")).collect();
    let mut decompressor = Decompressor::new(&dictionary).expect("a dictionary");
    group.bench_function("compressed version 1 message to event", |bencher| {
        bencher.iter(|| {
            let mut count = 0;
            for message in &messages {
                let line = decompressor.decompress(message).expect("a real message");
                count += events(&jetstream::v1::decode(line).expect("a real line"), &mut flaws);
            }
            count
        });
    });
    group.finish();
}

criterion_group! {
    name = decode;
    config = Criterion::default().with_measurement(CpuTime).sample_size(20).measurement_time(Duration::from_secs(4));
    targets = bench_firehose, bench_jetstream
}
criterion_main!(decode);
