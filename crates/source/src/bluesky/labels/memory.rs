//! What labelers want hidden, for what comes after the label: posts that the stream of events brings later than the
//! labeler's stream, and whatever an account does while it is labelled.
//!
//! Bounded: at the limit the label noted first is forgotten, and what its subject does counts again. Kept beside the
//! log's positions in segments, of which a commit writes those that changed.
//!
//! A segment's bytes: the format's number 1, then for each note five 64-bit little-endian numbers: its ordinal, the
//! xxh3 of the subject, that of `host value` (by which labeler it came), that of `src value` (who says what), and the
//! instant in microseconds at which it expires (the largest number: never).

use std::collections::{BTreeMap, BTreeSet};

use skytrend_event::engagement::collection;
use skytrend_event::{Event, Micros};
use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64;

use crate::bluesky::recent::KeyMap;
use crate::wire::{Label, LabelSubject};

/// Labels on accounts that are remembered: some weeks of a large labeler's.
const ACCOUNTS_MAX: usize = 32_768;
/// Labels on posts that are remembered: a post comes seconds after its label, if not before it, unless the stream of
/// events is far behind.
const POSTS_MAX: usize = 4_096;
/// Notes in a segment: 5 kB.
const SEGMENT_NOTES: usize = 128;
/// The number of the segments' format. It is never reused for another one.
const VERSION: u8 = 1;
const NOTE_BYTES: usize = 40;
const NEVER: Micros = Micros(i64::MAX);

/// Which labels hide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HidingLabels {
    /// Labelers that are listened to, as [`Host`](super::super::Host) is written.
    pub labelers: BTreeSet<String>,
    /// Values that hide a post.
    pub of_posts: BTreeSet<String>,
    /// Values that hide an account.
    pub of_accounts: BTreeSet<String>,
}

/// What a label does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Its subject is hidden from now on.
    Hides,
    /// Its subject was hidden before.
    Known,
    /// It takes another one off. What left by that does not come back; what comes next counts.
    Negates,
    /// It has expired already.
    Expired,
    /// It hides nothing: another value, or on something that is neither a post nor an account.
    None,
}

impl Effect {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Hides, Self::Known, Self::Negates, Self::Expired, Self::None];

    /// `hides`, `known`, `negates`, `expired`, `none`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hides => "hides",
            Self::Known => "known",
            Self::Negates => "negates",
            Self::Expired => "expired",
            Self::None => "none",
        }
    }
}

/// A segment that can't be read: our own state is broken, so the program stops.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the memory of labels is damaged: {name}")]
pub struct InvalidMemory {
    /// The state's name.
    pub name: String,
}

/// See the module.
#[derive(Debug)]
pub struct Labelled {
    hiding: HidingLabels,
    accounts: Notes,
    posts: Notes,
}

impl Default for Labelled {
    fn default() -> Self {
        Self::new(HidingLabels::default())
    }
}

impl Labelled {
    /// An empty memory.
    pub fn new(hiding: HidingLabels) -> Self {
        let accounts = Notes::new("ingest/labelled-accounts", ACCOUNTS_MAX);
        let posts = Notes::new("ingest/labelled-posts", POSTS_MAX);
        Self { hiding, accounts, posts }
    }

    /// The memory of the stored states, which `load` gives by name. Labels that do not hide any more, since their
    /// labeler or their value is not in the settings, are left out.
    pub fn restore<E: From<InvalidMemory>, B: AsRef<[u8]>>(
        hiding: HidingLabels,
        mut load: impl FnMut(&str) -> Result<Option<B>, E>,
    ) -> Result<Self, E> {
        let mut labelled = Self::new(hiding);
        let HidingLabels { labelers, of_posts, of_accounts } = &labelled.hiding;
        for (notes, values) in [(&mut labelled.accounts, of_accounts), (&mut labelled.posts, of_posts)] {
            let rules: BTreeSet<u64> =
                labelers.iter().flat_map(|host| values.iter().map(|value| hash(host, value))).collect();
            let mut stored = BTreeMap::new();
            for segment in 0..notes.max.div_ceil(SEGMENT_NOTES) {
                let name = notes.state_name(segment);
                let Some(bytes) = load(&name)? else { continue };
                read_segment(bytes.as_ref(), &mut stored).ok_or(InvalidMemory { name })?;
            }
            stored.retain(|_, note: &mut Note| rules.contains(&note.rule));
            notes.fill(stored);
        }
        Ok(labelled)
    }

