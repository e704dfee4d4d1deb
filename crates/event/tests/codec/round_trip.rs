//! Encoding and decoding give the same value back.

use proptest::prelude::*;
use skytrend_event::codec::{self, CodecError, Encoder};
use skytrend_event::{Event, Span, Topic};

use crate::payloads::{self, for_each_payload};
use crate::samples;

macro_rules! round_trip {
    ($name:ident, $strategy:expr, $type:ty) => {
        proptest! {
            #[test]
            fn $name(value in $strategy) {
                let bytes = Encoder::default().encode_to_vec(&value).unwrap();
                let decoded: $type = codec::decode(&bytes).unwrap();
                prop_assert_eq!(decoded, value);
            }
        }
    };
}
for_each_payload!(round_trip);

proptest! {
    #[test]
    fn a_batch_in_one_buffer_is_the_values_one_after_the_other(posts in proptest::collection::vec(payloads::post_event(), 0..8)) {
        let (mut encoder, mut batch, mut ends) = (Encoder::default(), Vec::new(), vec![0]);
        for post in &posts {
            encoder.encode(post, &mut batch).unwrap();
            ends.push(batch.len());
        }
        for (post, range) in posts.iter().zip(ends.windows(2)) {
            prop_assert_eq!(&codec::decode::<skytrend_event::PostEvent<'_>>(&batch[range[0]..range[1]]).unwrap(), post);
        }
    }
}

#[test]
fn an_event_is_written_as_what_it_is() {
    let (mut encoder, mut out) = (Encoder::default(), Vec::new());
    for event in [
        Event::Post(samples::post_event()),
        Event::Like(samples::like()),
        Event::Repost(samples::repost()),
        Event::Follow(samples::follow()),
    ] {
        out.clear();
        encoder.encode_event(&event, &mut out).unwrap();
        assert_eq!(out, samples::bytes(event.topic()));
    }
}

#[test]
fn a_value_that_does_not_fit_leaves_the_buffer_as_it_was() {
    let mut event = samples::post_event();
    event.data.as_mut().unwrap().skip.push(Span { start: 0, end: u32::MAX });
    let mut out = b"before".to_vec();
    let error = Encoder::default().encode(&event, &mut out).unwrap_err();
    assert!(matches!(error, CodecError::Encode { topic: Topic::Posts, .. }), "{error}");
    assert_eq!(out, b"before");
}

#[test]
fn topics_index_their_own_schema() {
    for (index, topic) in Topic::ALL.into_iter().enumerate() {
        assert_eq!(topic as usize, index);
        let schema: serde_json::Value = serde_json::from_str(codec::schema_text(topic)).unwrap();
        assert_eq!(schema["type"], "record");
        assert_eq!(codec::schema(topic).json().parse::<serde_json::Value>().unwrap(), schema);
    }
}
