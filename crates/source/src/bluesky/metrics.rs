//! The metrics of the source, declared here once; nothing else records them. It installs no recorder; a program that
//! wants the numbers installs one before it makes an [`super::Intake`].

use ::metrics::{Counter, Gauge, Unit, counter, describe_counter, describe_gauge, gauge};
use skytrend_event::{Event, Micros, PostAction};

use super::hosts::Host;
use super::loss::{LossReport, Outcome};
use super::status::Ending;
use crate::DropReason;

const MESSAGES: &str = "skytrend_source_messages_total";
const BYTES: &str = "skytrend_source_bytes_total";
const CONNECTIONS: &str = "skytrend_source_connections_total";
const CONNECT_FAILURES: &str = "skytrend_source_connect_failures_total";
const DISCONNECTS: &str = "skytrend_source_disconnects_total";
const CONNECTED: &str = "skytrend_source_connected";
const QUEUE_MESSAGES: &str = "skytrend_source_queue_messages";
const QUEUE_BYTES: &str = "skytrend_source_queue_bytes";
const EVENTS: &str = "skytrend_source_events_total";
const DROPPED: &str = "skytrend_source_dropped_total";
const FLAWS: &str = "skytrend_source_flaws_total";
const DUPLICATES: &str = "skytrend_source_duplicates_total";
const REPLAYED: &str = "skytrend_source_replayed_total";
const RESUMPTIONS: &str = "skytrend_source_resumptions_total";
const MISSED_MESSAGES: &str = "skytrend_source_missed_messages_total";
const MISSED_SECONDS: &str = "skytrend_source_missed_seconds_total";
const NOTICES: &str = "skytrend_source_notices_total";
const RECORD_TIME: &str = "skytrend_source_record_timestamp_seconds";

/// Tells the installed recorder the unit and the help of each metric.
pub fn describe() {
    describe_counter!(MESSAGES, Unit::Count, "Messages read from the stream.");
    describe_counter!(BYTES, Unit::Bytes, "Bytes of messages, compressed where they come so.");
    describe_counter!(CONNECTIONS, Unit::Count, "Connections made, by host.");
    describe_counter!(CONNECT_FAILURES, Unit::Count, "Attempts to connect that failed, by reason.");
    describe_counter!(DISCONNECTS, Unit::Count, "Connections that ended, by reason.");
    describe_gauge!(CONNECTED, Unit::Count, "1 while a connection stands, else 0.");
    describe_gauge!(QUEUE_MESSAGES, Unit::Count, "Messages that wait for the pipeline.");
    describe_gauge!(QUEUE_BYTES, Unit::Bytes, "Bytes that wait for the pipeline.");
    describe_counter!(
        EVENTS,
        Unit::Count,
        "Events handed on: post, post_removed, author_removed, heartbeat, like, repost, follow."
    );
    describe_counter!(DROPPED, Unit::Count, "Messages and records that were dropped, by reason.");
    describe_counter!(
        FLAWS,
        Unit::Count,
        "Parts of records that were dropped or cleaned while the record was kept, by reason."
    );
    describe_counter!(DUPLICATES, Unit::Count, "Changes told a second time.");
    describe_counter!(
        REPLAYED,
        Unit::Count,
        "Messages told again after a resumption, known by their number or their age."
    );
    describe_counter!(
        RESUMPTIONS,
        Unit::Count,
        "Connections by how they began: live, resumed, clamped, rewound, gap, reset."
    );
    describe_counter!(
        MISSED_MESSAGES,
        Unit::Count,
        "Messages that were missed between connections, estimated."
    );
    describe_counter!(
        MISSED_SECONDS,
        Unit::Seconds,
        "Stream time that was missed between connections, in whole seconds."
    );
    describe_counter!(
        NOTICES,
        Unit::Count,
        "Notices and errors of the server, by name; names that are not of the protocol count as other."
    );
    describe_gauge!(RECORD_TIME, Unit::Seconds, "The stream's time, since the Unix epoch.");
}

/// A connection was made.
pub(crate) fn connected(host: &Host) {
    counter!(CONNECTIONS, "host" => host.to_string()).increment(1);
}

