//! From HTTP to WebSocket (RFC 6455, 4.2): whether a request may change over, and who goes on with the connection.
//!
//! hyper answers the request and hands the connection on; the task that served it goes on with what [`Afterwards`]
//! holds, so that a WebSocket has no task of its own and ends with the server.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::http::Problem;
use crate::http::access::is_of_own_page;

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
    // Browsers let any page open a WebSocket to any host, and only say from where: the server has to look. By the origin
    // alone, since not all of them say `Sec-Fetch-Site` here.
    if !others_may && !is_of_own_page(headers) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "pages of another origin may not open this WebSocket",
        ));
    }
    let changing = [(CONNECTION, "upgrade"), (UPGRADE, "websocket")];
    let accepted = [(SEC_WEBSOCKET_ACCEPT, derive_accept_key(key))];
    Ok((StatusCode::SWITCHING_PROTOCOLS, changing, accepted).into_response())
}
