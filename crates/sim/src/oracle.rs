//! The recount: slow, simple, and from the ground truth alone. No text is read; which keywords a post uses is known
//! because the world put them there. Memory grows with the events witnessed; it is for tests, not for streams.
//!
//! What it counts: panes are minutes of witnessed time, aligned to the epoch. A window from S to E (exclusive)
//! counts the posts written in it that use the keyword, once each, and their distinct authors, without those that
//! an event witnessed before E took back: a deletion takes back its post; an edit takes back the old words, and its
//! own words count at the edit's time; an account's removal takes back all its posts. What an account commits while
//! it is not active does not count. Events that the server never sent did not happen.

use std::collections::{BTreeMap, BTreeSet};

use skytrend_event::engagement::collection::POST;
use skytrend_event::time::MINUTE;
use skytrend_event::{Micros, WindowKind};

use crate::lost::IndexSet;
use crate::world::event::{Action, Change, Operation, TrueKeyword, WorldEvent};

/// The statuses that take back an account's posts.
pub const REMOVED: [&str; 4] = ["takendown", "suspended", "deleted", "deactivated"];

/// How windows of one kind lie in time; their ends are multiples of the slide since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowShape {
    /// Sliding or tumbling.
    pub kind: WindowKind,
    /// Microseconds from start to end.
    pub length: i64,
    /// Microseconds from one end to the next.
    pub slide: i64,
}

/// Sliding windows of 10 minutes that move by one.
pub const SLIDING: WindowShape =
    WindowShape { kind: WindowKind::Sliding, length: 10 * MINUTE, slide: MINUTE };
/// Tumbling windows of 5 minutes.
pub const TUMBLING: WindowShape =
    WindowShape { kind: WindowKind::Tumbling, length: 5 * MINUTE, slide: 5 * MINUTE };

/// One window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowKey {
    /// Sliding or tumbling.
    pub kind: WindowKind,
    /// First instant after it.
    pub end: Micros,
    /// First instant of it.
    pub start: Micros,
}

/// What was counted in one window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Posts, with keywords or without.
    pub all: Count,
    /// By keyword.
    pub keywords: BTreeMap<TrueKeyword, Count>,
}

/// Posts and the accounts that wrote them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Posts, each once.
    pub posts: u64,
    /// Distinct authors.
    pub authors: u64,
}

/// Recounts all windows of these shapes that hold any post, of the events that were sent.
pub fn recount<'a>(
    events: impl Iterator<Item = &'a WorldEvent>,
    lost: &IndexSet,
    shapes: &[WindowShape],
) -> BTreeMap<WindowKey, Counts> {
    let mut recount = Recount::default();
    events.filter(|event| !lost.contains(event.index)).for_each(|event| recount.witness(event));
    recount.windows(shapes)
}

/// What was written and what was taken back, so far.
#[derive(Clone, Debug, Default)]
pub struct Recount {
    writings: Vec<Writing>,
    /// The version of each post that stands.
    standing: BTreeMap<String, usize>,
    /// The posts of each author, all versions.
    by_author: BTreeMap<String, Vec<usize>>,
    inactive: BTreeSet<String>,
}

/// One version of a post.
#[derive(Clone, Debug)]
struct Writing {
    author: String,
    at: Micros,
    taken_back: Option<Micros>,
    keywords: BTreeSet<TrueKeyword>,
}

impl Recount {
    /// Takes note of an event; events come in the world's order.
    pub fn witness(&mut self, event: &WorldEvent) {
        let did = event.did.as_str();
        match &event.change {
            Change::Commit(commit) if !self.inactive.contains(did) => {
                let posts = commit.operations.iter().filter(|operation| operation.collection == POST);
                posts.for_each(|operation| self.operate(event, operation));
            }
            Change::Account { active: true, .. } => {
                self.inactive.remove(did);
            }
            Change::Account { active: false, status } => {
                self.inactive.insert(did.to_owned());
                if status.is_some_and(|status| REMOVED.contains(&status)) {
                    for at in self.by_author.remove(did).unwrap_or_default() {
                        self.writings[at].taken_back.get_or_insert(event.witnessed);
                    }
                }
            }
            Change::Commit(_) | Change::Identity { .. } | Change::Sync { .. } => {}
        }
    }

    fn operate(&mut self, event: &WorldEvent, operation: &Operation) {
        let uri = operation.uri(&event.did).to_string();
        if operation.action == Action::Delete {
            if let Some(at) = self.standing.remove(&uri) {
                self.writings[at].taken_back.get_or_insert(event.witnessed);
            }
            return;
        }
        let Some(truth) = operation.truth.as_ref().filter(|truth| !truth.is_dropped()) else { return };
        let at = self.writings.len();
        self.writings.push(Writing {
            author: event.did.to_string(),
            at: event.witnessed,
            taken_back: None,
            keywords: truth.keywords.iter().cloned().collect(),
        });
        self.by_author.entry(event.did.to_string()).or_default().push(at);
        if let Some(before) = self.standing.insert(uri, at) {
            self.writings[before].taken_back.get_or_insert(event.witnessed);
        }
    }

    /// Counts all windows of these shapes that hold any post.
    pub fn windows(&self, shapes: &[WindowShape]) -> BTreeMap<WindowKey, Counts> {
        let (Some(first), Some(last)) = (self.writings.first(), self.writings.last()) else {
            return BTreeMap::new();
        };
        let mut windows = BTreeMap::new();
        for shape in shapes {
            let mut end = first.at.floor(shape.slide).plus(shape.slide);
            while end.plus(-shape.length) <= last.at {
                let key = WindowKey { kind: shape.kind, end, start: end.plus(-shape.length) };
                let counts = self.window(key);
                if counts.all.posts > 0 {
                    windows.insert(key, counts);
                }
                end = end.plus(shape.slide);
            }
        }
        windows
    }

    /// Counts one window.
    pub fn window(&self, key: WindowKey) -> Counts {
        let mut authors: BTreeSet<&str> = BTreeSet::new();
        let mut of_keyword: BTreeMap<&TrueKeyword, (u64, BTreeSet<&str>)> = BTreeMap::new();
        let mut posts = 0;
        // Writings are in order of time, as the events were.
        let from = self.writings.partition_point(|writing| writing.at < key.start);
        for writing in self.writings[from..].iter().take_while(|writing| writing.at < key.end) {
            if writing.taken_back.is_some_and(|at| at < key.end) {
                continue;
            }
            posts += 1;
            authors.insert(&writing.author);
            for keyword in &writing.keywords {
                let entry = of_keyword.entry(keyword).or_default();
                entry.0 += 1;
                entry.1.insert(&writing.author);
            }
        }
        let count = |posts, authors: &BTreeSet<&str>| Count { posts, authors: authors.len() as u64 };
        Counts {
            all: count(posts, &authors),
            keywords: of_keyword.into_iter().map(|(word, (n, who))| (word.clone(), count(n, &who))).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
