//! Dates of the proleptic Gregorian calendar, in UTC. Nothing here knows of time zones, leap seconds or locales.

use super::{DAY, HOUR, MINUTE, Micros, SECOND};

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: i64 = 719_468;
/// Days in 400 years, after which the calendar repeats itself.
const ERA_DAYS: i64 = 146_097;

/// Date and time of day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilTime {
    /// The year; 0 is the year before 0001.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    /// 0 to 23.
    pub hour: i64,
    /// 0 to 59.
    pub minute: i64,
    /// 0 to 59.
    pub second: i64,
    /// Microseconds of the second, 0 to 999,999.
    pub micros: i64,
}

impl CivilTime {
    /// The instant's date and time of day. The date is found by the algorithm `civil_from_days` of
    /// <https://howardhinnant.github.io/date_algorithms.html>: years begin in March, so that the leap day is last.
    pub(super) const fn of(instant: Micros) -> Self {
        let of_day = instant.0.rem_euclid(DAY);
        let days = instant.0.div_euclid(DAY) + EPOCH_DAYS;
        let day_of_era = days.rem_euclid(ERA_DAYS);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        Self {
            year: days.div_euclid(ERA_DAYS) * 400 + year_of_era + (month <= 2) as i64,
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            hour: of_day / HOUR,
            minute: of_day % HOUR / MINUTE,
            second: of_day % MINUTE / SECOND,
            micros: of_day % SECOND,
        }
    }

    /// The instant; the fields are in their ranges and the year is within ±290,000.
    pub(super) const fn instant(self) -> Micros {
        let year_from_march = self.year - (self.month <= 2) as i64;
        let year_of_era = year_from_march.rem_euclid(400);
        let month_from_march = (self.month + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = year_from_march.div_euclid(400) * ERA_DAYS + day_of_era - EPOCH_DAYS;
        Micros(days * DAY + self.hour * HOUR + self.minute * MINUTE + self.second * SECOND + self.micros)
    }
}

/// Days of a month; `month` is 1 to 12.
pub(super) const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIDNIGHT: CivilTime =
        CivilTime { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0, micros: 0 };

    #[test]
    fn every_day_of_eight_centuries_follows_the_one_before() {
        let mut date = CivilTime { year: 1600, ..MIDNIGHT };
        let mut instant = date.instant();
        while date.year < 2400 {
            assert_eq!(CivilTime::of(instant), date);
            assert_eq!(date.instant(), instant);
            instant = instant.plus(DAY);
            date = match (date.day == days_in_month(date.year, date.month), date.month) {
                (false, _) => CivilTime { day: date.day + 1, ..date },
                (true, 12) => CivilTime { year: date.year + 1, month: 1, day: 1, ..date },
                (true, _) => CivilTime { month: date.month + 1, day: 1, ..date },
            };
        }
        assert_eq!(MIDNIGHT.instant(), Micros(0));
    }

    proptest! {
        #[test]
        fn any_instant_round_trips(micros in -9_000_000_000_000_000_000_i64..9_000_000_000_000_000_000) {
            let civil = CivilTime::of(Micros(micros));
            prop_assert_eq!(civil.instant(), Micros(micros));
            prop_assert!((1..=12).contains(&civil.month));
            prop_assert!((1..=days_in_month(civil.year, civil.month)).contains(&civil.day));
        }
    }
}
