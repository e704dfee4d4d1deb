//! The command on files: a planted anomaly is found, and what is no series of counts is refused.

use std::fmt::Write as _;

use super::*;
use crate::settings::layers::Layers;

/// Eight days of a daily rhythm with some scatter, in steps of five minutes; on the last, half an hour of three times
/// as much.
const STEPS: u32 = 8 * 288;
const PLANTED: std::ops::Range<u32> = 7 * 288 + 100..7 * 288 + 106;

fn planted() -> String {
    let mut text = "timestamp,value\n".to_owned();
    for step in 0..STEPS {
        let (day, minute) = (1 + step / 288, step % 288 * 5);
        let rhythm = 40.0 + 25.0 * libm::cos(f64::from(minute) / 1440.0 * std::f64::consts::TAU);
        // A fixed scatter of -4 to 4.
        let scatter = f64::from(step * 7 % 9) - 4.0;
        let factor = if PLANTED.contains(&step) { 3.0 } else { 1.0 };
        let (hour, minute) = (minute / 60, minute % 60);
        writeln!(text, "2026-02-0{day} {hour:02}:{minute:02}:17,{:.0}", (rhythm + scatter) * factor).unwrap();
    }
    text
}

fn asked(files: Vec<std::path::PathBuf>, out: Option<&Path>) -> cli::Series {
    cli::Series { files, out: out.map(Path::to_owned), nab: None, json: false }
}

#[test]
fn a_planted_anomaly_stands_out() {
    let settings = Settings::from_layers(&Layers::defaults()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("counts.csv");
    std::fs::write(&path, planted()).unwrap();
    let out = folder.path().join("scores");
    run(&settings, &asked(vec![path.clone()], Some(&out))).unwrap();

    let rows = csv::read_columns(&out.join("counts.csv"), ["timestamp", "value", "score"]).unwrap();
    let input = csv::read_columns(&path, ["timestamp", "value"]).unwrap();
    assert_eq!(rows.len(), input.len());
    let scores: Vec<f64> = rows.iter().map(|row| row[2].parse().unwrap()).collect();
    for (row, input) in rows.iter().zip(&input) {
        assert_eq!(row[..2], input[..], "rows are as they were");
    }
    let alert = skytrend_trend::Settings::default().alert_z_score;
    let alarms: Vec<u32> =
        (0..).zip(&scores).filter(|(_, score)| **score >= alert).map(|(step, _)| step).collect();
    assert!(alarms.first().is_some_and(|&first| first - PLANTED.start <= 1), "{alarms:?}");
    assert!(alarms.iter().all(|step| (PLANTED.start..=PLANTED.end).contains(step)), "{alarms:?}");

    let again = run(&settings, &asked(vec![path], Some(folder.path())));
    assert!(again.is_err(), "a file that is there is not written over");
}

#[test]
fn what_is_no_series_is_refused_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("counts.csv");
    let refused = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let mut out = Vec::new();
        let result = write_scores(&path, &skytrend_trend::Settings::default(), &mut out);
        result.err().map(|error| format!("{error:#}")).unwrap_or_default()
    };
    let (first, second) = ("2026-02-01 00:00:00,1\n", "2026-02-01T00:05:00.000000Z,2.0\n");
    assert_eq!(refused(&format!("timestamp,value\n{first}{second}")), "");
    assert_eq!(refused("value,timestamp\r\n1,2026-02-01 00:00:00\r\n2,2026-02-01 00:05:00\r\n"), "");
    for (text, reason) in [
        (format!("{first}{second}"), "no column \"timestamp\""),
        (format!("timestamp,value\n{first}{second}2026-02-01 00:10:00,1.5\n"), "row 3"),
        (format!("timestamp,value\n{first}{second}2026-02-01 00:10:00,-1\n"), "\"-1\" is no count"),
        (format!("timestamp,value\n{first}yesterday,1\n"), "\"yesterday\" is no timestamp"),
        (format!("timestamp,value\n{first}{second}{second}"), "step 2"),
        (format!("timestamp,value\n{first}2026-02-01 00:30:00,1\n"), "1800000000 microseconds"),
        (format!("timestamp,value\n{first}2026-02-01 00:05:00\n"), "line 3"),
        ("timestamp,value\n".to_owned(), "no step comes after"),
    ] {
        let message = refused(&text);
        assert!(message.contains(reason), "{message:?} for {text:?}");
    }
}

/// A checkout with one series and one detector that always told at the right time.
#[test]
fn a_checkout_is_scored_beside_what_is_published() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let counts = planted();
    let rows: Vec<&str> = counts.lines().skip(1).collect();
    let timestamp = |step: u32| rows[step as usize].split(',').next().unwrap();
    let limits =
        format!("\"{}.000000\", \"{}.000000\"", timestamp(PLANTED.start - 20), timestamp(PLANTED.start + 19));
    write("data/realTweets/one.csv", &counts);
    write(
        "labels/combined_windows.json",
        &format!("{{\"realTweets/one.csv\": [[{limits}]], \"others/two.csv\": []}}"),
    );
    let mut scores = "timestamp,value,anomaly_score\n".to_owned();
    for (row, step) in rows.iter().zip(0..) {
        writeln!(scores, "{row},{}", if step == PLANTED.start - 20 { "0.9" } else { "0.1" }).unwrap();
    }
    write("results/foresight/realTweets/foresight_one.csv", &scores);
    let published = "File,Threshold,Score\nrealTweets/one.csv,0.5,1.0\nothers/two.csv,0.5,-7\n,,-6\n";
    write("results/foresight/foresight_standard_scores.csv", published);
    write("results/README.md", "no detector");

    let report =
        Report::new(&Checkout::open(folder.path()).unwrap(), &skytrend_trend::Settings::default()).unwrap();
    let json = serde_json::to_value(&report).unwrap();
    let [ours, foresight] = json["detectors"].as_array().unwrap().as_slice() else { panic!("{json}") };
    assert_eq!(
        (&json["windows"], &ours["name"], &foresight["name"]),
        (&1.into(), &"skytrend".into(), &"foresight".into())
    );
    // In the middle of the window of 40 steps, or a step later: 2 / (1 + e^(5 x)) - 1 at -0.5 and -0.475 over that at
    // -1.
    let points = ours["profiles"]["standard"]["points"].as_f64().unwrap();
    assert!((92.5..93.0).contains(&points), "{json}");
    assert_eq!(foresight["profiles"]["low FN"]["points"], 100.0);
    assert_eq!(
        (&foresight["check"]["points"], &foresight["check"]["published"]),
        (&100.0.into(), &100.0.into())
    );
    assert_eq!(report.table().lines().filter(|line| line.starts_with("skytrend")).count(), 1);
    assert!(Checkout::open(&folder.path().join("data")).is_err());
}
