//! Reposts and likes with a weight, in the whole program: a post that many repost trends by them alone; and what
//! comes out does not depend on how the log was cut, nor on a process that was killed.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should say where")]

#[path = "../src/crash.rs"]
#[expect(dead_code, reason = "the program itself passes the points")]
mod crash;
mod support;

use std::path::Path;

use serde_json::{Value, json};
use skytrend_event::Topic;
use skytrend_event::time::{MINUTE, SECOND};
use skytrend_log::Record;
use skytrend_sim::{Server, ServerSettings, WorldSettings};
use support::{Program, skytrend};

/// Nobody else in the simulated world writes this.
const WORD: &str = "zeppelinqx";
/// Accounts that repost it.
const REPOSTERS: i64 = 80;

/// The characters of a number in the order that sorts as numbers do: a revision, or a part of a DID.
fn sortable(mut number: u64, len: usize) -> String {
    let mut text = vec![0; len];
    for byte in text.iter_mut().rev() {
        *byte = b"234567abcdefghijklmnopqrstuvwxyz"[usize::try_from(number % 32).unwrap()];
        number /= 32;
    }
    String::from_utf8(text).unwrap()
}

/// A new record of the account with this number, as a line of Jetstream.
fn created(account: u64, at: i64, collection: &str, record: &Value) -> String {
    let rev = sortable(u64::try_from(at).unwrap() << 10, 13);
    let commit = json!({
        "rev": rev,
        "operation": "create",
        "collection": collection,
        "rkey": rev,
        "record": record,
        "cid": "bafyreidosi3xwer2ivp5l3qykgsehmdd7yvplvefjpsdit2sb4n6mzsi34",
    });
    json!({ "did": did(account), "time_us": at, "kind": "commit", "commit": commit }).to_string()
}

fn did(account: u64) -> String {
    format!("did:plc:{}", sortable(account, 24))
}

/// Adds to a recorded world one post with [`WORD`] in its twentieth minute, and reposts of it in the two after that.
fn add_viral_post(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let time_of = |line: &str| serde_json::from_str::<Value>(line).unwrap()["time_us"].as_i64().unwrap();
    let start = text.lines().next().map(time_of).unwrap();
    let at = start + 20 * MINUTE;
    let created_at = "2026-07-04T14:20:00Z";
    let post = json!({ "$type": "app.bsky.feed.post", "createdAt": created_at, "text": format!("a {WORD}") });
    let mut more = vec![(at, created(1, at, "app.bsky.feed.post", &post))];
    let uri =
        format!("at://{}/app.bsky.feed.post/{}", did(1), sortable(u64::try_from(at).unwrap() << 10, 13));
    let subject = json!({ "cid": "bafyreidosi3xwer2ivp5l3qykgsehmdd7yvplvefjpsdit2sb4n6mzsi34", "uri": uri });
    let repost = json!({ "$type": "app.bsky.feed.repost", "createdAt": created_at, "subject": subject });
    for number in 1..=REPOSTERS {
        let (account, at) = (1 + number.unsigned_abs(), at + number * SECOND * 3 / 2);
        more.push((at, created(account, at, "app.bsky.feed.repost", &repost)));
    }
    let mut lines: Vec<(i64, String)> = text.lines().map(|line| (time_of(line), line.to_owned())).collect();
    lines.extend(more);
    lines.sort_by_key(|(at, _)| *at);
    let text: String = lines.into_iter().map(|(_, line)| line + "\n").collect();
    std::fs::write(path, text).unwrap();
}

