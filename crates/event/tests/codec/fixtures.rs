//! Bytes that released versions wrote, in `testdata/avro/v*/`: hex digits, and what they hold as JSON.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use skytrend_event::Topic;
use skytrend_event::codec::{WriterSchema, decode_json, schema};

use crate::samples;

fn path(version: u32, topic: Topic, extension: &str) -> PathBuf {
    let name = schema::file_name(topic).replace("avsc", extension);
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../testdata/avro/v{version}")).join(name)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn to_hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for line in bytes.chunks(32) {
        for byte in line {
            write!(text, "{byte:02x}").unwrap();
        }
        text.push('\n');
    }
    text
}

/// Whether each field of `part` is in `whole` with the same value: later versions have more fields.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(name, part)| whole.get(name).is_some_and(|whole| holds(whole, part)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(whole, part)| holds(whole, part))
        }
        _ => whole == part,
    }
}

#[test]
fn the_bytes_of_every_released_version_are_read() {
    for version in 1..=schema::VERSION {
        for topic in Topic::ALL {
            let Some(released) = schema::released_text(topic, version) else { continue };
            let bytes = from_hex(&read(&path(version, topic, "hex")));
            let expected: Value = serde_json::from_str(&read(&path(version, topic, "json"))).unwrap();
            let writer = WriterSchema::parse(topic, released).unwrap();
            assert_eq!(writer.decode_json(&bytes).unwrap(), expected, "{topic} version {version}");
            let rewritten = samples::rewritten(&writer, &bytes).unwrap();
            let today = decode_json(topic, &rewritten).unwrap();
            assert!(holds(&today, &expected), "{topic} version {version}: {today}");
        }
    }
}

#[test]
fn this_version_still_writes_its_own_bytes() {
    for topic in Topic::ALL {
        let fixture = from_hex(&read(&path(schema::VERSION, topic, "hex")));
        assert_eq!(samples::bytes(topic), fixture, "{topic}");
    }
}

#[test]
#[ignore = "writes the fixtures of a version: run once, when it or a topic is released; never overwrites"]
#[expect(clippy::disallowed_methods, reason = "tests have files; only the crate itself is pure")]
fn write_fixtures_of_this_version() {
    for topic in Topic::ALL {
        let bytes = samples::bytes(topic);
        let json = serde_json::to_string_pretty(&decode_json(topic, &bytes).unwrap()).unwrap() + "\n";
        for (path, content) in [
            (path(schema::VERSION, topic, "hex"), to_hex(&bytes)),
            (path(schema::VERSION, topic, "json"), json),
        ] {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            if !path.exists() {
                fs::write(path, content).unwrap();
            }
        }
    }
}
