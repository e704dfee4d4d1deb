//! Makes DAG-CBOR, archives and frames for tests from the AT Protocol's JSON form: an encoder independent of the
//! decoder under test.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use skytrend_event::Cid;

fn head(major: u8, argument: u64, out: &mut Vec<u8>) {
    let bytes = argument.to_be_bytes();
    let (info, length) = match argument {
        0..24 => return out.push((major << 5) + bytes[7]),
        24..0x100 => (24, 1),
        0x100..0x1_0000 => (25, 2),
        0x1_0000..0x1_0000_0000 => (26, 4),
        _ => (27, 8),
    };
    out.push((major << 5) + info);
    out.extend(&bytes[8 - length..]);
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(value) => out.push(0xf4 + u8::from(*value)),
        Value::Number(number) if number.is_f64() => {
            out.push(0xfb);
            out.extend(number.as_f64().unwrap().to_be_bytes());
        }
        Value::Number(number) => match number.as_i64().unwrap() {
            value @ 0.. => head(0, value.unsigned_abs(), out),
            value => head(1, value.unsigned_abs() - 1, out),
        },
        Value::String(text) => {
            head(3, text.len() as u64, out);
            out.extend(text.as_bytes());
        }
        Value::Array(values) => {
            head(4, values.len() as u64, out);
            for value in values {
                write(value, out);
            }
        }
        Value::Object(map) => {
            if let (1, Some(Value::String(cid))) = (map.len(), map.get("$link")) {
                head(6, 42, out);
                head(2, 37, out);
                out.push(0);
                return out.extend(Cid::parse(cid).unwrap().as_bytes());
            }
            if let (1, Some(Value::String(text))) = (map.len(), map.get("$bytes")) {
                let bytes = base64(text);
                head(2, bytes.len() as u64, out);
                return out.extend(bytes);
            }
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_by_key(|key| (key.len(), key.as_bytes()));
            head(5, keys.len() as u64, out);
            for key in keys {
                write(&Value::String(key.clone()), out);
                write(&map[key], out);
            }
        }
    }
}

/// DAG-CBOR of a value in JSON form.
pub fn cbor(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

pub fn cid(block: &[u8]) -> Cid {
    Cid::of_dag_cbor(Sha256::digest(block).into())
}

pub fn base64(text: &str) -> Vec<u8> {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut buffer, mut bits) = (Vec::new(), 0_u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        buffer = buffer << 6 | u32::try_from(digits.iter().position(|d| *d == digit).unwrap()).unwrap();
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits & 0xff).unwrap());
        }
    }
    bytes
}

fn varint(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
}

/// An archive of blocks under the content ids they are given.
pub fn car<'a>(blocks: impl IntoIterator<Item = (Cid, &'a [u8])>) -> Vec<u8> {
    let header = cbor(&json!({"roots": [{"$link": cid(b"root").to_string()}], "version": 1}));
    let mut out = Vec::new();
    varint(header.len(), &mut out);
    out.extend(header);
    for (cid, block) in blocks {
        varint(36 + block.len(), &mut out);
        out.extend(cid.as_bytes());
        out.extend(block);
    }
    out
}

/// A frame of any type.
pub fn frame(header: &Value, body: &Value) -> Vec<u8> {
    [cbor(header), cbor(body)].concat()
}

pub const DID: &str = "did:plc:z72i7hdynmk6r22z27h6tvur";
pub const REV: &str = "3l3qo2vutsw2b";
pub const TIME: &str = "2026-07-04T12:00:00.000Z";

/// A commit's payload; `archive` goes in as it is.
pub fn commit(ops: &Value, archive: &[u8]) -> Value {
    json!({
        "seq": 7, "repo": DID, "rev": REV, "time": TIME, "since": null, "rebase": false, "tooBig": false,
        "blobs": [], "commit": {"$link": cid(b"commit").to_string()}, "ops": ops,
        "blocks": {"$bytes": encode_base64(archive)},
    })
}

/// A frame that creates one record.
pub fn create(collection: &str, record: &[u8]) -> Vec<u8> {
    let id = cid(record);
    let op = json!({"action": "create", "path": format!("{collection}/3l3qo2vuowo2b"), "cid": {"$link": id.to_string()}});
    commit_frame(&json!([op]), &car([(id, record)]))
}

pub fn commit_frame(ops: &Value, archive: &[u8]) -> Vec<u8> {
    frame(&json!({"op": 1, "t": "#commit"}), &commit(ops, archive))
}

pub fn encode_base64(bytes: &[u8]) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().enumerate().fold(0_u32, |sum, (at, byte)| sum | u32::from(*byte) << (16 - 8 * at));
        for digit in 0..=chunk.len() {
            text.push(char::from(digits[(group >> (18 - 6 * digit) & 63) as usize]));
        }
    }
    text
}

/// A record of a post with this text and more fields.
pub fn post(text: &str, more: &Value) -> Value {
    let mut record =
        json!({"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-07-04T11:59:58Z"});
    for (key, value) in more.as_object().unwrap() {
        if value == "remove" {
            record.as_object_mut().unwrap().remove(key);
        } else {
            record[key] = value.clone();
        }
    }
    record
}
