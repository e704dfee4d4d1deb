//! `/api/v1/status`: what the pipeline says of itself. The program says it; what it says is written down here.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::openapi::{Answer, Operation, example};
use super::{ApiState, Problem, Query};
use crate::schema;

pub(super) const STATUS: Operation = Operation {
    path: "/api/v1/status",
    id: "getStatus",
    tag: "operation",
    summary: "What the pipeline says of itself",
    description: "For people and for the dashboard. What machines watch is at `/metrics` and `/health/ready`.",
    answers: &[Answer::json::<StatusReport>("The state of this moment.", example!("getStatus.json"))],
    ask: "/api/v1/status",
    ..Operation::GET
};

pub(super) async fn read(State(state): State<ApiState>, query: Query) -> Result<Response, Problem> {
    query.check(&STATUS)?;
    Ok(([(CACHE_CONTROL, "no-store")], Json((state.status)())).into_response())
}

/// What the pipeline says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Status")]
pub struct StatusReport {
    /// Of the program.
    pub version: &'static str,
    /// Seconds since the program started.
    pub uptime_secs: u64,
    /// Where posts come from.
    pub source: SourceReport,
    /// The connection to each labeler, in the order of the settings.
    pub labelers: Vec<LabelerReport>,
    /// What was read.
    pub ingest: IngestReport,
    /// How far the detector is.
    pub detector: DetectorReport,
    /// Event time between the newest event read and the newest that the detector has applied; null before the first.
    pub lag_seconds: Option<f64>,
    /// Each webhook, in the order of the settings; empty where this process sends nothing.
    pub webhooks: Vec<WebhookReport>,
    /// Times real time, where time is simulated; otherwise null.
    pub simulated_speed: Option<f64>,
}

/// Where posts come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Source")]
pub struct SourceReport {
    /// Of the network, and how it is read.
    pub name: String,
    /// Whether this process reads the network.
    pub reading: bool,
    /// `starting`, `connecting`, `connected`, `waiting`, `paused` or `stopped`.
    pub phase: &'static str,
    /// The host of the present or the next connection.
    pub host: String,
    /// The connection in one line for people.
    pub summary: String,
}

/// One labeler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Labeler")]
pub struct LabelerReport {
    /// Where it is.
    pub host: String,
    /// As the source's.
    pub phase: &'static str,
    /// The connection in one line for people.
    pub summary: String,
}

/// What was read since the program started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Ingest")]
pub struct IngestReport {
    /// Messages of the source.
    pub messages: u64,
    /// Events in them that were let through.
    pub events: u64,
    /// Posts among these.
    pub posts: u64,
    /// Events a second, over about the last five seconds.
    pub events_per_second: f64,
    /// Input that was dropped, by the reason's name in the metric `skytrend_dropped_total`.
    pub dropped: BTreeMap<&'static str, u64>,
}

/// How far the detector is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Detector")]
pub struct DetectorReport {
    /// The newest event time applied; 0 before the first.
    #[schemars(with = "schema::Instant")]
    pub applied_micros: i64,
    /// Post records in the log that it has yet to read.
    pub lag_records: u64,
    /// Minutes of history behind its expectations.
    pub history_minutes: u64,
    /// Minutes from which expectations are shown without a warning.
    pub history_minutes_needed: u32,
    /// Windows written since the program started.
    pub windows_written: u64,
    /// Trends started since the program started.
    pub trends_started: u64,
}

/// One webhook. Counts are since the program started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
pub struct WebhookReport {
    /// As in the settings.
    pub name: String,
    /// `skytrend`, `slack`, `discord` or `ntfy`.
    pub shape: &'static str,
    /// Its host alone, for an address may be a secret.
    pub url: String,
    /// `idle`, `sending`, `retrying` or `gone`.
    pub phase: &'static str,
    /// Age of the alert that waits to be sent, in seconds of real time; null where none does.
    pub waiting_secs: Option<u64>,
    /// Alerts that the receiver has taken.
    pub delivered: u64,
    /// Alerts that it refused for good.
    pub dead_letters: u64,
    /// Alerts that grew too old before it took them.
    pub expired: u64,
    /// Alerts that moderation hides.
    pub hidden: u64,
    /// Why the last attempt failed that did; empty for none.
    pub last_error: String,
}
