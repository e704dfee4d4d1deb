//! Instants as microseconds since the Unix epoch: the unit of Jetstream's `time_us`, of log records, of windows.
//! Reading the clock is not done here: time enters with the events.

use serde::{Deserialize, Serialize};

/// An instant in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub i64);

/// Microseconds in one second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in one minute, the length of a pane.
pub const MINUTE: i64 = 60 * SECOND;

impl Micros {
    /// The start of the period of `length` microseconds that holds this instant (rounds towards the past).
    pub const fn floor(self, length: i64) -> Self {
        Self(self.0 - self.0.rem_euclid(length))
    }

    /// This instant moved by `micros` (saturating).
    pub const fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Whole and fractional seconds from `earlier` to this instant.
    pub const fn seconds_since(self, earlier: Self) -> f64 {
        (self.0 - earlier.0) as f64 / SECOND as f64
    }
}
