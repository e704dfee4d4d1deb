//! `/api/v1/alerts` and `/api/v1/activity`: the newest records of their topics.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use skytrend_event::{Alert, Topic, UserActivity};

use super::openapi::{Answer, Operation, Parameter, Values, example};
use super::{ApiState, LIMIT_MAX, Problem, Query};
use crate::schema;

const ALERTS_DEFAULT: usize = 50;
/// An hour of five-minute windows.
const ACTIVITY_DEFAULT: usize = 12;

pub(super) const ALERTS: Operation = Operation {
    path: "/api/v1/alerts",
    id: "listAlerts",
    tag: "records",
    summary: "The newest alerts, newest first",
    description: "An alert is a strong trend, or a watchlist, that starts or ends.",
    parameters: &[Parameter::query(
        "limit",
        Values::Number(1, LIMIT_MAX as u64, ALERTS_DEFAULT as u64),
        "How many at most.",
    )],
    answers: &[Answer::json::<Alerts>("The alerts.", example!("listAlerts.json"))],
    ask: "/api/v1/alerts?limit=1",
    ..Operation::GET
};

pub(super) const ACTIVITY: Operation = Operation {
    path: "/api/v1/activity",
    id: "listActivity",
    tag: "records",
    summary: "The newest windows of user activity, newest first",
    description: "Who posts, how much, and in sessions of which length; of everybody together, never of one person.",
    parameters: &[Parameter::query(
        "limit",
        Values::Number(1, LIMIT_MAX as u64, ACTIVITY_DEFAULT as u64),
        "How many at most.",
    )],
    answers: &[Answer::json::<Activity>("The windows.", example!("listActivity.json"))],
    ask: "/api/v1/activity?limit=1",
    ..Operation::GET
};

#[derive(Serialize, JsonSchema)]
struct Alerts<'a> {
    /// Where they come from.
    topic: &'static str,
    /// Newest first.
    #[schemars(with = "Vec<schema::AlertRecord>")]
    alerts: &'a [Arc<Alert>],
}

#[derive(Serialize, JsonSchema)]
struct Activity<'a> {
    /// Where they come from.
    topic: &'static str,
    /// Newest first.
    #[schemars(with = "Vec<schema::ActivityRecord>")]
    activity: &'a [Arc<UserActivity>],
}

pub(super) async fn alerts(State(state): State<ApiState>, query: Query) -> Result<Response, Problem> {
    query.check(&ALERTS)?;
    let limit = query.number("limit", 1..=LIMIT_MAX, ALERTS_DEFAULT)?;
    let snapshot = state.view.snapshot();
    let alerts = &snapshot.alerts[..snapshot.alerts.len().min(limit)];
    Ok(([(CACHE_CONTROL, "no-cache")], Json(Alerts { topic: Topic::Alerts.name(), alerts })).into_response())
}

pub(super) async fn activity(State(state): State<ApiState>, query: Query) -> Result<Response, Problem> {
    query.check(&ACTIVITY)?;
    let limit = query.number("limit", 1..=LIMIT_MAX, ACTIVITY_DEFAULT)?;
    let snapshot = state.view.snapshot();
    let activity = &snapshot.activity[..snapshot.activity.len().min(limit)];
    Ok(([(CACHE_CONTROL, "no-cache")], Json(Activity { topic: Topic::UserActivity.name(), activity }))
        .into_response())
}
