//! Where a stream begins: what a cursor means on each wire, and what is said when it asks for too much.
//! Rules: the event stream specification, the lexicons of `subscribeRepos` and `subscribeEvents`, and what
//! Jetstream's version 1 does.

use std::sync::Arc;

use skytrend_event::Micros;

use super::filter::{Filter, FilterError};
use super::http::Request;
use super::shared::{Gate, Shared};
use super::timeline::{Place, Playhead};
use crate::wire::firehose::{error_frame, info_frame};
use crate::wire::jetstream::info_json;
use crate::{Dictionary, Wire};

/// Cursors of Jetstream from here on are microseconds, smaller ones sequence numbers.
const TIME_CURSOR_MIN: i64 = 1_000_000_000_000_000;
/// Version 2's subprotocol.
pub(super) const SUBPROTOCOL: &str = "xrpc.v1.json";

/// A stream that is about to begin.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) wire: Wire,
    pub(super) playhead: Playhead,
    /// What is subtracted from sequence numbers.
    pub(super) seq_offset: i64,
    /// What is said first.
    pub(super) greeting: Option<Greeting>,
    pub(super) filter: Filter,
    pub(super) dictionary: Option<Dictionary>,
    /// Whether nothing is sent before the client's first filter (version 1).
    pub(super) waits_for_hello: bool,
}

/// A message before any event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Greeting {
    /// A frame, and the stream goes on.
    Frame(Vec<u8>),
    /// JSON, and the stream goes on.
    Json(String),
    /// A frame, and the stream ends.
    Last(Vec<u8>),
}

/// Why a stream is refused before it begins.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("not a number: {0}")]
    InvalidNumber(&'static str),
    #[error(transparent)]
    Filter(#[from] FilterError),
    #[error("the subprotocol has to be {SUBPROTOCOL}")]
    Subprotocol,
    #[error("compression by zstd and by permessage-deflate at once")]
    DoubleCompression,
    #[error("the current dictionary is {0}")]
    UnknownDictionary(u32),
    #[error("the oldest sequence number is {0}")]
    CursorTooOld(i64),
    #[error("the newest sequence number is {0}")]
    FutureCursor(i64),
}

impl Refusal {
    /// Its stable name.
    pub(super) fn error(&self) -> &'static str {
        match self {
            Self::UnknownDictionary(_) => "UnknownZstdDictionary",
            Self::CursorTooOld(_) => "CursorTooOld",
            Self::FutureCursor(_) => "FutureCursor",
            _ => "InvalidRequest",
        }
    }
}

/// Decides how a stream begins.
pub(super) async fn open(shared: &Arc<Shared>, wire: Wire, request: &Request) -> Result<Opening, Refusal> {
    match wire {
        Wire::Firehose => open_firehose(shared, request).await,
        Wire::JetstreamV1 => open_v1(shared, request).await,
        Wire::JetstreamV2 => open_v2(shared, request).await,
    }
}

fn number(request: &Request, name: &'static str) -> Result<Option<i64>, Refusal> {
    request.last(name).map(|text| text.parse().map_err(|_| Refusal::InvalidNumber(name))).transpose()
}

async fn open_firehose(shared: &Arc<Shared>, request: &Request) -> Result<Opening, Refusal> {
    let gate = shared.gate();
    // After a reset nothing may have happened yet under the new numbers.
    let newest = (shared.tip.borrow().seq - gate.seq_offset).max(0);
    let cursor = number(request, "cursor")?;
    let (playhead, greeting) = match cursor {
        None => (live(shared).await, None),
        Some(cursor) if cursor > newest => {
            let text = format!("the newest sequence number is {newest}");
            (live(shared).await, Some(Greeting::Last(error_frame("FutureCursor", &text))))
        }
        Some(cursor) => {
            let reached = reach(shared, gate, Place::Seq(cursor + 1 + gate.seq_offset)).await;
            let tell = reached.is_clamped && !gate.is_silent && cursor != 0;
            let info =
                || Greeting::Frame(info_frame("OutdatedCursor", "the cursor is older than the window"));
            (reached.playhead, tell.then(info))
        }
    };
    Ok(opening(Wire::Firehose, playhead, gate, greeting, Filter::default()))
}

