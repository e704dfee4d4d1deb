//! Watchlists that people change while skytrend runs, as the topic `watchlists` tells them, beside those of the
//! settings: which there are, who changed them, from when on the detector counts them, and how one is changed.
//!
//! A change is appended to the log. The program reads it from there twice: for what is shown here
//! ([`Watchlists::apply`]), and for the detector, which says when it has taken it up ([`Watchlists::set_watched`]).
//! What stands after a restart is therefore what stood before.
//!
//! What a term means, the log and the clock are the program's ([`Backend`]).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use skytrend_event::{Micros, WatchlistDefinition, WatchlistRecord};
use tokio::sync::watch;

/// A list that can't be watched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be {rule}")]
pub struct Invalid {
    /// What of it is wrong: `name`, a field of its definition, or `watchlists`, which is all of them together.
    pub field: String,
    /// What it must be.
    pub rule: String,
}

/// A record that was not stored, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the change could not be stored: {0}")]
pub struct NotStored(pub String);

/// What the program does for [`Watchlists`].
pub trait Backend: Send + Sync {
    /// Whether a list can be watched beside `others` and those of the settings. Takes up to a second.
    fn check(
        &self,
        name: &str,
        definition: &WatchlistDefinition,
        others: &BTreeMap<String, WatchlistDefinition>,
    ) -> Result<(), Invalid>;

    /// Appends a record to the topic `watchlists` and returns its offset when it is committed. Blocks.
    fn append(&self, record: &WatchlistRecord) -> Result<u64, NotStored>;

    /// The time of day.
    fn now(&self) -> Micros;
}

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There can be no such list.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The settings have it.
    #[error("this list is one of `trend.watchlists` in the settings, and is changed there")]
    OfSettings,
    /// Nothing to remove.
    #[error("there is no such watchlist")]
    Nothing,
    /// The log failed.
    #[error(transparent)]
    NotStored(#[from] NotStored),
}

/// How far the detector has taken changes up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// The offset after the last change that it counts by.
    pub next: u64,
    /// From when on it counts each list as it is defined now: all posts witnessed later.
    pub since: BTreeMap<String, Micros>,
    /// Lists that can't be watched beside the settings of now, with the reason.
    pub left_out: BTreeMap<String, String>,
}

/// A list that stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// In the settings, by the operator's hand.
    Settings(Arc<WatchlistDefinition>),
    /// By a change, which is the record at this offset.
    Changed(u64, Arc<WatchlistRecord>),
}

/// What a change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// There was no such list; its offset.
    Added(u64),
    /// Another definition took the place of the one before; its offset.
    Replaced(u64),
    /// It was defined so already, by the record at this offset.
    Nothing(u64),
}

impl Change {
    /// The offset of the record by which it is so.
    pub fn offset(self) -> u64 {
        match self {
            Self::Added(offset) | Self::Replaced(offset) | Self::Nothing(offset) => offset,
        }
    }
}

/// The fold of the topic.
#[derive(Debug, Default)]
struct Fold {
    /// Of each list that is not removed, its offset and record, which has a definition.
    lists: BTreeMap<String, (u64, Arc<WatchlistRecord>)>,
    /// The offset after the last record.
    next: u64,
}

/// What is watched, shared by those who apply records, those who change lists, and those who look.
pub struct Watchlists {
    backend: Arc<dyn Backend>,
    of_settings: BTreeMap<String, Arc<WatchlistDefinition>>,
    is_detecting: bool,
    fold: Mutex<Fold>,
    /// One change after the other, so that the limits hold.
    changing: Mutex<()>,
    applied: watch::Sender<u64>,
    watched: watch::Sender<Watched>,
}

impl Watchlists {
    /// Those of the settings. `is_detecting`: this process has the detector, which watches nothing else than what is
    /// known here.
    pub fn new(
        backend: Arc<dyn Backend>,
        of_settings: BTreeMap<String, WatchlistDefinition>,
        is_detecting: bool,
    ) -> Self {
        Self {
            backend,
            of_settings: of_settings.into_iter().map(|(name, list)| (name, Arc::new(list))).collect(),
            is_detecting,
            fold: Mutex::default(),
            changing: Mutex::default(),
            applied: watch::Sender::default(),
            watched: watch::Sender::default(),
        }
    }

