//! Servers that refuse, break, fall silent, and a pipeline that falls behind.

use std::collections::VecDeque;
use std::time::Duration;

use skytrend_event::Micros;
use skytrend_source::bluesky::settings::{BackoffSettings, ConnectionSettings, QueueSettings, StaleSettings};
use skytrend_source::bluesky::status::{Ending, Phase};
use skytrend_source::bluesky::{ClientError, Delivery, Protocol, Settings};
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{Client, frame, settings};
use crate::server::{Act, Server, Then, refusal};

fn firehose(servers: &[&Server]) -> Settings {
    let hosts: Vec<_> = servers.iter().map(|server| server.url()).collect();
    settings(Protocol::Firehose, &hosts)
}

#[tokio::test]
async fn retry_after_is_honoured_and_told() {
    let server =
        Server::start(vec![refusal("429 Too Many Requests", "Retry-After: 30\r\n", "slow down")]).await;
    let mut client = Client::start(firehose(&[&server]), None);
    let status = client.until(|status| status.phase == Phase::Waiting).await;
    // What has passed since the answer is taken off.
    assert!((1..=30_000_000).contains(&(status.retry_at.unwrap().0 - status.since.0)), "{status:?}");
    let text = status.describe(Micros(status.retry_at.unwrap().0 - 30_000_000));
    assert_eq!(text, format!("can't reach {}, retrying in 30 s: HTTP 429", server.url()));
    client.stop().await;
}

#[tokio::test]
async fn a_host_that_does_not_serve_the_stream_is_never_asked_again() {
    let server = Server::start(vec![refusal("501 Not Implemented", "", "{}")]).await;
    let result = Client::start(firehose(&[&server]), None).result().await;
    let Err(ClientError::NoHostLeft { last_error, .. }) = result else { panic!("{result:?}") };
    assert_eq!(last_error, "HTTP 501");
}

#[tokio::test]
async fn the_next_host_takes_over() {
    let refuses = Server::start(vec![refusal("501 Not Implemented", "", "")]).await;
    let gone = Server::start(vec![]).await;
    let works = Server::start(vec![Act::Serve(vec![frame(1)], Then::Hold)]).await;
    let mut client = Client::start(firehose(&[&refuses, &gone, &works]), None);
    let Delivery::Connected { host, .. } = client.next().await else { panic!("a connection expected") };
    assert_eq!(host.to_string(), works.url());
    client.message().await;
    client.stop().await;
}

