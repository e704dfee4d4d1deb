//! A stored batch of the local log: refused, or as many records as it says.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use skytrend_log::local::batch;

fuzz_target!(|input: &[u8]| {
    let _ = batch::decode(&Bytes::copy_from_slice(input));
});