async fn open_v1(shared: &Arc<Shared>, request: &Request) -> Result<Opening, Refusal> {
    let gate = shared.gate();
    let filter = Filter::v1(request)?;
    let compress = request.last("compress") == Some("true") || request.header_has("socket-encoding", "zstd");
    if compress && request.header_has("sec-websocket-extensions", "permessage-deflate") {
        return Err(Refusal::DoubleCompression);
    }
    let (newest_seq, newest_time) = newest(shared, gate);
    let playhead = match number(request, "cursor")? {
        Some(cursor) if cursor >= TIME_CURSOR_MIN && cursor <= newest_time => {
            reach(shared, gate, Place::Time(Micros(cursor))).await.playhead
        }
        Some(cursor) if (0..=newest_seq).contains(&cursor) => {
            reach(shared, gate, Place::Seq(cursor + gate.seq_offset)).await.playhead
        }
        _ => live(shared).await,
    };
    let mut opening = opening(Wire::JetstreamV1, playhead, gate, None, filter);
    opening.dictionary = compress.then(|| Dictionary::with_id(shared.settings.v1_dictionary_id));
    opening.waits_for_hello = request.last("requireHello") == Some("true");
    Ok(opening)
}

async fn open_v2(shared: &Arc<Shared>, request: &Request) -> Result<Opening, Refusal> {
    if !request.header_has("sec-websocket-protocol", SUBPROTOCOL) {
        return Err(Refusal::Subprotocol);
    }
    let gate = shared.gate();
    let filter = Filter::v2(request)?;
    if number(request, "maxMessageSizeBytes")?.is_some_and(|size| !(0..1 << 32).contains(&size)) {
        return Err(Refusal::InvalidNumber("maxMessageSizeBytes"));
    }
    let current = shared.settings.v2_dictionary_id;
    let dictionary = number(request, "zstdDictionary")?;
    if dictionary.is_some_and(|id| id != i64::from(current)) {
        return Err(Refusal::UnknownDictionary(current));
    }
    let (newest, _) = newest(shared, gate);
    let (playhead, greeting) = match number(request, "cursor")? {
        None => (live(shared).await, None),
        Some(cursor) if cursor >= TIME_CURSOR_MIN => {
            let mut reached = reach(shared, gate, Place::Time(Micros(cursor))).await;
            let tell = reached.is_clamped && !gate.is_silent;
            let from = reached.playhead.peek().map_or(newest, |event| event.seq - gate.seq_offset);
            let info = || Greeting::Json(info_json("OutdatedCursor", &format!("resumed from {from}")));
            (reached.playhead, tell.then(info))
        }
        // The next number to come is a cursor that has seen everything.
        Some(cursor) if cursor > newest + 1 => return Err(Refusal::FutureCursor(newest)),
        Some(cursor) => {
            let mut reached = reach(shared, gate, Place::Seq(cursor + gate.seq_offset)).await;
            if reached.is_clamped && !gate.is_silent && cursor != 0 {
                let oldest = reached.playhead.peek().map_or(newest, |event| event.seq - gate.seq_offset);
                return Err(Refusal::CursorTooOld(oldest));
            }
            (reached.playhead, None)
        }
    };
    let mut opening = opening(Wire::JetstreamV2, playhead, gate, greeting, filter);
    opening.dictionary = dictionary.map(|_| Dictionary::with_id(current));
    Ok(opening)
}

fn opening(
    wire: Wire,
    playhead: Playhead,
    gate: Gate,
    greeting: Option<Greeting>,
    filter: Filter,
) -> Opening {
    let seq_offset = gate.seq_offset;
    Opening { wire, playhead, seq_offset, greeting, filter, dictionary: None, waits_for_hello: false }
}

/// The newest sequence number as readers see it, and the newest event's time.
fn newest(shared: &Shared, gate: Gate) -> (i64, i64) {
    let tip = *shared.tip.borrow();
    // After a reset nothing may have happened yet under the new numbers.
    ((tip.seq - gate.seq_offset).max(0), tip.witnessed.0)
}

async fn live(shared: &Arc<Shared>) -> Playhead {
    let next = shared.tip.borrow().next_index.max(shared.gate().floor);
    shared.seek(Place::Index(next)).await
}

/// Where a cursor got to.
struct Reached {
    playhead: Playhead,
    /// Whether that is later than it asked.
    is_clamped: bool,
}

/// Goes to a place, or to the oldest event that is served if that is later.
async fn reach(shared: &Arc<Shared>, gate: Gate, place: Place) -> Reached {
    let oldest = shared.oldest();
    let is_gone = !place.can_be_reached_from(&shared.copy_before(place));
    let mut playhead = shared.seek(place).await;
    let too_old = |event: &crate::WorldEvent| event.index < gate.floor || event.witnessed < oldest;
    let is_clamped = is_gone || playhead.peek().is_some_and(too_old);
    if is_clamped {
        playhead = shared.seek(Place::Time(oldest)).await;
        while playhead.peek().is_some_and(|event| event.index < gate.floor) {
            playhead.next();
        }
    }
    Reached { playhead, is_clamped }
}
