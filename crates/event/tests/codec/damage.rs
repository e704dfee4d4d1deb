//! Damaged and foreign bytes are a typed error, never a panic, a guess or a huge allocation.

use apache_avro::types::Value;
use proptest::prelude::*;
use skytrend_event::codec::WriterSchema;
use skytrend_event::codec::{CodecError, decode, decode_json, schema, schema_text};
use skytrend_event::{PostEvent, Topic};

use crate::{apache, samples};

fn topics() -> impl Strategy<Value = Topic> {
    proptest::sample::select(&Topic::ALL[..])
}

/// Reads bytes in all ways; only that nothing panics is of interest.
fn read_in_all_ways(topic: Topic, bytes: &[u8]) {
    let writer = WriterSchema::parse(topic, schema::text(topic)).unwrap();
    let _ = samples::rewritten(&writer, bytes);
    let _ = decode_json(topic, bytes);
}

proptest! {
    #[test]
    fn any_bytes_are_a_value_or_an_error(topic in topics(), bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_in_all_ways(topic, &bytes);
    }

    #[test]
    fn a_changed_byte_is_a_value_or_an_error(topic in topics(), at in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = samples::bytes(topic);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        read_in_all_ways(topic, &bytes);
    }
}

#[test]
fn every_shorter_or_longer_form_is_an_error() {
    for topic in Topic::ALL {
        let mut bytes = samples::bytes(topic);
        for length in 0..bytes.len() {
            assert!(decode_json(topic, &bytes[..length]).is_err(), "{topic} cut to {length} bytes");
        }
        bytes.push(0);
        assert_eq!(decode_json(topic, &bytes), Err(CodecError::BytesLeft { topic, count: 1 }));
    }
}

#[test]
fn an_array_that_claims_to_be_huge_is_an_error() {
    let schema = r#"{"type":"record","name":"Many","fields":[{"name":"nothing","type":{"type":"array","items":"null"}}]}"#;
    let writer = WriterSchema::parse(Topic::Posts, schema).unwrap();
    // A block of 2^40 elements of no bytes each, and the array's end.
    let bytes = [0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 0];
    assert!(matches!(writer.decode_json(&bytes), Err(CodecError::Decode { .. })));
}

#[test]
fn an_id_that_is_none_is_an_error() {
    let schema = apache::schema(schema_text(Topic::Posts));
    for (field, text) in
        [("uri", "https://example.com"), ("author_did", "did:plc:"), ("author_did", "anna.test")]
    {
        let mut value = apache::read(&schema, None, &samples::bytes(Topic::Posts));
        let Value::Record(fields) = &mut value else { panic!("a record") };
        fields
            .iter_mut()
            .filter(|(name, _)| name == field)
            .for_each(|(_, value)| *value = Value::String(text.into()));
        let bytes = apache::write(&schema, value);
        let error = decode::<PostEvent<'_>>(&bytes).unwrap_err();
        assert!(matches!(error, CodecError::Decode { topic: Topic::Posts, .. }), "{error}");
        assert_eq!(decode_json(Topic::Posts, &bytes).unwrap()[field], text);
    }
}
