//! How fast messages pass the queue and the intake. `cargo bench -p skytrend-source --bench intake`.

use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use skytrend_event::{Event, Micros};
use skytrend_source::DropReason;
use skytrend_source::bluesky::cursor::{Because, Cursor, Request};
use skytrend_source::bluesky::{Delivery, Host, Intake, Protocol, Queue, Settings, Sink};
use skytrend_source::wire::Place;

#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn event(&mut self, event: Event<'_>) {
        black_box(event);
        self.0 += 1;
    }

    fn passed_over(&mut self, _reason: DropReason) {}

    fn dropped(&mut self, reason: DropReason, _: &str, _: Option<Place>, _: &[u8]) {
        panic!("{reason}");
    }
}

const MESSAGES: u64 = 20_000;
const SUBJECT: &str = r#"{"cid":"bafyreidqpc7si3dbimffi64lz3xsx2qt45ip7rpna2qpslcddp23itjjzm","uri":"at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3l3qo2vuowo2b"}"#;

fn base32(value: u64) -> String {
    let digit = |at: u32| char::from(b"234567abcdefghijklmnopqrstuvwxyz"[(value >> (5 * at) & 31) as usize]);
    (0..13).rev().map(digit).collect()
}

/// Likes, 500 in a second, each by another of 5,000 accounts.
fn likes() -> Vec<Delivery> {
    let like = |n: u64| {
        let time = 1_783_166_400_000_000 + n * 2_000;
        let (did, rev) = (format!("did:plc:aaaaaaaaaaa{}", base32(n % 5_000)), base32(time << 10));
        let record = format!(
            r#"{{"$type":"app.bsky.feed.like","createdAt":"2026-07-04T12:00:00.000Z","subject":{SUBJECT}}}"#
        );
        let line = format!(
            r#"{{"did":"{did}","time_us":{time},"kind":"commit","commit":{{"rev":"{rev}","operation":"create","collection":"app.bsky.feed.like","rkey":"{rev}","record":{record},"cid":"bafyreidqpc7si3dbimffi64lz3xsx2qt45ip7rpna2qpslcddp23itjjzm"}}}}"#
        );
        Delivery::Message { generation: 1, bytes: Bytes::from(line), compressed: false, received: Micros(0) }
    };
    (0..MESSAGES).map(like).collect()
}

fn benches(criterion: &mut Criterion) {
    let likes = likes();
    let settings = Settings { protocol: Protocol::JetstreamV1, ..Settings::default() };
    let mut group = criterion.benchmark_group("intake");
    group.throughput(Throughput::Elements(MESSAGES)).sample_size(20);
    group.bench_function("jetstream_v1_likes", |bencher| {
        bencher.iter(|| {
            let (mut intake, mut sink) = (Intake::new(&settings, None), Count::default());
            let request = Request { cursor: Cursor::Live, because: Because::FirstStart };
            let host = Host { tls: false, name: "a".into(), port: 80 };
            let connected = Delivery::Connected { generation: 1, host, request, dictionary: None };
            for delivery in std::iter::once(&connected).chain(&likes) {
                intake.accept(delivery, &mut sink).expect("the stream is in order");
            }
            assert!(sink.0 >= MESSAGES);
        });
    });
    group.bench_function("queue_handover", |bencher| {
        let queue = Queue::new(&settings.queue);
        let mut out = VecDeque::new();
        let batches = || likes.chunks(256).map(<[_]>::to_vec).collect::<Vec<_>>();
        let hand_over = |mut batches: Vec<Vec<Delivery>>| {
            for batch in &mut batches {
                queue.push_batch(batch).expect("the queue is drained each time");
            }
            queue.drain(&mut out, usize::MAX, Duration::ZERO);
            assert_eq!(out.len() as u64, MESSAGES);
            out.clear();
        };
        bencher.iter_batched(batches, hand_over, BatchSize::LargeInput);
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
