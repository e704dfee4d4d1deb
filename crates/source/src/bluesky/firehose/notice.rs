//! The frames that carry no records: `#account`, `#identity`, `#sync`, `#info`, errors, and what is not known.

use std::borrow::Cow;

use super::FrameError;
use super::fields::{did, instant, once, place, required, rev};
use crate::cbor::{Cursor, Item};
use crate::wire::{Account, Identity, Inner, Message, Place};

pub fn account<'a>(cursor: &mut Cursor<'a>) -> Result<Message<'a>, FrameError> {
    let (mut seq, mut time, mut repo, mut active, mut status) = (None, None, None, None, None);
    for _ in 0..cursor.map()? {
        match cursor.key()? {
            b"seq" => once(&mut seq, cursor.integer()?)?,
            b"time" => once(&mut time, cursor.text()?)?,
            b"did" => once(&mut repo, cursor.text()?)?,
            b"active" => once(&mut active, cursor.bool()?)?,
            b"status" => once(&mut status, nullable_text(cursor)?)?,
            _ => cursor.skip()?,
        }
    }
    let at = place(seq, time)?;
    Ok(Message::Account(Account {
        at,
        did: did(repo, "did")?,
        active: required(active, "active")?,
        status: status.flatten().map(Cow::Borrowed),
        inner: inner(seq, time),
    }))
}

pub fn identity<'a>(cursor: &mut Cursor<'a>) -> Result<Message<'a>, FrameError> {
    let (mut seq, mut time, mut repo, mut handle) = (None, None, None, None);
    for _ in 0..cursor.map()? {
        match cursor.key()? {
            b"seq" => once(&mut seq, cursor.integer()?)?,
            b"time" => once(&mut time, cursor.text()?)?,
            b"did" => once(&mut repo, cursor.text()?)?,
            b"handle" => once(&mut handle, nullable_text(cursor)?)?,
            _ => cursor.skip()?,
        }
    }
    let at = place(seq, time)?;
    let handle = handle.flatten().map(Cow::Borrowed);
    Ok(Message::Identity(Identity { at, did: did(repo, "did")?, handle, inner: inner(seq, time) }))
}

pub fn sync<'a>(cursor: &mut Cursor<'a>) -> Result<Message<'a>, FrameError> {
    let (mut seq, mut time, mut repo, mut revision) = (None, None, None, None);
    for _ in 0..cursor.map()? {
        match cursor.key()? {
            b"seq" => once(&mut seq, cursor.integer()?)?,
            b"time" => once(&mut time, cursor.text()?)?,
            b"did" => once(&mut repo, cursor.text()?)?,
            b"rev" => once(&mut revision, cursor.text()?)?,
            _ => cursor.skip()?,
        }
    }
    Ok(Message::Sync { at: place(seq, time)?, did: did(repo, "did")?, rev: rev(revision)? })
}

/// What comes on every stream of frames: notices, errors, and what this version does not know.
pub fn of_any_stream<'a>(
    op: i64,
    name: Option<&'a str>,
    cursor: &mut Cursor<'a>,
) -> Result<Message<'a>, FrameError> {
    match (op, name) {
        (1, Some("#info")) => info(cursor),
        (1, Some(name)) => unknown(Cow::Borrowed(name), cursor),
        (1, None) => Err(FrameError::MissingField { field: "t" }),
        (-1, _) => error(cursor),
        (op, _) => unknown(Cow::Owned(format!("op {op}")), cursor),
    }
}

fn info<'a>(cursor: &mut Cursor<'a>) -> Result<Message<'a>, FrameError> {
    let (name, message) = name_and_message(cursor, b"name")?;
    Ok(Message::Info { name: Cow::Borrowed(required(name, "name")?), message: Cow::Borrowed(message) })
}

fn error<'a>(cursor: &mut Cursor<'a>) -> Result<Message<'a>, FrameError> {
    let (error, message) = name_and_message(cursor, b"error")?;
    Ok(Message::Error { error: Cow::Borrowed(required(error, "error")?), message: Cow::Borrowed(message) })
}

/// Reads past a payload of an unknown type; where it has a sequence number and a time, they are kept.
fn unknown<'a>(what: Cow<'a, str>, cursor: &mut Cursor<'a>) -> Result<Message<'a>, FrameError> {
    let (mut seq, mut time) = (None, None);
    for _ in 0..cursor.map()? {
        let key = cursor.key()?;
        let mut ahead = *cursor;
        cursor.skip()?;
        match (key, ahead.item()) {
            (b"seq", Ok(Item::Integer(value))) => seq = Some(value),
            (b"time", Ok(Item::Text(text))) => time = instant(text).ok(),
            _ => {}
        }
    }
    let at = time.map(|time| Place { seq, time });
    Ok(Message::Unknown { what, at })
}

fn name_and_message<'a>(
    cursor: &mut Cursor<'a>,
    name_key: &[u8],
) -> Result<(Option<&'a str>, &'a str), FrameError> {
    let (mut name, mut message) = (None, None);
    for _ in 0..cursor.map()? {
        match cursor.key()? {
            key if key == name_key => once(&mut name, cursor.text()?)?,
            b"message" => once(&mut message, nullable_text(cursor)?)?,
            _ => cursor.skip()?,
        }
    }
    Ok((name, message.flatten().unwrap_or_default()))
}

fn nullable_text<'a>(cursor: &mut Cursor<'a>) -> Result<Option<&'a str>, FrameError> {
    if cursor.null() { Ok(None) } else { Ok(Some(cursor.text()?)) }
}

fn inner(seq: Option<i64>, time: Option<&str>) -> Option<Inner<'_>> {
    Some(Inner { seq: seq?, time: Cow::Borrowed(time?) })
}
