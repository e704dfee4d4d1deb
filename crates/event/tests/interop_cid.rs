//! CIDs of the protocol's data-model fixtures and of captured commits.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod shared;

use serde_json::Value;
use sha2::{Digest, Sha256};
use skytrend_event::Cid;

#[test]
fn data_model_fixtures_have_the_cid_of_their_bytes() {
    let fixtures: Value = serde_json::from_str(&shared::read("interop/data-model-fixtures.json")).unwrap();
    let fixtures = fixtures.as_array().unwrap();
    assert!(!fixtures.is_empty());
    for fixture in fixtures {
        let text = fixture["cid"].as_str().unwrap();
        let bytes = from_base64(fixture["cbor_base64"].as_str().unwrap());
        let cid = Cid::of_dag_cbor(Sha256::digest(&bytes).into());
        assert_eq!(cid.to_string(), text);
        assert_eq!(Cid::parse(text), Ok(cid));
    }
}

#[test]
fn captured_cids_round_trip() {
    let mut count = 0;
    for line in shared::read("firehose/jetstream_corpus/expected_v1.jsonl").lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let Some(text) = event["commit"]["cid"].as_str() else { continue };
        let cid = Cid::parse(text).unwrap();
        assert_eq!(cid.to_string(), text);
        assert_eq!(Cid::from_bytes(cid.as_bytes()), Ok(cid));
        count += 1;
    }
    assert!(count > 100, "only {count} CIDs in the capture");
}

/// Standard base64 without padding.
fn from_base64(text: &str) -> Vec<u8> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<usize> = text.chars().map(|digit| DIGITS.find(digit).unwrap()).collect();
    let chunk_bytes = |chunk: &[usize]| {
        let number = chunk.iter().fold(0, |number, digit| number << 6 | digit) << (6 * (4 - chunk.len()));
        u32::try_from(number).unwrap().to_be_bytes()[1..chunk.len()].to_vec()
    };
    bits.chunks(4).flat_map(chunk_bytes).collect()
}
