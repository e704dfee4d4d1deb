//! `/api/v1/stream`: each new window and alert as a Server-Sent Event, as soon as it is published.
//!
//! A follower is given what is newest when it is ready for more: whoever is slow skips windows, and holds up nobody.
//! Alerts are not skipped while the view holds them. Live counts are for those who ask for them. The id of an event says how far both have come, and whoever comes
//! back with it goes on from there; an alert of the last window may then come a second time, its natural key tells.

mod follower;

pub(super) mod counts;
pub(super) mod socket;
pub(super) mod upgrade;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;

use super::openapi::{Answer, Operation, Parameter, Values, example};
use super::rate::Client;
use super::trends::{LANGUAGE, LIMIT, ListQuery, WINDOW};
use super::{ApiState, Problem, Query};
use crate::metrics;
use follower::{Follower, Kinds, Told};

/// A comment is sent when nothing else was for so long, so that both sides learn of a dead connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What a browser waits before it connects again, in milliseconds; the first thing that is sent.
const RETRY: &[u8] = b"retry: 2000\n\n";

/// Where a follower comes back to: `<end of the window of trends>.<end of the newest alert's window>`.
pub(super) const LAST_EVENT_ID: &str = "last-event-id";

pub(super) const FOLLOW: Operation = Operation {
    path: "/api/v1/stream",
    id: "followStream",
    tag: "push",
    summary: "Each new window and alert, as Server-Sent Events",
    description: "`trends` with the same answer as `/api/v1/trends`, at once and whenever a window is published; `alert` \
                  with a record of `/api/v1/alerts`, oldest first, as they happen. A comment comes when nothing else \
                  has for 15 seconds. Who is slow skips windows, never alerts. It does not end by itself.\n\n\
                  With `events=live` or `counts` there is a third event, `counts`, about twice a second: \
                  `{\"window\": \"sliding\", \"window_end\": …, \"posts\": {…}, \"watchlists\": {…}}`. `posts` says by \
                  `topic_id` how many posts with the trend's `keyword` have come since `window_end`, which is that of \
                  the newest `trends`; `watchlists` the same by name for all terms of a list. What is not in it has \
                  none. These counts are provisional: the next window has what is right.",
    parameters: &[
        WINDOW,
        LIMIT,
        LANGUAGE,
        EVENTS,
        Parameter::header(
            "Last-Event-ID",
            "The `id` of the last event seen: what came since is told. What can't be read as one is passed over.",
        ),
    ],
    answers: &[Answer::text(
        "text/event-stream",
        "Events without end, as a browser's `EventSource` reads them.",
        example!("followStream.txt"),
    )],
    ask: "/api/v1/stream?limit=1&language=en",
    ..Operation::GET
};

/// What is told.
pub(super) const EVENTS: Parameter = Parameter::query(
    "events",
    Values::Choice(&["all", "trends", "alerts", "live", "counts"]),
    "Which events are told; `all` are trends and alerts, `live` these and counts.",
);

pub(super) async fn follow(
    State(state): State<ApiState>,
    client: Option<Extension<Client>>,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, Problem> {
    query.check(&FOLLOW)?;
    let kinds = kinds(&query)?;
    let asked = ListQuery::read(&query)?;
    let busy = |_| Problem::unavailable("too many streams at once");
    let place = state.rate.stream_place(client.as_deref())?;
    let slot = (Arc::clone(&state.streams).try_acquire_owned().map_err(busy)?, place);
    let last = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok());
    let follower = Follower::new(&state, asked, kinds, last);
    let events =
        stream::unfold((follower, slot, metrics::StreamOpen::new()), async |(mut follower, slot, open)| {
            let pieces = match tokio::time::timeout(KEEP_ALIVE, follower.next()).await {
                Ok(told) => event(told?),
                Err(_elapsed) => [Bytes::from_static(b":"), Bytes::new(), Bytes::from_static(b"\n\n")],
            };
            let pieces = pieces.into_iter().filter(|piece| !piece.is_empty()).map(Ok::<_, Infallible>);
            Some((stream::iter(pieces), (follower, slot, open)))
        });
    let events = futures_util::StreamExt::flatten(events);
    let first = stream::once(async { Ok(Bytes::from_static(RETRY)) });
    let body = Body::from_stream(futures_util::StreamExt::chain(first, Box::pin(events)));
    // Proxies that buffer would hold events back.
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")];
    Ok((headers, [("x-accel-buffering", "no")], body).into_response())
}

/// In three pieces, so that a list, which is most of it, is shared by all who follow it.
fn event(told: Told) -> [Bytes; 3] {
    let head = format!("event: {}\nid: {}\ndata: ", told.kind, told.id);
    [head.into(), told.json, Bytes::from_static(b"\n\n")]
}

fn kinds(query: &Query) -> Result<Kinds, Problem> {
    let (all, none) = (Kinds { trends: true, alerts: true, counts: false }, Kinds::default());
    let choices = [
        ("all", all),
        ("trends", Kinds { trends: true, ..none }),
        ("alerts", Kinds { alerts: true, ..none }),
        ("live", Kinds { counts: true, ..all }),
        ("counts", Kinds { counts: true, ..none }),
    ];
    query.choice("events", choices)
}
