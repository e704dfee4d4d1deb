use std::collections::{BTreeMap, BTreeSet};

use skytrend_event::engagement::collection::{FOLLOW, LIKE, POST, REPOST};
use skytrend_event::time::{MINUTE, SECOND};

use super::*;
use crate::instant::TidNumber;
use crate::node::Node;
use crate::world::event::{Action, Hostility, Record};
use crate::world::words::FUNCTION_WORDS;

fn live(count: usize) -> Vec<WorldEvent> {
    World::new(WorldSettings::live_like(11)).unwrap().take(count).collect()
}

#[test]
fn the_same_seed_gives_the_same_world_and_a_clone_the_same_future() {
    let mut world = World::new(WorldSettings::simulated_hour(4)).unwrap();
    let other = World::new(WorldSettings::simulated_hour(4)).unwrap();
    let first: Vec<String> = world.by_ref().take(20_000).map(|event| format!("{event:?}")).collect();
    assert!(first.iter().eq(other.take(20_000).map(|event| format!("{event:?}")).collect::<Vec<_>>().iter()));
    let clone = world.clone();
    let future = |world: World| world.take(5_000).map(|event| format!("{event:?}")).collect::<Vec<_>>();
    assert_eq!(future(clone), future(world));
    let different = World::new(WorldSettings::simulated_hour(5)).unwrap().next().unwrap();
    assert_ne!(format!("{different:?}"), first[0]);
}

#[test]
fn order_never_breaks() {
    let mut revs: BTreeMap<String, TidNumber> = BTreeMap::new();
    let mut created = BTreeSet::new();
    for pair in live(30_000).windows(2) {
        let [before, event] = pair else { unreachable!() };
        assert!(event.witnessed > before.witnessed && event.index == before.index + 1);
        let Change::Commit(commit) = &event.change else { continue };
        if let Change::Commit(last) = &before.change {
            assert!(event.seq >= before.seq + last.operations.len().max(1) as i64);
        }
        let known = revs.insert(event.did.to_string(), commit.rev);
        assert!(known.is_none_or(|rev| rev < commit.rev), "revisions grow");
        assert!(known.is_none() || commit.since.is_some());
        for operation in commit.operations.iter().filter(|operation| operation.action == Action::Create) {
            assert!(created.insert(operation.uri(&event.did).to_string()), "each record is created once");
        }
    }
}

#[test]
fn the_mix_is_the_network_s() {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let events = live(60_000);
    let operations = |event: &WorldEvent| match &event.change {
        Change::Commit(commit) => commit.operations.clone(),
        _ => Vec::new(),
    };
    for operation in events.iter().flat_map(operations) {
        *counts.entry(operation.collection).or_default() += 1;
        *counts.entry(operation.action.name()).or_default() += 1;
    }
    let total = counts["create"] + counts["update"] + counts["delete"];
    let within = |name: &str, low: u64, high: u64| {
        let share = counts.get(name).copied().unwrap_or(0) * 1000 / total;
        assert!((low..=high).contains(&share), "{name}: {share} in a thousand");
    };
    within(LIKE, 660, 740);
    within(POST, 100, 140);
    within(REPOST, 80, 120);
    within(FOLLOW, 50, 80);
    within("delete", 20, 35);
    within("update", 2, 20);
    let seconds = (events[59_999].witnessed.0 - events[0].witnessed.0) / SECOND;
    let per_second = 60_000 / seconds;
    assert!((600..=900).contains(&per_second), "at 14 o'clock, above the day's mean: {per_second}");
}

#[test]
fn posts_look_like_posts() {
    let events: Vec<WorldEvent> =
        World::new(WorldSettings::demo(2, Micros(1_783_173_600_000_000))).unwrap().take(60_000).collect();
    let (mut posts, mut letters, mut tagged, mut replies, mut empty, mut plain, mut embeds) =
        (0, 0, 0, 0, 0, 0, 0);
    for event in &events {
        let Change::Commit(commit) = &event.change else { continue };
        for operation in commit.operations.iter().filter(|operation| operation.truth.is_some()) {
            let Some(Record { node: Node::Map(entries), .. }) = &operation.record else { continue };
            let field = |name: &str| entries.iter().find(|(key, _)| *key == name).map(|(_, value)| value);
            let Some(Node::Text(text)) = field("text") else { continue };
            posts += 1;
            letters += text.chars().count();
            tagged += usize::from(text.contains('#'));
            replies += usize::from(field("reply").is_some());
            empty += usize::from(text.is_empty());
            plain += usize::from(field("langs").is_none());
            embeds += usize::from(field("embed").is_some());
        }
    }
    assert!(posts > 15_000, "{posts}");
    let share = |count: usize| count * 1000 / posts;
    assert!((70..=130).contains(&(letters / posts)), "mean length {}", letters / posts);
    assert!((45..=90).contains(&share(tagged)), "hashtags {}", share(tagged));
    assert!((250..=350).contains(&share(replies)), "replies {}", share(replies));
    assert!((18..=32).contains(&share(empty)), "empty {}", share(empty));
    assert!((230..=310).contains(&share(plain)), "without language {}", share(plain));
    assert!((400..=600).contains(&share(embeds)), "embeds {}", share(embeds));
}

