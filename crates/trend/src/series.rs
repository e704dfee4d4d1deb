//! The detector's score of a series of counts: what it makes of a keyword of which nothing is known but how many
//! authors it had in each step of time. Baseline, seasons and score are those of every keyword; nothing of the formulas
//! is written here. This module only says what takes the place of posts:
//!
//! - A step is one minute or five. Each counts authors who posted once, without copies and newcomers.
//! - The stream around it is steady, for a series says nothing of it: so many posts a minute, in one language.
//! - Minutes close with a step's end. Each step is scored by the sliding window that ends with it, after the epochs
//!   that
//!   lie wholly before all windows were learned; epochs are counted from the first step. A missing step is a gap of
//!   the stream.
//! - The keyword has its state from the first step on; nobody has to admit it.

use std::collections::VecDeque;

use skytrend_event::Micros;
use skytrend_event::time::MINUTE;

use crate::minute_of;
use crate::season::hour_of;
use crate::settings::Settings;
use crate::state::{Evidence, KeywordState};
use crate::stream::{EPOCH_MINUTES, StreamLevel};
use crate::tally::Tally;

/// Posts of the stream in a minute. Any number gives the same score, but for the first hours, if the prior posts of a
/// share are few beside it.
const STREAM_POSTS_PER_MINUTE: u64 = 1_000_000;
/// The largest count of a step: so many in each minute of the longest window fit in a tally.
const COUNT_MAX: u32 = 10_000_000;

/// One step of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountStep {
    /// Its first instant.
    pub start: Micros,
    /// How many were counted in it.
    pub count: u32,
}

/// A series that the detector can't score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSeries {
    /// Windows and epochs are not whole numbers of its steps.
    #[error("steps must be of 1 or 5 minutes and fit into the windows; these are of {micros} microseconds")]
    Step {
        /// The shortest difference of two steps.
        micros: i64,
    },
    /// No step comes after another one.
    #[error("no step comes after another one")]
    TooShort,
    /// A step is not a whole number of steps after the one before.
    #[error("step {index} is not a whole number of steps after the one before")]
    Order {
        /// Its place, from 0 on.
        index: usize,
    },
    /// A count is impossibly large.
    #[error("step {index} counts more than {COUNT_MAX}")]
    Count {
        /// Its place, from 0 on.
        index: usize,
    },
}

/// The z-score of each of `steps`, in standard deviations: of the sliding window that ends with it, after what was
/// learned from the steps before that window.
pub fn score_series(steps: &[CountStep], settings: &Settings) -> Result<Vec<f64>, InvalidSeries> {
    let mut series = Series::new(step_minutes(steps, settings)?, steps[0].start, settings);
    Ok(steps.iter().map(|step| series.score(minute_of(step.start), step.count, settings)).collect())
}

/// Checks the series and finds the length of its steps.
fn step_minutes(steps: &[CountStep], settings: &Settings) -> Result<i64, InvalidSeries> {
    let differences = || steps.windows(2).map(|pair| pair[1].start.0.saturating_sub(pair[0].start.0));
    let step = differences().filter(|&difference| difference > 0).min().ok_or(InvalidSeries::TooShort)?;
    let minutes = step / MINUTE;
    let windows = [settings.sliding_minutes, settings.tumbling_minutes].map(i64::from);
    let parts = [EPOCH_MINUTES, windows[0], windows[1]];
    if step % MINUTE != 0 || parts.iter().any(|part| part % minutes != 0) {
        return Err(InvalidSeries::Step { micros: step });
    }
    if let Some(before) = differences().position(|difference| difference <= 0 || difference % step != 0) {
        return Err(InvalidSeries::Order { index: before + 1 });
    }
    if let Some(index) = steps.iter().position(|step| step.count > COUNT_MAX) {
        return Err(InvalidSeries::Count { index });
    }
    Ok(minutes)
}

/// The one keyword, and the stream around it.
struct Series {
    step_minutes: i64,
    /// The first minute that is not learned; epochs are counted from it.
    learn_from: i64,
    /// First minute and count of the steps that a window or an epoch still to be learned needs.
    steps: VecDeque<(i64, u32)>,
    stream: StreamLevel,
    keyword: KeywordState,
}

impl Series {
    fn new(step_minutes: i64, first: Micros, settings: &Settings) -> Self {
        debug_assert!(settings.validate().is_ok(), "the settings were checked");
        let learn_from = minute_of(first);
        let (stream, keyword) = (StreamLevel::default(), KeywordState::new(learn_from));
        Self { step_minutes, learn_from, steps: VecDeque::new(), stream, keyword }
    }

    /// Takes the step that starts at `minute` and scores the window that ends with it.
    fn score(&mut self, minute: i64, count: u32, settings: &Settings) -> f64 {
        self.steps.push_back((minute, count));
        let end = minute + self.step_minutes;
        self.learn(end - settings.longest_window_minutes());
        let (count, posts) = self.counted(end - i64::from(settings.sliding_minutes), end);
        let tally = Tally { posts: count, authors: count, clusters: count, copies: 0 };
        let everybody = Evidence::default();
        self.keyword.assess(end - 1, &tally, everybody, posts, &self.stream, settings).score.z
    }

    /// Learns the epochs that end before `windows_start`, and forgets their steps.
    fn learn(&mut self, windows_start: i64) {
        while let Some(&(first, _)) = self.steps.front() {
            // Time without steps is passed over.
            self.learn_from += (first - self.learn_from) / EPOCH_MINUTES * EPOCH_MINUTES;
            let (start, end) = (self.learn_from, self.learn_from + EPOCH_MINUTES);
            if end > windows_start {
                return;
            }
            let (count, posts) = self.counted(start, end);
            if !self.stream.is_gap(posts) {
                let due = self.stream.season.enter(hour_of(start));
                self.keyword.baseline.season.release(due);
                self.keyword.baseline.learn(&self.stream, start, count, count, posts as f64);
            }
            self.stream.learn(start, posts);
            self.steps.retain(|&(minute, _)| minute >= end);
            self.learn_from = end;
        }
    }

    /// What was counted from minute `start` until minute `end`, and how many posts the stream had.
    fn counted(&self, start: i64, end: i64) -> (u32, u64) {
        let within = self.steps.iter().filter(|(minute, _)| (start..end).contains(minute));
        let (count, steps) = within.fold((0, 0), |(sum, steps), (_, count)| (sum + count, steps + 1));
        (count, steps * self.step_minutes as u64 * STREAM_POSTS_PER_MINUTE)
    }
}
