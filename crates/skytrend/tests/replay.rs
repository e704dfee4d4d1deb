//! `skytrend replay` as a user runs it: on real recorded frames, and twice on the same simulated ones.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should say where")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::skytrend;

/// A file of the recorded data; it fails where that is missing.
fn recorded(name: &str) -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = std::env::var_os("SKYTREND_SHARED_DATA").map_or(default, PathBuf::from);
    let path = root.join(name);
    assert!(path.exists(), "{} is missing, see CONTRIBUTING.md", path.display());
    path
}

/// JSON lines in an order of their own, without the time that production Jetstream stamped itself.
fn events(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| {
            let mut event: Value = serde_json::from_str(line).unwrap();
            event.as_object_mut().unwrap().remove("time_us");
            event.to_string()
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn the_recorded_frames_give_the_events_that_production_jetstream_served() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("events.jsonl");
    let frames = recorded("firehose/jetstream_corpus/frames.bin.zst");
    let output = skytrend(&[
        "replay",
        frames.to_str().unwrap(),
        "--events",
        out.to_str().unwrap(),
        "--summary",
        "json",
    ]);
    assert_eq!(events(&out), events(&recorded("firehose/jetstream_corpus/expected_v1.jsonl")));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&summary["frames"], &summary["events"], &summary["posts"]),
        (&150.into(), &152.into(), &17.into())
    );
    assert!(summary["seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn the_same_input_gives_the_same_bytes_in_every_form_and_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (format, name) in [("frames", "a.bin"), ("jetstream-v1", "a.jsonl"), ("jetstream-v2", "b.jsonl")] {
        let settings = ["sim.duration_minutes=30", "sim.history_minutes=0", "sim.posts_per_second=10"];
        let set: Vec<&str> = settings.iter().flat_map(|pair| ["--set", pair]).collect();
        skytrend(&[&["sim", "--out", &path(name), "--format", format], set.as_slice()].concat());
    }
    let trends = |input: &str, more: &[&str]| {
        let out = path("trends.jsonl");
        skytrend(&[&["replay", input, "--out", &out, "--summary", "json"], more].concat());
        std::fs::read(&out).unwrap()
    };
    let first = trends(&path("a.bin"), &[]);
    assert!(first.len() > 1_000, "the planted trends are found");
    assert_eq!(trends(&path("a.bin"), &[]), first, "a second time");
    assert_eq!(trends(&path("a.bin"), &["--log-dir", &path("log")]), first, "with the log on disk");
    assert_eq!(trends(&path("a.bin"), &["--set", "log.partitions=4"]), first, "with four partitions");
    let v1 = trends(&path("a.jsonl"), &[]);
    assert_eq!(trends(&path("b.jsonl"), &[]), v1, "Jetstream v2 as v1");
}

#[test]
fn large_bad_frames_are_dropped_and_the_replay_goes_on() {
    // More bytes of dead letters than one transaction takes, in fewer messages than one commit has.
    const FRAMES: u32 = 2_000;
    const BYTES: usize = 64 << 10;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.bin");
    let text = path.to_str().unwrap();
    skytrend(&["sim", "--out", text, "--format", "frames", "--set", "sim.duration_minutes=1"]);
    let replay = || -> Value {
        serde_json::from_slice(&skytrend(&["replay", text, "--summary", "json"]).stdout).unwrap()
    };
    let good = replay();
    let mut file = std::fs::read(&path).unwrap();
    for frame in 0..FRAMES {
        file.extend(u32::try_from(BYTES).unwrap().to_le_bytes());
        file.resize(file.len() + BYTES - 4, 0xff);
        // The same bad bytes again would be taken for a repetition.
        file.extend(frame.to_le_bytes());
    }
    std::fs::write(&path, file).unwrap();
    let both = replay();
    assert_eq!((&both["posts"], &both["trends"]), (&good["posts"], &good["trends"]));
    assert_eq!(both["frames"].as_u64(), good["frames"].as_u64().map(|frames| frames + u64::from(FRAMES)));
    let bad = |summary: &Value| summary["dropped"]["invalid_cbor"].as_u64().unwrap_or(0);
    assert_eq!(bad(&both), bad(&good) + u64::from(FRAMES), "{both}");
}

#[test]
fn a_replay_never_destroys_its_input_or_an_earlier_result() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (input, result, missing) = (path("input.bin"), path("result.jsonl"), path("missing.bin"));
    std::fs::copy(recorded("firehose/jetstream_corpus/frames.bin.zst"), &input).unwrap();
    std::fs::write(&result, "an earlier result\n").unwrap();
    let before = std::fs::read(&input).unwrap();
    for args in [
        [&*input, "--out", &input, "--speed", "0"],
        [&*missing, "--out", &result, "--speed", "0"],
        [&*input, "--out", &result, "--events", &result],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_skytrend")).arg("replay").args(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && said.contains(folder.path().to_str().unwrap()),
            "{args:?}: {said}"
        );
    }
    assert_eq!(std::fs::read(&input).unwrap(), before);
    assert_eq!(std::fs::read_to_string(&result).unwrap(), "an earlier result\n");
}
