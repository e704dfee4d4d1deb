//! The score of a series of counts is the one that the detector gives a keyword with these counts.

mod world;

use std::collections::BTreeMap;

use skytrend_event::time::{MINUTE, SECOND};
use skytrend_event::{Micros, Trend, WindowKind};
use skytrend_trend::{CountStep, Detector, InvalidSeries, Settings, score_series};
use world::{START, World, created, heartbeat};

/// Posts of the stream in a second.
const RATE: u64 = 6;
/// Names of authors that the ordinary stream does not use.
const STRANGERS: u64 = 1_000_000;

/// Counts of a quiet thing that bursts twice: for ten minutes, then for three. The second comes when the first is
/// learned.
fn counts() -> Vec<u32> {
    let count = |minute: u32| match minute {
        200..210 => 8,
        330..333 => 20,
        _ => 1 + minute * 7 % 5 / 2,
    };
    (0..480).map(count).collect()
}

fn steps(counts: &[u32], minutes: i64) -> Vec<CountStep> {
    let step =
        |(&count, place): (&u32, i64)| CountStep { start: START.plus(place * minutes * MINUTE), count };
    counts.iter().zip(0..).map(step).collect()
}

#[test]
fn a_series_is_scored_as_the_detector_scores_a_keyword() {
    let counts = counts();
    let mut world = World::new(7, 3_000, RATE);
    let settings = Settings { top: 1_000, ..Settings::default() };
    let mut detector = Detector::new(settings.clone(), 1).unwrap();
    let mut by_end: BTreeMap<Micros, f64> = BTreeMap::new();
    let mut next_post = STRANGERS;
    for (&count, minute) in counts.iter().zip(0_i64..) {
        for post in world.minutes(1) {
            detector.apply(0, &post);
        }
        let at = START.plus((minute + 1) * MINUTE - 1);
        for _ in 0..count {
            let text = format!("{} zeppelin", world.text());
            detector.apply(0, &created(next_post, next_post, at, &text));
            next_post += 1;
        }
        detector.apply(0, &heartbeat(START.plus((minute + 1) * MINUTE)));
        for output in detector.take_outputs().iter().filter(|output| output.window == WindowKind::Sliding) {
            let is_listed = |trend: &&Trend| trend.rank > 0 && trend.normalized_keyword == "zeppelin";
            if let Some(trend) = output.trends.iter().find(is_listed) {
                by_end.insert(output.window_end, trend.z_score);
            }
        }
    }
    let scores = score_series(&steps(&counts, 1), &settings).unwrap();
    let mut compared = 0;
    for (minute, score) in (1_i64..).zip(scores) {
        // The stream of a series is endless; in a small one, the keyword's own posts make all expectations larger.
        if let Some(&listed) = by_end.get(&START.plus(minute * MINUTE)) {
            assert!(
                (score - listed).abs() < 0.02 * listed.abs() + 0.02,
                "minute {minute}: {score} in the series, {listed} listed"
            );
            compared += 1;
        }
    }
    assert!(compared >= 20, "{compared} windows are compared");
}

#[test]
fn steps_of_five_minutes_are_five_of_one_minute() {
    let counts = counts();
    let fives: Vec<u32> = counts.chunks(5).map(|minutes| minutes.iter().sum()).collect();
    let settings = Settings::default();
    let by_minute = score_series(&steps(&counts, 1), &settings).unwrap();
    let by_five = score_series(&steps(&fives, 5), &settings).unwrap();
    let fifths: Vec<f64> = by_minute.into_iter().skip(4).step_by(5).collect();
    assert_eq!(by_five, fifths);
}

#[test]
fn what_is_missing_is_a_gap_and_no_silence() {
    let settings = Settings::default();
    let steady = steps(&[50; 600], 5);
    let mut with_gap = steady.clone();
    with_gap.drain(300..340);
    let scores = score_series(&with_gap, &settings).unwrap();
    let highest = scores.iter().skip(290).fold(0.0_f64, |highest, score| highest.max(score.abs()));
    assert!(highest < 0.5, "{highest}: nothing happened");
    let mut silent = steady;
    for step in &mut silent[300..340] {
        step.count = 0;
    }
    let scores = score_series(&silent, &settings).unwrap();
    assert!(scores[301] < -3.0 && scores[341] > 1.0, "{} and {}", scores[301], scores[341]);
}

#[test]
fn only_what_windows_are_made_of_is_scored() {
    let settings = Settings::default();
    let score = |minutes| score_series(&steps(&[1; 10], minutes), &settings);
    assert_eq!(score(1).map(|scores| scores.len()), Ok(10));
    for minutes in [2, 10, 60] {
        assert_eq!(score(minutes), Err(InvalidSeries::Step { micros: minutes * MINUTE }));
    }
    assert_eq!(score_series(&steps(&[1], 5), &settings), Err(InvalidSeries::TooShort));
    assert_eq!(score_series(&[], &settings), Err(InvalidSeries::TooShort));
    let mut late = steps(&[1; 10], 5);
    late[4].start = late[4].start.plus(30 * SECOND);
    assert!(score_series(&late, &settings).is_err());
    let mut twice = steps(&[1; 10], 5);
    twice[4].start = twice[3].start;
    assert_eq!(score_series(&twice, &settings), Err(InvalidSeries::Order { index: 4 }));
    let mut huge = steps(&[1; 10], 5);
    huge[7].count = u32::MAX;
    assert_eq!(score_series(&huge, &settings), Err(InvalidSeries::Count { index: 7 }));
}
