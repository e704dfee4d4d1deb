//! Who asks, and whether they may write.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method};
use skytrend_event::moderation::ANONYMOUS;

use super::{Access, Right, session};
use crate::http::{ApiState, Problem};

/// What a browser says of where a request comes from; a page can't set it.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) enum Caller {
    /// Without a token.
    Nobody,
    /// With one that isn't known, or isn't any more.
    Unknown,
    /// With a token.
    Token {
        name: Arc<str>,
        right: Right,
        /// Whether a browser sent it by itself, which it also does for requests that other sites make it send.
        by_cookie: bool,
    },
}

impl Caller {
    pub(super) fn of(access: &Access, headers: &HeaderMap) -> Self {
        if let Some(secret) = bearer(headers) {
            let token = access.token(secret);
            return token.map_or(Self::Unknown, |token| Self::Token {
                name: Arc::clone(&token.name),
                right: token.right,
                by_cookie: false,
            });
        }
        // A session that has ended is none: a browser shows what everybody sees, and offers to sign in.
        session::of(headers)
            .and_then(|id| access.sessions.token(id))
            .map_or(Self::Nobody, |(name, right)| Self::Token { name, right, by_cookie: true })
    }

    /// As the audit log names them.
    pub(in crate::http) fn name(&self) -> &str {
        match self {
            Self::Token { name, .. } => name,
            Self::Nobody | Self::Unknown => ANONYMOUS,
        }
    }

    /// Whether they may write.
    pub(in crate::http) fn may_write(&self) -> bool {
        matches!(self, Self::Token { right: Right::Write, .. })
    }
}

/// The secret of `Authorization: Bearer …` (RFC 6750). Other schemes are for others, such as a proxy in front.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, secret) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

/// Whether a request that changes something was made by our own pages or by no browser at all. Other sites can make a
/// browser send requests, with its cookies and from where it is, such as behind a firewall.
pub(in crate::http) fn is_same_origin(headers: &HeaderMap) -> bool {
    match headers.get(SEC_FETCH_SITE) {
        Some(site) => site == "same-origin",
        // No browser, or one that speaks plain HTTP over a network, where browsers leave it out.
        None => is_of_own_page(headers),
    }
}

/// Whether `Origin` names this server, or nothing does, as with all that is no browser.
pub(in crate::http) fn is_of_own_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, rest)| rest);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    authority.zip(host).is_some_and(|(authority, host)| authority.eq_ignore_ascii_case(host))
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let caller = parts.extensions.get::<Arc<Self>>();
        Ok(caller.map_or(Self::Nobody, |caller| Self::clone(caller)))
    }
}

/// Somebody who may write. Others get 401 without a token and 403 with one that may only read.
#[derive(Clone, Debug)]
pub(in crate::http) struct Writer {
    pub(in crate::http) name: Arc<str>,
}

impl FromRequestParts<ApiState> for Writer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        if !state.access.has_writer() {
            let how = "nobody may write here: no token with rights = \"write\" is set; `skytrend token new NAME` makes one";
            return Err(Problem::forbidden(how));
        }
        let caller = parts.extensions.get::<Arc<Caller>>().map(AsRef::as_ref);
        let (name, right, by_cookie) = match caller {
            Some(Caller::Token { name, right, by_cookie }) => (name, right, by_cookie),
            Some(Caller::Unknown) => return Err(Problem::unknown_token()),
            Some(Caller::Nobody) | None => return Err(Problem::unauthorized()),
        };
        if *right != Right::Write {
            return Err(Problem::forbidden(format!("the token {name:?} may read only")));
        }
        let is_safe = parts.method == Method::GET || parts.method == Method::HEAD;
        if *by_cookie && !is_safe && !is_same_origin(&parts.headers) {
            return Err(Problem::forbidden("this request comes from another site"));
        }
        Ok(Self { name: Arc::clone(name) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_other_sites_are_told_from_our_own() {
        let of = |pairs: &[(&'static str, &str)]| {
            let headers = pairs
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a header value")));
            is_same_origin(&headers.collect())
        };
        assert!(of(&[]), "no browser");
        assert!(of(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "https://proxy.example"),
            ("host", "inside:1")
        ]));
        assert!(of(&[("origin", "http://10.0.0.5:7077"), ("host", "10.0.0.5:7077")]));
        for (site, origin) in [("cross-site", "http://a:1"), ("same-site", "http://a:1"), ("none", "null")] {
            assert!(!of(&[("sec-fetch-site", site), ("origin", origin), ("host", "a:1")]), "{site}");
        }
        assert!(of(&[("origin", "https://Example.org"), ("host", "example.org")]), "hosts have no case");
        for origin in ["http://evil.example", "http://a:1.evil.example", "null", "http://a:2", "a:1", ""] {
            assert!(!of(&[("origin", origin), ("host", "a:1")]), "{origin}");
        }
        assert!(!of(&[("origin", "http://a:1")]), "no host");
    }
}
