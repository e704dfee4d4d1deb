//! A labeler's stream on the pipeline's thread: its messages in order and once each, and the checkpoint that survives
//! a restart. What a label does is decided by the intake of events, which has the record time. Pure.

use serde::{Deserialize, Serialize};
use skytrend_event::Micros;

use crate::DropReason;
use crate::bluesky::cursor::{Because, Position};
use crate::bluesky::intake::{Intake, Sink, Violation};
use crate::bluesky::metrics::LabelerCounters;
use crate::bluesky::queue::{Delivery, Generation};
use crate::bluesky::read::{self, Unreadable};
use crate::bluesky::settings::Protocol;
use crate::wire::{Labels, Message, Place};

/// Characters of a detail that are passed on.
const DETAIL_CHARS_MAX: usize = 200;

/// The version that [`LabelCheckpoint`] has now. A number is never reused for another shape.
const CHECKPOINT_VERSION: u32 = 1;

/// How far a labeler's stream has been read. Stored as JSON beside the log's positions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelCheckpoint {
    version: u32,
    /// The labeler, as [`Host`](super::super::Host) is written.
    host: String,
    /// The sequence number of the last message taken.
    seq: i64,
}

/// A checkpoint that cannot be read: our own state is broken, so the program stops.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Not JSON of this shape.
    #[error("a labeler's checkpoint is unreadable: {0}")]
    Json(#[from] serde_json::Error),
    /// Of a version that this program does not know.
    #[error("a labeler's checkpoint has version {found}, this program reads {CHECKPOINT_VERSION}")]
    Version {
        /// What it says.
        found: u32,
    },
}

impl LabelCheckpoint {
    /// Its bytes.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("numbers and strings always have a JSON form")
    }

    /// Reads what [`LabelCheckpoint::to_json`] wrote.
    pub fn from_json(bytes: &[u8]) -> Result<Self, CheckpointError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version: found } = serde_json::from_slice(bytes)?;
        if found != CHECKPOINT_VERSION {
            return Err(CheckpointError::Version { found });
        }
        Ok(serde_json::from_slice(bytes)?)
    }
}

/// The present connection.
struct Connection {
    generation: Generation,
    last_seq: Option<i64>,
    /// It has broken the order or brought a broken message; nothing after that is taken.
    is_broken: bool,
}

/// See the module.
pub struct LabelIntake {
    host: String,
    /// The number of the last message taken; none before the first.
    seq: Option<i64>,
    connection: Option<Connection>,
    /// The hash of a frame that has broken a connection.
    poison: Option<u64>,
    /// The number that last came out of order.
    disorder: Option<i64>,
    is_changed: bool,
    counters: LabelerCounters,
}

impl LabelIntake {
    /// The intake of the labeler at `host`, as [`Host`](super::super::Host) is written, that goes on from a checkpoint.
    pub fn new(host: String, start: Option<&LabelCheckpoint>) -> Self {
        let counters = LabelerCounters::new(&host);
        Self {
            seq: start.filter(|start| start.host == host).map(|start| start.seq),
            host,
            connection: None,
            poison: None,
            disorder: None,
            is_changed: false,
            counters,
        }
    }

    /// Where the client goes on; none before the first message.
    pub fn position(&self) -> Option<Position> {
        Some(Position { host: self.host.clone(), seq: Some(self.seq?), time: Micros::default() })
    }

    /// Everything taken so far, if that has changed since the last call.
    pub fn changed_checkpoint(&mut self) -> Option<LabelCheckpoint> {
        let seq = self.seq.filter(|_| std::mem::take(&mut self.is_changed))?;
        Some(LabelCheckpoint { version: CHECKPOINT_VERSION, host: self.host.clone(), seq })
    }

