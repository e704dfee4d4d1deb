//! How many posts have come since a window ended: of a few keywords and watchlists, looked up between two windows while
//! minutes are still open. A hint, and no result: what it reads it does not change, and nothing of it reaches a window,
//! a snapshot or the log.
//!
//! It is what the next windows will say of these minutes but for what is decided only when a minute closes: what is
//! deleted, and the post that an edit replaces, still count until then; reposts and likes don't yet; a phrase counts
//! wherever its words are side by side, and not from its third post on. Of minutes that have closed it is exact.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use skytrend_event::{KeywordKind, Micros, PostAction};
use smallvec::SmallVec;

use crate::detector::Detector;
use crate::engine::WORDS_MAX;
use crate::extract::hash_of;
use crate::minute_of;
use crate::pane::{PendingEvent, PendingPane};
use crate::watch::KEY_KIND;

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveSubject {
    /// A keyword.
    Keyword {
        /// Word, hashtag or phrase.
        kind: KeywordKind,
        /// NFKC, lower case, without `#`.
        normalized: String,
    },
    /// All terms of the watchlist with this name, each post once.
    Watchlist(String),
}

/// Counts the posts of its subjects, and remembers how far: a look costs what has come since the last one.
#[derive(Debug, Default)]
pub struct LiveCounter {
    subjects: Vec<(LiveSubject, Micros)>,
    /// Of each open minute.
    minutes: BTreeMap<i64, CountedMinute>,
}

/// How far an open minute has been counted.
#[derive(Debug)]
struct CountedMinute {
    /// The first so many of its events.
    events: usize,
    /// Posts of each subject.
    posts: Vec<u64>,
}

/// Places among the subjects: mostly one, two where two windows list the same keyword.
type Places = SmallVec<[usize; 2]>;

/// Who is looked for in a post, and their places.
#[derive(Debug, Default)]
struct Sought {
    /// By number.
    keywords: HashMap<u32, Places>,
    /// Phrases, by hash.
    phrases: HashMap<u64, Places>,
    /// The texts of the phrases, in order: what a longer one can begin with.
    phrase_texts: Vec<String>,
}

impl LiveCounter {
    /// Counts these from now on, each since its instant: the end of a window. Where they are others than before, what
    /// is remembered is forgotten.
    pub fn follow(&mut self, subjects: Vec<(LiveSubject, Micros)>) {
        if subjects != self.subjects {
            *self = Self { subjects, minutes: BTreeMap::new() };
        }
    }

    /// Posts of each subject that `detector`, the same one in every call, has been given: in the order of the
    /// subjects.
    pub fn posts(&mut self, detector: &Detector) -> Vec<u64> {
        self.minutes.retain(|minute, _| detector.pending.contains_key(minute));
        let numbers: Vec<Option<u32>> =
            self.subjects.iter().map(|(subject, _)| number_of(subject, detector)).collect();
        let sought = self.sought(&numbers);
        for (&minute, pane) in &detector.pending {
            let counted = self
                .minutes
                .entry(minute)
                .or_insert_with(|| CountedMinute { events: 0, posts: vec![0; self.subjects.len()] });
            for event in &pane.events[counted.events..] {
                if event.engagement.is_none()
                    && matches!(event.action, PostAction::Created | PostAction::Updated)
                {
                    sought.count(event, pane, detector, &mut counted.posts);
                }
            }
            counted.events = pane.events.len();
        }
        let mut closed = ClosedMinutes::default();
        let each = self.subjects.iter().zip(numbers).enumerate();
        each.map(|(place, ((_, since), number))| {
            let since = minute_of(*since);
            let open = self.minutes.range(since..).map(|(_, counted)| counted.posts[place]).sum::<u64>();
            open + number.map_or(0, |number| closed.posts(number, since, detector))
        })
        .collect()
    }

