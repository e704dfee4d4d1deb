//! `/api/v1/alerts` and `/api/v1/activity`: the records of their topics, newest first; from the view as far as it holds
//! them, then from the log.

mod older;
mod record;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use skytrend_event::{Alert, Topic, UserActivity};

use super::cursor::{self, CURSOR};
use super::openapi::{Answer, Operation, Parameter, Values, example};
use super::{ApiState, LIMIT_MAX, Problem, Query};
use crate::schema;
use record::Recent;

const ALERTS_DEFAULT: usize = 50;
/// An hour of five-minute windows.
const ACTIVITY_DEFAULT: usize = 12;

pub(super) const ALERTS: Operation = Operation {
    path: "/api/v1/alerts",
    id: "listAlerts",
    tag: "records",
    summary: "Alerts, newest first",
    description: "An alert is a strong trend, or a watchlist, that starts or ends.\n\n\
                  What is older than what is held in memory comes from the log, as far back as that goes; its \
                  `sample_posts` have no `text`. A page may have fewer alerts than asked for: the end is where there is \
                  no `next_cursor`.",
    parameters: &[
        Parameter::query(
            "limit",
            Values::Number(1, LIMIT_MAX as u64, ALERTS_DEFAULT as u64),
            "How many at most.",
        ),
        CURSOR,
    ],
    answers: &[
        Answer::json::<AlertPage>("The alerts.", example!("listAlerts.json")).with_headers(&[cursor::NEXT])
    ],
    ask: "/api/v1/alerts?limit=1",
    ..Operation::GET
};

pub(super) const ACTIVITY: Operation = Operation {
    path: "/api/v1/activity",
    id: "listActivity",
    tag: "records",
    summary: "Windows of user activity, newest first",
    description: "Who posts, how much, and in sessions of which length; of everybody together, never of one person. \
                  The end is where there is no `next_cursor`, as far back as the log goes.",
    parameters: &[
        Parameter::query(
            "limit",
            Values::Number(1, LIMIT_MAX as u64, ACTIVITY_DEFAULT as u64),
            "How many at most.",
        ),
        CURSOR,
    ],
    answers: &[Answer::json::<ActivityPage>("The windows.", example!("listActivity.json"))
        .with_headers(&[cursor::NEXT])],
    ask: "/api/v1/activity?limit=1",
    ..Operation::GET
};

#[derive(Serialize, JsonSchema)]
struct AlertPage {
    /// Where they come from.
    topic: &'static str,
    /// Newest first.
    #[schemars(with = "Vec<schema::AlertRecord>")]
    alerts: Vec<Arc<Alert>>,
    /// The `cursor` of the next page; left out at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ActivityPage {
    /// Where they come from.
    topic: &'static str,
    /// Newest first.
    #[schemars(with = "Vec<schema::ActivityRecord>")]
    activity: Vec<Arc<UserActivity>>,
    /// The `cursor` of the next page; left out at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

pub(super) async fn alerts(
    State(state): State<ApiState>,
    uri: Uri,
    query: Query,
) -> Result<Response, Problem> {
    query.check(&ALERTS)?;
    let limit = query.number("limit", 1..=LIMIT_MAX, ALERTS_DEFAULT)?;
    let (alerts, next_cursor) = page::<Alert>(&state, &query, limit).await?;
    let answer = AlertPage { topic: Topic::Alerts.name(), alerts, next_cursor };
    let response = ([(CACHE_CONTROL, "no-cache")], Json(&answer)).into_response();
    Ok(cursor::with_link(response, &uri, answer.next_cursor.as_deref()))
}

pub(super) async fn activity(
    State(state): State<ApiState>,
    uri: Uri,
    query: Query,
) -> Result<Response, Problem> {
    query.check(&ACTIVITY)?;
    let limit = query.number("limit", 1..=LIMIT_MAX, ACTIVITY_DEFAULT)?;
    let (activity, next_cursor) = page::<UserActivity>(&state, &query, limit).await?;
    let answer = ActivityPage { topic: Topic::UserActivity.name(), activity, next_cursor };
    let response = ([(CACHE_CONTROL, "no-cache")], Json(&answer)).into_response();
    Ok(cursor::with_link(response, &uri, answer.next_cursor.as_deref()))
}

/// The records after the place that the query names, and the cursor of the page that follows.
///
/// The first page comes from the view alone, so that those who want just that never wait for the log; whether there is
/// more, then the next page tells.
async fn page<R: Recent>(
    state: &ApiState,
    query: &Query,
    limit: usize,
) -> Result<(Vec<Arc<R>>, Option<String>), Problem> {
    let list = R::TOPIC.name();
    let after: Option<R::Key> = cursor::read(query, list)?;
    let snapshot = state.view.snapshot();
    let held = R::held(&snapshot);
    let seen = after.as_ref().map_or(0, |after| held.partition_point(|record| record.key() >= *after));
    let mut page: Vec<_> = held[seen..].iter().take(limit).cloned().collect();
    let end_of_page = page.last().map(|record| record.key());
    // The view may hold nothing, or nothing that may be shown, where the log has more.
    let place = end_of_page.or_else(|| after.clone()).unwrap_or_else(R::first);
    let mut next = Some(place.clone());
    if after.is_some() && page.len() < limit {
        let older = older::read::<R>(state, place, limit - page.len()).await?;
        page.extend(older.records);
        next = older.next;
    }
    Ok((page, next.map(|key| cursor::write(list, &key))))
}
