//! How good the order of lists is: normalised discounted cumulative gain of the first ten rows (Järvelin and
//! Kekäläinen 2002). The gain of a row is the binary logarithm of one plus the authors that its event truly had in the
//! last ten minutes.

use skytrend_sim::quality::Truth;

use super::judge::Entry;
use super::subjects::{Part, Subjects};

/// Rows that count.
const DEPTH: usize = 10;
/// An event with fewer authors in the window is nothing to rank.
pub const AUTHORS_MIN: f32 = 3.0;
/// Length of the window in minutes.
const WINDOW_MINUTES: u32 = 10;
/// Lists right after the warm-up are not looked at.
const LEAD_MINUTES: u32 = 30;

/// Sums over lists.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ranking {
    lists: u32,
    /// An event counts once in a list.
    by_event: f64,
    /// Each term of an event counts for itself, as in the benchmark on counts.
    by_term: f64,
}

/// Authors that a term truly had in the window that ends with this minute.
pub fn authors_of(truth: &Truth, part: Part, minute: u32) -> f32 {
    let event = &truth.events[part.event];
    let term = &event.terms[part.term];
    (0..WINDOW_MINUTES).map(|back| event.expected(term, minute.saturating_sub(back))).sum()
}

fn gain(authors: f32) -> f64 {
    if authors < AUTHORS_MIN { 0.0 } else { libm::log2(1.0 + f64::from(authors)) }
}

fn discounted(gains: impl Iterator<Item = f64>) -> f64 {
    gains.take(DEPTH).zip(2_u32..).map(|(gain, place)| gain / libm::log2(f64::from(place))).sum()
}

impl Ranking {
    /// Takes a list, best first.
    pub fn list(&mut self, truth: &Truth, subjects: &Subjects, minute: u32, entries: &[Entry]) {
        if minute < truth.settings.warm_minutes + LEAD_MINUTES {
            return;
        }
        let mut ideal_events = Vec::new();
        let mut ideal_terms = Vec::new();
        for (at, event) in truth.events.iter().enumerate() {
            let of_term =
                |term| gain(authors_of(truth, Part { event: at, term, is_word_of_name: false }, minute));
            let gains: Vec<f64> = (0..event.terms.len()).map(of_term).filter(|gain| *gain > 0.0).collect();
            ideal_events.extend(gains.iter().copied().reduce(f64::max));
            ideal_terms.extend(gains);
        }
        if ideal_events.is_empty() {
            return;
        }
        let (mut seen_events, mut seen_terms) = (Vec::new(), Vec::new());
        let (mut by_event, mut by_term) = (Vec::new(), Vec::new());
        for entry in entries.iter().take(DEPTH) {
            let parts = entry.keywords.iter().flat_map(|keyword| &subjects.of(*keyword).parts);
            let gains = parts.map(|part| (gain(authors_of(truth, *part, minute)), *part));
            let best = gains.reduce(|best, next| if next.0 > best.0 { next } else { best });
            let (gain, event, term) = best.map_or((0.0, None, None), |(gain, part)| {
                (gain, Some(part.event), Some((part.event, part.term)))
            });
            by_event.push(if first_time(&mut seen_events, event) { gain } else { 0.0 });
            by_term.push(if first_time(&mut seen_terms, term) { gain } else { 0.0 });
        }
        self.lists += 1;
        self.by_event += share(by_event, ideal_events);
        self.by_term += share(by_term, ideal_terms);
    }

    /// Mean over lists in which there was something to rank; none without such a list.
    pub fn by_event(&self) -> Option<f64> {
        (self.lists > 0).then(|| self.by_event / f64::from(self.lists))
    }

    /// The same where each term counts for itself.
    pub fn by_term(&self) -> Option<f64> {
        (self.lists > 0).then(|| self.by_term / f64::from(self.lists))
    }
}

/// Whether there is something that was not seen before.
fn first_time<T: PartialEq>(seen: &mut Vec<T>, what: Option<T>) -> bool {
    let Some(what) = what.filter(|what| !seen.contains(what)) else { return false };
    seen.push(what);
    true
}

fn share(found: Vec<f64>, mut ideal: Vec<f64>) -> f64 {
    ideal.sort_unstable_by(|one, other| other.total_cmp(one));
    discounted(found.into_iter()) / discounted(ideal.into_iter())
}
