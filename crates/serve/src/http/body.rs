//! The body of a request that changes something.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::Problem;

/// Bytes of a body: a pattern, a reason, and what JSON adds.
pub(super) const BYTES_MAX: usize = 16 * 1024;

/// Reads a body of JSON. It must say that it is: no form of another site can, so a browser asks before it sends it.
pub(super) fn read_json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<T, Problem> {
    read_json_up_to(BYTES_MAX, headers, body)
}

/// The same, for a body that may have so many bytes.
pub(super) fn read_json_up_to<T: DeserializeOwned>(
    bytes_max: usize,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<T, Problem> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be JSON");
        return Err(problem.with_allowed("content-type: application/json"));
    }
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body has more than {bytes_max} bytes"))
        }
        _ => Problem::bad_request("the body could not be read to its end"),
    })?;
    // serde would take a list, too, for the fields in their order.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::bad_request("the body is not a JSON object"));
    }
    serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("the body is not as it should be: {error}")))
}
