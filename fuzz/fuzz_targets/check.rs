//! What must hold for every message that decodes.

#![allow(dead_code, reason = "each target uses a part of it")]

use skytrend_event::{Event, Follow, Like, PostEvent, Repost, codec};
use skytrend_source::record::{self, Flaw};
use skytrend_source::wire::Message;

/// Encodes an event, decodes it, and compares.
macro_rules! round_trip {
    ($encoder:ident, $event:ident, $type:ty) => {{
        let mut bytes = Vec::new();
        $encoder.encode($event, &mut bytes).expect("every event can be encoded");
        assert_eq!(&codec::decode::<$type>(&bytes).expect("what was encoded decodes"), $event);
    }};
}

/// The events of a message; each must survive its Avro form.
pub fn events<'a>(message: &Message<'a>) -> Vec<Event<'a>> {
    let mut flaws = Vec::<Flaw>::new();
    let events: Vec<Event<'a>> = match message {
        Message::Commit(commit) => {
            let decode = |op| record::decode(commit, op, &mut flaws).ok().flatten();
            commit.ops.iter().filter_map(decode).collect()
        }
        Message::Account(account) => record::account(account).into_iter().collect(),
        _ => Vec::new(),
    };
    events.iter().for_each(event);
    events
}

/// An event must survive its Avro form.
pub fn event(event: &Event<'_>) {
    let mut encoder = codec::Encoder::default();
    match event {
        Event::Post(event) => round_trip!(encoder, event, PostEvent<'_>),
        Event::Like(event) => round_trip!(encoder, event, Like<'_>),
        Event::Repost(event) => round_trip!(encoder, event, Repost<'_>),
        Event::Follow(event) => round_trip!(encoder, event, Follow<'_>),
    }
}
