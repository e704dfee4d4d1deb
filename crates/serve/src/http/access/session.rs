//! Sessions of browsers: a page exchanges a token for a cookie that its scripts can't read, so that a stream of events
//! can be read with it, and no script can give it away. They live in memory: a restart ends them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{CACHE_CONTROL, COOKIE, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::token::{self, Hash};
use super::{Caller, Reading, Right, is_same_origin};
use crate::http::body::read_json;
use crate::http::openapi::{Answer, Needs, Operation, RequestBody, example};
use crate::http::{ApiState, Problem, Query};

const COOKIE_NAME: &str = "skytrend_session";

/// A day's work; then one signs in again.
const LIFETIME: Duration = Duration::from_secs(12 * 3600);

/// Sessions at once of one token; its oldest ends, so that nobody can sign out who has another.
const SESSIONS_OF_TOKEN_MAX: usize = 50;

#[derive(Debug)]
struct Session {
    /// Of the cookie's value.
    hash: Hash,
    name: Arc<str>,
    right: Right,
    ends: Instant,
}

#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<VecDeque<Session>>);

impl Sessions {
    /// Whose session it is.
    pub(super) fn token(&self, id: &str) -> Option<(Arc<str>, Right)> {
        let hash = token::hash(id);
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = sessions.iter().find(|session| session.hash == hash && session.ends > Instant::now());
        found.map(|session| (Arc::clone(&session.name), session.right))
    }

    fn start(&self, name: &Arc<str>, right: Right) -> std::io::Result<String> {
        let id = token::random_text()?;
        let session = Session {
            hash: token::hash(&id),
            name: Arc::clone(name),
            right,
            ends: Instant::now() + LIFETIME,
        };
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|session| session.ends > Instant::now());
        let mut own = sessions.iter().enumerate().filter(|(_, session)| session.name == *name);
        if let Some((oldest, _)) = own.next()
            && own.count() + 1 >= SESSIONS_OF_TOKEN_MAX
        {
            sessions.remove(oldest);
        }
        sessions.push_back(session);
        Ok(id)
    }

    fn end(&self, id: &str) {
        let hash = token::hash(id);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|session| session.hash != hash);
    }
}

/// The id in the cookie.
pub(super) fn of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE_NAME).map(|(_, id)| id)
}

/// Says who is signed in.
pub(in crate::http) const WHO: Operation = Operation {
    path: "/api/v1/session",
    id: "getSession",
    tag: "moderation",
    summary: "Who is signed in, and what one could do here",
    description: "",
    answers: &[Answer::json::<Who>(
        "By the token or the cookie of this request.",
        example!("getSession.json"),
    )],
    ask: "/api/v1/session",
    needs: Needs::Nothing,
    ..Operation::GET
};

