//! From lines to events in the order of time. Pure: the same lines give the same events, wherever a checkpoint and a
//! restart cut between them (unless the time is that of reading).
//!
//! The record time is what the line says, raised to the highest so far. A line far ahead of those before it waits for
//! the next: if that lies as far ahead, time has jumped; if not, the line is dropped.

use serde::{Deserialize, Serialize};
use skytrend_event::time::SECOND;
use skytrend_event::{Event, Micros, PostEvent};

use super::decode::Decoder;
use super::lines::Line;
use super::settings::Settings;
use crate::DropReason;
use crate::bluesky::intake::{Sink, heartbeat};
use crate::wire::Place;

/// The version that [`Checkpoint`] has now. A number is never reused for another shape.
const CHECKPOINT_VERSION: u32 = 1;

/// Where reading goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    version: u32,
    /// What was read.
    pub path: String,
    /// The first byte that was not.
    pub next: u64,
    /// The highest record time; none before the first event.
    newest: Option<Micros>,
}

/// The saved position can't be read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Not JSON of this shape.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// Of another version of the program.
    #[error("version {0} is not known")]
    Version(u32),
}

impl Checkpoint {
    /// As bytes.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("numbers and text are JSON")
    }

    /// From those bytes.
    pub fn from_json(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let checkpoint: Self = serde_json::from_slice(bytes)?;
        if checkpoint.version == CHECKPOINT_VERSION {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Version(checkpoint.version))
        }
    }
}

/// The intake.
#[derive(Debug)]
pub struct Intake {
    decoder: Decoder,
    path: String,
    time_jump_max: i64,
    /// The highest record time; none before the first event.
    newest: Option<Micros>,
    /// Behind the last line.
    next: u64,
    doubted: Option<Doubted>,
    events: u64,
}

/// A line whose time is not believed yet.
#[derive(Debug)]
struct Doubted {
    event: PostEvent<'static>,
    offset: u64,
    bytes: Vec<u8>,
}

impl Intake {
    /// An intake of the feed at `path`, which goes on from a checkpoint.
    pub fn new(settings: &Settings, path: &str, start: Option<&Checkpoint>) -> Self {
        Self {
            decoder: Decoder::new(&settings.mapping),
            path: path.to_owned(),
            time_jump_max: i64::from(settings.time_jump_max_secs) * SECOND,
            newest: start.and_then(|checkpoint| checkpoint.newest),
            next: start.map_or(0, |checkpoint| checkpoint.next),
            doubted: None,
            events: 0,
        }
    }

    /// Takes the next line, which is read at `now`.
    pub fn take(&mut self, line: &Line<'_>, now: Micros, sink: &mut impl Sink) {
        self.next = line.next;
        let mut flaws = Vec::new();
        let decoded = if line.is_cut {
            Err(DropReason::FrameTooLarge)
        } else {
            self.decoder.decode(line.bytes, now, &mut flaws)
        };
        match decoded {
            Ok(event) => self.order(event, line, sink),
            Err(reason) => sink.dropped(reason, "", Some(self.place(line.offset)), line.bytes),
        }
        for flaw in flaws {
            sink.dropped(flaw.reason, &flaw.detail, Some(self.place(line.offset)), line.bytes);
        }
    }

    /// No line comes any more: what waits is believed.
    pub fn end(&mut self, sink: &mut impl Sink) {
        if let Some(doubted) = self.doubted.take() {
            self.emit(doubted.event, sink);
        }
    }

    /// The feed begins anew, as a file does that was replaced: its next line is at 0.
    pub fn begin_anew(&mut self) {
        self.next = 0;
    }

    /// Everything taken so far, without a line that waits.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            version: CHECKPOINT_VERSION,
            path: self.path.clone(),
            next: self.doubted.as_ref().map_or(self.next, |doubted| doubted.offset),
            newest: self.newest,
        }
    }

    /// Events handed out so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    fn order(&mut self, event: PostEvent<'static>, line: &Line<'_>, sink: &mut impl Sink) {
        if let Some(doubted) = self.doubted.take() {
            if event.witnessed_at.0 >= doubted.event.witnessed_at.0.saturating_sub(self.time_jump_max) {
                self.emit(doubted.event, sink);
            } else {
                sink.dropped(DropReason::TimeJump, "", Some(self.place(doubted.offset)), &doubted.bytes);
            }
        }
        let is_jump = self.newest.is_some_and(|newest| event.witnessed_at.0 - newest.0 > self.time_jump_max);
        if is_jump {
            self.doubted = Some(Doubted { event, offset: line.offset, bytes: line.bytes.to_vec() });
        } else {
            self.emit(event, sink);
        }
    }

    fn emit(&mut self, event: PostEvent<'static>, sink: &mut impl Sink) {
        let record_time = self.newest.map_or(event.witnessed_at, |newest| newest.max(event.witnessed_at));
        let second = record_time.floor(SECOND);
        if self.newest.is_none_or(|newest| newest.floor(SECOND) < second) {
            sink.event(heartbeat(second));
        }
        self.newest = Some(record_time);
        self.events += 1;
        sink.event(Event::Post(PostEvent { witnessed_at: record_time, ..event }));
    }

    fn place(&self, offset: u64) -> Place {
        Place { seq: i64::try_from(offset).ok(), time: self.newest.unwrap_or(Micros(0)) }
    }
}

#[cfg(test)]
mod tests;
