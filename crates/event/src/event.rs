//! One change on the network, of any kind that skytrend keeps.

use crate::{Did, EventId, Follow, Like, Micros, PostEvent, Repost, Topic};

/// What a source hands to ingest.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "lives on the stack, one at a time; a box would allocate for each"
)]
pub enum Event<'a> {
    /// A post, its edit, its end, or its author's.
    Post(PostEvent<'a>),
    /// A like or its end.
    Like(Like<'a>),
    /// A repost or its end.
    Repost(Repost<'a>),
    /// A follow or its end.
    Follow(Follow<'a>),
}

impl<'a> Event<'a> {
    /// The topic it travels on.
    pub fn topic(&self) -> Topic {
        match self {
            Self::Post(_) => Topic::Posts,
            Self::Like(_) => Topic::Likes,
            Self::Repost(_) => Topic::Reposts,
            Self::Follow(_) => Topic::Follows,
        }
    }

    /// Who did it: the record's key.
    pub fn author_did(&self) -> &Did<'a> {
        match self {
            Self::Post(e) => &e.author_did,
            Self::Like(e) => &e.author_did,
            Self::Repost(e) => &e.author_did,
            Self::Follow(e) => &e.author_did,
        }
    }

    /// When it was witnessed.
    pub fn witnessed_at(&self) -> Micros {
        match self {
            Self::Post(e) => e.witnessed_at,
            Self::Like(e) => e.witnessed_at,
            Self::Repost(e) => e.witnessed_at,
            Self::Follow(e) => e.witnessed_at,
        }
    }

    /// The id that follows it from frame to trend, and by which duplicates are known.
    pub fn event_id(&self) -> EventId {
        match self {
            Self::Post(e) => e.event_id,
            Self::Like(e) => e.event_id,
            Self::Repost(e) => e.event_id,
            Self::Follow(e) => e.event_id,
        }
    }
}