    /// The states that have changed since the last call, to be committed with the labelers' positions.
    pub fn changed_states(&mut self) -> Vec<(String, Vec<u8>)> {
        [&mut self.accounts, &mut self.posts].into_iter().flat_map(Notes::changed_states).collect()
    }

    /// Takes a label that came from the labeler at `host`, at this record time.
    pub(crate) fn take(&mut self, label: &Label<'_>, host: &str, now: Micros) -> Effect {
        let (values, notes, subject) = match &label.subject {
            LabelSubject::Account(did) => (&self.hiding.of_accounts, &mut self.accounts, did.as_str()),
            LabelSubject::Record { uri, .. } if uri.collection() == Some(collection::POST) => {
                (&self.hiding.of_posts, &mut self.posts, uri.as_str())
            }
            LabelSubject::Record { .. } | LabelSubject::Other => return Effect::None,
        };
        if !values.contains(label.value) {
            return Effect::None;
        }
        let subject = xxh3_64(subject.as_bytes());
        let said = hash(label.src.as_str(), label.value);
        if label.is_negated {
            notes.remove(subject, said);
            return Effect::Negates;
        }
        let expires_at = label.expires_at.unwrap_or(NEVER);
        if expires_at <= now {
            return Effect::Expired;
        }
        let was_hidden = notes.hide(subject, now);
        notes.insert(subject, hash(host, label.value), said, expires_at);
        if was_hidden { Effect::Known } else { Effect::Hides }
    }

    /// Whether the event, at this record time, says something new that is hidden: a post, or anything by an account.
    /// What is withdrawn is never hidden.
    pub(crate) fn hide(&self, event: &Event<'_>, now: Micros) -> bool {
        if self.accounts.places.is_empty() && self.posts.places.is_empty() {
            return false;
        }
        let (says_something, post_uri) = match event {
            Event::Post(post) => (post.data.is_some(), Some(post.uri.as_str())),
            Event::Like(like) => (!like.deleted, None),
            Event::Repost(repost) => (!repost.deleted, None),
            Event::Follow(follow) => (!follow.deleted, None),
        };
        let hide = |notes: &Notes, subject: &str| notes.hide(xxh3_64(subject.as_bytes()), now);
        says_something
            && (hide(&self.accounts, event.author_did().as_str())
                || post_uri.is_some_and(|uri| hide(&self.posts, uri)))
    }
}

/// Of a labeler's or a speaker's name, which holds no blank, and a label.
fn hash(name: &str, value: &str) -> u64 {
    xxh3_64(format!("{name} {value}").as_bytes())
}

/// One label on one subject. Both are known by their hashes: of a million subjects, two share one with a chance of 3
/// in 10^8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Note {
    ordinal: u64,
    subject: u64,
    rule: u64,
    said: u64,
    expires_at: Micros,
}

/// A ring of notes.
#[derive(Debug)]
struct Notes {
    state: &'static str,
    max: usize,
    /// The note with ordinal n is at n modulo `max`, unless it was taken off.
    ring: Vec<Option<Note>>,
    /// Where the notes of a subject are.
    places: KeyMap<SmallVec<[usize; 1]>>,
    next: u64,
    changed: BTreeSet<usize>,
}

impl Notes {
    fn new(state: &'static str, max: usize) -> Self {
        Self { state, max, ring: Vec::new(), places: KeyMap::default(), next: 0, changed: BTreeSet::new() }
    }

