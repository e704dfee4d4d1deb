//! Dates as the AT Protocol writes them (<https://atproto.com/specs/lexicon#datetime>): RFC 3339 with a mandatory
//! zone and capital `T` and `Z`. It decides what is a date, not which dates are believable.

use skytrend_event::Micros;

/// Reads a date such as `2026-07-04T14:38:07.877Z` or `…+09:00`; digits past microseconds are cut off.
///
/// None for what is no date of the calendar, has no zone, or has `-00:00`, which the protocol forbids. A leap second
/// is no date.
pub fn parse(text: &str) -> Option<Micros> {
    let (fixed, rest) = text.as_bytes().split_at_checked(19)?;
    let &[y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2, b'T', h1, h2, b':', mi1, mi2, b':', s1, s2] = fixed
    else {
        return None;
    };
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let (month, day) = (two(mo1, mo2)?, two(d1, d2)?);
    let (hour, minute, second) = (two(h1, h2)?, two(mi1, mi2)?, two(s1, s2)?);
    if day < 1 || day > days_of_month(year, month)? || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (fraction, zone) = fraction_micros(rest)?;
    let seconds = days_since_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    let micros = (seconds - zone_seconds(zone)?) * 1_000_000 + fraction;
    // An offset can carry the first or last day of the calendar out of it.
    (FIRST..=LAST).contains(&micros).then_some(Micros(micros))
}

/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z.
const FIRST: i64 = -62_167_219_200_000_000;
const LAST: i64 = 253_402_300_799_999_999;

fn digit(byte: u8) -> Option<i64> {
    byte.is_ascii_digit().then(|| i64::from(byte - b'0'))
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// `.` and at least one digit, or nothing; and what follows.
fn fraction_micros(rest: &[u8]) -> Option<(i64, &[u8])> {
    let [b'.', digits @ ..] = rest else { return Some((0, rest)) };
    let length = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    if length == 0 || length > FRACTION_DIGITS_MAX {
        return None;
    }
    let (digits, zone) = digits.split_at(length);
    let micros = (0..6).fold(0, |sum, at| sum * 10 + digits.get(at).map_or(0, |b| i64::from(b - b'0')));
    Some((micros, zone))
}

/// More digits than any clock gives; the protocol's own examples have up to 21.
const FRACTION_DIGITS_MAX: usize = 40;

fn zone_seconds(zone: &[u8]) -> Option<i64> {
    let &[sign, h1, h2, b':', m1, m2] = zone else {
        return (zone == b"Z").then_some(0);
    };
    let (hours, minutes) = (two(h1, h2)?, two(m1, m2)?);
    let seconds = hours * 3600 + minutes * 60;
    match sign {
        _ if hours > 23 || minutes > 59 => None,
        b'+' => Some(seconds),
        b'-' if seconds > 0 => Some(-seconds),
        _ => None,
    }
}

fn days_of_month(year: i64, month: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar, counted in eras of 400 years that start on 1 March, so that the
/// leap day is the last one of its year.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_from_year_10_to_3001_are_read() {
        assert_eq!(parse("1970-01-01T00:00:00Z"), Some(Micros(0)));
        assert_eq!(parse("2026-07-04T14:38:07.877Z"), Some(Micros(1_783_175_887_877_000)));
        assert_eq!(parse("2026-07-04T23:38:07.8771239+09:00"), Some(Micros(1_783_175_887_877_123)));
        assert_eq!(parse("0010-12-31T23:00:00.000Z"), Some(Micros(-61_820_067_600_000_000)));
        assert_eq!(parse("3001-12-31T23:00:00.000Z"), Some(Micros(32_566_748_400_000_000)));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        let bad = [
            "",
            "2026",
            "2026-07-04",
            "2026-07-04T14:38:07",
            "2026-07-04T14:38:07.Z",
            "2026-02-29T00:00:00Z",
            "2026-07-04T14:38:07-00:00",
            "2026-07-04T24:00:00Z",
            "2026-07-04T14:38:07+24:00",
            "2026-13-01T00:00:00Z",
            "2026-07-04t14:38:07Z",
            "2026-07-04T14:38:07z",
            "2026-07-04 14:38:07Z",
            "2026-07-04T14:38:60Z",
            "0000-01-01T00:00:00+01:00",
            "２026-07-04T14:38:07Z",
            "2026-07-04T14:38:07Z ",
            "+026-07-04T14:38:07Z",
        ];
        for text in bad {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
