//! Recordings and fixtures of others, found by `SKYTREND_SHARED_DATA`.

use std::path::PathBuf;

use serde_json::Value;

/// Where a file of the shared data is.
pub fn path(name: &str) -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let folder = std::env::var("SKYTREND_SHARED_DATA").unwrap_or_else(|_| default.to_owned());
    PathBuf::from(folder).join(name)
}

pub fn bytes(name: &str) -> Vec<u8> {
    let path = path(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("test data {}: {error}", path.display()))
}

pub fn text(name: &str) -> String {
    String::from_utf8(bytes(name)).unwrap()
}

pub fn json(name: &str) -> Value {
    serde_json::from_slice(&bytes(name)).unwrap()
}

pub fn lines(name: &str) -> Vec<String> {
    text(name).lines().map(str::to_owned).collect()
}

/// 150 frames in a row, as a relay sent them.
pub fn frames() -> Vec<Vec<u8>> {
    let all = zstd::decode_all(&bytes("firehose/jetstream_corpus/frames.bin.zst")[..]).unwrap();
    let (mut frames, mut rest) = (Vec::new(), &all[..]);
    while let Some((length, after)) = rest.split_first_chunk() {
        let (frame, next) = after.split_at(u32::from_le_bytes(*length) as usize);
        frames.push(frame.to_vec());
        rest = next;
    }
    assert_eq!(frames.len(), 150);
    frames
}

/// The same window of time as Jetstream version 1 served it.
pub fn expected_v1() -> Vec<String> {
    let lines = lines("firehose/jetstream_corpus/expected_v1.jsonl");
    assert_eq!(lines.len(), 152);
    lines
}
