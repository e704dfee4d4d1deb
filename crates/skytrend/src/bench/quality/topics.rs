//! Whether rows are topics: the terms of one event in one row, those of two events in two; and no topic twice in the
//! upper part of a list.

use skytrend_sim::quality::Truth;

use super::judge::Entry;
use super::ranking::{AUTHORS_MIN, authors_of};
use super::subjects::{KeywordId, Part, Subjects};

/// The part of a list that people look at.
const TOP: usize = 20;

/// Lists with a topic twice that are kept as examples.
const EXAMPLES_MAX: usize = 50;

/// An event that has two rows of one list.
#[derive(Clone, Debug, PartialEq)]
pub struct Twice {
    pub minute: u32,
    /// Its place in [`Truth::events`].
    pub event: usize,
    /// Places in the list, from 0, and keywords of both rows.
    pub rows: [(usize, Vec<KeywordId>); 2],
}

/// Counts over lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topics {
    lists: u32,
    lists_with_a_topic_twice: u32,
    /// The first of these.
    pub twice: Vec<Twice>,
    /// Pairs of planted terms that were listed: of one event in one row, of one event in two, of two events in one.
    together: u64,
    apart: u64,
    mixed: u64,
}

impl Topics {
    /// Takes a list, best first.
    pub fn list(&mut self, truth: &Truth, subjects: &Subjects, minute: u32, entries: &[Entry]) {
        self.lists += 1;
        let is_on = |part: &Part| authors_of(truth, *part, minute) >= AUTHORS_MIN;
        // Row, event and term of every planted term that is listed while its event lasts; the first row of each.
        let mut listed: Vec<(usize, usize, usize)> = Vec::new();
        let mut top_events: Vec<(usize, usize)> = Vec::new();
        for (row, entry) in entries.iter().enumerate() {
            for part in entry
                .keywords
                .iter()
                .flat_map(|keyword| &subjects.of(*keyword).parts)
                .filter(|part| is_on(part))
            {
                if row < TOP && !top_events.contains(&(row, part.event)) {
                    top_events.push((row, part.event));
                }
                let is_known =
                    listed.iter().any(|(_, event, term)| (*event, *term) == (part.event, part.term));
                if !part.is_word_of_name && !is_known {
                    listed.push((row, part.event, part.term));
                }
            }
        }
        let found_twice = |(at, (row, event)): (usize, &(usize, usize))| {
            let (first_row, _) = top_events[..at].iter().find(|(_, other)| other == event)?;
            let rows = [*first_row, *row].map(|row| (row, entries[row].keywords.to_vec()));
            Some(Twice { minute, event: *event, rows })
        };
        if let Some(twice) = top_events.iter().enumerate().find_map(found_twice) {
            self.lists_with_a_topic_twice += 1;
            if self.twice.len() < EXAMPLES_MAX {
                self.twice.push(twice);
            }
        }
        for (at, (row, event, _)) in listed.iter().enumerate() {
            for (other_row, other_event, _) in &listed[..at] {
                match (row == other_row, event == other_event) {
                    (true, true) => self.together += 1,
                    (false, true) => self.apart += 1,
                    (true, false) => self.mixed += 1,
                    (false, false) => {}
                }
            }
        }
    }

    /// Pairwise F1 of planted terms that are listed at the same time; none where there is no pair.
    pub fn pairwise_f1(&self) -> Option<f64> {
        let pairs = 2 * self.together + self.apart + self.mixed;
        (pairs > 0).then(|| 2.0 * self.together as f64 / pairs as f64)
    }

    /// Share of lists that have an event twice among the first twenty rows.
    pub fn twice_share(&self) -> f64 {
        f64::from(self.lists_with_a_topic_twice) / f64::from(self.lists.max(1))
    }
}
