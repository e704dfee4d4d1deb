//! Watches the lists of one method go by, window by window, and keeps what the figures are made of: the best score of
//! each event in each minute, the best score of each false alarm, the gains of each list. Memory grows with events and
//! hours, not with lists.

use std::sync::Arc;

use skytrend_sim::quality::Truth;
use smallvec::SmallVec;

use super::ranking::Ranking;
use super::rivals::f32_of;
use super::row::Row;
use super::subjects::{KeywordId, Source, Subjects};
use super::topics::Topics;

/// Lists are looked at for their order every so many minutes.
pub const LIST_MINUTES: u32 = 5;
/// Minutes of a clock hour.
const HOUR_MINUTES: u32 = 60;

/// A line of a list, its keywords as numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// As in [`Row`].
    pub keywords: SmallVec<[KeywordId; 1]>,
    /// As in [`Row`].
    pub z: f32,
    /// Higher ones come first.
    pub rank_score: f32,
    /// As in [`Row`].
    pub is_started: bool,
}

/// A keyword that was listed in a clock hour without an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FalseAlarm {
    /// What the row was named after.
    pub keyword: KeywordId,
    /// The best score in that hour.
    pub z: f32,
    /// Hour from the first that is scored.
    pub hour: u32,
    /// Where it comes from.
    pub source: Source,
}

/// How an event was listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// From its t0 to its end: the best score of its rows in each minute.
    pub best: Vec<f32>,
    /// The best score of rows with a whole term, not only a word of a name.
    pub best_whole: f32,
    /// Rows that said that they started, and keywords listed: their quotient is 1 without flapping.
    pub started: u32,
    pub keywords: Vec<KeywordId>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Judge {
    truth: Arc<Truth>,
    pub watched: Vec<Watched>,
    pub false_alarms: Vec<FalseAlarm>,
    hour: u32,
    /// By keyword: the best of the present hour.
    hour_best: Vec<Option<(f32, Source)>>,
    hour_keywords: Vec<KeywordId>,
    pub ranking: Ranking,
    pub topics: Topics,
}

impl Judge {
    /// One that has seen nothing.
    pub fn new(truth: Arc<Truth>) -> Self {
        let watched = truth.events.iter().map(|event| Watched {
            best: vec![f32::NEG_INFINITY; (event.end - event.t0 + 1) as usize],
            best_whole: f32::NEG_INFINITY,
            started: 0,
            keywords: Vec::new(),
        });
        Self {
            watched: watched.collect(),
            false_alarms: Vec::new(),
            hour: 0,
            hour_best: Vec::new(),
            hour_keywords: Vec::new(),
            ranking: Ranking::default(),
            topics: Topics::default(),
            truth,
        }
    }

    /// Takes the list of a window, best first. Windows come in order; those of the warm-up are passed over.
    pub fn rows(&mut self, subjects: &mut Subjects, minute: u32, rows: &[Row]) {
        let entry = |row: &Row| Entry {
            keywords: row.keywords.iter().map(|keyword| subjects.number(keyword)).collect(),
            z: row.z,
            // A list's own order counts, whatever it was made by.
            rank_score: -f32_of(row.rank),
            is_started: row.is_started,
        };
        let mut entries: Vec<Entry> = rows.iter().map(entry).collect();
        self.list(subjects, minute, &mut entries);
    }

    /// The same with numbered keywords, in any order.
    pub fn list(&mut self, subjects: &Subjects, minute: u32, entries: &mut [Entry]) {
        let Some(scored) = minute.checked_sub(self.truth.settings.warm_minutes) else { return };
        let hour = scored / HOUR_MINUTES;
        if hour != self.hour {
            self.close_hour();
            self.hour = hour;
        }
        for entry in &*entries {
            self.watch(subjects, minute, entry);
        }
        if minute.is_multiple_of(LIST_MINUTES) {
            // A stable sort, so that equal ones stay in the order of the list.
            entries.sort_by(|one, other| other.rank_score.total_cmp(&one.rank_score));
            self.ranking.list(&self.truth, subjects, minute, entries);
            self.topics.list(&self.truth, subjects, minute, entries);
        }
    }

    /// The world is over.
    pub fn finish(&mut self) {
        self.close_hour();
    }

    fn watch(&mut self, subjects: &Subjects, minute: u32, entry: &Entry) {
        let mut is_true = false;
        for &keyword in &entry.keywords {
            for &part in &subjects.of(keyword).parts {
                is_true |= subjects.is_tolerated(part, minute);
                let event = &self.truth.events[part.event];
                if !(event.t0..=event.end).contains(&minute) {
                    continue;
                }
                let watched = &mut self.watched[part.event];
                let best = &mut watched.best[(minute - event.t0) as usize];
                *best = best.max(entry.z);
                if !part.is_word_of_name {
                    watched.best_whole = watched.best_whole.max(entry.z);
                }
                if keyword == entry.keywords[0] {
                    if !watched.keywords.contains(&keyword) {
                        watched.keywords.push(keyword);
                        // A row that was listed before its event began has started, too.
                        watched.started += u32::from(!entry.is_started);
                    }
                    watched.started += u32::from(entry.is_started);
                }
            }
        }
        let Some(&named) = entry.keywords.first().filter(|_| !is_true) else { return };
        if self.hour_best.len() <= named.index() {
            self.hour_best.resize(named.index() + 1, None);
        }
        match &mut self.hour_best[named.index()] {
            Some((best, _)) if *best >= entry.z => {}
            slot => {
                if slot.is_none() {
                    self.hour_keywords.push(named);
                }
                *slot = Some((entry.z, subjects.source(&entry.keywords, minute)));
            }
        }
    }

    fn close_hour(&mut self) {
        for keyword in self.hour_keywords.drain(..) {
            if let Some((z, source)) = self.hour_best[keyword.index()].take() {
                self.false_alarms.push(FalseAlarm { keyword, z, hour: self.hour, source });
            }
        }
    }
}
