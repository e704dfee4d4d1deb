//! The API described: an OpenAPI 3.1 document at `/api/v1/openapi.json`, and a page for readers at `/api`.
//!
//! Each route's [`Operation`] stands beside its handler, and is in [`OPERATIONS`]; a test compares these with the
//! router's routes, and the examples with what is really answered.

mod document;
mod operation;
mod page;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;

use super::answers::Answer as Body;
use super::{ApiState, Problem, Query, health, mastodon, recent, search, stream, topics, trends, watchlists};
use super::{access, feeds, moderation, xrpc};
pub(super) use operation::{
    Answer, ETAG, ErrorShape, IF_NONE_MATCH, NOT_MODIFIED, Needs, Operation, Parameter, RequestBody, Values,
    example,
};
pub(super) use page::page;

/// Everything that the API can do, in the order in which a reader wants it.
const OPERATIONS: &[&Operation] = &[
    &trends::LIST,
    &trends::ONE,
    &search::SEARCH,
    &stream::FOLLOW,
    &stream::socket::CONVERSE,
    &recent::ALERTS,
    &recent::ACTIVITY,
    &topics::READ,
    &watchlists::LIST,
    &watchlists::ONE,
    &watchlists::PUT,
    &watchlists::REMOVE,
    &moderation::OVERVIEW,
    &moderation::DECIDE,
    &moderation::REPORTS,
    &moderation::REPORT,
    &moderation::AUDIT,
    &access::WHO,
    &access::LOGIN,
    &access::LOGOUT,
    &feeds::TRENDS_ATOM,
    &feeds::TRENDS_RSS,
    &feeds::ALERTS_ATOM,
    &feeds::ALERTS_RSS,
    &mastodon::TAGS,
    &mastodon::TAGS_BELOW,
    &mastodon::TRENDS_BELOW,
    &xrpc::GET_TRENDS,
    &xrpc::GET_FEED_SKELETON,
    &xrpc::DESCRIBE_FEED_GENERATOR,
    &xrpc::DID_DOCUMENT,
    &super::status::STATUS,
    &health::LIVE,
    &health::READY,
    &super::METRICS,
    &DOCUMENT,
];

const DOCUMENT: Operation = Operation {
    path: "/api/v1/openapi.json",
    id: "getOpenApi",
    tag: "operation",
    summary: "This document",
    description: "OpenAPI 3.1. The same for people is at `/api`.",
    answers: &[
        Answer {
            status: 200,
            description: "The document.",
            media_type: "application/json",
            schema: None,
            example: None,
            headers: &[ETAG],
        },
        NOT_MODIFIED,
    ],
    ask: "/api/v1/openapi.json",
    ..Operation::GET
};

/// The paths that are described, as they are described.
pub(super) fn paths() -> impl Iterator<Item = &'static str> {
    OPERATIONS.iter().map(|operation| operation.path)
}

/// What can be done on a path, as `Allow` says it; none where the path is not described.
pub(super) fn methods(path: &str) -> Option<String> {
    let of_path = OPERATIONS.iter().filter(|operation| operation.path == path);
    let mut methods: Vec<_> = of_path.map(|operation| operation.method.to_ascii_uppercase()).collect();
    if let Some(get) = methods.iter().position(|method| method == "GET") {
        methods.insert(get + 1, "HEAD".to_owned());
    }
    (!methods.is_empty()).then(|| methods.join(", "))
}

/// The document, made once.
fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| document::document(OPERATIONS))
}

/// `/api/v1/openapi.json`.
pub(super) async fn json(
    State(_): State<ApiState>,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, Problem> {
    static BODY: OnceLock<Body> = OnceLock::new();
    query.check(&DOCUMENT)?;
    let written = || serde_json::to_vec(document()).expect("a JSON value can be written");
    Ok(BODY.get_or_init(|| Body::new(written())).respond(&headers, "no-cache"))
}
