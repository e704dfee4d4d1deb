//! Live counts on the stream and over the WebSocket, on real sockets.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::moderation::Hidden;
use super::socket::{Server, start};
use super::*;
use crate::KeywordKey;
use crate::view::{LiveCounts, LiveWindow};

/// Far above what anything here takes, so that only what never comes fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// The topics' ids in [`state`].
const QUAKE: &str = "0000000000000005";
const GOLO: &str = "0000000000000004";

/// Posts since the sliding window that ends at `minute`.
fn counts(minute: i64, posts: &[(&str, u64)]) -> LiveCounts {
    let keywords = posts.iter().map(|(keyword, posts)| (KeywordKey::of(&trend(keyword, 1, 10)), *posts));
    let live = LiveWindow {
        window_end: at(minute),
        keywords: keywords.collect(),
        watchlists: [("weather".to_owned(), 7)].into(),
    };
    LiveCounts { sliding: Some(live), tumbling: None }
}

/// A follower by Server-Sent Events.
struct Stream(Lines<BufReader<TcpStream>>);

impl Stream {
    async fn connect(server: &Server, query: &str) -> Self {
        let mut stream = TcpStream::connect(server.address).await.expect("it listens");
        let request = format!("GET /api/v1/stream{query} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("the server reads");
        Self(BufReader::new(stream).lines())
    }

    /// What comes after `name` in the next line that begins with it.
    async fn field(&mut self, name: &str) -> String {
        let found = async {
            loop {
                let line = self.0.next_line().await.expect("text").expect("it is not the end");
                if let Some(value) = line.strip_prefix(name) {
                    return value.to_owned();
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("it comes")
    }

    /// The kind and the data of the next event; the data is a chunk of its own, and its JSON begins with a brace.
    async fn next(&mut self) -> (String, Value) {
        let kind = self.field("event: ").await;
        let json = format!("{{{}", self.field("{").await);
        (kind, serde_json::from_str(&json).expect("JSON"))
    }
}

type Socket = WebSocketStream<TcpStream>;

async fn connect(server: &Server, query: &str) -> Socket {
    let stream = TcpStream::connect(server.address).await.expect("it listens");
    let address = format!("ws://{}/api/v1/ws{query}", server.address);
    client_async(address, stream).await.expect("it is let in").0
}

async fn next(socket: &mut Socket) -> (String, Value) {
    let texts = async {
        loop {
            let message = socket.next().await.expect("it is not the end").expect("it is valid");
            if let Message::Text(text) = message {
                return text;
            }
        }
    };
    let text = tokio::time::timeout(PATIENCE, texts).await.expect("an event comes");
    let mut event: Value = serde_json::from_str(&text).expect("JSON");
    (event["event"].as_str().expect("a text").to_owned(), event["data"].take())
}

/// Waits until so many follow the counts.
async fn followed_by(state: &ApiState, followers: usize) {
    let all = async {
        while state.view.live_followers() < followers {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, all).await.expect("they follow");
}

#[tokio::test]
async fn who_asks_is_told_the_counts_of_the_list_and_nobody_else() {
    let state = state();
    let server = start(state.clone(), Settings::default()).await;
    let mut stream = Stream::connect(&server, "?events=live&language=pt").await;
    let mut socket = connect(&server, "?events=counts").await;
    let mut other = Stream::connect(&server, "").await;
    assert_eq!(stream.next().await.0, "trends");
    assert_eq!(other.next().await.0, "trends");
    followed_by(&state, 2).await;

    state.view.publish_live(counts(9, &[("quake", 99)]));
    state.view.publish_live(counts(10, &[("quake", 12), ("golo", 3), ("unlisted", 5)]));
    let (kind, data) = next(&mut socket).await;
    let all = json!({
        "window": "sliding", "window_end": at(10).0,
        "posts": { QUAKE: 12, GOLO: 3 }, "watchlists": { "weather": 7 },
    });
    assert_eq!((kind.as_str(), data), ("counts", all), "those of a window that is over are none");
    let (kind, data) = stream.next().await;
    assert_eq!((kind.as_str(), &data["posts"]), ("counts", &json!({ GOLO: 3 })), "as its list");

    state.view.apply_trend(trend("quake", 1, 11));
    state.view.publish();
    assert_eq!(other.next().await.1["window_end"], at(11).0, "who didn't ask is told no counts");
    assert_eq!(stream.next().await.0, "trends");
    state.view.publish_live(counts(11, &[("quake", 1)]));
    assert_eq!(next(&mut socket).await.1["posts"], json!({ QUAKE: 1 }));
    let mut late = connect(&server, "?events=counts").await;
    assert_eq!(next(&mut late).await.1["posts"], json!({ QUAKE: 1 }), "what is there is told at once");
    drop((stream, socket, other, late));
    server.stop().await;
}

#[tokio::test]
async fn what_moderation_hides_has_no_count() {
    let state = state();
    let server = start(state.clone(), Settings::default()).await;
    let mut socket = connect(&server, "?events=counts").await;
    followed_by(&state, 1).await;
    state.view.publish_live(counts(10, &[("quake", 12), ("golo", 3)]));
    assert_eq!(next(&mut socket).await.1["posts"], json!({ QUAKE: 12, GOLO: 3 }));
    state.view.set_rules(Some(Arc::new(Hidden(vec!["quake".to_owned()]))));
    state.view.publish();
    // Counted before it was hidden.
    state.view.publish_live(counts(10, &[("quake", 13), ("golo", 4)]));
    assert_eq!(next(&mut socket).await.1["posts"], json!({ GOLO: 4 }));
    drop(socket);
    server.stop().await;
}
