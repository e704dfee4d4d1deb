//! What keywords are about, according to the truth: which events they belong to, and where false alarms about them
//! come from. Keywords are numbered here, so that lists with thousands of lines can be judged.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;
use skytrend_sim::quality::{Habit, NegativeKind, TermKind, Tongue, TrueEvent, Truth};

use super::row::normalized;

/// A row about an event's term is no false alarm from this long before the event …
const BEFORE_MINUTES: u32 = 15;
/// … until this long after its end …
const AFTER_MINUTES: u32 = 45;
/// … and while there are more than this many authors a minute, and an hour after that.
const RESIDUAL_AUTHORS: f32 = 0.02;
const RESIDUAL_MINUTES: u32 = 60;
/// False alarms are blamed on spam until this long after it.
const SPAM_AFTER_MINUTES: u32 = 15;
/// Bots write in the first minute of an hour; it stays in the window for this long.
const BOT_MINUTES: u32 = 10;
/// A piece of a word has at least this many characters.
const FRAGMENT_CHARS_MIN: usize = 2;
/// And on the surge or the outage while their windows hold some of it, or begin with its end.
const INCIDENT_AFTER_MINUTES: u32 = 20;

/// A keyword's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeywordId(pub u32);

impl KeywordId {
    /// As an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where a false alarm comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A tracked term without a habit.
    Plain,
    /// One with a time of the day.
    Daily,
    /// One with a day of the week.
    Weekly,
    /// One that bots write about each hour.
    HourlyBot,
    /// Any other word.
    Filler,
    /// A piece of an event's term, or the term with something attached, in scripts and languages where words have to be
    /// cut.
    Fragment,
    /// Anything in the surge.
    Surge,
    /// Anything at the end of the outage.
    Outage,
    /// A few accounts with one text.
    Flood,
    /// Many accounts with few texts.
    Coordinated,
    /// Many new accounts with many texts.
    Wave,
    /// One account, all day.
    Drip,
    /// A conversation.
    Thread,
}

impl Source {
    /// Kinds of spam: what should hardly ever be listed. Waves of new accounts with texts of their own are apart.
    pub const SPAM: [Self; 4] = [Self::Flood, Self::Coordinated, Self::Drip, Self::Thread];
}

impl From<NegativeKind> for Source {
    fn from(kind: NegativeKind) -> Self {
        match kind {
            NegativeKind::Flood => Self::Flood,
            NegativeKind::Coordinated => Self::Coordinated,
            NegativeKind::Wave => Self::Wave,
            NegativeKind::Drip => Self::Drip,
            NegativeKind::Thread => Self::Thread,
        }
    }
}

/// A keyword's part in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its place in [`Truth::events`].
    pub event: usize,
    /// The term's place in the event.
    pub term: usize,
    /// Whether the keyword is only a word of the term's name.
    pub is_word_of_name: bool,
}

/// What is known about a keyword.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Events it belongs to.
    pub parts: Vec<Part>,
    habit: Source,
    spam: Vec<(Source, Range<u32>)>,
    /// Whether bots write it at the top of the hour.
    is_of_bots: bool,
    /// Events of whose terms it is a fragment.
    fragment_of: Vec<usize>,
}

/// All keywords seen so far.
#[derive(Clone, Debug)]
pub struct Subjects {
    ids: BTreeMap<String, KeywordId>,
    known: Vec<Subject>,
    /// Terms of events in languages whose words have to be cut, with the event's place.
    cut_terms: Vec<(String, usize)>,
    /// By event: minutes in which rows about it are no false alarms.
    tolerated: Vec<Range<u32>>,
    surge: Range<u32>,
    outage: Range<u32>,
}

impl Subjects {
    /// Those of the truth.
    pub fn new(truth: &Truth) -> Self {
        let after = |minutes: &Range<u32>| minutes.start..minutes.end + INCIDENT_AFTER_MINUTES;
        let mut all = Self {
            ids: BTreeMap::new(),
            known: Vec::new(),
            cut_terms: Vec::new(),
            tolerated: truth.events.iter().map(tolerated).collect(),
            surge: after(&truth.surge),
            outage: after(&truth.outage),
        };
        for (at, event) in truth.events.iter().enumerate().filter(|(_, event)| is_cut(event.language)) {
            all.cut_terms.extend(event.terms.iter().map(|term| (normalized(&term.text), at)));
        }
        for term in &truth.tracked {
            let habit = match term.habit {
                Habit::Daily => Source::Daily,
                Habit::Weekly => Source::Weekly,
                Habit::HourlyBot => Source::HourlyBot,
                Habit::Plain | Habit::Filler | Habit::Fresh => Source::Plain,
            };
            for text in with_words(&term.text) {
                all.entry(text).habit = habit;
            }
        }
        for word in truth.tracked.iter().flat_map(|term| &term.bot_words) {
            all.entry(word).is_of_bots = true;
        }
        for (event, planted) in truth.events.iter().enumerate() {
            for (term, of_event) in planted.terms.iter().enumerate() {
                all.entry(&of_event.text).parts.push(Part { event, term, is_word_of_name: false });
                if of_event.kind == TermKind::Name {
                    for word in of_event.text.split(' ') {
                        all.entry(word).parts.push(Part { event, term, is_word_of_name: true });
                    }
                }
            }
        }
        for negative in &truth.negatives {
            let minutes = negative.minutes.start..negative.minutes.end + SPAM_AFTER_MINUTES;
            let texts =
                std::iter::once(&negative.text).chain(&negative.words).flat_map(|text| with_words(text));
            for text in texts {
                all.entry(text).spam.push((negative.kind.into(), minutes.clone()));
            }
        }
        all
    }

