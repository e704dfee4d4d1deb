//! How often each term is used, minute by minute: Zipf's law, the day and week of its community, auto-correlated noise
//! with heavy tails, slow drift, daily and weekly bumps, a surge of one community. The model and its constants are
//! those of the planted-burst benchmark on counts that the detector's formulas were chosen with.
//!
//! Rates change every five minutes; in between they are constant.

use std::ops::Range;

use super::chance::{heavy_tailed, log_uniform, normal, uniform};
use super::settings::{DAY_MINUTES, MODEL_POSTS_PER_MINUTE, QualitySettings};
use super::tongue::{COMMUNITIES, COMMUNITY_HABITS, Tongue};
use super::vocabulary::{Habit, TRACKED, Vocabulary};
use crate::dice::Dice;

/// Minutes for which rates are constant.
pub(crate) const STEP_MINUTES: u32 = 5;
/// Minutes between the points at which noise is drawn; between them it is a straight line.
const KNOT_MINUTES: u32 = 30;
const WEEK_MINUTES: u32 = 7 * DAY_MINUTES;
/// The rate of rank r is this over (r + 2)^0.95, in posts a minute of the model's world.
const HEAD_RATE: f64 = 45.0;
const ZIPF_EXPONENT: f64 = 0.95;
/// How much more is written in the community that surges.
const SURGE_FACTOR: f64 = 1.7;
/// Standard deviation and memory (of one knot) of a community's volume.
const VOLUME_SD: f64 = 0.05;
const VOLUME_MEMORY: f64 = 0.9;

/// What is special about the scored period, in minutes of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Incidents {
    /// Nothing arrives.
    pub(crate) outage: Range<u32>,
    /// The first community writes more.
    pub(crate) surge: Range<u32>,
}

impl Incidents {
    pub(crate) fn new(settings: &QualitySettings) -> Self {
        let scored = settings.scored_minutes;
        let step = |minute: u32| {
            settings.warm_minutes.next_multiple_of(STEP_MINUTES) + minute / STEP_MINUTES * STEP_MINUTES
        };
        // At 14:00 of the first day and 19:00 of the second, where two days are scored.
        let (outage, surge) = (step(scored * 14 / 48), step(scored * 43 / 48));
        Self { outage: outage..outage + 12.min(scored / 20), surge: surge..surge + 90.min(scored / 12) }
    }
}

/// A bump that comes back each day, or each week on one day.
#[derive(Clone, Debug)]
struct Bump {
    term: u32,
    is_weekly: bool,
    day: u32,
    peak_minute: f64,
    width_minutes: f64,
    height: f64,
}

/// A term's restlessness.
#[derive(Clone, Debug)]
struct Noise {
    sigma: f64,
    memory: f64,
    innovation: f64,
    drift: f64,
    /// Present state of the noise, and the drift so far.
    state: f64,
    level: f64,
    /// Logarithm of the factor at this knot and the next.
    knots: [f64; 2],
}

/// The rates of one step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rates {
    settled_for: Option<u32>,
    /// Posts a minute that use each tracked term, in the order of the vocabulary.
    pub(crate) tracked: Vec<f64>,
    /// Background posts a minute by language.
    pub(crate) posts: [f64; Tongue::ALL.len()],
}

/// The model, moved on step by step.
#[derive(Clone, Debug)]
pub(crate) struct RateModel {
    dice: Dice,
    base: Vec<f64>,
    communities: Vec<u8>,
    bumps: Vec<Bump>,
    noise: Vec<Noise>,
    noise_limit: f64,
    volume: [[f64; 2]; COMMUNITIES],
    knot: Option<u32>,
    posts_per_minute: f64,
    surge: Range<u32>,
    weekly_mean: [f64; COMMUNITIES],
    pub(crate) rates: Rates,
}

