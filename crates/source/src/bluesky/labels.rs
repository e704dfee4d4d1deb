//! Labels that labelers put on posts and accounts of others: decoded ([`frame`]), taken in order and once
//! ([`LabelIntake`]), and remembered for what comes later ([`Labelled`]). The stream is read beside one of events, by a
//! client of its own; it has no say in that one's time and order.
//!
//! It decides which labels hide what. When something hidden leaves the windows is the detector's business: it gets
//! the same events as for a deletion and for an account that is taken down.

mod frame;
mod intake;
mod memory;
mod withdrawal;

pub use frame::{FRAME_BYTES_MAX, LABELS_MAX, decode};
pub use intake::{CheckpointError, LabelCheckpoint, LabelIntake};
pub use memory::{Effect, HidingLabels, InvalidMemory, Labelled};

pub(crate) use withdrawal::withdrawal;
