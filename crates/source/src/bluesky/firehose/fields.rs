//! What the payloads of all frame types have in common: fields that come once, and their validation.

use skytrend_event::{Did, Micros, Tid};

use super::FrameError;
use crate::cbor::CborError;
use crate::wire::Place;
use crate::{DropReason, datetime};

/// Sequence numbers stay below 2^53, so that JavaScript can hold them.
const SEQ_END: i64 = 1 << 53;

/// Keeps a field's value; a field that repeats is refused.
pub fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), CborError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(CborError::DuplicateKey),
    }
}

pub fn required<T>(value: Option<T>, field: &'static str) -> Result<T, FrameError> {
    value.ok_or(FrameError::MissingField { field })
}

pub fn place(number: Option<i64>, time: Option<&str>) -> Result<Place, FrameError> {
    Ok(Place { seq: Some(seq(number)?), time: instant(required(time, "time")?)? })
}

pub fn seq(number: Option<i64>) -> Result<i64, FrameError> {
    let invalid = FrameError::InvalidField { field: "seq", reason: DropReason::InvalidSeq };
    required(number, "seq").and_then(|seq| if (0..SEQ_END).contains(&seq) { Ok(seq) } else { Err(invalid) })
}

pub fn instant(time: &str) -> Result<Micros, FrameError> {
    datetime::parse(time).ok_or(FrameError::InvalidField { field: "time", reason: DropReason::InvalidTime })
}

pub fn did<'a>(text: Option<&'a str>, field: &'static str) -> Result<Did<'a>, FrameError> {
    let invalid = FrameError::InvalidField { field, reason: DropReason::InvalidDid };
    Did::parse(required(text, field)?).map_err(|_| invalid)
}

pub fn rev(text: Option<&str>) -> Result<Tid<'_>, FrameError> {
    let invalid = FrameError::InvalidField { field: "rev", reason: DropReason::InvalidRev };
    Tid::parse(required(text, "rev")?).map_err(|_| invalid)
}
