//! The formulas that our own detector was designed by (authors without near-copies against a seasonal baseline with
//! over-dispersion), on the world's own counts: what they reach where extraction, copies and memory cost nothing. It
//! is written a second time here, so that a mistake in the detector shows as a difference.

use skytrend_sim::quality::{Term, Tongue};

use super::series::{EPOCH_MINUTES, Epoch, Series, f32_of};
use super::{Channel, Method, Scored};

const DAY_MINUTES: u32 = 1440;
const WEEK_MINUTES: u32 = 7 * DAY_MINUTES;
const HOURS_OF_DAY: usize = 24;
const HOURS_OF_WEEK: usize = 168;
/// Moving averages, in hours of their half-life.
const LEVEL_HOURS: f32 = 72.0;
const LOCAL_HOURS: f32 = 2.0;
/// What a seasonal bin keeps at each visit: half-lives of seven days and of three weeks.
const DAY_DECAY: f32 = 0.905_724;
const WEEK_DECAY: f32 = 0.793_701;
/// Pseudo-counts.
const DAY_PRIOR: f32 = 4.0;
const WEEK_PRIOR: f32 = 2.0;
const LOCAL_PRIOR: f32 = 6.0;
const LOCAL_RANGE: (f32, f32) = (0.5, 1.8);
const LEVEL_PRIOR: (f32, f32) = (0.02, 1.0);
const DISPERSION_PRIOR: (f32, f32) = (0.04, 40.0);
const DISPERSION_RANGE: (f32, f32) = (0.004, 50.0);
const DISPERSION_DECAY: f32 = 0.9995;
/// Epochs before bursts are cut and dispersion is learned.
const CUT_FROM: u32 = 288;
const DISPERSION_FROM: u32 = 576;
const CUT_DEVIATIONS: f32 = 2.5;
/// An epoch with less than this part of the mean posts is a gap.
const GAP_PART: f64 = 0.07;
const BIAS: f32 = 0.6;
const NATIVE: f32 = 6.0;
/// From here on terms are ranked by the lower bound of their excess.
const RANK_FROM: f32 = 3.5;
const RANK_DEVIATIONS: f32 = 2.0;
/// Puts terms that are ranked by excess above the others.
const RANK_STEP: f32 = 1000.0;

type ByTongue = [f32; Tongue::ALL.len()];

/// Counts and posts by bin; those of the present visit wait until the bin comes round again.
struct Season {
    counts: Vec<Vec<f32>>,
    posts: Vec<ByTongue>,
    pending: Vec<Vec<f32>>,
    pending_posts: Vec<ByTongue>,
    decay: f32,
    present: Option<usize>,
}

/// What is learned about one term beside its seasons.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    level: f32,
    local: f32,
    local_expected: f32,
    residuals: f32,
    weights: f32,
}

/// See the module.
pub struct Seasonal {
    tongues: Vec<usize>,
    states: Vec<State>,
    level_posts: ByTongue,
    days: Season,
    weeks: Season,
    epochs: u32,
    mean_posts: f64,
}

impl Seasonal {
    pub fn new(terms: &[Term]) -> Self {
        Self {
            tongues: terms.iter().map(|term| term.tongue.index()).collect(),
            states: vec![State::default(); terms.len()],
            level_posts: [0.0; Tongue::ALL.len()],
            days: Season::new(HOURS_OF_DAY, terms.len(), DAY_DECAY),
            weeks: Season::new(HOURS_OF_WEEK, terms.len(), WEEK_DECAY),
            epochs: 0,
            mean_posts: 0.0,
        }
    }

    /// The expected share of the language's posts, without the local level.
    fn share(&self, term: usize, minute: u32) -> f32 {
        let (state, tongue) = (&self.states[term], self.tongues[term]);
        let posts = self.level_posts[tongue];
        let level = (state.level + LEVEL_PRIOR.0) / (posts + LEVEL_PRIOR.1);
        // Over-dispersed counts carry less information than their number.
        let weight = 1.0 / (1.0 + state.dispersion() * level * 12.0 * posts);
        let of_day = level * self.days.factor(minute % DAY_MINUTES, term, tongue, level, weight, DAY_PRIOR);
        of_day * self.weeks.factor(minute % WEEK_MINUTES, term, tongue, of_day, weight, WEEK_PRIOR)
    }

    fn learn_term(&mut self, term: usize, count: f32, posts: f32, minute: u32) -> f32 {
        let expected = self.share(term, minute) * posts;
        let state = &mut self.states[term];
        let mean = expected * state.local_level();
        let dispersion = state.dispersion();
        let deviation = (mean + dispersion * mean * mean).sqrt();
        // A burst must not become its own baseline.
        let cut =
            if self.epochs > CUT_FROM { count.min(mean + CUT_DEVIATIONS * deviation + 0.5) } else { count };
        if self.epochs > DISPERSION_FROM && mean > 0.5 {
            let weight = mean.min(20.0) / 20.0;
            let residual = count - mean;
            state.residuals = DISPERSION_DECAY * state.residuals
                + weight * ((residual * residual - mean) / (mean * mean)).max(-1.0);
            state.weights = DISPERSION_DECAY * state.weights + weight;
        }
        let epochs_in_two_hours = 2.0 * 60.0 / f32_of(EPOCH_MINUTES);
        state.level += moving(LEVEL_HOURS) * (cut - state.level);
        state.local += moving(LOCAL_HOURS) * (cut * epochs_in_two_hours - state.local);
        state.local_expected += moving(LOCAL_HOURS) * (expected * epochs_in_two_hours - state.local_expected);
        cut
    }
}

