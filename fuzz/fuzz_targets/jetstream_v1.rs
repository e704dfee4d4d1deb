//! One message of Jetstream version 1.

#![no_main]

mod check;

use libfuzzer_sys::fuzz_target;
use skytrend_source::bluesky::jetstream;
use skytrend_source::v1_json;

fuzz_target!(|message: &[u8]| {
    let Ok(message) = jetstream::v1::decode(message) else { return };
    check::events(&message);
    v1_json::write(&message, &mut Vec::new());
});
