//! Who may do what, against the real program: a decision that was answered outlives the process, nothing is read
//! without a token where one is needed, and what each client may ask is what the settings say.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should say where")]

mod support;

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use support::{Program, Running};

const SECRET: &str = "a-token-for-this-test-with-a-length-of-its-own";

/// The program with one writer and these settings, and a source that says nothing: what is decided doesn't need any.
struct Served {
    program: Program,
    folder: tempfile::TempDir,
    _silent: TcpListener,
}

impl Served {
    fn new(settings: &str) -> Self {
        let (folder, silent) = (tempfile::tempdir().unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let token = folder.path().join("token");
        fs::write(&token, SECRET).unwrap();
        let tokens = format!(
            "[[serve.access.tokens]]\nname = \"anna\"\nrights = \"write\"\nfile = \"{}\"\n",
            token.display()
        );
        fs::write(folder.path().join("settings.toml"), format!("{settings}\n{tokens}")).unwrap();
        let hosts = format!("source.hosts=ws://{}", silent.local_addr().unwrap());
        let program = Program::new(&[&hosts, "source.protocol=firehose"]);
        Self { program, folder, _silent: silent }
    }

    fn start(&self) -> Running {
        let settings = self.folder.path().join("settings.toml");
        let mut running = self.program.start(&[("SKYTREND_CONFIG", settings.display().to_string())]);
        wait_until_it_listens(&mut running);
        running
    }
}

/// Status and body of the answer to a request, with the token or without.
fn ask(running: &Running, path: &str, with_token: bool, body: Option<&Value>) -> (u16, String) {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = config.build().into();
    let url = format!("http://{}{path}", running.api);
    let token = format!("Bearer {SECRET}");
    let answer = match body {
        None if with_token => agent.get(&url).header("authorization", &token).call(),
        None => agent.get(&url).call(),
        Some(body) => agent
            .post(&url)
            .header("authorization", &token)
            .header("content-type", "application/json")
            .send(body.to_string()),
    };
    let mut answer = answer.unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

fn wait_until_it_listens(running: &mut Running) {
    let live = format!("http://{}/health/live", running.api);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(120);
    while ureq::get(&live).call().is_err() {
        assert!(std::time::Instant::now() < deadline, "it does not listen");
        assert!(running.child.try_wait().unwrap().is_none(), "it ended");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_decision_that_was_answered_stands_after_a_kill() {
    let served = Served::new("");
    let mut decided = Vec::new();
    for round in 0..5 {
        let mut running = served.start();
        let (status, overview) = ask(&running, "/api/v1/moderation", true, None);
        assert_eq!(status, 200, "{overview}");
        let overview: Value = serde_json::from_str(&overview).unwrap();
        let patterns = overview["decisions"].as_array().unwrap().iter();
        let mut patterns: Vec<_> =
            patterns.map(|each| each["pattern"].as_str().unwrap().to_owned()).collect();
        patterns.sort_unstable();
        assert_eq!(patterns, decided, "round {round}");

        let pattern = format!("badword{round}");
        let block = json!({ "action": "block", "pattern": pattern, "reason": "a test" });
        let (status, answer) = ask(&running, "/api/v1/moderation/decisions", true, Some(&block));
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        assert_eq!(status, 201, "{answer}");
        decided.push(pattern);
    }
}

/// What a command that asks the running program prints.
fn command(served: &Served, running: &Running, args: &[&str], token: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skytrend"));
    command.args(args).env_remove("SKYTREND_TOKEN").stdin(Stdio::null());
    command.arg("--data-dir").arg(served.program.data());
    command.args(["--set", &format!("serve.listen={}", running.api)]);
    command.args(token.map_or(vec![], |token| vec!["--token", token])).output().unwrap()
}

#[test]
fn where_reading_needs_a_token_nothing_is_read_without() {
    let served = Served::new(
        "[serve.access]
         reading = \"token\"
         [serve.feed_generator]
         hostname = \"feeds.example.com\"
         publisher = \"did:plc:2222222222222222222222aa\"",
    );
    let running = served.start();
    for path in [
        "/api/v1/trends",
        "/api/v1/trends/word",
        "/api/v1/search?q=a",
        "/api/v1/alerts",
        "/api/v1/activity",
        "/api/v1/watchlists",
        "/api/v1/status",
        "/api/v1/openapi.json",
        "/api/v1/topics/alerts",
        "/api/v1/stream",
        "/api/v1/ws",
        "/api/v1/moderation",
        "/feeds/trends.atom",
        "/feeds/alerts.rss",
        "/api/v1/trends/tags",
        "/mastodon/api/v1/trends/tags",
        "/mastodon/api/v1/trends",
        "/xrpc/app.bsky.unspecced.getTrends",
        "/xrpc/app.bsky.feed.getFeedSkeleton?feed=at://did:plc:2222222222222222222222aa/app.bsky.feed.generator/trending",
        "/xrpc/app.bsky.feed.describeFeedGenerator",
        "/.well-known/did.json",
        "/metrics",
    ] {
        let (status, body) = ask(&running, path, false, None);
        assert_eq!(status, 401, "{path}: {body}");
        // A stream has no end to read to.
        if path != "/api/v1/stream" {
            let (status, body) = ask(&running, path, true, None);
            assert!(!matches!(status, 401 | 403 | 429 | 500), "{path}: {status} {body}");
        }
    }
    for path in ["/", "/moderation", "/health/live"] {
        assert_eq!(ask(&running, path, false, None).0, 200, "{path}: the page asks for the token itself");
    }

    for args in [&["alerts", "--once"][..], &["topics", "read", "alerts"]] {
        let without = command(&served, &running, args, None);
        let said = String::from_utf8_lossy(&without.stderr);
        assert!(!without.status.success() && said.contains("token"), "{args:?}: {said}");
        let with = command(&served, &running, args, Some(SECRET));
        assert!(with.status.success(), "{args:?}: {}", String::from_utf8_lossy(&with.stderr));
    }
}

#[test]
fn the_settings_limit_each_client_and_allow_an_origin() {
    let served = Served::new(
        "[serve.rate]
         requests_per_second = 1
         burst = 3
         trusted_proxies = [\"127.0.0.1\"]
         [serve.cors]
         origins = [\"https://news.example\"]",
    );
    let running = served.start();
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = config.build().into();
    let url = format!("http://{}/api/v1/trends", running.api);
    // Far more than this client can be owed meanwhile, however slow the machine is.
    let refused = (0..10_000).find_map(|_| {
        let request =
            agent.get(&url).header("x-forwarded-for", "203.0.113.9").header("origin", "https://news.example");
        let answer = request.call().unwrap();
        (answer.status() == 429).then_some(answer)
    });
    let refused = refused.expect("the limit acts");
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(refused.headers()["access-control-allow-origin"], "https://news.example");
    let other = agent.get(&url).header("x-forwarded-for", "203.0.113.10").call().unwrap();
    assert_eq!(other.status(), 200);
    let mut text = String::new();
    let metrics = agent.get(format!("http://{}/metrics", running.api)).call().unwrap();
    metrics.into_body().into_reader().read_to_string(&mut text).unwrap();
    assert!(text.contains("skytrend_http_limited_total{limit=\"requests\"} "), "{text}");
}
