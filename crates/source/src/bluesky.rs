//! Bluesky's streams: the relay's binary firehose, the two versions of Jetstream's JSON, and the labels of labelers.
//!
//! [`client`] holds the connection and fills the [`queue`]; [`intake`] empties it on the pipeline's thread and hands
//! out events in order, once each, with the losses counted. The client decides nothing about events; the intake does
//! no I/O and reads no clock.

pub mod firehose;
pub mod jetstream;
pub mod labels;

pub mod cursor;
pub mod settings;

mod backoff;
pub mod client;
mod connect;
mod dictionary;
mod endpoint;
mod hosts;
mod http;
pub mod queue;
mod stale;
pub mod status;

pub mod accounts;
mod clock;
mod duplicates;
pub mod intake;
pub mod loss;
mod order;
mod read;
mod recent;

pub mod metrics;

pub use client::{ClientError, Command, run};
pub use connect::AuthoritiesError;
pub use cursor::{Checkpoint, Position};
pub use dictionary::DictionaryError;
pub use hosts::{Host, InvalidHost};
pub use intake::{Intake, Sink, Violation};
pub use labels::{LabelIntake, Labelled};
pub use loss::Losses;
pub use queue::{Delivery, Drained, Queue};
pub use settings::{Protocol, Settings};
pub use status::Status;
