//! `skytrend alerts` beside a running program: it shows what the topic holds, and whoever is killed and comes back has
//! missed nothing.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should say where")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use skytrend_event::{Alert, Topic, codec};
use support::{Program, busy_small_world, skytrend};

/// How long the follower may take for what the server has told.
const PATIENCE: Duration = Duration::from_secs(60);

/// Appends the alerts as they come to `file`, by a command.
fn follow(server: &str, position: &Path, file: &Path) -> Child {
    let append = format!("cat >>'{0}' && echo >>'{0}'", file.display());
    Command::new(env!("CARGO_BIN_EXE_skytrend"))
        .args(["alerts", "--last", "500", "--server", server, "--position"])
        .arg(position)
        .args(["--", "sh", "-c", &append])
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn keys(lines: &str) -> BTreeSet<(i64, String, String)> {
    let key = |line: &str| {
        let alert: Value = serde_json::from_str(line).unwrap();
        let text = |field: &str| alert[field].as_str().unwrap().to_owned();
        (alert["window_end"].as_i64().unwrap(), text("keyword"), text("kind"))
    };
    lines.lines().map(key).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_alert_is_shown_and_none_is_missed_by_a_kill() {
    let (server, end) = busy_small_world().await;
    let program = Program::of_small_world(&server.url(), "firehose", &[]);
    let folder = tempfile::tempdir().unwrap();
    let (position, file) = (folder.path().join("position"), folder.path().join("alerts.jsonl"));
    tokio::task::block_in_place(|| {
        let mut running = program.start(&[]);
        running.wait_until("the server", |_| true);
        let url = format!("http://{}", running.api);
        let mut follower = follow(&url, &position, &file);
        running.wait_until("the first alerts", |_| file.exists());
        follower.kill().unwrap();
        follower.wait().unwrap();
        running.wait_for_time(end);
        let mut follower = follow(&url, &position, &file);

        let held = skytrend(&["alerts", "--server", &url, "--last", "500", "--once", "--json"]);
        let held = keys(&String::from_utf8(held.stdout).unwrap());
        // The log is open in the running program, which is asked; of several partitions it is enough.
        let (data, listen) = (program.data(), format!("serve.listen={}", running.api));
        let posts = ["topics", "read", "bluesky-posts", "--limit", "5", "--data-dir", data.to_str().unwrap()];
        let posts = skytrend(&[&posts[..], &["--set", &listen]].concat());
        assert_eq!(String::from_utf8(posts.stdout).unwrap().lines().count(), 5);

        let deadline = Instant::now() + PATIENCE;
        while keys(&std::fs::read_to_string(&file).unwrap_or_default()) != held {
            assert!(Instant::now() < deadline, "not all of {} alerts were followed", held.len());
            std::thread::sleep(Duration::from_millis(50));
        }
        follower.kill().unwrap();
        follower.wait().unwrap();
        running.stop();

        let of_log = program.records(Topic::Alerts);
        assert!(of_log.len() > 4, "the world has too few alerts to tell");
        let of_log = of_log.iter().map(|record| {
            let alert: Alert = codec::decode(&record.value).unwrap();
            let kind = serde_json::to_value(alert.kind).unwrap().as_str().unwrap().to_owned();
            (alert.window_end.0, alert.keyword, kind)
        });
        assert_eq!(held, of_log.collect());
    });
}
