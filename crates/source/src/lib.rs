//! Where events come from: Bluesky's raw firehose, Jetstream, recorded files, and any other feed of JSON lines
//! ([`jsonlines`]).
//!
//! [`wire`] is what every Bluesky protocol decodes into; [`bluesky`] decodes them; [`record`] turns records into
//! events; [`replay`] reads recorded messages from files; [`v1_json`] writes messages the way Jetstream does. Why
//! input is dropped is a [`DropReason`]. It writes to no log and knows nothing of trends.

pub mod wire;

pub mod bluesky;
pub mod cbor;
pub mod datetime;
pub mod jsonlines;
pub mod record;

pub mod replay;
pub mod v1_json;

mod json;
mod reason;

pub use reason::DropReason;
