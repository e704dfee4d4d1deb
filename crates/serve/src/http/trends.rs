//! `/api/v1/trends`: what trends now, and what is known of one keyword.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use skytrend_event::{KeywordKind, Language, Micros, Topic, Trend, WindowKind};

use super::problem::echo;
use super::{ApiState, LIMIT_MAX, Problem, Query};
use crate::view::{CountPoint, CurrentTrends, Snapshot, TrendPoint};
use crate::{KeywordKey, KeywordPath};

const LIMIT_DEFAULT: usize = 50;

/// The answer of `/api/v1/trends`. The window is null before the first record.
#[derive(Serialize)]
struct TrendList<'a> {
    window: WindowKind,
    window_start: Option<Micros>,
    window_end: Option<Micros>,
    window_start_iso: Option<String>,
    window_end_iso: Option<String>,
    generated_from: GeneratedFrom,
    language: Option<&'a str>,
    trends: Vec<ListedTrend<'a>>,
}

/// What the answer was made of.
#[derive(Serialize)]
struct GeneratedFrom {
    topic: &'static str,
    /// Trends of the whole window, before language and limit.
    trends: usize,
    /// Those of the language asked for, before the limit.
    matching: usize,
}

#[derive(Serialize)]
struct ListedTrend<'a> {
    /// Place in this answer, from 1; `rank` is the place among all languages.
    position: usize,
    /// Place among the topics of its language, from 1.
    language_rank: usize,
    #[serde(flatten)]
    trend: &'a Trend,
}

pub(super) async fn list(State(state): State<ApiState>, query: Query) -> Result<Response, Problem> {
    query.allow(&["window", "limit", "language"])?;
    let windows = [("sliding", WindowKind::Sliding), ("tumbling", WindowKind::Tumbling)];
    let window = query.choice("window", windows)?;
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    let language = language(&query)?;

    let snapshot = state.view.snapshot();
    let current = snapshot.current(window).map(Arc::as_ref);
    let all = current.map_or(&[][..], |current| &current.trends);
    let speaks = |trend: &Arc<Trend>| language.as_ref().is_none_or(|language| *language == trend.language);
    // What is kept of a window holds the upper part of every language's list, so places are counted here.
    let mut places = BTreeMap::new();
    let language_ranks = all.iter().map(|trend| {
        let place = places.entry(trend.language.as_str()).or_insert(0);
        *place += 1;
        *place
    });
    let matching: Vec<_> = all.iter().zip(language_ranks).filter(|(trend, _)| speaks(trend)).collect();
    let listed = (1..).zip(&matching).take(limit).map(|(position, &(trend, language_rank))| ListedTrend {
        position,
        language_rank,
        trend,
    });
    let answer = TrendList {
        window,
        window_start: current.map(|c| c.window_start),
        window_end: current.map(|c| c.window_end),
        window_start_iso: current.map(|c| c.window_start.to_rfc3339()),
        window_end_iso: current.map(|c| c.window_end.to_rfc3339()),
        generated_from: GeneratedFrom {
            topic: Topic::Trends.name(),
            trends: all.len(),
            matching: matching.len(),
        },
        language: language.as_deref(),
        trends: listed.collect(),
    };
    Ok(([(CACHE_CONTROL, "no-cache")], Json(&answer)).into_response())
}

/// The primary subtag in lower case, as trends have it: `language=pt-BR` asks for `pt`.
fn language(query: &Query) -> Result<Option<String>, Problem> {
    let Some(text) = query.text("language") else { return Ok(None) };
    match Language::parse(text.to_ascii_lowercase()) {
        Ok(language) => Ok(Some(language.primary().to_owned())),
        Err(_) => Err(Problem::parameter("language", text, "a BCP 47 language tag such as en, or und")),
    }
}

/// The answer of `/api/v1/trends/{keyword}`.
#[derive(Serialize)]
struct KeywordAnswer {
    keyword: String,
    normalized_keyword: String,
    kind: KeywordKind,
    language: String,
    current: CurrentOfKeyword,
    history: Vec<TrendPoint>,
    counts: Vec<CountPoint>,
}

/// The keyword's trend in the newest window of each kind; null where it isn't one.
#[derive(Serialize)]
struct CurrentOfKeyword {
    sliding: Option<Arc<Trend>>,
    tumbling: Option<Arc<Trend>>,
}

pub(super) async fn one(
    State(state): State<ApiState>,
    path: Result<Path<String>, PathRejection>,
    query: Query,
) -> Result<Response, Problem> {
    query.allow(&[])?;
    let Path(text) = path.map_err(|_| Problem::bad_request("the keyword in the path is not UTF-8"))?;
    let path = KeywordPath::parse(&text).map_err(|reason| Problem::bad_request(reason.to_string()))?;
    let snapshot = state.view.snapshot();
    let known = path.keys().into_iter().find_map(|key| answer(&state, &snapshot, &key));
    match known {
        Some(answer) => Ok(([(CACHE_CONTROL, "no-cache")], Json(&answer)).into_response()),
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
    let detail = format!("{:?} has not been seen in the hours that are kept", echo(text));
    Problem::not_found(detail).with_suggestion(suggestion)
}
