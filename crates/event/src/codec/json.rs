//! Records as JSON for people and scripts: the Avro fields under their names, in the schema's order. It is made from
//! the schema alone, so that it shows whatever the bytes hold, valid as an event or not. It is not read back.

use std::fmt::{self, Write};

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_avro_fast::Schema;
use serde_json::{Map, Value};

use super::{CodecError, read, schema};
use crate::{EventId, Topic};

/// The field that is shown as 16 hex digits, as logs and traces have it.
const EVENT_ID: &str = "event_id";

/// Reads one value that this version wrote. Times are integers, in microseconds since the Unix epoch; event ids are
/// 16 hex digits; bytes are text if they are UTF-8, or else `0x` and hex digits; a number that is not finite is null.
pub fn decode_json(topic: Topic, bytes: &[u8]) -> Result<Value, CodecError> {
    read_json(topic, schema(topic), bytes)
}

pub(super) fn read_json(topic: Topic, writer: &Schema, bytes: &[u8]) -> Result<Value, CodecError> {
    read::<Readable>(topic, writer, bytes).map(|readable| readable.0)
}

/// A value of any schema.
struct Readable(Value);

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReadableVisitor).map(Self)
    }
}

struct ReadableVisitor;

impl<'de> Visitor<'de> for ReadableVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any Avro value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<Value, E> {
        Ok(readable_bytes(value).into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Readable(value)) = elements.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let Readable(value) = fields.next_value()?;
            let value = match value.as_i64() {
                Some(id) if name == EVENT_ID => EventId(id.cast_unsigned()).to_string().into(),
                _ => value,
            };
            values.insert(name, value);
        }
        Ok(Value::Object(values))
    }
}

fn readable_bytes(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut digits = String::with_capacity(2 + 2 * bytes.len());
    digits.push_str("0x");
    for byte in bytes {
        write!(digits, "{byte:02x}").expect("writing to a string does not fail");
    }
    digits
}
