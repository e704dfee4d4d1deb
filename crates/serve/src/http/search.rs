//! `/api/v1/search`: keywords with a history, whether they trend or not.

use std::cmp::Reverse;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use skytrend_event::WindowKind;

use super::{ApiState, Problem, Query};
use crate::KeywordPath;
use crate::view::FoundKeyword;

const LIMIT_MAX: usize = 100;
const LIMIT_DEFAULT: usize = 20;

#[derive(Serialize)]
struct Found<'a> {
    q: &'a str,
    keywords: Vec<FoundNow>,
}

#[derive(Serialize)]
struct FoundNow {
    #[serde(flatten)]
    keyword: FoundKeyword,
    is_trending: bool,
}

pub(super) async fn search(State(state): State<ApiState>, query: Query) -> Result<Response, Problem> {
    query.allow(&["q", "limit"])?;
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
