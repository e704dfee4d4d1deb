//! The stream of trends and alerts.

use std::time::Duration;

use axum::body::BodyDataStream;
use futures_util::StreamExt;

use super::*;

/// A client's end of the stream.
struct Client {
    body: BodyDataStream,
    text: String,
}

impl Client {
    async fn connect(state: &ApiState, path: &str, last_event_id: Option<&str>) -> Self {
        let mut request = Request::get(path);
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let request = request.body(Body::empty()).expect("a path");
        let response = router(state.clone()).oneshot(request).await.expect("the router is infallible");
        assert_eq!(
            (response.status(), &response.headers()["content-type"]),
            (StatusCode::OK, &"text/event-stream".parse().expect("a value"))
        );
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event: its kind, id and data. None at the end of the stream.
    async fn next(&mut self) -> Option<(String, String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let Some(kind) = field("event: ") else { continue };
                let data = serde_json::from_str(&field("data: ")?).expect("JSON in one line");
                return Some((kind, field("id: ")?, data));
            }
            let chunk =
                tokio::time::timeout(Duration::from_secs(5), self.body.next()).await.expect("an event")?;
            self.text.push_str(std::str::from_utf8(&chunk.expect("no error")).expect("whole characters"));
        }
    }

    /// Nothing more comes for now.
    async fn is_quiet(&mut self) -> bool {
        self.text.is_empty()
            && tokio::time::timeout(Duration::from_millis(50), self.body.next()).await.is_err()
    }
}

#[tokio::test]
async fn what_is_new_is_told_once_and_alerts_before_the_trends() {
    let state = state();
    let mut client = Client::connect(&state, "/api/v1/stream?language=pt", None).await;
    let (kind, _, data) = client.next().await.expect("what is there now");
    assert_eq!(
        (kind.as_str(), column(&data["trends"], "keyword")),
        ("trends", vec![json!("#Eleições"), json!("golo")])
    );
    assert!(client.is_quiet().await, "earlier alerts are for /api/v1/alerts");

    state.view.publish();
    assert!(client.is_quiet().await, "nothing has changed");
    state.view.apply_alert(alert("storm", AlertKind::Started, 11));
    state.view.apply_trend(trend("quake", 1, 11));
    state.view.publish();
    let (kind, _, data) = client.next().await.expect("an alert");
    assert_eq!((kind.as_str(), &data["keyword"]), ("alert", &json!("storm")));
    let (kind, id, data) = client.next().await.expect("the new window");
    assert_eq!((kind.as_str(), &data["window_end"]), ("trends", &json!(at(11).0)));
    assert_eq!(id, format!("{0}.{0}", at(11).0));
    assert!(client.is_quiet().await);
}

#[tokio::test]
async fn who_comes_back_misses_no_alert_and_gets_no_window_again() {
    let state = state();
    let id = format!("{}.{}", at(10).0, at(8).0);
    let mut client = Client::connect(&state, "/api/v1/stream", Some(&id)).await;
    let mut told = Vec::new();
    for _ in 0..2 {
        let (kind, _, data) = client.next().await.expect("an alert");
        assert_eq!(kind, "alert");
        told.push(data["window_end"].clone());
    }
    assert_eq!(told, [at(8).0, at(9).0], "that of the last window may have been missed");
    assert!(client.is_quiet().await);

    let mut other = Client::connect(&state, "/api/v1/stream", Some("nonsense")).await;
    assert_eq!(other.next().await.expect("a new client's first event").0, "trends");
}

#[tokio::test]
async fn who_is_slow_gets_the_newest_window() {
    let state = state();
    let mut client = Client::connect(&state, "/api/v1/stream", None).await;
    client.next().await.expect("what is there now");
    for minute in 11..=20 {
        state.view.apply_trend(trend("quake", 1, minute));
        state.view.publish();
    }
    let (_, _, data) = client.next().await.expect("the newest window");
    assert_eq!(data["window_end"], at(20).0);
    assert!(client.is_quiet().await);
}

#[tokio::test]
async fn streams_are_limited_and_end_with_the_server() {
    let few = ApiState { streams: slots(1), ..state() };
    let mut client = Client::connect(&few, "/api/v1/stream", None).await;
    let (status, _, _) = get_text(few.clone(), "/api/v1/stream").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    client.next().await.expect("what is there now");
    few.stopping.send_replace(true);
    assert!(client.next().await.is_none());
    drop(client);
    assert_eq!(few.streams.available_permits(), 1);
}
