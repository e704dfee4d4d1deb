//! Webhooks of a running program against a real receiver: every alert since the webhook was set, once or again with the
//! same id, in order, signed; across a kill; with another receiver that is dead.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should say where")]

mod support;

use std::fs::File;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use skytrend_event::{Alert, DeadLetter, Topic, codec};
use skytrend_log::Record;
use support::{Program, Running, busy_small_world, free_port};
use tokio::task::JoinSet;

/// For anything that must come; far above what it needs.
const PATIENCE: Duration = Duration::from_secs(120);

const KEY: [u8; 32] = *b"a key of this test and no other.";

/// A message as it came.
#[derive(Clone, PartialEq)]
struct Received {
    id: String,
    timestamp: String,
    signature: String,
    body: String,
    is_taken: bool,
}

/// Holds the first request for ever, then fails twice, then takes what comes.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Vec<Received>>>);

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: String) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let count = {
        let mut messages = receiver.0.lock().unwrap();
        let is_taken = messages.len() > 2;
        messages.push(Received {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"),
            body,
            is_taken,
        });
        messages.len()
    };
    match count {
        1 => std::future::pending().await,
        // Many servers repeat the address, which here is a secret.
        2 => (StatusCode::SERVICE_UNAVAILABLE, "cannot POST /hidden-path").into_response(),
        3 => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0.05")]).into_response(),
        _ => StatusCode::NO_CONTENT.into_response(),
    }
}

impl Receiver {
    fn received(&self) -> Vec<Received> {
        self.0.lock().unwrap().clone()
    }

    fn taken(&self) -> Vec<Received> {
        self.received().into_iter().filter(|received| received.is_taken).collect()
    }
}

/// HMAC-SHA256 by its definition (RFC 2104), so that the check is not the signer's own code.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize().to_vec()
}

fn get(running: &Running, path: &str) -> ureq::http::Response<ureq::Body> {
    ureq::get(format!("http://{}{path}", running.api)).call().unwrap()
}

/// Records of alerts so far.
fn alerts_end(running: &Running) -> usize {
    let answer = get(running, "/api/v1/topics/alerts?limit=1");
    answer.headers()["skytrend-end-offset"].to_str().unwrap().parse().unwrap()
}

