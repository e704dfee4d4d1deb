//! The query of a request, read strictly: each parameter known, once, and valid.

use std::convert::Infallible;
use std::ops::RangeInclusive;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::openapi::Operation;
use super::problem::{Problem, closest};

/// The parameters, percent-decoded, in the order of the request. Its length is bounded by hyper's limit on a head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    fn parse(raw: &str) -> Self {
        Self(form_urlencoded::parse(raw.as_bytes()).into_owned().collect())
    }

    /// Refuses parameters that are not among `names`, and those that occur twice.
    pub(super) fn allow(&self, names: &[&'static str]) -> Result<(), Problem> {
        for (i, (name, _)) in self.0.iter().enumerate() {
            if !names.contains(&name.as_str()) {
                let suggestion = closest(name, names.iter().copied());
                return Err(
                    Problem::unexpected_parameter(name, "there is no", names).with_suggestion(suggestion)
                );
            }
            if self.0[..i].iter().any(|(earlier, _)| earlier == name) {
                return Err(Problem::unexpected_parameter(name, "there is more than one", names));
            }
        }
        Ok(())
    }

    /// Refuses parameters that the operation doesn't describe, and those that occur twice.
    pub(super) fn check(&self, operation: &Operation) -> Result<(), Problem> {
        self.allow(&operation.query_names())
    }

    /// The parameter as text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The parameter as a whole number within `range`.
    pub(super) fn number<N>(&self, name: &str, range: RangeInclusive<N>, default: N) -> Result<N, Problem>
    where
        N: std::str::FromStr + PartialOrd + std::fmt::Display + Copy,
    {
        let Some(text) = self.text(name) else { return Ok(default) };
        let refused = || Problem::parameter(name, text, format!("{} to {}", range.start(), range.end()));
        // `parse` would take a sign, too.
        let number = if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None };
        number.filter(|n| range.contains(n)).ok_or_else(refused)
    }

    /// The parameter as a whole number without an upper end: one too large to be held is the largest that can be.
    pub(super) fn number_from(&self, name: &str, min: usize, default: usize) -> Result<usize, Problem> {
        let Some(text) = self.text(name) else { return Ok(default) };
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = is_number.then(|| text.parse().unwrap_or(usize::MAX)).filter(|number| *number >= min);
        number.ok_or_else(|| Problem::parameter(name, text, format!("a number from {min}")))
    }

    /// The parameter as one of a few values with names; the first is the default.
    pub(super) fn choice<T: Copy, const N: usize>(
        &self,
        name: &str,
        values: [(&'static str, T); N],
    ) -> Result<T, Problem> {
        let chosen = self.text(name).unwrap_or(values[0].0);
        let found = values.iter().find(|(value, _)| *value == chosen).map(|(_, choice)| *choice);
        found.ok_or_else(|| {
            let names = values.map(|(value, _)| value);
            Problem::parameter(name, chosen, names.join(", ")).with_suggestion(closest(chosen, names))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_whole_unsigned_and_in_range() {
        let number = |raw: &str| Query::parse(raw).number("limit", 1..=500, 50);
        assert_eq!(number(""), Ok(50));
        assert_eq!(number("limit=500"), Ok(500));
        for refused in [
            "limit=0",
            "limit=501",
            "limit=",
            "limit=%2B5",
            "limit=-1",
            "limit=5.0",
            "limit=99999999999999999999",
        ] {
            assert!(number(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_number_without_an_upper_end_may_be_of_any_length() {
        let number = |raw: &str| Query::parse(raw).number_from("limit", 1, 10);
        assert_eq!((number(""), number("limit=7")), (Ok(10), Ok(7)));
        assert_eq!(number("limit=99999999999999999999"), Ok(usize::MAX));
        for refused in ["limit=0", "limit=", "limit=%2B5", "limit=-1"] {
            assert!(number(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_parameter_is_known_and_occurs_once() {
        let allow = |raw: &str| Query::parse(raw).allow(&["window", "limit"]);
        assert_eq!(allow("limit=1&window=x"), Ok(()));
        assert!(allow("limit=1&limit=1").is_err());
        let unknown = allow("limt=1").expect_err("it does not exist");
        assert_eq!(unknown, unknown.clone().with_suggestion(Some("limit")));
        assert!(allow("limit=1&").is_ok());
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(raw in ".{0,60}|(limit|window)=(%[0-9a-f]{2}){0,6}&?.{0,9}") {
            let query = Query::parse(&raw);
            let _ = query.allow(&["limit", "window"]);
            let _ = query.number("limit", 1..=500_u64, 50);
            let _ = query.choice("window", [("sliding", 0), ("tumbling", 1)]);
        }
    }
}
