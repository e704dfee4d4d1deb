//! Where the client asks each server to begin.

use skytrend_event::Micros;
use skytrend_source::bluesky::cursor::{Because, Cursor, Request};
use skytrend_source::bluesky::settings::{FirstStart, FutureCursor};
use skytrend_source::bluesky::status::Ending;
use skytrend_source::bluesky::{ClientError, Command, Protocol, Settings};
use tokio_tungstenite::tungstenite::Message;

use serde_json::json;

use crate::build;
use crate::harness::{Client, T0, event, event_text, frame, line, position, settings};
use crate::server::{Act, Server, Then, refusal};

const V2: &str = "/xrpc/network.bsky.jetstream.subscribeEvents";
const FIREHOSE: &str = "/xrpc/com.atproto.sync.subscribeRepos";

#[tokio::test]
async fn v2_goes_on_from_the_last_number_with_its_subprotocol() {
    let first = Act::Serve(vec![event(5), event(6), event(8)], Then::Drop);
    let mut server = Server::start(vec![first, Act::Serve(vec![event(8)], Then::Hold)]).await;
    let mut client = Client::start(settings(Protocol::JetstreamV2, &[server.url()]), None);
    let request = server.request().await;
    assert!(
        request.starts_with(&format!("GET {V2}?collections=app.bsky.feed.post HTTP/1.1\r\n")),
        "{request}"
    );
    assert!(request.contains("Sec-WebSocket-Protocol: xrpc.v1.json\r\n"), "{request}");
    assert!(request.contains("User-Agent: skytrend/"), "{request}");
    assert_eq!(client.connected().await, Request { cursor: Cursor::Live, because: Because::FirstStart });
    assert_eq!(client.message().await, (event_text(5).into_bytes(), false));
    assert!(matches!(client.ending().await, Ending::Network { .. } | Ending::Closed { .. }));
    assert_eq!(server.path().await, format!("{V2}?cursor=8&collections=app.bsky.feed.post"));
    assert_eq!(client.connected().await, Request { cursor: Cursor::Seq(8), because: Because::Resume });
    client.message().await;
    client.stop().await;
}

#[tokio::test]
async fn v1_goes_on_some_seconds_before_the_last_line_whatever_one_broken_clock_says() {
    let lines = vec![line(T0), line(T0 + 2), line(T0 + 1), line(T0 + 86_400_000_000)];
    let mut server = Server::start(vec![Act::Serve(lines, Then::Drop), Act::Serve(vec![], Then::Hold)]).await;
    let client = Client::start(settings(Protocol::JetstreamV1, &[server.url()]), None);
    assert_eq!(server.path().await, "/subscribe?wantedCollections=app.bsky.feed.post");
    let cursor = T0 + 2 - 5_000_000;
    assert_eq!(
        server.path().await,
        format!("/subscribe?cursor={cursor}&wantedCollections=app.bsky.feed.post")
    );
    client.stop().await;
}

#[tokio::test]
async fn a_checkpoint_is_gone_on_from_on_its_own_host() {
    let other = Server::start(vec![]).await;
    let mut server = Server::start(vec![Act::Serve(vec![], Then::Hold)]).await;
    let start = position(&server.url(), Some(77));
    let client = Client::start(settings(Protocol::Firehose, &[other.url(), server.url()]), Some(start));
    assert_eq!(server.path().await, format!("{FIREHOSE}?cursor=77"));
    client.stop().await;
}

#[tokio::test]
async fn a_first_start_may_ask_for_everything() {
    let mut server = Server::start(vec![Act::Serve(vec![frame(1)], Then::Hold)]).await;
    let settings =
        Settings { first_start: FirstStart::Oldest, ..settings(Protocol::Firehose, &[server.url()]) };
    let client = Client::start(settings, None);
    assert_eq!(server.path().await, format!("{FIREHOSE}?cursor=0"));
    client.stop().await;
}

