//! The metrics of the program itself, declared once: name, unit, help. Stages record them through the functions
//! here. Other crates declare theirs.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

/// Records that retention removed before their stage read them.
pub const RECORDS_EXPIRED_UNREAD: &str = "skytrend_records_expired_unread_total";
const EVENTS: &str = "skytrend_events_processed_total";
const POSTS: &str = "skytrend_posts_processed_total";
const DROPPED: &str = "skytrend_dropped_total";
const COMMIT: &str = "skytrend_ingest_commit_seconds";
const WINDOWS: &str = "skytrend_windows_written_total";
const DETECTION_LATENCY: &str = "skytrend_trend_detection_latency_seconds";
const SNAPSHOT_BYTES: &str = "skytrend_detector_snapshot_bytes";
const SNAPSHOT_SECONDS: &str = "skytrend_detector_snapshot_seconds";
const KEYWORDS: &str = "skytrend_detector_keywords";
const OCCURRENCES: &str = "skytrend_detector_occurrences";
const DETECTOR_MEMORY: &str = "skytrend_detector_memory_bytes";
const LATE: &str = "skytrend_detector_late_total";
const SHED: &str = "skytrend_detector_shed_total";
const LAG: &str = "skytrend_log_lag_records";
const STORED: &str = "skytrend_log_stored_bytes";
const MEMORY: &str = "skytrend_process_resident_bytes";

/// Names every metric with its unit and help. Once, after the recorder is installed.
pub fn describe() {
    describe_counter!(EVENTS, Unit::Count, "events appended to the log, by topic");
    describe_counter!(POSTS, Unit::Count, "posts created or updated, appended to the log");
    describe_counter!(DROPPED, Unit::Count, "inputs or parts of inputs dropped, by reason");
    describe_histogram!(COMMIT, Unit::Seconds, "time of one commit of ingested events");
    describe_counter!(WINDOWS, Unit::Count, "windows closed and written");
    describe_histogram!(
        DETECTION_LATENCY,
        Unit::Seconds,
        "time from closing windows to their results in the log"
    );
    describe_gauge!(SNAPSHOT_BYTES, Unit::Bytes, "size of the detector's last snapshot");
    describe_histogram!(SNAPSHOT_SECONDS, Unit::Seconds, "time to save a snapshot of the detector");
    describe_gauge!(KEYWORDS, Unit::Count, "keywords with a baseline");
    describe_gauge!(OCCURRENCES, Unit::Count, "keyword occurrences in the open windows");
    describe_gauge!(DETECTOR_MEMORY, Unit::Bytes, "memory that the detector holds, about");
    describe_gauge!(LATE, Unit::Count, "posts that came after their minute had closed");
    describe_gauge!(
        SHED,
        Unit::Count,
        "occurrences left out because the detector's memory limit was reached"
    );
    describe_gauge!(LAG, Unit::Count, "records that a stage has yet to read, by stage");
    describe_gauge!(STORED, Unit::Bytes, "bytes that the log stores");
    describe_gauge!(MEMORY, Unit::Bytes, "resident memory of this process");
    describe_counter!(
        RECORDS_EXPIRED_UNREAD,
        Unit::Count,
        "records removed by retention before their stage read them"
    );
}

/// One commit of ingested events.
pub fn ingested(topic: &'static str, events: u64) {
    counter!(EVENTS, "topic" => topic).increment(events);
}

/// Posts among them.
pub fn posts(count: u64) {
    counter!(POSTS).increment(count);
}

/// Input, or a part of one, that was dropped.
pub fn dropped(reason: &'static str, count: u64) {
    counter!(DROPPED, "reason" => reason).increment(count);
}

/// How long a commit of ingested events took.
pub fn ingest_committed(took: Duration) {
    histogram!(COMMIT).record(took.as_secs_f64());
}

/// Windows written, and how long it took from closing them.
pub fn windows_written(windows: u64, took: Duration) {
    counter!(WINDOWS).increment(windows);
    histogram!(DETECTION_LATENCY).record(took.as_secs_f64());
}

/// A snapshot of the detector.
pub fn snapshot_saved(bytes: usize, took: Duration) {
    gauge!(SNAPSHOT_BYTES).set(bytes as f64);
    histogram!(SNAPSHOT_SECONDS).record(took.as_secs_f64());
}

/// The detector's own figures.
pub fn detector(stats: &skytrend_trend::Stats) {
    gauge!(KEYWORDS).set(stats.tracked_keywords as f64);
    gauge!(OCCURRENCES).set(stats.occurrences as f64);
    gauge!(DETECTOR_MEMORY).set(stats.memory_bytes as f64);
    gauge!(LATE).set(stats.counters.events_late as f64);
    gauge!(SHED).set((stats.counters.posts_shed + stats.counters.occurrences_shed) as f64);
}

/// How far a stage is behind the log.
pub fn lag(stage: &'static str, records: u64) {
    gauge!(LAG, "stage" => stage).set(records as f64);
}

/// What the log stores, and what the process holds in memory.
pub fn sizes(stored_bytes: u64, resident_bytes: u64) {
    gauge!(STORED).set(stored_bytes as f64);
    gauge!(MEMORY).set(resident_bytes as f64);
}
