//! Watchlists that are changed while the program runs: what was answered outlives a kill at any moment; from where a
//! list counts on, it counts what one counts that was there from the start; and nothing else that comes out differs.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should say where")]

#[path = "../src/crash.rs"]
#[expect(dead_code, reason = "the program itself passes the points")]
mod crash;
mod support;

use std::collections::BTreeMap;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use skytrend_event::time::MINUTE;
use skytrend_event::{Alert, KeywordCount, Topic, codec};
use skytrend_sim::{Server, ServerSettings, WorldSettings};
use support::{Program, Running};

const SECRET: &str = "a-token-for-this-test-with-a-length-of-its-own";

/// For what must come; far above what it needs.
const PATIENCE: Duration = Duration::from_secs(120);

/// In most languages of the simulated world there is a word with it.
const TERMS: [&str; 2] = ["the", "/[aeiou]n/"];

/// A record: its time, key and value.
type Written = (i64, Vec<u8>, Vec<u8>);

/// How the program ends around the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It goes on.
    None,
    /// It is killed when it has answered.
    Answered,
    /// It dies at this point, and does not answer.
    At(&'static str),
}

async fn serve() -> Server {
    let world = WorldSettings {
        duration: Some(20 * MINUTE),
        history: 6 * MINUTE,
        posts_per_second: 8.0,
        likes_per_post: 0.2,
        authors: 2_000,
        trend_interval: 4 * MINUTE,
        ..WorldSettings::live_like(23)
    };
    let settings = ServerSettings { rate_max: Some(1_800), ..ServerSettings::new(world) };
    Server::start(settings, "127.0.0.1:0".parse().unwrap()).await.unwrap()
}

/// A program with the list `twin`, which is there from the start. `snapshot_secs`: between two snapshots.
fn program(server: &Server, snapshot_secs: u32) -> Program {
    let interval = format!("detect.snapshot_interval_secs={snapshot_secs}");
    Program::of_small_world(&server.url(), "jetstream_v1", &[&interval]).with_settings_file(
        r#"
        [[trend.watchlists]]
        name = "twin"
        terms = ["the", "/[aeiou]n/"]
        [[serve.access.tokens]]
        name = "anna"
        rights = "write"
        env = "ANNA"
        "#,
    )
}

fn start(program: &Program, end: End) -> Running {
    let mut env = vec![("ANNA", SECRET.to_owned())];
    if let End::At(point) = end {
        env.push((crash::VARIABLE, format!("{point}:1")));
    }
    program.start(&env)
}

/// Status and body of the answer; none where there is none.
fn ask(running: &Running, method: &str, name: &str, body: &Value) -> Option<(u16, Value)> {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = config.build().into();
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("http://{}/api/v1/watchlists/{name}", running.api))
        .header("authorization", format!("Bearer {SECRET}"))
        .header("content-type", "application/json")
        .body(body.to_string())
        .unwrap();
    let mut answer = agent.run(request).ok()?;
    let text = answer.body_mut().read_to_string().ok()?;
    Some((answer.status().as_u16(), serde_json::from_str(&text).unwrap_or_default()))
}

