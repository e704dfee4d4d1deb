//! From messages to events, in order and once each. The state machine on the pipeline's thread: it decodes, drops what
//! breaks the stream's order, what was told before and what must not count, gives each event its record time, and
//! counts what was lost between connections. Pure: no I/O, no clock, and the same messages give the same events,
//! wherever a checkpoint and a restart cut between them.
//!
//! It does not decide where a connection begins; that is the client's.

mod core;

use skytrend_event::{Event, Micros};

use super::cursor::{Because, Checkpoint, Cursor, Request};
use super::labels::{Effect, Labelled};
use super::loss::Losses;
use super::queue::{Delivery, Generation};
use super::read::Unpacker;
use super::settings::Settings;
use crate::DropReason;
use crate::wire::{Label, Place};

use self::core::Core;
pub(crate) use self::core::heartbeat;

/// The DID that heartbeats carry as their author; `.invalid` is reserved, so it is nobody's.
pub const HEARTBEAT_DID: &str = "did:web:heartbeat.invalid";

/// The generation of recordings, which no client counts.
const RECORDING: Generation = 0;

/// Takes what the intake hands out.
pub trait Sink {
    /// An event, in order. Its `witnessed_at` is the record time: what the source said, raised to the highest so far.
    fn event(&mut self, event: Event<'_>);

    /// Something was dropped that deserves a second look, the whole message or a part of it: `bytes` is the whole
    /// message, uncompressed where it could be.
    fn dropped(&mut self, reason: DropReason, detail: &str, place: Option<Place>, bytes: &[u8]);

    /// Something was passed over that needs no second look: told again, or nothing that is kept.
    fn passed_over(&mut self, reason: DropReason);
}

/// The host has broken the stream's rules: the caller tells the client to reconnect from [`Intake::checkpoint`].
/// Reported once for each connection; the caller goes on handing over what waits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A sequence number that is not above the one before. The message was dropped, and nothing after it in this
    /// connection is taken: the checkpoint now stands before it.
    #[error("sequence number {seq} came after {last}")]
    SeqOutOfOrder {
        /// The number.
        seq: i64,
        /// The one before.
        last: i64,
    },
    /// A message whose framing is broken; nothing after it in this connection is taken. If the next connection brings
    /// the very same bytes, they are passed over.
    #[error("a message is broken: {detail}")]
    BrokenFrame {
        /// What is wrong with it.
        detail: String,
    },
}

/// The intake.
pub struct Intake {
    unpacker: Unpacker,
    core: Core,
}

impl Intake {
    /// An intake that goes on from a checkpoint. Before it accepts anything, hand it the events of the log from
    /// [`Intake::seed_from`] on.
    pub fn new(settings: &Settings, start: Option<&Checkpoint>) -> Self {
        Self { unpacker: Unpacker::default(), core: Core::new(settings, start) }
    }

    /// The same intake with what labelers want hidden: of that, nothing new is let through.
    #[must_use]
    pub fn with_labelled(mut self, labelled: Labelled) -> Self {
        self.core.labelled = labelled;
        self
    }

    /// What labelers want hidden.
    pub fn labelled(&mut self) -> &mut Labelled {
        &mut self.core.labelled
    }

    /// Takes a label of the labeler at `host`: what it hides is withdrawn at the present record time, which it does not
    /// move.
    pub(crate) fn label(&mut self, label: &Label<'_>, host: &str, sink: &mut impl Sink) -> Effect {
        self.core.label(label, host, sink)
    }

    /// Whether the stream has come to any time. Before that nothing can be withdrawn, and labels are not to be taken.
    pub fn has_begun(&self) -> bool {
        self.core.has_begun()
    }

    /// The record time from which events must be read back from the log after a restart; none when nothing need be.
    pub fn seed_from(&self) -> Option<Micros> {
        self.core.seed_from()
    }

    /// Takes back one event that left before the restart, with its record time as `witnessed_at`. Their order does not
    /// matter across partitions.
    pub fn seed(&mut self, event: &Event<'_>) {
        self.core.seed(event);
    }

    /// Begins the next recording. A recording is one connection, which nothing can resume.
    pub fn begin_recording(&mut self, name: &str) {
        let request = Request { cursor: Cursor::Live, because: Because::FirstStart };
        self.core.connected(RECORDING, name.to_owned(), request);
    }

    /// Takes the next message of a recording, uncompressed. What is broken is dropped, and the recording goes on.
    pub fn recorded(&mut self, plain: &[u8], sink: &mut impl Sink) {
        if self.core.message(plain, sink).is_err() {
            self.core.go_on();
        }
    }

    /// Takes the next delivery; its events go to `sink`. Deliveries of connections that are not the present one are
    /// ignored.
    pub fn accept(&mut self, delivery: &Delivery, sink: &mut impl Sink) -> Result<(), Violation> {
        match delivery {
            Delivery::Connected { generation, host, request, dictionary } => {
                self.unpacker = Unpacker::new(dictionary.as_ref());
                self.core.connected(*generation, host.to_string(), *request);
                Ok(())
            }
            Delivery::Message { generation, bytes, compressed, .. } => {
                if !self.core.listens_to(*generation) {
                    return Ok(());
                }
                match self.unpacker.plain(bytes, *compressed) {
                    Ok(plain) => self.core.message(plain, sink),
                    Err(unreadable) => self.core.unreadable(&unreadable, bytes, sink),
                }
            }
            Delivery::Disconnected { .. } => Ok(()),
        }
    }

    /// Everything accepted so far. A message that waits for the confirmation of its time is not in it, and is asked
    /// for again after a restart.
    pub fn checkpoint(&self) -> Checkpoint {
        self.core.checkpoint()
    }

    /// Changes decoded so far, as Jetstream v1 counts them: operations, account and identity events.
    pub fn decoded(&self) -> u64 {
        self.core.decoded()
    }

    /// What was lost between connections.
    pub fn losses(&self) -> &Losses {
        self.core.losses()
    }
}