    /// The number of a [`normalized`] keyword.
    pub fn number(&mut self, keyword: &str) -> KeywordId {
        if let Some(&id) = self.ids.get(keyword) {
            return id;
        }
        let id = KeywordId(u32::try_from(self.known.len()).expect("a world has thousands of words"));
        self.ids.insert(keyword.to_owned(), id);
        let is_fragment = |term: &str| {
            let (shorter, longer) =
                if keyword.len() < term.len() { (keyword, term) } else { (term, keyword) };
            shorter.len() < longer.len()
                && shorter.chars().count() >= FRAGMENT_CHARS_MIN
                && longer.contains(shorter)
        };
        let fragment_of =
            self.cut_terms.iter().filter(|(term, _)| is_fragment(term)).map(|(_, event)| *event);
        self.known.push(Subject {
            parts: Vec::new(),
            habit: Source::Filler,
            spam: Vec::new(),
            is_of_bots: false,
            fragment_of: fragment_of.collect(),
        });
        id
    }

    fn entry(&mut self, text: &str) -> &mut Subject {
        let id = self.number(&normalized(text));
        &mut self.known[id.index()]
    }

    /// What is known about a keyword.
    pub fn of(&self, id: KeywordId) -> &Subject {
        &self.known[id.index()]
    }

    /// All keywords, by number.
    pub fn names(&self) -> Vec<&str> {
        let mut names = vec![""; self.known.len()];
        for (name, id) in &self.ids {
            names[id.index()] = name;
        }
        names
    }

    /// Whether a row about an event is no false alarm at this minute.
    pub fn is_tolerated(&self, part: Part, minute: u32) -> bool {
        self.tolerated[part.event].contains(&minute)
    }

    /// Where a false alarm about these keywords at this minute comes from.
    pub fn source(&self, keywords: &[KeywordId], minute: u32) -> Source {
        let spam = keywords.iter().flat_map(|id| &self.of(*id).spam);
        if let Some((kind, _)) = spam.into_iter().find(|(_, minutes)| minutes.contains(&minute)) {
            return *kind;
        }
        let Some(named) = keywords.first().map(|id| self.of(*id)) else { return Source::Filler };
        if named.fragment_of.iter().any(|event| self.tolerated[*event].contains(&minute)) {
            return Source::Fragment;
        }
        if named.is_of_bots && minute % 60 < BOT_MINUTES {
            return Source::HourlyBot;
        }
        if self.outage.contains(&minute) {
            return Source::Outage;
        }
        if self.surge.contains(&minute) {
            return Source::Surge;
        }
        named.habit
    }
}

/// A text, and its words if it is a name: what is listed of a name comes from where the name does.
fn with_words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(' ').filter(move |word| word.len() < text.len());
    std::iter::once(text).chain(words)
}

/// Whether words are not what stands between spaces.
fn is_cut(language: Tongue) -> bool {
    matches!(language, Tongue::Japanese | Tongue::Chinese | Tongue::Korean | Tongue::Thai)
}

fn tolerated(event: &TrueEvent) -> Range<u32> {
    let around = event.t0.saturating_sub(BEFORE_MINUTES)..event.end + AFTER_MINUTES + 1;
    let is_residual = |authors: &f32| *authors >= RESIDUAL_AUTHORS;
    let place = |at: usize| event.from + u32::try_from(at).expect("an event lasts days at most");
    let first = event.authors_per_minute.iter().position(is_residual).map_or(event.t0, place);
    let last = event.authors_per_minute.iter().rposition(is_residual).map_or(event.end, place);
    around.start.min(first.saturating_sub(BEFORE_MINUTES))..around.end.max(last + RESIDUAL_MINUTES + 1)
}
