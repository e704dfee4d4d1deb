//! Mastodon's trending tags, for clients that read those: `Trends::Tag` of
//! <https://docs.joinmastodon.org/methods/trends/#tags>.
//!
//! `/api/v1/trends`, Mastodon's older name of the same, is skytrend's own list here; so both names also live under
//! `/mastodon`, and a client is pointed at that. As Mastodon does, a larger `limit` is cut and parameters that mean
//! nothing here are passed over.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use schemars::JsonSchema;
use serde::Serialize;
use skytrend_event::time::{DAY, SECOND};
use skytrend_event::{Micros, Trend, WindowKind};

use super::openapi::{Answer, ErrorShape, Operation, Parameter, Values, example};
use super::{ApiState, Problem, Query, bluesky_web};
use crate::KeywordKey;
use crate::view::{CountPoint, TrendView};

/// Mastodon's own default and maximum.
const LIMIT_DEFAULT: usize = 10;
const LIMIT_MAX: usize = 20;

/// Days of a tag's history: Mastodon always gives seven, and clients read the first two unseen.
const HISTORY_DAYS: i64 = 7;

pub(super) const TAGS: Operation = Operation {
    path: "/api/v1/trends/tags",
    id: "listMastodonTags",
    tag: "shapes of others",
    summary: "Trends as Mastodon's tags",
    description: "The sliding window's trends by rank, as `Trends::Tag` of Mastodon's API. A larger `limit` than 20 is \
                  cut, and other parameters are passed over, as Mastodon does.",
    parameters: &[
        Parameter::query(
            "limit",
            Values::Number(1, u64::MAX, LIMIT_DEFAULT as u64),
            "How many at most; 20 at most.",
        ),
        Parameter::query("offset", Values::Number(0, u64::MAX, 0), "How many to leave out."),
    ],
    answers: &[Answer::json::<Vec<Tag>>("The tags.", example!("listMastodonTags.json"))],
    error_shape: ErrorShape::LenientProblem,
    ask: "/api/v1/trends/tags?limit=1",
    ..Operation::GET
};

/// The same below the prefix that a client is pointed at.
pub(super) const TAGS_BELOW: Operation = Operation {
    path: "/mastodon/api/v1/trends/tags",
    id: "listMastodonTagsBelow",
    ask: "/mastodon/api/v1/trends/tags?limit=1",
    ..TAGS
};

/// Its older name.
pub(super) const TRENDS_BELOW: Operation = Operation {
    path: "/mastodon/api/v1/trends",
    id: "listMastodonTrends",
    ask: "/mastodon/api/v1/trends?limit=1",
    ..TAGS
};

/// A tag. Its name has no `#` and no spaces, so that clients can write a `#` in front.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MastodonTag")]
struct Tag {
    name: String,
    url: String,
    /// Newest day first.
    history: Vec<History>,
}

/// A day in UTC. Numbers are text in Mastodon's answers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MastodonTagDay")]
struct History {
    /// Its midnight, in seconds since 1970.
    day: String,
    /// Posts, at least: as far as their counts are held.
    uses: String,
    /// Authors, at least: those of the window that had most. Authors of several windows can't be added up.
    accounts: String,
}

pub(super) fn routes() -> Router<ApiState> {
    // A static path wins over `/api/v1/trends/{keyword}`.
    Router::new()
        .route("/api/v1/trends/tags", get(tags))
        .route("/mastodon/api/v1/trends/tags", get(tags))
        .route("/mastodon/api/v1/trends", get(tags))
}

async fn tags(State(state): State<ApiState>, query: Query) -> Result<Response, Problem> {
    let limit = query.number_from("limit", 1, LIMIT_DEFAULT)?.min(LIMIT_MAX);
    let offset = query.number_from("offset", 0, 0)?;
    let snapshot = state.view.snapshot();
    let trends = snapshot.sliding.as_deref().map_or(&[][..], |current| &current.trends);
    // Clients know tags by their names: of a word and a hashtag that are written alike, the first stands.
    let mut seen = BTreeSet::new();
    let distinct = trends.iter().filter(|trend| seen.insert(name(trend).to_lowercase()));
    let page: Vec<Tag> = distinct.skip(offset).take(limit).map(|trend| tag(&state.view, trend)).collect();
    Ok(([(CACHE_CONTROL, "no-cache")], Json(page)).into_response())
}

fn name(trend: &Trend) -> String {
    trend.keyword.trim_start_matches('#').split_whitespace().collect()
}

fn tag(view: &TrendView, trend: &Arc<Trend>) -> Tag {
    let held = view.history(&KeywordKey::new(&trend.normalized_keyword, trend.kind));
    let counts = held.map(|history| history.counts).unwrap_or_default();
    let url = bluesky_web::keyword_url(&trend.keyword, trend.kind);
    Tag { name: name(trend), url, history: days(trend, &counts) }
}

fn days(trend: &Trend, counts: &[CountPoint]) -> Vec<History> {
    // A window that ends at midnight is of the day before.
    let today = trend.window_end.plus(-1).floor(DAY);
    let day = |back: i64| {
        let start = today.plus(-back * DAY);
        // Tumbling windows don't overlap, so that their posts can be added up.
        let of_day =
            counts.iter().filter(|count| count.window == WindowKind::Tumbling && count_day(count) == start);
        let (mut uses, mut accounts) = of_day.fold((0_u64, 0), |(uses, most), count| {
            (uses.saturating_add(count.count), most.max(count.unique_authors))
        });
        if back == 0 {
            // A trend may be younger than its first tumbling window.
            uses = uses.max(trend.frequency);
            accounts = accounts.max(trend.unique_authors);
        }
        let seconds = start.0.div_euclid(SECOND);
        History { day: seconds.to_string(), uses: uses.to_string(), accounts: accounts.to_string() }
    };
    (0..HISTORY_DAYS).map(day).collect()
}

fn count_day(count: &CountPoint) -> Micros {
    count.window_end.plus(-1).floor(DAY)
}
