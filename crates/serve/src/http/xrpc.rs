//! Bluesky's own shapes, by XRPC (<https://atproto.com/specs/xrpc>): `app.bsky.unspecced.getTrends`, and the three
//! answers of a feed generator.
//!
//! Errors are XRPC's `{error, message}` on every path below `/xrpc`, also where a limit of the server acts. Parameters
//! that a lexicon doesn't have are passed over, as servers of the protocol do.

mod error;
mod feed_generator;
mod get_trends;

use axum::Router;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::get;

use super::{ApiState, access, admission, problem, rate};
pub(super) use error::XrpcError;
pub(super) use feed_generator::{DESCRIBE_FEED_GENERATOR, DID_DOCUMENT, GET_FEED_SKELETON, did_document};
pub use feed_generator::{FeedGenerator, InvalidFeedGenerator, Settings as FeedGeneratorSettings};
pub(super) use get_trends::GET_TRENDS;

pub(super) fn routes(state: &ApiState) -> Router<ApiState> {
    Router::new()
        .route("/xrpc/app.bsky.unspecced.getTrends", get(get_trends::answer))
        .route("/xrpc/app.bsky.feed.getFeedSkeleton", get(feed_generator::skeleton))
        .route("/xrpc/app.bsky.feed.describeFeedGenerator", get(feed_generator::describe))
        .route("/xrpc/{method}", get(no_such_method))
        .method_not_allowed_fallback(problem::method_not_allowed)
        .route_layer(from_fn_with_state(state.clone(), admission::limit))
        .route_layer(from_fn_with_state(state.clone(), access::may_read))
        .route_layer(from_fn_with_state(state.clone(), rate::limit))
        .route_layer(map_response(error::instead_of_problem))
}

async fn no_such_method() -> XrpcError {
    XrpcError::not_implemented()
}
