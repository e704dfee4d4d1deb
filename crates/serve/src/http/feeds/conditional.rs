//! Conditional GET (RFC 9110, 13): a reader that has the newest answer gets 304 and no body.
//!
//! `ETag` is a hash of the body and decides where the request names one; `Last-Modified` is the end of the newest
//! window, to the second, for readers that know only that.

use std::time::{Duration, SystemTime};

use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use skytrend_event::Micros;
use xxhash_rust::xxh3::xxh3_64;

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
    let (etag, last_modified) = (format!("\"{:016x}\"", xxh3_64(&body)), http_date(changed));
    let is_known = is_known(request, &etag, &last_modified);
    let validators = [(ETAG, etag), (LAST_MODIFIED, last_modified), (CACHE_CONTROL, "no-cache".to_owned())];
    if is_known {
        (StatusCode::NOT_MODIFIED, validators).into_response()
    } else {
        let content_type = format!("{media_type}; charset=utf-8");
        (validators, [(CONTENT_TYPE, content_type)], body).into_response()
    }
}

/// Whether the one who asks has this answer already. `If-Modified-Since` counts only where no `If-None-Match` is.
fn is_known(request: &HeaderMap, etag: &str, last_modified: &str) -> bool {
    if request.contains_key(IF_NONE_MATCH) {
        let tags = values(request, &IF_NONE_MATCH).flat_map(|value| value.split(','));
        // Weak comparison: a proxy that compresses makes tags weak.
        return tags.map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag);
    }
    let date = |text: &str| httpdate::parse_http_date(text).ok();
    let since = values(request, &IF_MODIFIED_SINCE).next().and_then(date);
    since.is_some_and(|since| date(last_modified).is_some_and(|changed| changed <= since))
}

fn values<'a>(request: &'a HeaderMap, name: &'a HeaderName) -> impl Iterator<Item = &'a str> {
    request.get_all(name).iter().filter_map(|value| value.to_str().ok())
}