impl RateModel {
    pub(crate) fn new(settings: &QualitySettings, vocabulary: &Vocabulary, incidents: &Incidents) -> Self {
        let mut dice = Dice::new(settings.seed, "rates", 0);
        let noise_factor = f64::from(settings.noise_percent) / 100.0;
        let posts_per_minute = f64::from(settings.posts_per_minute);
        let base = |rank: usize| {
            HEAD_RATE * posts_per_minute
                / MODEL_POSTS_PER_MINUTE
                / libm::pow(rank as f64 + 2.0, ZIPF_EXPONENT)
        };
        let terms = &vocabulary.terms[..TRACKED];
        let bumps =
            terms.iter().zip(0..).filter_map(|(term, at)| Bump::draw(&mut dice, at, term.habit)).collect();
        let noise = terms.iter().map(|_| Noise::draw(&mut dice, noise_factor)).collect();
        let mut model = Self {
            dice,
            base: (0..TRACKED).map(base).collect(),
            communities: terms.iter().map(|term| term.tongue.community() as u8).collect(),
            bumps,
            noise,
            noise_limit: noise_factor,
            volume: [[0.0; 2]; COMMUNITIES],
            knot: None,
            posts_per_minute,
            surge: incidents.surge.clone(),
            weekly_mean: [1.0; COMMUNITIES],
            rates: Rates::default(),
        };
        for community in 0..COMMUNITIES {
            let hours = (0..WEEK_MINUTES).step_by(60).map(|minute| model.curve(community, minute));
            model.weekly_mean[community] = hours.sum::<f64>() / f64::from(WEEK_MINUTES / 60);
        }
        model
    }

    /// A community's activity at a minute of the week, 1 on average.
    pub(crate) fn curve(&self, community: usize, minute: u32) -> f64 {
        let (peak, amplitude, weekend) = COMMUNITY_HABITS[community];
        let hour = f64::from(minute % DAY_MINUTES) / 60.0;
        let turn = std::f64::consts::TAU / 24.0;
        let day = 1.0
            + amplitude * libm::cos(turn * (hour - peak))
            + 0.12 * libm::cos(2.0 * turn * (hour - peak - 3.0));
        let is_weekend = minute % WEEK_MINUTES / DAY_MINUTES >= 5;
        day * if is_weekend { weekend } else { 1.0 } / self.weekly_mean[community]
    }

    /// Moves on to the step of this minute; minutes come in order.
    pub(crate) fn settle(&mut self, minute: u32) {
        let step = minute / STEP_MINUTES * STEP_MINUTES;
        if self.rates.settled_for == Some(step) {
            return;
        }
        self.rates.settled_for = Some(step);
        let middle = step + STEP_MINUTES / 2;
        self.reach_knot(middle / KNOT_MINUTES);
        let part = f64::from(middle % KNOT_MINUTES) / f64::from(KNOT_MINUTES);
        let between = |[from, to]: [f64; 2]| from * (1.0 - part) + to * part;
        let mut activity = [0.0; COMMUNITIES];
        for (community, activity) in activity.iter_mut().enumerate() {
            let volume = libm::exp(between(self.volume[community]));
            let surge = if community == 0 && self.surge.contains(&step) { SURGE_FACTOR } else { 1.0 };
            *activity = self.curve(community, middle) * volume * surge;
        }
        let each = self.base.iter().zip(&self.communities).zip(&self.noise);
        self.rates.tracked.clear();
        self.rates.tracked.extend(each.map(|((base, community), noise)| {
            base * activity[usize::from(*community)] * libm::exp(between(noise.knots))
        }));
        for bump in &self.bumps {
            self.rates.tracked[bump.term as usize] *= bump.factor(middle);
        }
        for tongue in Tongue::ALL {
            let share = f64::from(tongue.per_mille()) / 1000.0;
            self.rates.posts[tongue.index()] = self.posts_per_minute * share * activity[tongue.community()];
        }
    }

    /// Draws noise up to the knot after this one.
    fn reach_knot(&mut self, knot: u32) {
        let mut drawn = self.knot.map_or(0, |at| at + 1);
        if self.knot.is_none() {
            self.draw_knot();
        }
        while drawn <= knot {
            self.draw_knot();
            drawn += 1;
        }
        self.knot = Some(knot);
    }

