//! Messages as Jetstream version 1 writes them, one line of JSON for each operation, account or identity: records in
//! DAG-CBOR become the AT Protocol's JSON form, keys sorted. Sync, info and error messages are no part of version 1.
//! JSON form: <https://atproto.com/specs/data-model#representation-formats>.

mod record;
mod text;

use std::io::Write as _;

use crate::DropReason;
use crate::wire::{Account, Body, Commit, Identity, Inner, Message, Op};

/// Appends the message's lines. Returns why operations are left out, one reason each.
pub fn write(message: &Message<'_>, out: &mut Vec<u8>) -> Vec<DropReason> {
    let mut left_out = Vec::new();
    match message {
        Message::Commit(commit) => {
            left_out.extend_from_slice(&commit.rejected_ops);
            for op in &commit.ops {
                let line = out.len();
                if let Err(reason) = write_op(commit, op, out) {
                    out.truncate(line);
                    left_out.push(reason);
                }
            }
        }
        Message::Account(account) => write_account(account, out),
        Message::Identity(identity) => write_identity(identity, out),
        Message::Sync { .. }
        | Message::Labels(_)
        | Message::Info { .. }
        | Message::Error { .. }
        | Message::Unknown { .. } => {}
    }
    left_out
}

/// Ids have no character that JSON escapes, so they are written as they are.
fn write_op(commit: &Commit<'_>, op: &Op<'_>, out: &mut Vec<u8>) -> Result<(), DropReason> {
    put(
        out,
        format_args!(
            r#"{{"did":"{}","time_us":{},"kind":"commit","commit":{{"rev":"{}","operation":"{}","collection":"{}","rkey":"{}""#,
            commit.did,
            commit.at.time.0,
            commit.rev,
            op.action.name(),
            op.collection,
            op.rkey,
        ),
    );
    match op.body {
        Body::None => {}
        Body::Cbor(bytes) => {
            out.extend_from_slice(br#","record":"#);
            record::write(bytes, out)?;
        }
        Body::Json(json) => {
            out.extend_from_slice(br#","record":"#);
            // Between its tokens JSON may have line breaks; inside its strings it has none.
            out.extend(json.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }));
        }
        Body::Missing => return Err(DropReason::MissingBlock),
        Body::WrongCid => return Err(DropReason::CidMismatch),
    }
    if let Some(cid) = op.cid {
        put(out, format_args!(r#","cid":"{cid}""#));
    }
    out.extend_from_slice(b"}}\n");
    Ok(())
}

fn write_account(account: &Account<'_>, out: &mut Vec<u8>) {
    let Account { at, did, active, status, inner } = account;
    put(out, format_args!(r#"{{"did":"{did}","time_us":{},"kind":"account","account":{{"#, at.time.0));
    put(out, format_args!(r#""active":{active},"did":"{did}""#));
    write_seq(inner.as_ref(), out);
    if let Some(status) = status {
        out.extend_from_slice(br#","status":"#);
        text::write(status, out);
    }
    write_time(inner.as_ref(), out);
    out.extend_from_slice(b"}}\n");
}

fn write_identity(identity: &Identity<'_>, out: &mut Vec<u8>) {
    let Identity { at, did, handle, inner } = identity;
    put(out, format_args!(r#"{{"did":"{did}","time_us":{},"kind":"identity","identity":{{"#, at.time.0));
    put(out, format_args!(r#""did":"{did}""#));
    if let Some(handle) = handle {
        out.extend_from_slice(br#","handle":"#);
        text::write(handle, out);
    }
    write_seq(inner.as_ref(), out);
    write_time(inner.as_ref(), out);
    out.extend_from_slice(b"}}\n");
}

fn write_seq(inner: Option<&Inner<'_>>, out: &mut Vec<u8>) {
    if let Some(inner) = inner {
        put(out, format_args!(r#","seq":{}"#, inner.seq));
    }
}

fn write_time(inner: Option<&Inner<'_>>, out: &mut Vec<u8>) {
    if let Some(inner) = inner {
        out.extend_from_slice(br#","time":"#);
        text::write(&inner.time, out);
    }
}

fn put(out: &mut Vec<u8>, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("writing to memory does not fail");
}
