//! The metrics of the log: each is declared here once, and recorded by the functions here alone. It installs no
//! recorder; a program that wants the numbers installs one before it opens a log.

use metrics::{Counter, Gauge, Unit, counter, describe_counter, describe_gauge, gauge};

const COMMITS: &str = "skytrend_log_commits_total";
const RECORDS: &str = "skytrend_log_records_total";
const BYTES: &str = "skytrend_log_bytes_total";
const STORED_BYTES: &str = "skytrend_log_stored_bytes";
const REMOVED_RECORDS: &str = "skytrend_log_removed_records_total";
const REMOVED_BYTES: &str = "skytrend_log_removed_bytes_total";

/// Tells the installed recorder the unit and the help of each metric.
pub fn describe() {
    describe_counter!(COMMITS, Unit::Count, "Transactions committed to the log.");
    describe_counter!(RECORDS, Unit::Count, "Records appended, by topic.");
    describe_counter!(
        BYTES,
        Unit::Bytes,
        "Bytes that the appended records take in the log, compressed where it compresses, by topic."
    );
    describe_gauge!(STORED_BYTES, Unit::Bytes, "Bytes that retention has left in the log, by topic.");
    describe_counter!(REMOVED_RECORDS, Unit::Count, "Records removed by retention, by topic.");
    describe_counter!(REMOVED_BYTES, Unit::Bytes, "Stored bytes removed by retention, by topic.");
}

/// Counts one committed transaction.
pub(crate) fn committed() {
    counter!(COMMITS).increment(1);
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
            records: counter!(RECORDS, "topic" => topic.clone()),
            bytes: counter!(BYTES, "topic" => topic.clone()),
            stored_bytes: gauge!(STORED_BYTES, "topic" => topic.clone()),
            removed_records: counter!(REMOVED_RECORDS, "topic" => topic.clone()),
            removed_bytes: counter!(REMOVED_BYTES, "topic" => topic),
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
