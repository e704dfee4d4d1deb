//! The text form of instants: the AT Protocol's strict subset of RFC 3339 in, UTC with six digits out.

use std::fmt;

use super::civil::{CivilTime, days_in_month};
use super::{HOUR, MINUTE, Micros};

/// Longer text is no datetime; the protocol's own implementations have the same limit.
const LENGTH_MAX: usize = 64;
/// 0001-01-01T00:00:00Z
const FIRST: Micros =
    CivilTime { year: 1, month: 1, day: 1, hour: 0, minute: 0, second: 0, micros: 0 }.instant();
/// 10000-01-01T00:00:00Z, the first that has no four-digit year.
const END: Micros =
    CivilTime { year: 10_000, month: 1, day: 1, hour: 0, minute: 0, second: 0, micros: 0 }.instant();

/// Why text is not a datetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum InvalidDatetime {
    /// A date and a time, but no `Z` and no offset, so that no instant is named.
    #[error("datetime without a time zone")]
    NoZone,
    /// Not of the form `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)`, or with the zone `-00:00`.
    #[error("not the syntax of a datetime")]
    Syntax,
    /// No such day, time or offset, or not in the years 0001 to 9999.
    #[error("datetime out of range")]
    OutOfRange,
}

pub(super) fn parse(text: &[u8]) -> Result<Micros, InvalidDatetime> {
    let [y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2, b'T', h1, h2, b':', mi1, mi2, b':', s1, s2, rest @ ..] =
        text
    else {
        return Err(InvalidDatetime::Syntax);
    };
    if text.len() > LENGTH_MAX {
        return Err(InvalidDatetime::Syntax);
    }
    let (micros, zone) = parse_fraction(rest)?;
    let civil = CivilTime {
        year: number([*y1, *y2])? * 100 + number([*y3, *y4])?,
        month: number([*mo1, *mo2])?,
        day: number([*d1, *d2])?,
        hour: number([*h1, *h2])?,
        minute: number([*mi1, *mi2])?,
        second: number([*s1, *s2])?,
        micros,
    };
    let offset = parse_zone(zone)?;
    let is_time = civil.hour <= 23 && civil.minute <= 59 && civil.second <= 59;
    let is_date =
        (1..=12).contains(&civil.month) && (1..=days_in_month(civil.year, civil.month)).contains(&civil.day);
    if !is_time || !is_date || civil.year == 0 {
        return Err(InvalidDatetime::OutOfRange);
    }
    let instant = civil.instant().plus(-offset);
    if instant < FIRST || instant >= END {
        return Err(InvalidDatetime::OutOfRange);
    }
    Ok(instant)
}

/// The microseconds of `.123…`, and what follows; none and all where there is no fraction.
fn parse_fraction(text: &[u8]) -> Result<(i64, &[u8]), InvalidDatetime> {
    let Some(text) = text.strip_prefix(b".") else { return Ok((0, text)) };
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return Err(InvalidDatetime::Syntax);
    }
    let (digits, rest) = text.split_at(length);
    let digits = digits.iter().map(|digit| i64::from(digit - b'0')).chain(std::iter::repeat(0));
    Ok((digits.take(6).fold(0, |micros, digit| micros * 10 + digit), rest))
}

/// The offset from UTC in microseconds.
fn parse_zone(text: &[u8]) -> Result<i64, InvalidDatetime> {
    match text {
        [b'Z'] => Ok(0),
        [] => Err(InvalidDatetime::NoZone),
        // RFC 3339 gives it a meaning of its own ("UTC, the local zone is unknown"), ISO 8601 forbids it.
        b"-00:00" => Err(InvalidDatetime::Syntax),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number([*h1, *h2])?, number([*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return Err(InvalidDatetime::OutOfRange);
            }
            let offset = hours * HOUR + minutes * MINUTE;
            Ok(if *sign == b'-' { -offset } else { offset })
        }
        _ => Err(InvalidDatetime::Syntax),
    }
}

fn number(digits: [u8; 2]) -> Result<i64, InvalidDatetime> {
    let [tens, ones] = digits.map(|digit| i64::from(digit.wrapping_sub(b'0')));
    if tens > 9 || ones > 9 { Err(InvalidDatetime::Syntax) } else { Ok(tens * 10 + ones) }
}

