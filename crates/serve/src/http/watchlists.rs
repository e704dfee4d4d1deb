//! `/api/v1/watchlists`: which lists there are, what was counted of each in its newest windows, and its alerts.
//!
//! | path | who | what |
//! |---|---|---|
//! | `GET /api/v1/watchlists` | who may read | all lists |
//! | `GET /api/v1/watchlists/{name}` | who may read | one, with its definition, terms and alerts |
//! | `PUT /api/v1/watchlists/{name}` | who may write | defines it |
//! | `DELETE /api/v1/watchlists/{name}` | who may write | removes it |

mod changes;
mod known;

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use schemars::JsonSchema;
use serde::Serialize;
use skytrend_event::{Alert, AlertKind, Topic};

use super::access::Caller;
use super::openapi::{Answer, Operation, Parameter, Values, example};
use super::problem::{closest, echo};
use super::{ApiState, LIMIT_MAX, Problem, Query};
use crate::schema;
use crate::view::{Snapshot, WatchedTerm, WatchedWindow};
pub(super) use changes::{PUT, REMOVE};
use known::{Definition, Known};

const TERMS_DEFAULT: usize = 100;

pub(super) const LIST: Operation = Operation {
    path: "/api/v1/watchlists",
    id: "listWatchlists",
    tag: "watchlists",
    summary: "Each watchlist's counts in its newest windows",
    description: "`count` is posts that match any of the list's terms. Its windows are null before the first one that \
                  it is counted in.",
    answers: &[Answer::json::<Watchlists>("The lists, by name.", example!("listWatchlists.json"))],
    ask: "/api/v1/watchlists",
    ..Operation::GET
};

pub(super) const ONE: Operation = Operation {
    path: "/api/v1/watchlists/{name}",
    id: "getWatchlist",
    tag: "watchlists",
    summary: "One watchlist, with its terms and alerts",
    description: "",
    parameters: &[
        Parameter::path("name", Values::Any, "Of a list of the settings, or of one that was put here.")
            .such_as("weather"),
        Parameter::query(
            "limit",
            Values::Number(1, LIMIT_MAX as u64, TERMS_DEFAULT as u64),
            "How many terms of a window at most.",
        ),
    ],
    answers: &[Answer::json::<One>("The list.", example!("getWatchlist.json"))],
    errors: &[(404, "No watchlist has this name.")],
    ask: "/api/v1/watchlists/weather?limit=2",
    ..Operation::GET
};

/// The answer of `/api/v1/watchlists`.
#[derive(Serialize, JsonSchema)]
struct Watchlists<'a> {
    topic: &'static str,
    watchlists: Vec<Listed<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ListedWatchlist")]
struct Listed<'a> {
    name: &'a str,
    #[serde(flatten)]
    known: Known,
    sliding: Option<&'a WatchedWindow>,
    tumbling: Option<&'a WatchedWindow>,
    /// Null where it has none that is open.
    #[schemars(with = "Option<schema::AlertRecord>")]
    open_alert: Option<&'a Alert>,
}

/// The answer of `/api/v1/watchlists/{name}`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Watchlist")]
struct One<'a> {
    name: &'a str,
    #[serde(flatten)]
    known: Known,
    /// For who may write; null for others, and where nothing is known but its counts.
    definition: Option<Definition>,
    sliding: Option<WindowWithTerms<'a>>,
    tumbling: Option<WindowWithTerms<'a>>,
    /// Newest first.
    #[schemars(with = "Vec<schema::AlertRecord>")]
    alerts: Vec<&'a Alert>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WatchedWindowWithTerms")]
struct WindowWithTerms<'a> {
    #[serde(flatten)]
    window: &'a WatchedWindow,
    #[schemars(with = "schema::InstantText")]
    window_start_iso: String,
    #[schemars(with = "schema::InstantText")]
    window_end_iso: String,
    /// Those with posts, most posts first.
    terms: Vec<&'a WatchedTerm>,
}

pub(super) fn routes() -> Router<ApiState> {
    let one = get(one).put(changes::put).delete(changes::remove);
    Router::new()
        .route("/api/v1/watchlists", get(list))
        .route("/api/v1/watchlists/{name}", one.layer(DefaultBodyLimit::max(changes::BYTES_MAX)))
}

async fn list(State(state): State<ApiState>, caller: Caller, query: Query) -> Result<Response, Problem> {
    query.check(&LIST)?;
    let snapshot = state.view.snapshot();
    let names = known::names(state.watchlists.as_deref(), &snapshot);
    let listed = names.iter().map(|name| {
        let known = known::of(state.watchlists.as_deref(), name, &caller);
        let counted = snapshot.watchlists.get(name);
        Listed {
            name,
            known,
            sliding: counted.and_then(|list| list.sliding.as_deref()),
            tumbling: counted.and_then(|list| list.tumbling.as_deref()),
            open_alert: alerts_of(&snapshot, name).next().filter(|alert| alert.kind == AlertKind::Started),
        }
    });
    let answer = Watchlists { topic: Topic::WindowCounts.name(), watchlists: listed.collect() };
    Ok(([(CACHE_CONTROL, "no-cache")], Json(&answer)).into_response())
}

async fn one(
    State(state): State<ApiState>,
    path: Result<Path<String>, PathRejection>,
    caller: Caller,
    query: Query,
) -> Result<Response, Problem> {
    query.check(&ONE)?;
    let limit = query.number("limit", 1..=LIMIT_MAX, TERMS_DEFAULT)?;
    let name = name(path)?;
    let snapshot = state.view.snapshot();
    let names = known::names(state.watchlists.as_deref(), &snapshot);
    if !names.contains(&name) {
        return Err(no_such_list(&name, &names));
    }
    let known = known::of(state.watchlists.as_deref(), &name, &caller);
    let definition = known::definition(state.watchlists.as_deref(), &name, &caller);
    let counted = snapshot.watchlists.get(&name);
    let answer = One {
        name: &name,
        known,
        definition,
        sliding: counted.and_then(|list| list.sliding.as_ref()).map(|window| with_terms(window, limit)),
        tumbling: counted.and_then(|list| list.tumbling.as_ref()).map(|window| with_terms(window, limit)),
        alerts: alerts_of(&snapshot, &name).collect(),
    };
    Ok(([(CACHE_CONTROL, "no-cache")], Json(&answer)).into_response())
}

fn name(path: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    path.map(|Path(name)| name).map_err(|_| Problem::bad_request("the name in the path is not UTF-8"))
}

fn no_such_list(name: &str, names: &BTreeSet<String>) -> Problem {
    let suggestion = closest(name, names.iter().map(String::as_str));
    Problem::not_found(format!("no watchlist is called {:?}", echo(name))).with_suggestion(suggestion)
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
