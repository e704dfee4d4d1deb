//! Lists of trends, each made and compressed once for every window, however many people ask for it.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use xxhash_rust::xxh3::xxh3_128;

use super::conditional;
use super::trends::{ListQuery, render};
use crate::view::Snapshot;

/// Different questions about one window whose answers are kept; past that all are forgotten.
const KEPT_MAX: usize = 128;

/// A body of JSON and what a client compares and compresses it by. Cheap to clone as an `Arc`.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) json: Bytes,
    /// Made when the first client asks for it.
    gzip: OnceLock<Bytes>,
    etag: HeaderValue,
}

/// The answers about one snapshot of the view.
#[derive(Debug, Default)]
pub(super) struct Answers {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Held, so that no other snapshot gets its address.
    snapshot: Arc<Snapshot>,
    lists: HashMap<ListQuery, Arc<Answer>>,
}

impl Answer {
    pub(super) fn new(json: Vec<u8>) -> Self {
        // Weak, since the compressed form has the same one.
        let etag = format!("W/\"{:032x}\"", xxh3_128(&json));
        let etag = HeaderValue::try_from(etag).expect("hexadecimal digits are a header value");
        Self { json: json.into(), gzip: OnceLock::new(), etag }
    }

    /// The answer to a client with these headers: not modified, compressed, or as it is.
    pub(super) fn respond(&self, headers: &HeaderMap, caching: &'static str) -> Response {
        let caching = [
            (ETAG, self.etag.clone()),
            (CACHE_CONTROL, HeaderValue::from_static(caching)),
            (VARY, HeaderValue::from_static("accept-encoding")),
        ];
        if conditional::is_known(headers, self.etag.to_str().unwrap_or_default(), None) {
            return (StatusCode::NOT_MODIFIED, caching).into_response();
        }
        let json = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        if accepts_gzip(headers) {
            let encoding = [(CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
            let gzip = self.gzip.get_or_init(|| compressed(&self.json));
            return (caching, json, encoding, gzip.clone()).into_response();
        }
        (caching, json, self.json.clone()).into_response()
    }
}

impl Answers {
    /// The list that is asked for, of this snapshot.
    pub(super) fn list(&self, snapshot: &Arc<Snapshot>, asked: &ListQuery) -> Arc<Answer> {
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if !Arc::ptr_eq(&kept.snapshot, snapshot) {
                *kept = Kept { snapshot: Arc::clone(snapshot), lists: HashMap::new() };
            }
            if let Some(answer) = kept.lists.get(asked) {
                return Arc::clone(answer);
            }
        }
        // Made without the lock, so that others are not held up; two may make the same.
        let current = snapshot.current(asked.window).map(Arc::as_ref);
        let answer = Arc::new(Answer::new(render(current, asked, None)));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&kept.snapshot, snapshot) {
            if kept.lists.len() >= KEPT_MAX {
                kept.lists.clear();
            }
            kept.lists.insert(asked.clone(), Arc::clone(&answer));
        }
        answer
    }
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_refused = weight.trim().trim_start_matches("q=").parse() == Ok(0.0);
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

fn compressed(json: &[u8]) -> Bytes {
    let mut gzip = GzEncoder::new(Vec::with_capacity(json.len() / 4), Compression::default());
    let finished = gzip.write_all(json).and_then(|()| gzip.finish());
    finished.expect("writing to memory never fails").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: axum::http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::try_from(value).expect("a header value"))])
    }

    #[test]
    fn an_encoding_may_be_refused_by_its_weight() {
        for (value, accepts) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("br", false),
        ] {
            assert_eq!(accepts_gzip(&headers(ACCEPT_ENCODING, value)), accepts, "{value}");
        }
    }
}
