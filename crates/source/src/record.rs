//! Records become events. CBOR and JSON are read into the same borrowed shapes, and one code path decides what they
//! mean: what is required and missing drops the record with a reason; an optional part that is wrong is left out with
//! a [`Flaw`] and the record is kept.
//!
//! It keeps no state: duplicates and order are the intake's to decide.

mod account;
mod engagement;
mod post;
mod shape;

use std::borrow::Cow;

use skytrend_event::engagement::collection;
use skytrend_event::{AtUri, Event, EventId, Micros};

use crate::wire::{Body, Commit, Op};
use crate::{DropReason, cbor, datetime, json};

pub use account::account;
pub(crate) use post::{TEXT_BYTES_MAX, without_control_characters};

use self::shape::{Loose, Shape, Text};

/// A part of a record that was dropped or cleaned while the record was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The reason to count.
    pub reason: DropReason,
    /// The offending text, at most 50 characters of it; empty where there is none to show.
    pub detail: String,
}

/// Characters of foreign text that a flaw keeps.
const DETAIL_CHARS_MAX: usize = 50;

impl Flaw {
    pub(crate) fn new(reason: DropReason) -> Self {
        Self { reason, detail: String::new() }
    }

    pub(crate) fn with(reason: DropReason, detail: &str) -> Self {
        Self { reason, detail: detail.chars().take(DETAIL_CHARS_MAX).collect() }
    }
}

/// The event that one operation of a commit is; none if its collection is not one of those that are kept.
///
/// Appends to `flaws` what was wrong with the record and did not prevent an event.
pub fn decode<'a>(
    commit: &Commit<'a>,
    op: &Op<'a>,
    flaws: &mut Vec<Flaw>,
) -> Result<Option<Event<'a>>, DropReason> {
    let about = || About::new(commit, op);
    Ok(Some(match op.collection.as_str() {
        collection::POST => Event::Post(post::event(about(), op, flaws)?),
        collection::LIKE => Event::Like(engagement::like(about(), op, flaws)?),
        collection::REPOST => Event::Repost(engagement::repost(about(), op, flaws)?),
        collection::FOLLOW => Event::Follow(engagement::follow(about(), op, flaws)?),
        _ => return Ok(None),
    }))
}

/// What every event says about the change itself.
struct About<'c, 'a> {
    commit: &'c Commit<'a>,
    uri: AtUri<'static>,
    event_id: EventId,
}

impl<'c, 'a> About<'c, 'a> {
    fn new(commit: &'c Commit<'a>, op: &Op<'a>) -> Self {
        let (did, collection, rkey) = (commit.did.as_str(), op.collection.as_str(), op.rkey.as_str());
        Self {
            commit,
            uri: AtUri::of_record(&commit.did, collection, &op.rkey),
            event_id: EventId::of(did, collection, rkey, commit.rev.as_str(), op.action.name()),
        }
    }
}

/// Reads a record of either format into a shape; none for a deletion.
fn read<'a, T: Shape<'a>>(body: Body<'a>) -> Result<Option<T>, DropReason> {
    let (record, not_a_map) = match body {
        Body::None => return Ok(None),
        Body::Cbor(bytes) => (read_cbor(bytes)?, DropReason::InvalidCbor),
        Body::Json(text) => (read_json(text)?, DropReason::InvalidJson),
        Body::Missing => return Err(DropReason::MissingBlock),
        Body::WrongCid => return Err(DropReason::CidMismatch),
    };
    record.value().map(Some).ok_or(not_a_map)
}

fn read_cbor<'a, T: Shape<'a>>(bytes: &'a [u8]) -> Result<Loose<T>, DropReason> {
    cbor::from_slice(bytes).map_err(|error| match error {
        cbor::CborError::TooDeep => DropReason::NestingTooDeep,
        _ => DropReason::InvalidCbor,
    })
}

fn read_json<'a, T: Shape<'a>>(text: &'a str) -> Result<Loose<T>, DropReason> {
    json::parse(text).map_err(|error| match error {
        json::Error::TooDeep => DropReason::NestingTooDeep,
        json::Error::Invalid(_) => DropReason::InvalidJson,
    })
}

/// Refuses a record that says it is something else than its collection holds.
fn check_type(name: &Loose<Text<'_>>, op: &Op<'_>) -> Result<(), DropReason> {
    match name {
        Loose::Value(Text(name)) if name == op.collection.as_str() => Ok(()),
        _ => Err(DropReason::RecordTypeMismatch),
    }
}

/// 2022-01-01T00:00:00Z: before it the network did not exist; earlier dates are imports of older posts from elsewhere.
const EARLIEST_CREATED_AT: Micros = Micros(1_640_995_200_000_000);

/// Clocks that are an hour ahead are wrong by more than drift: mostly local time written as UTC.
const AHEAD_MAX: i64 = 60 * skytrend_event::time::MINUTE;

/// The client's date, if it can be believed.
fn created_at(date: Loose<Text<'_>>, witnessed_at: Micros, flaws: &mut Vec<Flaw>) -> Option<Micros> {
    let Text(text) = match date {
        Loose::Value(text) => text,
        Loose::Absent => {
            flaws.push(Flaw::new(DropReason::MissingCreatedAt));
            return None;
        }
        Loose::Wrong => Text(Cow::Borrowed("")),
    };
    let reason = match datetime::parse(&text) {
        None => DropReason::InvalidCreatedAt,
        Some(at) if at < EARLIEST_CREATED_AT => DropReason::CreatedAtTooOld,
        Some(at) if at > witnessed_at.plus(AHEAD_MAX) => DropReason::CreatedAtInFuture,
        Some(at) => return Some(at),
    };
    flaws.push(Flaw::with(reason, &text));
    None
}
