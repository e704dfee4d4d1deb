//! Jetstream's JSON, version 1 (`/subscribe`) and version 2 (`subscribeEvents`): one message for each operation.
//! Keys come in the order in which the real servers write them.

use skytrend_event::Did;

use super::firehose::FrameEncoder;
use crate::instant::Rfc3339;
use crate::node::{json_text, write};
use crate::world::event::{Change, Commit, Hostility, Operation, WorldEvent};

/// What a message is about: what filters ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A commit's operation on a record of this collection.
    Commit(&'a str),
    /// An identity event.
    Identity,
    /// An account event.
    Account,
    /// A sync event (version 2 only).
    Sync,
}

/// One message: whom it is about, what, and its JSON.
#[derive(Clone, Copy, Debug)]
pub struct JsonMessage<'a> {
    /// Whose repository.
    pub did: &'a Did<'a>,
    /// What it is about.
    pub kind: Kind<'a>,
    /// Sequence number (version 2).
    pub seq: i64,
    /// The text.
    pub json: &'a str,
}

/// Turns events into Jetstream's messages. Reuses its buffers: one encoder for each connection.
#[derive(Debug)]
pub struct JsonEncoder {
    frames: FrameEncoder,
    text: String,
}

impl Default for JsonEncoder {
    fn default() -> Self {
        Self { frames: FrameEncoder::new(0), text: String::with_capacity(2048) }
    }
}

