//! The Avro project's own implementation reads what we write, and we read what it writes.

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use proptest::prelude::*;
use serde::Serialize;
use skytrend_event::codec::{self, Encoder, Payload};

use crate::payloads::for_each_payload;

/// A schema as the other implementation has it.
pub fn schema(text: &str) -> Schema {
    Schema::parse_str(text).unwrap()
}

/// The value that bytes stand for, in the reader's schema if it is another one than the writer's.
pub fn read(writer: &Schema, reader: Option<&Schema>, bytes: &[u8]) -> Value {
    let mut rest = bytes;
    let datum_reader = GenericDatumReader::builder(writer).maybe_reader_schema(reader).build().unwrap();
    let value = datum_reader.read_value(&mut rest).unwrap();
    assert!(rest.is_empty(), "{} bytes are left", rest.len());
    value
}

/// The bytes of a value.
pub fn write(schema: &Schema, value: Value) -> Vec<u8> {
    GenericDatumWriter::builder(schema).build().unwrap().write_value_to_vec(value).unwrap()
}

fn value_of<'a, T: Payload<'a> + Serialize>(value: &T, schema: &Schema) -> Value {
    with_longs(apache_avro::to_value(value).unwrap()).resolve(schema).unwrap()
}

/// The library makes eight fixed bytes of a `u64`; our schemas have it as a long.
fn with_longs(value: Value) -> Value {
    match value {
        Value::Fixed(8, bytes) => Value::Long(i64::from_le_bytes(bytes.try_into().unwrap())),
        Value::Record(fields) => {
            Value::Record(fields.into_iter().map(|(name, value)| (name, with_longs(value))).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(with_longs).collect()),
        other => other,
    }
}

fn schema_of<'a, T: Payload<'a>>(_: &T) -> Schema {
    schema(codec::schema_text(T::TOPIC))
}

macro_rules! agree {
    ($name:ident, $strategy:expr, $type:ty) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(64))]
            #[test]
            fn $name(value in $strategy) {
                let schema = schema_of(&value);
                let theirs = value_of(&value, &schema);
                let our_bytes = Encoder::default().encode_to_vec(&value).unwrap();
                prop_assert_eq!(&read(&schema, None, &our_bytes), &theirs);
                let their_bytes = write(&schema, theirs);
                let decoded: $type = codec::decode(&their_bytes).unwrap();
                prop_assert_eq!(&decoded, &value);
            }
        }
    };
}
for_each_payload!(agree);
