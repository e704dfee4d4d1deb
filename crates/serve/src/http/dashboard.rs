//! The dashboard: a page and its parts, compiled in from `crates/serve/dashboard`, so that it works without a network
//! and without files beside the program. What it shows it asks of the API; nothing is made into HTML here.

use axum::extract::{Path, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::conditional;
use super::problem::no_such_path;

const CSS: &str = "text/css; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Everything comes from here, and scripts and styles only as files. Trusted Types forbid to make HTML of any text:
/// a script that tried would throw. Frames are forbidden in both directions.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

/// The page uses none of what a browser could grant but the clipboard, for the permanent link.
const PERMISSIONS: &str = "camera=(), clipboard-read=(), display-capture=(), geolocation=(), microphone=(), midi=(), \
                           payment=(), serial=(), usb=()";

const SECURITY_HEADERS: [(HeaderName, &str); 5] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    // A link to a post does not tell who looks at which trend.
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// A file of the dashboard, by its path below `/assets/`.
struct Asset {
    path: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! asset {
    ($path:literal, $content_type:ident) => {
        Asset {
            path: $path,
            content_type: $content_type,
            bytes: include_bytes!(concat!("../../dashboard/", $path)),
        }
    };
}

const INDEX: Asset = asset!("index.html", HTML);

const ASSETS: &[Asset] = &[
    asset!("api.css", CSS),
    asset!("base.css", CSS),
    asset!("moderation.css", CSS),
    asset!("pages.css", CSS),
    asset!("trends.css", CSS),
    asset!("icon.svg", SVG),
    asset!("address.js", JAVASCRIPT),
    asset!("announce.js", JAVASCRIPT),
    asset!("api.js", JAVASCRIPT),
    asset!("chart-words.js", JAVASCRIPT),
    asset!("chart.js", JAVASCRIPT),
    asset!("decisions.js", JAVASCRIPT),
    asset!("dom.js", JAVASCRIPT),
    asset!("filters.js", JAVASCRIPT),
    asset!("foreign.js", JAVASCRIPT),
    asset!("format.js", JAVASCRIPT),
    asset!("keyboard.js", JAVASCRIPT),
    asset!("live.js", JAVASCRIPT),
    asset!("main.js", JAVASCRIPT),
    asset!("marks.js", JAVASCRIPT),
    asset!("moderation-page.js", JAVASCRIPT),
    asset!("pipeline-page.js", JAVASCRIPT),
    asset!("pipeline-words.js", JAVASCRIPT),
    asset!("prometheus.js", JAVASCRIPT),
    asset!("reachable.js", JAVASCRIPT),
    asset!("reasons.js", JAVASCRIPT),
    asset!("samples.js", JAVASCRIPT),
    asset!("search.js", JAVASCRIPT),
    asset!("session.js", JAVASCRIPT),
    asset!("sparkline.js", JAVASCRIPT),
    asset!("theme.js", JAVASCRIPT),
    asset!("time-travel.js", JAVASCRIPT),
    asset!("trend-facts.js", JAVASCRIPT),
    asset!("trend-list.js", JAVASCRIPT),
    asset!("trend-page.js", JAVASCRIPT),
    asset!("trend-row.js", JAVASCRIPT),
    asset!("trends-page.js", JAVASCRIPT),
    asset!("waiting.js", JAVASCRIPT),
    asset!("watchlist-form.js", JAVASCRIPT),
    asset!("watchlist.js", JAVASCRIPT),
    asset!("watchlists-page.js", JAVASCRIPT),
    asset!("vendor/uPlot.LICENSE", PLAIN),
    asset!("vendor/uPlot.esm.js", JAVASCRIPT),
    asset!("vendor/uPlot.min.css", CSS),
];

/// The page; which of its views it shows, its script reads from the address.
pub(super) async fn page(request_headers: HeaderMap) -> Response {
    answer(&INDEX, &request_headers)
}

/// One of its files.
pub(super) async fn asset(Path(path): Path<String>, request_headers: HeaderMap, uri: Uri) -> Response {
    match ASSETS.iter().find(|asset| asset.path == path) {
        Some(asset) => answer(asset, &request_headers),
        None => no_such_path(uri).await.into_response(),
    }
}

/// What a browser must hold of the page and its files.
pub(super) async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in SECURITY_HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The file, or 304 where the browser has it. Names stay when contents change with the program, so a browser asks each
/// time, and is told by the tag in a few bytes that nothing changed.
fn answer(asset: &Asset, request_headers: &HeaderMap) -> Response {
    let tag = conditional::tag(asset.bytes);
    let headers = [(CACHE_CONTROL, "no-cache"), (ETAG, tag.as_str())];
    if conditional::is_known(request_headers, &tag, None) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(CONTENT_TYPE, asset.content_type)], asset.bytes).into_response()
}

#[cfg(test)]
mod tests;
