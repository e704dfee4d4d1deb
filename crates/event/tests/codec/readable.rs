//! The JSON form for people.

use proptest::prelude::*;
use serde_json::{Value, json};
use skytrend_event::codec::{Encoder, decode_json, schema_text};
use skytrend_event::{PostAction, Topic};

use crate::{payloads, samples};

#[test]
fn a_heartbeat_reads_well() {
    let mut event = samples::post_event();
    (event.action, event.rev, event.data) = (PostAction::Heartbeat, None, None);
    let bytes = Encoder::default().encode_to_vec(&event).unwrap();
    assert_eq!(
        decode_json(Topic::Posts, &bytes).unwrap().to_string(),
        concat!(
            r#"{"action":"heartbeat","uri":"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a","#,
            r#""author_did":"did:plc:ewvi7nxzyoun6zhxrhs64oiz","rev":null,"witnessed_at":1785585600000000,"#,
            r#""event_id":"fedcba9876543210","data":null}"#,
        )
    );
}

#[test]
fn fields_are_the_schemas_in_its_order() {
    for topic in Topic::ALL {
        let record = decode_json(topic, &samples::bytes(topic)).unwrap();
        let schema: Value = serde_json::from_str(schema_text(topic)).unwrap();
        let names: Vec<&str> =
            schema["fields"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
        assert_eq!(record.as_object().unwrap().keys().collect::<Vec<_>>(), names, "{topic}");
    }
}

#[test]
fn event_ids_are_hex_at_any_depth_and_numbers_that_are_none_are_null() {
    let mut trend = samples::trend();
    trend.score = f64::NAN;
    let record = decode_json(Topic::Trends, &Encoder::default().encode_to_vec(&trend).unwrap()).unwrap();
    assert_eq!(record["sample_posts"][0]["event_id"], "ffffffffffffffff");
    assert_eq!(record["score"], Value::Null);
    assert_eq!(record["rank_change"], -2);
    assert_eq!(record["sparkline"], json!([0, 2, 5, 90, 128]));
}

#[test]
fn bytes_are_text_or_hex() {
    let mut letter = samples::dead_letter();
    let read = |letter: &_| {
        decode_json(Topic::DeadLetter, &Encoder::default().encode_to_vec(letter).unwrap()).unwrap()
    };
    assert_eq!(read(&letter)["bytes"], "0xa16174ff00");
    letter.bytes = b"{\"did\":1}".into();
    assert_eq!(read(&letter)["bytes"], "{\"did\":1}");
}

proptest! {
    #[test]
    fn it_says_the_same_as_serde(value in payloads::user_activity()) {
        let bytes = Encoder::default().encode_to_vec(&value).unwrap();
        prop_assert_eq!(decode_json(Topic::UserActivity, &bytes).unwrap(), serde_json::to_value(&value).unwrap());
    }
}
