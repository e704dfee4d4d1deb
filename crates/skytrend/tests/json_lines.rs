//! The second kind of source: the example feed of stock news through the program, and a live file under kills.

mod support;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use skytrend_event::{Alert, AlertKind, PostAction, PostEvent, Topic, codec};
use support::{Program, read_all};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples").join(name)
}

#[test]
fn the_ticker_example_finds_the_symbol_and_alerts_for_the_watchlist() {
    let folder = tempfile::tempdir().unwrap();
    let (out, log) = (folder.path().join("trends.jsonl"), folder.path().join("log"));
    let output = Command::new(env!("CARGO_BIN_EXE_skytrend"))
        .args(["replay", "--summary", "json", "--set", "telemetry.filter=error"])
        .arg("--map")
        .arg(example("ticker.toml"))
        .arg(example("ticker.jsonl"))
        .arg("--out")
        .arg(&out)
        .arg("--log-dir")
        .arg(&log)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let lines = std::fs::read_to_string(example("ticker.jsonl")).unwrap().lines().count() as u64;
    assert_eq!(summary["frames"], lines);
    // The last line takes a story back.
    assert_eq!((&summary["posts"], &summary["dropped"]), (&(lines - 1).into(), &serde_json::json!({})));

    let trends = std::fs::read_to_string(&out).unwrap();
    let trends: Vec<Value> = trends.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let symbol = trends.iter().find(|trend| trend["normalized_keyword"] == "aapl").unwrap();
    assert_eq!(
        (&symbol["keyword"], &symbol["kind"], &symbol["rank"]),
        (&"#AAPL".into(), &"hashtag".into(), &1.into())
    );
    let sample = symbol["sample_posts"][0]["uri"].as_str().unwrap();
    assert!(
        sample.starts_with("at://did:web:ticker.example:") && sample.contains("/app.bsky.feed.post/T-4"),
        "{sample}"
    );
    let others: BTreeSet<&str> = trends
        .iter()
        .filter(|trend| trend["kind"] == "hashtag")
        .filter_map(|trend| trend["keyword"].as_str())
        .collect();
    assert_eq!(others, BTreeSet::from(["#AAPL"]), "the other symbols are as busy as ever");

    let records = read_all(&log, Topic::Alerts);
    let alerts = records.iter().map(|record| codec::decode::<Alert>(&record.value).unwrap());
    let watched: Vec<Alert> = alerts.filter(|alert| alert.watchlist.as_deref() == Some("recalls")).collect();
    assert_eq!(watched[0].kind, AlertKind::Started);
    assert!(watched[0].sample_posts.iter().all(|post| !post.text.is_empty()));
}

/// Lines of a feed, one a second.
fn line(number: u32) -> String {
    let (minute, second) = (number / 60, number % 60);
    format!(
        "{{\"id\":{number},\"author\":\"a{}\",\"time\":\"2026-01-01T00:{minute:02}:{second:02}Z\",\"text\":\"line {number}\"}}\n",
        number % 7
    )
}

#[test]
fn kills_lose_and_double_no_line_of_a_file_that_grows() {
    let folder = tempfile::tempdir().unwrap();
    let feed = folder.path().join("feed.jsonl");
    let mut file = std::fs::File::create(&feed).unwrap();
    let path = format!("source.json_lines.path={}", feed.display());
    let program = Program::new(&[
        "source.protocol=json_lines",
        &path,
        "source.json_lines.follow=true",
        "ingest.commit_interval_millis=20",
        "ingest.commit_records_max=7",
        "log.fsync=never",
    ]);
    let mut written = 0;
    for round in 1..=4_u64 {
        let mut running = program.start(&[]);
        // Half a line is no line yet.
        for number in written..written + 50 {
            let text = line(number);
            let (start, rest) = text.split_at(20);
            file.write_all(start.as_bytes()).unwrap();
            file.flush().unwrap();
            file.write_all(rest.as_bytes()).unwrap();
        }
        written += 50;
        if round < 4 {
            running.wait_until("some lines", |status| status["ingest"]["events"].as_u64() > Some(0));
            running.child.kill().unwrap();
            running.child.wait().unwrap();
        } else {
            running.wait_until("all lines", |status| {
                status["detector"]["applied_micros"].as_i64() >= Some(1_767_225_600_000_000 + 199 * 1_000_000)
            });
            running.stop();
        }
    }
    let records = program.records(Topic::Posts);
    let posts = records.iter().map(|record| codec::decode::<PostEvent<'_>>(&record.value).unwrap());
    let texts: Vec<String> = posts
        .filter(|post| post.action == PostAction::Created)
        .map(|post| post.data.unwrap().text.into_owned())
        .collect();
    let expected: Vec<String> = (0..200).map(|number| format!("line {number}")).collect();
    assert_eq!(texts, expected);
}
