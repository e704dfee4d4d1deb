//! Instants as text, in UTC (RFC 3339): for people; the topics and the API's records keep microseconds.

use skytrend_event::Micros;
use skytrend_event::time::{MINUTE, SECOND};

const DAY: i64 = 24 * 60 * MINUTE;

/// The instant as `2025-03-01T12:34:56Z`, with six decimals where it isn't a whole second. Years after 9999 have as
/// many digits as they need; years before 0 a sign.
pub fn rfc3339(instant: Micros) -> String {
    let (year, month, day) = date(instant.0.div_euclid(DAY));
    let in_day = instant.0.rem_euclid(DAY);
    let (hour, minute, second) = (in_day / (60 * MINUTE), in_day / MINUTE % 60, in_day / SECOND % 60);
    let micros = in_day % SECOND;
    let fraction = if micros == 0 { String::new() } else { format!(".{micros:06}") };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// `12:34` of the instant, UTC.
pub(crate) fn hour_and_minute(instant: Micros) -> String {
    let in_day = instant.0.rem_euclid(DAY);
    format!("{:02}:{:02}", in_day / (60 * MINUTE), in_day / MINUTE % 60)
}

/// Year, month and day of a number of days since 1970-01-01 in the proleptic Gregorian calendar. Years are counted
/// from March, so that the leap day is a year's last (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// `civil_from_days`).
fn date(days_since_epoch: i64) -> (i64, i64, i64) {
    let days = days_since_epoch + 719_468; // since 0000-03-01
    let era = days.div_euclid(146_097); // of 400 years
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_instants() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (951_782_400 * SECOND, "2000-02-29T00:00:00Z"),
            (1_740_832_496 * SECOND + 1, "2025-03-01T12:34:56.000001Z"),
            (4_107_542_400 * SECOND, "2100-03-01T00:00:00Z"),
            (253_402_300_799 * SECOND, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(Micros(micros)), text);
        }
        assert_eq!(hour_and_minute(Micros(1_740_832_496 * SECOND)), "12:34");
    }

    proptest! {
        #[test]
        fn every_instant_has_a_text(micros: i64) {
            prop_assert!(rfc3339(Micros(micros)).ends_with('Z'));
        }

        #[test]
        fn a_later_day_is_a_later_text(day in 0..2_900_000_i64) {
            prop_assert!(rfc3339(Micros(day * DAY)) < rfc3339(Micros((day + 1) * DAY)));
        }
    }
}
