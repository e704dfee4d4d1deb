//! `/api/v1/topics/{topic}`: records of the log as JSON lines, for the command line while a run holds the store.
//!
//! The log itself is behind [`TopicReader`], which the program implements; the records' bytes are read here, since
//! their format is the events' own.

mod line;

pub use line::json_lines;

use std::ops::Range;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use skytrend_event::{Micros, Topic};

use super::access::Caller;
use super::openapi::{Answer, Operation, Parameter, Values, example};
use super::problem::{closest, echo};
use super::{ApiState, LIMIT_MAX, Problem, Query};

const LIMIT_DEFAULT: usize = 50;

/// The offset to continue from: one past the last record of the answer.
pub(super) const NEXT_OFFSET: HeaderName = HeaderName::from_static("skytrend-next-offset");
/// One past the partition's last record.
pub(super) const END_OFFSET: HeaderName = HeaderName::from_static("skytrend-end-offset");

pub(super) const READ: Operation = Operation {
    path: "/api/v1/topics/{topic}",
    id: "readTopic",
    tag: "records",
    summary: "Records of the log, as JSON lines",
    description: "One record a line. An answer may have fewer records than asked for: the header \
                  `skytrend-next-offset` is the `from` to continue with, and an offset stays what it is while records \
                  are added. A record that can't be decoded has `undecodable` in place of `value`, with the reason and \
                  its bytes.",
    parameters: &[
        Parameter::path("topic", Values::Choice(&TOPIC_NAMES), "The topic's name.")
            .such_as("trending-keywords"),
        Parameter::query(
            "partition",
            Values::Number(0, u32::MAX as u64, 0),
            "Topics of Bluesky's own records have several.",
        ),
        Parameter::query(
            "from",
            Values::WordOrNumber(&["earliest", "latest"], "latest"),
            "The first there is, the last `limit` records, or an offset.",
        ),
        Parameter::query(
            "limit",
            Values::Number(1, LIMIT_MAX as u64, LIMIT_DEFAULT as u64),
            "How many at most.",
        ),
    ],
    answers: &[Answer::text("application/x-ndjson", "Records, a line each.", example!("readTopic.txt"))
        .with_headers(&[
            ("skytrend-next-offset", "The `from` to continue with."),
            ("skytrend-end-offset", "One past the partition's last record."),
        ])],
    errors: &[
        (403, "Only who may write reads `moderation` and `watchlists`."),
        (404, "No such topic or partition."),
        (410, "The offset has left the log by retention; `detail` names the earliest."),
    ],
    ask: "/api/v1/topics/trending-keywords?from=5&limit=1",
    ..Operation::GET
};

/// [`Topic::ALL`] by name.
const TOPIC_NAMES: [&str; Topic::ALL.len()] = {
    let mut names = [""; Topic::ALL.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = Topic::ALL[at].name();
        at += 1;
    }
    names
};

/// A record as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicRecord {
    /// Its place in the partition.
    pub offset: u64,
    /// Event time.
    pub timestamp: Micros,
    /// The record's key.
    pub key: Bytes,
    /// Avro, by the topic's schema.
    pub value: Bytes,
}

/// Why the log gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicReadError {
    /// The topic has no such partition, or does not exist in this store.
    #[error("topic {topic} has no partition {partition}")]
    UnknownPartition {
        /// The topic asked for.
        topic: Topic,
        /// The partition asked for.
        partition: u32,
    },
    /// The first record asked for left by retention between the two calls.
    #[error("offset {asked} is gone, the earliest is {earliest}")]
    OffsetGone {
        /// What was asked for.
        asked: u64,
        /// What is still there.
        earliest: u64,
    },
    /// The log failed.
    #[error("the log can't be read: {detail}")]
    Failed {
        /// What the log says.
        detail: String,
    },
}

/// Reads the log. Called on a thread that may block.
pub trait TopicReader: Send + Sync + 'static {
    /// The offsets there are: earliest to one past the last.
    fn bounds(&self, topic: Topic, partition: u32) -> Result<Range<u64>, TopicReadError>;

    /// The first offset there is whose timestamp is at least this, or the end of the partition.
    fn offset_at(&self, topic: Topic, partition: u32, timestamp: Micros) -> Result<u64, TopicReadError>;

    /// Records from `from` on, at most `limit`, possibly fewer (a limit on bytes is the log's own), at least one if
    /// there is one.
    fn read(
        &self,
        topic: Topic,
        partition: u32,
        from: u64,
        limit: usize,
    ) -> Result<Vec<TopicRecord>, TopicReadError>;
}

