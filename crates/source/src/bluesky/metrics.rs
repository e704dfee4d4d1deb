//! The metrics of the source, declared here once; nothing else records them. It installs no recorder; a program that
//! wants the numbers installs one before it makes an [`super::Intake`].

use ::metrics::{
    Counter, Gauge, Label, SharedString, Unit, counter, describe_counter, describe_gauge, gauge,
};
use skytrend_event::{Event, Micros, PostAction};

use super::hosts::Host;
use super::labels::Effect;
use super::loss::{LossReport, Outcome};
use super::settings::Protocol;
use super::status::Ending;
use crate::DropReason;

/// By which the metrics of labelers are told apart.
const LABELER: &str = "labeler";

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
const LABELS: &str = "skytrend_labeler_labels_total";
const LABELER_MESSAGES: &str = "skytrend_labeler_messages_total";
const LABELER_BYTES: &str = "skytrend_labeler_bytes_total";
const LABELER_CONNECTIONS: &str = "skytrend_labeler_connections_total";
const LABELER_CONNECT_FAILURES: &str = "skytrend_labeler_connect_failures_total";
const LABELER_DISCONNECTS: &str = "skytrend_labeler_disconnects_total";
const LABELER_CONNECTED: &str = "skytrend_labeler_connected";
const LABELER_QUEUE_MESSAGES: &str = "skytrend_labeler_queue_messages";
const LABELER_QUEUE_BYTES: &str = "skytrend_labeler_queue_bytes";
const LABELER_NOTICES: &str = "skytrend_labeler_notices_total";
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
    describe_labelers();
    describe_gauge!(RECORD_TIME, Unit::Seconds, "The stream's time, since the Unix epoch.");
}

fn describe_labelers() {
    describe_counter!(
        LABELS,
        Unit::Count,
        "Labels by labeler and by what they do: hides, known (hidden already), negates, expired, none."
    );
    describe_counter!(LABELER_MESSAGES, Unit::Count, "Messages read from a labeler, by labeler.");
    describe_counter!(LABELER_BYTES, Unit::Bytes, "Bytes of messages of a labeler, by labeler.");
    describe_counter!(LABELER_CONNECTIONS, Unit::Count, "Connections made, by labeler.");
    describe_counter!(
        LABELER_CONNECT_FAILURES,
        Unit::Count,
        "Attempts to connect that failed, by labeler and reason."
    );
    describe_counter!(LABELER_DISCONNECTS, Unit::Count, "Connections that ended, by labeler and reason.");
    describe_gauge!(LABELER_CONNECTED, Unit::Count, "1 while a connection stands, else 0, by labeler.");
    describe_gauge!(
        LABELER_QUEUE_MESSAGES,
        Unit::Count,
        "Messages of a labeler that wait for the pipeline, by labeler."
    );
    describe_gauge!(LABELER_QUEUE_BYTES, Unit::Bytes, "Bytes that wait for the pipeline, by labeler.");
    describe_counter!(
        LABELER_NOTICES,
        Unit::Count,
        "Notices and errors by labeler and name; names that are not of the protocol count as other."
    );
}

/// The names of what is measured of one connection.
struct ConnectionNames {
    messages: &'static str,
    bytes: &'static str,
    connections: &'static str,
    connect_failures: &'static str,
    disconnects: &'static str,
    connected: &'static str,
    queue_messages: &'static str,
    queue_bytes: &'static str,
}

const OF_EVENTS: ConnectionNames = ConnectionNames {
    messages: MESSAGES,
    bytes: BYTES,
    connections: CONNECTIONS,
    connect_failures: CONNECT_FAILURES,
    disconnects: DISCONNECTS,
    connected: CONNECTED,
    queue_messages: QUEUE_MESSAGES,
    queue_bytes: QUEUE_BYTES,
};

