//! The world as a whole: the same bytes for the same seed, counts that a naive recount finds again, and a truth that
//! the posts bear out.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher;

use skytrend_event::time::MINUTE;

use super::counts::MixHasher;
use super::*;

/// Six hours, three of them scored.
fn small(seed: u64) -> QualitySettings {
    QualitySettings {
        posts_per_minute: 120,
        warm_minutes: 180,
        scored_minutes: 180,
        ..QualitySettings::new(seed)
    }
}

fn world(seed: u64) -> QualityWorld {
    QualityWorld::new(small(seed), true).unwrap()
}

/// Everything of the posts of the first minutes.
fn fingerprint(world: QualityWorld) -> u64 {
    let mut hasher = MixHasher::default();
    let mut texts = EventText::default();
    for minute in world.take(60) {
        for post in minute.posts() {
            hasher.write(format!("{:?}{:?}", post.event(&mut texts), post.terms()).as_bytes());
        }
    }
    hasher.finish()
}

#[test]
fn the_same_seed_gives_the_same_posts_and_another_seed_others() {
    assert_eq!(fingerprint(world(1)), fingerprint(world(1)));
    assert_ne!(fingerprint(world(1)), fingerprint(world(2)));
    assert_eq!(world(1).truth(), world(1).truth());
}

/// What a seed gives is the same on every machine and in every version: figures of one are comparable with figures of
/// another. A change of it is a new world, and says so.
#[test]
fn the_posts_of_a_seed_never_change() {
    let mut hasher = MixHasher::default();
    for minute in world(1).skip(200).take(3) {
        for post in minute.posts() {
            hasher.write(post.text().as_bytes());
            hasher.write(&post.witnessed().0.to_le_bytes());
            hasher.write(&post.author().0.to_le_bytes());
        }
    }
    assert_eq!(hasher.finish(), POSTS_OF_SEED_1);
}

const POSTS_OF_SEED_1: u64 = 7_582_518_348_907_154_185;

#[test]
fn time_only_goes_forward_and_stays_in_its_minute() {
    let world = world(3);
    let start = world.settings().start;
    let mut last = start.plus(-1);
    for minute in world {
        for post in minute.posts() {
            assert!(post.witnessed() > last);
            last = post.witnessed();
            assert_eq!(last.0.div_euclid(MINUTE) - start.0.div_euclid(MINUTE), i64::from(minute.minute));
        }
    }
}

#[test]
fn nothing_arrives_in_the_outage() {
    let world = world(3);
    let outage = world.truth().outage.clone();
    let silent: Vec<u32> =
        world.filter(|minute| minute.posts().len() == 0).map(|minute| minute.minute).collect();
    assert_eq!(silent, outage.collect::<Vec<_>>());
}

/// Reads the texts: splits at white space, drops punctuation, folds case. Works for the languages with spaces whose
/// words have no particles, and for hashtags of all.
fn words_of(text: &str) -> Vec<String> {
    let trim = |word: &str| word.trim_matches(|c: char| ",.!?،。！，、…".contains(c)).to_lowercase();
    text.split_whitespace().map(trim).collect()
}

