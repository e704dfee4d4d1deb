//! `/api/v1/trends`: what trends now, and what is known of one keyword.

mod list;
mod past;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use skytrend_event::{KeywordKind, Micros, Trend, WindowKind};

use super::answers::Answer;
use super::problem::echo;
use super::{ApiState, Problem, Query};
use crate::view::{CountPoint, CurrentTrends, Snapshot, TrendPoint};
use crate::{KeywordKey, KeywordPath};
pub(super) use list::{ListQuery, language, render};

pub(super) async fn list(
    State(state): State<ApiState>,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, Problem> {
    query.allow(&["window", "limit", "language", "as_of"])?;
    let asked = ListQuery::read(&query)?;
    let Some(as_of) = as_of(&query)? else {
        let answer = state.answers.list(&state.view.snapshot(), &asked);
        return Ok(answer.respond(&headers, "no-cache"));
    };
    let past = state.view.moderated(past::window_at(&state, asked.window, as_of).await?);
    // What is over does not change any more, but what may be shown of it does: each time, it is asked again.
    Ok(Answer::new(render(Some(&past), &asked, Some(as_of))).respond(&headers, "no-cache"))
}

/// The instant that the list is asked for, if it is not now.
fn as_of(query: &Query) -> Result<Option<Micros>, Problem> {
    let Some(text) = query.text("as_of") else { return Ok(None) };
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let micros = if is_number { text.parse().ok().map(Micros) } else { Micros::parse_rfc3339(text).ok() };
    let allowed = "an instant such as 2025-03-01T12:00:00Z, or microseconds since 1970";
    micros.map(Some).ok_or_else(|| Problem::parameter("as_of", text, allowed))
}

/// The answer of `/api/v1/trends/{keyword}`.
#[derive(Serialize)]
struct KeywordAnswer {
    keyword: String,
    normalized_keyword: String,
    kind: KeywordKind,
    language: String,
    current: CurrentOfKeyword,
    history: Vec<TrendPoint>,
    counts: Vec<CountPoint>,
}

/// The keyword's trend in the newest window of each kind; null where it isn't one.
#[derive(Serialize)]
struct CurrentOfKeyword {
    sliding: Option<Arc<Trend>>,
    tumbling: Option<Arc<Trend>>,
}

pub(super) async fn one(
    State(state): State<ApiState>,
    path: Result<Path<String>, PathRejection>,
    query: Query,
) -> Result<Response, Problem> {
    query.allow(&[])?;
    let Path(text) = path.map_err(|_| Problem::bad_request("the keyword in the path is not UTF-8"))?;
    let path = KeywordPath::parse(&text).map_err(|reason| Problem::bad_request(reason.to_string()))?;
    let snapshot = state.view.snapshot();
    let shown = path.keys().into_iter().filter(|key| !state.view.is_hidden(key));
    let known = shown.into_iter().find_map(|key| answer(&state, &snapshot, &key));
    match known {
        Some(answer) => Ok(([(CACHE_CONTROL, "no-cache")], Json(&answer)).into_response()),
        None => Err(unknown(&state, &path, &text)),
    }
}

fn answer(state: &ApiState, snapshot: &Snapshot, key: &KeywordKey) -> Option<KeywordAnswer> {
    let find = |current: Option<&Arc<CurrentTrends>>| {
        let same = |t: &&Arc<Trend>| t.kind == key.kind && t.normalized_keyword == *key.normalized_keyword;
        current.and_then(|current| current.trends.iter().find(same)).cloned()
    };
    let current = CurrentOfKeyword {
        sliding: find(snapshot.current(WindowKind::Sliding)),
        tumbling: find(snapshot.current(WindowKind::Tumbling)),
    };
    let newest = current.sliding.as_ref().or(current.tumbling.as_ref());
    let (keyword, language, history, counts) = match (state.view.history(key), newest) {
        (Some(held), _) => (held.keyword, held.language, held.history, held.counts),
        (None, Some(trend)) => (trend.keyword.clone(), trend.language.clone(), Vec::new(), Vec::new()),
        (None, None) => return None,
    };
    let normalized_keyword = key.normalized_keyword.to_string();
    Some(KeywordAnswer { keyword, normalized_keyword, kind: key.kind, language, current, history, counts })
}

/// 404; names the hashtag where only the word was asked for, and the reverse.
fn unknown(state: &ApiState, path: &KeywordPath, text: &str) -> Problem {
    let asked = path.keys();
    let others = asked.first().map(|key| state.view.other_kinds(key)).unwrap_or_default();
    let other = others.into_iter().find(|kind| asked.iter().all(|key| key.kind != *kind));
    let suggestion = other.map(|kind| match kind {
        KeywordKind::Hashtag => format!("#{}, written %23 in a URL", path.normalized_keyword),
        KeywordKind::Word | KeywordKind::Phrase => path.normalized_keyword.clone(),
    });
    if asked.iter().any(|key| state.view.is_hidden(key)) {
        return Problem::not_found(format!("{:?} is hidden by moderation", echo(text)));
    }
    let detail = format!("{:?} has not been seen in the hours that are kept", echo(text));
    Problem::not_found(detail).with_suggestion(suggestion)
}
