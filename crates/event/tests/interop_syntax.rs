//! The protocol's own lists of valid and invalid identifiers and datetimes.

mod shared;

use skytrend_event::{
    AtIdentifier, AtUri, Did, Handle, InvalidDatetime, Language, Micros, Nsid, RecordKey, Tid,
};

/// The cases of one file. Spaces at the end of a line are part of its case.
fn cases(name: &str) -> Vec<String> {
    let file = shared::read(&format!("interop/atproto-interop-test-files/syntax/{name}.txt"));
    let is_case = |line: &&str| !line.is_empty() && !line.starts_with("# ");
    let cases: Vec<String> = file.lines().filter(is_case).map(str::to_owned).collect();
    assert!(!cases.is_empty(), "{name} has cases");
    cases
}

/// Holds `is_valid` against the valid and the invalid cases of an identifier.
fn check(name: &str, is_valid: impl Fn(String) -> bool) {
    for case in cases(&format!("{name}_syntax_valid")) {
        assert!(is_valid(case.clone()), "{name} {case:?} is valid");
    }
    for case in cases(&format!("{name}_syntax_invalid")) {
        assert!(!is_valid(case.clone()), "{name} {case:?} is not valid");
    }
}

#[test]
fn dids() {
    check("did", |text| Did::parse(text).is_ok());
}

#[test]
fn handles() {
    check("handle", |text| Handle::parse(text).is_ok());
}

#[test]
fn at_identifiers() {
    check("atidentifier", |text| AtIdentifier::parse(text).is_ok());
}

#[test]
fn nsids() {
    check("nsid", |text| Nsid::parse(text).is_ok());
}

#[test]
fn record_keys() {
    check("recordkey", |text| RecordKey::parse(text).is_ok());
}

#[test]
fn tids() {
    check("tid", |text| Tid::parse(text).is_ok());
}

#[test]
fn at_uris() {
    check("aturi", |text| AtUri::parse(text).is_ok());
}

#[test]
fn languages() {
    check("language", |text| Language::parse(text).is_ok());
    for case in cases("language_parse_invalid") {
        assert!(Language::parse(case.as_str()).is_err(), "{case:?} is not valid");
    }
}

#[test]
fn datetimes() {
    check("datetime", |text| Micros::parse_rfc3339(&text).is_ok());
    for case in cases("datetime_parse_invalid") {
        assert_eq!(Micros::parse_rfc3339(&case), Err(InvalidDatetime::OutOfRange), "{case:?}");
    }
}

#[test]
fn valid_datetimes_survive_their_own_text_form() {
    for case in cases("datetime_syntax_valid") {
        let instant = Micros::parse_rfc3339(&case).unwrap();
        assert_eq!(Micros::parse_rfc3339(&instant.to_rfc3339()), Ok(instant), "{case:?}");
    }
}
