//! What is planted: events, which a detector should find, and negatives, which it should not. All of it is decided
//! before the first post; the posts are [`super::cast`]'s.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::chance::{log_uniform, shuffle, uniform};
use super::people::People;
use super::settings::QualitySettings;
use super::template::TEMPLATES_MAX;
use super::tongue::{Script, Tongue};
use super::vocabulary::{Habit, TRACKED, TermId, TermKind, Vocabulary};
use crate::dice::Dice;

/// Events and negatives of each kind in two days.
const EVENTS: u32 = 180;
const FLOODS: u32 = 60;
const COORDINATED: u32 = 40;
const WAVES: u32 = 20;
const DRIPS: u32 = 20;
const THREADS: u32 = 120;
/// Share of an event's posts that have its first term.
const MAIN_WEIGHT: f64 = 0.95;
/// Old terms are taken from this rank on: the commonest words are no news.
const OLD_RANK_MIN: f64 = 20.0;
/// An event has passed when its intensity falls below this part of its peak.
const INTENSITY_MIN: f64 = 0.002;
/// No event begins this close to the start or the end of what is scored.
const LEAD_MINUTES: u32 = 30;
const TAIL_MINUTES: u32 = 90;

/// How an event rises and falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Up within minutes, gone within hours.
    Flash,
    /// Up within an hour, slower to go.
    News,
    /// Hours both ways.
    Slow,
    /// Up at once, steady, over at once.
    Plateau,
}

/// What looks like a trend and is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NegativeKind {
    /// Up to eight accounts with one text.
    Flood,
    /// Many accounts with one to three texts, slightly varied.
    Coordinated,
    /// Many accounts that were never seen before, each post with a text of its own.
    Wave,
    /// One account with the same hashtag all day.
    Drip,
    /// A few people in conversation about one odd word.
    Thread,
}

/// An event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) tongue: Tongue,
    pub(crate) shape: Shape,
    pub(crate) from: u32,
    pub(crate) peak_minute: u32,
    pub(crate) peak: f64,
    pub(crate) terms: Vec<(TermId, f64)>,
    /// Expected authors by minute, from `from` on; zero in the outage.
    pub(crate) authors_per_minute: Vec<f64>,
}

/// What looks like an event.
#[derive(Clone, Debug)]
pub(crate) struct Negative {
    pub(crate) kind: NegativeKind,
    pub(crate) tongue: Tongue,
    pub(crate) term: TermId,
    pub(crate) minutes: Range<u32>,
    pub(crate) accounts: Range<u32>,
    pub(crate) posts_per_minute: f64,
    /// Texts that are repeated; none: each post has its own.
    pub(crate) templates: u32,
}

/// Everything that is planted.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) events: Vec<Event>,
    pub(crate) negatives: Vec<Negative>,
}

/// Deals out terms, each for one purpose.
struct Dealer<'a> {
    dice: Dice,
    settings: &'a QualitySettings,
    vocabulary: &'a mut Vocabulary,
    people: &'a mut People,
    used: BTreeSet<TermId>,
    deck: Vec<Tongue>,
}

impl Plan {
    pub(crate) fn new(
        settings: &QualitySettings,
        vocabulary: &mut Vocabulary,
        people: &mut People,
        outage: &Range<u32>,
    ) -> Self {
        let dice = Dice::new(settings.seed, "plan", 0);
        let mut dealer =
            Dealer { dice, settings, vocabulary, people, used: BTreeSet::new(), deck: Vec::new() };
        let events = (0..settings.scaled(EVENTS)).map(|_| dealer.event(outage)).collect();
        let kinds = [
            (NegativeKind::Flood, FLOODS),
            (NegativeKind::Coordinated, COORDINATED),
            (NegativeKind::Wave, WAVES),
            (NegativeKind::Drip, DRIPS),
            (NegativeKind::Thread, THREADS),
        ];
        let mut negatives = Vec::new();
        for (kind, per_two_days) in kinds {
            negatives.extend((0..settings.scaled(per_two_days)).map(|_| dealer.negative(kind)));
        }
        Self { events, negatives }
    }
}

