//! One frame of a labeler.

#![no_main]

use libfuzzer_sys::fuzz_target;
use skytrend_source::bluesky::labels::{self, LABELS_MAX};
use skytrend_source::wire::Message;

fuzz_target!(|frame: &[u8]| {
    if let Ok(Message::Labels(read)) = labels::decode(frame) {
        assert!(read.labels.len() + read.rejected.len() <= LABELS_MAX);
    }
});
