//! What pages of other origins may do, as a browser asks for them.

use axum::response::Response;

use super::moderation::{READER, WRITER, bearer, moderated};
use super::*;

const PAGE: &str = "https://news.example";

fn cors(origins: &[&str]) -> CorsSettings {
    CorsSettings { origins: origins.iter().map(|origin| origin.parse().expect("an origin")).collect() }
}

async fn send(state: &ApiState, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned())).expect("a request");
    router(state.clone()).oneshot(request).await.expect("the router is infallible")
}

fn field<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().expect("ASCII"))
}

const ALLOWED: &str = "access-control-allow-origin";

#[tokio::test]
async fn by_default_and_for_other_pages_nothing_is_allowed() {
    let preflight = [("origin", PAGE), ("access-control-request-method", "GET")];
    let none = state();
    let answer = send(&none, "OPTIONS", "/api/v1/trends", &preflight, "").await;
    assert_eq!((answer.status(), field(&answer, ALLOWED)), (StatusCode::METHOD_NOT_ALLOWED, None));
    assert_eq!(field(&send(&none, "GET", "/api/v1/trends", &preflight, "").await, ALLOWED), None);

    let other = state().with_cors(cors(&["https://other.example"]));
    for method in ["OPTIONS", "GET"] {
        let answer = send(&other, method, "/api/v1/trends", &preflight, "").await;
        assert_eq!((answer.status(), field(&answer, ALLOWED)), (StatusCode::OK, None), "{method}");
    }
}

#[tokio::test]
async fn an_allowed_page_reads_the_api_and_the_feeds_and_nothing_else() {
    let state = moderated(Reading::Token).with_cors(cors(&["https://other.example", PAGE]));
    let token = bearer(READER);
    let paths = [
        "/api/v1/trends",
        "/feeds/trends.atom",
        "/xrpc/app.bsky.unspecced.getTrends",
        "/mastodon/api/v1/trends/tags",
        "/api/v1/openapi.json",
    ];
    for path in paths {
        // A preflight has no token.
        let preflight = [
            ("origin", PAGE),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "authorization,if-none-match"),
        ];
        let asked = send(&state, "OPTIONS", path, &preflight, "").await;
        assert_eq!((asked.status(), field(&asked, ALLOWED)), (StatusCode::OK, Some(PAGE)), "{path}");
        assert_eq!(field(&asked, "access-control-allow-methods"), Some("GET,HEAD,POST,PUT,DELETE"));
        let headers = field(&asked, "access-control-allow-headers").expect("what it may send");
        for name in ["authorization", "if-none-match", "last-event-id", "content-type"] {
            assert!(headers.contains(name), "{headers}");
        }
        assert_eq!(field(&asked, "access-control-allow-credentials"), None);

        let with_token = [("origin", PAGE), ("authorization", token.as_str())];
        for (headers, status) in
            [(&with_token[..], StatusCode::OK), (&with_token[..1], StatusCode::UNAUTHORIZED)]
        {
            let answer = send(&state, "GET", path, headers, "").await;
            assert_eq!((answer.status(), field(&answer, ALLOWED)), (status, Some(PAGE)), "{path}");
            let exposed = field(&answer, "access-control-expose-headers").expect("what it may read");
            for name in ["etag", "link", "retry-after", "skytrend-next-offset"] {
                assert!(exposed.contains(name), "{exposed}");
            }
            let vary: Vec<_> = answer.headers().get_all("vary").iter().collect();
            assert!(vary.iter().any(|value| *value == "origin"), "{path}: {vary:?}");
            assert_eq!(field(&answer, "access-control-allow-credentials"), None);
        }
    }
    for path in ["/", "/moderation", "/api/v1/session", "/metrics", "/health/ready"] {
        let answer = send(&state, "GET", path, &[("origin", PAGE)], "").await;
        assert_eq!(field(&answer, ALLOWED), None, "{path}");
    }
    // What isn't there, and what can't be done, is told as ever.
    let missing = send(&state, "GET", "/api/v1/nothing", &[("origin", PAGE)], "").await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    let wrong = send(&state, "DELETE", "/api/v1/trends", &[("origin", PAGE)], "").await;
    assert_eq!((wrong.status(), field(&wrong, "allow")), (StatusCode::METHOD_NOT_ALLOWED, Some("GET,HEAD")));
}

#[tokio::test]
async fn a_star_is_for_all_and_needs_no_vary() {
    let state = state().with_cors(cors(&["*"]));
    let answer = send(&state, "GET", "/api/v1/status", &[("origin", PAGE)], "").await;
    assert_eq!((field(&answer, ALLOWED), field(&answer, "vary")), (Some("*"), None));
    assert_eq!(field(&answer, "access-control-allow-credentials"), None);
}

#[tokio::test]
async fn an_allowed_page_decides_with_a_token_and_never_with_the_cookie() {
    let state = moderated(Reading::Token).with_cors(cors(&[PAGE]));
    let login = json!({ "token": WRITER }).to_string();
    let json_type = ("content-type", "application/json");
    let session = send(&state, "POST", "/api/v1/session", &[json_type], &login).await;
    let cookie =
        field(&session, "set-cookie").expect("a cookie").split(';').next().expect("a pair").to_owned();
    let from_page =
        [json_type, ("origin", PAGE), ("sec-fetch-site", "cross-site"), ("host", "trends.example")];

    let block = json!({ "action": "block", "pattern": "quake" }).to_string();
    let path = "/api/v1/moderation/decisions";
    let by_cookie = [&from_page[..], &[("cookie", &cookie)]].concat();
    assert_eq!(send(&state, "POST", path, &by_cookie, &block).await.status(), StatusCode::FORBIDDEN);
    let token = bearer(WRITER);
    let by_token = [&from_page[..], &[("authorization", token.as_str())]].concat();
    let decided = send(&state, "POST", path, &by_token, &block).await;
    assert_eq!((decided.status(), field(&decided, ALLOWED)), (StatusCode::CREATED, Some(PAGE)));

    let report = json!({ "keyword": "golo" }).to_string();
    for (headers, status) in [(&by_cookie, StatusCode::FORBIDDEN), (&by_token, StatusCode::CREATED)] {
        let answer = send(&state, "POST", "/api/v1/moderation/reports", headers, &report).await;
        assert_eq!(answer.status(), status);
    }
    // Signing in is for our own pages, whatever is allowed.
    assert_eq!(
        send(&state, "POST", "/api/v1/session", &from_page, &login).await.status(),
        StatusCode::FORBIDDEN
    );

    // The WebSocket: a browser sends the cookie with it where the page is of the same site.
    let upgrade = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    for (headers, status) in [(&by_cookie, StatusCode::FORBIDDEN), (&by_token, StatusCode::BAD_REQUEST)] {
        let headers = [&headers[1..], &upgrade].concat();
        // 400: there is no socket here to change over; the real one is in the tests of the WebSocket.
        assert_eq!(send(&state, "GET", "/api/v1/ws", &headers, "").await.status(), status);
    }
}
