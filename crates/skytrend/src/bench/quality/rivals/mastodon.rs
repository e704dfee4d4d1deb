//! Mastodon's `Trends::Tags` (version 4): accounts of today against accounts of yesterday, (o - e)^2 / e, whose peak
//! is kept for two days and halves every four hours. Days are those of UTC.
//!
//! Accounts are counted exactly for tracked and planted terms. For filler words an account counts once in ten minutes
//! instead of once a day: remembering all of them would take more memory than the detector has.

use std::collections::BTreeSet;

use skytrend_sim::quality::{Habit, QualityMinute, Term};

use super::series::{EPOCH_MINUTES, Epoch, Series, f32_of};
use super::{Method, Scored};

const DAY_MINUTES: u32 = 1440;
/// Fewer accounts are no trend.
const ACCOUNTS_MIN: f32 = 5.0;
const PEAK_KEPT_MINUTES: u32 = 2 * DAY_MINUTES;
const HALF_LIFE_MINUTES: f32 = 240.0;
const NATIVE: f32 = 1.0;

/// See the module.
pub struct Mastodon {
    is_exact: Vec<bool>,
    day: u32,
    seen: BTreeSet<(u32, u32)>,
    today: Vec<u32>,
    yesterday: Vec<u32>,
    /// By term: the highest score, and when it was.
    peaks: Vec<(f32, u32)>,
}

impl Mastodon {
    pub fn new(terms: &[Term]) -> Self {
        Self {
            is_exact: terms.iter().map(|term| term.habit != Habit::Filler).collect(),
            day: 0,
            seen: BTreeSet::new(),
            today: vec![0; terms.len()],
            yesterday: vec![0; terms.len()],
            peaks: vec![(0.0, 0); terms.len()],
        }
    }
}

impl Method for Mastodon {
    fn name(&self) -> &'static str {
        "Mastodon, accounts of the day"
    }

    fn native(&self) -> f32 {
        NATIVE
    }

    fn learn(&mut self, _epoch: &Epoch) {}

    fn posts(&mut self, minute: &QualityMinute, _series: &Series) {
        let day = minute.minute / DAY_MINUTES;
        if day != self.day {
            self.day = day;
            self.seen.clear();
            self.yesterday = std::mem::replace(&mut self.today, vec![0; self.is_exact.len()]);
        }
        for post in minute.posts() {
            for term in post.terms().iter().filter(|term| self.is_exact[term.index()]) {
                if self.seen.insert((term.0, post.author().0)) {
                    self.today[term.index()] += 1;
                }
            }
        }
        for count in minute.counts.terms.iter().filter(|count| !self.is_exact[count.term.index()]) {
            self.today[count.term.index()] += count.authors;
        }
    }

    fn score(&mut self, _series: &Series, minute: u32, into: &mut Vec<Scored>) {
        // Its scheduler runs every five minutes.
        if !minute.is_multiple_of(EPOCH_MINUTES) {
            return;
        }
        for (term, peak) in self.peaks.iter_mut().enumerate() {
            let (observed, expected) = (f32_of(self.today[term]), f32_of(self.yesterday[term]).max(1.0));
            if minute > peak.1 + PEAK_KEPT_MINUTES {
                *peak = (0.0, minute);
            }
            if observed >= ACCOUNTS_MIN && observed >= expected {
                let score = (observed - expected) * (observed - expected) / expected;
                if score > peak.0 {
                    *peak = (score, minute);
                }
            }
            if peak.0 > 0.0 {
                let z = peak.0 * libm::exp2f(-f32_of(minute - peak.1) / HALF_LIFE_MINUTES);
                into.push(Scored { term, z, rank_score: z });
            }
        }
    }
}
