//! How fast the world is made, and how fast it is put on each wire, on one core.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use skytrend_sim::quality::{QualitySettings, QualityWorld};
use skytrend_sim::wire::jetstream::JsonEncoder;
use skytrend_sim::wire::{Dictionary, FrameEncoder, dictionary};
use skytrend_sim::{World, WorldEvent, WorldSettings};

/// Events of one pass.
const EVENTS: usize = 5_000;

fn encode(criterion: &mut Criterion) {
    let world = || World::new(WorldSettings::live_like(1)).expect("the settings are within their ranges");
    let events: Vec<WorldEvent> = world().take(EVENTS).collect();
    let mut group = criterion.benchmark_group("sim");
    group.throughput(Throughput::Elements(EVENTS as u64)).sample_size(20);
    let mut endless = world();
    group.bench_function("world", |bench| bench.iter(|| endless.by_ref().take(EVENTS).count()));
    for nodes in [3, 8] {
        let mut encoder = FrameEncoder::new(nodes);
        group.bench_function(format!("frames with {nodes} tree nodes"), |bench| {
            bench.iter(|| events.iter().map(|event| encoder.encode(event, event.seq).len()).sum::<usize>());
        });
    }
    let (mut json, mut bytes) = (JsonEncoder::default(), 0);
    group.bench_function("jetstream v1", |bench| {
        bench.iter(|| {
            for event in &events {
                json.v1(event, event.seq, |message| bytes += message.json.len());
            }
        });
    });
    let mut compressor =
        Dictionary::with_id(dictionary::V1_ID).compressor().expect("the dictionary is well-formed");
    group.bench_function("jetstream v1, zstd", |bench| {
        bench.iter(|| {
            for event in &events {
                json.v1(event, event.seq, |message| {
                    bytes += compressor.compress(message.json.as_bytes()).map_or(0, |frame| frame.len());
                });
            }
        });
    });
    group.finish();
}

/// The world for measuring detectors, without and with its own counts.
fn quality(criterion: &mut Criterion) {
    const MINUTES: usize = 10;
    let mut group = criterion.benchmark_group("sim");
    for (name, is_counting) in [("quality world", false), ("quality world, counted", true)] {
        let world = QualityWorld::new(QualitySettings::new(1), is_counting)
            .expect("the settings are within their ranges");
        let posts: usize = world.clone().take(MINUTES).map(|minute| minute.posts().len()).sum();
        group.throughput(Throughput::Elements(posts as u64)).sample_size(20);
        group.bench_function(name, |bench| {
            bench.iter_batched(|| world.clone(), |world| world.take(MINUTES).count(), BatchSize::LargeInput);
        });
    }
    group.finish();
}

criterion_group!(benches, encode, quality);
criterion_main!(benches);
