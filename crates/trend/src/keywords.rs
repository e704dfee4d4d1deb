//! The table of keywords: each has a number while a retained or pending post uses it or a state belongs to it, the
//! list of its retained occurrences, and, once enough authors use it, a [`KeywordState`]. Numbers and the order of
//! the table depend on arrival and so never reach any output.

mod occurrences;

use hashbrown::{HashMap, HashTable};
use skytrend_event::{KeywordKind, WindowKind};
use smallvec::SmallVec;

use crate::extract::{Keyword, SurfaceForm};
use crate::posts::Occurrence;
use crate::prefetch::prefetch;
use crate::season::KeywordSeason;
use crate::settings::SHARDS;
use crate::state::KeywordState;
use crate::tally::Tally;
use crate::watch::is_key;

use occurrences::Occurrences;

/// Where many keywords are gone through, they are asked for so many steps ahead.
pub(crate) const PREFETCHED_AHEAD: usize = 8;
/// No state.
const NO_STATE: u32 = u32::MAX;

/// One keyword, in one cache line.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Entry {
    pub(crate) hash: u64,
    pub(crate) normalized: Box<str>,
    pub(crate) kind: KeywordKind,
    /// It is a watchlist or a term of one.
    pub(crate) is_watched: bool,
    pub(crate) occurrences: Occurrences,
    /// One of its present occurrences is written in a way of its own.
    has_mixed: bool,
}

const _: () = assert!(size_of::<Entry>() == 64);

/// What tells whether a keyword is worth a look in a window, in one cache line, apart from the rest so that all are
/// soon looked through.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Glance {
    /// How often retained and pending posts name it.
    references: u32,
    state: u32,
    /// As in its state.
    watched_until: i64,
    tallies: Tallies,
}

impl Glance {
    const NEW: Self = Self {
        references: 0,
        state: NO_STATE,
        watched_until: i64::MIN,
        tallies: Tallies { sliding: Tally::ZERO, tumbling: Tally::ZERO },
    };
}

/// Of the two windows that end with the present minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tallies {
    pub(crate) sliding: Tally,
    pub(crate) tumbling: Tally,
}

