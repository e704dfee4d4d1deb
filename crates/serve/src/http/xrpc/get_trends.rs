//! `app.bsky.unspecced.getTrends`: what trends now, as Bluesky's app reads it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use skytrend_event::{Did, Trend};

use super::super::openapi::{Answer, ErrorShape, Operation, Parameter, Values, example};
use super::super::{ApiState, Query, bluesky_web};
use super::XrpcError;

/// The lexicon's own default and maximum.
const LIMIT_DEFAULT: usize = 10;
const LIMIT_MAX: usize = 25;

/// What the protocol writes for an account whose handle isn't known (<https://atproto.com/specs/handle>).
const UNKNOWN_HANDLE: &str = "handle.invalid";

pub(in super::super) const GET_TRENDS: Operation = Operation {
    path: "/xrpc/app.bsky.unspecced.getTrends",
    id: "getBlueskyTrends",
    tag: "shapes of others",
    summary: "Trends as Bluesky's own",
    description: "`link` is a path of `https://bsky.app`; `actors` are the authors of the sample posts, by DID alone.",
    parameters: &[Parameter::query(
        "limit",
        Values::Number(1, LIMIT_MAX as u64, LIMIT_DEFAULT as u64),
        "How many at most.",
    )],
    answers: &[Answer::json::<Trends>("The trends.", example!("getBlueskyTrends.json"))],
    error_shape: ErrorShape::Xrpc,
    ask: "/xrpc/app.bsky.unspecced.getTrends?limit=1",
    ..Operation::GET
};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BlueskyTrends")]
struct Trends<'a> {
    trends: Vec<TrendView<'a>>,
}

/// `app.bsky.unspecced.defs#trendView`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BlueskyTrend")]
#[serde(rename_all = "camelCase")]
struct TrendView<'a> {
    topic: &'a str,
    display_name: &'a str,
    /// A path of Bluesky's app.
    link: String,
    started_at: String,
    /// Posts of the sliding window.
    post_count: u64,
    /// `hot` while an alert about it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    /// The authors of its sample posts, each once.
    actors: Vec<Actor<'a>>,
}

/// `app.bsky.actor.defs#profileViewBasic`: no more than its DID is known here.
#[derive(PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "BlueskyActor")]
struct Actor<'a> {
    did: &'a str,
    handle: &'static str,
}

pub(super) async fn answer(State(state): State<ApiState>, query: Query) -> Result<Response, XrpcError> {
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    let snapshot = state.view.snapshot();
    let trends = snapshot.sliding.as_deref().map_or(&[][..], |current| &current.trends);
    let answer = Trends { trends: trends.iter().take(limit).map(trend_view).collect() };
    Ok(([(CACHE_CONTROL, "no-cache")], Json(&answer)).into_response())
}

fn trend_view(trend: &Arc<Trend>) -> TrendView<'_> {
    TrendView {
        topic: &trend.keyword,
        display_name: &trend.keyword,
        link: bluesky_web::keyword_path(&trend.keyword, trend.kind),
        started_at: trend.started_at.to_rfc3339(),
        post_count: trend.frequency,
        status: trend.is_alerting.then_some("hot"),
        actors: actors(trend),
    }
}

fn actors(trend: &Trend) -> Vec<Actor<'_>> {
    let mut actors = Vec::new();
    for post in &trend.sample_posts {
        let actor = Actor { did: &post.author_did, handle: UNKNOWN_HANDLE };
        if Did::parse(actor.did).is_ok() && !actors.contains(&actor) {
            actors.push(actor);
        }
    }
    actors
}
