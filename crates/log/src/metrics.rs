//! The metrics of the log: each is declared here once, and recorded by the functions here alone. It installs no
//! recorder; a program that wants the numbers installs one before it opens a log.

use metrics::{Counter, Gauge, counter, gauge};

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
    pub unit: metrics::Unit,
    /// What it says.
    pub help: &'static str,
    /// The names of its labels.
    pub labels: &'static [&'static str],
}

const fn declare(
    name: &'static str,
    kind: MetricKind,
    unit: metrics::Unit,
    help: &'static str,
    labels: &'static [&'static str],
) -> Metric {
    Metric { name, kind, unit, help, labels }
}

const COMMITS: Metric = declare(
    "skytrend_log_commits_total",
    MetricKind::Counter,
    metrics::Unit::Count,
    "Transactions committed to the log.",
    &[],
);
const RECORDS: Metric = declare(
    "skytrend_log_records_total",
    MetricKind::Counter,
    metrics::Unit::Count,
    "Records appended to a topic.",
    &["topic"],
);
const BYTES: Metric = declare(
    "skytrend_log_bytes_total",
    MetricKind::Counter,
    metrics::Unit::Bytes,
    "Bytes that the records appended to a topic take in the log, compressed where it compresses.",
    &["topic"],
);
const STORED_BYTES: Metric = declare(
    "skytrend_log_stored_bytes",
    MetricKind::Gauge,
    metrics::Unit::Bytes,
    "Bytes of a topic that retention has left in the log.",
    &["topic"],
);
const REMOVED_RECORDS: Metric = declare(
    "skytrend_log_removed_records_total",
    MetricKind::Counter,
    metrics::Unit::Count,
    "Records of a topic removed by retention.",
    &["topic"],
);
const REMOVED_BYTES: Metric = declare(
    "skytrend_log_removed_bytes_total",
    MetricKind::Counter,
    metrics::Unit::Bytes,
    "Stored bytes of a topic removed by retention.",
    &["topic"],
);

/// All metrics of this crate.
pub const ALL: [Metric; 6] = [COMMITS, RECORDS, BYTES, STORED_BYTES, REMOVED_RECORDS, REMOVED_BYTES];

/// Tells the installed recorder the unit and the help of each metric.
pub fn describe() {
    for metric in ALL {
        match metric.kind {
            MetricKind::Counter => metrics::describe_counter!(metric.name, metric.unit, metric.help),
            MetricKind::Gauge => metrics::describe_gauge!(metric.name, metric.unit, metric.help),
        }
    }
}

/// Counts one committed transaction.
pub(crate) fn committed() {
    counter!(COMMITS.name).increment(1);
}

/// The metrics of one topic, looked up once.
pub(crate) struct TopicMetrics {
    records: Counter,
    bytes: Counter,
    stored_bytes: Gauge,
    removed_records: Counter,
    removed_bytes: Counter,
}

impl TopicMetrics {
    pub(crate) fn new(topic: &str) -> Self {
        let topic = topic.to_owned();
        Self {
            records: counter!(RECORDS.name, "topic" => topic.clone()),
            bytes: counter!(BYTES.name, "topic" => topic.clone()),
            stored_bytes: gauge!(STORED_BYTES.name, "topic" => topic.clone()),
            removed_records: counter!(REMOVED_RECORDS.name, "topic" => topic.clone()),
            removed_bytes: counter!(REMOVED_BYTES.name, "topic" => topic),
        }
    }

    pub(crate) fn appended(&self, records: u64, bytes: u64, stored_bytes: u64) {
        self.records.increment(records);
        self.bytes.increment(bytes);
        self.stored_bytes.set(stored_bytes as f64);
    }

    pub(crate) fn removed(&self, records: u64, bytes: u64, stored_bytes: u64) {
        self.removed_records.increment(records);
        self.removed_bytes.increment(bytes);
        self.stored_bytes.set(stored_bytes as f64);
    }
}