#[test]
fn the_counts_are_those_of_a_naive_recount_of_the_texts() {
    let world = world(4);
    let is_read = |term: &Term| {
        let spaced = [Tongue::English, Tongue::German, Tongue::Portuguese, Tongue::Spanish, Tongue::French];
        spaced.contains(&term.tongue) && term.kind != TermKind::Name
    };
    let ids: BTreeMap<String, TermId> = (0..)
        .zip(world.terms())
        .filter(|(_, term)| is_read(term))
        .map(|(at, term)| (term.text.to_string(), TermId(at)))
        .collect();
    let parts: BTreeSet<String> = (world.terms().iter())
        .filter(|term| term.kind == TermKind::Name)
        .flat_map(|term| term.text.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let mut last_counted: BTreeMap<(TermId, Author), u32> = BTreeMap::new();
    let mut compared = 0;
    for minute in world.clone() {
        let mut recount: BTreeMap<TermId, [u32; 3]> = BTreeMap::new();
        for post in minute.posts() {
            let mut seen = BTreeSet::new();
            for written in words_of(post.text()) {
                let text = written.trim_start_matches('#');
                // Everyday words count for themselves only where they are not a part of a name.
                let Some(&id) = ids.get(text).filter(|_| !parts.contains(text)) else { continue };
                if !seen.insert(id) {
                    continue;
                }
                let counts = recount.entry(id).or_default();
                counts[0] += 1;
                let last = last_counted.insert((id, post.author()), minute.minute);
                if last.is_some_and(|last| last + 10 > minute.minute) {
                    last_counted.insert((id, post.author()), last.unwrap());
                    continue;
                }
                counts[1] += 1;
                counts[2] += u32::from(!post.is_copy());
            }
        }
        let told: BTreeMap<TermId, [u32; 3]> = (minute.counts.terms.iter())
            .filter(|count| {
                let term = &world.terms()[count.term.index()];
                is_read(term) && !parts.contains(&*term.text)
            })
            .map(|count| (count.term, [count.posts, count.authors, count.originals]))
            .collect();
        compared += told.len();
        assert_eq!(told, recount, "minute {}", minute.minute);
    }
    assert!(compared > 50_000, "{compared}");
}

#[test]
fn events_have_the_authors_that_the_truth_expects() {
    let world = QualityWorld::new(QualitySettings { scored_minutes: 480, ..small(5) }, true).unwrap();
    let truth = Arc::clone(world.truth());
    let ids: BTreeMap<&str, usize> =
        world.terms().iter().zip(0..).map(|(term, at)| (&*term.text, at)).collect();
    let mut found = vec![0_u32; world.terms().len()];
    for minute in world.clone() {
        for count in &minute.counts.terms {
            found[count.term.index()] += count.authors;
        }
    }
    let mut tested = 0;
    for event in &truth.events {
        let main = &event.terms[0];
        let expected: f32 = event.authors_per_minute.iter().sum::<f32>() * main.weight;
        if main.is_fresh && expected > 200.0 {
            tested += 1;
            let found = found[ids[&*main.text]];
            let found = f64::from(found);
            assert!((found / f64::from(expected) - 1.0).abs() < 0.3, "{}: {found} of {expected}", main.text);
        }
        assert!(event.t0 >= truth.settings.warm_minutes && event.end < truth.settings.minutes());
        assert!((event.t0..=event.end).contains(&event.tpeak));
    }
    assert!(tested >= 3, "{tested}");
}

#[test]
fn every_language_has_events_and_posts() {
    let world = QualityWorld::new(QualitySettings { scored_minutes: 720, ..small(6) }, false).unwrap();
    let truth = Arc::clone(world.truth());
    let with_events: BTreeSet<Tongue> = truth.events.iter().map(|event| event.language).collect();
    assert_eq!(with_events.len(), Tongue::ALL.len());
    let posts: Vec<Tongue> = world
        .take(10)
        .flat_map(|minute| minute.posts().map(|post| post.tongue()).collect::<Vec<_>>())
        .collect();
    for tongue in Tongue::ALL {
        let share = posts.iter().filter(|of| **of == tongue).count() * 1000 / posts.len();
        assert!(share > 5, "{tongue:?}: {share} in a thousand");
    }
}

#[test]
fn a_truth_survives_json() {
    let truth = Truth::clone(world(7).truth());
    let text = serde_json::to_string(&truth).unwrap();
    assert_eq!(serde_json::from_str::<Truth>(&text).unwrap(), truth);
}

#[test]
fn a_written_world_has_one_line_for_each_post_compressed_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, compressed) = (folder.path().join("world.jsonl"), folder.path().join("world.jsonl.zst"));
    let mut posts = 0;
    for path in [&plain, &compressed] {
        let mut writer = QualityWriter::create(path).unwrap();
        for minute in world(8).take(3) {
            writer.write(&minute).unwrap();
        }
        posts = writer.finish().unwrap();
    }
    let text = std::fs::read(&plain).unwrap();
    assert_eq!(zstd::decode_all(std::fs::File::open(&compressed).unwrap()).unwrap(), text);
    let lines: Vec<serde_json::Value> = text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(lines.len() as u64, posts);
    assert!(lines.iter().all(|line| line["commit"]["record"]["text"].is_string()));
}
