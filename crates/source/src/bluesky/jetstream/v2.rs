//! Version 2, `network.bsky.jetstream.subscribeEvents`: events in the order of a sequence number without gaps for
//! one server, framed as `{"$type": "message", "payload": {"$type": "…#commit", …}}` or
//! `{"$type": "error", "error", "message"}`.
//! Source: the lexicon `network.bsky.jetstream.subscribeEvents`.

use std::borrow::Cow;

use serde::Deserialize;
use sonic_rs::LazyValue;

use super::parts::{AccountPart, CommitPart, IdentityPart, Text, did, required, rev};
use super::{JsonError, parse};
use crate::wire::{Message, Place};
use crate::{DropReason, datetime};

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "$type", borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    payload: Option<Payload<'a>>,
    #[serde(borrow)]
    error: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
}

/// All payloads in one: their fields have the same meaning in each.
#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(rename = "$type", borrow)]
    kind: Option<Text<'a>>,
    seq: Option<i64>,
    #[serde(borrow)]
    did: Option<Text<'a>>,
    #[serde(borrow)]
    time: Option<Text<'a>>,
    #[serde(borrow)]
    rev: Option<Text<'a>>,
    #[serde(borrow)]
    operation: Option<Text<'a>>,
    #[serde(borrow)]
    collection: Option<Text<'a>>,
    #[serde(borrow)]
    rkey: Option<Text<'a>>,
    #[serde(borrow)]
    record: Option<LazyValue<'a>>,
    #[serde(borrow)]
    cid: Option<Text<'a>>,
    #[serde(borrow)]
    identity: Option<IdentityPart<'a>>,
    #[serde(borrow)]
    account: Option<AccountPart<'a>>,
    #[serde(borrow)]
    sync: Option<SyncPart<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct SyncPart<'a> {
    #[serde(borrow)]
    rev: Option<Text<'a>>,
}

/// What all event names begin with.
const NAMESPACE: &str = "network.bsky.jetstream.subscribeEvents";

/// Reads one message.
pub fn decode(json: &[u8]) -> Result<Message<'_>, JsonError> {
    let frame: Frame<'_> = parse(json)?;
    let kind = required(frame.kind, "$type")?;
    match kind.as_ref() {
        "message" => frame.payload.ok_or(JsonError::MissingField { field: "payload" })?.into_message(),
        "error" => {
            let error = required(frame.error, "error")?;
            Ok(Message::Error { error, message: optional(frame.message) })
        }
        _ => Ok(Message::Unknown { what: kind, at: None }),
    }
}

impl<'a> Payload<'a> {
    fn into_message(self) -> Result<Message<'a>, JsonError> {
        let kind = required(self.kind, "$type")?;
        // Inside its own namespace a lexicon's name may be left out before the `#`.
        let name = kind.strip_prefix(NAMESPACE).unwrap_or(&kind);
        if name == "#info" {
            return Ok(Message::Info { name: required(self.name, "name")?, message: optional(self.message) });
        }
        let at = place(self.seq, self.time)?;
        let missing = |field| JsonError::MissingField { field };
        match name {
            "#commit" => CommitPart {
                rev: self.rev,
                operation: self.operation,
                collection: self.collection,
                rkey: self.rkey,
                record: self.record,
                cid: self.cid,
            }
            .into_message(at, did(self.did)?),
            "#account" => self.account.ok_or_else(|| missing("account"))?.into_message(at, did(self.did)?),
            "#identity" => {
                Ok(self.identity.ok_or_else(|| missing("identity"))?.into_message(at, did(self.did)?))
            }
            "#sync" => {
                let sync = self.sync.ok_or_else(|| missing("sync"))?;
                Ok(Message::Sync { at, did: did(self.did)?, rev: rev(sync.rev)? })
            }
            _ => Ok(Message::Unknown { what: kind, at: Some(at) }),
        }
    }
}

fn optional(text: Option<Text<'_>>) -> Cow<'_, str> {
    text.map(|text| text.0).unwrap_or_default()
}

fn place(seq: Option<i64>, time: Option<Text<'_>>) -> Result<Place, JsonError> {
    let seq = seq.ok_or(JsonError::MissingField { field: "seq" })?;
    if seq < 0 {
        return Err(JsonError::InvalidField { field: "seq", reason: DropReason::InvalidSeq });
    }
    let invalid = JsonError::InvalidField { field: "time", reason: DropReason::InvalidTime };
    let time = datetime::parse(&required(time, "time")?).ok_or(invalid)?;
    Ok(Place { seq: Some(seq), time })
}