    /// Takes the next delivery of the labeler's client: labels go through `events` to `sink`. After a violation the
    /// caller tells the client to reconnect from [`LabelIntake::position`], and goes on handing over what waits.
    pub fn accept(
        &mut self,
        delivery: &Delivery,
        events: &mut Intake,
        sink: &mut impl Sink,
    ) -> Result<(), Violation> {
        match delivery {
            Delivery::Connected { generation, request, .. } => {
                if request.because == Because::FutureCursor {
                    // Its numbers began anew.
                    self.seq = None;
                }
                self.connection =
                    Some(Connection { generation: *generation, last_seq: None, is_broken: false });
                Ok(())
            }
            Delivery::Message { generation, bytes, .. } if self.listens_to(*generation) => {
                self.message(bytes, events, sink)
            }
            Delivery::Message { .. } | Delivery::Disconnected { .. } => Ok(()),
        }
    }

    fn listens_to(&self, generation: Generation) -> bool {
        self.connection.as_ref().is_some_and(|it| it.generation == generation && !it.is_broken)
    }

    fn message(&mut self, frame: &[u8], events: &mut Intake, sink: &mut impl Sink) -> Result<(), Violation> {
        let message = match read::decode(Protocol::Labels, frame) {
            Ok(message) => message,
            Err(unreadable) => return self.unreadable(&unreadable, frame, sink),
        };
        match &message {
            Message::Labels(labels) => {
                if self.check_sequence(labels.at, frame, sink)? {
                    self.take(labels, frame, events, sink);
                }
            }
            Message::Info { name, .. } => {
                if name == "OutdatedCursor" {
                    tracing::warn!(host = self.host, "labels were missed: the labeler keeps none so old");
                }
                self.counters.notice(name);
            }
            Message::Error { error, .. } => self.counters.notice(error),
            Message::Unknown { what, at } => sink.dropped(DropReason::UnknownType, what, *at, frame),
            Message::Commit(_) | Message::Account(_) | Message::Identity(_) | Message::Sync { .. } => {}
        }
        Ok(())
    }

    /// Whether the message's number is new. What breaks the order within a connection is dropped and ends it, unless
    /// the labeler told it in the same wrong place before: then asking again would not help.
    fn check_sequence(&mut self, at: Place, frame: &[u8], sink: &mut impl Sink) -> Result<bool, Violation> {
        let (Some(seq), Some(connection)) = (at.seq, self.connection.as_mut()) else { return Ok(false) };
        if let Some(last) = connection.last_seq.filter(|last| seq <= *last) {
            let violation = Violation::SeqOutOfOrder { seq, last };
            let is_new = self.disorder.replace(seq) != Some(seq);
            connection.is_broken = is_new;
            sink.dropped(DropReason::SeqOutOfOrder, &violation.to_string(), Some(at), frame);
            if !is_new {
                return Ok(false);
            }
            // What came too late may never have been told: the next connection begins before it. What is told again
            // by that is known by its subject.
            self.seq = Some(seq - 1);
            return Err(violation);
        }
        connection.last_seq = Some(seq);
        Ok(self.seq.is_none_or(|taken| taken < seq))
    }

    fn take(&mut self, labels: &Labels<'_>, frame: &[u8], events: &mut Intake, sink: &mut impl Sink) {
        for label in &labels.labels {
            self.counters.label(events.label(label, &self.host, sink));
        }
        // The frame is kept once, however many of its labels are wrong.
        if let Some((first, others)) = labels.rejected.split_first() {
            sink.dropped(*first, "a label", Some(labels.at), frame);
            for reason in others {
                sink.passed_over(*reason);
            }
        }
        self.seq = labels.at.seq;
        self.is_changed = true;
    }

    /// Drops bytes that are no message. The same ones again end no other connection.
    fn unreadable(
        &mut self,
        unreadable: &Unreadable,
        frame: &[u8],
        sink: &mut impl Sink,
    ) -> Result<(), Violation> {
        let detail: String = unreadable.detail.chars().take(DETAIL_CHARS_MAX).collect();
        let key = xxhash_rust::xxh3::xxh3_64(frame);
        if unreadable.breaks_connection && self.poison == Some(key) {
            sink.passed_over(unreadable.reason);
            return Ok(());
        }
        sink.dropped(unreadable.reason, &detail, None, frame);
        if !unreadable.breaks_connection {
            return Ok(());
        }
        self.poison = Some(key);
        if let Some(connection) = &mut self.connection {
            connection.is_broken = true;
        }
        Err(Violation::BrokenFrame { detail })
    }
}
