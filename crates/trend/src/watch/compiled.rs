//! Watchlists made ready, apart from a detector: to see whether they can be taken, and to give a running detector and
//! its extractors others at one moment.

use std::sync::Arc;

use super::{Watches, Watchlist};
use crate::detector::Detector;
use crate::extracted::Extractor;
use crate::settings::InvalidSettings;

/// Watchlists, ready for use. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CompiledWatchlists {
    lists: Arc<[Watchlist]>,
    watches: Arc<Watches>,
}

impl CompiledWatchlists {
    /// Refuses lists that make no sense, alone or together, with the name of what is wrong. 20,000 terms take some
    /// tenths of a second.
    pub fn compile(lists: Vec<Watchlist>) -> Result<Self, InvalidSettings> {
        let watches = Arc::new(Watches::compile(&lists)?);
        Ok(Self { lists: lists.into(), watches })
    }

    /// As they were given.
    pub fn lists(&self) -> &[Watchlist] {
        &self.lists
    }
}

impl Extractor {
    /// Looks for these from the next event on. What is extracted from here on is for a detector that has
    /// [taken](Detector::set_watchlists) the same lists.
    pub fn set_watchlists(&mut self, lists: &CompiledWatchlists) {
        self.watches = Arc::clone(&lists.watches);
    }
}

impl Detector {
    /// Watches these from the next event on, as a detector does that is [restored](Detector::restore) with them: a new
    /// list knows no past, one that is changed keeps its own, and one that is gone is forgotten, its alert ended with
    /// the next window. Events that were extracted with other lists must have been applied before.
    pub fn set_watchlists(&mut self, lists: &CompiledWatchlists) {
        self.settings.watchlists = lists.lists.to_vec();
        self.extractor.set_watchlists(lists);
        self.engine.set_watches(Arc::clone(&lists.watches));
    }
}