#[test]
fn the_truth_of_a_post_is_in_its_text() {
    for event in live(20_000) {
        let Change::Commit(commit) = &event.change else { continue };
        for operation in &commit.operations {
            let (Some(truth), Some(record)) = (&operation.truth, &operation.record) else { continue };
            let Node::Map(entries) = &record.node else { unreachable!() };
            let mut whole = String::new();
            for (name, value) in entries {
                if matches!(*name, "text" | "tags") {
                    value.write_json(&mut whole);
                }
            }
            let whole = whole.to_lowercase();
            for keyword in &truth.keywords {
                assert!(!FUNCTION_WORDS.contains(&&*keyword.normalized));
                let missing =
                    matches!(truth.hostility, Some(Hostility::TextMissing | Hostility::TextNotText));
                assert!(missing || whole.contains(&*keyword.normalized), "{keyword} is not in {whole}");
            }
        }
    }
}

#[test]
fn inactive_accounts_are_silent_and_come_back() {
    let settings = WorldSettings { account_ppm: 50_000, ..WorldSettings::live_like(3) };
    let mut inactive = BTreeSet::new();
    let (mut removed, mut returned) = (0, 0);
    for event in World::new(settings).unwrap().take(40_000) {
        match &event.change {
            Change::Account { active: true, .. } => {
                returned += u32::from(inactive.remove(event.did.as_str()));
            }
            Change::Account { active: false, .. } => {
                removed += 1;
                assert!(inactive.insert(event.did.to_string()));
            }
            Change::Commit(_) | Change::Sync { .. } => assert!(!inactive.contains(event.did.as_str())),
            Change::Identity { .. } => {}
        }
    }
    assert!(removed > 500 && returned > 300, "{removed} {returned}");
}

#[test]
fn planted_trends_are_told_by_many_and_floods_by_their_crews() {
    let settings = WorldSettings { history: 0, ..WorldSettings::demo(8, Micros(1_783_173_600_000_000)) };
    let world = World::new(settings.clone()).unwrap();
    let planted = world.planted(settings.start, settings.start.plus(30 * MINUTE));
    let mut told: BTreeMap<String, (u64, BTreeSet<String>)> = BTreeMap::new();
    for event in world.take_while(|event| event.witnessed < settings.start.plus(30 * MINUTE)) {
        let Change::Commit(commit) = &event.change else { continue };
        for truth in commit.operations.iter().filter_map(|operation| operation.truth.as_ref()) {
            let entry = told.entry(format!("{:?}", truth.origin)).or_default();
            entry.0 += 1;
            entry.1.insert(event.did.to_string());
        }
    }
    let trends = planted.iter().filter(|planted| matches!(planted.origin, Origin::Trend(_))).count();
    assert!((8..=14).contains(&trends), "one each 150 s: {trends}");
    let (posts, authors) = &told["Trend(0)"];
    assert!(
        *posts >= 30 && authors.len() as u64 * 10 >= posts * 8,
        "{posts} posts by {} authors",
        authors.len()
    );
    for (origin, (_, authors)) in told.iter().filter(|(origin, _)| origin.starts_with("LoneFlood")) {
        assert_eq!(authors.len(), 1, "{origin}");
    }
}

#[test]
fn a_world_ends_when_it_should() {
    let settings = WorldSettings { duration: Some(MINUTE), history: 0, ..WorldSettings::live_like(1) };
    let mut world = World::new(settings.clone()).unwrap();
    let last = world.by_ref().last().unwrap();
    assert!(
        last.witnessed < settings.end().unwrap() && last.witnessed > settings.start.plus(MINUTE - SECOND)
    );
    assert!(World::new(WorldSettings { authors: 10, ..settings }).is_err());
}
