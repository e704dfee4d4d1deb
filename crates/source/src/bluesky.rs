//! Bluesky's streams: the relay's binary firehose and the two versions of Jetstream's JSON.

pub mod firehose;
pub mod jetstream;
