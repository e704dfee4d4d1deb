//! The rule that this project began with: the count of ten minutes in standard deviations above the mean of such
//! counts over the last day.

use std::collections::VecDeque;

use super::series::{Epoch, Series};
use super::{Channel, Method, Scored};

/// Epochs in a day.
const HISTORY: usize = 288;
/// Below this a standard deviation is none.
const DEVIATION_MIN: f64 = 1e-3;
const NATIVE: f32 = 2.0;

/// See the module.
pub struct NaiveZ {
    name: &'static str,
    channel: Channel,
    before: Vec<u16>,
    /// Counts of ten minutes, one vector for each epoch.
    history: VecDeque<Vec<u16>>,
    sums: Vec<u32>,
    squares: Vec<u64>,
}

impl NaiveZ {
    pub fn new(name: &'static str, channel: Channel, terms: usize) -> Self {
        let before = vec![0; terms];
        Self {
            name,
            channel,
            before,
            history: VecDeque::new(),
            sums: vec![0; terms],
            squares: vec![0; terms],
        }
    }
}

impl Method for NaiveZ {
    fn name(&self) -> &'static str {
        self.name
    }

    fn native(&self) -> f32 {
        NATIVE
    }

    fn learn(&mut self, epoch: &Epoch) {
        let counts = &epoch.counts[self.channel.index()];
        let both: Vec<u16> =
            counts.iter().zip(&self.before).map(|(now, before)| now.saturating_add(*before)).collect();
        self.before.clone_from(counts);
        for (term, count) in both.iter().enumerate() {
            self.sums[term] += u32::from(*count);
            self.squares[term] += u64::from(*count) * u64::from(*count);
        }
        self.history.push_back(both);
        if self.history.len() > HISTORY
            && let Some(oldest) = self.history.pop_front()
        {
            for (term, count) in oldest.into_iter().enumerate() {
                self.sums[term] -= u32::from(count);
                self.squares[term] -= u64::from(count) * u64::from(count);
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "scores are compared in single precision")]
    fn score(&mut self, series: &Series, _minute: u32, into: &mut Vec<Scored>) {
        let epochs = self.history.len().max(1) as f64;
        into.extend(series.candidates(self.channel).map(|(term, count)| {
            let mean = f64::from(self.sums[term]) / epochs;
            let variance = self.squares[term] as f64 / epochs - mean * mean;
            let z = ((f64::from(count) - mean) / variance.max(0.0).sqrt().max(DEVIATION_MIN)) as f32;
            Scored { term, z, rank_score: z }
        }));
    }
}
