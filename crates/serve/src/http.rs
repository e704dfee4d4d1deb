//! The HTTP API: what [`ApiState`] gives, as JSON. GET only, but for moderation, watchlists and sessions; errors are RFC 9457 problems.
//!
//! | path | what |
//! |---|---|
//! | `/api/v1/trends` | the newest window's trends, by rank |
//! | `/api/v1/trends/{keyword}` | one keyword: current trend, history, counts |
//! | `/api/v1/search` | keywords by a part of them, trending or not |
//! | `/api/v1/stream` | each new window and alert, as Server-Sent Events |
//! | `/api/v1/ws` | the same over a WebSocket |
//! | `/api/v1/alerts` | the newest alerts |
//! | `/api/v1/activity` | the newest windows of user activity |
//! | `/api/v1/watchlists` | each watchlist's counts in its newest windows |
//! | `/api/v1/watchlists/{name}` | one of them, with its terms and alerts; changed by PUT and DELETE |
//! | `/api/v1/status` | what the pipeline says of itself |
//! | `/api/v1/moderation`, … | what people decide about keywords |
//! | `/api/v1/session` | signs a browser in |
//! | `/api/v1/topics/{topic}` | records of the log, as JSON lines |
//! | `/api/v1/openapi.json`, `/api` | all of this, for programs and for people |
//! | `/mastodon/api/v1/trends`, `/api/v1/trends/tags` | trends as Mastodon's tags |
//! | `/xrpc/{method}`, `/.well-known/did.json` | trends as Bluesky's own; a feed generator |
//! | `/feeds/trends.atom`, `/feeds/alerts.rss`, … | for feed readers |
//! | `/health/live`, `/health/ready` | for supervisors |
//! | `/metrics` | Prometheus text |
//! | `/`, `/trend/{keyword}`, `/pipeline`, `/moderation`, `/watchlists`, `/assets/{path}` | the dashboard |
//!
//! [`router`] is the API without a socket; [`run`] serves it on one until it is told to stop. Health and metrics
//! answer also when the limit of concurrent requests is reached, so that an overload can be seen.

mod access;
mod admission;
mod answers;
mod body;
mod conditional;
mod cors;
mod cursor;
mod problem;
mod query;
mod rate;

mod dashboard;
mod health;
mod moderation;
mod openapi;
mod recent;
mod search;
mod stream;
mod topics;
mod trends;
mod watchlists;

mod bluesky_web;
mod feeds;
mod mastodon;
mod xrpc;

mod routes;
mod run;
mod status;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::sync::{Semaphore, watch};

use crate::moderation::Moderation;
use crate::view::TrendView;
use crate::watchlists::Watchlists;
pub use access::{
    Access, InvalidAccess, NewToken, Reading, Right, Settings as AccessSettings, TokenSettings, new_token,
};
use answers::Answers;
pub use cors::{InvalidOrigin, Origin, Settings as CorsSettings};
pub use health::{Readiness, Unready};
use rate::Rate;
pub use rate::{InvalidNetwork, Network, Settings as RateSettings};
pub use routes::router;
pub use run::{RunReport, run};
pub use status::{DetectorReport, IngestReport, LabelerReport, SourceReport, StatusReport, WebhookReport};
use stream::counts::CountEvents;
pub use topics::{TopicReadError, TopicReader, TopicRecord, json_lines};
pub use xrpc::{FeedGenerator, FeedGeneratorSettings, InvalidFeedGenerator};

use openapi::{Answer, ErrorShape, Operation};
use problem::Problem;
use query::Query;

/// The most records that one answer holds: `limit` of every endpoint.
pub const LIMIT_MAX: usize = 500;

/// Decisions and reports that wait to be stored, each of which holds a thread.
const DECISIONS_AT_ONCE_MAX: usize = 16;

/// Changes of watchlists that wait to be stored, each of which holds a thread and up to a megabyte.
const LIST_CHANGES_AT_ONCE_MAX: usize = 4;

/// Limits of the server. Where it listens is the program's to say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Connections open at once; more wait in the system's backlog.
    pub connections_max: usize,
    /// Followers of the stream at once.
    pub streams_max: usize,
    /// API requests worked on at once; more are answered 503. Each takes well under a millisecond, so this many at
    /// once means that something hangs.
    pub requests_max: usize,
    /// Reads of the log at once: they block a thread each.
    pub topic_reads_max: usize,
    /// After this many seconds a request is answered 503.
    pub request_timeout_secs: u64,
    /// A connection that does not complete a request's head in this many seconds is closed.
    pub header_timeout_secs: u64,
    /// Seconds that open requests get to finish after the signal to stop.
    pub shutdown_grace_secs: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections_max: 2_048,
            streams_max: 1_536,
            requests_max: 64,
            topic_reads_max: 4,
            request_timeout_secs: 10,
            header_timeout_secs: 10,
            shutdown_grace_secs: 3,
        }
    }
}