impl ApiState {
    /// What `read` makes of the log, on a thread that may block; a problem where too many do already.
    pub(super) async fn read_log<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn TopicReader) -> Result<T, TopicReadError> + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = |_| Problem::unavailable("too many reads of the log at once");
        let permit = Arc::clone(&self.topic_reads).try_acquire_owned().map_err(busy)?;
        let reader = Arc::clone(&self.topics);
        let reading = tokio::task::spawn_blocking(move || {
            // It goes with the thread: a read that outlives its request still counts.
            let _permit = permit;
            read(reader.as_ref())
        });
        let panicked = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "reading the log panicked");
        Ok(reading.await.map_err(panicked)??)
    }
}

/// All records of these offsets that are still held: one read may give fewer than it was asked for.
pub(super) fn read_between(
    reader: &dyn TopicReader,
    topic: Topic,
    partition: u32,
    offsets: Range<u64>,
) -> Result<Vec<TopicRecord>, TopicReadError> {
    let mut all: Vec<TopicRecord> = Vec::new();
    let mut next = offsets.start;
    while next < offsets.end {
        let limit = usize::try_from(offsets.end - next).unwrap_or(usize::MAX);
        match reader.read(topic, partition, next, limit) {
            Ok(records) => {
                let Some(last) = records.last() else { break };
                next = last.offset + 1;
                all.extend(records.into_iter().filter(|record| record.offset < offsets.end));
            }
            // Retention took them meanwhile.
            Err(TopicReadError::OffsetGone { earliest, .. }) if earliest > next => next = earliest,
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

impl From<TopicReadError> for Problem {
    fn from(error: TopicReadError) -> Self {
        let status = match error {
            TopicReadError::UnknownPartition { .. } => StatusCode::NOT_FOUND,
            TopicReadError::OffsetGone { .. } => StatusCode::GONE,
            TopicReadError::Failed { .. } => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error.to_string())
    }
}

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    Earliest,
    /// At the last `limit` records.
    Latest,
    Offset(u64),
}

struct Page {
    records: Vec<TopicRecord>,
    next: u64,
    end: u64,
}

pub(super) async fn read(
    State(state): State<ApiState>,
    path: Result<Path<String>, PathRejection>,
    caller: Caller,
    query: Query,
) -> Result<Response, Problem> {
    query.check(&READ)?;
    let topic = topic(path)?;
    let is_moderator = caller.may_write();
    if topic.is_of_people() && !is_moderator {
        return Err(Problem::forbidden("only who may write reads this topic"));
    }
    let partition = query.number("partition", 0..=u32::MAX, 0)?;
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    let start = start(&query)?;

    let view = Arc::clone(&state.view);
    let read = state.read_log(move |reader| {
        let mut page = read_page(reader, topic, partition, start, limit)?;
        if !is_moderator {
            page.records.retain(|record| !view.hides_record(topic, &record.value));
        }
        Ok((json_lines(topic, partition, &page.records), page.next, page.end))
    });
    let (lines, next, end) = read.await?;
    let headers = [(CONTENT_TYPE, "application/x-ndjson"), (CACHE_CONTROL, "no-store")];
    Ok((headers, [(NEXT_OFFSET, next.to_string()), (END_OFFSET, end.to_string())], lines).into_response())
}

fn topic(path: Result<Path<String>, PathRejection>) -> Result<Topic, Problem> {
    let Path(name) = path.map_err(|_| Problem::bad_request("the topic in the path is not UTF-8"))?;
    name.parse().map_err(|_| {
        let names = Topic::ALL.map(Topic::name);
        Problem::not_found(format!("no topic is called {:?}", echo(&name)))
            .with_allowed(names.join(", "))
            .with_suggestion(closest(&name, names))
    })
}

fn start(query: &Query) -> Result<Start, Problem> {
    match query.text("from") {
        None | Some("latest") => Ok(Start::Latest),
        Some("earliest") => Ok(Start::Earliest),
        Some(text) => match query.number("from", 0..=u64::MAX, 0) {
            Ok(offset) => Ok(Start::Offset(offset)),
            Err(_) => Err(Problem::parameter("from", text, "earliest, latest, or an offset")),
        },
    }
}

fn read_page(
    reader: &dyn TopicReader,
    topic: Topic,
    partition: u32,
    start: Start,
    limit: usize,
) -> Result<Page, TopicReadError> {
    let bounds = reader.bounds(topic, partition)?;
    let from = match start {
        Start::Earliest => bounds.start,
        Start::Latest => bounds.end.saturating_sub(limit as u64).max(bounds.start),
        Start::Offset(asked) if asked < bounds.start => {
            return Err(TopicReadError::OffsetGone { asked, earliest: bounds.start });
        }
        Start::Offset(asked) => asked,
    };
    let mut records =
        if from < bounds.end { reader.read(topic, partition, from, limit)? } else { Vec::new() };
    records.truncate(limit);
    let next = records.last().map_or(from, |last| last.offset.saturating_add(1));
    // Records may have been appended between the two calls.
    let end = if records.is_empty() { bounds.end } else { bounds.end.max(next) };
    Ok(Page { records, next, end })
}
