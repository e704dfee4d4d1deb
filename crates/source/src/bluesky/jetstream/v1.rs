//! Version 1, `/subscribe`: `{"did", "time_us", "kind": "commit" | "identity" | "account", …}`. It has no sequence
//! numbers: its cursor is `time_us`, which is neither unique nor strictly increasing.
//! Source: the README and models of `bluesky-social/jetstream`.

use serde::Deserialize;
use skytrend_event::Micros;

use super::parts::{AccountPart, CommitPart, IdentityPart, Text, did, required};
use super::{JsonError, parse};
use crate::wire::{Message, Place};

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    did: Option<Text<'a>>,
    time_us: Option<i64>,
    #[serde(borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    commit: Option<CommitPart<'a>>,
    #[serde(borrow)]
    identity: Option<IdentityPart<'a>>,
    #[serde(borrow)]
    account: Option<AccountPart<'a>>,
}

/// Reads one message.
pub fn decode(json: &[u8]) -> Result<Message<'_>, JsonError> {
    let envelope: Envelope<'_> = parse(json)?;
    let time = Micros(envelope.time_us.ok_or(JsonError::MissingField { field: "time_us" })?);
    let at = Place { seq: None, time };
    let kind = required(envelope.kind, "kind")?;
    let missing = |field| JsonError::MissingField { field };
    match kind.as_ref() {
        "commit" => envelope.commit.ok_or_else(|| missing("commit"))?.into_message(at, did(envelope.did)?),
        "account" => envelope.account.ok_or_else(|| missing("account"))?.into_message(at, did(envelope.did)?),
        "identity" => {
            Ok(envelope.identity.ok_or_else(|| missing("identity"))?.into_message(at, did(envelope.did)?))
        }
        _ => Ok(Message::Unknown { what: kind, at: Some(at) }),
    }
}