pub(super) fn format(civil: CivilTime, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let CivilTime { year, month, day, hour, minute, second, micros } = civil;
    if (0..=9999).contains(&year) {
        write!(f, "{year:04}")?;
    } else {
        write!(f, "{year:+07}")?;
    }
    write!(f, "-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Result<Micros, InvalidDatetime> {
        Micros::parse_rfc3339(text)
    }

    #[test]
    fn zones_and_fractions_name_the_same_instant() {
        let instant = Ok(Micros(482_196_050_120_000));
        for text in [
            "1985-04-12T23:20:50.12Z",
            "1985-04-12T23:20:50.120000Z",
            "1985-04-12T23:20:50.120000999999Z",
            "1985-04-12T23:20:50.12+00:00",
            "1985-04-13T01:05:50.12+01:45",
            "1985-04-12T16:20:50.12-07:00",
        ] {
            assert_eq!(parsed(text), instant, "{text}");
        }
        assert_eq!(Micros(482_196_050_120_000).to_rfc3339(), "1985-04-12T23:20:50.120000Z");
        assert_eq!(parsed("1969-12-31T23:59:59.9999999Z"), Ok(Micros(-1)));
    }

    #[test]
    fn the_reason_says_what_is_wrong() {
        use InvalidDatetime::{NoZone, OutOfRange, Syntax};
        for (text, reason) in [
            ("1985-04-12T23:20:50", NoZone),
            ("1985-04-12T23:20:50.123", NoZone),
            ("", Syntax),
            ("1985-04-12", Syntax),
            ("1985-04-12T23:20:50.Z", Syntax),
            ("1985-04-12T23:20:50-00:00", Syntax),
            ("1985-04-12T23:20:50+0100", Syntax),
            ("１985-04-12T23:20:50Z", Syntax),
            ("1985-02-29T23:20:50Z", OutOfRange),
            ("1900-02-29T23:20:50Z", OutOfRange),
            ("1985-04-12T24:00:00Z", OutOfRange),
            ("2016-12-31T23:59:60Z", OutOfRange),
            ("1985-04-12T23:20:50+24:00", OutOfRange),
            ("0000-12-31T23:59:59Z", OutOfRange),
            ("0001-01-01T00:00:00+00:01", OutOfRange),
            ("9999-12-31T23:59:59-00:01", OutOfRange),
        ] {
            assert_eq!(parsed(text), Err(reason), "{text}");
        }
        assert_eq!(parsed("2000-02-29T00:00:00Z").map(Micros::civil).map(|civil| civil.day), Ok(29));
        assert_eq!(parsed("0001-01-01T00:00:00Z"), Ok(FIRST));
        assert_eq!(parsed("9999-12-31T23:59:59.999999Z"), Ok(END.plus(-1)));
    }

    #[test]
    fn the_limit_of_length_holds() {
        let of_length = |length: usize| format!("1985-04-12T23:20:50.{}Z", "0".repeat(length - 21));
        assert!(parsed(&of_length(LENGTH_MAX)).is_ok());
        assert_eq!(parsed(&of_length(LENGTH_MAX + 1)), Err(InvalidDatetime::Syntax));
    }

    proptest! {
        #[test]
        fn text_round_trip(micros in FIRST.0..END.0) {
            prop_assert_eq!(parsed(&Micros(micros).to_rfc3339()), Ok(Micros(micros)));
        }

        #[test]
        fn an_offset_moves_the_instant(micros in FIRST.0 + 86_400_000_000..END.0 - 86_400_000_000, minutes in 1..1440_i64) {
            let text = Micros(micros).to_rfc3339();
            let zone = format!("{:02}:{:02}", minutes / 60, minutes % 60);
            prop_assert_eq!(parsed(&text.replace('Z', &format!("+{zone}"))), Ok(Micros(micros - minutes * MINUTE)));
            prop_assert_eq!(parsed(&text.replace('Z', &format!("-{zone}"))), Ok(Micros(micros + minutes * MINUTE)));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\\.[0-9]*)?[Z+-]?[0-9:]{0,6}") {
            if let Ok(instant) = parsed(&text) {
                prop_assert!(instant >= FIRST && instant < END);
            }
        }
    }
}
