//! Parsing what every event carries, in values per second on one thread: `cargo bench -p skytrend-event --bench id`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use skytrend_event::{AtUri, Cid, Did, EventId, Language, Micros, Nsid, RecordKey, Tid};

const DID: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
const RKEY: &str = "3jzfcijpj2z2a";
const CID: &str = "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua";

fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    group.throughput(Throughput::Elements(1));
    group.bench_function("did", |b| b.iter(|| Did::parse(black_box(DID)).is_ok()));
    group.bench_function("nsid", |b| b.iter(|| Nsid::parse(black_box("app.bsky.feed.post")).is_ok()));
    group.bench_function("record_key", |b| b.iter(|| RecordKey::parse(black_box(RKEY)).is_ok()));
    group.bench_function("tid", |b| b.iter(|| Tid::parse(black_box(RKEY)).is_ok()));
    group.bench_function("at_uri", |b| {
        let uri = format!("at://{DID}/app.bsky.feed.post/{RKEY}");
        b.iter(|| AtUri::parse(black_box(uri.as_str())).is_ok());
    });
    group.bench_function("language", |b| b.iter(|| Language::parse(black_box("en")).is_ok()));
    group.bench_function("cid", |b| b.iter(|| Cid::parse(black_box(CID)).is_ok()));
    group.bench_function("datetime", |b| {
        b.iter(|| Micros::parse_rfc3339(black_box("2026-07-04T14:38:12.345Z")).is_ok());
    });
    group.bench_function("event_id", |b| {
        b.iter(|| EventId::of(black_box(DID), "app.bsky.feed.post", black_box(RKEY), RKEY, "create"));
    });
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