    fn sought(&self, numbers: &[Option<u32>]) -> Sought {
        let mut sought = Sought::default();
        for (place, ((subject, _), number)) in self.subjects.iter().zip(numbers).enumerate() {
            if let LiveSubject::Keyword { kind: kind @ KeywordKind::Phrase, normalized } = subject {
                sought.phrases.entry(hash_of(*kind, normalized)).or_default().push(place);
                sought.phrase_texts.push(normalized.clone());
            } else if let Some(number) = number {
                sought.keywords.entry(*number).or_default().push(place);
            }
        }
        sought.phrase_texts.sort_unstable();
        sought
    }
}

/// The number by which the detector knows the subject now. Numbers change hands only when a minute closes, and one that
/// an open minute uses does not: what was counted before by a number is not counted under another one.
fn number_of(subject: &LiveSubject, detector: &Detector) -> Option<u32> {
    let engine = &detector.engine;
    match subject {
        LiveSubject::Keyword { kind, normalized } => engine.keywords.find(*kind, normalized),
        LiveSubject::Watchlist(name) => {
            let list = engine.watches.lists.iter().find(|list| list.name == *name)?;
            engine.keywords.find(KEY_KIND, &list.key.text)
        }
    }
}

impl Sought {
    /// Adds the event's post to those of the subjects that it has.
    fn count(&self, event: &PendingEvent, pane: &PendingPane, detector: &Detector, posts: &mut [u64]) {
        let mut add = |places: Option<&Places>| {
            places.into_iter().flatten().for_each(|&place| posts[place] += 1);
        };
        for used in pane.keywords_of(event) {
            add(used.keyword().and_then(|number| self.keywords.get(&number)));
        }
        if self.phrases.is_empty() {
            return;
        }
        let links = pane.links_of(event);
        for (place, &first) in links.iter().enumerate() {
            add(self.phrases.get(&first.hash));
            // As the engine makes longer phrases of links that overlap.
            let mut text = String::new();
            for pair in links[place..].windows(2).take(WORDS_MAX - 2) {
                let begun = if text.is_empty() { pane.phrase(pair[0]) } else { &text };
                if pair[1].first != pair[0].second || !self.begins_longer(begun) {
                    break;
                }
                let known = pane.keywords_of(event)[usize::from(pair[1].first)].keyword();
                let known = known.map_or(0, |number| detector.engine.keywords.entry(number).normalized.len());
                let Some(added) = pane.phrase(pair[1]).get(known..) else { break };
                text = [begun, added].concat();
                add(self.phrases.get(&hash_of(KeywordKind::Phrase, &text)));
            }
        }
    }

    /// Whether a phrase begins with `text` and goes on: nearly no two words do that.
    fn begins_longer(&self, text: &str) -> bool {
        let after = self.phrase_texts.partition_point(|phrase| phrase.as_str() <= text);
        self.phrase_texts.get(after).is_some_and(|phrase| phrase.starts_with(text))
    }
}

/// Looks up minutes that have closed.
#[derive(Debug, Default)]
struct ClosedMinutes {
    /// The place of the first post since a minute, for the minutes that were asked for: one or two.
    first_since: SmallVec<[(i64, usize); 2]>,
}

impl ClosedMinutes {
    /// Posts of the keyword that count, in closed minutes from `since` on.
    fn posts(&mut self, number: u32, since: i64, detector: &Detector) -> u64 {
        if detector.open_from.is_none_or(|open| open <= since) {
            return 0;
        }
        let engine = &detector.engine;
        let known = self.first_since.iter().find(|(minute, _)| *minute == since).map(|(_, first)| *first);
        let first = known.unwrap_or_else(|| {
            let first = engine.posts.since_minute(since).first;
            self.first_since.push((since, first));
            first
        });
        let all = engine.keywords.entry(number).occurrences.as_slice();
        let before = all.partition_point(|occurrence| engine.posts.index_of(occurrence.post()) < first);
        (all.len() - before) as u64
    }
}
