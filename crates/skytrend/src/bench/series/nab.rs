//! How the Numenta Anomaly Benchmark, version 1.1, marks a detector's scores (Lavin and Ahmad 2015, "Evaluating
//! Real-time Anomaly Detection Algorithms"; its `nab/sweeper.py` and `nab/runner.py`). Knows no files and no detector.
//!
//! At a threshold, each step with at least that score is an alarm. The earliest alarm within a labelled window is
//! worth 1 at the window's start and, by a sigmoid, nothing behind its end. Each alarm outside windows costs the more
//! the farther it is behind the last one. A window without an alarm costs a miss. In points, raising no alarm gives
//! 0, and raising one at the start of each window 100.

use std::ops::RangeInclusive;

use serde::Serialize;

/// The first part of each series is for learning: alarms there don't count.
const PROBATION_PERCENT: usize = 15;
/// It is that part of at most so many steps.
const PROBATION_OF_MAX: usize = 5_000;

/// What a miss and a false alarm cost, where a perfect hit is worth 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    pub name: &'static str,
    pub miss: f64,
    pub false_alarm: f64,
}

/// The benchmark's profiles (its `config/profiles.json`).
pub const PROFILES: [Profile; 3] = [
    Profile { name: "standard", miss: 1.0, false_alarm: 0.11 },
    Profile { name: "low FP", miss: 1.0, false_alarm: 0.22 },
    Profile { name: "low FN", miss: 2.0, false_alarm: 0.11 },
];

/// A detector's scores of one series, and its labelled windows: first and last step, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredSeries {
    pub scores: Vec<f64>,
    pub windows: Vec<RangeInclusive<usize>>,
}

/// What a detector reaches at a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mark {
    /// The lowest score that is an alarm; none where there is no alarm.
    pub threshold: Option<f64>,
    /// 0 without alarms, 100 at best.
    pub points: f64,
    /// Windows with an alarm.
    pub found: usize,
    /// Alarms outside windows.
    pub false_alarms: usize,
}

/// A step that counts.
struct Step {
    score: f64,
    /// What an alarm here is worth.
    worth: f64,
    /// The window that it lies in, numbered over all series.
    window: Option<usize>,
}

/// The marks of all series together: without any alarm, then at each score, from the highest one down.
pub fn marks(series: &[ScoredSeries], profile: &Profile) -> Vec<Mark> {
    let mut steps = Vec::new();
    let mut windows_before = 0;
    for one in series {
        steps.extend(steps_of(one, profile, windows_before));
        windows_before += one.windows.len();
    }
    steps.sort_by(|left, right| right.score.total_cmp(&left.score));
    // A window that lies in the probation is none.
    let mut best: Vec<Option<f64>> = vec![None; windows_before];
    let mut windows: Vec<usize> = steps.iter().filter_map(|step| step.window).collect();
    windows.sort_unstable();
    windows.dedup();
    let windows = windows.len() as f64;

    let (mut hits, mut found, mut false_alarms, mut cost) = (0.0, 0_usize, 0, 0.0);
    let mut marks = vec![Mark { threshold: None, points: 0.0, found, false_alarms }];
    for of_score in steps.chunk_by(|left, right| left.score.total_cmp(&right.score).is_eq()) {
        for step in of_score {
            if let Some(window) = step.window {
                let before = best[window];
                found += usize::from(before.is_none());
                let now = before.map_or(step.worth, |before| before.max(step.worth));
                hits += now - before.unwrap_or(0.0);
                best[window] = Some(now);
            } else {
                false_alarms += 1;
                cost -= step.worth;
            }
        }
        // Over the score without alarms, as a part of what a perfect detector has over it.
        let points = 100.0 * (hits + profile.miss * found as f64 - cost) / (windows * (1.0 + profile.miss));
        marks.push(Mark { threshold: Some(of_score[0].score), points, found, false_alarms });
    }
    marks
}

/// The best of all thresholds, as the benchmark chooses it for every detector; of equal ones the highest.
pub fn best(marks: &[Mark]) -> Option<Mark> {
    marks.iter().rev().max_by(|left, right| left.points.total_cmp(&right.points)).copied()
}

/// What is reached where scores of at least `threshold` are alarms.
pub fn at(marks: &[Mark], threshold: f64) -> Option<Mark> {
    marks.iter().take_while(|mark| mark.threshold.is_none_or(|score| score >= threshold)).last().copied()
}

/// The steps after the probation, whose windows are numbered from `windows_before` on.
fn steps_of(series: &ScoredSeries, profile: &Profile, windows_before: usize) -> Vec<Step> {
    let count = series.scores.len();
    let probation = count.min(PROBATION_OF_MAX) * PROBATION_PERCENT / 100;
    let mut next = 0;
    let step = |(&score, place): (&f64, usize)| {
        while series.windows.get(next).is_some_and(|window| *window.end() < place) {
            next += 1;
        }
        let window = series.windows.get(next).filter(|window| window.contains(&place));
        let worth = match (window, next.checked_sub(1).and_then(|last| series.windows.get(last))) {
            (Some(window), _) => {
                let steps = (window.end() - window.start() + 1) as f64;
                let left = (window.end() - place + 1) as f64;
                worth_at(-left / steps) / worth_at(-1.0)
            }
            (None, Some(last)) => {
                let behind = (place - last.end()) as f64 / (last.end() - last.start()) as f64;
                profile.false_alarm * worth_at(behind)
            }
            (None, None) => -profile.false_alarm,
        };
        Step { score, worth, window: window.map(|_| windows_before + next) }
    };
    series.scores.iter().zip(0..).map(step).skip(probation).collect()
}

/// What an alarm is worth by its place: -1 at the start of a window, 0 at its end, 1 a window's length behind.
fn worth_at(place: f64) -> f64 {
    if place > 3.0 { -1.0 } else { 2.0 / (1.0 + libm::exp(5.0 * place)) - 1.0 }
}

#[cfg(test)]
mod tests;
