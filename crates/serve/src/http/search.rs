//! `/api/v1/search`: keywords with a history, whether they trend or not.

use std::cmp::Reverse;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use skytrend_event::{KeywordKind, Micros, WindowKind};
use xxhash_rust::xxh3::xxh3_64;

use super::cursor::{self, CURSOR};
use super::openapi::{Answer, Operation, Parameter, Values, example};
use super::{ApiState, Problem, Query};
use crate::KeywordPath;
use crate::keyword_key::KEYWORD_PATTERN;
use crate::view::FoundKeyword;

const LIMIT_MAX: usize = 100;
const LIMIT_DEFAULT: usize = 20;

pub(super) const SEARCH: Operation = Operation {
    path: "/api/v1/search",
    id: "searchKeywords",
    tag: "trends",
    summary: "Keywords by a part of them, trending or not",
    description: "Among the keywords with a history: the keyword itself first, then those that begin with `q`, then \
                  those that have it inside; of these the latest and most used. Further pages have the order of the \
                  moment of the first: what is counted meanwhile is in a new search.",
    parameters: &[
        Parameter::query(
            "q",
            Values::Text(KEYWORD_PATTERN),
            "A part of a keyword; with `#`, of a hashtag first.",
        )
        .required()
        .such_as("qua"),
        Parameter::query(
            "limit",
            Values::Number(1, LIMIT_MAX as u64, LIMIT_DEFAULT as u64),
            "How many at most.",
        ),
        CURSOR,
    ],
    answers: &[Answer::json::<Found>("The keywords found.", example!("searchKeywords.json"))
        .with_headers(&[cursor::NEXT])],
    ask: "/api/v1/search?q=a&limit=2",
    ..Operation::GET
};

#[derive(Serialize, JsonSchema)]
struct Found<'a> {
    /// What was asked for.
    q: &'a str,
    keywords: Vec<FoundNow>,
    /// The `cursor` of the next page; left out at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Where a keyword stands among those found: the keyword itself, then what begins with it, then what has it inside; of
/// these what is used most.
type Place = (u8, bool, Reverse<Micros>, Reverse<u64>, String, KeywordKind);

/// The search, its moment, and the place after which to go on.
type Position = (u64, Micros, Place);

const LIST: &str = "search";

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FoundKeyword")]
struct FoundNow {
    #[serde(flatten)]
    keyword: FoundKeyword,
    /// Whether it is among the trends of the newest sliding window.
    is_trending: bool,
}

pub(super) async fn search(
    State(state): State<ApiState>,
    uri: Uri,
    query: Query,
) -> Result<Response, Problem> {
    query.check(&SEARCH)?;
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    let q = query.text("q").filter(|q| !q.trim().is_empty());
    let q = q.ok_or_else(|| Problem::bad_request("q is needed: a keyword, or a part of one"))?;
    let asked = KeywordPath::parse(q).map_err(|reason| Problem::parameter("q", q, reason.to_string()))?;
    let text = asked.normalized_keyword.as_str();

    let this_search = xxh3_64(format!("{} {text}", asked.hashtag).as_bytes());
    let after: Option<Position> = cursor::read(&query, LIST)?;
    if after.as_ref().is_some_and(|(search, ..)| *search != this_search) {
        return Err(Problem::parameter(
            CURSOR.name,
            query.text(CURSOR.name).unwrap_or_default(),
            "one of the same q",
        ));
    }
    let moment = after.as_ref().map_or_else(|| state.view.newest_end(), |(_, moment, _)| *moment);
    let place = |keyword: &FoundKeyword| -> Place {
        let normalized = &keyword.normalized_keyword;
        let place = if normalized == text { 0 } else { 2 - u8::from(normalized.starts_with(text)) };
        let is_other_kind = asked.hashtag && keyword.kind != KeywordKind::Hashtag;
        let (end, count) = (Reverse(keyword.window_end), Reverse(keyword.count));
        (place, is_other_kind, end, count, normalized.clone(), keyword.kind)
    };
    let mut found = state.view.find(text, moment);
    if let Some((_, _, after)) = &after {
        found.retain(|keyword| place(keyword) > *after);
    }
    found.sort_by_cached_key(place);
    let is_more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| is_more);
    let next_cursor = last.map(|keyword| cursor::write(LIST, &(this_search, moment, place(keyword))));
    let snapshot = state.view.snapshot();
    let trends = snapshot.current(WindowKind::Sliding).map_or(&[][..], |current| &current.trends);
    let keywords = found.into_iter().map(|keyword| {
        let is_trending = trends.iter().any(|trend| {
            trend.kind == keyword.kind && trend.normalized_keyword == keyword.normalized_keyword
        });
        FoundNow { keyword, is_trending }
    });
    let answer = Found { q, keywords: keywords.collect(), next_cursor };
    let response = ([(CACHE_CONTROL, "no-cache")], Json(&answer)).into_response();
    Ok(cursor::with_link(response, &uri, answer.next_cursor.as_deref()))
}
