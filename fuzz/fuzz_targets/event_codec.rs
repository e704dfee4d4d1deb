//! A datum of any topic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use skytrend_event::{
    Alert, DeadLetter, Follow, KeywordCount, Like, ModerationRecord, PostEvent, Repost, Trend, UserActivity, codec,
};

fuzz_target!(|input: &[u8]| {
    let Some((topic, datum)) = input.split_first() else { return };
    match topic % 10 {
        0 => check::<PostEvent<'_>>(datum),
        1 => check::<Like<'_>>(datum),
        2 => check::<Repost<'_>>(datum),
        3 => check::<Follow<'_>>(datum),
        4 => check::<Trend>(datum),
        5 => check::<KeywordCount>(datum),
        6 => check::<Alert>(datum),
        7 => check::<UserActivity>(datum),
        8 => check::<DeadLetter<'_>>(datum),
        _ => check::<ModerationRecord>(datum),
    }
});

/// What decodes is a value, so it encodes. Not compared: a float that is not a number is not equal to itself.
fn check<'a, T: codec::Payload<'a>>(datum: &'a [u8]) {
    let Ok(value) = codec::decode::<T>(datum) else { return };
    let mut bytes = Vec::new();
    codec::Encoder::default().encode(&value, &mut bytes).expect("what was decoded can be encoded");
}