/// Signs a browser in.
pub(in crate::http) const LOGIN: Operation = Operation {
    id: "signIn",
    summary: "A token for a session's cookie",
    description: "For browsers, whose event streams can't send a token. The cookie is `HttpOnly`, lasts twelve hours or \
                  until a restart, and is sent by our own pages alone.",
    answers: &[Answer::json::<Who>("Who is signed in now.", example!("signIn.json"))
        .with_headers(&[("Set-Cookie", "The session.")])],
    errors: &[(401, "The token isn't known."), ANOTHER_SITE],
    body: Some(RequestBody::json::<Login>(r#"{"token": "writer-writer-writer-writer-writer"}"#)),
    method: "post",
    ..WHO
};

/// Signs a browser out.
pub(in crate::http) const LOGOUT: Operation = Operation {
    id: "signOut",
    summary: "Ends the session",
    answers: &[Answer::json::<SignedOut>("There is none any more.", example!("signOut.json"))
        .with_headers(&[("Set-Cookie", "Takes the cookie away.")])],
    errors: &[ANOTHER_SITE],
    method: "delete",
    ..WHO
};

const ANOTHER_SITE: (u16, &str) = (403, "The request comes from another site.");

/// A token to sign in with.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SignIn")]
struct Login {
    token: String,
}

/// Who is signed in, and what one could do here.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
struct Who<'a> {
    /// The token's name; null where nobody is.
    name: Option<&'a str>,
    /// Null where nobody is signed in.
    #[schemars(with = "Option<Rights>")]
    rights: Option<Right>,
    /// Whether one must sign in to read.
    reading_needs_token: bool,
    /// Whether there is a token that may write.
    writing_is_possible: bool,
}

/// [`Right`] as the document has it.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
enum Rights {
    Read,
    Write,
}

#[derive(Serialize, JsonSchema)]
struct SignedOut {}

fn answer(state: &ApiState, name: Option<&str>, rights: Option<Right>) -> Response {
    let reading_needs_token = state.access.reading == Reading::Token;
    let writing_is_possible = state.access.has_writer();
    ([(CACHE_CONTROL, "no-store")], Json(Who { name, rights, reading_needs_token, writing_is_possible }))
        .into_response()
}

/// `GET /api/v1/session`.
pub(in crate::http) async fn who(
    State(state): State<ApiState>,
    caller: Caller,
    query: Query,
) -> Result<Response, Problem> {
    query.check(&WHO)?;
    Ok(match &caller {
        Caller::Token { name, right, .. } => answer(&state, Some(name), Some(*right)),
        Caller::Nobody | Caller::Unknown => answer(&state, None, None),
    })
}

/// `POST /api/v1/session`: a token for a cookie.
pub(in crate::http) async fn login(
    State(state): State<ApiState>,
    query: Query,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    query.check(&LOGIN)?;
    if !is_same_origin(&headers) {
        return Err(Problem::forbidden("this request comes from another site"));
    }
    let Login { token } = read_json(&headers, body)?;
    let found = state.access.token(token.trim()).ok_or_else(Problem::unknown_token)?;
    let no_randomness =
        |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the system has no randomness to give");
    let id = state.access.sessions.start(&found.name, found.right).map_err(no_randomness)?;
    let mut response = answer(&state, Some(&found.name), Some(found.right));
    response.headers_mut().insert(SET_COOKIE, cookie(&id, LIFETIME.as_secs(), &headers));
    Ok(response)
}

/// `DELETE /api/v1/session`.
pub(in crate::http) async fn logout(
    State(state): State<ApiState>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    query.check(&LOGOUT)?;
    if !is_same_origin(&headers) {
        return Err(Problem::forbidden("this request comes from another site"));
    }
    if let Some(id) = of(&headers) {
        state.access.sessions.end(id);
    }
    let mut response = ([(CACHE_CONTROL, "no-store")], Json(SignedOut {})).into_response();
    response.headers_mut().insert(SET_COOKIE, cookie("", 0, &headers));
    Ok(response)
}

/// No script reads it, no other site makes the browser send it, and over HTTPS it goes nowhere else.
fn cookie(id: &str, seconds: u64, request: &HeaderMap) -> axum::http::HeaderValue {
    let origin = request.get(ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default();
    let secure = if origin.starts_with("https://") { "; Secure" } else { "" };
    let text = format!("{COOKIE_NAME}={id}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    text.parse().expect("hexadecimal digits and fixed words are a header value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_signs_in_often_ends_sessions_of_their_own_token_alone() {
        let sessions = Sessions::default();
        let start = |name: &str| sessions.start(&Arc::from(name), Right::Read).expect("randomness");
        let other = start("other");
        let own: Vec<_> = (0..=SESSIONS_OF_TOKEN_MAX).map(|_| start("own")).collect();
        assert!(sessions.token(&other).is_some());
        assert!(sessions.token(&own[0]).is_none());
        assert!(own[1..].iter().all(|id| sessions.token(id).is_some()));
        sessions.end(&own[1]);
        assert!(sessions.token(&own[1]).is_none());
    }
}