/// What the endpoints answer from. Cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    view: Arc<TrendView>,
    readiness: Arc<Readiness>,
    status: Arc<dyn Fn() -> StatusReport + Send + Sync>,
    metrics: Arc<dyn Fn() -> String + Send + Sync>,
    topics: Arc<dyn TopicReader>,
    feed_generator: Option<Arc<FeedGenerator>>,
    access: Arc<Access>,
    cors: Arc<CorsSettings>,
    rate: Arc<Rate>,
    moderation: Option<Arc<Moderation>>,
    watchlists: Option<Arc<Watchlists>>,
    settings: Arc<Settings>,
    answers: Arc<Answers>,
    count_events: Arc<CountEvents>,
    requests: Arc<Semaphore>,
    topic_reads: Arc<Semaphore>,
    /// Decisions and reports: each waits on a thread until the one before it is stored.
    decisions: Arc<Semaphore>,
    /// Changes of watchlists: each takes up to a second, one after the other.
    list_changes: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    /// Becomes true when the server is to end; streams end with it.
    stopping: Arc<watch::Sender<bool>>,
}

impl ApiState {
    /// State over the view and the log. Without the methods below it has no readiness checks, an empty status, empty
    /// metrics and no feed generator.
    pub fn new(view: Arc<TrendView>, topics: Arc<dyn TopicReader>, settings: Settings) -> Self {
        Self {
            view,
            readiness: Arc::default(),
            status: Arc::new(StatusReport::default),
            metrics: Arc::new(String::new),
            topics,
            answers: Arc::default(),
            count_events: Arc::default(),
            feed_generator: None,
            access: Arc::default(),
            cors: Arc::default(),
            rate: Arc::new(Rate::new(&RateSettings::default())),
            moderation: None,
            watchlists: None,
            requests: slots(settings.requests_max),
            streams: slots(settings.streams_max),
            stopping: Arc::default(),
            topic_reads: slots(settings.topic_reads_max),
            decisions: slots(DECISIONS_AT_ONCE_MAX),
            list_changes: slots(LIST_CHANGES_AT_ONCE_MAX),
            settings: Arc::new(settings),
        }
    }

    /// What `/health/ready` checks.
    #[must_use]
    pub fn with_readiness(mut self, readiness: Readiness) -> Self {
        self.readiness = Arc::new(readiness);
        self
    }

    /// What `/api/v1/status` answers. Called on each request; must not block.
    #[must_use]
    pub fn with_status(mut self, status: impl Fn() -> StatusReport + Send + Sync + 'static) -> Self {
        self.status = Arc::new(status);
        self
    }

    /// Renders `/metrics` as Prometheus text. Called on each request; must not block.
    #[must_use]
    pub fn with_metrics(mut self, render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.metrics = Arc::new(render);
        self
    }

    /// What it serves as a feed generator of Bluesky; none: it is no feed generator.
    #[must_use]
    pub fn with_feed_generator(mut self, generator: Option<FeedGenerator>) -> Self {
        self.feed_generator = generator.map(Arc::new);
        self
    }

    /// Who may do what; without it, everybody may read, and nobody write.
    #[must_use]
    pub fn with_access(mut self, access: Access) -> Self {
        self.access = Arc::new(access);
        self
    }

    /// Which other origins' pages may read; without it, none.
    #[must_use]
    pub fn with_cors(mut self, settings: CorsSettings) -> Self {
        self.cors = Arc::new(settings);
        self
    }

    /// How much each client may ask; without it, the default.
    #[must_use]
    pub fn with_rate(mut self, settings: &RateSettings) -> Self {
        self.rate = Arc::new(Rate::new(settings));
        self
    }

    /// What is decided about keywords, of the same view; without it, nothing can be.
    #[must_use]
    pub fn with_moderation(mut self, moderation: Arc<Moderation>) -> Self {
        self.moderation = Some(moderation);
        self
    }

    /// The watchlists there are; without it, there are those that are counted, and none can be changed.
    #[must_use]
    pub fn with_watchlists(mut self, watchlists: Arc<Watchlists>) -> Self {
        self.watchlists = Some(watchlists);
        self
    }

    fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.settings.request_timeout_secs)
    }
}

/// At most as many as tokio can count, which is more than there can be.
fn slots(max: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS)))
}

const METRICS: Operation = Operation {
    path: "/metrics",
    id: "getMetrics",
    tag: "operation",
    summary: "Prometheus text",
    description: "Each metric is in the documentation's list of metrics.",
    answers: &[Answer { example: None, ..Answer::text("text/plain", "Text format 0.0.4.", "") }],
    error_shape: ErrorShape::None,
    ask: "/metrics",
    ..Operation::GET
};

async fn metrics(State(state): State<ApiState>) -> Response {
    let headers = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    (headers, (state.metrics)()).into_response()
}
