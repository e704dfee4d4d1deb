//! The API over a real loopback socket, and its end.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::super::*;
use super::{StuckLog, state};

pub(super) struct Server {
    pub(super) address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinSet<RunReport>,
}

impl Server {
    /// Tells it to stop, and waits until it has.
    pub(super) async fn stop(mut self) -> RunReport {
        self.stop.send(()).expect("it runs");
        self.running.join_next().await.expect("it was spawned").expect("it does not panic")
    }
}

pub(super) async fn start(state: ApiState, settings: Settings) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let (stop, stopped) = oneshot::channel();
    let state = ApiState { settings: Arc::new(settings), ..state };
    let shutdown = async move {
        let _ = stopped.await;
    };
    let mut running = JoinSet::new();
    running.spawn(run(listener, state, shutdown));
    Server { address, stop, running }
}

/// Sends a request on an open connection and reads the whole answer.
async fn ask(stream: &mut TcpStream, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = Vec::new();
    while !complete(&answer) {
        let read = stream.read_buf(&mut answer).await.expect("the server answers");
        assert!(read > 0, "the server closed the connection within an answer");
    }
    String::from_utf8(answer).expect("answers are UTF-8")
}

fn complete(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_some_and(|length| body.len() >= length.parse().expect("a length"))
}

#[tokio::test]
async fn one_connection_carries_many_requests_and_idle_ones_do_not_delay_the_end() {
    let server = start(state(), Settings::default()).await;
    let mut stream = TcpStream::connect(server.address).await.expect("it listens");
    for path in ["/health/live", "/api/v1/trends", "/api/v1/trends/quake"] {
        let answer = ask(&mut stream, path).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {answer}");
    }
    let address = server.address;
    let silent = TcpStream::connect(address).await.expect("it listens");

    assert_eq!(server.stop().await, RunReport { connections_cut: 0 });
    assert_eq!(stream.read(&mut [0; 1]).await.expect("an orderly end"), 0);
    drop(silent);
    TcpStream::connect(address).await.expect_err("it listens no more");
}

/// A server with one request that its log holds up, the connection, and what lets the log go.
async fn start_and_hang(settings: Settings) -> (Server, TcpStream, std::sync::mpsc::SyncSender<()>) {
    let (log, mut entered, let_go) = StuckLog::new();
    let server = start(ApiState { topics: Arc::new(log), ..state() }, settings).await;
    let mut stream = TcpStream::connect(server.address).await.expect("it listens");
    let request = b"GET /api/v1/topics/alerts HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request).await.expect("the server reads");
    entered.recv().await.expect("the request reaches the log");
    (server, stream, let_go)
}

#[tokio::test]
async fn an_open_request_is_answered_within_the_grace() {
    let (server, mut stream, let_go) =
        start_and_hang(Settings { shutdown_grace_secs: 60, ..Settings::default() }).await;
    let answered = async {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an orderly end");
        answer
    };
    let let_go = async { drop(let_go) };
    let (report, answer, ()) = tokio::join!(server.stop(), answered, let_go);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(report, RunReport { connections_cut: 0 });
}

#[tokio::test]
async fn an_open_request_is_cut_after_the_grace() {
    let (server, mut stream, let_go) =
        start_and_hang(Settings { shutdown_grace_secs: 0, ..Settings::default() }).await;
    assert_eq!(server.stop().await, RunReport { connections_cut: 1 });
    assert!(matches!(stream.read(&mut [0; 1]).await, Ok(0) | Err(_)), "no answer was written");
    drop(let_go);
}

#[tokio::test]
async fn a_head_that_never_ends_is_given_up() {
    let server = start(state(), Settings { header_timeout_secs: 1, ..Settings::default() }).await;
    let mut slow = TcpStream::connect(server.address).await.expect("it listens");
    slow.write_all(b"GET /health/live HTTP/1.1\r\n").await.expect("the server reads");
    let closed = tokio::time::timeout(Duration::from_secs(60), slow.read_to_end(&mut Vec::new())).await;
    assert!(closed.is_ok(), "the connection was not closed");
    server.stop().await;
}

#[tokio::test]
async fn a_head_over_the_limit_is_refused() {
    let server = start(state(), Settings::default()).await;
    let many = "x: y\r\n".repeat(65);
    let long = format!("x: {}\r\n", "y".repeat(16 * 1024));
    for fields in [many, long] {
        let mut stream = TcpStream::connect(server.address).await.expect("it listens");
        let request = format!("GET /health/live HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n");
        stream.write_all(request.as_bytes()).await.expect("the system buffers this much");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.expect("the server answers");
        assert_eq!(&answer, b"HTTP/1.1 431");
    }
    let mut next = TcpStream::connect(server.address).await.expect("it still listens");
    assert!(ask(&mut next, "/health/live").await.starts_with("HTTP/1.1 200"));
    server.stop().await;
}
