//! Watchlists that people change while skytrend runs: the records of the topic `watchlists`, which is what stands and
//! the log of who changed it in one.

use serde::{Deserialize, Serialize};

use crate::Micros;

/// What an alert needs unless the list says otherwise: posts in the sliding window …
pub const ALERT_POSTS: u32 = 20;
/// … and growth over the list's own past.
pub const ALERT_GROWTH: f64 = 3.0;
/// How long it lasts below half of that, unless the list says otherwise.
pub const COOLDOWN_MINUTES: u32 = 30;

/// What a watchlist is, but for its name; fields as in `trend.watchlists`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WatchlistDefinition {
    /// Words, phrases, `start*`, `#tag` and `/regex/`.
    pub terms: Vec<String>,
    /// Only posts in one of these languages count; empty: all.
    #[serde(default)]
    pub languages: Vec<String>,
    /// An alert needs so many posts in the sliding window, near-copies of a text counted once …
    pub alert_posts: u32,
    /// … and so many times what the list's own past makes one expect.
    pub alert_growth: f64,
    /// It ends when either has been below half of that for so long.
    pub cooldown_minutes: u32,
}

/// One change of a watchlist. Topic `watchlists`, key: name. The newest record of a name stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WatchlistRecord {
    /// The list that is changed.
    pub name: String,
    /// What it is from now on; none: it is removed.
    #[serde(default)]
    pub definition: Option<WatchlistDefinition>,
    /// The name of a token.
    pub by: String,
    /// When, by the clock of the server that took it.
    pub at: Micros,
}
