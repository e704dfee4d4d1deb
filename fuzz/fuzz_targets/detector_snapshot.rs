//! A snapshot of the detector from anywhere: refused, or one that goes on working and is written as it was read. The
//! checksum is made right first, since no honest damage gets past it and the parser behind it must hold too.

#![no_main]

use libfuzzer_sys::fuzz_target;
use skytrend_trend::{Detector, Settings};
use xxhash_rust::xxh3::xxh3_64;

fuzz_target!(|bytes: &[u8]| {
    let mut empty = Vec::new();
    let detector = Detector::new(Settings::default(), 1).expect("the defaults are valid");
    detector.snapshot(&mut empty);
    // Magic, version and the settings' fingerprint, then the foreign bytes.
    let mut forged = empty[..HEADER_BYTES.min(empty.len())].to_vec();
    forged.extend_from_slice(bytes);
    let checksum = xxh3_64(&forged);
    forged.extend_from_slice(&checksum.to_le_bytes());
    if let Ok(mut restored) = Detector::restore(Settings::default(), &forged) {
        let mut again = Vec::new();
        restored.snapshot(&mut again);
        restored.finish();
        restored.take_outputs();
    }
});

/// Magic, version, fingerprint.
const HEADER_BYTES: usize = 16 + 2 + 8;