    fn notes_of(&self, subject: u64) -> impl Iterator<Item = (usize, &Note)> {
        let places = self.places.get(&subject).into_iter().flatten();
        places.filter_map(|&place| Some((place, self.ring[place].as_ref()?)))
    }

    fn hide(&self, subject: u64, now: Micros) -> bool {
        self.notes_of(subject).any(|(_, note)| now < note.expires_at)
    }

    /// Notes a label, or a new time at which it expires.
    fn insert(&mut self, subject: u64, rule: u64, said: u64, expires_at: Micros) {
        let known = self.notes_of(subject).find(|(_, note)| note.said == said);
        if let Some((place, note)) = known.map(|(place, note)| (place, *note)) {
            return self.put(place, Some(Note { rule, expires_at, ..note }));
        }
        self.put_new(Note { ordinal: self.next, subject, rule, said, expires_at });
    }

    fn put_new(&mut self, note: Note) {
        let place =
            usize::try_from(note.ordinal % self.max as u64).expect("a remainder is below its divisor");
        if place < self.ring.len() {
            self.clear(place);
        } else {
            self.ring.resize(place + 1, None);
        }
        self.put(place, Some(note));
        self.places.entry(note.subject).or_default().push(place);
        self.next = note.ordinal + 1;
    }

    fn remove(&mut self, subject: u64, said: u64) {
        let known = self.notes_of(subject).find(|(_, note)| note.said == said);
        if let Some(place) = known.map(|(place, _)| place) {
            self.clear(place);
        }
    }

    fn clear(&mut self, place: usize) {
        let Some(note) = self.ring[place] else { return };
        self.put(place, None);
        if let Some(places) = self.places.get_mut(&note.subject) {
            places.retain(|other| *other != place);
            if places.is_empty() {
                self.places.remove(&note.subject);
            }
        }
    }

    fn put(&mut self, place: usize, note: Option<Note>) {
        self.ring[place] = note;
        self.changed.insert(place / SEGMENT_NOTES);
    }

    /// Takes stored notes by their ordinals: of more than there is room for, the newest.
    fn fill(&mut self, stored: BTreeMap<u64, Note>) {
        for note in stored.into_values() {
            self.put_new(note);
        }
        self.changed.clear();
    }

    fn state_name(&self, segment: usize) -> String {
        format!("{}/{segment}", self.state)
    }

    fn changed_states(&mut self) -> Vec<(String, Vec<u8>)> {
        let changed = std::mem::take(&mut self.changed);
        let state = |segment| {
            let notes = self.ring.iter().skip(segment * SEGMENT_NOTES).take(SEGMENT_NOTES).flatten();
            (self.state_name(segment), write_segment(notes))
        };
        changed.into_iter().map(state).collect()
    }
}

fn write_segment<'a>(notes: impl Iterator<Item = &'a Note>) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    for note in notes {
        let expires_at = note.expires_at.0.cast_unsigned();
        for number in [note.ordinal, note.subject, note.rule, note.said, expires_at] {
            bytes.extend(number.to_le_bytes());
        }
    }
    bytes
}

/// None: not what [`write_segment`] writes.
fn read_segment(bytes: &[u8], into: &mut BTreeMap<u64, Note>) -> Option<()> {
    let (&VERSION, rest) = bytes.split_first()? else { return None };
    let (notes, []) = rest.as_chunks::<NOTE_BYTES>() else { return None };
    for note in notes {
        let (numbers, _) = note.as_chunks::<8>();
        let [ordinal, subject, rule, said, expires_at] = *numbers else { return None };
        let [ordinal, subject, rule, said] = [ordinal, subject, rule, said].map(u64::from_le_bytes);
        // The next one must have a number, too.
        ordinal.checked_add(1)?;
        let note = Note { ordinal, subject, rule, said, expires_at: Micros(i64::from_le_bytes(expires_at)) };
        into.insert(ordinal, note);
    }
    Some(())
}

#[cfg(test)]
mod tests;
