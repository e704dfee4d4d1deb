//! Errors in the shape of XRPC.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::problem::Problem;
use super::super::rate::{RATE_LIMIT, RATE_LIMIT_POLICY};

/// Why a call can't be met: `{"error": name, "message": sentence}` with a status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(in super::super) struct XrpcError {
    #[serde(skip)]
    status: StatusCode,
    error: &'static str,
    message: Box<str>,
}

impl XrpcError {
    /// 400: a parameter is missing or not valid.
    pub(super) fn invalid_request(message: impl Into<Box<str>>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: "InvalidRequest", message: message.into() }
    }

    /// 400: the feed is none of this generator's. The lexicon of `getFeedSkeleton` has the name.
    pub(super) fn unknown_feed() -> Self {
        let message = "this feed is not served here, or its trend has ended";
        Self { status: StatusCode::BAD_REQUEST, error: "UnknownFeed", message: message.into() }
    }

    /// 501: no such method, or one that is switched off.
    pub(super) fn not_implemented() -> Self {
        let message = "there is no such method here";
        Self { status: StatusCode::NOT_IMPLEMENTED, error: "MethodNotImplemented", message: message.into() }
    }
}

/// The names are those of the protocol's own client for a status.
impl From<&Problem> for XrpcError {
    fn from(problem: &Problem) -> Self {
        let status = problem.status();
        let error = match status {
            StatusCode::UNAUTHORIZED => "AuthenticationRequired",
            StatusCode::FORBIDDEN => "Forbidden",
            StatusCode::TOO_MANY_REQUESTS => "RateLimitExceeded",
            StatusCode::SERVICE_UNAVAILABLE => "NotEnoughResources",
            status if status.is_server_error() => "InternalServerError",
            _ => "InvalidRequest",
        };
        Self { status, error, message: problem.sentence().into() }
    }
}

impl From<Problem> for XrpcError {
    fn from(problem: Problem) -> Self {
        Self::from(&problem)
    }
}

impl IntoResponse for XrpcError {
    fn into_response(self) -> Response {
        (self.status, [(CACHE_CONTROL, "no-store")], Json(self)).into_response()
    }
}

/// Says in XRPC's shape what the server's own limits say as a problem.
pub(super) async fn instead_of_problem(mut response: Response) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let mut answer = XrpcError::from(&problem).into_response();
    for name in [RETRY_AFTER, ALLOW, WWW_AUTHENTICATE, RATE_LIMIT, RATE_LIMIT_POLICY] {
        if let Some(value) = response.headers_mut().remove(&name) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}