#[test]
fn a_post_that_many_repost_trends_if_reposts_count_and_in_the_same_way_in_every_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let world = path("world.jsonl");
    let settings = ["sim.duration_minutes=35", "sim.history_minutes=0", "sim.posts_per_second=5"];
    let set: Vec<&str> = settings.iter().flat_map(|pair| ["--set", pair]).collect();
    skytrend(&[&["sim", "--out", &world, "--format", "jetstream-v1"], set.as_slice()].concat());
    add_viral_post(Path::new(&world));
    let trends = |more: &[&str]| {
        let out = path("trends.jsonl");
        let set = more.iter().flat_map(|pair| ["--set", pair]);
        let args = ["replay", &world, "--out", &out, "--summary", "json"];
        skytrend(&args.into_iter().chain(set).collect::<Vec<_>>());
        std::fs::read_to_string(&out).unwrap()
    };
    let authors = |trends: &str| {
        let rows = trends.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let of_word = rows.filter(|row| row["normalized_keyword"] == WORD);
        of_word.filter_map(|row| row["unique_authors"].as_i64()).max()
    };
    let all = trends(&["trend.repost_weight=1"]);
    assert_eq!(authors(&all), Some(REPOSTERS + 1));
    assert_eq!(authors(&trends(&[])), None, "without a weight it is one post");
    assert_eq!(authors(&trends(&["trend.like_weight=1"])), None, "nobody likes it");
    let weights = ["trend.repost_weight=0.5", "trend.like_weight=0.25"];
    let thinned = trends(&weights);
    let half = authors(&thinned).unwrap();
    assert!((REPOSTERS / 4..=REPOSTERS * 3 / 4).contains(&half), "{half}");
    assert_eq!(trends(&weights), thinned, "a second time");
    assert_eq!(trends(&[&weights[..], &["log.partitions=4"]].concat()), thinned, "with four partitions");
    assert_eq!(trends(&[&weights[..], &["ingest.commit_records_max=97"]].concat()), thinned, "cut otherwise");
    let log = path("log");
    let out = path("trends.jsonl");
    let args = ["replay", &world, "--out", &out, "--log-dir", &log];
    let set = weights.iter().flat_map(|pair| ["--set", pair]);
    skytrend(&args.into_iter().chain(set).collect::<Vec<_>>());
    assert_eq!(std::fs::read_to_string(&out).unwrap(), thinned, "with the log on disk");
}

/// The topics that a run must fill in the same way.
const TOPICS: [Topic; 6] =
    [Topic::Likes, Topic::Reposts, Topic::Trends, Topic::WindowCounts, Topic::Alerts, Topic::UserActivity];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_crash_point_it_equals_a_run_that_was_not() {
    let world = WorldSettings {
        duration: Some(15 * MINUTE),
        history: 5 * MINUTE,
        posts_per_second: 8.0,
        likes_per_post: 2.0,
        authors: 2_000,
        trend_interval: 4 * MINUTE,
        ..WorldSettings::live_like(17)
    };
    let server = Server::start(ServerSettings::new(world), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let end = server.world().last().unwrap().witnessed.0;
    let weights = ["trend.repost_weight=1", "trend.like_weight=0.5"];
    let program = || Program::of_small_world(&server.url(), "firehose", &weights);
    let results = |program: &Program| -> Vec<(Topic, Vec<Record>)> {
        TOPICS.into_iter().map(|topic| (topic, program.records(topic))).collect()
    };
    let finish = |program: &Program| {
        let mut running = program.start(&[]);
        running.wait_for_time(end);
        running.stop();
        results(program)
    };
    tokio::task::block_in_place(|| {
        let whole = finish(&program());
        let killed = program();
        for point in crash::POINTS {
            let mut running = killed.start(&[(crash::VARIABLE, format!("{point}:2"))]);
            let exit = running.child.wait().unwrap();
            assert!(!exit.success(), "{point} was not reached");
        }
        for ((topic, killed), (_, whole)) in finish(&killed).iter().zip(&whole) {
            assert!(
                !whole.is_empty() || *topic == Topic::Alerts,
                "{topic} is empty: there is nothing to compare"
            );
            assert_eq!(killed.len(), whole.len(), "number of records in {topic}");
            let differs = killed.iter().zip(whole).position(|(a, b)| a != b);
            assert_eq!(differs, None, "first record of {topic} that differs");
        }
    });
    server.shutdown().await;
}
