//! What every request passes: the measure of its time, and for the API the limits on how many and how long.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::ApiState;
use super::problem::Problem;
use crate::metrics;

/// Records route, method, status and duration. Keeps browsers from guessing another type than the one declared:
/// answers hold texts of strangers.
pub(super) async fn measure(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = method_label(request.method());
    let path = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let route = path.as_ref().map_or("unmatched", MatchedPath::as_str);
    metrics::record_http_request(route, method, response.status().as_u16(), started.elapsed());
    response
}

/// Answers 503 at once when too many requests are being worked on, and when one takes too long.
pub(super) async fn limit(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let Ok(_permit) = state.requests.try_acquire() else {
        return Problem::unavailable("too many requests at once").into_response();
    };
    match tokio::time::timeout(state.request_timeout(), next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => Problem::unavailable("this request took too long").into_response(),
    }
}

/// Methods as labels: anybody can send any word as a method, so the unusual ones share a label.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
