//! A world for measuring detectors: posts in ten languages with planted events, spam and habits, and the truth about
//! them. [`QualityWorld`] gives its posts minute by minute; [`Truth`] is what a judge compares a detector's trends
//! with. It is a pure function of its [`QualitySettings`], and knows nothing of any detector.
//!
//! The model is that of the planted-burst benchmark on counts that the detector's formulas were chosen with, written
//! as texts: so what a detector makes of words, hashtags, names, copies and crews is measured, too.

mod cast;
mod chance;
mod counts;
mod minute;
mod people;
mod plan;
mod rates;
mod settings;
mod template;
mod text;
mod tongue;
mod truth;
mod vocabulary;
mod wire;

use std::sync::Arc;

use crate::dice::Dice;
use crate::settings::SettingsError;
use cast::Cast;
use counts::Counter;
use people::People;
use plan::Plan;
use rates::{Incidents, RateModel, STEP_MINUTES};
use vocabulary::Vocabulary;

pub use counts::{MinuteCounts, TermCount};
pub use minute::{EventText, QualityMinute, QualityPost};
pub use people::Author;
pub use plan::{NegativeKind, Shape};
pub use settings::QualitySettings;
pub use tongue::Tongue;
pub use truth::{TrackedTerm, TrueEvent, TrueNegative, TrueTerm, Truth};
pub use vocabulary::{Habit, Term, TermId, TermKind};
pub use wire::QualityWriter;

/// Microseconds in a minute.
const MINUTE_MICROS: u64 = 60_000_000;

/// The world, at one minute.
#[derive(Clone, Debug)]
pub struct QualityWorld {
    settings: QualitySettings,
    vocabulary: Arc<Vocabulary>,
    truth: Arc<Truth>,
    rates: RateModel,
    cast: Cast,
    counter: Option<Counter>,
    times: Dice,
    next_minute: u32,
    /// Bytes, facets and terms of the last minute: about what the next will need.
    sizes: (usize, usize, usize),
}

impl QualityWorld {
    /// The world at its beginning. It also counts what it writes, if asked to.
    pub fn new(settings: QualitySettings, is_counting: bool) -> Result<Self, SettingsError> {
        settings.check()?;
        let incidents = Incidents::new(&settings);
        let mut vocabulary = Vocabulary::new(settings.seed);
        let mut people = People::new(&settings);
        let plan = Plan::new(&settings, &mut vocabulary, &mut people, &incidents.outage);
        let rates = RateModel::new(&settings, &vocabulary, &incidents);
        let truth = Arc::new(Truth::new(&settings, &vocabulary, &plan, &incidents, &rates));
        let vocabulary = Arc::new(vocabulary);
        let bot_factor = f64::from(settings.posts_per_minute) / settings::MODEL_POSTS_PER_MINUTE;
        let cast = Cast::new(settings.seed, bot_factor, Arc::clone(&vocabulary), people, Arc::new(plan));
        Ok(Self {
            times: Dice::new(settings.seed, "times", 0),
            counter: is_counting.then(Counter::default),
            next_minute: 0,
            sizes: (0, 0, 0),
            settings,
            vocabulary,
            truth,
            rates,
            cast,
        })
    }

    /// What it is made of.
    pub fn settings(&self) -> &QualitySettings {
        &self.settings
    }

    /// What there is to find in it.
    pub fn truth(&self) -> &Arc<Truth> {
        &self.truth
    }

    /// All its terms, by [`TermId`].
    pub fn terms(&self) -> &[Term] {
        &self.vocabulary.terms
    }
}

impl Iterator for QualityWorld {
    type Item = QualityMinute;

    fn next(&mut self) -> Option<QualityMinute> {
        let minute = self.next_minute;
        if minute >= self.settings.minutes() {
            return None;
        }
        self.next_minute += 1;
        if minute.is_multiple_of(STEP_MINUTES) {
            self.rates.settle(minute);
            self.cast.settle(&self.rates);
        }
        let mut next = QualityMinute {
            minute,
            seed: self.settings.seed,
            text: String::with_capacity(self.sizes.0),
            facets: Vec::with_capacity(self.sizes.1),
            terms: Vec::with_capacity(self.sizes.2),
            ..QualityMinute::default()
        };
        if !self.truth.outage.contains(&minute) {
            self.cast.play(minute, &self.rates, &mut next);
            self.set_times(&mut next);
            self.sizes = (next.text.len(), next.facets.len(), next.terms.len());
        }
        if let Some(counter) = &mut self.counter {
            next.counts.background = self.cast.background_rates(&self.rates);
            counter.count(minute, &next.posts, &next.terms, &mut next.counts);
        }
        Some(next)
    }
}

impl QualityWorld {
    /// Spreads the posts over their minute, no two at the same instant, and puts them in order.
    fn set_times(&mut self, minute: &mut QualityMinute) {
        let start = self.settings.instant_of(minute.minute);
        // Posts that fall together move on by a microsecond each, and stay within the minute.
        let room = MINUTE_MICROS.saturating_sub(minute.posts.len() as u64);
        for post in &mut minute.posts {
            post.witnessed = start.plus(self.times.below(room).cast_signed());
        }
        // A stable sort: of posts that fall together, the first that was written comes first.
        minute.posts.sort_by_key(|post| post.witnessed);
        let mut last = start.plus(-1);
        for post in &mut minute.posts {
            post.witnessed = post.witnessed.max(last.plus(1));
            last = post.witnessed;
        }
    }
}

#[cfg(test)]
mod tests;