impl Dealer<'_> {
    fn event(&mut self, outage: &Range<u32>) -> Event {
        let tongue = self.tongue();
        let (first, last) = (self.settings.warm_minutes, self.settings.minutes());
        let dice = &mut self.dice;
        let from =
            first + LEAD_MINUTES + dice.below(u64::from(last - first - LEAD_MINUTES - TAIL_MINUTES)) as u32;
        let peak = log_uniform(dice, 0.4, 40.0);
        let shape =
            *dice.weighted(&[(35, Shape::Flash), (35, Shape::News), (15, Shape::Slow), (15, Shape::Plateau)]);
        let (rise, half) = match shape {
            Shape::Flash => (uniform(dice, 2.0, 10.0), uniform(dice, 20.0, 90.0)),
            Shape::News => (uniform(dice, 20.0, 90.0), uniform(dice, 60.0, 180.0)),
            Shape::Slow => (uniform(dice, 120.0, 240.0), uniform(dice, 120.0, 240.0)),
            Shape::Plateau => (uniform(dice, 1.0, 5.0), uniform(dice, 60.0, 240.0)),
        };
        let minutes =
            (from..last).map(|minute| (minute, intensity(shape, rise, half, f64::from(minute - from))));
        let lasting =
            minutes.take_while(|(minute, now)| f64::from(minute - from) <= rise || *now >= INTENSITY_MIN);
        let authors = |(minute, now)| if outage.contains(&minute) { 0.0 } else { peak * now };
        let authors_per_minute = lasting.map(authors).collect();
        let others = (0..3).filter(|_| self.dice.chance(400_000)).count();
        let mut terms = vec![(self.event_term(tongue), MAIN_WEIGHT)];
        for _ in 0..others {
            let term = self.event_term(tongue);
            terms.push((term, uniform(&mut self.dice, 0.25, 0.9)));
        }
        let peak_minute = (from + rise as u32).min(last - 1);
        Event { tongue, shape, from, peak_minute, peak, terms, authors_per_minute }
    }

    fn event_term(&mut self, tongue: Tongue) -> TermId {
        if self.dice.chance(400_000) {
            return self.fresh(tongue);
        }
        self.old(tongue)
    }

    fn negative(&mut self, kind: NegativeKind) -> Negative {
        let tongue = self.tongue();
        let term = match kind {
            NegativeKind::Drip => self.vocabulary.fresh(&mut self.dice, tongue, TermKind::Hashtag),
            _ if self.dice.chance(500_000) => self.fresh(tongue),
            _ => self.old(tongue),
        };
        let (first, last) = (self.settings.warm_minutes, self.settings.minutes());
        let dice = &mut self.dice;
        let from = first + LEAD_MINUTES + dice.below(u64::from(last - first - LEAD_MINUTES - 60)) as u32;
        let (accounts, posts_per_minute, length, templates) = match kind {
            NegativeKind::Flood => (dice.between(1, 8), log_uniform(dice, 4.0, 80.0), dice.between(8, 59), 1),
            NegativeKind::Coordinated => (
                dice.between(30, 200),
                log_uniform(dice, 3.0, 30.0),
                dice.between(10, 59),
                dice.between(1, i64::from(TEMPLATES_MAX)),
            ),
            NegativeKind::Wave => {
                (dice.between(30, 150), log_uniform(dice, 3.0, 20.0), dice.between(15, 59), 0)
            }
            NegativeKind::Drip => (1, uniform(dice, 0.1, 0.35), i64::from(last), 0),
            NegativeKind::Thread => (dice.between(2, 6), uniform(dice, 0.7, 3.0), dice.between(15, 39), 0),
        };
        let accounts = match kind {
            // People who talk to one another belong to the population.
            NegativeKind::Thread => {
                let first = self.people.anybody(&mut self.dice, tongue).0;
                first..first + accounts as u32
            }
            _ => self.people.crew(accounts as u32),
        };
        if matches!(kind, NegativeKind::Flood | NegativeKind::Coordinated) {
            let half = accounts.start + (accounts.len() as u32).div_ceil(2);
            self.people.wake(tongue, accounts.start..half);
        }
        let minutes = match kind {
            NegativeKind::Drip => first..last,
            _ => from..last.min(from + length as u32),
        };
        Negative { kind, tongue, term, minutes, accounts, posts_per_minute, templates: templates as u32 }
    }

    /// From decks that hold every language.
    fn tongue(&mut self) -> Tongue {
        if self.deck.is_empty() {
            let copies =
                Tongue::DECK.into_iter().flat_map(|(count, tongue)| std::iter::repeat_n(tongue, count));
            self.deck = copies.collect();
            shuffle(&mut self.dice, &mut self.deck);
        }
        self.deck.pop().unwrap_or(Tongue::English)
    }

    fn fresh(&mut self, tongue: Tongue) -> TermId {
        let kind = match (tongue.script(), self.dice.below(100)) {
            (Script::Latin | Script::Arabic, 0..45) | (Script::Korean | Script::Joined, 0..60) => {
                TermKind::Word
            }
            (Script::Latin | Script::Arabic, 70..) => TermKind::Name,
            _ => TermKind::Hashtag,
        };
        self.vocabulary.fresh(&mut self.dice, tongue, kind)
    }

    /// A term with a background of its own and no habit, or a new one where a language has none left.
    fn old(&mut self, tongue: Tongue) -> TermId {
        const TRIES: u32 = 2000;
        for _ in 0..TRIES {
            let rank = log_uniform(&mut self.dice, OLD_RANK_MIN, TRACKED as f64) as u32;
            let id = TermId(rank.min(TRACKED as u32 - 1));
            let term = self.vocabulary.term(id);
            if term.tongue == tongue && term.habit == Habit::Plain && self.used.insert(id) {
                return id;
            }
        }
        self.fresh(tongue)
    }
}

/// From 0 to 1, `minutes` after the beginning.
fn intensity(shape: Shape, rise: f64, half: f64, minutes: f64) -> f64 {
    /// News gathers speed while it rises.
    const GATHERING: f64 = 1.7;
    let risen = (minutes / rise).clamp(0.0, 1.0);
    match shape {
        Shape::Plateau => {
            if minutes < rise + half {
                risen
            } else {
                0.0
            }
        }
        _ if minutes > rise => libm::exp2(-(minutes - rise) / half),
        Shape::Flash => risen,
        Shape::News | Shape::Slow => libm::pow(risen, GATHERING),
    }
}
