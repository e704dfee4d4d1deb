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

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use skytrend_event::{KeywordKind, Micros, ModerationAction, ModerationRecord, Topic, Trend, codec};

use super::access::{Caller, Writer, is_same_origin};
use super::body::{BYTES_MAX, read_json};
use super::{ApiState, Problem, Query};
use crate::KeywordPath;
use crate::moderation::{Moderation, Refused, Wanted};

const AUDIT_LIMIT_MAX: usize = 500;
const AUDIT_LIMIT_DEFAULT: usize = 50;

/// A decision is in force within milliseconds of being stored; if the pipeline hangs, who decided is told so.
const IN_FORCE_WITHIN: Duration = Duration::from_secs(5);

pub(super) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/api/v1/moderation", get(overview))
        .route("/api/v1/moderation/decisions", post(decide))
        .route("/api/v1/moderation/reports", get(reports).post(report))
        .route("/api/v1/moderation/audit", get(audit))
        .layer(DefaultBodyLimit::max(BYTES_MAX))
}

/// A trend that nobody sees.
#[derive(Serialize)]
struct HiddenTrend<'a> {
    /// Whether it waits for a decision, since a decision to hold alone hides it.
    is_held: bool,
    #[serde(flatten)]
    trend: &'a Trend,
}

async fn overview(State(state): State<ApiState>, _writer: Writer, query: Query) -> Result<Response, Problem> {
    query.allow(&[])?;
    let moderation = moderation(&state)?;
    let snapshot = state.view.snapshot();
    let is_held = moderation.held();
    let hidden = snapshot.hidden.iter().map(|trend| HiddenTrend {
        is_held: is_held(trend.kind, &trend.normalized_keyword, &trend.language),
        trend,
    });
    let answer = json!({
        "decisions": moderation.decisions(),
        "reports": moderation.reports(),
        "hidden": hidden.collect::<Vec<_>>(),
    });
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

async fn reports(State(state): State<ApiState>, _writer: Writer, query: Query) -> Result<Response, Problem> {
    query.allow(&[])?;
    let answer = json!({ "reports": moderation(&state)?.reports() });
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionBody {
    action: ModerationAction,
    pattern: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    expires_at: Option<Instant>,
}

/// Microseconds since 1970, or RFC 3339.
#[derive(Deserialize)]
#[serde(untagged)]
enum Instant {
    Micros(i64),
    Text(String),
}

async fn decide(
    State(state): State<ApiState>,
    writer: Writer,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let DecisionBody { action, pattern, reason, expires_at } = read_json(&headers, &body)?;
    if action == ModerationAction::Report {
        return Err(Problem::bad_request("reports go to /api/v1/moderation/reports"));
    }
    let is_decision =
        matches!(action, ModerationAction::Block | ModerationAction::Hold | ModerationAction::Allow);
    if expires_at.is_some() && !is_decision {
        return Err(Problem::bad_request("only block, hold and allow expire"));
    }
    let expires_at = expires_at.map(instant).transpose()?;
    store(&state, Wanted { action, pattern, reason, by: writer.name.to_string(), expires_at }).await
}

fn instant(given: Instant) -> Result<Micros, Problem> {
    match given {
        Instant::Micros(micros) => Ok(Micros(micros)),
        Instant::Text(text) => Micros::parse_rfc3339(&text)
            .map_err(|_| Problem::bad_request("expires_at is an instant such as 2025-03-01T12:00:00Z")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportBody {
    keyword: String,
    /// None: by whether the keyword has a `#` in front.
    #[serde(default)]
    kind: Option<KeywordKind>,
    #[serde(default)]
    reason: String,
}

async fn report(
    State(state): State<ApiState>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    if !is_same_origin(&headers) && !matches!(caller, Caller::Token { by_cookie: false, .. }) {
        return Err(Problem::forbidden("this request comes from another site"));
    }
    let ReportBody { keyword, kind, reason } = read_json(&headers, &body)?;
    let path = KeywordPath::parse(&keyword).map_err(|reason| Problem::bad_request(reason.to_string()))?;
    let is_hashtag = kind.map_or(path.hashtag, |kind| kind == KeywordKind::Hashtag);
    let normalized = path.normalized_keyword;
    // A keyword is no pattern: of what would be one, a report could not be answered.
    if normalized.starts_with('/') || normalized.ends_with('*') {
        return Err(Problem::bad_request("this can't be a keyword"));
    }
    let pattern = if is_hashtag { format!("#{normalized}") } else { normalized };
    let by = caller.name().to_owned();
    store(&state, Wanted { action: ModerationAction::Report, pattern, reason, by, expires_at: None }).await
}

/// 201 with the record when it is in force, 202 when it is stored and not in force yet, 200 when nothing was to do.
async fn store(state: &ApiState, wanted: Wanted) -> Result<Response, Problem> {
    let moderation = Arc::clone(moderation(state)?);
    let mut in_force = moderation.follow();
    let deciding = tokio::task::spawn_blocking(move || moderation.decide(wanted));
    let panicked = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "deciding panicked");
    let Some((offset, record)) = deciding.await.map_err(panicked)?? else {
        let answer = json!({ "detail": "reported already" });
        return Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response());
    };
    let passed = in_force.wait_for(|next| *next > offset);
    let status = match tokio::time::timeout(IN_FORCE_WITHIN, passed).await {
        Ok(Ok(_)) => StatusCode::CREATED,
        _ => StatusCode::ACCEPTED,
    };
    Ok((status, [(CACHE_CONTROL, "no-store")], Json(Entry { offset, record })).into_response())
}

/// A record with its place in the topic.
#[derive(Serialize)]
struct Entry {
    offset: u64,
    #[serde(flatten)]
    record: ModerationRecord,
}

/// The topic, backwards: `cursor` is the offset before which to go on.
async fn audit(State(state): State<ApiState>, _writer: Writer, query: Query) -> Result<Response, Problem> {
    const PARTITION: u32 = 0;
    query.allow(&["cursor", "limit"])?;
    let limit = query.number("limit", 1..=AUDIT_LIMIT_MAX, AUDIT_LIMIT_DEFAULT)?;
    let cursor = query.number("cursor", 0..=u64::MAX, u64::MAX)?;
    let permit = state.topic_read_permit()?;
    let reader = Arc::clone(&state.topics);
    let read = tokio::task::spawn_blocking(move || {
        let bounds = reader.bounds(Topic::Moderation, PARTITION)?;
        let end = cursor.min(bounds.end);
        let from = end.saturating_sub(limit as u64).max(bounds.start);
        let count = usize::try_from(end.saturating_sub(from)).unwrap_or(0);
        let records =
            if count == 0 { Vec::new() } else { reader.read(Topic::Moderation, PARTITION, from, count)? };
        drop(permit);
        Ok::<_, super::TopicReadError>((records, (from > bounds.start && count > 0).then_some(from)))
    });
    let panicked = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "reading the log panicked");
    let (records, next) = read.await.map_err(panicked)??;
    let entry = |record: &super::TopicRecord| {
        let decoded = codec::decode::<ModerationRecord>(&record.value).ok()?;
        Some(Entry { offset: record.offset, record: decoded })
    };
    let entries: Vec<_> = records.iter().rev().filter_map(entry).collect();
    let answer = json!({ "topic": Topic::Moderation.name(), "entries": entries, "cursor": next.map(|next| next.to_string()) });
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
            Refused::NotStored(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, refused.to_string())
    }
}
