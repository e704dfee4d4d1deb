//! The audit log: the topic `moderation`, backwards.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use skytrend_event::{ModerationRecord, Topic, codec};

use super::Entry;
use crate::http::access::Writer;
use crate::http::cursor::{self, CURSOR};
use crate::http::openapi::{Answer, Needs, Operation, Parameter, Values, example};
use crate::http::topics::read_between;
use crate::http::{ApiState, LIMIT_MAX, Problem, Query, TopicRecord};

const LIMIT_DEFAULT: usize = 50;

pub(in crate::http) const AUDIT: Operation = Operation {
    path: "/api/v1/moderation/audit",
    id: "listActs",
    tag: "moderation",
    summary: "Everything that was done, newest first",
    description: "The records of the topic `moderation`: decisions, their ends before time, reports, and answers to them.",
    parameters: &[
        Parameter::query(
            "limit",
            Values::Number(1, LIMIT_MAX as u64, LIMIT_DEFAULT as u64),
            "How many at most.",
        ),
        CURSOR,
    ],
    answers: &[
        Answer::json::<Acts>("A page of the log.", example!("listActs.json")).with_headers(&[cursor::NEXT])
    ],
    ask: "/api/v1/moderation/audit?limit=1",
    needs: Needs::Writing,
    ..Operation::GET
};

/// A page of the audit log.
#[derive(Serialize, JsonSchema)]
struct Acts {
    /// Where they come from.
    topic: &'static str,
    /// Newest first.
    entries: Vec<Entry>,
    /// The `cursor` of the next page; left out at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A page of the topic, backwards: the cursor is the offset before which to go on.
pub(super) async fn read(
    State(state): State<ApiState>,
    _writer: Writer,
    uri: Uri,
    query: Query,
) -> Result<Response, Problem> {
    const PARTITION: u32 = 0;
    let list = Topic::Moderation.name();
    query.check(&AUDIT)?;
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    let before: u64 = cursor::read(&query, list)?.unwrap_or(u64::MAX);
    let read = state.read_log(move |reader| {
        let bounds = reader.bounds(Topic::Moderation, PARTITION)?;
        let end = before.min(bounds.end);
        let start = end.saturating_sub(limit as u64).max(bounds.start);
        let records = read_between(reader, Topic::Moderation, PARTITION, start..end)?;
        Ok((records, (bounds.start < start && start < end).then_some(start)))
    });
    let (records, next) = read.await?;
    let entry = |record: &TopicRecord| {
        let decoded = codec::decode::<ModerationRecord>(&record.value).ok()?;
        Some(Entry { offset: record.offset, record: decoded })
    };
    let entries: Vec<_> = records.iter().rev().filter_map(entry).collect();
    let next_cursor = next.map(|before| cursor::write(list, &before));
    let answer = Acts { topic: list, entries, next_cursor };
    let response = ([(CACHE_CONTROL, "no-store")], Json(&answer)).into_response();
    Ok(cursor::with_link(response, &uri, answer.next_cursor.as_deref()))
}
