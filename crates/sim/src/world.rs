//! The simulated world: an endless row of events in time order, a pure function of its settings. Cloning a world
//! gives the same future twice; that is how the server replays. It knows no wire, no clock and no faults.

pub(crate) mod burst;
pub(crate) mod event;
mod happen;
pub(crate) mod population;
mod post;
mod rates;
pub(crate) mod record;
mod ring;
mod sentence;
pub(crate) mod topic;
pub(crate) mod words;

use std::sync::Arc;

use skytrend_event::Micros;

use crate::dice::{Dice, MILLION};
use crate::settings::{SettingsError, WorldSettings};
use burst::{Planted, Row, Schedule};
use event::{Change, Origin, WorldEvent};
use population::{Author, AuthorState, Population};
use rates::Rates;
use record::RecordKeyed;
use ring::Ring;
use sentence::Sentence;
use words::{English, Language};

/// Posts that can still be answered, liked, edited or deleted.
const RECENT_POSTS: usize = 8192;
/// Likes, reposts and follows that can still be withdrawn, of each kind.
const RECENT_RECORDS: usize = 2048;
/// What the seed fixes once and for all.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) settings: WorldSettings,
    pub(crate) english: English,
    pub(crate) languages: Vec<Language>,
    pub(crate) population: Population,
    pub(crate) clauses: Vec<Sentence>,
    /// The sentences of each topic.
    pub(crate) topics: Vec<Vec<Sentence>>,
}

impl Tables {
    /// The language of a topic; none: English.
    pub(crate) fn topic_language(&self, topic: usize) -> Option<&Language> {
        self.languages.iter().find(|language| language.tag == topic::TOPICS[topic].language)
    }
}

/// The world, at one instant.
#[derive(Clone, Debug)]
pub struct World {
    tables: Arc<Tables>,
    dice: Dice,
    now: Micros,
    next_index: u64,
    next_seq: i64,
    schedule: Schedule,
    authors: Vec<AuthorState>,
    inactive: Vec<Author>,
    posts: Ring<RecentPost>,
    /// Likes, reposts, follows, by `happen::ring_of`.
    engagements: [Ring<RecordKeyed>; 3],
    ended: bool,
}

#[derive(Clone, Copy, Debug)]
struct RecentPost {
    post: RecordKeyed,
    root: RecordKeyed,
    origin: Origin,
}

impl World {
    /// The world at its beginning.
    pub fn new(settings: WorldSettings) -> Result<Self, SettingsError> {
        settings.check()?;
        let languages = words::other_languages(settings.seed);
        let parse = |topic: &topic::Topic| topic.sentences.iter().map(|text| Sentence::parse(text)).collect();
        let tables = Tables {
            english: English::new(settings.seed),
            population: Population::new(settings.seed, settings.authors, &languages),
            languages,
            clauses: Sentence::clauses(),
            topics: topic::TOPICS.iter().map(parse).collect(),
            settings,
        };
        let settings = &tables.settings;
        Ok(Self {
            dice: Dice::new(settings.seed, "world", 0),
            now: settings.start,
            next_index: 0,
            next_seq: settings.first_seq,
            schedule: Schedule::new(settings),
            authors: vec![AuthorState::default(); settings.authors as usize],
            inactive: Vec::new(),
            posts: Ring::new(RECENT_POSTS),
            engagements: [(); 3].map(|()| Ring::new(RECENT_RECORDS)),
            ended: false,
            tables: Arc::new(tables),
        })
    }

    /// What it is made of.
    pub fn settings(&self) -> &WorldSettings {
        &self.tables.settings
    }

    /// The time of the last event; every further one is later.
    pub fn now(&self) -> Micros {
        self.now
    }

    /// The index of the next event.
    pub fn next_index(&self) -> u64 {
        self.next_index
    }

    /// No further event has a smaller sequence number.
    pub fn next_seq(&self) -> i64 {
        self.next_seq
    }

    /// The trends, floods and threads that start in `from..to`, by start; of an endless row at most 10,000.
    pub fn planted(&self, from: Micros, to: Micros) -> Vec<Planted> {
        const ROW_LIMIT: u64 = 10_000;
        let settings = self.settings();
        let row = |row: Row| (0..ROW_LIMIT).map_while(move |ordinal| row.planted(settings, ordinal));
        let started = |planted: &Planted| planted.starts < to;
        let mut all: Vec<Planted> =
            Row::ALL.into_iter().flat_map(|kind| row(kind).take_while(started)).collect();
        all.retain(|planted| planted.starts >= from);
        all.sort_by_key(|planted| planted.starts);
        all
    }
}

impl Iterator for World {
    type Item = WorldEvent;

    fn next(&mut self) -> Option<WorldEvent> {
        let tables = Arc::clone(&self.tables);
        let settings = &tables.settings;
        let rates = Rates::at(settings, self.now, self.schedule.advance(settings, self.now));
        // Gaps spread evenly around their mean: any one keyword is rare in them, so its own posts come as at
        // random (Poisson) all the same, and no logarithm is needed, which differs between machines.
        let mean = MILLION * MILLION / rates.total().max(1);
        let witnessed = self.now.plus(1 + self.dice.below(2 * mean).cast_signed());
        if settings.end().is_some_and(|end| witnessed >= end) {
            self.ended = true;
        }
        if self.ended {
            return None;
        }
        let draw = self.dice.below(rates.total());
        let (author, change) = self.happen(&tables, &rates, draw, witnessed);
        let operations = if let Change::Commit(commit) = &change { commit.operations.len() } else { 1 };
        let event = WorldEvent {
            index: self.next_index,
            seq: self.next_seq,
            witnessed,
            did: tables.population.account(author).did.clone(),
            change,
        };
        // The operations of one commit get record keys a microsecond apart.
        let extent = operations.max(1) as i64;
        self.now = witnessed.plus(extent - 1);
        self.next_index += 1;
        self.next_seq += extent;
        if settings.seq_gaps && self.dice.chance(100_000) {
            self.next_seq += self.dice.between(1, 4);
        }
        Some(event)
    }
}

#[cfg(test)]
mod tests;
