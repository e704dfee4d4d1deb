//! What is refused, and that the refusal helps.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use proptest::prelude::*;
use serde_json::Value;
use tower::ServiceExt;

use super::super::*;
use super::{StuckLog, get_text, state};

/// The problem that answers a GET.
async fn problem(path: &str) -> (StatusCode, Value) {
    let (status, headers, text) = get_text(state(), path).await;
    assert_eq!(headers["content-type"], "application/problem+json", "{path}: {text}");
    let problem: Value = serde_json::from_str(&text).expect("a problem is JSON");
    assert_eq!(problem["status"], status.as_u16());
    assert_eq!(problem["title"], status.canonical_reason().expect("a known status"));
    (status, problem)
}

#[tokio::test]
async fn a_wrong_value_names_parameter_and_allowed_values() {
    let (status, window) = problem("/api/v1/trends?window=slidng").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(window["parameter"], "window");
    assert_eq!(window["allowed"], "sliding, tumbling");
    assert_eq!(window["suggestion"], "sliding");

    let (_, limit) = problem("/api/v1/trends?limit=501").await;
    assert_eq!((limit["parameter"].as_str(), limit["allowed"].as_str()), (Some("limit"), Some("1 to 500")));
    let (_, language) = problem("/api/v1/trends?language=e_n").await;
    assert_eq!(language["parameter"], "language");
    let (_, from) = problem("/api/v1/topics/alerts?from=newest").await;
    assert_eq!(from["allowed"], "earliest, latest, or an offset");
}

#[tokio::test]
async fn an_unknown_parameter_is_refused_with_a_suggestion() {
    let (status, unknown) = problem("/api/v1/trends?limt=5").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(
        (unknown["parameter"].as_str(), unknown["suggestion"].as_str()),
        (Some("limt"), Some("limit"))
    );
    let (_, twice) = problem("/api/v1/alerts?limit=5&limit=6").await;
    assert_eq!(twice["detail"], "there is more than one parameter \"limit\"");
    let (_, none) = problem("/api/v1/status?x=1").await;
    assert_eq!(none["allowed"], "no parameters");
}

#[tokio::test]
async fn what_is_not_there_is_404_with_a_hint() {
    let (status, keyword) = problem("/api/v1/trends/nothing").await;
    assert_eq!((status, keyword.get("suggestion")), (StatusCode::NOT_FOUND, None));
    let (_, word) = problem("/api/v1/trends/elei%C3%A7%C3%B5es").await;
    assert_eq!(word["suggestion"], "#eleições, written %23 in a URL");
    let (status, path) = problem("/api/v1/trend").await;
    assert_eq!((status, path["suggestion"].as_str()), (StatusCode::NOT_FOUND, Some("/api/v1/trends")));
    let (status, topic) = problem("/api/v1/topics/bluesky-post").await;
    assert_eq!((status, topic["suggestion"].as_str()), (StatusCode::NOT_FOUND, Some("bluesky-posts")));
    let (status, _) = problem("/api/v1/topics/trending-keywords?partition=1").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_log_says_what_is_gone_and_what_failed() {
    let (status, gone) = problem("/api/v1/topics/trending-keywords?from=3").await;
    assert_eq!(
        (status, gone["detail"].as_str()),
        (StatusCode::GONE, Some("offset 3 is gone, the earliest is 5"))
    );
    let (status, failed) = problem("/api/v1/topics/dead-letter").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(failed["detail"], "the log can't be read: disk on fire");
}

#[tokio::test]
async fn other_methods_are_405_with_the_allowed_ones() {
    for path in ["/api/v1/trends", "/health/ready"] {
        let request = Request::post(path).body(Body::empty()).expect("a request");
        let response = router(state()).oneshot(request).await.expect("the router is infallible");
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["allow"], "GET,HEAD");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
    // What the problem says is what the field says, on every path that is described.
    for (method, path) in [
        ("DELETE", "/api/v1/trends"),
        ("POST", "/feeds/trends.atom"),
        ("GET", "/api/v1/moderation/decisions"),
        ("PUT", "/api/v1/moderation/reports"),
        ("PUT", "/api/v1/session"),
        ("POST", "/pipeline"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
        let response = router(state()).oneshot(request).await.expect("the router is infallible");
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let sorted = |text: &str| {
            text.split(',').map(|method| method.trim().to_owned()).collect::<std::collections::BTreeSet<_>>()
        };
        let field = sorted(response.headers()["allow"].to_str().expect("ASCII"));
        assert!(!field.is_empty() && !field.contains(method), "{path}: {field:?}");
        let body = axum::body::to_bytes(response.into_body(), 1 << 16).await.expect("it is complete");
        let problem: Value = serde_json::from_slice(&body).expect("JSON");
        if let Some(allowed) = problem["allowed"].as_str() {
            assert_eq!(sorted(allowed), field, "{path}");
        }
    }
    let head =
        Request::builder().method(Method::HEAD).uri("/api/v1/trends").body(Body::empty()).expect("a request");
    assert_eq!(router(state()).oneshot(head).await.expect("infallible").status(), StatusCode::OK);
}

#[tokio::test]
async fn over_the_limit_the_api_refuses_and_health_answers() {
    let state = ApiState { requests: Arc::new(Semaphore::new(0)), ..state() };
    let (status, headers, _) = get_text(state.clone(), "/api/v1/trends").await;
    assert_eq!(
        (status, &headers["retry-after"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"1".parse().expect("a value"))
    );
    assert_eq!(get_text(state.clone(), "/health/live").await.0, StatusCode::OK);
    assert_eq!(get_text(state, "/metrics").await.0, StatusCode::OK);

    let reading = ApiState { topic_reads: Arc::new(Semaphore::new(0)), ..super::state() };
    assert_eq!(get_text(reading, "/api/v1/topics/alerts").await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_request_that_hangs_is_answered_after_the_timeout() {
    let (topics, _entered, let_go) = StuckLog::new();
    let settings = Settings { request_timeout_secs: 0, ..Settings::default() };
    let state = ApiState::new(Arc::clone(&state().view), Arc::new(topics), settings);
    let (status, _, text) = get_text(state.clone(), "/api/v1/topics/alerts").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(text.contains("took too long"), "{text}");
    assert_eq!(state.topic_reads.available_permits(), 3, "the blocked thread still counts");
    drop(let_go);
}

proptest! {
    #[test]
    fn no_path_or_query_makes_it_panic(segment in "(%[0-9A-Fa-f]{2}|[!-~&&[^?#% ]]){0,40}", query in "[!-~&&[^#]]{0,40}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        for prefix in ["/api/v1/trends/", "/api/v1/topics/", "/"] {
            let Ok(uri) = format!("{prefix}{segment}?{query}").parse::<axum::http::Uri>() else { continue };
            let request = Request::get(uri).body(Body::empty()).expect("a request");
            let response = runtime.block_on(router(state()).oneshot(request)).expect("the router is infallible");
            prop_assert!(response.status() != StatusCode::INTERNAL_SERVER_ERROR);
        }
    }
}