    fn draw_knot(&mut self) {
        for volume in &mut self.volume {
            let innovation = VOLUME_SD * libm::sqrt(1.0 - VOLUME_MEMORY * VOLUME_MEMORY);
            *volume = [volume[1], VOLUME_MEMORY * volume[1] + innovation * normal(&mut self.dice)];
        }
        for noise in &mut self.noise {
            // Noise is bounded, planted events are not.
            let bounded = (noise.sigma * noise.state).clamp(-self.noise_limit, self.noise_limit);
            noise.knots = [noise.knots[1], bounded + noise.level - 0.5 * noise.sigma * noise.sigma];
            noise.state = noise.memory * noise.state + noise.innovation * heavy_tailed(&mut self.dice);
            noise.level += noise.drift * normal(&mut self.dice);
        }
    }
}

impl Noise {
    fn draw(dice: &mut Dice, factor: f64) -> Self {
        let knot = f64::from(KNOT_MINUTES);
        let memory = libm::exp(-knot / log_uniform(dice, knot, 8.0 * knot));
        let knots_a_day = f64::from(DAY_MINUTES / KNOT_MINUTES);
        Self {
            sigma: factor * uniform(dice, 0.08, 0.40),
            memory,
            innovation: libm::sqrt(1.0 - memory * memory),
            drift: uniform(dice, 0.03, 0.20) / libm::sqrt(knots_a_day),
            state: normal(dice),
            level: 0.0,
            knots: [0.0; 2],
        }
    }
}

impl Bump {
    fn draw(dice: &mut Dice, term: u32, habit: Habit) -> Option<Self> {
        let is_weekly = match habit {
            Habit::Daily => false,
            Habit::Weekly => true,
            _ => return None,
        };
        let (low, high) = if is_weekly { (8.0, 50.0) } else { (2.0, 10.0) };
        Some(Self {
            term,
            is_weekly,
            day: dice.below(7) as u32,
            peak_minute: uniform(dice, 0.0, f64::from(DAY_MINUTES)),
            width_minutes: uniform(dice, 15.0, 60.0),
            height: uniform(dice, low, high),
        })
    }

    fn factor(&self, minute: u32) -> f64 {
        if self.is_weekly && minute / DAY_MINUTES % 7 != self.day {
            return 1.0;
        }
        let away = (f64::from(minute % DAY_MINUTES) - self.peak_minute).abs();
        let widths = away.min(f64::from(DAY_MINUTES) - away) / self.width_minutes;
        1.0 + self.height * libm::exp(-0.5 * widths * widths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(seed: u64) -> (QualitySettings, RateModel) {
        let settings = QualitySettings { posts_per_minute: 3010, ..QualitySettings::new(seed) };
        let incidents = Incidents::new(&settings);
        let model = RateModel::new(&settings, &Vocabulary::new(seed), &incidents);
        (settings, model)
    }

    #[test]
    fn a_week_has_the_volume_that_was_asked_for() {
        let (settings, mut model) = model(4);
        let (mut posts, mut tracked) = (0.0, 0.0);
        let hours = (0..7 * DAY_MINUTES).step_by(60);
        for minute in hours.clone() {
            model.settle(minute);
            posts += model.rates.posts.iter().sum::<f64>();
            tracked += model.rates.tracked.iter().sum::<f64>();
        }
        let hours = hours.count() as f64;
        assert!((posts / hours / f64::from(settings.posts_per_minute) - 1.0).abs() < 0.03);
        // The sum of Zipf's law over 8,000 ranks, with the recurring terms' bumps on top.
        assert!((450.0..650.0).contains(&(tracked / hours)), "{}", tracked / hours);
    }

    #[test]
    fn the_surge_lifts_one_community_and_its_terms() {
        let (settings, model) = model(4);
        let surge = Incidents::new(&settings).surge;
        let at = |minute| {
            let mut model = model.clone();
            model.settle(minute);
            model.rates.posts
        };
        let (before, within) = (at(surge.start - 5), at(surge.start));
        let factor = |tongue: Tongue| within[tongue.index()] / before[tongue.index()];
        assert!((1.6..1.8).contains(&factor(Tongue::English)));
        assert!((0.9..1.1).contains(&factor(Tongue::Japanese)));
    }
}
