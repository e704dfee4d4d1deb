//! Writers and readers of different schema versions understand each other, both ways.

use apache_avro::schema_compatibility::SchemaCompatibility;
use serde_json::{Value, json};
use skytrend_event::Topic;
use skytrend_event::codec::{self, WriterSchema, decode_json, schema};

use crate::{apache, samples};

/// A field as a later version may add it: with a default, and of a type that takes some reading to skip.
fn added_field() -> Value {
    json!({ "name": "added", "type": { "type": "array", "items": ["null", "string"] }, "default": [] })
}

fn current(topic: Topic) -> Value {
    serde_json::from_str(codec::schema_text(topic)).unwrap()
}

/// Calls `change` with the fields of each record in a schema.
fn for_each_record(schema: &mut Value, change: &impl Fn(&mut Vec<Value>)) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(|part| for_each_record(part, change)),
        Value::Object(parts) => {
            parts.values_mut().for_each(|part| for_each_record(part, change));
            if parts.get("type") == Some(&json!("record")) {
                change(parts["fields"].as_array_mut().unwrap());
            }
        }
        _ => (),
    }
}

/// The schema with one more field in the middle of each record.
fn grown(topic: Topic) -> String {
    let mut schema = current(topic);
    for_each_record(&mut schema, &|fields| fields.insert(fields.len() / 2, added_field()));
    schema.to_string()
}

/// The schema without the fields that have a default, as a version before them would be.
fn shrunk(topic: Topic) -> String {
    let mut schema = current(topic);
    for_each_record(&mut schema, &|fields| fields.retain(|field| field.get("default").is_none()));
    schema.to_string()
}

#[test]
fn every_field_is_explained() {
    for topic in Topic::ALL {
        for_each_record(&mut current(topic), &|fields| {
            for field in fields {
                let doc = field["doc"].as_str().unwrap_or_default();
                assert!(doc.ends_with('.'), "{topic}: {} has no doc", field["name"]);
            }
        });
    }
}

#[test]
fn this_version_is_released() {
    for topic in Topic::ALL {
        let released = schema::released_text(topic, schema::VERSION).unwrap();
        assert_eq!(
            apache::schema(released).canonical_form(),
            apache::schema(codec::schema_text(topic)).canonical_form(),
            "{} differs from its released version {}: see the module's docs",
            schema::file_name(topic),
            schema::VERSION,
        );
        assert_eq!(schema::released_text(topic, schema::VERSION + 1), None);
    }
}

#[test]
fn this_version_and_every_released_one_read_each_other() {
    for topic in Topic::ALL {
        let current = apache::schema(codec::schema_text(topic));
        for version in 1..=schema::VERSION {
            let Some(released) = schema::released_text(topic, version) else { continue };
            let released = apache::schema(released);
            let compatibility = SchemaCompatibility::mutual_read(&released, &current);
            assert!(compatibility.is_ok(), "{topic} version {version}: {compatibility:?}");
        }
    }
}

#[test]
fn the_compatibility_check_finds_a_field_without_default() {
    let mut with_required = current(Topic::Likes);
    for_each_record(&mut with_required, &|fields| fields.push(json!({ "name": "added", "type": "string" })));
    let (old, new) =
        (apache::schema(codec::schema_text(Topic::Likes)), apache::schema(&with_required.to_string()));
    assert!(SchemaCompatibility::mutual_read(&old, &new).is_err());
}

#[test]
fn a_later_writer_is_read() {
    for topic in Topic::ALL {
        let (current, later) = (apache::schema(codec::schema_text(topic)), apache::schema(&grown(topic)));
        let bytes = samples::bytes(topic);
        let later_bytes = apache::write(&later, apache::read(&current, Some(&later), &bytes));
        assert_ne!(later_bytes, bytes);
        let writer = WriterSchema::parse(topic, &grown(topic)).unwrap();
        assert_eq!(samples::rewritten(&writer, &later_bytes).unwrap(), bytes, "{topic}");
        assert_eq!(apache::read(&later, Some(&current), &later_bytes), apache::read(&current, None, &bytes));
        assert_eq!(writer.decode_json(&later_bytes).unwrap()["added"], json!([]));
    }
}

#[test]
fn a_later_reader_gets_the_default() {
    for topic in Topic::ALL {
        let (current, later) = (apache::schema(codec::schema_text(topic)), apache::schema(&grown(topic)));
        let value = apache::read(&current, Some(&later), &samples::bytes(topic));
        let apache_avro::types::Value::Record(fields) = value else { panic!("a record") };
        let added = fields.into_iter().find(|(name, _)| name == "added").map(|(_, value)| value);
        assert_eq!(added, Some(apache_avro::types::Value::Array(Vec::new())), "{topic}");
    }
}

#[test]
fn an_earlier_writer_is_read_with_the_schemas_defaults() {
    for topic in Topic::ALL {
        let (current, earlier) = (apache::schema(codec::schema_text(topic)), apache::schema(&shrunk(topic)));
        let earlier_bytes =
            apache::write(&earlier, apache::read(&current, Some(&earlier), &samples::bytes(topic)));
        let resolved = apache::write(&current, apache::read(&earlier, Some(&current), &earlier_bytes));
        let writer = WriterSchema::parse(topic, &shrunk(topic)).unwrap();
        let rewritten = samples::rewritten(&writer, &earlier_bytes).unwrap();
        assert_eq!(
            decode_json(topic, &rewritten).unwrap(),
            decode_json(topic, &resolved).unwrap(),
            "{topic}"
        );
    }
}

#[test]
fn what_is_no_schema_is_refused() {
    for text in ["", "{}", "{\"type\":\"unheard-of\"}"] {
        let error = WriterSchema::parse(Topic::Posts, text).err();
        assert!(matches!(error, Some(codec::CodecError::Schema { topic: Topic::Posts, .. })), "{text:?}");
    }
}
