//! Where events come from: Bluesky's raw firehose, Jetstream, recorded files.
//!
//! [`wire`] is what every Bluesky protocol decodes into; [`bluesky`] decodes them; [`record`] turns records into
//! events. It writes to no log and knows nothing of trends.

pub mod wire;
