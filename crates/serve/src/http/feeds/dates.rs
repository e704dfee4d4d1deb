//! The dates of a feed, and its answer: 200, or 304 to who has it. `Last-Modified` is the end of the newest window, to
//! the second.

use std::time::{Duration, SystemTime};

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LAST_MODIFIED};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use skytrend_event::Micros;

use super::super::conditional;

/// The last second that HTTP, RSS and Atom can write: 9999-12-31T23:59:59Z.
const LAST_SECOND: i64 = 253_402_300_799 * skytrend_event::time::SECOND;

/// An instant that every date format can write.
pub(super) fn writable(instant: Micros) -> Micros {
    Micros(instant.0.clamp(0, LAST_SECOND))
}

/// `Sat, 01 Mar 2025 12:10:00 GMT`, the date of HTTP and, as one of those it allows, of RSS.
pub(super) fn http_date(instant: Micros) -> String {
    let micros = u64::try_from(writable(instant).0).unwrap_or_default();
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_micros(micros))
}

/// 200 with the body, or 304.
pub(super) fn answer(request: &HeaderMap, body: Vec<u8>, media_type: &str, changed: Micros) -> Response {
    let (etag, last_modified) = (conditional::tag(&body), http_date(changed));
    let is_known = conditional::is_known(request, &etag, Some(&last_modified));
    let validators = [(ETAG, etag), (LAST_MODIFIED, last_modified), (CACHE_CONTROL, "no-cache".to_owned())];
    if is_known {
        (StatusCode::NOT_MODIFIED, validators).into_response()
    } else {
        let content_type = format!("{media_type}; charset=utf-8");
        (validators, [(CONTENT_TYPE, content_type)], body).into_response()
    }
}
