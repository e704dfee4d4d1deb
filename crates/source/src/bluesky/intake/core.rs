//! The intake's state and its path for one uncompressed message: readable, in order, new, in time, then its events.

mod apply;

pub(crate) use apply::heartbeat;

use skytrend_event::engagement::collection;
use skytrend_event::{Event, EventId, Micros, time};

use crate::DropReason;
use crate::bluesky::accounts::{AccountKey, Accounts};
use crate::bluesky::clock::{Held, StreamClock, Verdict};
use crate::bluesky::cursor::{
    Because, CHECKPOINT_VERSION, Checkpoint, Cursor, Position, Request, overlap_micros,
};
use crate::bluesky::duplicates::Duplicates;
use crate::bluesky::labels::Labelled;
use crate::bluesky::loss::{Arrival, Losses, Outcome, RateMeter, Rates, whole};
use crate::bluesky::metrics::IntakeCounters;
use crate::bluesky::order::{Rev, Revs};
use crate::bluesky::queue::Generation;
use crate::bluesky::read::{self, Unreadable};
use crate::bluesky::settings::{Protocol, Settings};
use crate::record::Flaw;
use crate::wire::{Message, Place};

use super::{Sink, Violation};

/// Characters of a detail that are passed on.
const DETAIL_CHARS_MAX: usize = 200;

/// The present connection.
struct Connection {
    generation: Generation,
    host: String,
    request: Request,
    /// The server said that our cursor is older than what it has.
    said_outdated: bool,
    /// The first message with a place has come, and the loss is counted.
    began: bool,
    last_seq: Option<i64>,
    /// Numbers up to this one were read before.
    read_up_to: Option<i64>,
    health: Health,
}

/// How far the present connection can be trusted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Sound,
    /// It has broken the order or brought a broken message, which was reported; nothing after that is taken.
    Broken,
}

pub(super) struct Core {
    protocol: Protocol,
    overlap_micros: i64,
    tolerance_micros: i64,
    connection: Option<Connection>,
    position: Option<Position>,
    skip_before: Option<Micros>,
    /// The hash of a frame that has broken a connection.
    poison: Option<u64>,
    /// The number that last came out of order.
    disorder: Option<i64>,
    clock: StreamClock,
    duplicates: Duplicates,
    revs: Revs,
    accounts: Accounts,
    pub(super) labelled: Labelled,
    meter: RateMeter,
    losses: Losses,
    counters: IntakeCounters,
    flaws: Vec<Flaw>,
    decoded: u64,
}

