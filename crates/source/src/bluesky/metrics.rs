//! The metrics of the source: each is declared here once, and recorded by the functions here alone. It installs no
//! recorder; a program that wants the numbers installs one before it makes an [`super::Intake`].

use ::metrics::{Counter, Gauge, Unit, counter, describe_counter, describe_gauge, gauge};
use skytrend_event::{Event, Micros, PostAction};

use super::hosts::Host;
use super::loss::{LossReport, Outcome};
use super::status::Ending;
use crate::DropReason;

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
}

/// The declaration of one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its full name.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: MetricKind,
    /// The unit it counts in.
    pub unit: Unit,
    /// What it says.
    pub help: &'static str,
    /// The names of its labels.
    pub labels: &'static [&'static str],
}

macro_rules! metrics {
    ($($constant:ident: $kind:ident $name:literal in $unit:ident $labels:expr, $help:literal;)*) => {
        $(const $constant: Metric = Metric {
            name: $name, kind: MetricKind::$kind, unit: Unit::$unit, help: $help, labels: &$labels,
        };)*
        /// All metrics of the source.
        pub const ALL: &[Metric] = &[$($constant),*];
    };
}

metrics! {
    MESSAGES: Counter "skytrend_source_messages_total" in Count [], "Messages read from the stream.";
    BYTES: Counter "skytrend_source_bytes_total" in Bytes [], "Bytes of messages, compressed where they come so.";
    CONNECTIONS: Counter "skytrend_source_connections_total" in Count ["host"], "Connections made, by host.";
    CONNECT_FAILURES: Counter "skytrend_source_connect_failures_total" in Count ["reason"],
        "Attempts to connect that failed, by reason.";
    DISCONNECTS: Counter "skytrend_source_disconnects_total" in Count ["reason"],
        "Connections that ended, by reason.";
    CONNECTED: Gauge "skytrend_source_connected" in Count [], "1 while a connection stands, else 0.";
    QUEUE_MESSAGES: Gauge "skytrend_source_queue_messages" in Count [], "Messages that wait for the pipeline.";
    QUEUE_BYTES: Gauge "skytrend_source_queue_bytes" in Bytes [], "Bytes that wait for the pipeline.";
    EVENTS: Counter "skytrend_source_events_total" in Count ["kind"],
        "Events handed on: post, post_removed, author_removed, heartbeat, like, repost, follow.";
    DROPPED: Counter "skytrend_source_dropped_total" in Count ["reason"],
        "Messages and records that were dropped, by reason.";
    FLAWS: Counter "skytrend_source_flaws_total" in Count ["reason"],
        "Parts of records that were dropped or cleaned while the record was kept, by reason.";
    DUPLICATES: Counter "skytrend_source_duplicates_total" in Count [], "Changes told a second time.";
    REPLAYED: Counter "skytrend_source_replayed_total" in Count [],
        "Messages told again after a resumption, known by their number or their age.";
    RESUMPTIONS: Counter "skytrend_source_resumptions_total" in Count ["outcome"],
        "Connections by how they began: live, resumed, clamped, rewound, gap, reset.";
    MISSED_MESSAGES: Counter "skytrend_source_missed_messages_total" in Count [],
        "Messages that were missed between connections, estimated.";
    MISSED_SECONDS: Counter "skytrend_source_missed_seconds_total" in Seconds [],
        "Stream time that was missed between connections, in whole seconds.";
    NOTICES: Counter "skytrend_source_notices_total" in Count ["name"],
        "Notices and errors of the server, by name; names that are not of the protocol count as other.";
    RECORD_TIME: Gauge "skytrend_source_record_timestamp_seconds" in Seconds [],
        "The stream's time, since the Unix epoch.";
}

/// Tells the recorder what each metric means.
pub fn describe() {
    for metric in ALL {
        match metric.kind {
            MetricKind::Counter => describe_counter!(metric.name, metric.unit, metric.help),
            MetricKind::Gauge => describe_gauge!(metric.name, metric.unit, metric.help),
        }
    }
}

/// A connection was made.
pub(crate) fn connected(host: &Host) {
    counter!(CONNECTIONS.name, "host" => host.to_string()).increment(1);
}

/// Whether a connection stands now.
pub(crate) fn connection_stands(stands: bool) {
    gauge!(CONNECTED.name).set(if stands { 1.0 } else { 0.0 });
}

/// An attempt failed.
pub(crate) fn connect_failed(reason: &'static str) {
    counter!(CONNECT_FAILURES.name, "reason" => reason).increment(1);
}

/// A connection ended.
pub(crate) fn disconnected(ending: &Ending) {
    counter!(DISCONNECTS.name, "reason" => ending.name()).increment(1);
}

/// Messages were read.
pub(crate) fn received(messages: usize, bytes: usize) {
    counter!(MESSAGES.name).increment(messages as u64);
    counter!(BYTES.name).increment(bytes as u64);
}

/// What waits for the pipeline: messages, bytes.
pub(crate) fn queue_depth((messages, bytes): (usize, usize)) {
    gauge!(QUEUE_MESSAGES.name).set(messages as f64);
    gauge!(QUEUE_BYTES.name).set(bytes as f64);
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
            events: EVENT_KINDS.map(|kind| counter!(EVENTS.name, "kind" => kind)),
            dropped: by_reason(DROPPED.name),
            flaws: by_reason(FLAWS.name),
            duplicates: counter!(DUPLICATES.name),
            replayed: counter!(REPLAYED.name),
            record_time: gauge!(RECORD_TIME.name),
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
        counter!(NOTICES.name, "name" => name).increment(1);
    }

    #[expect(clippy::unused_self, reason = "one way to count for the intake")]
    pub(crate) fn began(&self, report: &LossReport) {
        let outcome: Outcome = report.outcome;
        counter!(RESUMPTIONS.name, "outcome" => outcome.name()).increment(1);
        counter!(MISSED_MESSAGES.name).increment(report.missed_messages);
        counter!(MISSED_SECONDS.name).increment(report.missed_micros / 1_000_000);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_follow_the_conventions() {
        let names: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), ALL.len());
        for metric in ALL {
            assert!(metric.name.starts_with("skytrend_source_"), "{}", metric.name);
            assert_eq!(
                metric.kind == MetricKind::Counter,
                metric.name.ends_with("_total"),
                "{}",
                metric.name
            );
            assert!(metric.help.ends_with('.') && metric.help.len() < 140, "{}", metric.name);
        }
    }

    #[test]
    fn every_reason_has_its_counter() {
        for (index, reason) in DropReason::ALL.iter().enumerate() {
            assert_eq!(*reason as usize, index);
        }
    }
}