fn wait_for_end(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(Instant::now() < deadline, "the program goes on");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What comes out but for watchlists.
fn others(program: &Program) -> Vec<(Topic, Vec<Written>)> {
    let is_of_list = |topic: Topic, value: &[u8]| match topic {
        Topic::WindowCounts => codec::decode::<KeywordCount>(value).unwrap().watchlist.is_some(),
        Topic::Alerts => codec::decode::<Alert>(value).unwrap().watchlist.is_some(),
        _ => false,
    };
    let topics = [Topic::Trends, Topic::WindowCounts, Topic::Alerts, Topic::UserActivity];
    let records = |topic| {
        let records = program.records(topic).into_iter().filter(|record| !is_of_list(topic, &record.value));
        let content =
            records.map(|record| (record.timestamp_micros, record.key.to_vec(), record.value.to_vec()));
        (topic, content.collect())
    };
    topics.into_iter().map(records).collect()
}

/// By window and term, what was counted of a list; each once.
fn counted(program: &Program, list: &str) -> BTreeMap<(i64, i64, String), (u64, u64)> {
    let mut found = BTreeMap::new();
    for record in program.records(Topic::WindowCounts) {
        let count: KeywordCount = codec::decode(&record.value).unwrap();
        if count.watchlist.as_deref() == Some(list) {
            let key = (count.window_start.0, count.window_end.0, count.normalized_keyword);
            assert_eq!(
                found.insert(key, (count.count, count.unique_authors)),
                None,
                "{list} is counted twice"
            );
        }
    }
    found
}

/// A run with the list `late` put in its middle, and everything that came out but for lists.
fn changed(server: &Server, end: End) -> Vec<(Topic, Vec<Written>)> {
    let end_micros = server.world().last().unwrap().witnessed.0;
    // The first snapshot is that of the change, where the program is to die at it.
    let program = program(server, if matches!(end, End::At(_)) { 100_000 } else { 120 });
    let mut running = start(&program, end);
    running
        .wait_until("the first windows", |status| status["detector"]["windows_written"].as_u64() >= Some(5));
    let late = json!({ "terms": TERMS, "alert_posts": 1, "alert_growth": 1 });
    let answer = ask(&running, "PUT", "late", &late);
    // 202 where the machine is so busy that the detector takes more than five seconds to take it up.
    let is_stored = matches!(answer, Some((201 | 202, _)));
    if end == End::None {
        assert!(is_stored, "{answer:?}");
    } else {
        if end == End::Answered {
            running.child.kill().unwrap();
            assert!(is_stored, "{answer:?}");
        }
        assert!(!wait_for_end(&mut running.child).success(), "{end:?} was not reached");
        running = start(&program, End::None);
    }
    running.wait_for_time(end_micros);
    let (status, list) = ask(&running, "GET", "late", &json!({})).unwrap();
    assert_eq!((status, &list["origin"], &list["definition"]["terms"]), (200, &json!("api"), &json!(TERMS)));
    assert_eq!((&list["is_counted"], &list["changed_by"]), (&json!(true), &json!("anna")));
    assert_eq!(list["alerts"][0]["kind"], "started", "one post was enough: {list}");
    let from = list["counts_from"].as_i64().unwrap();
    running.stop();

    let (late, twin) = (counted(&program, "late"), counted(&program, "twin"));
    // What a window of before ends with was written before; every later one has the list.
    assert!(late.keys().all(|(_, window_end, _)| *window_end > from - MINUTE), "{end:?}");
    let whole = |counts: &BTreeMap<(i64, i64, String), (u64, u64)>| {
        let of_later = counts.iter().filter(|((start, ..), _)| *start > from);
        of_later.map(|(key, count)| (key.clone(), *count)).collect::<Vec<_>>()
    };
    assert!(whole(&twin).iter().any(|((.., term), (count, _))| term == "*" && *count > 100), "{end:?}");
    assert_eq!(whole(&late), whole(&twin), "{end:?}");
    others(&program)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_put_while_posts_come_and_a_kill_around_it_changes_nothing() {
    let server = serve().await;
    tokio::task::block_in_place(|| {
        let program = program(&server, 120);
        let mut running = start(&program, End::None);
        running.wait_for_time(server.world().last().unwrap().witnessed.0);
        running.stop();
        let without = others(&program);
        assert!(without.iter().all(|(_, records)| !records.is_empty()), "there is nothing to compare");
        let ends =
            [End::None, End::Answered, End::At("detect.before_snapshot"), End::At("detect.after_snapshot")];
        for end in ends {
            for ((topic, with), (_, without)) in changed(&server, end).iter().zip(&without) {
                assert_eq!(with.len(), without.len(), "{end:?}: records in {topic}");
                let differs = with.iter().zip(without).position(|(a, b)| a != b);
                assert_eq!(differs, None, "{end:?}: first record of {topic} that differs");
            }
        }
    });
}
