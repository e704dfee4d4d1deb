//! `/api/v1/trends`: what trends now, and what is known of one keyword.

mod list;
mod past;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use skytrend_event::{KeywordKind, Micros, Trend, WindowKind};

use super::answers::Answer as Body;
use super::openapi::{Answer, ETAG, IF_NONE_MATCH, NOT_MODIFIED, Operation, Parameter, Values, example};
use super::problem::echo;
use super::{ApiState, Problem, Query};
use crate::keyword_key::KEYWORD_PATTERN;
use crate::view::{CountPoint, CurrentTrends, Snapshot, TrendPoint};
use crate::{KeywordKey, KeywordPath, schema};
use list::TrendList;
pub(super) use list::{LANGUAGE, LIMIT, ListQuery, WINDOW, language, render};

pub(super) const LIST: Operation = Operation {
    path: "/api/v1/trends",
    id: "listTrends",
    tag: "trends",
    summary: "The newest window's trends, by rank; or those of an earlier instant",
    description: "A trend is a topic: `terms` are all its keywords, and `topic_id` stays the same while it lasts. \
                  `rank` is the place among all languages, `language_rank` that among the topics of its own, and \
                  `position` the place in this answer.\n\n\
                  There are no further pages: a window has its first 50 topics and the first ten of each language, and \
                  one answer holds 500. With `as_of` the list comes from the log, and `sample_posts` have no `text`.",
    parameters: &[
        WINDOW,
        LIMIT,
        LANGUAGE,
        Parameter::query(
            "as_of",
            Values::Instant,
            "The newest window that ended then, or in the hour before; left out, now. RFC 3339 or microseconds since \
             1970.",
        )
        .such_as("2025-03-01T12:10:00Z"),
        IF_NONE_MATCH,
    ],
    answers: &[
        Answer::json::<TrendList>("The window and its trends.", example!("listTrends.json")).with_headers(&[ETAG]),
        NOT_MODIFIED,
    ],
    errors: &[(404, "Nothing trended in the hour before `as_of`, or it is older than what the log holds.")],
    ask: "/api/v1/trends?window=sliding&limit=1&language=en",
    ..Operation::GET
};

pub(super) const ONE: Operation = Operation {
    path: "/api/v1/trends/{keyword}",
    id: "getKeyword",
    tag: "trends",
    summary: "One keyword: current trend, history, counts",
    description: "With `#` in front (in a URL `%23`) it is the hashtag, without it the word or the phrase: they are \
                  counted apart. Case, width and variation selectors don't matter.",
    parameters: &[
        Parameter::path("keyword", Values::Text(KEYWORD_PATTERN), "The keyword, percent-encoded.")
            .such_as("quake"),
        Parameter::query(
            "from",
            Values::Instant,
            "Windows of `history` and `counts` that ended then or later; left out, all that are held.",
        )
        .such_as("2025-03-01T12:00:00Z"),
        Parameter::query("to", Values::Instant, "Those that ended before; left out, until now."),
    ],
    answers: &[Answer::json::<KeywordAnswer>(
        "What is held of it: the last hours, oldest first.",
        example!("getKeyword.json"),
    )],
    errors: &[(
        404,
        "It has not been seen in the hours that are kept; `suggestion` may name its hashtag or its word.",
    )],
    ask: "/api/v1/trends/quake",
    ..Operation::GET
};

