//! A run that is killed at any moment, again and again, equals a run that was not: the same events in the log, the
//! same trends, counts, alerts and activity, byte for byte. Slow, so that `make crash` runs it.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should say where")]

#[path = "../src/crash.rs"]
#[expect(dead_code, reason = "the program itself passes the points")]
mod crash;
mod support;

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use skytrend_event::Topic;
use skytrend_event::time::MINUTE;
use skytrend_log::Record;
use skytrend_sim::{Server, ServerSettings, WorldSettings};
use support::Program;

/// Kills of the random test.
const KILLS: u32 = 200;

/// Passages after which each crash point is hit: the first one, and one in the middle of the work.
const PASSAGES: [u32; 2] = [1, 4];

/// What must be equal. Dead letters are left out: after a restart the same bad input may be met a second time.
const TOPICS: [Topic; 8] = [
    Topic::Posts,
    Topic::Likes,
    Topic::Reposts,
    Topic::Follows,
    Topic::Trends,
    Topic::WindowCounts,
    Topic::Alerts,
    Topic::UserActivity,
];

/// 40 minutes of a small world, served slowly enough that a kill comes in the middle.
fn world(seed: u64, rate_max: Option<u32>) -> ServerSettings {
    let world = WorldSettings {
        duration: Some(30 * MINUTE),
        history: 10 * MINUTE,
        posts_per_second: 12.0,
        likes_per_post: 1.0,
        authors: 3_000,
        trend_interval: 4 * MINUTE,
        ..WorldSettings::live_like(seed)
    };
    ServerSettings { rate_max, ..ServerSettings::new(world) }
}

struct World {
    server: Server,
    end_micros: i64,
}

async fn start(seed: u64, rate_max: Option<u32>) -> World {
    let settings = world(seed, rate_max);
    let server = Server::start(settings, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let end_micros = server.world().last().unwrap().witnessed.0;
    World { server, end_micros }
}

impl World {
    fn program(&self, protocol: &str) -> Program {
        Program::of_small_world(&self.server.url(), protocol, &[])
    }
}

/// Everything that the program has written.
fn results(program: &Program) -> Vec<(Topic, Vec<Record>)> {
    TOPICS.into_iter().map(|topic| (topic, program.records(topic))).collect()
}

fn assert_same(killed: &[(Topic, Vec<Record>)], whole: &[(Topic, Vec<Record>)], what: &str) {
    for ((topic, killed), (_, whole)) in killed.iter().zip(whole) {
        assert_eq!(killed.len(), whole.len(), "{what}: number of records in {topic}");
        let differs = killed.iter().zip(whole).position(|(a, b)| a != b);
        assert_eq!(differs, None, "{what}: first record of {topic} that differs");
    }
}

/// A run that nothing disturbs.
fn undisturbed(world: &World, protocol: &str) -> Vec<(Topic, Vec<Record>)> {
    let program = world.program(protocol);
    let mut running = program.start(&[]);
    running.wait_for_time(world.end_micros);
    let took = running.stop();
    assert!(took < Duration::from_secs(5), "it took {took:?} to end");
    let results = results(&program);
    for (topic, records) in &results {
        assert!(!records.is_empty(), "{topic} is empty: there is nothing to compare");
    }
    results
}

/// Lets the program finish what the killed ones have begun.
fn finish(program: &Program, world: &World) -> Vec<(Topic, Vec<Record>)> {
    let mut running = program.start(&[]);
    running.wait_for_time(world.end_micros);
    running.stop();
    results(program)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "two minutes; run by make crash"]
async fn killed_at_random_moments_it_equals_a_run_that_was_not() {
    let world = start(11, Some(4_000)).await;
    let whole = tokio::task::block_in_place(|| undisturbed(&world, "firehose"));
    let mut chance = ChaCha8Rng::seed_from_u64(7);
    let killed = tokio::task::block_in_place(|| {
        let program = world.program("firehose");
        for kill in 1..=KILLS {
            let mut running = program.start(&[]);
            std::thread::sleep(Duration::from_millis(chance.random_range(20..500)));
            running.child.kill().unwrap();
            running.child.wait().unwrap();
            if kill % 50 == 0 {
                eprintln!("killed {kill} times");
            }
        }
        finish(&program, &world)
    });
    assert_same(&killed, &whole, "killed at random");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "two minutes; run by make crash"]
async fn killed_at_each_crash_point_it_equals_a_run_that_was_not() {
    for protocol in ["firehose", "jetstream_v1", "jetstream_v2"] {
        let world = start(12, None).await;
        tokio::task::block_in_place(|| {
            let whole = undisturbed(&world, protocol);
            for point in crash::POINTS {
                let program = world.program(protocol);
                for passage in PASSAGES {
                    let ask = [(crash::VARIABLE, format!("{point}:{passage}"))];
                    let mut running = program.start(&ask);
                    let exit = running.child.wait().unwrap();
                    assert!(!exit.success(), "{point}:{passage} was not reached");
                }
                assert_same(&finish(&program, &world), &whole, &format!("{protocol}, {point}"));
            }
            eprintln!("{protocol}: every crash point");
        });
    }
}
