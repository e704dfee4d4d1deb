//! Atom (RFC 4287) and RSS 2.0 of trends and of alerts, for feed readers.
//!
//! | path | what | parameters |
//! |---|---|---|
//! | `/feeds/trends.atom`, `.rss` | what trends now, newest start first | `language`, `watchlist` |
//! | `/feeds/alerts.atom`, `.rss` | the newest alerts, newest first | `language`, `watchlist` |
//!
//! An entry says when its trend started or its alert came, and keeps that date, so that a reader shows it once,
//! although its figures change with each window. Answers are conditional.

mod atom;
mod dates;
mod entry;
mod filter;
mod rss;
mod xml;

use std::cmp::Reverse;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use skytrend_event::Micros;

use super::openapi::{Answer, ETAG, IF_NONE_MATCH, NOT_MODIFIED, Operation, Parameter, Values, example};
use super::trends::LANGUAGE;
use super::{ApiState, Problem, Query};
use crate::view::Snapshot;
use entry::{Entry, TAG};
use filter::Filter;

/// Entries of a feed: more than start between two visits of a reader.
const ENTRIES_MAX: usize = 100;

const PARAMETERS: &[Parameter] = &[
    LANGUAGE,
    Parameter::query(
        "watchlist",
        Values::Any,
        "Alerts of that list; trends of which a keyword has a term of the list that is in posts now.",
    ),
    IF_NONE_MATCH,
];

const VALIDATORS: &[(&str, &str)] =
    &[ETAG, ("Last-Modified", "The newest window's end, or that of the newest entry.")];

const FEED: Operation = Operation {
    tag: "feeds",
    description: "At most 100 entries. An entry's id is that of its trend (`topic_id` and start) or of its alert, and \
                  its date when that started or came, so that a reader shows it once while its figures change.",
    parameters: PARAMETERS,
    errors: &[(404, "No watchlist has this name.")],
    ..Operation::GET
};

pub(super) const TRENDS_ATOM: Operation = Operation {
    path: "/feeds/trends.atom",
    id: "getTrendsAtom",
    summary: "Trends of the sliding window, newest start first, as Atom (RFC 4287)",
    answers: &[
        Answer::text("application/atom+xml", "The feed.", example!("getTrendsAtom.xml"))
            .with_headers(VALIDATORS),
        NOT_MODIFIED,
    ],
    ask: "/feeds/trends.atom?language=en",
    ..FEED
};

pub(super) const TRENDS_RSS: Operation = Operation {
    path: "/feeds/trends.rss",
    id: "getTrendsRss",
    summary: "Trends of the sliding window, newest start first, as RSS 2.0",
    answers: &[
        Answer::text("application/rss+xml", "The feed.", example!("getTrendsRss.xml"))
            .with_headers(VALIDATORS),
        NOT_MODIFIED,
    ],
    ask: "/feeds/trends.rss?language=en",
    ..FEED
};

pub(super) const ALERTS_ATOM: Operation = Operation {
    path: "/feeds/alerts.atom",
    id: "getAlertsAtom",
    summary: "The newest alerts, newest first, as Atom (RFC 4287)",
    answers: &[
        Answer::text("application/atom+xml", "The feed.", example!("getAlertsAtom.xml"))
            .with_headers(VALIDATORS),
        NOT_MODIFIED,
    ],
    ask: "/feeds/alerts.atom?watchlist=weather",
    ..FEED
};

pub(super) const ALERTS_RSS: Operation = Operation {
    path: "/feeds/alerts.rss",
    id: "getAlertsRss",
    summary: "The newest alerts, newest first, as RSS 2.0",
    answers: &[
        Answer::text("application/rss+xml", "The feed.", example!("getAlertsRss.xml"))
            .with_headers(VALIDATORS),
        NOT_MODIFIED,
    ],
    ask: "/feeds/alerts.rss?watchlist=weather",
    ..FEED
};

/// A feed in neither format yet.
struct Feed {
    /// The same in both formats.
    id: String,
    title: String,
    /// Path and query that it was asked by; percent-encoded.
    path: String,
    /// Of its newest entry; without one, the end of the newest window.
    updated: Micros,
    /// The language that was asked for.
    language: Option<String>,
    /// Newest first.
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
enum Format {
    Atom,
    Rss,
}

impl Format {
    const fn extension(self) -> &'static str {
        match self {
            Self::Atom => "atom",
            Self::Rss => "rss",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Atom => "application/atom+xml",
            Self::Rss => "application/rss+xml",
        }
    }

    fn write(self, feed: &Feed) -> Vec<u8> {
        match self {
            Self::Atom => atom::write(feed),
            Self::Rss => rss::write(feed),
        }
    }
}

pub(super) fn routes() -> Router<ApiState> {
    [Format::Atom, Format::Rss].into_iter().fold(Router::new(), |router, format| {
        let trends = move |State(state): State<ApiState>, query: Query, headers: HeaderMap| async move {
            trends(&state, &query, &headers, format)
        };
        let alerts = move |State(state): State<ApiState>, query: Query, headers: HeaderMap| async move {
            alerts(&state, &query, &headers, format)
        };
        let extension = format.extension();
        router
            .route(&format!("/feeds/trends.{extension}"), get(trends))
            .route(&format!("/feeds/alerts.{extension}"), get(alerts))
    })
}

fn trends(state: &ApiState, query: &Query, headers: &HeaderMap, format: Format) -> Result<Response, Problem> {
    let snapshot = state.view.snapshot();
    let filter = Filter::of(query, &snapshot)?;
    let all = snapshot.sliding.as_deref().map_or(&[][..], |current| &current.trends);
    let mut chosen: Vec<_> = all.iter().filter(|trend| filter.takes_trend(trend, &snapshot)).collect();
    chosen.sort_by_key(|trend| Reverse(trend.started_at)); // stable: those that start together stay by rank
    let entries = chosen.into_iter().take(ENTRIES_MAX).map(|trend| Entry::of_trend(trend)).collect();
    Ok(answer("trends", filter, entries, &snapshot, headers, format))
}

fn alerts(state: &ApiState, query: &Query, headers: &HeaderMap, format: Format) -> Result<Response, Problem> {
    let snapshot = state.view.snapshot();
    let filter = Filter::of(query, &snapshot)?;
    let chosen = snapshot.alerts.iter().filter(|alert| filter.takes_alert(alert));
    let entries = chosen.take(ENTRIES_MAX).map(|alert| Entry::of_alert(alert)).collect();
    Ok(answer("alerts", filter, entries, &snapshot, headers, format))
}

fn answer(
    name: &str,
    filter: Filter,
    entries: Vec<Entry>,
    snapshot: &Snapshot,
    headers: &HeaderMap,
    format: Format,
) -> Response {
    // Before the first window there is nothing, and nothing is as old as can be.
    let newest_window = snapshot.sliding.as_ref().map_or(Micros(0), |current| current.window_end);
    let query = filter.query();
    let feed = Feed {
        id: format!("{TAG}feed/{name}{query}"),
        title: format!("skytrend: {name}{}", filter.words()),
        path: format!("/feeds/{name}.{}{query}", format.extension()),
        updated: entries.iter().map(|entry| entry.updated).max().unwrap_or(newest_window),
        language: filter.language,
        entries,
    };
    let changed = newest_window.max(feed.updated);
    dates::answer(headers, format.write(&feed), format.media_type(), changed)
}
