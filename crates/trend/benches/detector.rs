//! How many posts a second the detector takes on one core, from text to closed windows: about 13 words a post, a Zipf
//! vocabulary of 60,000 words, 100 posts in a second of event time.

#[path = "../tests/world/mod.rs"]
mod world;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use skytrend_event::PostEvent;
use skytrend_trend::{Detector, ExtractedEvents, Extraction, Extractor, Settings, Watchlist, extract};
use world::World;

/// Event minutes before measuring starts: windows are full, baselines learn.
const WARM_MINUTES: u64 = 20;
/// Event minutes that are measured.
const MINUTES: u64 = 10;

fn detector(criterion: &mut Criterion) {
    let mut world = World::new(1, 60_000, 100);
    let mut warm = Detector::new(Settings::default(), 1).expect("default settings");
    for event in world.minutes(WARM_MINUTES) {
        warm.apply(0, &event);
        warm.take_outputs();
    }
    let events = world.minutes(MINUTES);
    let mut snapshot = Vec::new();
    warm.snapshot(&mut snapshot);
    println!("snapshot: {} bytes; {:?}", snapshot.len(), warm.stats());

    let mut group = criterion.benchmark_group("posts");
    group.sample_size(10).throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("extract", |bencher| bencher.iter(|| extract_all(&events)));
    let mut extractor = watching(&mut world).extractor();
    group.bench_function("extract, 1,000 terms watched", |bencher| {
        bencher.iter(|| extract_watched(&mut extractor, &events));
    });
    let restore = || Detector::restore(Settings::default(), &snapshot).expect("its own snapshot");
    group.bench_function("detect", |bencher| {
        bencher.iter_batched(restore, |detector| detect(detector, &events), BatchSize::LargeInput);
    });
    group.finish();

    let mut group = criterion.benchmark_group("snapshot");
    group.sample_size(10).throughput(Throughput::Bytes(snapshot.len() as u64));
    group.bench_function("write", |bencher| {
        let mut bytes = Vec::new();
        bencher.iter(|| {
            bytes.clear();
            warm.snapshot(&mut bytes);
        });
    });
    group.bench_function("restore", |bencher| bencher.iter_with_large_drop(restore));
    group.finish();
}

fn extract_all(events: &[PostEvent<'_>]) -> usize {
    let mut extraction = Extraction::default();
    let mut keywords = 0;
    for data in events.iter().filter_map(|event| event.data.as_ref()) {
        extract(data, 64, &mut extraction);
        keywords += extraction.keywords().count();
    }
    keywords
}

/// A detector with ten lists of a hundred terms: words as frequent as those of posts, so that a post matches some of
/// them, starts of words, phrases, and in each list one regular expression.
fn watching(world: &mut World) -> Detector {
    let mut list = |number: usize| {
        let words = (0..70).map(|_| world.word());
        let mut terms: Vec<String> = words.collect();
        terms.extend((0..10).map(|_| format!("#{}", world.word())));
        terms.extend((0..10).map(|_| format!("{}*", world.word())));
        terms.extend((0..9).map(|_| format!("{} {}", world.word(), world.word())));
        terms.push(format!(r"/\b(?:{}|{})\b/", world.word(), world.word()));
        Watchlist { name: format!("list{number}"), terms, ..Watchlist::default() }
    };
    let watchlists = (0..10).map(&mut list).collect();
    Detector::new(Settings { watchlists, ..Settings::default() }, 1).expect("valid lists")
}

fn extract_watched(extractor: &mut Extractor, events: &[PostEvent<'_>]) {
    let mut extracted = ExtractedEvents::default();
    // In batches, as the stage hands them over.
    for batch in events.chunks(4_096) {
        extracted.clear();
        for event in batch {
            extractor.extract(event, &mut extracted);
        }
        std::hint::black_box(&extracted);
    }
}

fn detect(mut detector: Detector, events: &[PostEvent<'_>]) -> Detector {
    for event in events {
        detector.apply(0, event);
        std::hint::black_box(detector.take_outputs());
    }
    detector
}

criterion_group!(benches, detector);
criterion_main!(benches);
