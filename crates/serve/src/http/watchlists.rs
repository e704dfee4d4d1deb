//! `/api/v1/watchlists`: what was counted of each list in its newest windows, and its alerts.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use skytrend_event::{Alert, AlertKind, Topic};

use super::problem::{closest, echo};
use super::{ApiState, LIMIT_MAX, Problem, Query};
use crate::view::{Snapshot, WatchedTerm, WatchedWindow};

const TERMS_DEFAULT: usize = 100;

/// The answer of `/api/v1/watchlists`.
#[derive(Serialize)]
struct Watchlists<'a> {
    topic: &'static str,
    watchlists: Vec<Listed<'a>>,
}

#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    sliding: Option<&'a WatchedWindow>,
    tumbling: Option<&'a WatchedWindow>,
    /// Null where it has none that is open.
    open_alert: Option<&'a Alert>,
}

/// The answer of `/api/v1/watchlists/{name}`.
#[derive(Serialize)]
struct One<'a> {
    name: &'a str,
    sliding: Option<WindowWithTerms<'a>>,
    tumbling: Option<WindowWithTerms<'a>>,
    /// Newest first.
    alerts: Vec<&'a Alert>,
}

#[derive(Serialize)]
struct WindowWithTerms<'a> {
    #[serde(flatten)]
    window: &'a WatchedWindow,
    window_start_iso: String,
    window_end_iso: String,
    /// Those with posts, most posts first.
    terms: Vec<&'a WatchedTerm>,
}

pub(super) async fn list(State(state): State<ApiState>, query: Query) -> Result<Response, Problem> {
    query.allow(&[])?;
    let snapshot = state.view.snapshot();
    let listed = snapshot.watchlists.iter().map(|(name, list)| Listed {
        name,
        sliding: list.sliding.as_deref(),
        tumbling: list.tumbling.as_deref(),
        open_alert: alerts_of(&snapshot, name).next().filter(|alert| alert.kind == AlertKind::Started),
    });
    let answer = Watchlists { topic: Topic::WindowCounts.name(), watchlists: listed.collect() };
    Ok(([(CACHE_CONTROL, "no-cache")], Json(&answer)).into_response())
}

pub(super) async fn one(
    State(state): State<ApiState>,
    path: Result<Path<String>, PathRejection>,
    query: Query,
) -> Result<Response, Problem> {
    query.allow(&["limit"])?;
    let limit = query.number("limit", 1..=LIMIT_MAX, TERMS_DEFAULT)?;
    let Path(asked) = path.map_err(|_| Problem::bad_request("the name in the path is not UTF-8"))?;
    let snapshot = state.view.snapshot();
    let Some((name, list)) = snapshot.watchlists.get_key_value(&asked) else {
        let suggestion = closest(&asked, snapshot.watchlists.keys().map(String::as_str));
        let detail = format!("no watchlist is called {:?}", echo(&asked));
        return Err(Problem::not_found(detail).with_suggestion(suggestion));
    };
    let answer = One {
        name,
        sliding: list.sliding.as_ref().map(|window| with_terms(window, limit)),
        tumbling: list.tumbling.as_ref().map(|window| with_terms(window, limit)),
        alerts: alerts_of(&snapshot, name).collect(),
    };
    Ok(([(CACHE_CONTROL, "no-cache")], Json(&answer)).into_response())
}

/// Newest first.
fn alerts_of<'a>(snapshot: &'a Snapshot, name: &'a str) -> impl Iterator<Item = &'a Alert> {
    let alerts = snapshot.alerts.iter().map(Arc::as_ref);
    alerts.filter(move |alert| alert.watchlist.as_deref() == Some(name))
}

fn with_terms(window: &WatchedWindow, limit: usize) -> WindowWithTerms<'_> {
    let mut terms: Vec<&WatchedTerm> = window.terms.values().collect();
    terms.sort_by_key(|term| Reverse(term.count)); // stable: equal counts stay in the order of their names
    terms.truncate(limit);
    let (window_start_iso, window_end_iso) =
        (window.window_start.to_rfc3339(), window.window_end.to_rfc3339());
    WindowWithTerms { window, window_start_iso, window_end_iso, terms }
}