/// The weight of an epoch in an average with this half-life.
fn moving(hours: f32) -> f32 {
    1.0 - libm::exp2f(-f32_of(EPOCH_MINUTES) / (hours * 60.0))
}

impl State {
    fn dispersion(&self) -> f32 {
        let (prior, weight) = DISPERSION_PRIOR;
        ((prior * weight + self.residuals) / (weight + self.weights))
            .clamp(DISPERSION_RANGE.0, DISPERSION_RANGE.1)
    }

    fn local_level(&self) -> f32 {
        let weight = 1.0 / (1.0 + self.dispersion() * self.local_expected);
        let level = (LOCAL_PRIOR + weight * self.local) / (LOCAL_PRIOR + weight * self.local_expected);
        level.clamp(LOCAL_RANGE.0, LOCAL_RANGE.1)
    }
}

impl Season {
    fn new(bins: usize, terms: usize, decay: f32) -> Self {
        let (counts, posts) = (vec![vec![0.0; terms]; bins], vec![[0.0; Tongue::ALL.len()]; bins]);
        Self { pending: counts.clone(), pending_posts: posts.clone(), counts, posts, decay, present: None }
    }

    /// How much more than `share` is usual at this minute, on a straight line between the middles of two hours.
    fn factor(&self, minute: u32, term: usize, tongue: usize, share: f32, weight: f32, prior: f32) -> f32 {
        let bins = self.counts.len();
        let before = (minute as usize + 60 * bins - 30) / 60;
        let part = f32_of((minute + 30) % 60) / 60.0;
        let of_bin = |bin: usize| {
            let (counts, posts) = (self.counts[bin % bins][term], self.posts[bin % bins][tongue]);
            (prior + weight * counts) / (prior + weight * share * posts)
        };
        (1.0 - part) * of_bin(before) + part * of_bin(before + 1)
    }

    /// Goes to the bin of a minute; what was counted at the last visit is folded in on arrival.
    fn visit(&mut self, minute: u32) -> usize {
        let bin = minute as usize / 60 % self.counts.len();
        if self.present != Some(bin) {
            self.present = Some(bin);
            for (sum, pending) in self.counts[bin].iter_mut().zip(&mut self.pending[bin]) {
                *sum = (*sum + std::mem::take(pending)) * self.decay;
            }
            for (sum, pending) in self.posts[bin].iter_mut().zip(&mut self.pending_posts[bin]) {
                *sum = (*sum + std::mem::take(pending)) * self.decay;
            }
        }
        bin
    }
}

impl Method for Seasonal {
    fn name(&self) -> &'static str {
        "our formulas on true counts (D)"
    }

    fn native(&self) -> f32 {
        NATIVE
    }

    fn learn(&mut self, epoch: &Epoch) {
        let total = f64::from(epoch.total_posts());
        if total < GAP_PART * self.mean_posts {
            return;
        }
        self.mean_posts += (total - self.mean_posts) / f64::from(self.epochs + 1);
        let posts = epoch.posts.map(f32_of);
        let minute = epoch.start + EPOCH_MINUTES / 2;
        let (hour, hour_of_week) = (self.days.visit(minute), self.weeks.visit(minute));
        let counts = &epoch.counts[Channel::Originals.index()];
        for (term, count) in counts.iter().enumerate() {
            if *count == 0 && self.states[term].level == 0.0 {
                continue;
            }
            let cut = self.learn_term(term, f32::from(*count), posts[self.tongues[term]], minute);
            self.days.pending[hour][term] += cut;
            self.weeks.pending[hour_of_week][term] += cut;
        }
        for (tongue, posts) in posts.into_iter().enumerate() {
            self.level_posts[tongue] += moving(LEVEL_HOURS) * (posts - self.level_posts[tongue]);
            self.days.pending_posts[hour][tongue] += posts;
            self.weeks.pending_posts[hour_of_week][tongue] += posts;
        }
        self.epochs += 1;
    }

    fn score(&mut self, series: &Series, minute: u32, into: &mut Vec<Scored>) {
        let posts = series.posts();
        into.extend(series.candidates(Channel::Originals).map(|(term, count)| {
            let state = &self.states[term];
            let mean = self.share(term, minute) * posts[self.tongues[term]] * state.local_level();
            let deviation = (mean + state.dispersion() * mean * mean).sqrt();
            let z = (count - 0.5 - mean) / (deviation + BIAS);
            let excess = (count - mean - RANK_DEVIATIONS * deviation).max(0.0);
            Scored { term, z, rank_score: if z >= RANK_FROM { RANK_STEP + excess } else { z } }
        }));
    }
}
