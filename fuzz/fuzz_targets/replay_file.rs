//! A recorded file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use skytrend_source::bluesky::jetstream::MESSAGE_BYTES_MAX;
use skytrend_source::replay::Reader;

fuzz_target!(|contents: &[u8]| {
    let input = std::io::Cursor::new(contents.to_vec());
    let Ok(mut reader) = Reader::new(input, contents.len() as u64) else { return };
    let mut offset = None;
    while let Some(input) = reader.next() {
        let Ok(input) = input else { break };
        assert!(offset.is_none_or(|offset| input.offset > offset));
        assert!(input.bytes.len() <= MESSAGE_BYTES_MAX);
        offset = Some(input.offset);
        drop(input.decode());
    }
    assert!(reader.next().is_none());
});
