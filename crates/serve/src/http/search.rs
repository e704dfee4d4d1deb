//! `/api/v1/search`: keywords with a history, whether they trend or not.

use std::cmp::Reverse;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use skytrend_event::WindowKind;

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
                  those that have it inside; of these the latest and most used.",
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
    ],
    answers: &[Answer::json::<Found>("The keywords found.", example!("searchKeywords.json"))],
    ask: "/api/v1/search?q=qua&limit=5",
    ..Operation::GET
};

#[derive(Serialize, JsonSchema)]
struct Found<'a> {
    /// What was asked for.
    q: &'a str,
    keywords: Vec<FoundNow>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FoundKeyword")]
struct FoundNow {
    #[serde(flatten)]
    keyword: FoundKeyword,
    /// Whether it is among the trends of the newest sliding window.
    is_trending: bool,
}

pub(super) async fn search(State(state): State<ApiState>, query: Query) -> Result<Response, Problem> {
    query.check(&SEARCH)?;
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    let q = query.text("q").unwrap_or_default();
    let asked = KeywordPath::parse(q).map_err(|reason| Problem::parameter("q", q, reason.to_string()))?;
    let text = asked.normalized_keyword.as_str();

    let mut found = state.view.find(text);
    // The keyword itself, then what begins with it, then what has it inside; of these what is used most.
    found.sort_by_cached_key(|keyword| {
        let normalized = &keyword.normalized_keyword;
        let place = if normalized == text { 0 } else { 2 - u8::from(normalized.starts_with(text)) };
        let is_other_kind = asked.hashtag && !keyword.keyword.starts_with('#');
        (
            place,
            is_other_kind,
            Reverse(keyword.window_end),
            Reverse(keyword.count),
            normalized.clone(),
            keyword.kind,
        )
    });
    found.truncate(limit);
    let snapshot = state.view.snapshot();
    let trends = snapshot.current(WindowKind::Sliding).map_or(&[][..], |current| &current.trends);
    let keywords = found.into_iter().map(|keyword| {
        let is_trending = trends.iter().any(|trend| {
            trend.kind == keyword.kind && trend.normalized_keyword == keyword.normalized_keyword
        });
        FoundNow { keyword, is_trending }
    });
    let answer = Found { q, keywords: keywords.collect() };
    Ok(([(CACHE_CONTROL, "no-cache")], Json(&answer)).into_response())
}
