//! Answers to requests that can't be met, as `application/problem+json` (RFC 9457).

use std::num::NonZeroU32;

use axum::extract::MatchedPath;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, UPGRADE, WWW_AUTHENTICATE};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::openapi;

/// Characters of the request that a problem repeats: enough to recognise it by.
const ECHO_CHARS_MAX: usize = 80;

/// Why a request can't be met. Members `type` (`about:blank`: the status says it all), `title` and `status` are the
/// RFC's; the others are left out where they don't apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Problem {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: Box<str>,
    /// The query parameter that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<Box<str>>,
    /// The field of the body that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Box<str>>,
    /// What it may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<Box<str>>,
    /// What was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<Box<str>>,
    /// Seconds after which to ask again.
    #[serde(skip)]
    retry_after_secs: Option<NonZeroU32>,
}

impl Problem {
    /// A problem that the status and one sentence describe.
    pub(super) fn new(status: StatusCode, detail: impl Into<Box<str>>) -> Self {
        Self {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            ..Self::default()
        }
    }

    /// 400: a query parameter has a value that it may not have.
    pub(super) fn parameter(name: &str, value: &str, allowed: impl Into<Box<str>>) -> Self {
        let detail = format!("{name} can't be {:?}", echo(value));
        Self { parameter: Some(name.into()), allowed: Some(allowed.into()), ..Self::bad_request(detail) }
    }

    /// 400: the query has a parameter that doesn't exist here, or has it twice.
    pub(super) fn unexpected_parameter(name: &str, why: &str, allowed: &[&str]) -> Self {
        let name = echo(name);
        let allowed_names = if allowed.is_empty() { "no parameters".to_owned() } else { allowed.join(", ") };
        Self {
            parameter: Some(name.as_str().into()),
            allowed: Some(allowed_names.into()),
            ..Self::bad_request(format!("{why} parameter {name:?}"))
        }
    }

    /// 400 for any other reason.
    pub(super) fn bad_request(detail: impl Into<Box<str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 401: who asks has no token that is known here.
    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "a token is needed, as `Authorization: Bearer …`")
    }

    /// 401: the token that was sent isn't known, or isn't any more.
    pub(super) fn unknown_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "this token is not known here")
    }

    /// 403: who asks may not do this.
    pub(super) fn forbidden(detail: impl Into<Box<str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// 404.
    pub(super) fn not_found(detail: impl Into<Box<str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 429: this client asks for more than it may, and may ask again after so long.
    pub(super) fn too_many(detail: impl Into<Box<str>>, retry_after_secs: u64) -> Self {
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, detail);
        // Small, as is all of this type: it is the error of every handler.
        let seconds = NonZeroU32::new(u32::try_from(retry_after_secs).unwrap_or(u32::MAX));
        Self { retry_after_secs: seconds.or(Some(NonZeroU32::MIN)), ..problem }
    }

    /// 503: the same request may be met in a moment.
    pub(super) fn unavailable(detail: impl Into<Box<str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// Its status.
    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What is wrong and what is possible, for answers that have one sentence.
    pub(super) fn sentence(&self) -> String {
        match &self.allowed {
            Some(allowed) => format!("{}; possible: {allowed}", self.detail),
            None => self.detail.to_string(),
        }
    }

    /// The same problem, with what was probably meant.
    pub(super) fn with_suggestion(self, suggestion: Option<impl Into<Box<str>>>) -> Self {
        Self { suggestion: suggestion.map(Into::into), ..self }
    }

    /// The same problem, with the field of the body that it is about.
    pub(super) fn with_field(self, field: impl Into<Box<str>>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// The same problem, with what the request may ask for.
    pub(super) fn with_allowed(self, allowed: impl Into<Box<str>>) -> Self {
        Self { allowed: Some(allowed.into()), ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let headers = [(CONTENT_TYPE, "application/problem+json"), (CACHE_CONTROL, "no-store")];
        let mut response = (status, headers, body).into_response();
        let is_unavailable = status == StatusCode::SERVICE_UNAVAILABLE;
        if let Some(seconds) = self.retry_after_secs.or(is_unavailable.then_some(NonZeroU32::MIN)) {
            response.headers_mut().insert(RETRY_AFTER, seconds.get().into());
        }
        if status == StatusCode::UNAUTHORIZED {
            let challenge = axum::http::HeaderValue::from_static("Bearer realm=\"skytrend\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if status == StatusCode::UPGRADE_REQUIRED {
            // Which status needs it (RFC 9110, 15.5.22).
            let websocket = axum::http::HeaderValue::from_static("websocket");
            response.headers_mut().insert(UPGRADE, websocket);
        }
        // For layers that say the same in another shape.
        response.extensions_mut().insert(self);
        response
    }
}

/// The beginning of a text of the request.
pub(super) fn echo(text: &str) -> String {
    match text.char_indices().nth(ECHO_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The name that is closest to `wrong`, if any is close.
pub(super) fn closest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = echo(wrong);
    let similar = |name: &'a str| (strsim::jaro_winkler(&wrong, name), name);
    let best = names.into_iter().map(similar).max_by(|a, b| a.0.total_cmp(&b.0))?;
    // Jaro-Winkler: 0.8 lets two swapped, missing or wrong letters of a short name pass, not another word.
    (best.0 >= 0.8).then_some(best.1)
}

pub(super) async fn no_such_path(uri: Uri) -> Problem {
    let described = openapi::paths().filter(|path| !path.contains('{'));
    let paths = described.chain(["/", "/pipeline", "/moderation", "/watchlists", "/api"]);
    Problem::not_found(format!("there is nothing at {:?}", echo(uri.path())))
        .with_suggestion(closest(uri.path(), paths))
}

/// 405. The field `Allow` says what is possible on every path; the problem repeats it where the path is described.
pub(super) async fn method_not_allowed(method: Method, path: MatchedPath) -> Problem {
    let detail = format!("{:?} is not possible here", echo(method.as_str()));
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail);
    match openapi::methods(path.as_str()) {
        Some(allowed) => problem.with_allowed(allowed),
        None => problem,
    }
}
