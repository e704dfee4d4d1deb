//! How instants are written: RFC 3339 dates, and TIDs, the protocol's sortable timestamp ids.
//! It reads neither clock nor text.

use std::fmt;

use skytrend_event::Micros;
use skytrend_event::time::SECOND;

const DAY: i64 = 86_400 * SECOND;

/// An instant as an RFC 3339 date in UTC with six digits of fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rfc3339(pub Micros);

impl Rfc3339 {
    /// Without fraction and zone: `2026-07-04T14:38:08`.
    pub(crate) fn to_the_second(self) -> String {
        self.to_string()[..19].to_owned()
    }

    /// With three digits of fraction: what most clients write.
    pub(crate) fn to_the_millisecond(self) -> String {
        let mut text = self.to_string();
        text.truncate(23);
        text.push('Z');
        text
    }
}

impl fmt::Display for Rfc3339 {
    /// Days to a date by Howard Hinnant's `civil_from_days`; valid for the years 0 to 9999.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Micros(micros) = self.0;
        let (days, rest) = (micros.div_euclid(DAY) + 719_468, micros.rem_euclid(DAY));
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let (seconds, fraction) = (rest / SECOND, rest % SECOND);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}Z")
    }
}

/// A TID as the number it stands for: microseconds and a clock's id. <https://atproto.com/specs/tid>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TidNumber(pub u64);

impl TidNumber {
    /// The TID of an instant after 1970 by the clock of this id (its lowest ten bits).
    pub fn new(at: Micros, clock: u64) -> Self {
        Self((at.0.max(0).cast_unsigned() << 10 | clock & 0x3ff) & (u64::MAX >> 1))
    }

    /// Its 13 characters.
    pub fn to_ascii(self) -> [u8; 13] {
        const DIGITS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
        let mut text = [0; 13];
        for (at, slot) in text.iter_mut().rev().enumerate() {
            *slot = DIGITS[(self.0 >> (5 * at)) as usize & 31];
        }
        text
    }
}

impl fmt::Display for TidNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.to_ascii()).expect("the digits are ASCII"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_the_calendar_s() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399_999_999, "2000-02-28T23:59:59.999999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (1_783_175_887_517_000, "2026-07-04T14:38:07.517000Z"),
            (4_107_542_399_000_000, "2100-02-28T23:59:59.000000Z"),
        ] {
            assert_eq!(Rfc3339(Micros(micros)).to_string(), text);
        }
        assert_eq!(Rfc3339(Micros(1_783_175_887_517_999)).to_the_millisecond(), "2026-07-04T14:38:07.517Z");
    }

    #[test]
    fn tids_are_valid_and_sort_like_time() {
        let (early, late) = (Micros(1_783_175_887_517_000), Micros(1_783_175_887_517_001));
        let (a, b) = (TidNumber::new(early, 1023).to_string(), TidNumber::new(late, 0).to_string());
        assert!(a < b, "{a} {b}");
        skytrend_event::Tid::parse(a.as_str()).unwrap();
        assert_eq!(&a[..6], "3mptby", "the same second's TIDs on the network begin so");
    }
}
