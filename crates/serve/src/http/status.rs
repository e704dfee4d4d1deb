//! What `/api/v1/status` answers. The program fills it; here it is described.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use crate::schema;

/// What the pipeline says of itself.
#[derive(JsonSchema)]
#[schemars(rename = "Status")]
#[expect(dead_code, reason = "the program writes it; what it is, is read off this type")]
pub(super) struct StatusReport {
    /// Of the program.
    version: String,
    /// Seconds since the program started.
    uptime_secs: u64,
    source: Source,
    /// The connection to each labeler, in the order of the settings.
    labelers: Vec<Labeler>,
    ingest: Ingest,
    detector: Detector,
    /// Times real time, where time is simulated; otherwise null.
    simulated_speed: Option<f64>,
}

/// Where posts come from.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "see above")]
struct Source {
    /// Whether this process reads the network.
    reading: bool,
    /// `starting`, `connecting`, `connected`, `waiting`, `paused` or `stopped`.
    phase: String,
    /// The host of the present or the next connection.
    host: String,
    /// The connection in one line for people.
    summary: String,
}

/// One labeler.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "see above")]
struct Labeler {
    host: String,
    phase: String,
    summary: String,
}

/// What was read since the program started.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "see above")]
struct Ingest {
    /// Messages of the source.
    messages: u64,
    /// Events in them that were let through.
    events: u64,
    /// Posts among these.
    posts: u64,
    /// Events a second, over about the last five seconds.
    events_per_second: f64,
    /// Input that was dropped, by the reason's name in the metric `skytrend_dropped_total`.
    dropped: BTreeMap<String, u64>,
}

/// How far the detector is.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "see above")]
struct Detector {
    /// The newest event time applied; 0 before the first.
    #[schemars(with = "schema::Instant")]
    applied_micros: i64,
    /// Post records in the log that it has yet to read.
    lag_records: u64,
    /// Minutes of history behind its expectations.
    history_minutes: u64,
    /// Minutes from which expectations are shown without a warning.
    history_minutes_needed: u64,
    /// Windows written since the program started.
    windows_written: u64,
    /// Trends started since the program started.
    trends_started: u64,
}
