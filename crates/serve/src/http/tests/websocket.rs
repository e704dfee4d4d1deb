//! The stream over a WebSocket, on a real socket, with another library's end as the client.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::socket::{Server, start};
use super::*;

type Client = WebSocketStream<TcpStream>;

/// Far above what anything here takes, so that only what never comes fails.
const PATIENCE: Duration = Duration::from_secs(60);

async fn connect(server: &Server, query: &str, origin: Option<&str>) -> Result<Client, Error> {
    let address = format!("ws://{}/api/v1/ws{query}", server.address);
    let mut request = address.into_client_request().expect("an address");
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().expect("a value"));
    }
    let stream = TcpStream::connect(server.address).await.expect("it listens");
    client_async(request, stream).await.map(|(client, _)| client)
}

/// Status and problem of a refusal.
async fn refusal(server: &Server, query: &str, origin: Option<&str>) -> StatusCode {
    match connect(server, query, origin).await {
        Err(Error::Http(response)) => response.status(),
        other => panic!("{query} was not refused: {:?}", other.map(|_| "connected")),
    }
}

async fn next(client: &mut Client) -> Message {
    let message = tokio::time::timeout(PATIENCE, client.next()).await.expect("something comes");
    message.expect("it is not the end").expect("it is valid")
}

/// The next event: its kind, id and data.
async fn event(client: &mut Client) -> (String, String, Value) {
    loop {
        let Message::Text(text) = next(client).await else { continue };
        let mut event: Value = serde_json::from_str(&text).expect("JSON");
        let field = |name: &str| event[name].as_str().expect("a text").to_owned();
        return (field("event"), field("id"), event["data"].take());
    }
}

/// The code with which the server closes.
async fn closed(client: &mut Client) -> CloseCode {
    loop {
        if let Message::Close(frame) = next(client).await {
            return frame.expect("a reason").code;
        }
    }
}

#[tokio::test]
async fn events_come_as_on_the_stream_and_the_end_has_a_code() {
    let state = state();
    let server = start(state.clone(), Settings::default()).await;
    let mut client = connect(&server, "?language=pt", None).await.expect("it is let in");
    let (kind, _, data) = event(&mut client).await;
    assert_eq!(
        (kind.as_str(), column(&data["trends"], "keyword")),
        ("trends", vec![json!("#Eleições"), json!("golo")])
    );
    state.view.apply_alert(alert("storm", AlertKind::Started, 11));
    state.view.apply_trend(trend("quake", 1, 11));
    state.view.publish();
    let (kind, _, data) = event(&mut client).await;
    assert_eq!((kind.as_str(), &data["keyword"]), ("alert", &json!("storm")));
    let (kind, id, data) = event(&mut client).await;
    assert_eq!((kind.as_str(), &data["window_end"]), ("trends", &json!(at(11).0)));
    assert_eq!(id, format!("{0}.{0}", at(11).0));

    let (report, code) = tokio::join!(server.stop(), closed(&mut client));
    assert_eq!((report, code), (RunReport { connections_cut: 0 }, CloseCode::Away));
    assert_eq!(state.streams.available_permits(), Settings::default().streams_max);
}

#[tokio::test]
async fn who_comes_back_goes_on_from_there() {
    let server = start(state(), Settings::default()).await;
    let query = format!("?last_event_id={}.{}", at(10).0, at(8).0);
    let mut client = connect(&server, &query, None).await.expect("it is let in");
    for expected in [at(8), at(9)] {
        let (kind, _, data) = event(&mut client).await;
        assert_eq!((kind.as_str(), &data["window_end"]), ("alert", &json!(expected.0)));
    }
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn pings_are_answered_and_data_is_refused() {
    let state = state();
    let server = start(state.clone(), Settings::default()).await;
    let mut client = connect(&server, "?events=alerts", None).await.expect("it is let in");
    client.send(Message::Ping(b"there?"[..].into())).await.expect("it reads");
    assert_eq!(next(&mut client).await, Message::Pong(b"there?"[..].into()));
    client.send(Message::text("hello")).await.expect("it reads");
    assert_eq!(closed(&mut client).await, CloseCode::Policy);

    // More than it reads is cut, and nobody else is held up.
    let mut flood = connect(&server, "?events=alerts", None).await.expect("it is let in");
    let _ = flood.send(Message::binary(vec![0; 1 << 20])).await;
    let ended = async { while let Some(Ok(_)) = flood.next().await {} };
    tokio::time::timeout(PATIENCE, ended).await.expect("it is cut");
    assert!(connect(&server, "", None).await.is_ok());
    server.stop().await;
}

#[tokio::test]
async fn what_may_not_change_over_is_told_why() {
    let state = ApiState { streams: slots(1), ..state() };
    let server = start(state, Settings::default()).await;
    for (query, status) in [("?last_event_id=nonsense", 400), ("?limt=1", 400), ("?window=hourly", 400)] {
        assert_eq!(refusal(&server, query, None).await.as_u16(), status, "{query}");
    }
    assert_eq!(refusal(&server, "", Some("http://evil.example")).await, StatusCode::FORBIDDEN);
    let own = format!("http://{}", server.address);
    let client = connect(&server, "", Some(&own)).await.expect("a page of this server is let in");
    assert_eq!(refusal(&server, "", None).await, StatusCode::SERVICE_UNAVAILABLE, "there is one place");
    drop(client);
    server.stop().await;

    let page = "https://news.example";
    let cors = CorsSettings { origins: vec![page.parse().expect("an origin")] };
    let server = start(super::state().with_cors(cors), Settings::default()).await;
    assert!(connect(&server, "", Some(page)).await.is_ok(), "the settings allow this page");
    assert_eq!(refusal(&server, "", Some("http://evil.example")).await, StatusCode::FORBIDDEN);
    server.stop().await;

    let (status, headers, _) = get_text(super::state(), "/api/v1/ws").await;
    assert_eq!((status, headers["upgrade"].as_bytes()), (StatusCode::UPGRADE_REQUIRED, &b"websocket"[..]));
}

#[tokio::test]
async fn who_leaves_frees_the_place() {
    let state = ApiState { streams: slots(1), ..state() };
    let server = start(state.clone(), Settings::default()).await;
    let mut client = connect(&server, "", None).await.expect("it is let in");
    client.close(None).await.expect("it reads");
    while let Some(Ok(_)) = client.next().await {}
    let freed = tokio::time::timeout(PATIENCE, state.streams.acquire()).await;
    assert!(freed.is_ok_and(|permit| permit.is_ok()));
    server.stop().await;
}
