//! Watchlists that change while the detector runs, exactly once: which lists a post is held against is decided where it
//! is read, so the reading half ([`Changes`]) finds a change, and sends it with the first batch that was extracted by
//! it. The applying half ([`Following`]) makes its snapshot there, with the lists in force as a state in the same
//! transaction. A run that is killed goes on from that snapshot with these lists, or from an earlier one with those
//! before.
//!
//! After a restart, windows are computed again that were written already. No change is taken up before they are
//! through: they were written by the lists before.
//!
//! Format 1 of the state `detect/watchlists`: `u8` version = 1, `u64` offset of the topic `watchlists` up to which the
//! changes are in force, `u32` number of lists, for each `u8` length of its name, the name, and `i64` microseconds of
//! event time from which on it counts as it is; little-endian.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::{Buf as _, Bytes};
use skytrend_event::{Micros, Topic, WatchlistDefinition, WatchlistRecord};
use skytrend_log::{Log, LogError, Offset, Transaction};
use skytrend_serve::watchlists::{Watched, Watchlists};
use skytrend_trend::{CompiledWatchlists, Watchlist};
use tracing::{info, warn};

use crate::stage::Input;
use crate::watchlists::{Effective, effective, for_each_change};

const STATE: &str = "detect/watchlists";
const VERSION: u8 = 1;

/// Changes are taken up together, at most so often: each costs the detector a snapshot.
const TAKEN_UP_EVERY: Duration = Duration::from_secs(1);

/// The lists in force, for the half that applies.
pub struct Following {
    pub log: Arc<dyn Log>,
    told: Arc<Watchlists>,
    of_settings: Arc<[Watchlist]>,
    put: BTreeMap<String, WatchlistDefinition>,
    watched: Watched,
}

/// Other lists than before.
pub struct Change {
    pub lists: CompiledWatchlists,
    next: Offset,
    /// Those that were put or removed.
    names: BTreeSet<String>,
    left_out: BTreeMap<String, String>,
}

impl Following {
    /// Lists of the log beside those of the settings; `told` is told what is in force.
    pub fn new(log: Arc<dyn Log>, told: Arc<Watchlists>, of_settings: &[Watchlist]) -> Self {
        let (put, watched) = (BTreeMap::new(), Watched::default());
        Self { log, told, of_settings: of_settings.into(), put, watched }
    }

    /// The lists that were in force when the detector was saved last, with the settings of now.
    pub fn start(&mut self) -> anyhow::Result<CompiledWatchlists> {
        let log = Arc::clone(&self.log);
        let start = log.bounds(Topic::Watchlists.name(), 0)?.start;
        self.watched = match log.state(STATE)? {
            Some(bytes) => read_state(bytes).context("the state of the watchlists is damaged")?,
            None => Watched { next: start, ..Watched::default() },
        };
        self.put = BTreeMap::new();
        for_each_change(log.as_ref(), start, self.watched.next, |_, record| {
            take(&mut self.put, record.name, record.definition);
        })?;
        let Effective { lists, left_out } = effective(&self.of_settings, &self.put)?;
        warn_of(&left_out);
        self.watched.left_out = left_out;
        // One that can't be watched now may be again after the next start, and then counts from there on.
        let known = self.watched.since.len();
        self.watched.since.retain(|name, _| lists.lists().iter().any(|list| list.name == *name));
        self.watched.since.retain(|name, _| !self.watched.left_out.contains_key(name));
        if self.watched.since.len() < known {
            let states = vec![(STATE.to_owned(), write_state(&self.watched))];
            log.commit(Transaction { states, ..Transaction::default() })?;
        }
        self.told.set_watched(self.watched.clone());
        Ok(lists)
    }

    /// For the half that reads: no change before all `inputs`, which have come as far as `fronts`, have passed
    /// `written_through`.
    pub fn changes(
        &self,
        inputs: &[Input],
        fronts: impl Iterator<Item = Option<Micros>>,
        written_through: Micros,
    ) -> Changes {
        let before = |front: &Option<Micros>| front.is_none_or(|front| front < written_through);
        let behind = inputs.iter().zip(fronts).filter(|(_, front)| before(front));
        Changes {
            log: Arc::clone(&self.log),
            of_settings: Arc::clone(&self.of_settings),
            put: self.put.clone(),
            next: self.watched.next,
            behind: if written_through == Micros(i64::MIN) {
                BTreeSet::new()
            } else {
                behind.map(|(input, _)| (input.topic, input.partition)).collect()
            },
            written_through,
            polled: None,
        }
    }

    /// The state with which this change is in force, for posts witnessed after `newest`.
    pub fn take_up(&mut self, change: &Change, newest: Micros) -> (String, Bytes) {
        let Watched { next, since, left_out } = &mut self.watched;
        *next = change.next;
        since.retain(|name, _| !change.names.contains(name));
        since.extend(change.names.iter().map(|name| (name.clone(), newest)));
        since.retain(|name, _| change.lists.lists().iter().any(|list| list.name == *name));
        left_out.clone_from(&change.left_out);
        (STATE.to_owned(), write_state(&self.watched))
    }

