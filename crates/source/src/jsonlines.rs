//! A second kind of source: any feed of JSON objects, one a line, whose fields a mapping names. Its lines become the
//! same [`PostEvent`](skytrend_event::PostEvent)s as posts of Bluesky, so that all that follows is the same.
//!
//! [`ids`] turns foreign names into valid ones and back, [`decode`] a line into an event, [`intake`] lines into events
//! in the order of time, [`lines`] bytes into lines. Where the bytes come from, and when they are committed, is the
//! program's to decide.

pub mod decode;
pub mod ids;
pub mod intake;
pub mod lines;
pub mod settings;

pub use decode::Decoder;
pub use intake::{Checkpoint, Intake};
pub use lines::{Line, LineReader};
pub use settings::{InvalidMapping, Mapping, Settings, TimeFormat};