/// Whether a connection stands now.
pub(crate) fn connection_stands(stands: bool) {
    gauge!(CONNECTED).set(if stands { 1.0 } else { 0.0 });
}

/// An attempt failed.
pub(crate) fn connect_failed(reason: &'static str) {
    counter!(CONNECT_FAILURES, "reason" => reason).increment(1);
}

/// A connection ended.
pub(crate) fn disconnected(ending: &Ending) {
    counter!(DISCONNECTS, "reason" => ending.name()).increment(1);
}

/// Messages were read.
pub(crate) fn received(messages: usize, bytes: usize) {
    counter!(MESSAGES).increment(messages as u64);
    counter!(BYTES).increment(bytes as u64);
}

/// What waits for the pipeline: messages, bytes.
pub(crate) fn queue_depth((messages, bytes): (usize, usize)) {
    gauge!(QUEUE_MESSAGES).set(messages as f64);
    gauge!(QUEUE_BYTES).set(bytes as f64);
}

/// Names of notices and errors in the protocols' lexicons.
const NOTICE_NAMES: [&str; 5] =
    ["OutdatedCursor", "FutureCursor", "ConsumerTooSlow", "CursorTooOld", "UnknownZstdDictionary"];

/// The counters of the intake, looked up once, since it counts for each message.
pub(crate) struct IntakeCounters {
    events: [Counter; EVENT_KINDS.len()],
    dropped: Vec<Counter>,
    flaws: Vec<Counter>,
    pub(crate) duplicates: Counter,
    pub(crate) replayed: Counter,
    record_time: Gauge,
}

const EVENT_KINDS: [&str; 7] =
    ["post", "post_removed", "author_removed", "heartbeat", "like", "repost", "follow"];

impl IntakeCounters {
    pub(crate) fn new() -> Self {
        let by_reason = |name: &'static str| {
            DropReason::ALL.iter().map(|reason| counter!(name, "reason" => reason.name())).collect()
        };
        Self {
            events: EVENT_KINDS.map(|kind| counter!(EVENTS, "kind" => kind)),
            dropped: by_reason(DROPPED),
            flaws: by_reason(FLAWS),
            duplicates: counter!(DUPLICATES),
            replayed: counter!(REPLAYED),
            record_time: gauge!(RECORD_TIME),
        }
    }

    pub(crate) fn event(&self, event: &Event<'_>) {
        let kind = match event {
            Event::Post(post) => match post.action {
                PostAction::Created | PostAction::Updated => 0,
                PostAction::Deleted => 1,
                PostAction::AuthorRemoved => 2,
                PostAction::Heartbeat => 3,
            },
            Event::Like(_) => 4,
            Event::Repost(_) => 5,
            Event::Follow(_) => 6,
        };
        self.events[kind].increment(1);
    }

    pub(crate) fn dropped(&self, reason: DropReason) {
        self.dropped[reason as usize].increment(1);
    }

    pub(crate) fn flaw(&self, reason: DropReason) {
        self.flaws[reason as usize].increment(1);
    }

    /// Once a second of stream time is enough for a gauge.
    pub(crate) fn record_time(&self, now: Micros) {
        self.record_time.set(now.seconds_since(Micros(0)));
    }

    #[expect(clippy::unused_self, reason = "one way to count for the intake")]
    pub(crate) fn notice(&self, name: &str) {
        let name = NOTICE_NAMES.into_iter().find(|known| *known == name).unwrap_or("other");
        counter!(NOTICES, "name" => name).increment(1);
    }

    #[expect(clippy::unused_self, reason = "one way to count for the intake")]
    pub(crate) fn began(&self, report: &LossReport) {
        let outcome: Outcome = report.outcome;
        counter!(RESUMPTIONS, "outcome" => outcome.name()).increment(1);
        counter!(MISSED_MESSAGES).increment(report.missed_messages);
        counter!(MISSED_SECONDS).increment(report.missed_micros / 1_000_000);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_counter() {
        for (index, reason) in DropReason::ALL.iter().enumerate() {
            assert_eq!(*reason as usize, index);
        }
    }
}
