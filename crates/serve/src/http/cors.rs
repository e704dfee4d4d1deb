//! Pages of other origins that may use the API in a browser
//! (CORS, <https://fetch.spec.whatwg.org/#http-cors-protocol>).
//!
//! None by default. Cookies are never for them: who is signed in here is so on our own pages alone, and a page of
//! another origin sends a token of its own. The dashboard's pages and sessions are not for others at all.

use std::str::FromStr;
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LINK, ORIGIN, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use serde::Deserialize;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::rate::{RATE_LIMIT, RATE_LIMIT_POLICY};
use super::stream::LAST_EVENT_ID;
use super::topics::{END_OFFSET, NEXT_OFFSET};

/// How long a browser need not ask again whether it may: a change of the settings is in force within that time.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Section `serve.cors`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Origins whose pages may use the API, with tokens of their own where it needs one; `"*"`: all.
    pub origins: Vec<Origin>,
}

/// `https://example.com`, with a port where it isn't the scheme's own; or `*`, every origin.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin(HeaderValue);

/// What is no origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no origin, such as https://example.com or http://localhost:3000 (without a path), and not \"*\""
)]
pub struct InvalidOrigin(String);

impl Settings {
    /// Whether the page that makes a browser send this request is of one of the origins.
    pub(super) fn allow(&self, headers: &HeaderMap) -> bool {
        headers
            .get(ORIGIN)
            .is_some_and(|origin| self.is_any() || self.origins.iter().any(|each| each.0 == origin))
    }

    fn is_any(&self) -> bool {
        self.origins.iter().any(|origin| origin.0 == "*")
    }

    /// What answers browsers; none where no origin is allowed, so that nothing tells of CORS at all.
    pub(super) fn layer(&self) -> Option<CorsLayer> {
        if self.origins.is_empty() {
            return None;
        }
        let layer = CorsLayer::new()
            .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers([
                AUTHORIZATION,
                CONTENT_TYPE,
                IF_NONE_MATCH,
                HeaderName::from_static(LAST_EVENT_ID),
            ])
            .expose_headers([ETAG, LINK, RETRY_AFTER, RATE_LIMIT, RATE_LIMIT_POLICY, NEXT_OFFSET, END_OFFSET])
            .max_age(MAX_AGE);
        let nothing: [HeaderName; 0] = [];
        Some(if self.is_any() {
            // The same for all: caches need not tell them apart.
            layer.allow_origin(AllowOrigin::any()).vary(nothing)
        } else {
            let origins = self.origins.iter().map(|origin| origin.0.clone());
            layer.allow_origin(AllowOrigin::list(origins)).vary([ORIGIN])
        })
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let invalid = || InvalidOrigin(text.to_owned());
        // Browsers write it in lower case, and it is compared as it is written.
        let origin = text.to_ascii_lowercase();
        if origin != "*" {
            let (_, authority) = origin.split_once("://").ok_or_else(invalid)?;
            let uri: Uri = origin.parse().map_err(|_| invalid())?;
            // A pattern such as https://*.example.com would allow nobody, and that must not go unseen.
            let is_host = !authority.contains(['@', '*']);
            let is_whole = uri.authority().is_some_and(|found| found == authority) && is_host;
            if !is_whole {
                return Err(invalid());
            }
        }
        Ok(Self(origin.parse().map_err(|_| invalid())?))
    }
}

impl TryFrom<String> for Origin {
    type Error = InvalidOrigin;

    fn try_from(text: String) -> Result<Self, InvalidOrigin> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_browser_sends_is_refused() {
        for text in
            ["https://example.com", "http://localhost:3000", "HTTPS://Example.com", "https://[::1]:8443", "*"]
        {
            assert!(text.parse::<Origin>().is_ok(), "{text}");
        }
        for text in [
            "",
            "null",
            "a.example",
            "https://",
            "https://a/",
            "https://a/x",
            "https://*.a.example",
            "https://u@a",
        ] {
            let refused = text.parse::<Origin>().expect_err(text);
            assert!(refused.to_string().contains("https://example.com"), "{refused}");
        }
    }
}
