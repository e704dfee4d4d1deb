//! What changes something: decisions of those who may write, and reports of readers.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skytrend_event::{KeywordKind, Micros, ModerationAction};

use super::{Entry, moderation};
use crate::http::access::{Caller, Writer, is_same_origin};
use crate::http::body::read_json;
use crate::http::openapi::{Answer, Needs, Operation, RequestBody, example};
use crate::http::rate::Client;
use crate::http::{ApiState, Problem, Query};
use crate::keyword_key::{KEYWORD_CHARS_MAX, KEYWORD_PATTERN};
use crate::moderation::{REASON_CHARS_MAX, Wanted};
use crate::{KeywordPath, schema};

/// A decision is in force within milliseconds of being stored; if the pipeline hangs, who decided is told so.
const IN_FORCE_WITHIN: Duration = Duration::from_secs(5);

/// What [`crate::moderation::Moderation::decide`] takes, as a regular expression.
const REASON_PATTERN: &str = "^[^\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f]*$";

const NOT_YET: &str = "It is stored, and not yet in force after five seconds.";

pub(in crate::http) const DECIDE: Operation = Operation {
    path: "/api/v1/moderation/decisions",
    id: "decide",
    tag: "moderation",
    summary: "Decides about the keywords of a pattern, or answers a report",
    description: "`block` hides its keywords, `hold` hides them until somebody decides, `allow` shows them although \
                  another pattern hides them, `release` undoes what was decided about this pattern, and `dismiss` says \
                  of a report that nothing need be done. The last decision about a pattern stands.",
    answers: &[
        Answer::json::<Entry>("It is stored and in force.", example!("decide.json")).with_status(201),
        Answer::json::<Entry>(NOT_YET, example!("decide.json")).with_status(202),
    ],
    errors: &[
        (400, "The body is not as it should be, this can't be a pattern, or the end has passed already."),
        (404, "Nothing that stands is there to release, or no report to dismiss."),
        (409, "5,000 decisions stand, or 200 about expressions: release some."),
    ],
    body: Some(RequestBody::json::<DecisionBody>(
        r#"{"action": "block", "pattern": "badword", "reason": "a slur", "expires_at": "2027-01-01T00:00:00Z"}"#,
    )),
    ask: "/api/v1/moderation/decisions",
    needs: Needs::Writing,
    ..Operation::POST
};

