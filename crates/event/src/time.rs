//! Instants as microseconds since the Unix epoch: the unit of Jetstream's `time_us`, of log records, of windows.
//! Reading the clock is not done here: time enters with the events.

mod civil;
mod rfc3339;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use civil::CivilTime;
pub use rfc3339::InvalidDatetime;

/// Microseconds in one second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in one minute, the length of a pane.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds in one hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds in one day; there are no leap seconds in Unix time.
pub const DAY: i64 = 24 * HOUR;

/// An instant in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub i64);

impl Micros {
    /// Reads a datetime of the AT Protocol (<https://atproto.com/specs/lexicon#datetime>): what RFC 3339, ISO 8601
    /// and WHATWG HTML agree on, with an upper-case `T` and `Z`, a mandatory zone, and years 0001 to 9999. Digits of
    /// the fraction after the sixth are cut off; leap seconds are out of range.
    pub fn parse_rfc3339(text: &str) -> Result<Self, InvalidDatetime> {
        rfc3339::parse(text.as_bytes())
    }

    /// `1985-04-12T23:20:50.123456Z`: UTC, always six digits of fraction. The same as [`Display`](fmt::Display).
    pub fn to_rfc3339(self) -> String {
        self.to_string()
    }

    /// Date and time of day in UTC.
    pub const fn civil(self) -> CivilTime {
        CivilTime::of(self)
    }

    /// The start of the period of `length` microseconds that holds this instant (rounds towards the past). Periods
    /// are counted from the epoch; `length` is positive.
    #[must_use]
    pub const fn floor(self, length: i64) -> Self {
        debug_assert!(length > 0, "a period has a length");
        Self(self.0.saturating_sub(self.0.rem_euclid(length)))
    }

    /// This instant moved by `micros` (saturating).
    #[must_use]
    pub const fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Whole and fractional seconds from `earlier` to this instant (saturating at 292,000 years).
    pub const fn seconds_since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / SECOND as f64
    }
}

/// As [`Micros::to_rfc3339`]; years outside 0000 to 9999 have a sign and six digits, as ISO 8601 expands them.
impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        rfc3339::format(self.civil(), f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn floor_rounds_towards_the_past_on_both_sides_of_the_epoch() {
        let floors = [(0, 0), (1, 0), (59, 0), (60, 60), (-1, -60), (-60, -60), (-61, -120)];
        for (micros, floor) in floors {
            assert_eq!(Micros(micros).floor(60), Micros(floor), "floor of {micros}");
        }
    }

    #[test]
    fn nothing_overflows_at_the_ends() {
        assert_eq!(Micros(i64::MAX).plus(1), Micros(i64::MAX));
        assert_eq!(Micros(i64::MIN).floor(7), Micros(i64::MIN));
        assert!(Micros(i64::MIN).seconds_since(Micros(i64::MAX)) < 0.0);
        assert_eq!(Micros(i64::MIN).to_rfc3339(), "-290308-12-21T19:59:05.224192Z");
        assert_eq!(Micros(i64::MAX).to_rfc3339(), "+294247-01-10T04:00:54.775807Z");
    }

    proptest! {
        #[test]
        fn floor_is_a_multiple_at_most_one_period_back(micros in -HOUR * 1_000_000..HOUR * 1_000_000, length in 1..DAY) {
            let floor = Micros(micros).floor(length);
            prop_assert_eq!(floor.0 % length, 0);
            prop_assert!(floor.0 <= micros && micros - floor.0 < length);
        }
    }
}
