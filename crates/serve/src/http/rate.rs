//! How much each client may ask: a token bucket of requests, and a number of streams at once.
//!
//! A client is a token, else an address (an IPv6 network of 64 bits, which is what one customer has). Who asks from this
//! machine itself, without a proxy between, is not limited: they could do worse than ask. What supervisors ask (health,
//! metrics) doesn't come by here.
//!
//! The buckets are our own: a keyed store that grows with each address would be a way to fill our memory.

mod buckets;
mod client;
mod network;
mod streams;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::time::Instant;

use super::access::Caller;
use super::{ApiState, Problem};
use crate::metrics::{self, Limit};
use buckets::Buckets;
pub(super) use client::Client;
pub use network::{InvalidNetwork, Network};
pub(super) use streams::StreamPlace;
use streams::Streams;

/// What is left of what a client may ask, and how much that is
/// (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>).
pub(super) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(super) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Section `serve.rate`: limits of each client.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Requests a second in the long run; 0: no limit.
    pub requests_per_second: u32,
    /// Requests at once by a client that was quiet before; at least 1.
    pub burst: u32,
    /// Streams at once, Server-Sent Events and `WebSockets` together; 0: no limit but `streams_max` of all.
    pub streams_per_client_max: usize,
    /// Clients remembered, at most; those not seen for the longest time are forgotten.
    pub clients_max: usize,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // A dashboard asks a few times a minute, a script in a loop hundreds of times a second.
            requests_per_second: 50,
            burst: 200,
            streams_per_client_max: 32,
            clients_max: 65_536,
            trusted_proxies: Vec::new(),
        }
    }
}

/// What clients have asked for.
pub(super) struct Rate {
    trusted_proxies: Vec<Network>,
    /// None: no limit.
    requests: Option<Requests>,
    reports: Buckets,
    changes: Buckets,
    streams: Arc<Streams>,
    started: Instant,
}

struct Requests {
    buckets: Buckets,
    policy: HeaderValue,
}

/// Reports of keywords in the long run, of each client: they wait for a person, and a person makes few.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);
/// Reports at once by a client that was quiet before.
const REPORTS_BURST: u32 = 20;
/// Clients whose reports are remembered.
const REPORTERS_MAX: usize = 16_384;

/// Changes of watchlists in the long run, of each token: each is kept for ten years, and may have most of a megabyte.
const CHANGE_INTERVAL: Duration = Duration::from_secs(60);
/// Changes at once: every list there can be, twice.
const CHANGES_BURST: u32 = 200;
/// Tokens whose changes are remembered.
const CHANGERS_MAX: usize = 1_024;

impl Rate {
    pub(super) fn new(settings: &Settings) -> Self {
        let requests = (settings.requests_per_second > 0).then(|| {
            let burst = settings.burst.max(1);
            let full_after_secs = burst.div_ceil(settings.requests_per_second);
            let policy = format!("\"client\";q={burst};w={full_after_secs}");
            Requests {
                buckets: Buckets::new(
                    Duration::from_secs(1) / settings.requests_per_second,
                    burst,
                    settings.clients_max,
                ),
                policy: policy.parse().expect("digits and fixed words are a header value"),
            }
        });
        Self {
            trusted_proxies: settings.trusted_proxies.clone(),
            requests,
            reports: Buckets::new(REPORT_INTERVAL, REPORTS_BURST, REPORTERS_MAX),
            changes: Buckets::new(CHANGE_INTERVAL, CHANGES_BURST, CHANGERS_MAX),
            started: Instant::now(),
            streams: Arc::new(Streams::new(settings.streams_per_client_max)),
        }
    }

    /// Who asks; none: somebody who is not limited.
    fn client(&self, request: &Request) -> Option<Client> {
        // Without a socket there is nobody to limit.
        let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
        let address = client::address(peer.ip(), request.headers(), &self.trusted_proxies)?;
        match request.extensions().get::<Arc<Caller>>().map(AsRef::as_ref) {
            Some(Caller::Token { name, .. }) => Some(Client::Token(Arc::clone(name))),
            _ => Some(Client::of(address)),
        }
    }

    /// Whether this client may report one more keyword.
    pub(super) fn report(&self, client: Option<&Client>) -> Result<(), Problem> {
        let Some(client) = client else { return Ok(()) };
        self.reports.take(client, self.started.elapsed()).map(|_| ()).map_err(|wait| {
            metrics::record_limited(Limit::Reports);
            Problem::too_many("this client reports too much", wait.as_secs() + 1)
        })
    }

    /// Whether the token of this name may change one more watchlist, wherever it is used.
    pub(super) fn change(&self, token: &Arc<str>) -> Result<(), Problem> {
        let client = Client::Token(Arc::clone(token));
        self.changes.take(&client, self.started.elapsed()).map(|_| ()).map_err(|wait| {
            metrics::record_limited(Limit::Changes);
            Problem::too_many("this token changes watchlists too often", wait.as_secs() + 1)
        })
    }

    /// A place among the streams of this client, given back when it is dropped.
    pub(super) fn stream_place(&self, client: Option<&Client>) -> Result<StreamPlace, Problem> {
        self.streams.enter(client).ok_or_else(|| {
            metrics::record_limited(Limit::Streams);
            // A stream lasts: to ask again at once makes no sense.
            Problem::too_many("too many streams of this client at once", 10)
        })
    }
}

/// Answers 429 to a client that asks too often, and tells the others how much is left.
pub(super) async fn limit(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let Some(client) = state.rate.client(&request) else { return next.run(request).await };
    let Some(requests) = &state.rate.requests else {
        request.extensions_mut().insert(client);
        return next.run(request).await;
    };
    let taken = requests.buckets.take(&client, state.rate.started.elapsed());
    let (mut response, left) = match taken {
        Ok(left) => {
            request.extensions_mut().insert(client);
            (next.run(request).await, left)
        }
        Err(wait) => {
            metrics::record_limited(Limit::Requests);
            // The field has whole seconds, and one too early would be refused again.
            let seconds = wait.as_secs() + 1;
            (Problem::too_many("this client asks too often", seconds).into_response(), 0)
        }
    };
    let left = format!("\"client\";r={left}");
    let headers = response.headers_mut();
    headers.insert(RATE_LIMIT, left.parse().expect("digits and fixed words are a header value"));
    headers.insert(RATE_LIMIT_POLICY, requests.policy.clone());
    response
}