#[tokio::test]
async fn passing_errors_are_tried_again() {
    let failing = ["500 X", "502 X", "503 X", "504 X", "429 X"].map(|status| refusal(status, "", ""));
    let mut script: Vec<_> = failing.into_iter().collect();
    script.push(Act::Answer(b"not HTTP at all\r\n\r\n".to_vec()));
    script.push(Act::Serve(vec![frame(1)], Then::Hold));
    let server = Server::start(script).await;
    let mut client = Client::start(firehose(&[&server]), None);
    client.connected().await;
    client.message().await;
    let status = client.until(|status| status.phase == Phase::Connected && status.attempts == 0).await;
    assert_eq!(status.last_error, "");
    client.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_no_upgrade_is_refused() {
    let wrong = b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: bm8=\r\n\r\n".to_vec();
    let server = Server::start(vec![Act::Answer(wrong)]).await;
    let backoff = BackoffSettings { base_millis: 600_000, max_millis: 600_000, ..Default::default() };
    let mut client = Client::start(Settings { backoff, ..firehose(&[&server]) }, None);
    let status = client.until(|status| !status.last_error.is_empty()).await;
    assert_eq!(status.last_error, "the answer is not a WebSocket's: wrong accept key");
    client.stop().await;
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn a_host_that_speaks_no_tls_is_told_apart() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("wss://{}", listener.local_addr().unwrap());
    let backoff = BackoffSettings { base_millis: 600_000, max_millis: 600_000, ..Default::default() };
    let settings = Settings { backoff, ..settings(Protocol::Firehose, &[host]) };
    let mut client = Client::start(settings, None);
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut hello = [0; 3];
    socket.read_exact(&mut hello).await.unwrap();
    assert_eq!(hello[..2], [22, 3], "a TLS handshake record");
    socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    let status = client.until(|status| !status.last_error.is_empty()).await;
    assert!(status.last_error.starts_with("TLS failed: "), "{}", status.last_error);
    client.stop().await;
}

#[tokio::test]
async fn a_silent_stream_is_left() {
    let messages = (1..=20).map(frame).collect();
    let server =
        Server::start(vec![Act::Serve(messages, Then::Hold), Act::Serve(vec![frame(21)], Then::Hold)]).await;
    let stale = StaleSettings { floor_millis: 100, factor: 10.0, ..Default::default() };
    let mut client = Client::start(Settings { stale, ..firehose(&[&server]) }, None);
    client.connected().await;
    assert!(matches!(client.ending().await, Ending::Stale { .. }));
    client.connected().await;
    client.message().await;
    client.stop().await;
}

#[tokio::test]
async fn a_peer_that_answers_no_ping_is_left() {
    let server = Server::start(vec![Act::Serve(vec![frame(1)], Then::Ignore)]).await;
    let connection =
        ConnectionSettings { ping_interval_millis: 20, pings_unanswered_max: 2, ..Default::default() };
    let mut client = Client::start(Settings { connection, ..firehose(&[&server]) }, None);
    client.connected().await;
    assert_eq!(client.ending().await, Ending::PingTimeout);
    client.stop().await;
}

#[tokio::test]
async fn a_peer_that_answers_pings_is_kept() {
    let server = Server::start(vec![Act::Serve(vec![frame(1)], Then::Hold)]).await;
    let connection =
        ConnectionSettings { ping_interval_millis: 5, pings_unanswered_max: 40, ..Default::default() };
    let stale = StaleSettings { floor_millis: 400, factor: 0.0, ..Default::default() };
    let mut client = Client::start(Settings { connection, stale, ..firehose(&[&server]) }, None);
    client.connected().await;
    // Eighty pings later it is silence that ends it.
    assert!(matches!(client.ending().await, Ending::Stale { .. }));
    client.stop().await;
}

#[tokio::test]
async fn a_message_above_the_limit_ends_the_connection() {
    let server = Server::start(vec![Act::Serve(vec![Message::binary(vec![0; 1_001])], Then::Hold)]).await;
    let connection = ConnectionSettings { message_bytes_max: 1_000, ..Default::default() };
    let mut client = Client::start(Settings { connection, ..firehose(&[&server]) }, None);
    client.connected().await;
    assert!(matches!(client.ending().await, Ending::Protocol { .. }));
    client.stop().await;
}

#[tokio::test]
async fn a_full_queue_pauses_the_stream_and_loses_nothing() {
    let all = |from: i64| (from..=100).map(frame).collect::<Vec<_>>();
    let script = vec![Act::Serve(all(1), Then::Hold), Act::Serve(vec![], Then::Hold)];
    let mut server = Server::start(script).await;
    let queue = QueueSettings { messages_max: 8, bytes_max: usize::MAX };
    let mut client = Client::start(Settings { queue, ..firehose(&[&server]) }, None);
    server.path().await;
    // Nobody takes anything: the client closes the connection by itself, and waits.
    client.until(|status| status.phase == Phase::Paused).await;
    let (waiting, _) = client.queue.depth();
    assert!((5..=10).contains(&waiting), "{waiting}");
    let mut taken = VecDeque::new();
    client.queue.drain(&mut taken, usize::MAX, Duration::ZERO);
    let messages = taken.iter().filter(|delivery| matches!(delivery, Delivery::Message { .. })).count();
    let ended = Delivery::Disconnected { generation: 1, ending: Ending::QueueFull };
    assert_eq!((taken.len(), taken.back()), (messages + 2, Some(&ended)));
    // It comes back for what follows the last that was queued.
    let path = server.path().await;
    assert!(path.ends_with(&format!("?cursor={messages}")), "{path} after {messages} messages");
    client.stop().await;
}
