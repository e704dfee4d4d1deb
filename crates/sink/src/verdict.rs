//! What an attempt means for the alert. Pure.

use std::time::{Duration, SystemTime};

use crate::client::{Answer, AttemptError};

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has it.
    Delivered,
    /// It may take it later; not before this, if it said so.
    Retry(Option<Duration>),
    /// It will not take it, however often it is asked.
    Refused,
    /// It wants nothing any more (410, as Standard Webhooks has it).
    Gone,
}

/// The verdict on an attempt.
pub fn verdict_of(attempt: &Result<Answer, AttemptError>) -> Verdict {
    match attempt {
        Ok(answer) => match answer.status {
            200..=299 => Verdict::Delivered,
            410 => Verdict::Gone,
            status if is_worth_retrying(status) => Verdict::Retry(answer.retry_after),
            _ => Verdict::Refused,
        },
        Err(_) => Verdict::Retry(None),
    }
}

/// Whether the same request may be answered better later. Redirects are no answer and are not followed: an address has
/// moved for good, and whoever answers must not send us elsewhere.
pub const fn is_worth_retrying(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}

/// The header `Retry-After`: seconds (Discord's have fractions), or a date.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = httpdate::parse_http_date(value).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_may_change_is_tried_again() {
        let verdict = |status| {
            let answer = Answer { status, retry_after: Some(Duration::from_secs(7)), excerpt: String::new() };
            verdict_of(&Ok(answer))
        };
        let later = Verdict::Retry(Some(Duration::from_secs(7)));
        for (statuses, expected) in [
            (&[200, 202, 204][..], Verdict::Delivered),
            (&[408, 425, 429, 500, 502, 503, 599], later),
            (&[410], Verdict::Gone),
            (&[300, 301, 302, 307, 308, 400, 401, 403, 404, 413, 422, 600], Verdict::Refused),
        ] {
            for status in statuses {
                assert_eq!(verdict(*status), expected, "{status}");
            }
        }
        assert_eq!(verdict_of(&Err(AttemptError::TimedOut)), Verdict::Retry(None));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(retry_after("120", now), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("0.5", now), Some(Duration::from_millis(500)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), Some(Duration::from_secs(60)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:48:37 GMT", now), Some(Duration::ZERO));
        for nothing in ["", "soon", "-1", "NaN", "inf", "1e300"] {
            assert_eq!(retry_after(nothing, now), None, "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_it_fail(value in "\\PC*") {
            let _ = retry_after(&value, SystemTime::UNIX_EPOCH);
        }
    }
}