impl Tallies {
    pub(crate) fn of(&self, window: WindowKind) -> &Tally {
        match window {
            WindowKind::Sliding => &self.sliding,
            WindowKind::Tumbling => &self.tumbling,
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Keywords {
    by_hash: HashTable<u32>,
    entries: Vec<Entry>,
    /// Of the entry with the same number.
    glances: Vec<Glance>,
    /// How keywords are written in the first of their present occurrences that is written in a way of its own.
    mixed: HashMap<u32, Box<str>>,
    free: Vec<u32>,
    states: Vec<KeywordState>,
    /// The keyword of each state; none for a free one.
    owners: Vec<Option<u32>>,
    free_states: Vec<u32>,
    states_in_shard: Vec<u32>,
    occurrences: usize,
}

/// The shard a keyword belongs to.
pub(crate) fn shard_of(hash: u64) -> usize {
    (hash >> 40) as usize % SHARDS
}

impl Keywords {
    pub(crate) fn new() -> Self {
        Self { states_in_shard: vec![0; SHARDS], ..Self::default() }
    }

    /// Asks for what [`Self::acquire`] of keywords with these hashes will read.
    pub(crate) fn prefetch(&self, hashes: impl Iterator<Item = u64>) {
        // With all but certainty the first one with some bits of the hash is the keyword.
        let found = hashes.filter_map(|hash| self.by_hash.find(hash, |_| true).copied());
        let numbers: SmallVec<[u32; 64]> = found.collect();
        self.prefetch_numbers(numbers.iter().copied());
        for &number in &numbers {
            prefetch(self.entries[number as usize].normalized.as_bytes().first());
        }
    }

    /// Asks for the keywords with these numbers.
    pub(crate) fn prefetch_numbers(&self, numbers: impl Iterator<Item = u32>) {
        for number in numbers {
            prefetch(&self.entries[number as usize]);
            prefetch(&self.glances[number as usize]);
        }
    }

    /// Asks for what these keywords, which are there by now, point to: both ends of their lists, and their states.
    pub(crate) fn prefetch_lists(&self, numbers: impl Iterator<Item = u32>) {
        for number in numbers {
            let list = self.entries[number as usize].occurrences.as_slice();
            prefetch(list.first());
            prefetch(list.last());
            let state = self.states.get(self.glances[number as usize].state as usize);
            prefetch(state.map(|state| &state.posts));
            prefetch(state.map(|state| &state.observed));
        }
    }

    /// The number of `keyword`, which is added if new, for one more use of it.
    pub(crate) fn acquire(&mut self, keyword: Keyword<'_>) -> u32 {
        let found = self.by_hash.find(keyword.hash, |&number| {
            let entry = &self.entries[number as usize];
            entry.hash == keyword.hash
                && entry.kind == keyword.kind
                && *entry.normalized == *keyword.normalized
        });
        let number = if let Some(&number) = found { number } else { self.insert(keyword) };
        self.glances[number as usize].references += 1;
        number
    }

    /// The number of the phrase with this text and its hash, likewise.
    pub(crate) fn acquire_phrase(&mut self, hash: u64, normalized: &str) -> u32 {
        let (kind, form) = (KeywordKind::Phrase, SurfaceForm::Lower);
        self.acquire(Keyword { kind, normalized, form, mixed: "", hash })
    }

    fn insert(&mut self, keyword: Keyword<'_>) -> u32 {
        let entry = Entry {
            hash: keyword.hash,
            normalized: keyword.normalized.into(),
            kind: keyword.kind,
            is_watched: is_key(keyword.normalized),
            occurrences: Occurrences::default(),
            has_mixed: false,
        };
        let number = if let Some(number) = self.free.pop() {
            self.entries[number as usize] = entry;
            self.glances[number as usize] = Glance::NEW;
            number
        } else {
            self.entries.push(entry);
            self.glances.push(Glance::NEW);
            // Bounded by occurrences and states, far below 2^27.
            (self.entries.len() - 1) as u32
        };
        self.by_hash.insert_unique(keyword.hash, number, |&other| self.entries[other as usize].hash);
        number
    }

    pub(crate) fn entry(&self, number: u32) -> &Entry {
        &self.entries[number as usize]
    }

    /// All numbers in use, in no particular order.
    pub(crate) fn in_use(&self) -> Vec<u32> {
        self.by_hash.iter().copied().collect()
    }

    /// One more use of keyword `number`.
    pub(crate) fn acquire_again(&mut self, number: u32) {
        self.glances[number as usize].references += 1;
    }

    /// How the keyword is written where it is written in a way of its own.
    pub(crate) fn mixed(&self, number: u32) -> Option<&str> {
        self.mixed.get(&number).map(|mixed| &**mixed)
    }

    /// Sets that.
    pub(crate) fn set_mixed(&mut self, number: u32, mixed: Option<Box<str>>) {
        self.entries[number as usize].has_mixed = mixed.is_some();
        if let Some(mixed) = mixed {
            self.mixed.insert(number, mixed);
        }
    }

    /// One past the largest number.
    pub(crate) fn numbers(&self) -> u32 {
        self.entries.len() as u32
    }

    /// The keyword with this kind and text, if there is one.
    pub(crate) fn find(&self, kind: KeywordKind, normalized: &str) -> Option<u32> {
        let hash = crate::extract::hash_of(kind, normalized);
        let is_it = |&number: &u32| {
            let entry = &self.entries[number as usize];
            entry.hash == hash && entry.kind == kind && *entry.normalized == *normalized
        };
        self.by_hash.find(hash, is_it).copied()
    }

    /// A post that names the keyword now counts for it. `mixed` is how it is written there, if in a way of its own.
    pub(crate) fn push(&mut self, number: u32, occurrence: Occurrence, mixed: &str, minute: i64) {
        let entry = &mut self.entries[number as usize];
        entry.occurrences.push(occurrence);
        if !entry.has_mixed && !mixed.is_empty() {
            entry.has_mixed = true;
            self.mixed.insert(number, mixed.into());
        }
        self.occurrences += 1;
        if let Some(state) = self.states.get_mut(self.glances[number as usize].state as usize) {
            state.apply(minute, 1);
        }
    }

    /// The oldest post with the keyword has left.
    pub(crate) fn expire(&mut self, number: u32, post: u32) {
        self.entries[number as usize].occurrences.pop_first(post);
        self.occurrences -= 1;
        self.release(number);
    }

    /// A post of minute `minute` with the keyword does not count any more.
    pub(crate) fn retract(&mut self, number: u32, post: u32, minute: i64) {
        let entry = &mut self.entries[number as usize];
        entry.occurrences.remove(post);
        self.occurrences -= 1;
        if let Some(state) = self.states.get_mut(self.glances[number as usize].state as usize) {
            state.apply(minute, -1);
        }
        self.release(number);
    }

    /// One use less.
    pub(crate) fn release(&mut self, number: u32) {
        self.glances[number as usize].references -= 1;
        let entry = &mut self.entries[number as usize];
        if entry.has_mixed && entry.occurrences.as_slice().is_empty() {
            // Not later than here, so that it does not depend on posts that are still pending.
            entry.has_mixed = false;
            self.mixed.remove(&number);
        }
        self.remove_if_unused(number);
    }

    fn remove_if_unused(&mut self, number: u32) {
        let glance = self.glances[number as usize];
        if glance.references > 0 || glance.state != NO_STATE {
            return;
        }
        let entry = &mut self.entries[number as usize];
        if let Ok(found) = self.by_hash.find_entry(entry.hash, |&other| other == number) {
            found.remove();
            entry.normalized = Box::default();
            entry.occurrences = Occurrences::default();
            self.free.push(number);
        }
    }

    pub(crate) fn tallies(&self, number: u32) -> &Tallies {
        &self.glances[number as usize].tallies
    }

    pub(crate) fn tallies_mut(&mut self, number: u32) -> &mut Tallies {
        &mut self.glances[number as usize].tallies
    }

    /// A new tumbling window starts.
    pub(crate) fn clear_tumbling_tallies(&mut self) {
        for glance in &mut self.glances {
            glance.tallies.tumbling = Tally::ZERO;
        }
    }

    /// Whether the keyword is watched at `minute`.
    pub(crate) fn is_watched(&self, number: u32, minute: i64) -> bool {
        minute <= self.glances[number as usize].watched_until
    }

    /// The keyword is watched up to this minute, as its state says.
    pub(crate) fn set_watched_until(&mut self, number: u32, watched_until: i64) {
        self.glances[number as usize].watched_until = watched_until;
    }

    pub(crate) fn state(&self, number: u32) -> Option<&KeywordState> {
        self.states.get(self.glances[number as usize].state as usize)
    }

    pub(crate) fn state_mut(&mut self, number: u32) -> Option<&mut KeywordState> {
        self.states.get_mut(self.glances[number as usize].state as usize)
    }

    /// Gives the keyword a state.
    pub(crate) fn admit(&mut self, number: u32, state: KeywordState) {
        let watched_until = state.watched_until;
        let place = if let Some(place) = self.free_states.pop() {
            self.states[place as usize] = state;
            self.owners[place as usize] = Some(number);
            place
        } else {
            self.states.push(state);
            self.owners.push(Some(number));
            (self.states.len() - 1) as u32
        };
        let glance = &mut self.glances[number as usize];
        (glance.state, glance.watched_until) = (place, watched_until);
        self.states_in_shard[shard_of(self.entries[number as usize].hash)] += 1;
    }

    /// Calls `learn` with each state and the occurrences of its keyword.
    pub(crate) fn for_each_state(&mut self, mut learn: impl FnMut(&mut KeywordState, &[Occurrence])) {
        for (place, (state, owner)) in self.states.iter_mut().zip(&self.owners).enumerate() {
            let later = self.owners.get(place + PREFETCHED_AHEAD).copied().flatten();
            prefetch(later.map(|number| &self.entries[number as usize]));
            if let Some(number) = owner {
                learn(state, self.entries[*number as usize].occurrences.as_slice());
            }
        }
    }

    /// Keeps each shard within its part of `states_max`: removes the states with the lowest `level`, some more than
    /// needed, so that it need not be done every minute, and tells `left` of each. Returns how many.
    pub(crate) fn evict(
        &mut self,
        states_max: u32,
        level: impl Fn(&KeywordState) -> f64,
        mut left: impl FnMut(u64, &KeywordState),
    ) -> u64 {
        let budget = (states_max as usize).div_ceil(SHARDS);
        if self.states_in_shard.iter().all(|&states| states as usize <= budget) {
            return 0;
        }
        let mut by_shard: Vec<Vec<(f64, u32)>> = vec![Vec::new(); SHARDS];
        for (state, owner) in self.states.iter().zip(&self.owners) {
            let Some(number) = *owner else { continue };
            let entry = &self.entries[number as usize];
            let shard = shard_of(entry.hash);
            if self.states_in_shard[shard] as usize > budget && !entry.is_watched {
                by_shard[shard].push((level(state), number));
            }
        }
        let mut evicted = 0;
        for mut states in by_shard {
            states.sort_unstable_by(|left, right| {
                let (left_entry, right_entry) =
                    (&self.entries[left.1 as usize], &self.entries[right.1 as usize]);
                left.0.total_cmp(&right.0).then_with(|| {
                    let key = |entry: &Entry| (entry.hash, entry.normalized.clone(), entry.kind);
                    key(left_entry).cmp(&key(right_entry))
                })
            });
            for &(_, number) in states.iter().take(states.len().saturating_sub(budget - budget / 16)) {
                if let Some(state) = self.state(number) {
                    left(self.entries[number as usize].hash, state);
                }
                self.remove_state(number);
                evicted += 1;
            }
        }
        evicted
    }

    /// Removes the states of lists that are not `watched` any more.
    pub(crate) fn forget_lists(&mut self, watched: impl Fn(&str) -> bool) {
        let is_gone = |&number: &u32| {
            let entry = &self.entries[number as usize];
            entry.is_watched && !watched(&entry.normalized)
        };
        let gone: Vec<u32> = self.owners.iter().flatten().copied().filter(is_gone).collect();
        for number in gone {
            self.remove_state(number);
        }
    }

    fn remove_state(&mut self, number: u32) {
        let glance = &mut self.glances[number as usize];
        let place = std::mem::replace(&mut glance.state, NO_STATE);
        glance.watched_until = i64::MIN;
        self.states_in_shard[shard_of(self.entries[number as usize].hash)] -= 1;
        self.owners[place as usize] = None;
        self.states[place as usize].baseline.season = KeywordSeason::default();
        self.free_states.push(place);
        self.remove_if_unused(number);
    }

    /// Keywords that have a number.
    pub(crate) fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// Keywords that have a state.
    pub(crate) fn states_len(&self) -> usize {
        self.states.len() - self.free_states.len()
    }

    /// Occurrences that count.
    pub(crate) fn occurrences_len(&self) -> usize {
        self.occurrences
    }

    /// Bytes held, about.
    pub(crate) fn memory_bytes(&self) -> usize {
        // Past four, the items of a list are on the heap; a text is about a dozen bytes in a block of 16.
        let lists: usize = self.entries.iter().map(|entry| entry.occurrences.heap_bytes()).sum();
        let seasons: usize = self.states.iter().map(|state| state.baseline.season.heap_bytes()).sum();
        lists
            + seasons
            + self.by_hash.len() * 16
            + self.mixed.allocation_size()
            + self.entries.capacity() * (size_of::<Entry>() + size_of::<Glance>())
            + self.states.capacity() * size_of::<KeywordState>()
            + self.by_hash.allocation_size()
    }
}
