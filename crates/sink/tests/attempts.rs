//! One attempt against real servers on loopback: good ones, bad ones, and such behind TLS.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should say where")]

#[path = "../../../testing/authority.rs"]
mod authority;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use authority::Authority;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use sha2::{Digest as _, Sha256};
use skytrend_event::Micros;
use skytrend_sink::{Answer, AttemptError, Settings, Shape, Webhook};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

const NOW: Micros = Micros(1_740_831_000_000_000);

/// What a server does with each request.
#[derive(Clone)]
enum Act {
    Answer(u16, Vec<(&'static str, String)>, Bytes),
    Hang,
}

struct Received {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// A receiver; it goes with this value.
struct Server {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    _tasks: JoinSet<()>,
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(socket: S, act: Act, received: Arc<Mutex<Vec<Received>>>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (act, received) = (act.clone(), Arc::clone(&received));
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let path = head.uri.path().to_owned();
            received.lock().unwrap().push(Received { path, headers: head.headers, body });
            let Act::Answer(status, headers, body) = act else { return std::future::pending().await };
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            Ok::<_, Infallible>(response.body(Full::new(body)).unwrap())
        }
    });
    // A client that leaves early is the client's affair.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
}

async fn server(act: Act, tls: Option<TlsAcceptor>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let received = Arc::<Mutex<Vec<Received>>>::default();
    let (mut tasks, seen) = (JoinSet::new(), Arc::clone(&received));
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            let (act, tls, seen) = (act.clone(), tls.clone(), Arc::clone(&seen));
            connections.spawn(async move {
                match tls {
                    None => serve(socket, act, seen).await,
                    // A client that doesn't trust us goes in the middle of the handshake.
                    Some(tls) => {
                        if let Ok(socket) = tls.accept(socket).await {
                            serve(socket, act, seen).await;
                        }
                    }
                }
            });
        }
    });
    Server { address, received, _tasks: tasks }
}

async fn answering(status: u16, headers: Vec<(&'static str, String)>, body: impl Into<Bytes>) -> Server {
    server(Act::Answer(status, headers, body.into()), None).await
}

fn settings(url: String) -> Settings {
    Settings { name: "team".into(), url, ..Settings::default() }
}

async fn attempt(settings: &Settings) -> Result<Answer, AttemptError> {
    let webhook = Webhook::new(settings).unwrap();
    webhook.attempt(&webhook.test_delivery(NOW), NOW).await
}

/// HMAC-SHA256 by its definition (RFC 2104), so that the check is not the signer's own code.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize().to_vec()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[tokio::test]
async fn a_message_arrives_whole_signed_and_with_the_token() {
    let receiver = answering(204, vec![], "").await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        format!("file:{}", path.display())
    };
    let key = [7; 32];
    let settings = Settings {
        secret: file("secret", &format!("whsec_{}\n", base64(&key))),
        token: file("token", "tk_hello\n"),
        ..settings(file("url", &format!("http://{}/a%20b?c=d", receiver.address)))
    };
    assert_eq!(attempt(&settings).await.unwrap().status, 204);

    let requests = receiver.received.lock().unwrap();
    let [Received { path, headers, body }] = &requests[..] else { panic!("{} requests", requests.len()) };
    let header = |name: &str| headers.get(name).unwrap().to_str().unwrap();
    assert_eq!(path, "/a%20b");
    assert_eq!((header("content-type"), header("authorization")), ("application/json", "Bearer tk_hello"));
    assert_eq!(header("host"), receiver.address.to_string());
    assert_eq!((header("webhook-id"), header("webhook-timestamp")), ("test_1740831000000000", "1740831000"));
    let signed = [b"test_1740831000000000.1740831000.", body.as_ref()].concat();
    assert_eq!(header("webhook-signature"), format!("v1,{}", base64(&hmac(&key, &signed))));
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert_eq!(body["type"], "alert.test");
}

#[tokio::test]
async fn ntfy_has_the_topic_in_the_body() {
    let receiver = answering(200, vec![], "{}").await;
    let url = format!("http://{}/below/trends", receiver.address);
    attempt(&Settings { shape: Shape::Ntfy, ..settings(url) }).await.unwrap();
    let requests = receiver.received.lock().unwrap();
    let body: serde_json::Value = serde_json::from_slice(&requests[0].body).unwrap();
    assert_eq!((requests[0].path.as_str(), &body["topic"]), ("/below/", &"trends".into()));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = answering(200, vec![], "").await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("http://{}/", elsewhere.address);
        let receiver = answering(status, vec![("location", location)], "").await;
        let answer = attempt(&settings(format!("http://{}/", receiver.address))).await.unwrap();
        assert_eq!(answer.status, status);
    }
    assert!(elsewhere.received.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_receiver_says_why_and_when_to_come_back() {
    let body = format!("slow\u{1b}[2J down\r\n{}", "x".repeat(8 << 20));
    let receiver = answering(429, vec![("retry-after", "1.5".to_owned())], body).await;
    let answer = attempt(&settings(format!("http://{}/", receiver.address))).await.unwrap();
    assert_eq!((answer.status, answer.retry_after), (429, Some(Duration::from_millis(1_500))));
    assert!(answer.excerpt.starts_with("slow [2J down  xxx"), "{}", answer.excerpt);
    assert_eq!(answer.excerpt.chars().count(), 160);
}

#[tokio::test]
async fn who_does_not_answer_costs_no_more_than_the_time() {
    let receiver = server(Act::Hang, None).await;
    let hangs = Settings { timeout_millis: 300, ..settings(format!("http://{}/", receiver.address)) };
    assert!(matches!(attempt(&hangs).await, Err(AttemptError::TimedOut)));
    assert_eq!(receiver.received.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn who_is_not_there_or_speaks_no_http_is_told_without_the_address() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let gone = attempt(&settings(format!("http://{closed}/secret"))).await.unwrap_err();
    assert!(matches!(gone, AttemptError::Connect(_)) && !gone.to_string().contains("secret"), "{gone}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut socket, b"SSH-2.0-OpenSSH_9.6\r\n").await.unwrap();
    });
    let other = attempt(&settings(format!("http://{address}/secret"))).await.unwrap_err();
    assert!(matches!(other, AttemptError::Http(_)) && !other.to_string().contains("secret"), "{other}");
}

#[tokio::test]
async fn over_tls_only_who_is_trusted_gets_anything() {
    let authority = Authority::new();
    let (ca_file, tls) = (authority.file(), authority.server("localhost"));
    let receiver = server(Act::Answer(200, vec![], Bytes::new()), Some(tls)).await;
    let port = receiver.address.port();
    let unknown = settings(format!("https://localhost:{port}/"));
    assert!(matches!(attempt(&unknown).await, Err(AttemptError::Tls(_))));
    let other_name = Settings { ca_file: ca_file.clone(), ..settings(format!("https://127.0.0.1:{port}/")) };
    assert!(matches!(attempt(&other_name).await, Err(AttemptError::Tls(_))));
    assert!(receiver.received.lock().unwrap().is_empty());
    assert_eq!(attempt(&Settings { ca_file, ..unknown }).await.unwrap().status, 200);
    assert_eq!(receiver.received.lock().unwrap().len(), 1);
}
