//! Every payload survives its Avro form.

use std::borrow::Cow;

use skytrend_event::{AtUri, Did, EventId, Language, Micros, PostAction, PostData, PostEvent, Span, codec};

#[test]
fn a_post_is_the_same_after_encoding_and_decoding() {
    let did = Did::parse("did:plc:abc").unwrap();
    let event = PostEvent {
        action: PostAction::Created,
        uri: AtUri::of_account(&did),
        author_did: did,
        rev: None,
        witnessed_at: Micros(5),
        event_id: EventId(u64::MAX),
        data: Some(PostData {
            text: Cow::Borrowed("hello"),
            languages: vec![Language::parse("en").unwrap()],
            skip: vec![Span { start: 0, end: 2 }],
            ..PostData::default()
        }),
    };
    let mut bytes = Vec::new();
    codec::Encoder::default().encode(&event, &mut bytes).unwrap();
    assert_eq!(codec::decode::<PostEvent<'_>>(&bytes).unwrap(), event);
}
