//! From HTTP to WebSocket (RFC 6455, 4.2): whether a request may change over, and who goes on with the connection.
//!
//! hyper answers the request and hands the connection on; the task that served it goes on with what [`Afterwards`]
//! holds, so that a WebSocket has no task of its own and ends with the server.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::header::{
    CONNECTION, HOST, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::http::Problem;

/// Sixteen bytes in Base64.
const KEY_LENGTH: usize = 24;

/// What happens on a connection when HTTP is done with it.
#[derive(Clone, Default)]
pub(in crate::http) struct Afterwards(Arc<Mutex<Option<Work>>>);

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Afterwards {
    /// Goes on with this.
    pub(super) fn put(&self, work: impl Future<Output = ()> + Send + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::pin(work));
    }

    /// What to go on with, if anything.
    pub(in crate::http) fn take(&self) -> Option<Work> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The answer that changes over, or why it can't be. `others_may`: whether a page of another origin may ask for it.
pub(super) fn accept(headers: &HeaderMap, others_may: bool) -> Result<Response, Problem> {
    let has = |name: &HeaderName, token: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
    };
    if !has(&CONNECTION, "upgrade") || !has(&UPGRADE, "websocket") || !has(&SEC_WEBSOCKET_VERSION, "13") {
        return Err(Problem::new(StatusCode::UPGRADE_REQUIRED, "this path speaks WebSocket, version 13"));
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes).filter(|key| key.len() == KEY_LENGTH);
    let key = key.ok_or_else(|| Problem::bad_request("the WebSocket's key is missing or not valid"))?;
    if !others_may && !is_same_origin(headers) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "pages of another origin may not open this WebSocket",
        ));
    }
    let changing = [(CONNECTION, "upgrade"), (UPGRADE, "websocket")];
    let accepted = [(SEC_WEBSOCKET_ACCEPT, derive_accept_key(key))];
    Ok((StatusCode::SWITCHING_PROTOCOLS, changing, accepted).into_response())
}

/// Browsers let any page open a WebSocket to any host, and only say from where: the server has to look. Programs say
/// nothing.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = origin.as_ref().and_then(Uri::authority);
    // Without a scheme an authority is the host's own form, such as in `Origin: null`.
    let has_scheme = origin.as_ref().is_some_and(|origin| origin.scheme().is_some());
    has_scheme
        && authority.zip(host).is_some_and(|(authority, host)| authority.as_str().eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_server_are_let_in() {
        for (origin, is_let_in) in [
            (None, true),
            (Some("http://127.0.0.1:7077"), true),
            (Some("https://127.0.0.1:7077"), true), // a proxy speaks TLS for it
            (Some("http://127.0.0.1:8080"), false),
            (Some("http://evil.example"), false),
            (Some("http://127.0.0.1:7077.evil.example"), false),
            (Some("null"), false),
            (Some("127.0.0.1:7077"), false),
            (Some(""), false),
        ] {
            let mut headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("127.0.0.1:7077"))]);
            headers.extend(origin.map(|origin| (ORIGIN, HeaderValue::from_static(origin))));
            assert_eq!(is_same_origin(&headers), is_let_in, "{origin:?}");
        }
    }
}