    /// Applies the record at `offset` of the topic. Once more, it changes nothing.
    pub fn apply(&self, offset: u64, record: WatchlistRecord) {
        {
            let mut fold = self.fold();
            if offset < fold.next {
                return;
            }
            fold.next = offset + 1;
            if record.definition.is_some() {
                fold.lists.insert(record.name.clone(), (offset, Arc::new(record)));
            } else {
                fold.lists.remove(&record.name);
            }
        }
        // Two may apply records at once, and the later one say so first.
        self.applied.send_if_modified(|applied| {
            let is_news = *applied <= offset;
            *applied = (offset + 1).max(*applied);
            is_news
        });
    }

    /// Says how far the detector has taken changes up.
    pub fn set_watched(&self, watched: Watched) {
        self.watched.send_replace(watched);
    }

    /// Tells the offset after the last record that was applied.
    pub fn follow_applied(&self) -> watch::Receiver<u64> {
        self.applied.subscribe()
    }

    /// Tells how far the detector is.
    pub fn follow_watched(&self) -> watch::Receiver<Watched> {
        self.watched.subscribe()
    }

    /// Whether the detector runs in this process.
    pub fn is_detecting(&self) -> bool {
        self.is_detecting
    }

    /// The list of this name.
    pub fn get(&self, name: &str) -> Option<Standing> {
        if let Some(definition) = self.of_settings.get(name) {
            return Some(Standing::Settings(Arc::clone(definition)));
        }
        self.put_before(name).map(|(offset, record)| Standing::Changed(offset, record))
    }

    /// The names of all lists, in order.
    pub fn names(&self) -> Vec<String> {
        let fold = self.fold();
        let mut names: Vec<_> = self.of_settings.keys().chain(fold.lists.keys()).cloned().collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Stores what a list is from now on; the detector counts it when [`Self::follow_watched`] has passed the offset.
    /// Blocks.
    pub fn put(&self, name: &str, definition: WatchlistDefinition, by: &str) -> Result<Change, Refused> {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.of_settings.contains_key(name) {
            return Err(Refused::OfSettings);
        }
        let before = self.put_before(name);
        if let Some((offset, record)) = &before
            && record.definition.as_ref() == Some(&definition)
        {
            return Ok(Change::Nothing(*offset));
        }
        let mut others = self.definitions();
        others.remove(name);
        self.backend.check(name, &definition, &others)?;
        let offset = self.store(name, Some(definition), by)?;
        Ok(if before.is_some() { Change::Replaced(offset) } else { Change::Added(offset) })
    }

    /// Stores that there is no such list any more, and returns the offset. One that the settings hide goes, too. Blocks.
    pub fn remove(&self, name: &str, by: &str) -> Result<u64, Refused> {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        match self.put_before(name) {
            Some(_) => Ok(self.store(name, None, by)?),
            None if self.of_settings.contains_key(name) => Err(Refused::OfSettings),
            None => Err(Refused::Nothing),
        }
    }

    fn put_before(&self, name: &str) -> Option<(u64, Arc<WatchlistRecord>)> {
        self.fold().lists.get(name).cloned()
    }

    /// Appends the change, and applies it here: the next one is to build on it.
    fn store(&self, name: &str, definition: Option<WatchlistDefinition>, by: &str) -> Result<u64, NotStored> {
        let (name, by, at) = (name.to_owned(), by.to_owned(), self.backend.now());
        let record = WatchlistRecord { name, definition, by, at };
        let offset = self.backend.append(&record)?;
        // Else another process has appended, too, and the records come in their order when they are read.
        if self.fold().next == offset {
            self.apply(offset, record);
        }
        Ok(offset)
    }

    fn definitions(&self) -> BTreeMap<String, WatchlistDefinition> {
        let fold = self.fold();
        let defined = |(name, (_, record)): (&String, &(u64, Arc<WatchlistRecord>))| {
            Some((name.clone(), record.definition.clone()?))
        };
        fold.lists.iter().filter_map(defined).collect()
    }

    fn fold(&self) -> MutexGuard<'_, Fold> {
        self.fold.lock().expect("the fold panics nowhere; if it did, it could not be trusted")
    }
}