impl Core {
    pub(super) fn new(settings: &Settings, start: Option<&Checkpoint>) -> Self {
        let intake = &settings.intake;
        let protocol = settings.protocol;
        let window_micros = micros(intake.duplicate_window_secs, time::SECOND);
        let record_time = start.and_then(|start| start.record_time);
        let now = record_time.unwrap_or_default();
        let mut accounts = Accounts::new(intake.accounts_max, start.map_or(&[], |start| &start.accounts));
        if start.is_some_and(|start| start.protocol != protocol) {
            accounts.forget_places();
        }
        let rates = start.map_or_else(Rates::default, |start| Rates {
            messages_per_sec: start.messages_per_1000_secs as f64 / 1e3,
            seqs_per_message: (start.seqs_per_1000_messages as f64 / 1e3).max(1.0),
        });
        let rev_future_max = micros(intake.rev_future_max_secs, time::SECOND);
        let one_message_each = protocol == Protocol::Firehose;
        Self {
            protocol,
            overlap_micros: overlap_micros(settings),
            tolerance_micros: micros(intake.resume_gap_max_millis, 1_000),
            connection: None,
            position: start.and_then(|start| start.position_for(protocol)),
            skip_before: start.and_then(|start| start.skip_before),
            poison: None,
            disorder: None,
            clock: StreamClock::new(
                record_time,
                start.and_then(|start| start.heartbeat_at),
                micros(intake.time_jump_max_secs, time::SECOND),
                intake.time_jump_confirmations,
            ),
            duplicates: Duplicates::new(window_micros, intake.remembered_max, now),
            revs: Revs::new(window_micros, intake.remembered_max, rev_future_max, one_message_each, now),
            accounts,
            labelled: Labelled::default(),
            meter: RateMeter::new(rates),
            losses: Losses::default(),
            counters: IntakeCounters::new(),
            flaws: Vec::new(),
            decoded: 0,
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.clock.record_time().is_some()
    }

    pub(super) fn seed_from(&self) -> Option<Micros> {
        self.clock.record_time().map(|_| self.duplicates.since())
    }

    pub(super) fn seed(&mut self, event: &Event<'_>) {
        let (id, at) = (event.event_id(), event.witnessed_at());
        self.duplicates.insert(id, at);
        if let Some(rev) = apply::rev_of(event) {
            self.revs.insert(AccountKey::of(event.author_did().as_str()).0, Rev::of(rev), at);
        }
    }

    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            version: CHECKPOINT_VERSION,
            protocol: self.protocol,
            position: self.position.clone(),
            record_time: self.clock.record_time(),
            heartbeat_at: self.clock.heartbeat_at(),
            skip_before: self.skip_before,
            messages_per_1000_secs: whole(self.meter.rates.messages_per_sec * 1e3),
            seqs_per_1000_messages: whole(self.meter.rates.seqs_per_message * 1e3),
            accounts: self.accounts.notes(),
        }
    }

    pub(super) fn decoded(&self) -> u64 {
        self.decoded
    }

    pub(super) fn losses(&self) -> &Losses {
        &self.losses
    }

    pub(super) fn connected(&mut self, generation: Generation, host: String, request: Request) {
        let same_host = self.position.as_ref().is_some_and(|position| position.host == host);
        let numbers_compare = same_host && request.because != Because::FutureCursor;
        if !numbers_compare && self.protocol != Protocol::JetstreamV1 {
            self.accounts.forget_places();
        }
        self.connection = Some(Connection {
            generation,
            request,
            said_outdated: false,
            began: false,
            last_seq: None,
            read_up_to: self.position.as_ref().and_then(|position| position.seq).filter(|_| numbers_compare),
            health: Health::Sound,
            host,
        });
        self.meter.interrupt();
        self.clock.begins(request.cursor);
    }

    /// Trusts the present connection again: of a recording, there is no other.
    pub(super) fn go_on(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.health = Health::Sound;
        }
    }

    pub(super) fn listens_to(&self, generation: Generation) -> bool {
        self.connection.as_ref().is_some_and(|connection| {
            connection.generation == generation && connection.health != Health::Broken
        })
    }

    /// Counts and drops bytes that are no message.
    pub(super) fn unreadable(
        &mut self,
        unreadable: &Unreadable,
        bytes: &[u8],
        sink: &mut impl Sink,
    ) -> Result<(), Violation> {
        let detail: String = unreadable.detail.chars().take(DETAIL_CHARS_MAX).collect();
        let key = hash(bytes);
        if unreadable.breaks_connection && self.poison == Some(key) {
            self.counters.dropped(unreadable.reason);
            return Ok(());
        }
        self.drop(unreadable.reason, &detail, None, bytes, sink);
        if !unreadable.breaks_connection {
            return Ok(());
        }
        self.poison = Some(key);
        if let Some(connection) = &mut self.connection {
            connection.health = Health::Broken;
        }
        Err(Violation::BrokenFrame { detail })
    }

    /// Takes one message.
    pub(super) fn message(&mut self, plain: &[u8], sink: &mut impl Sink) -> Result<(), Violation> {
        let message = match read::decode(self.protocol, plain) {
            Ok(message) => message,
            Err(unreadable) => return self.unreadable(&unreadable, plain, sink),
        };
        match &message {
            Message::Info { name, .. } => {
                self.counters.notice(name);
                if let Some(connection) = self.connection.as_mut().filter(|_| name == "OutdatedCursor") {
                    connection.said_outdated = true;
                }
            }
            Message::Error { error, .. } => self.counters.notice(error),
            Message::Unknown { what, at } => self.drop(DropReason::UnknownType, what, *at, plain, sink),
            Message::Commit(commit) => self.decoded += commit.ops.len() as u64,
            Message::Account(_) | Message::Identity(_) => self.decoded += 1,
            Message::Sync { .. } | Message::Labels(_) => {}
        }
        let Some(place) = read::place(&message) else { return Ok(()) };
        self.begin(place);
        if !self.check_sequence(&message, place, plain, sink)? {
            return Ok(());
        }
        if self.skip_before.is_some_and(|before| place.time < before) {
            self.counters.replayed.increment(1);
            sink.passed_over(DropReason::Duplicate);
            self.note_seq(place);
            return Ok(());
        }
        self.in_time(&message, place, plain, sink);
        Ok(())
    }

    /// Counts what the connection has cost, at its first message.
    fn begin(&mut self, first: Place) {
        let Some(connection) = self.connection.as_mut().filter(|connection| !connection.began) else {
            return;
        };
        connection.began = true;
        let report = Arrival {
            request: connection.request,
            host: &connection.host,
            before: self.position.as_ref(),
            first,
            said_outdated: connection.said_outdated,
            rates: self.meter.rates,
            tolerance_micros: self.tolerance_micros,
        }
        .report();
        if report.outcome == Outcome::Reset {
            connection.read_up_to = None;
        }
        let tells_again = matches!(report.outcome, Outcome::Reset | Outcome::Rewound)
            || connection.request.cursor == Cursor::Oldest;
        if let Some(position) = self.position.as_mut() {
            if tells_again {
                self.skip_before = Some(position.time.plus(-self.overlap_micros));
            }
            if report.outcome == Outcome::Reset || position.host != connection.host {
                position.seq = None;
            }
            position.host.clone_from(&connection.host);
        }
        if report.missed_micros > 0 {
            tracing::error!(
                host = report.host,
                outcome = report.outcome.name(),
                missed_messages = report.missed_messages,
                missed_secs = report.missed_micros / 1_000_000,
                "messages were missed"
            );
        }
        self.counters.began(&report);
        self.losses.add(report);
    }

    /// Whether the message's number is new. One that is told again after a resumption is passed over. One that breaks
    /// the order within a connection is dropped and ends it, unless the host told it in the same wrong place before:
    /// then asking again would not help.
    fn check_sequence(
        &mut self,
        message: &Message<'_>,
        place: Place,
        plain: &[u8],
        sink: &mut impl Sink,
    ) -> Result<bool, Violation> {
        let is_behind =
            self.connection.as_ref().is_some_and(|c| c.last_seq.is_some() && place.seq <= c.last_seq);
        let is_known = is_behind && self.is_known(message, place);
        let (Some(seq), Some(connection)) = (place.seq, self.connection.as_mut()) else { return Ok(true) };
        if let Some(last) = connection.last_seq.filter(|last| seq <= *last) {
            let violation = Violation::SeqOutOfOrder { seq, last };
            let is_new = self.disorder.replace(seq) != Some(seq);
            if is_new {
                connection.health = Health::Broken;
            }
            self.drop(DropReason::SeqOutOfOrder, &violation.to_string(), Some(place), plain, sink);
            if !is_new {
                return Ok(false);
            }
            // What came too late may never have been told: the next connection begins before it.
            if let Some(position) = self.position.as_mut().filter(|_| !is_known) {
                position.seq = Some(seq - 1);
            }
            return Err(violation);
        }
        connection.last_seq = Some(seq);
        if connection.read_up_to.is_some_and(|read| seq <= read) {
            self.counters.replayed.increment(1);
            sink.passed_over(DropReason::Duplicate);
            return Ok(false);
        }
        Ok(true)
    }

    /// Whether everything in the message that is kept was told before.
    fn is_known(&self, message: &Message<'_>, place: Place) -> bool {
        let Message::Commit(commit) = message else { return true };
        let is_kept = |name: &str| {
            [collection::POST, collection::LIKE, collection::REPOST, collection::FOLLOW].contains(&name)
        };
        commit.ops.iter().filter(|op| is_kept(op.collection.as_str())).all(|op| {
            let (did, rkey) = (commit.did.as_str(), op.rkey.as_str());
            let id = EventId::of(did, op.collection.as_str(), rkey, commit.rev.as_str(), op.action.name());
            self.duplicates.contains(id, place.time)
        })
    }

    /// Holds a message back whose time is far ahead, until others agree.
    fn in_time(&mut self, message: &Message<'_>, place: Place, plain: &[u8], sink: &mut impl Sink) {
        match self.clock.judge(place, hash(plain), plain) {
            Verdict::Held { refused } => self.refuse(&refused, sink),
            Verdict::InTime { refused } => {
                self.refuse(&refused, sink);
                self.apply(message, place, plain, sink);
            }
            Verdict::Jumped { released } => {
                for held in released {
                    if let Ok(earlier) = read::decode(self.protocol, &held.plain)
                        && let Some(earlier_place) = read::place(&earlier)
                    {
                        self.apply(&earlier, earlier_place, &held.plain, sink);
                    }
                }
                self.apply(message, place, plain, sink);
            }
        }
    }

    fn refuse(&mut self, refused: &[Held], sink: &mut impl Sink) {
        for held in refused {
            let detail = "the messages after it did not confirm its time";
            self.drop(DropReason::TimeJump, detail, Some(held.place), &held.plain, sink);
        }
    }

    /// Notes the number of a message that is passed over, and not its time.
    fn note_seq(&mut self, place: Place) {
        if let Some(position) = &mut self.position {
            position.seq = position.seq.max(place.seq);
        }
    }

    fn drop(
        &mut self,
        reason: DropReason,
        detail: &str,
        place: Option<Place>,
        bytes: &[u8],
        sink: &mut impl Sink,
    ) {
        self.counters.dropped(reason);
        sink.dropped(reason, detail, place, bytes);
    }
}

/// A number of units of so many microseconds each.
fn micros(count: u64, unit_micros: i64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(unit_micros)
}

fn hash(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}
