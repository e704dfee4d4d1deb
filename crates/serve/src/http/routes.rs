//! Which path is answered by what, and what each request passes first.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;

use super::{
    ApiState, access, admission, body, dashboard, feeds, health, mastodon, moderation, openapi, problem,
    rate, recent, search, status, stream, topics, trends, watchlists, xrpc,
};

/// All endpoints.
pub fn router(state: ApiState) -> Router {
    let api = Router::new()
        .route("/api/v1/trends", get(trends::list))
        .route("/api/v1/trends/{keyword}", get(trends::one))
        .route("/api/v1/search", get(search::search))
        .route("/api/v1/stream", get(stream::follow))
        .route("/api/v1/ws", get(stream::socket::converse))
        .route("/api/v1/alerts", get(recent::alerts))
        .route("/api/v1/activity", get(recent::activity))
        .route("/api/v1/status", get(status::read))
        .route("/api/v1/openapi.json", get(openapi::json))
        .route("/api/v1/topics/{topic}", get(topics::read))
        .route("/.well-known/did.json", get(xrpc::did_document))
        .merge(mastodon::routes())
        .merge(feeds::routes())
        .merge(moderation::routes())
        .merge(watchlists::routes())
        .route_layer(from_fn_with_state(state.clone(), admission::limit))
        .route_layer(from_fn_with_state(state.clone(), access::may_read))
        .route_layer(from_fn_with_state(state.clone(), rate::limit))
        .merge(xrpc::routes(&state))
        .method_not_allowed_fallback(problem::method_not_allowed);
    // Around all that may refuse, so that pages of others can read why.
    let api = match state.cors.layer() {
        Some(cors) => api.layer(cors),
        None => api,
    };
    // Open to all: who must sign in to read does it here.
    let session = Router::new()
        .route("/api/v1/session", get(access::who).post(access::login).delete(access::logout))
        .layer(DefaultBodyLimit::max(body::BYTES_MAX))
        .route_layer(from_fn_with_state(state.clone(), admission::limit))
        .route_layer(from_fn_with_state(state.clone(), rate::limit));
    let metrics = Router::new()
        .route("/metrics", get(super::metrics))
        .route_layer(from_fn_with_state(state.clone(), access::may_read));
    let dashboard = Router::new()
        .route("/", get(dashboard::page))
        .route("/trend/{keyword}", get(dashboard::page))
        .route("/pipeline", get(dashboard::page))
        .route("/moderation", get(dashboard::page))
        .route("/watchlists", get(dashboard::page))
        .route("/api", get(openapi::page))
        .route("/assets/{*path}", get(dashboard::asset))
        .route_layer(from_fn_with_state(state.clone(), rate::limit))
        .route_layer(from_fn(dashboard::secure));
    Router::new()
        .merge(api)
        .merge(dashboard)
        .merge(session)
        .merge(metrics)
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(from_fn_with_state(state.clone(), access::identify))
        .layer(from_fn(admission::measure))
        .with_state(state)
}