#[tokio::test]
async fn a_cursor_too_old_is_asked_for_by_time_and_then_not_at_all() {
    let too_old =
        || refusal("400 Bad Request", "", r#"{"error":"CursorTooOld","message":"the floor is 900"}"#);
    let script = vec![too_old(), too_old(), Act::Serve(vec![event(1_000)], Then::Hold)];
    let mut server = Server::start(script).await;
    let start = position(&server.url(), Some(5));
    let mut client = Client::start(settings(Protocol::JetstreamV2, &[server.url()]), Some(start));
    assert!(server.path().await.contains("?cursor=5&"));
    assert!(server.path().await.contains(&format!("?cursor={}&", T0 - 5_000_000)));
    assert!(!server.path().await.contains("cursor="));
    assert_eq!(client.connected().await, Request { cursor: Cursor::Live, because: Because::CursorTooOld });
    client.stop().await;
}

fn future_cursor() -> Act {
    let error = build::frame(&json!({"op": -1}), &json!({"error": "FutureCursor", "message": "x"}));
    Act::Serve(vec![Message::binary(error)], Then::Drop)
}

#[tokio::test]
async fn a_restarted_sequence_is_read_from_its_oldest_message() {
    let mut server = Server::start(vec![future_cursor(), Act::Serve(vec![frame(1)], Then::Hold)]).await;
    let start = position(&server.url(), Some(77));
    let mut client = Client::start(settings(Protocol::Firehose, &[server.url()]), Some(start));
    assert_eq!(server.path().await, format!("{FIREHOSE}?cursor=77"));
    assert_eq!(server.path().await, format!("{FIREHOSE}?cursor=0"));
    client.connected().await;
    client.ending().await;
    assert_eq!(client.connected().await, Request { cursor: Cursor::Oldest, because: Because::FutureCursor });
    client.stop().await;
}

#[tokio::test]
async fn a_restarted_sequence_stops_the_client_if_the_settings_say_so() {
    let server = Server::start(vec![future_cursor()]).await;
    let start = position(&server.url(), Some(77));
    let settings =
        Settings { future_cursor: FutureCursor::Stop, ..settings(Protocol::Firehose, &[server.url()]) };
    let result = Client::start(settings, Some(start)).result().await;
    assert!(matches!(result, Err(ClientError::FutureCursor { .. })), "{result:?}");
}

#[tokio::test]
async fn the_pipeline_can_ask_for_another_position() {
    let script = vec![Act::Serve(vec![frame(7), frame(8)], Then::Hold), Act::Serve(vec![], Then::Hold)];
    let mut server = Server::start(script).await;
    let url = server.url();
    let mut client = Client::start(settings(Protocol::Firehose, std::slice::from_ref(&url)), None);
    server.path().await;
    client.connected().await;
    client.message().await;
    let position = position(&url, Some(3));
    client.commands.send(Command::Reconnect(Some(position))).await.unwrap();
    assert_eq!(client.ending().await, Ending::Commanded);
    assert_eq!(server.path().await, format!("{FIREHOSE}?cursor=3"));
    let resumed = Request { cursor: Cursor::Seq(3), because: Because::Resume };
    assert_eq!(client.connected().await, resumed);
    client.stop().await;
}

#[tokio::test]
async fn another_host_is_asked_by_time() {
    let first = Server::start(vec![Act::Serve(vec![event(5)], Then::Drop)]).await;
    let mut second = Server::start(vec![Act::Serve(vec![event(900)], Then::Hold)]).await;
    let mut client = Client::start(settings(Protocol::JetstreamV2, &[first.url(), second.url()]), None);
    assert!(second.path().await.contains(&format!("?cursor={}&", T0 - 5_000_000)));
    client.connected().await;
    client.ending().await;
    let cursor = Cursor::Time(Micros(T0 - 5_000_000));
    assert_eq!(client.connected().await, Request { cursor, because: Because::OtherHost });
    client.stop().await;
}