pub(in crate::http) const REPORT: Operation = Operation {
    path: "/api/v1/moderation/reports",
    id: "report",
    tag: "moderation",
    summary: "Says that somebody should look at a keyword",
    description: "Whoever may read may report.",
    answers: &[
        Answer::json::<Entry>("It is stored, for those who may decide.", example!("report.json"))
            .with_status(201),
        Answer { example: None, ..Answer::json::<ReportedAlready>("It is reported already.", "") },
        Answer::json::<Entry>(NOT_YET, example!("report.json")).with_status(202),
    ],
    errors: &[
        (400, "The body is not as it should be, or this can't be a keyword."),
        (403, "The request comes from another site."),
        (409, "1,000 keywords are reported and wait for a decision."),
    ],
    body: Some(RequestBody::json::<ReportBody>(r##"{"keyword": "#quake", "reason": "spam"}"##)),
    ask: "/api/v1/moderation/reports",
    ..Operation::POST
};

/// What somebody decides.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DecisionWanted")]
struct DecisionBody {
    action: Decided,
    /// The keywords it is about, as in `trend.moderation`: `word`, `start*`, `/regex/`, `#tag`, `ja:word`; at most 500
    /// bytes.
    #[schemars(length(min = 1, max = 500))]
    pattern: String,
    /// Why, for people; no control characters but line feeds.
    #[serde(default)]
    #[schemars(length(max = REASON_CHARS_MAX), extend("pattern" = REASON_PATTERN))]
    reason: String,
    /// From when on it does not stand any more, of block, hold and allow; null: it stands until another one.
    #[serde(default)]
    #[schemars(with = "Option<schema::GivenInstant>")]
    expires_at: Option<Instant>,
}

/// What may be decided.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Decided {
    Block,
    Hold,
    Allow,
    Release,
    Dismiss,
}

impl From<Decided> for ModerationAction {
    fn from(decided: Decided) -> Self {
        match decided {
            Decided::Block => Self::Block,
            Decided::Hold => Self::Hold,
            Decided::Allow => Self::Allow,
            Decided::Release => Self::Release,
            Decided::Dismiss => Self::Dismiss,
        }
    }
}

/// Microseconds since 1970, or RFC 3339.
#[derive(Deserialize)]
#[serde(untagged)]
enum Instant {
    Micros(i64),
    Text(String),
}

pub(super) async fn decide(
    State(state): State<ApiState>,
    writer: Writer,
    query: Query,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    query.check(&DECIDE)?;
    let DecisionBody { action, pattern, reason, expires_at } = read_json(&headers, body)?;
    if expires_at.is_some() && matches!(action, Decided::Release | Decided::Dismiss) {
        return Err(Problem::bad_request("only block, hold and allow expire"));
    }
    let expires_at = expires_at.map(instant).transpose()?;
    let by = writer.name.to_string();
    store(&state, Wanted { action: action.into(), pattern, reason, by, expires_at }).await
}

fn instant(given: Instant) -> Result<Micros, Problem> {
    match given {
        Instant::Micros(micros) => Ok(Micros(micros)),
        Instant::Text(text) => Micros::parse_rfc3339(&text)
            .map_err(|_| Problem::bad_request("expires_at is an instant such as 2025-03-01T12:00:00Z")),
    }
}

/// A keyword that somebody should look at.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ReportWanted")]
struct ReportBody {
    /// With `#` in front it is the hashtag.
    #[schemars(length(min = 1, max = KEYWORD_CHARS_MAX), extend("pattern" = KEYWORD_PATTERN))]
    keyword: String,
    /// Null: by whether the keyword has a `#` in front.
    #[serde(default)]
    #[schemars(with = "Option<schema::KeywordKind>")]
    kind: Option<KeywordKind>,
    /// Why, for people; no control characters but line feeds.
    #[serde(default)]
    #[schemars(length(max = REASON_CHARS_MAX), extend("pattern" = REASON_PATTERN))]
    reason: String,
}

/// The answer to a report of what is reported already.
#[derive(Serialize, JsonSchema)]
struct ReportedAlready {
    detail: &'static str,
}

pub(super) async fn report(
    State(state): State<ApiState>,
    caller: Caller,
    client: Option<Extension<Client>>,
    query: Query,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    query.check(&REPORT)?;
    if !is_same_origin(&headers) && !matches!(caller, Caller::Token { by_cookie: false, .. }) {
        return Err(Problem::forbidden("this request comes from another site"));
    }
    let ReportBody { keyword, kind, reason } = read_json(&headers, body)?;
    let path = KeywordPath::parse(&keyword).map_err(|reason| Problem::bad_request(reason.to_string()))?;
    let is_hashtag = kind.map_or(path.hashtag, |kind| kind == KeywordKind::Hashtag);
    let normalized = path.normalized_keyword;
    // A report is kept as the pattern that would decide about it: of a keyword that reads as a regular expression, the
    // start of others or one of a language, it would speak of something else.
    let is_language = |tag: &str| matches!(tag.len(), 2 | 3) && tag.bytes().all(|b| b.is_ascii_alphabetic());
    let has_language = normalized.split_once(':').is_some_and(|(tag, _)| is_language(tag));
    if normalized.starts_with('/') || normalized.ends_with('*') || has_language {
        return Err(Problem::bad_request("this can't be reported: it would read as a pattern"));
    }
    let pattern = if is_hashtag { format!("#{normalized}") } else { normalized };
    state.rate.report(client.as_deref())?;
    let by = caller.name().to_owned();
    store(&state, Wanted { action: ModerationAction::Report, pattern, reason, by, expires_at: None }).await
}

/// 201 with the record when it is in force, 202 when it is stored and not in force yet, 200 when nothing was to do.
async fn store(state: &ApiState, wanted: Wanted) -> Result<Response, Problem> {
    let moderation = Arc::clone(moderation(state)?);
    let mut in_force = moderation.follow();
    let busy = |_| Problem::unavailable("too many decisions at once");
    let permit = Arc::clone(&state.decisions).try_acquire_owned().map_err(busy)?;
    let deciding = tokio::task::spawn_blocking(move || {
        // It goes with the thread: a decision that outlives its request still counts.
        let _permit = permit;
        moderation.decide(wanted)
    });
    let panicked = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "deciding panicked");
    let Some((offset, record)) = deciding.await.map_err(panicked)?? else {
        let answer = ReportedAlready { detail: "reported already" };
        return Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response());
    };
    let passed = in_force.wait_for(|next| *next > offset);
    let status = match tokio::time::timeout(IN_FORCE_WITHIN, passed).await {
        Ok(Ok(_)) => StatusCode::CREATED,
        _ => StatusCode::ACCEPTED,
    };
    Ok((status, [(CACHE_CONTROL, "no-store")], Json(Entry { offset, record })).into_response())
}
