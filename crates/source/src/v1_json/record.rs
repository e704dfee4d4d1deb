//! A DAG-CBOR record as JSON.

use smallvec::SmallVec;

use super::{put, text};
use crate::DropReason;
use crate::cbor::{CborError, Cursor, DEPTH_MAX, Item};

/// Appends the record. On an error what has been appended is to be thrown away.
pub fn write(record: &[u8], out: &mut Vec<u8>) -> Result<(), DropReason> {
    let mut cursor = Cursor::new(record);
    match cursor.item().map_err(reason)? {
        Item::Map(count) => write_map(&mut cursor, count, DEPTH_MAX, out)?,
        _ => return Err(DropReason::InvalidCbor),
    }
    cursor.finish().map_err(reason)
}

fn write_value(cursor: &mut Cursor<'_>, depth: u8, out: &mut Vec<u8>) -> Result<(), DropReason> {
    match cursor.item().map_err(reason)? {
        Item::Integer(value) => put(out, format_args!("{value}")),
        Item::Bool(value) => put(out, format_args!("{value}")),
        Item::Null => out.extend_from_slice(b"null"),
        Item::Float(_) => return Err(DropReason::FloatInRecord),
        Item::Text(value) => text::write(value, out),
        Item::Link(cid) => put(out, format_args!(r#"{{"$link":"{cid}"}}"#)),
        Item::Bytes(bytes) => {
            out.extend_from_slice(br#"{"$bytes":""#);
            text::write_base64(bytes, out);
            out.extend_from_slice(b"\"}");
        }
        Item::Array(count) => write_array(cursor, count, depth, out)?,
        Item::Map(count) => write_map(cursor, count, depth, out)?,
    }
    Ok(())
}

fn write_array(
    cursor: &mut Cursor<'_>,
    count: usize,
    depth: u8,
    out: &mut Vec<u8>,
) -> Result<(), DropReason> {
    let inner = depth.checked_sub(1).ok_or(DropReason::NestingTooDeep)?;
    out.push(b'[');
    for at in 0..count {
        if at > 0 {
            out.push(b',');
        }
        write_value(cursor, inner, out)?;
    }
    out.push(b']');
    Ok(())
}

/// CBOR has shorter keys first, JSON here has them in alphabetical order.
fn write_map(cursor: &mut Cursor<'_>, count: usize, depth: u8, out: &mut Vec<u8>) -> Result<(), DropReason> {
    let inner = depth.checked_sub(1).ok_or(DropReason::NestingTooDeep)?;
    let mut entries = SmallVec::<[(&str, Cursor<'_>); 12]>::new();
    for _ in 0..count {
        let key = cursor.text().map_err(reason)?;
        entries.push((key, *cursor));
        cursor.skip().map_err(reason)?;
    }
    entries.sort_unstable_by_key(|(key, _)| *key);
    if entries.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(DropReason::InvalidCbor);
    }
    if is_blob(&entries) {
        entries.swap(1, 2);
    }
    out.push(b'{');
    for (at, (key, value)) in entries.iter_mut().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        text::write(key, out);
        out.push(b':');
        write_value(value, inner, out)?;
    }
    out.push(b'}');
    Ok(())
}

/// Jetstream writes a blob's `ref` before its `mimeType`.
fn is_blob(entries: &[(&str, Cursor<'_>)]) -> bool {
    let [("$type", kind), ("mimeType", _), ("ref", _), ("size", _)] = entries else { return false };
    kind.clone().text() == Ok("blob")
}

fn reason(error: CborError) -> DropReason {
    match error {
        CborError::TooDeep => DropReason::NestingTooDeep,
        _ => DropReason::InvalidCbor,
    }
}
