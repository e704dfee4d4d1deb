//! What a judge needs to know about a world: its events, its negatives, and which words have habits. It is written
//! beside the posts as JSON. Minutes are counted from the world's start.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::plan::{NegativeKind, Plan, Shape};
use super::rates::{Incidents, RateModel};
use super::settings::QualitySettings;
use super::template::Template;
use super::tongue::Tongue;
use super::vocabulary::{Habit, TRACKED, TermId, TermKind, Vocabulary};

/// An event begins and ends at this part of its peak.
const ON: f64 = 0.1;
/// And may still be found this long after.
const GRACE_MINUTES: u32 = 15;
/// It is night where a community writes less than this part of its mean.
const NIGHT: f64 = 0.75;

/// The whole truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// What the world was made of; the same settings give the same world.
    pub settings: QualitySettings,
    /// Minutes in which nothing arrived.
    pub outage: Range<u32>,
    /// Minutes in which one community wrote much more.
    pub surge: Range<u32>,
    /// What should be found.
    pub events: Vec<TrueEvent>,
    /// What should not.
    pub negatives: Vec<TrueNegative>,
    /// Tracked terms with a background, and their habits. Words that are not here are filler.
    pub tracked: Vec<TrackedTerm>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrueEvent {
    /// In which language.
    pub language: Tongue,
    /// How it rises and falls.
    pub shape: Shape,
    /// First minute with a tenth of the peak.
    pub t0: u32,
    /// The peak.
    pub tpeak: u32,
    /// Last minute in which finding it counts: a quarter of an hour after the last one with a tenth of the peak.
    pub end: u32,
    /// Authors per minute at the peak.
    pub peak: f32,
    /// Whether its main term was new.
    pub is_fresh: bool,
    /// Whether its community slept when it began.
    pub is_night: bool,
    /// Main term first.
    pub terms: Vec<TrueTerm>,
    /// Minute of the first of `authors_per_minute`.
    pub from: u32,
    /// Expected authors of its posts.
    pub authors_per_minute: Vec<f32>,
}

/// A term of an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrueTerm {
    /// Lower case, without `#`; names with a space between words.
    pub text: String,
    /// What it is.
    pub kind: TermKind,
    /// Share of the event's posts that have it.
    pub weight: f32,
    /// Whether nobody used it before.
    pub is_fresh: bool,
}

/// What looks like an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrueNegative {
    /// What it is.
    pub kind: NegativeKind,
    /// In which language.
    pub language: Tongue,
    /// As in [`TrueTerm`].
    pub text: String,
    /// When.
    pub minutes: Range<u32>,
    /// By how many accounts.
    pub accounts: u32,
    /// Other words of its texts, where these are repeated.
    pub words: Vec<String>,
}

/// A term with a background.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackedTerm {
    /// As in [`TrueTerm`].
    pub text: String,
    /// When it is used.
    pub habit: Habit,
    /// Other words that bots write about it at the top of the hour.
    pub bot_words: Vec<String>,
}

impl TrueEvent {
    /// Expected authors of a term at a minute.
    pub fn expected(&self, term: &TrueTerm, minute: u32) -> f32 {
        let at = minute.checked_sub(self.from).map_or(usize::MAX, |at| at as usize);
        self.authors_per_minute.get(at).map_or(0.0, |authors| authors * term.weight)
    }
}

impl Truth {
    pub(crate) fn new(
        settings: &QualitySettings,
        vocabulary: &Vocabulary,
        plan: &Plan,
        incidents: &Incidents,
        rates: &RateModel,
    ) -> Self {
        let text = |id| vocabulary.term(id).text.to_string();
        let last = settings.minutes() - 1;
        let events = plan.events.iter().map(|event| {
            let is_on = |authors: &f64| *authors >= ON * event.peak;
            let first_on = event.authors_per_minute.iter().position(is_on).unwrap_or(0) as u32;
            let last_on = event.authors_per_minute.iter().rposition(is_on).unwrap_or(0) as u32;
            let is_fresh = |id| vocabulary.term(id).habit == Habit::Fresh;
            let terms = event.terms.iter().map(|&(id, weight)| TrueTerm {
                text: text(id),
                kind: vocabulary.term(id).kind,
                weight: weight as f32,
                is_fresh: is_fresh(id),
            });
            let t0 = event.from + first_on;
            TrueEvent {
                language: event.tongue,
                shape: event.shape,
                t0,
                // A peak that falls into the outage is over before it is seen.
                tpeak: event.peak_minute.max(t0),
                end: (event.from + last_on + GRACE_MINUTES).min(last),
                peak: event.peak as f32,
                is_fresh: is_fresh(event.terms[0].0),
                is_night: rates.curve(event.tongue.community(), t0) < NIGHT,
                terms: terms.collect(),
                from: event.from,
                authors_per_minute: event.authors_per_minute.iter().map(|authors| *authors as f32).collect(),
            }
        });
        let words_of = |template: Template, tongue: Tongue| {
            let filler = &vocabulary.filler[tongue.index()];
            template.words(settings.seed, filler).0.into_iter().map(text).collect::<Vec<_>>()
        };
        let negatives = plan.negatives.iter().enumerate().map(|(at, negative)| TrueNegative {
            kind: negative.kind,
            language: negative.tongue,
            text: text(negative.term),
            minutes: negative.minutes.clone(),
            accounts: negative.accounts.len() as u32,
            words: (0..negative.templates)
                .flat_map(|template| words_of(Template::of_negative(at, template), negative.tongue))
                .collect(),
        });
        let tracked = (0..).zip(&vocabulary.terms[..TRACKED]).map(|(at, term)| TrackedTerm {
            text: term.text.to_string(),
            habit: term.habit,
            bot_words: if term.habit == Habit::HourlyBot {
                words_of(Template::of_bot(TermId(at)), term.tongue)
            } else {
                Vec::new()
            },
        });
        Self {
            settings: settings.clone(),
            outage: incidents.outage.clone(),
            surge: incidents.surge.clone(),
            events: events.collect(),
            negatives: negatives.collect(),
            tracked: tracked.collect(),
        }
    }
}
