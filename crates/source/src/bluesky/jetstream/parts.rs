//! What messages of both versions are made of: a record's change, and the relay's account and identity messages,
//! which Jetstream passes on.

use std::borrow::Cow;

use serde::Deserialize;
use skytrend_event::{Cid, Did, Nsid, RecordKey, Tid};
use smallvec::smallvec;
use sonic_rs::LazyValue;

use super::JsonError;
use crate::DropReason;
use crate::wire::{Account, Action, Body, Commit, Identity, Inner, Message, Op, Place};

/// Text that stays borrowed unless it holds escapes, also inside `Option`.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// A change of one record.
#[derive(Debug, Deserialize)]
pub struct CommitPart<'a> {
    #[serde(borrow)]
    pub rev: Option<Text<'a>>,
    #[serde(borrow)]
    pub operation: Option<Text<'a>>,
    #[serde(borrow)]
    pub collection: Option<Text<'a>>,
    #[serde(borrow)]
    pub rkey: Option<Text<'a>>,
    #[serde(borrow)]
    pub record: Option<LazyValue<'a>>,
    #[serde(borrow)]
    pub cid: Option<Text<'a>>,
}

/// The relay's message about an account.
#[derive(Debug, Deserialize)]
pub struct AccountPart<'a> {
    pub active: Option<bool>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    pub seq: Option<i64>,
    #[serde(borrow)]
    pub time: Option<Text<'a>>,
}

/// The relay's message about an identity.
#[derive(Debug, Deserialize)]
pub struct IdentityPart<'a> {
    #[serde(borrow)]
    pub handle: Option<Text<'a>>,
    pub seq: Option<i64>,
    #[serde(borrow)]
    pub time: Option<Text<'a>>,
}

impl<'a> CommitPart<'a> {
    pub fn into_message(self, at: Place, did: Did<'a>) -> Result<Message<'a>, JsonError> {
        let invalid = |field, reason| JsonError::InvalidField { field, reason };
        let operation = required(self.operation, "operation")?;
        let action = match operation.as_ref() {
            "create" => Action::Create,
            "update" => Action::Update,
            "delete" => Action::Delete,
            _ => return Ok(Message::Unknown { what: operation, at: Some(at) }),
        };
        let collection = Nsid::parse(required(self.collection, "collection")?)
            .map_err(|_| invalid("collection", DropReason::InvalidPath))?;
        let rkey = RecordKey::parse(required(self.rkey, "rkey")?)
            .map_err(|_| invalid("rkey", DropReason::InvalidPath))?;
        let (cid, body) = match action {
            Action::Delete => (None, Body::None),
            Action::Create | Action::Update => {
                let cid = Cid::parse(&required(self.cid, "cid")?)
                    .map_err(|_| invalid("cid", DropReason::InvalidCid))?;
                (Some(cid), body(self.record)?)
            }
        };
        let op = Op { action, collection, rkey, cid, body };
        let rev = rev(self.rev)?;
        Ok(Message::Commit(Commit { at, did, rev, ops: smallvec![op], rejected_ops: Vec::new() }))
    }
}

/// Only text with escapes is not borrowed, and text is no record.
fn body(record: Option<LazyValue<'_>>) -> Result<Body<'_>, JsonError> {
    let record = record.ok_or(JsonError::MissingField { field: "record" })?;
    match record.as_raw_cow() {
        Cow::Borrowed(json) => Ok(Body::Json(json)),
        Cow::Owned(_) => Err(JsonError::InvalidField { field: "record", reason: DropReason::InvalidJson }),
    }
}

impl<'a> AccountPart<'a> {
    pub fn into_message(self, at: Place, did: Did<'a>) -> Result<Message<'a>, JsonError> {
        let active = self.active.ok_or(JsonError::MissingField { field: "active" })?;
        let status = self.status.map(|text| text.0);
        Ok(Message::Account(Account { at, did, active, status, inner: inner(self.seq, self.time) }))
    }
}

impl<'a> IdentityPart<'a> {
    pub fn into_message(self, at: Place, did: Did<'a>) -> Message<'a> {
        let handle = self.handle.map(|text| text.0);
        Message::Identity(Identity { at, did, handle, inner: inner(self.seq, self.time) })
    }
}

fn inner(seq: Option<i64>, time: Option<Text<'_>>) -> Option<Inner<'_>> {
    Some(Inner { seq: seq?, time: time?.0 })
}

pub fn required<'a>(text: Option<Text<'a>>, field: &'static str) -> Result<Cow<'a, str>, JsonError> {
    text.map(|text| text.0).ok_or(JsonError::MissingField { field })
}

pub fn did(text: Option<Text<'_>>) -> Result<Did<'_>, JsonError> {
    let invalid = JsonError::InvalidField { field: "did", reason: DropReason::InvalidDid };
    Did::parse(required(text, "did")?).map_err(|_| invalid)
}

pub fn rev(text: Option<Text<'_>>) -> Result<Tid<'_>, JsonError> {
    let invalid = JsonError::InvalidField { field: "rev", reason: DropReason::InvalidRev };
    Tid::parse(required(text, "rev")?).map_err(|_| invalid)
}