fn wait_for(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_alert_is_delivered_in_order_across_a_kill_beside_a_dead_receiver() {
    let (server, end) = busy_small_world().await;

    let receiver = Receiver::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    let router = Router::new().fallback(receive).with_state(receiver.clone());
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });

    let folder = tempfile::tempdir().unwrap();
    let (secret, config, trace) =
        (folder.path().join("secret"), folder.path().join("config.toml"), folder.path().join("trace"));
    std::fs::write(&secret, format!("whsec_{}\n", STANDARD.encode(KEY))).unwrap();
    // The world's time is long ago: no alert is too old.
    let common = "max_age_minutes = 0\nbackoff_base_millis = 1\nbackoff_max_millis = 20\n";
    let config_text = format!(
        "[[webhooks]]\nname = \"team\"\nurl = \"http://{address}/hidden-path\"\nsecret = \"file:{}\"\n{common}\
         timeout_millis = 120_000\n\
         [[webhooks]]\nname = \"dead\"\nurl = \"http://127.0.0.1:{}/hidden-path\"\nshape = \"slack\"\n\
         attempts = 2\n{common}",
        secret.display(),
        free_port(),
    );
    std::fs::write(&config, config_text).unwrap();
    let program = Program::of_small_world(&server.url(), "firehose", &[]);
    let env = [("SKYTREND_CONFIG", config.display().to_string())];
    let telling = || Stdio::from(File::options().create(true).append(true).open(&trace).unwrap());

    tokio::task::block_in_place(|| {
        let running = program.start(&[]);
        wait_for("the first alert", || running.status().is_some() && alerts_end(&running) > 0);
        running.stop();
        let past = program.records(Topic::Alerts).len();

        let mut running = program.start_telling(&env, telling());
        wait_for("the first message", || !receiver.received().is_empty());
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        let dead_before = dead_letters(&program.records(Topic::DeadLetter)).len();

        let mut running = program.start_telling(&env, telling());
        running.wait_for_time(end);
        let expected = alerts_end(&running) - past;
        wait_for("all messages", || receiver.taken().len() >= expected);
        running.wait_until("the dead letters", |status| {
            status["webhooks"][1]["dead_letters"].as_u64() == u64::try_from(expected - dead_before).ok()
                && status["webhooks"][0]["phase"] == "idle"
        });
        let status = running.status().unwrap()["webhooks"].to_string();
        let metrics = get(&running, "/metrics").body_mut().read_to_string().unwrap();
        let took = running.stop();
        assert!(took < Duration::from_secs(5), "it took {took:?} to end");

        let alerts: Vec<Alert> = program
            .records(Topic::Alerts)
            .iter()
            .skip(past)
            .map(|record| codec::decode(&record.value).unwrap())
            .collect();
        assert!(past > 0 && alerts.len() > 4, "the world has too few alerts to tell");
        check_messages(&receiver, &alerts);
        check_dead_letters(&program, &alerts);

        assert!(metrics.contains("skytrend_webhook_alerts_total{hook=\"dead\",outcome=\"dead_letter\"}"));
        assert!(metrics.contains("skytrend_webhook_retries_total{hook=\"team\"}"), "{metrics}");
        let trace = std::fs::read_to_string(&trace).unwrap();
        assert!(trace.contains("alert given up"), "{trace}");
        let shown = Command::new(env!("CARGO_BIN_EXE_skytrend"))
            .args(["config", "--config"])
            .arg(&config)
            .output()
            .unwrap();
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(shown.contains(&format!("http://{address}/…")), "{shown}");
        for text in [&status, &metrics, &trace, &shown] {
            assert!(!text.contains("hidden-path") && !text.contains(&STANDARD.encode(KEY)), "{text}");
        }
    });
}

/// The receiver took each alert once and in order; what it had before it took one was the same message.
fn check_messages(receiver: &Receiver, alerts: &[Alert]) {
    let taken = receiver.taken();
    assert_eq!(taken.len(), alerts.len());
    for (received, alert) in taken.iter().zip(alerts) {
        // As text: read back, a number may differ in its last digit.
        let data = format!("\"data\":{}}}", serde_json::to_string(alert).unwrap());
        assert!(received.body.ends_with(&data), "{} is not {data}", received.body);
    }
    let messages = receiver.received();
    for again in &messages[1..4] {
        assert_eq!((&again.id, &again.body), (&messages[0].id, &messages[0].body));
    }
    for Received { id, timestamp, signature, body, .. } in &messages {
        let signed = hmac(&KEY, format!("{id}.{timestamp}.{body}").as_bytes());
        assert_eq!(*signature, format!("v1,{}", STANDARD.encode(signed)));
    }
}

fn dead_letters(records: &[Record]) -> Vec<DeadLetter<'_>> {
    let letters = records.iter().map(|record| codec::decode::<DeadLetter<'_>>(&record.value).unwrap());
    letters.filter(|letter| letter.source == "webhook dead").collect()
}

/// Each alert is a dead letter of the other webhook, once and in order.
fn check_dead_letters(program: &Program, alerts: &[Alert]) {
    let records = program.records(Topic::DeadLetter);
    let letters = dead_letters(&records);
    assert_eq!(letters.len(), alerts.len());
    for (letter, alert) in letters.iter().zip(alerts) {
        assert_eq!((&*letter.reason, letter.witnessed_at), ("webhook_unanswered", alert.window_end));
        assert!(letter.detail.starts_with("can't connect"), "{}", letter.detail);
        assert!(serde_json::from_slice::<Value>(&letter.bytes).unwrap()["blocks"].is_array());
    }
}
