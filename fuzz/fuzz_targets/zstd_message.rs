//! One compressed message: what the dictionary compresses comes back, and a damaged byte of it never panics. The C
//! library is not instrumented, so the fuzzer is given valid messages to damage instead of having to find them.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use skytrend_source::bluesky::jetstream::MESSAGE_BYTES_MAX;
use skytrend_source::bluesky::jetstream::zstd::Decompressor;
use zstd::bulk::Compressor;

thread_local! {
    static BOTH: RefCell<(Compressor<'static>, Decompressor)> = RefCell::new(both());
}

/// A small dictionary, the same in every run.
fn both() -> (Compressor<'static>, Decompressor) {
    let sample = |n: u32| format!("{{\"did\":\"did:plc:{n:024}\",\"time_us\":{n},\"kind\":\"commit\"}}");
    let samples: Vec<String> = (0..1000).map(sample).collect();
    let dictionary = zstd::dict::from_samples(&samples, 4096).expect("enough samples");
    let compressor = Compressor::with_dictionary(1, &dictionary).expect("a dictionary");
    (compressor, Decompressor::new(&dictionary).expect("a dictionary"))
}

fuzz_target!(|input: &[u8]| {
    let Some(([at_low, at_high, mask], text)) = input.split_first_chunk() else { return };
    BOTH.with_borrow_mut(|(compressor, decompressor)| {
        let mut message = compressor.compress(text).expect("memory");
        assert_eq!(decompressor.decompress(&message).expect("a whole message"), text);
        let at = usize::from(u16::from_le_bytes([*at_low, *at_high])) % message.len();
        message[at] ^= mask;
        if let Ok(text) = decompressor.decompress(&message) {
            assert!(text.len() <= MESSAGE_BYTES_MAX);
        }
        drop(decompressor.decompress(text).map(<[u8]>::len));
    });
});
