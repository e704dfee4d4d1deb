//! JSON Schemas of what the events' crate defines, for the answers that hold it: records from their Avro schemas,
//! which are the wire's contract already, and their enumerations and instants.
//!
//! A field of such a type says `#[schemars(with = "…")]` with a type of this module.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use skytrend_event::{Topic, codec};

/// A type whose schema is a named part of a topic's Avro schema.
macro_rules! from_avro {
    ($($(#[$doc:meta])* $name:ident = $avro:literal of $topic:ident;)*) => {
        $(
            $(#[$doc])*
            pub(crate) enum $name {}

            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    $avro.into()
                }

                fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                    let avro: Value = serde_json::from_str(codec::schema_text(Topic::$topic))
                        .expect("the schemas of this program are JSON");
                    let named = find(&avro, $avro).expect("the topic's schema has this type");
                    of_named(named, generator)
                }
            }
        )*
    };
}

from_avro! {
    /// A record of `trending-keywords`.
    TrendRecord = "Trend" of Trends;
    /// A record of `alerts`.
    AlertRecord = "Alert" of Alerts;
    /// A record of `moderation`.
    ModerationRecord = "ModerationRecord" of Moderation;
    /// A record of `user-activity`.
    ActivityRecord = "UserActivity" of UserActivity;
    /// Word, hashtag or phrase.
    KeywordKind = "KeywordKind" of Trends;
    /// Sliding or tumbling.
    WindowKind = "WindowKind" of Trends;
    /// Where a trend is in its life.
    TrendStatus = "TrendStatus" of Trends;
}

/// An instant.
pub(crate) enum Instant {}

impl JsonSchema for Instant {
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "integer",
            "format": "int64",
            "description": "Microseconds since 1970-01-01T00:00:00Z.",
        })
    }
}

/// An instant for people.
pub(crate) enum InstantText {}

impl JsonSchema for InstantText {
    fn schema_name() -> Cow<'static, str> {
        "InstantText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "description": "RFC 3339, in UTC." })
    }
}

/// An instant as a request may give it.
pub(crate) enum GivenInstant {}

impl JsonSchema for GivenInstant {
    fn schema_name() -> Cow<'static, str> {
        "GivenInstant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "integer", "format": "int64", "minimum": 0, "maximum": i64::MAX },
                { "type": "string", "format": "date-time" },
            ],
            "description": "Microseconds since 1970-01-01T00:00:00Z, or RFC 3339.",
        })
    }
}

/// A floating-point number as JSON can write it.
pub(crate) enum Number {}

impl JsonSchema for Number {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        number()
    }
}

fn number() -> Schema {
    json_schema!({ "type": ["number", "null"], "format": "double", "description": "Null where it isn't finite." })
}

/// The part of an Avro schema that defines this name.
fn find<'a>(avro: &'a Value, name: &str) -> Option<&'a Value> {
    match avro {
        Value::Object(object) if object.get("name").is_some_and(|own| own == name) && is_named(object) => {
            Some(avro)
        }
        Value::Object(object) => object.values().find_map(|value| find(value, name)),
        Value::Array(list) => list.iter().find_map(|value| find(value, name)),
        _ => None,
    }
}

/// Fields have a name, too.
fn is_named(object: &Map<String, Value>) -> bool {
    object.get("type").is_some_and(|kind| kind == "record" || kind == "enum")
}

/// A record or an enumeration.
fn of_named(avro: &Value, generator: &mut SchemaGenerator) -> Schema {
    let mut schema = if avro["type"] == "enum" {
        json_schema!({ "type": "string", "enum": avro["symbols"] })
    } else {
        let fields = avro["fields"].as_array().map_or(&[][..], Vec::as_slice);
        let mut properties = Map::new();
        for field in fields {
            let mut schema = of_type(&field["type"], generator);
            schema.insert("description".to_owned(), field["doc"].clone());
            properties.insert(text(&field["name"]).to_owned(), schema.to_value());
        }
        let required: Vec<_> = properties.keys().cloned().collect();
        json_schema!({ "type": "object", "properties": properties, "required": required })
    };
    schema.insert("description".to_owned(), avro["doc"].clone());
    schema
}

/// Any type. What serde writes for it, field names being the same in both.
fn of_type(avro: &Value, generator: &mut SchemaGenerator) -> Schema {
    match avro {
        Value::String(primitive) => of_primitive(primitive),
        Value::Array(union) => {
            let mut options: Vec<Value> = union
                .iter()
                .filter(|kind| *kind != "null")
                .map(|kind| of_type(kind, generator).to_value())
                .collect();
            options.push(json!({ "type": "null" }));
            json_schema!({ "anyOf": options })
        }
        other if other["logicalType"] == "timestamp-micros" => generator.subschema_for::<Instant>(),
        other if other["type"] == "array" => {
            let items = of_type(&other["items"], generator);
            json_schema!({ "type": "array", "items": items })
        }
        other => named(other, generator),
    }
}

/// A reference to a named type, which is described once.
fn named(avro: &Value, generator: &mut SchemaGenerator) -> Schema {
    let name = text(&avro["name"]).to_owned();
    if !generator.definitions().contains_key(&name) {
        let schema = of_named(avro, generator);
        generator.definitions_mut().insert(name.clone(), schema.to_value());
    }
    json_schema!({ "$ref": format!("{}{name}", REFERENCES) })
}

/// Where an OpenAPI document holds its schemas.
pub(crate) const REFERENCES: &str = "#/components/schemas/";

fn of_primitive(avro: &str) -> Schema {
    match avro {
        "boolean" => json_schema!({ "type": "boolean" }),
        "int" => json_schema!({ "type": "integer", "format": "int32" }),
        "long" => json_schema!({ "type": "integer", "format": "int64" }),
        "double" => number(),
        _ => json_schema!({ "type": "string" }),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