    /// Says what is in force, when it is durable.
    pub fn tell(&self) {
        info!(lists = ?self.watched.since.keys(), next = self.watched.next, "watchlists have changed");
        self.told.set_watched(self.watched.clone());
    }
}

/// The lists by which posts are extracted, for the half that reads.
pub struct Changes {
    log: Arc<dyn Log>,
    of_settings: Arc<[Watchlist]>,
    put: BTreeMap<String, WatchlistDefinition>,
    next: Offset,
    /// Inputs that have not passed what was written.
    behind: BTreeSet<(Topic, u32)>,
    written_through: Micros,
    /// When changes were looked for last.
    polled: Option<Instant>,
}

impl Changes {
    /// The lists from the next batch on, if they are others than before.
    pub fn poll(&mut self) -> anyhow::Result<Option<Change>> {
        if !self.behind.is_empty() || self.polled.is_some_and(|polled| polled.elapsed() < TAKEN_UP_EVERY) {
            return Ok(None);
        }
        self.polled = Some(Instant::now());
        let (end, records) = match self.read() {
            Ok(read) => read,
            Err(error) if error.downcast_ref().is_some_and(LogError::is_transient) => {
                warn!(error = format!("{error:#}"), "changes of watchlists can't be read, trying again");
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if records.is_empty() {
            return Ok(None);
        }
        let mut names = BTreeSet::new();
        for record in records {
            names.insert(record.name.clone());
            take(&mut self.put, record.name, record.definition);
        }
        self.next = end;
        let Effective { lists, left_out } = effective(&self.of_settings, &self.put)?;
        warn_of(&left_out);
        Ok(Some(Change { lists, next: end, names, left_out }))
    }

    /// What has come since, and the offset after it.
    fn read(&self) -> anyhow::Result<(Offset, Vec<WatchlistRecord>)> {
        let end = self.log.bounds(Topic::Watchlists.name(), 0)?.end;
        let mut records = Vec::new();
        for_each_change(self.log.as_ref(), self.next, end, |_, record| records.push(record))?;
        Ok((end, records))
    }

    /// The input has been read up to a record of this time.
    pub fn passed(&mut self, input: &Input, timestamp_micros: i64) {
        if !self.behind.is_empty() && timestamp_micros >= self.written_through.0 {
            self.behind.remove(&(input.topic, input.partition));
        }
    }
}

fn take(
    put: &mut BTreeMap<String, WatchlistDefinition>,
    name: String,
    definition: Option<WatchlistDefinition>,
) {
    match definition {
        Some(definition) => put.insert(name, definition),
        None => put.remove(&name),
    };
}

fn warn_of(left_out: &BTreeMap<String, String>) {
    for (name, reason) in left_out {
        warn!(name, reason, "a watchlist that was put by the API is not watched");
    }
}

fn write_state(watched: &Watched) -> Bytes {
    let mut bytes = vec![VERSION];
    bytes.extend(watched.next.to_le_bytes());
    bytes.extend(u32::try_from(watched.since.len()).expect("lists are at most a hundred").to_le_bytes());
    for (name, since) in &watched.since {
        bytes.push(u8::try_from(name.len()).expect("a name has at most 64 letters"));
        bytes.extend(name.as_bytes());
        bytes.extend(since.0.to_le_bytes());
    }
    bytes.into()
}

fn read_state(mut bytes: Bytes) -> anyhow::Result<Watched> {
    let version = bytes.try_get_u8()?;
    ensure!(version == VERSION, "format {version} is not known");
    let mut watched = Watched { next: bytes.try_get_u64_le()?, ..Watched::default() };
    for _ in 0..bytes.try_get_u32_le()? {
        let len = usize::from(bytes.try_get_u8()?);
        ensure!(len <= bytes.len(), "a name ends too early");
        let name = String::from_utf8(bytes.split_to(len).to_vec())?;
        watched.since.insert(name, Micros(bytes.try_get_i64_le()?));
    }
    ensure!(bytes.is_empty(), "{} bytes are left", bytes.len());
    Ok(watched)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_read_back_and_damage_is_noticed() {
        let since = [("sea", 7), ("land", -7)].map(|(name, micros)| (name.to_owned(), Micros(micros)));
        let watched = Watched { next: 3, since: since.into(), left_out: BTreeMap::new() };
        let bytes = write_state(&watched);
        assert_eq!(read_state(bytes.clone()).unwrap(), watched);
        for len in 0..bytes.len() {
            assert!(read_state(bytes.slice(..len)).is_err(), "{len}");
        }
        assert!(read_state([&bytes[..], b"x"].concat().into()).is_err());
        assert!(read_state([&[2], &bytes[1..]].concat().into()).is_err());
    }
}
