//! One frame of the firehose.

#![no_main]

mod check;

use libfuzzer_sys::fuzz_target;
use skytrend_source::bluesky::{firehose, jetstream};
use skytrend_source::v1_json;

fuzz_target!(|frame: &[u8]| {
    let Ok(message) = firehose::decode(frame) else { return };
    check::events(&message);
    let mut lines = Vec::new();
    v1_json::write(&message, &mut lines);
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let again = jetstream::v1::decode(line).expect("what was written is read");
        check::events(&again);
    }
});
