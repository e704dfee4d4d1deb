//! `/api/v1/ws`: the stream over a WebSocket, for clients that have no Server-Sent Events.
//!
//! Each event is one text frame, `{"event": …, "id": …, "data": …}`. The client has nothing to say: its frames are
//! short, and one with data ends the connection. A ping goes out at the pace of the stream's comments; who has not
//! answered one when the next is due is gone.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tracing::debug;

use super::follower::{Follower, Told, is_id};
use super::upgrade::{Afterwards, accept};
use super::{EVENTS, KEEP_ALIVE, kinds};
use crate::http::access::Caller;
use crate::http::openapi::{Answer, Operation, Parameter, Values};
use crate::http::rate::StreamPlace;
use crate::http::trends::{LANGUAGE, LIMIT, ListQuery, WINDOW};
use crate::http::{ApiState, Problem, Query};
use crate::metrics;

/// Bytes of a client's frame: a control frame has at most 125, and others are refused.
const FRAME_BYTES_MAX: usize = 1_024;

/// What reading holds of what the client sent.
const READ_BUFFER_BYTES: usize = 4 * 1_024;

/// Who takes no byte of an event for so long is gone: the longest event is sent in a second over a slow line.
const SEND_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a client may take to say goodbye; the grace of the server's end is longer.
const GOODBYE: Duration = Duration::from_secs(1);

/// A place among all streams, and among those of the client.
type Slot = (OwnedSemaphorePermit, StreamPlace);

type Socket = WebSocketStream<TokioIo<Upgraded>>;

pub(in crate::http) const CONVERSE: Operation = Operation {
    path: "/api/v1/ws",
    id: "openWebSocket",
    tag: "push",
    summary: "The stream over a WebSocket",
    description: "The same events as `/api/v1/stream`, each a text frame: \
                  `{\"event\": \"trends\", \"id\": \"…\", \"data\": {…}}`. A ping comes every 15 seconds. The client sends \
                  no data: that closes the connection with code 1008. The server's end is code 1001.",
    parameters: &[
        WINDOW,
        LIMIT,
        LANGUAGE,
        EVENTS,
        Parameter::query(
            "last_event_id",
            Values::Text("^[0-9]{1,18}\\.[0-9]{1,18}$"),
            "The `id` of the last event seen: what came since is told.",
        ),
    ],
    answers: &[Answer::empty(101, "The connection changes over.")],
    errors: &[
        (
            403,
            "A page of another origin asks (`Origin` names another host than `Host`), and the settings don't allow it.",
        ),
        (426, "The request doesn't ask to change over to WebSocket, version 13."),
    ],
    ask: "/api/v1/ws?limit=1&language=en",
    ..Operation::GET
};

pub(in crate::http) async fn converse(
    State(state): State<ApiState>,
    query: Query,
    mut request: Request,
) -> Result<Response, Problem> {
    query.check(&CONVERSE)?;
    let (kinds, asked) = (kinds(&query)?, ListQuery::read(&query)?);
    let last = query.text("last_event_id");
    if let Some(id) = last.filter(|id| !is_id(id)) {
        return Err(Problem::parameter("last_event_id", id, "the id of an event"));
    }
    let caller = request.extensions().get::<Arc<Caller>>();
    // A browser sends the cookie by itself, whatever page asks; only our own may read with it.
    let others_may = state.cors.allow(request.headers()) && !state.access.reads_by_cookie(caller);
    let accepted = accept(request.headers(), others_may)?;
    let busy = |_| Problem::unavailable("too many streams at once");
    let place = state.rate.stream_place(request.extensions().get())?;
    let slot = (Arc::clone(&state.streams).try_acquire_owned().map_err(busy)?, place);
    let changing = request.extensions_mut().remove::<OnUpgrade>();
    let (Some(changing), Some(afterwards)) = (changing, request.extensions().get::<Afterwards>()) else {
        return Err(Problem::bad_request("this connection can't change over"));
    };
    let follower = Follower::new(&state, asked, kinds, last);
    afterwards.put(follow(changing, follower, slot));
    Ok(accepted)
}

async fn follow(changing: OnUpgrade, mut follower: Follower, _slot: Slot) {
    let _open = metrics::StreamOpen::new();
    let Ok(upgraded) = changing.await else { return };
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_frame_size(Some(FRAME_BYTES_MAX))
        .max_message_size(Some(FRAME_BYTES_MAX));
    let mut socket =
        WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
    if let Some((code, reason)) = tell(&mut socket, &mut follower).await {
        close(&mut socket, code, reason).await;
    }
}

/// Tells what comes; returns how to close, or nothing where the client is gone.
async fn tell(socket: &mut Socket, follower: &mut Follower) -> Option<(CloseCode, &'static str)> {
    let mut next_ping = Instant::now() + KEEP_ALIVE;
    let mut is_heard = true;
    loop {
        tokio::select! {
            told = follower.next() => match told {
                Some(told) => send(socket, Message::text(frame(&told))).await?,
                None => return Some((CloseCode::Away, "the server ends")),
            },
            received = socket.next() => match received? {
                Ok(Message::Text(_) | Message::Binary(_)) => {
                    return Some((CloseCode::Policy, "this connection takes no messages"));
                }
                // The library answers pings and goodbyes itself.
                Ok(_) => is_heard = true,
                Err(reason) => {
                    debug!(%reason, "a WebSocket ended early");
                    return None;
                }
            },
            () = tokio::time::sleep_until(next_ping) => {
                if !is_heard {
                    return None;
                }
                is_heard = false;
                next_ping = Instant::now() + KEEP_ALIVE;
                send(socket, Message::Ping(Bytes::new())).await?;
            }
        }
    }
}

/// None where the client is gone, or takes nothing.
async fn send(socket: &mut Socket, message: Message) -> Option<()> {
    timeout(SEND_TIMEOUT, socket.send(message)).await.ok()?.ok()
}

fn frame(told: &Told) -> String {
    // The id is digits and a dot, and the data JSON already.
    let data = String::from_utf8_lossy(&told.json);
    format!("{{\"event\":\"{}\",\"id\":\"{}\",\"data\":{data}}}", told.kind, told.id)
}

/// Says goodbye, and waits a moment for the answer.
async fn close(socket: &mut Socket, code: CloseCode, reason: &'static str) {
    let goodbye = async {
        let frame = CloseFrame { code, reason: reason.into() };
        if socket.close(Some(frame)).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    let _ = timeout(GOODBYE, goodbye).await;
}
