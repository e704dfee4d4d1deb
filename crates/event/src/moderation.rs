//! What people decide about keywords while skytrend runs: the records of the topic `moderation`, which is the list of
//! decisions and the log of who made them in one.

use serde::{Deserialize, Serialize};

use crate::Micros;

/// Who reports without a token.
pub const ANONYMOUS: &str = "anonymous";

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModerationAction {
    /// Its keywords are not shown.
    Block,
    /// Its keywords are not shown until somebody has decided.
    Hold,
    /// Its keywords are shown although another pattern blocks or holds them.
    Allow,
    /// Whatever was decided about the pattern does not stand any more.
    Release,
    /// Somebody thinks that a decision is needed.
    Report,
    /// No decision is needed: answers reports.
    Dismiss,
}

/// One act of moderation. Topic `moderation`, key: pattern. The last decision about a pattern stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModerationRecord {
    /// What was done.
    pub action: ModerationAction,
    /// The keywords it is about, as in `trend.moderation`: `word`, `start*`, `/regex/`, `#tag`, `ja:word`.
    pub pattern: String,
    /// Why, for people.
    #[serde(default)]
    pub reason: String,
    /// The name of a token, or [`ANONYMOUS`].
    pub by: String,
    /// When, by the clock of the server that took it.
    pub at: Micros,
    /// From when on a decision does not stand any more; none: it stands until another one.
    #[serde(default)]
    pub expires_at: Option<Micros>,
}