pub(super) async fn list(
    State(state): State<ApiState>,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, Problem> {
    query.check(&LIST)?;
    let asked = ListQuery::read(&query)?;
    let Some(as_of) = instant(&query, "as_of")? else {
        let answer = state.answers.list(&state.view.snapshot(), &asked);
        return Ok(answer.respond(&headers, "no-cache"));
    };
    let past = past::window_at(&state, asked.window, as_of).await?;
    // What is over does not change any more, but what may be shown of it does: each time, it is asked again.
    Ok(Body::new(render(Some(&past), &asked, Some(as_of))).respond(&headers, "no-cache"))
}

/// A parameter that is an instant, where it is given.
fn instant(query: &Query, name: &str) -> Result<Option<Micros>, Problem> {
    let Some(text) = query.text(name) else { return Ok(None) };
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let micros = if is_number { text.parse().ok().map(Micros) } else { Micros::parse_rfc3339(text).ok() };
    let allowed = "an instant such as 2025-03-01T12:00:00Z, or microseconds since 1970";
    micros.map(Some).ok_or_else(|| Problem::parameter(name, text, allowed))
}

/// The answer of `/api/v1/trends/{keyword}`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Keyword")]
struct KeywordAnswer {
    keyword: String,
    normalized_keyword: String,
    #[schemars(with = "schema::KeywordKind")]
    kind: KeywordKind,
    language: String,
    current: CurrentOfKeyword,
    history: Vec<TrendPoint>,
    counts: Vec<CountPoint>,
}

/// The keyword's trend in the newest window of each kind; null where it isn't one.
#[derive(Serialize, JsonSchema)]
struct CurrentOfKeyword {
    #[schemars(with = "Option<schema::TrendRecord>")]
    sliding: Option<Arc<Trend>>,
    #[schemars(with = "Option<schema::TrendRecord>")]
    tumbling: Option<Arc<Trend>>,
}

pub(super) async fn one(
    State(state): State<ApiState>,
    path: Result<Path<String>, PathRejection>,
    query: Query,
) -> Result<Response, Problem> {
    query.check(&ONE)?;
    let from = instant(&query, "from")?.unwrap_or(Micros(i64::MIN));
    let to = instant(&query, "to")?.unwrap_or(Micros(i64::MAX));
    let Path(text) = path.map_err(|_| Problem::bad_request("the keyword in the path is not UTF-8"))?;
    let path = KeywordPath::parse(&text).map_err(|reason| Problem::bad_request(reason.to_string()))?;
    let snapshot = state.view.snapshot();
    let shown = path.keys().into_iter().filter(|key| !state.view.is_hidden(key));
    let known = shown.into_iter().find_map(|key| answer(&state, &snapshot, &key));
    match known {
        Some(mut answer) => {
            let is_asked_for = |end: Micros| from <= end && end < to;
            answer.history.retain(|point| is_asked_for(point.window_end));
            answer.counts.retain(|point| is_asked_for(point.window_end));
            Ok(([(CACHE_CONTROL, "no-cache")], Json(&answer)).into_response())
        }
        None => Err(unknown(&state, &path, &text)),
    }
}

fn answer(state: &ApiState, snapshot: &Snapshot, key: &KeywordKey) -> Option<KeywordAnswer> {
    let find = |current: Option<&Arc<CurrentTrends>>| {
        let same = |t: &&Arc<Trend>| t.kind == key.kind && t.normalized_keyword == *key.normalized_keyword;
        current.and_then(|current| current.trends.iter().find(same)).cloned()
    };
    let current = CurrentOfKeyword {
        sliding: find(snapshot.current(WindowKind::Sliding)),
        tumbling: find(snapshot.current(WindowKind::Tumbling)),
    };
    let newest = current.sliding.as_ref().or(current.tumbling.as_ref());
    let (keyword, language, history, counts) = match (state.view.history(key), newest) {
        (Some(held), _) => (held.keyword, held.language, held.history, held.counts),
        (None, Some(trend)) => (trend.keyword.clone(), trend.language.clone(), Vec::new(), Vec::new()),
        (None, None) => return None,
    };
    let normalized_keyword = key.normalized_keyword.to_string();
    Some(KeywordAnswer { keyword, normalized_keyword, kind: key.kind, language, current, history, counts })
}

/// 404; names the hashtag where only the word was asked for, and the reverse.
fn unknown(state: &ApiState, path: &KeywordPath, text: &str) -> Problem {
    let asked = path.keys();
    let others = asked.first().map(|key| state.view.other_kinds(key)).unwrap_or_default();
    let other = others.into_iter().find(|kind| asked.iter().all(|key| key.kind != *kind));
    let suggestion = other.map(|kind| match kind {
        KeywordKind::Hashtag => format!("#{}, written %23 in a URL", path.normalized_keyword),
        KeywordKind::Word | KeywordKind::Phrase => path.normalized_keyword.clone(),
    });
    if asked.iter().any(|key| state.view.is_hidden(key)) {
        return Problem::not_found(format!("{:?} is hidden by moderation", echo(text)));
    }
    let detail = format!("{:?} has not been seen in the hours that are kept", echo(text));
    Problem::not_found(detail).with_suggestion(suggestion)
}
