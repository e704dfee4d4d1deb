//! How the world's events look on Bluesky's wires: firehose frames, Jetstream's JSON, and dictionary compression.
//! Pure functions of an event; who receives them and when is [`crate::Server`]'s.

pub mod dictionary;
pub mod firehose;
pub mod jetstream;
pub mod labels;
mod proof;

pub use dictionary::Dictionary;
pub use firehose::FrameEncoder;

/// The three streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wire {
    /// `com.atproto.sync.subscribeRepos`: DAG-CBOR frames.
    Firehose,
    /// Jetstream `/subscribe`: JSON.
    JetstreamV1,
    /// `network.bsky.jetstream.subscribeEvents`: JSON with sequence numbers.
    JetstreamV2,
}

impl Wire {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Firehose, Self::JetstreamV1, Self::JetstreamV2];
}
