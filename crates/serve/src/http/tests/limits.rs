//! Limits of each client: over the router with the clock held still, and over a real socket.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::response::Response;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::moderation::{READER, bearer, moderated};
use super::socket::start;
use super::*;

fn limited(requests_per_second: u32, burst: u32) -> RateSettings {
    RateSettings { requests_per_second, burst, ..RateSettings::default() }
}

/// Asks over the router as if from this address.
async fn ask_from(state: &ApiState, peer: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    let peer: SocketAddr = peer.parse().expect("an address and a port");
    let mut request = Request::get(path).extension(ConnectInfo(peer));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    router(state.clone()).oneshot(request).await.expect("the router is infallible")
}

#[tokio::test(start_paused = true)]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let state = state().with_rate(&limited(2, 3));
    for left in ["2", "1", "0"] {
        let answer = ask_from(&state, "192.0.2.1:4000", "/api/v1/trends", &[]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["ratelimit"], format!("\"client\";r={left}"));
        assert_eq!(answer.headers()["ratelimit-policy"], "\"client\";q=3;w=2");
    }
    // Another port, and another path: the same client.
    for path in ["/api/v1/status", "/feeds/trends.atom", "/", "/api/v1/session", "/mastodon/api/v1/trends"] {
        let refused = ask_from(&state, "192.0.2.1:4001", path, &[]).await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS, "{path}");
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
        assert_eq!(refused.headers()["retry-after"], "1");
        assert_eq!(refused.headers()["ratelimit"], "\"client\";r=0");
    }
    let refused = ask_from(&state, "192.0.2.1:4000", "/xrpc/app.bsky.unspecced.getTrends", &[]).await;
    assert_eq!(
        (refused.status(), &refused.headers()["retry-after"]),
        (StatusCode::TOO_MANY_REQUESTS, &"1".parse().expect("a value"))
    );
    let body = to_bytes(refused.into_body(), 1 << 16).await.expect("it is complete");
    assert_eq!(serde_json::from_slice::<Value>(&body).expect("JSON")["error"], "RateLimitExceeded");

    for path in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(ask_from(&state, "192.0.2.1:4000", path, &[]).await.status(), StatusCode::OK, "{path}");
    }
    assert_eq!(ask_from(&state, "192.0.2.2:4000", "/api/v1/trends", &[]).await.status(), StatusCode::OK);
    tokio::time::advance(Duration::from_millis(500)).await;
    assert_eq!(ask_from(&state, "192.0.2.1:4000", "/api/v1/trends", &[]).await.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn this_machine_is_not_limited_and_a_token_has_a_bucket_of_its_own() {
    let rate = limited(1, 1);
    let state = moderated(Reading::Open).with_rate(&rate);
    for _ in 0..20 {
        let answer = ask_from(&state, "127.0.0.1:4000", "/api/v1/trends", &[]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(!answer.headers().contains_key("ratelimit"));
    }
    let token = bearer(READER);
    let with_token: &[_] = &[("authorization", token.as_str())];
    let unknown: &[_] = &[("authorization", "Bearer nobody")];
    let mut statuses = Vec::new();
    for (peer, headers) in [
        ("192.0.2.1:1", &[][..]),
        ("192.0.2.1:1", with_token),
        ("192.0.2.2:1", with_token), // the token is the client, wherever it comes from
        ("192.0.2.1:1", unknown),    // what is no token is no way out
        ("192.0.2.2:1", &[]),
    ] {
        statuses.push(ask_from(&state, peer, "/api/v1/trends", headers).await.status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 429, 429, 200]);

    let off = state.with_rate(&limited(0, 1));
    for _ in 0..20 {
        let answer = ask_from(&off, "192.0.2.1:4000", "/api/v1/trends", &[]).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_client_has_so_many_streams_at_once() {
    let settings =
        RateSettings { streams_per_client_max: 2, requests_per_second: 0, ..RateSettings::default() };
    let state = state().with_rate(&settings);
    let follow = async |peer| ask_from(&state, peer, "/api/v1/stream", &[]).await;
    let (first, second) = (follow("192.0.2.1:1").await, follow("192.0.2.1:2").await);
    assert_eq!([first.status(), second.status()], [StatusCode::OK; 2]);
    let refused = follow("192.0.2.1:3").await;
    assert_eq!(
        (refused.status(), &refused.headers()["retry-after"]),
        (StatusCode::TOO_MANY_REQUESTS, &"10".parse().expect("a value"))
    );
    assert_eq!(follow("192.0.2.2:1").await.status(), StatusCode::OK);
    drop(first);
    assert_eq!(follow("192.0.2.1:3").await.status(), StatusCode::OK);
    assert_eq!(
        state.streams.available_permits(),
        Settings::default().streams_max - 1,
        "none is kept by a refusal"
    );
    drop(second);
}

/// Status line and head of the answer to a request that came through a proxy.
async fn ask_through_proxy(address: SocketAddr, path: &str, client: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-forwarded-for: {client}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an orderly end");
    answer
}

#[tokio::test]
async fn behind_a_proxy_each_of_its_clients_is_one() {
    let trusted_proxies = vec!["127.0.0.1".parse().expect("an address")];
    let state = state().with_rate(&RateSettings { trusted_proxies, ..limited(1, 5) });
    let server = start(state, Settings::default()).await;
    let mut asked = 0;
    // Many more than it can be owed meanwhile, however slow this machine is.
    let refused = loop {
        let forged = format!("198.51.100.{}, 203.0.113.9", asked % 250);
        let answer = ask_through_proxy(server.address, "/api/v1/trends", &forged).await;
        asked += 1;
        if answer.starts_with("HTTP/1.1 429") || asked == 10_000 {
            break answer;
        }
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    };
    assert!(asked > 5 && refused.contains("\r\nretry-after: "), "after {asked}: {refused}");
    let other = ask_through_proxy(server.address, "/api/v1/trends", "203.0.113.10").await;
    assert!(other.starts_with("HTTP/1.1 200"), "{other}");
    let health = ask_through_proxy(server.address, "/health/live", "203.0.113.9").await;
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    server.stop().await;
}

/// By the real clock, by which decisions come into force: of a bucket that fills in twenty minutes a test sees nothing.
#[tokio::test]
async fn a_client_reports_few_keywords_and_others_still_may() {
    let state = moderated(Reading::Open);
    let report = async |peer: &str, keyword: &str| {
        let peer: SocketAddr = peer.parse().expect("an address and a port");
        let request = Request::post("/api/v1/moderation/reports")
            .extension(ConnectInfo(peer))
            .header("content-type", "application/json")
            .body(Body::from(json!({ "keyword": keyword }).to_string()));
        let request = request.expect("a request");
        router(state.clone()).oneshot(request).await.expect("the router is infallible")
    };
    for number in 0..20 {
        let answer = report("192.0.2.1:4000", &format!("word{number}")).await;
        assert!(answer.status().is_success(), "{number}: {}", answer.status());
    }
    let refused = report("192.0.2.1:4000", "another").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key("retry-after"));
    assert!(report("192.0.2.2:4000", "another").await.status().is_success());
}
