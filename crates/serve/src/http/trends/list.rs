//! The list of trends as JSON: what is asked for, and the answer's shape.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use skytrend_event::{Language, Micros, Topic, Trend, WindowKind};

use crate::http::openapi::{Parameter, Values};
use crate::http::{LIMIT_MAX, Problem, Query};
use crate::schema;
use crate::view::CurrentTrends;

const LIMIT_DEFAULT: usize = 50;

pub(in crate::http) const WINDOW: Parameter = Parameter::query(
    "window",
    Values::Choice(&["sliding", "tumbling"]),
    "Ten minutes that move by one, or five minutes one after the other; the program's settings may say otherwise.",
);

pub(in crate::http) const LIMIT: Parameter =
    Parameter::query("limit", Values::Number(1, LIMIT_MAX as u64, LIMIT_DEFAULT as u64), "How many at most.");

/// Tags with variants and extensions are taken, too; only the primary subtag counts.
pub(in crate::http) const LANGUAGE: Parameter = Parameter::query(
    "language",
    Values::Text("^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?$"),
    "A BCP 47 tag; its primary subtag counts (`pt-BR` asks for `pt`); `und` for unknown; left out, all.",
)
.such_as("en");

/// Which trends of a window are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::http) struct ListQuery {
    pub(in crate::http) window: WindowKind,
    limit: usize,
    language: Option<String>,
}

/// The answer of `/api/v1/trends`. The window is null before the first record.
#[derive(Serialize, JsonSchema)]
pub(super) struct TrendList<'a> {
    #[schemars(with = "schema::WindowKind")]
    window: WindowKind,
    /// Null before the first window, and so are the three that follow.
    #[schemars(with = "Option<schema::Instant>")]
    window_start: Option<Micros>,
    #[schemars(with = "Option<schema::Instant>")]
    window_end: Option<Micros>,
    #[schemars(with = "Option<schema::InstantText>")]
    window_start_iso: Option<String>,
    #[schemars(with = "Option<schema::InstantText>")]
    window_end_iso: Option<String>,
    /// What was asked for, of a list of the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::Instant>")]
    as_of: Option<Micros>,
    generated_from: GeneratedFrom,
    /// The primary subtag that was asked for.
    language: Option<&'a str>,
    trends: Vec<ListedTrend<'a>>,
}

/// What the answer was made of.
#[derive(Serialize, JsonSchema)]
struct GeneratedFrom {
    topic: &'static str,
    /// Trends of the whole window, before language and limit.
    trends: usize,
    /// Those of the language asked for, before the limit.
    matching: usize,
}

#[derive(Serialize, JsonSchema)]
struct ListedTrend<'a> {
    /// Place in this answer, from 1; `rank` is the place among all languages.
    position: usize,
    /// Place among the topics of its language, from 1.
    language_rank: usize,
    #[serde(flatten)]
    #[schemars(with = "schema::TrendRecord")]
    trend: &'a Trend,
}

impl ListQuery {
    /// From the parameters `window`, `limit` and `language`.
    pub(in crate::http) fn read(query: &Query) -> Result<Self, Problem> {
        let windows = [("sliding", WindowKind::Sliding), ("tumbling", WindowKind::Tumbling)];
        Ok(Self {
            window: query.choice("window", windows)?,
            limit: query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?,
            language: language(query)?,
        })
    }

    /// Whether the trend is in the language that is asked for.
    fn speaks(&self, trend: &Trend) -> bool {
        self.language.as_ref().is_none_or(|language| *language == trend.language)
    }

    /// Those that are asked for of the trends of a window.
    pub(in crate::http) fn listed<'a>(&self, current: &'a CurrentTrends) -> impl Iterator<Item = &'a Trend> {
        let trends = current.trends.iter().map(Arc::as_ref);
        trends.filter(|trend| self.speaks(trend)).take(self.limit)
    }
}

/// The list as JSON, in one line; `current` is the window, if there was one.
pub(in crate::http) fn render(
    current: Option<&CurrentTrends>,
    asked: &ListQuery,
    as_of: Option<Micros>,
) -> Vec<u8> {
    let all = current.map_or(&[][..], |current| &current.trends);
    // What is kept of a window holds the upper part of every language's list, so places are counted here.
    let mut places = BTreeMap::new();
    let language_ranks = all.iter().map(|trend| {
        let place = places.entry(trend.language.as_str()).or_insert(0);
        *place += 1;
        *place
    });
    let matching: Vec<_> = all.iter().zip(language_ranks).filter(|(trend, _)| asked.speaks(trend)).collect();
    let listed = (1..)
        .zip(&matching)
        .take(asked.limit)
        .map(|(position, &(trend, language_rank))| ListedTrend { position, language_rank, trend });
    let answer = TrendList {
        window: asked.window,
        window_start: current.map(|c| c.window_start),
        window_end: current.map(|c| c.window_end),
        window_start_iso: current.map(|c| c.window_start.to_rfc3339()),
        window_end_iso: current.map(|c| c.window_end.to_rfc3339()),
        as_of,
        generated_from: GeneratedFrom {
            topic: Topic::Trends.name(),
            trends: all.len(),
            matching: matching.len(),
        },
        language: asked.language.as_deref(),
        trends: listed.collect(),
    };
    serde_json::to_vec(&answer).expect("numbers, texts and lists always have a JSON form")
}

/// The primary subtag in lower case, as trends have it: `language=pt-BR` asks for `pt`.
pub(in crate::http) fn language(query: &Query) -> Result<Option<String>, Problem> {
    let Some(text) = query.text("language") else { return Ok(None) };
    match Language::parse(text.to_ascii_lowercase()) {
        Ok(language) => Ok(Some(language.primary().to_owned())),
        Err(_) => Err(Problem::parameter("language", text, "a BCP 47 language tag such as en, or und")),
    }
}