const OF_LABELS: ConnectionNames = ConnectionNames {
    messages: LABELER_MESSAGES,
    bytes: LABELER_BYTES,
    connections: LABELER_CONNECTIONS,
    connect_failures: LABELER_CONNECT_FAILURES,
    disconnects: LABELER_DISCONNECTS,
    connected: LABELER_CONNECTED,
    queue_messages: LABELER_QUEUE_MESSAGES,
    queue_bytes: LABELER_QUEUE_BYTES,
};

/// What a client measures: of the stream of events, or of one labeler.
pub(crate) struct ConnectionMetrics {
    names: ConnectionNames,
    /// The labeler; none for the stream of events, of which there is one.
    labels: Vec<Label>,
}

impl ConnectionMetrics {
    /// Of a client of this protocol, whose first host is `host`.
    pub(crate) fn new(protocol: Protocol, host: Option<&Host>) -> Self {
        if protocol != Protocol::Labels {
            return Self { names: OF_EVENTS, labels: Vec::new() };
        }
        let labels = host.map(|host| Label::new(LABELER, host.to_string())).into_iter().collect();
        Self { names: OF_LABELS, labels }
    }

    fn with(&self, key: &'static str, value: impl Into<SharedString>) -> Vec<Label> {
        let mut labels = self.labels.clone();
        labels.push(Label::new(key, value));
        labels
    }

    /// A connection was made.
    pub(crate) fn connected(&self, host: &Host) {
        // A labeler is one host, and is named by it already.
        let labels =
            if self.labels.is_empty() { self.with("host", host.to_string()) } else { self.labels.clone() };
        counter!(self.names.connections, labels).increment(1);
    }

    /// Whether a connection stands now.
    pub(crate) fn connection_stands(&self, stands: bool) {
        gauge!(self.names.connected, self.labels.clone()).set(if stands { 1.0 } else { 0.0 });
    }

    /// An attempt failed.
    pub(crate) fn connect_failed(&self, reason: &'static str) {
        counter!(self.names.connect_failures, self.with("reason", reason)).increment(1);
    }

    /// A connection ended.
    pub(crate) fn disconnected(&self, ending: &Ending) {
        counter!(self.names.disconnects, self.with("reason", ending.name())).increment(1);
    }

    /// Messages were read.
    pub(crate) fn received(&self, messages: usize, bytes: usize) {
        counter!(self.names.messages, self.labels.clone()).increment(messages as u64);
        counter!(self.names.bytes, self.labels.clone()).increment(bytes as u64);
    }

    /// What waits for the pipeline: messages, bytes.
    pub(crate) fn queue_depth(&self, (messages, bytes): (usize, usize)) {
        gauge!(self.names.queue_messages, self.labels.clone()).set(messages as f64);
        gauge!(self.names.queue_bytes, self.labels.clone()).set(bytes as f64);
    }
}

/// The counters of one labeler's intake.
pub(crate) struct LabelerCounters {
    host: String,
    effects: [Counter; Effect::ALL.len()],
}

impl LabelerCounters {
    pub(crate) fn new(host: &str) -> Self {
        let of = |effect: Effect| counter!(LABELS, LABELER => host.to_owned(), "effect" => effect.name());
        Self { host: host.to_owned(), effects: Effect::ALL.map(of) }
    }

    pub(crate) fn label(&self, effect: Effect) {
        self.effects[effect as usize].increment(1);
    }

    pub(crate) fn notice(&self, name: &str) {
        counter!(LABELER_NOTICES, LABELER => self.host.clone(), "name" => known_notice(name)).increment(1);
    }
}

/// Names of notices and errors in the protocols' lexicons.
const NOTICE_NAMES: [&str; 5] =
    ["OutdatedCursor", "FutureCursor", "ConsumerTooSlow", "CursorTooOld", "UnknownZstdDictionary"];

/// The name if it is one of the protocols', else `other`: what servers invent must not make series without end.
fn known_notice(name: &str) -> &'static str {
    NOTICE_NAMES.into_iter().find(|known| *known == name).unwrap_or("other")
}

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
        counter!(NOTICES, "name" => known_notice(name)).increment(1);
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
