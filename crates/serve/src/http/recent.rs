//! `/api/v1/alerts` and `/api/v1/activity`: the newest records of their topics.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use skytrend_event::{Alert, Topic, UserActivity};

use super::{ApiState, LIMIT_MAX, Problem, Query};

const ALERTS_DEFAULT: usize = 50;
/// An hour of five-minute windows.
const ACTIVITY_DEFAULT: usize = 12;

#[derive(Serialize)]
struct Alerts<'a> {
    topic: &'static str,
    alerts: &'a [Arc<Alert>],
}

#[derive(Serialize)]
struct Activity<'a> {
    topic: &'static str,
    activity: &'a [Arc<UserActivity>],
}

pub(super) async fn alerts(State(state): State<ApiState>, query: Query) -> Result<Response, Problem> {
    let limit = limit(&query, ALERTS_DEFAULT)?;
    let snapshot = state.view.snapshot();
    let alerts = &snapshot.alerts[..snapshot.alerts.len().min(limit)];
    Ok(([(CACHE_CONTROL, "no-cache")], Json(Alerts { topic: Topic::Alerts.name(), alerts })).into_response())
}

pub(super) async fn activity(State(state): State<ApiState>, query: Query) -> Result<Response, Problem> {
    let limit = limit(&query, ACTIVITY_DEFAULT)?;
    let snapshot = state.view.snapshot();
    let activity = &snapshot.activity[..snapshot.activity.len().min(limit)];
    Ok(([(CACHE_CONTROL, "no-cache")], Json(Activity { topic: Topic::UserActivity.name(), activity }))
        .into_response())
}

fn limit(query: &Query, default: usize) -> Result<usize, Problem> {
    query.allow(&["limit"])?;
    query.number("limit", 1..=LIMIT_MAX, default)
}
