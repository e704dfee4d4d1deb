//! `/api/v1/moderation`: what people decide about keywords, and who decided what.
//!
//! | path | who | what |
//! |---|---|---|
//! | `GET /api/v1/moderation` | who may write | the decisions that stand, the open reports, the trends that are hidden now |
//! | `POST /api/v1/moderation/decisions` | who may write | block, hold, allow, release; dismiss a report |
//! | `GET /api/v1/moderation/reports` | who may write | the open reports |
//! | `POST /api/v1/moderation/reports` | who may read | says that a keyword should be looked at |
//! | `GET /api/v1/moderation/audit` | who may write | everything that was done, newest first |
//!
//! What is blocked is not for readers: a list of slurs is no answer to show.

mod acts;
mod audit;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use schemars::JsonSchema;
use serde::Serialize;
use skytrend_event::{ModerationRecord, Trend};

use super::access::Writer;
use super::body::BYTES_MAX;
use super::openapi::{Answer, Needs, Operation, example};
use super::{ApiState, Problem, Query};
use crate::moderation::{Decision, Moderation, Refused, Report};
use crate::schema;
pub(super) use acts::{DECIDE, REPORT};
pub(super) use audit::AUDIT;

pub(super) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/api/v1/moderation", get(overview))
        .route("/api/v1/moderation/decisions", post(acts::decide))
        .route("/api/v1/moderation/reports", get(reports).post(acts::report))
        .route("/api/v1/moderation/audit", get(audit::read))
        .layer(DefaultBodyLimit::max(BYTES_MAX))
}

pub(super) const OVERVIEW: Operation = Operation {
    path: "/api/v1/moderation",
    id: "getModeration",
    tag: "moderation",
    summary: "The decisions that stand, the open reports, the trends that are hidden now",
    description: "",
    answers: &[Answer::json::<Overview>("What stands, newest first.", example!("getModeration.json"))],
    ask: "/api/v1/moderation",
    needs: Needs::Writing,
    ..Operation::GET
};

pub(super) const REPORTS: Operation = Operation {
    path: "/api/v1/moderation/reports",
    id: "listReports",
    tag: "moderation",
    summary: "The open reports, newest first",
    description: "A report is open until somebody has decided about its keyword, or dismissed it.",
    answers: &[Answer::json::<Reports>("The reports.", example!("listReports.json"))],
    ask: "/api/v1/moderation/reports",
    needs: Needs::Writing,
    ..Operation::GET
};

/// What there is to decide, and what was.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Moderation")]
struct Overview<'a> {
    /// Those that stand, newest first.
    decisions: Vec<Decision>,
    /// Those that are open, newest first.
    reports: Vec<Report>,
    /// Trends of the newest sliding window that nobody sees, by rank.
    hidden: Vec<HiddenTrend<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Reports {
    reports: Vec<Report>,
}

/// A trend that nobody sees.
#[derive(Serialize, JsonSchema)]
struct HiddenTrend<'a> {
    /// Whether it waits for a decision, since a decision to hold alone hides it.
    is_held: bool,
    #[serde(flatten)]
    #[schemars(with = "schema::TrendRecord")]
    trend: &'a Trend,
}

/// A record with its place in the topic.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ModerationEntry")]
struct Entry {
    offset: u64,
    #[serde(flatten)]
    #[schemars(with = "schema::ModerationRecord")]
    record: ModerationRecord,
}

async fn overview(State(state): State<ApiState>, _writer: Writer, query: Query) -> Result<Response, Problem> {
    query.check(&OVERVIEW)?;
    let moderation = moderation(&state)?;
    let snapshot = state.view.snapshot();
    let is_held = moderation.held();
    let hidden = snapshot.hidden.iter().map(|trend| HiddenTrend {
        is_held: is_held(trend.kind, &trend.normalized_keyword, &trend.language),
        trend,
    });
    let (decisions, reports) = (moderation.decisions(), moderation.reports());
    let answer = Overview { decisions, reports, hidden: hidden.collect() };
    Ok(([(CACHE_CONTROL, "no-store")], Json(&answer)).into_response())
}

async fn reports(State(state): State<ApiState>, _writer: Writer, query: Query) -> Result<Response, Problem> {
    query.check(&REPORTS)?;
    let answer = Reports { reports: moderation(&state)?.reports() };
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

fn moderation(state: &ApiState) -> Result<&Arc<Moderation>, Problem> {
    let missing = || Problem::new(StatusCode::NOT_IMPLEMENTED, "this server has no moderation");
    state.moderation.as_ref().ok_or_else(missing)
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let status = match &refused {
            Refused::Pattern(_) | Refused::Invalid(_) => StatusCode::BAD_REQUEST,
            Refused::Nothing(_) => StatusCode::NOT_FOUND,
            Refused::TooMany(_) => StatusCode::CONFLICT,
            Refused::NotStored(_) | Refused::NotRead(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, refused.to_string())
    }
}
