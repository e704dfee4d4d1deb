//! What is known of a watchlist but its counts: where it is defined, and since when it counts so.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skytrend_event::{Micros, WatchlistDefinition, watchlist};

use crate::http::access::Caller;
use crate::schema;
use crate::view::Snapshot;
use crate::watchlists::{Standing, Watchlists};

/// Most terms, those of the settings' lists counted too.
const TERMS_MAX: usize = 20_000;
/// Most languages of a list.
const LANGUAGES_MAX: usize = 200;

/// Where a list is defined: in the settings, and changed there; or by `PUT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WatchlistOrigin")]
pub(super) enum Origin {
    Settings,
    Api,
}

/// See the module.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "KnownOfWatchlist")]
pub(super) struct Known {
    /// Null where this server has counts of it, and nothing else: another one watches it.
    origin: Option<Origin>,
    /// Whether what is counted follows its present definition: it does so about a second after a change. Null where the
    /// detector is another process, which doesn't say.
    is_counted: Option<bool>,
    /// All posts witnessed after this instant count by its present definition; null for a list of the settings, or of
    /// which that isn't known.
    #[schemars(with = "Option<schema::Instant>")]
    counts_from: Option<Micros>,
    /// When it was last changed, by the server's clock; null for a list of the settings.
    #[schemars(with = "Option<schema::Instant>")]
    changed_at: Option<Micros>,
    /// By whose token; null for a list of the settings, and for who may only read.
    changed_by: Option<String>,
    /// Why the list that was put is not counted beside those of the settings; null where it is.
    left_out: Option<String>,
}

/// What a watchlist looks for, and when it alerts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WatchlistDefinition")]
pub(super) struct Definition {
    /// Words, phrases, `start*`, `#tag` and `/regex/`, each of at most 500 bytes; at least one, and of all lists together
    /// at most 20,000.
    #[schemars(length(min = 1, max = TERMS_MAX), inner(length(min = 1, max = 500)))]
    terms: Vec<String>,
    /// Only posts in one of these languages count, by their codes; empty: all.
    #[serde(default)]
    #[schemars(length(max = LANGUAGES_MAX))]
    languages: Vec<String>,
    /// An alert needs so many posts in the sliding window, near-copies of a text counted once …
    #[serde(default = "alert_posts")]
    #[schemars(range(min = 1))]
    alert_posts: u32,
    /// … and so many times what the list's own past makes one expect.
    #[serde(default = "alert_growth")]
    #[schemars(range(min = 1, max = 1_000_000))]
    alert_growth: f64,
    /// It ends when either has been below half of that for so long.
    #[serde(default = "cooldown_minutes")]
    #[schemars(range(min = 1, max = 1_440))]
    cooldown_minutes: u32,
}

fn alert_posts() -> u32 {
    watchlist::ALERT_POSTS
}

fn alert_growth() -> f64 {
    watchlist::ALERT_GROWTH
}

fn cooldown_minutes() -> u32 {
    watchlist::COOLDOWN_MINUTES
}

impl From<WatchlistDefinition> for Definition {
    fn from(definition: WatchlistDefinition) -> Self {
        let WatchlistDefinition { terms, languages, alert_posts, alert_growth, cooldown_minutes } =
            definition;
        Self { terms, languages, alert_posts, alert_growth, cooldown_minutes }
    }
}

impl From<Definition> for WatchlistDefinition {
    fn from(definition: Definition) -> Self {
        let Definition { terms, languages, alert_posts, alert_growth, cooldown_minutes } = definition;
        Self { terms, languages, alert_posts, alert_growth, cooldown_minutes }
    }
}

/// The lists there are. Where the detector is another process's, also those that it counts.
pub(super) fn names(watchlists: Option<&Watchlists>, snapshot: &Snapshot) -> BTreeSet<String> {
    let known = watchlists.map(Watchlists::names).unwrap_or_default();
    let is_all = watchlists.is_some_and(Watchlists::is_detecting);
    let counted = snapshot.watchlists.keys().filter(|_| !is_all);
    counted.cloned().chain(known).collect()
}

/// Its definition, for who may write: a list may tell more of those who watch than of what is watched.
pub(super) fn definition(watchlists: Option<&Watchlists>, name: &str, caller: &Caller) -> Option<Definition> {
    let definition = match watchlists.filter(|_| caller.may_write())?.get(name)? {
        Standing::Settings(definition) => WatchlistDefinition::clone(&definition),
        Standing::Changed(_, record) => record.definition.clone()?,
    };
    Some(definition.into())
}

/// What this caller may know of a list but that.
pub(super) fn of(watchlists: Option<&Watchlists>, name: &str, caller: &Caller) -> Known {
    let nothing = Known {
        origin: None,
        is_counted: watchlists.is_none_or(Watchlists::is_detecting).then_some(true),
        counts_from: None,
        changed_at: None,
        changed_by: None,
        left_out: None,
    };
    let Some(watchlists) = watchlists else { return nothing };
    match watchlists.get(name) {
        None => nothing,
        Some(Standing::Settings(_)) => {
            // One of the same name may have been put before the settings had it.
            let left_out = watchlists.follow_watched().borrow().left_out.get(name).cloned();
            Known { origin: Some(Origin::Settings), left_out, ..nothing }
        }
        Some(Standing::Changed(offset, record)) => {
            let watched = watchlists.follow_watched();
            let watched = watched.borrow();
            let is_taken_up = watched.next > offset;
            let left_out = watched.left_out.get(name).filter(|_| is_taken_up).cloned();
            let is_counted = is_taken_up && left_out.is_none();
            Known {
                origin: Some(Origin::Api),
                is_counted: watchlists.is_detecting().then_some(is_counted),
                counts_from: watched.since.get(name).filter(|_| is_counted).copied(),
                changed_at: Some(record.at),
                changed_by: Some(record.by.clone()).filter(|_| caller.may_write()),
                left_out,
            }
        }
    }
}