impl JsonEncoder {
    /// Hands each version 1 message of an event to `each`; `seq` is the relay's.
    pub fn v1(&mut self, event: &WorldEvent, seq: i64, mut each: impl FnMut(JsonMessage<'_>)) {
        let did = &event.did;
        let begin = |text: &mut String, kind: &str| {
            text.clear();
            write(
                text,
                format_args!(r#"{{"did":"{did}","time_us":{},"kind":"{kind}","{kind}":"#, event.witnessed.0),
            );
        };
        match &event.change {
            Change::Commit(commit) => {
                for operation in served(commit) {
                    begin(&mut self.text, "commit");
                    write(&mut self.text, format_args!(r#"{{"rev":"{}","#, commit.rev));
                    write_operation(&mut self.text, operation);
                    self.text.push('}');
                    each(JsonMessage {
                        did,
                        kind: Kind::Commit(operation.collection),
                        seq,
                        json: &self.text,
                    });
                }
            }
            Change::Account { .. } => {
                begin(&mut self.text, "account");
                write_account(&mut self.text, event, seq);
                self.text.push('}');
                each(JsonMessage { did, kind: Kind::Account, seq, json: &self.text });
            }
            Change::Identity { .. } => {
                begin(&mut self.text, "identity");
                write_identity(&mut self.text, event, seq);
                self.text.push('}');
                each(JsonMessage { did, kind: Kind::Identity, seq, json: &self.text });
            }
            Change::Sync { .. } => {}
        }
    }

    /// Hands each version 2 message of an event to `each`; `seq` is that of its first operation.
    pub fn v2(&mut self, event: &WorldEvent, seq: i64, mut each: impl FnMut(JsonMessage<'_>)) {
        let (did, time) = (&event.did, Rfc3339(event.witnessed));
        let begin = |text: &mut String, kind: &str, seq: i64| {
            text.clear();
            write(
                text,
                format_args!(
                    r#"{{"$type":"message","payload":{{"$type":"network.bsky.jetstream.subscribeEvents#{kind}","seq":{seq},"did":"{did}","time":"{time}","#
                ),
            );
        };
        let mut wrapped = |text: &mut String, kind: Kind<'_>| {
            text.push_str("}}");
            each(JsonMessage { did, kind, seq, json: text });
        };
        match &event.change {
            Change::Commit(commit) => {
                for (at, operation) in commit.operations.iter().enumerate() {
                    if is_served(operation) {
                        let seq = seq + at as i64;
                        begin(&mut self.text, "commit", seq);
                        write(&mut self.text, format_args!(r#""rev":"{}","#, commit.rev));
                        write_operation(&mut self.text, operation);
                        self.text.push('}');
                        each(JsonMessage {
                            did,
                            kind: Kind::Commit(operation.collection),
                            seq,
                            json: &self.text,
                        });
                    }
                }
            }
            Change::Account { .. } => {
                begin(&mut self.text, "account", seq);
                self.text.push_str(r#""account":"#);
                write_account(&mut self.text, event, seq);
                wrapped(&mut self.text, Kind::Account);
            }
            Change::Identity { .. } => {
                begin(&mut self.text, "identity", seq);
                self.text.push_str(r#""identity":"#);
                write_identity(&mut self.text, event, seq);
                wrapped(&mut self.text, Kind::Identity);
            }
            Change::Sync { rev } => {
                begin(&mut self.text, "sync", seq);
                write(&mut self.text, format_args!(r#""sync":{{"blocks":{{"$bytes":""#));
                write_base64(&mut self.text, self.frames.write_sync_car(event, *rev));
                write(
                    &mut self.text,
                    format_args!(r#""}},"did":"{did}","rev":"{rev}","seq":{seq},"time":"{time}"}}"#),
                );
                wrapped(&mut self.text, Kind::Sync);
            }
        }
    }
}

/// Jetstream reads commits; what their blocks don't hold it cannot serve.
fn is_served(operation: &Operation) -> bool {
    !operation.hostility().is_some_and(Hostility::is_in_the_commit)
}

fn served(commit: &Commit) -> impl Iterator<Item = &Operation> {
    commit.operations.iter().filter(|operation| is_served(operation))
}

/// From `"operation"` to the end of the object.
fn write_operation(text: &mut String, operation: &Operation) {
    let (action, collection, rkey) = (operation.action.name(), operation.collection, &operation.rkey);
    write(text, format_args!(r#""operation":"{action}","collection":"{collection}","rkey":"{rkey}""#));
    if let Some(record) = &operation.record {
        text.push_str(r#","record":"#);
        record.node.write_json(text);
        write(text, format_args!(r#","cid":"{}""#, record.cid));
    }
    text.push('}');
}

fn write_account(text: &mut String, event: &WorldEvent, seq: i64) {
    let Change::Account { active, status } = &event.change else { return };
    write(text, format_args!(r#"{{"active":{active},"did":"{}","seq":{seq}"#, event.did));
    if let Some(status) = status {
        write(text, format_args!(r#","status":"{status}""#));
    }
    write(text, format_args!(r#","time":"{}"}}"#, Rfc3339(event.witnessed)));
}

fn write_identity(text: &mut String, event: &WorldEvent, seq: i64) {
    let Change::Identity { handle } = &event.change else { return };
    write(text, format_args!(r#"{{"did":"{}""#, event.did));
    if let Some(handle) = handle {
        write(text, format_args!(r#","handle":"{handle}""#));
    }
    write(text, format_args!(r#","seq":{seq},"time":"{}"}}"#, Rfc3339(event.witnessed)));
}

/// Standard alphabet, no padding, as the data model's JSON has bytes.
fn write_base64(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * at)) as usize & 63]));
        }
    }
}

/// Version 2's `#info`.
pub fn info_json(name: &str, message: &str) -> String {
    let mut text = String::from(
        r#"{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#info","name":"#,
    );
    json_text(&mut text, name);
    text.push_str(r#","message":"#);
    json_text(&mut text, message);
    text.push_str("}}");
    text
}

/// Version 2's last word, after which it closes.
pub fn error_json(error: &str, message: &str) -> String {
    let mut text = String::from(r#"{"$type":"error","error":"#);
    json_text(&mut text, error);
    text.push_str(r#","message":"#);
    json_text(&mut text, message);
    text.push('}');
    text
}
