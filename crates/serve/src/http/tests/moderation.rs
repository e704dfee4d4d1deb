//! Decisions over the router: who may make them, and what is gone from which answer.

use std::sync::Mutex;

use sha2::{Digest as _, Sha256};
use skytrend_event::{AlertKind, KeywordKind, ModerationAction, ModerationRecord};

use super::*;
use crate::moderation::{Backend, InvalidPattern, Moderation, NotRead, NotStored, Rules};

pub(super) const READER: &str = "reader-reader-reader-reader-reader";
pub(in crate::http) const WRITER: &str = "writer-writer-writer-writer-writer";

/// Words alone are patterns, and the log is a list.
#[derive(Default)]
struct Words {
    stored: Mutex<Vec<ModerationRecord>>,
}

#[derive(Debug)]
pub(super) struct Hidden(pub(super) Vec<String>);

impl Rules for Hidden {
    fn hide(&self, _kind: KeywordKind, normalized_keyword: &str, _language: &str) -> bool {
        self.0.iter().any(|word| word == normalized_keyword)
    }

    fn hide_text(&self, text: &str) -> bool {
        text.split(' ').any(|word| self.0.iter().any(|hidden| hidden == word))
    }
}

impl Backend for Words {
    fn canonical(&self, pattern: &str) -> Result<String, InvalidPattern> {
        let word = pattern.trim().to_lowercase();
        if word.is_empty() { Err(InvalidPattern("empty".to_owned())) } else { Ok(word) }
    }

    fn compile(&self, hide: &[String], _allow: &[String]) -> Result<Arc<dyn Rules>, InvalidPattern> {
        Ok(Arc::new(Hidden(hide.to_vec())))
    }

    fn read(&self, from: u64) -> Result<Vec<(u64, ModerationRecord)>, NotRead> {
        let stored = self.stored.lock().expect("no call panics");
        Ok((0..).zip(stored.iter().cloned()).filter(|(offset, _)| *offset >= from).collect())
    }

    fn append(&self, record: &ModerationRecord) -> Result<u64, NotStored> {
        let mut stored = self.stored.lock().expect("no call panics");
        stored.push(record.clone());
        Ok(stored.len() as u64 - 1)
    }

    fn now(&self) -> Micros {
        at(20)
    }
}

/// What was stored is the topic `moderation`; the others are [`ShortLog`]'s.
impl TopicReader for Words {
    fn bounds(&self, topic: Topic, partition: u32) -> Result<Range<u64>, TopicReadError> {
        if topic != Topic::Moderation {
            return ShortLog.bounds(topic, partition);
        }
        Ok(0..self.stored.lock().expect("no call panics").len() as u64)
    }

    fn offset_at(&self, topic: Topic, partition: u32, timestamp: Micros) -> Result<u64, TopicReadError> {
        ShortLog.offset_at(topic, partition, timestamp)
    }

    fn read(
        &self,
        topic: Topic,
        partition: u32,
        from: u64,
        limit: usize,
    ) -> Result<Vec<TopicRecord>, TopicReadError> {
        if topic != Topic::Moderation {
            return ShortLog.read(topic, partition, from, limit);
        }
        let stored = self.stored.lock().expect("no call panics");
        let from_here = (0..).zip(stored.iter()).filter(|(offset, _)| *offset >= from).take(limit);
        let record = |(offset, record): (u64, &ModerationRecord)| TopicRecord {
            offset,
            timestamp: record.at,
            key: record.pattern.clone().into(),
            value: Encoder::default().encode_to_vec(record).expect("a record has a schema").into(),
        };
        Ok(from_here.map(record).collect())
    }
}

/// The state with a token of each right, and a thread that brings what is stored into force, as the program does.
pub(super) fn moderated(reading: Reading) -> ApiState {
    moderated_after(reading, Vec::new())
}

/// The same, where these were stored before and are in force.
pub(in crate::http) fn moderated_after(reading: Reading, stored: Vec<ModerationRecord>) -> ApiState {
    let token = |name: &str, rights, secret: &str| {
        let hash = Sha256::digest(secret);
        let digits = hash.iter().map(|byte| format!("{byte:02x}"));
        TokenSettings { name: name.to_owned(), rights, sha256: digits.collect(), ..TokenSettings::default() }
    };
    let tokens = vec![token("rita", Right::Read, READER), token("wanda", Right::Write, WRITER)];
    let access = Access::load(&AccessSettings { reading, tokens }).expect("two tokens");
    let words = Arc::new(Words { stored: Mutex::new(stored) });
    let moderation = Arc::new(Moderation::new(Arc::clone(&words) as Arc<dyn Backend>));
    let state = state().with_access(access).with_moderation(Arc::clone(&moderation));
    let state = ApiState { topics: Arc::clone(&words) as Arc<dyn TopicReader>, ..state };
    let view = Arc::downgrade(&state.view);
    let enforce = move |view: &TrendView| {
        moderation.catch_up().expect("a list can be read");
        moderation.enforce(view).expect("words are patterns");
    };
    enforce(&state.view);
    std::thread::spawn(move || {
        while let Some(view) = view.upgrade() {
            enforce(&view);
            drop(view);
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    state
}

pub(super) async fn send(
    state: &ApiState,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> (StatusCode, HeaderMap, Value) {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_string())).expect("a request");
    let response = router(state.clone()).oneshot(request).await.expect("the router is infallible");
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 24).await.expect("the body is complete");
    (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap_or_default())
}

pub(super) fn bearer(secret: &str) -> String {
    format!("Bearer {secret}")
}

const DECISIONS: &str = "/api/v1/moderation/decisions";

#[tokio::test]
async fn what_is_blocked_is_gone_from_every_answer_until_it_is_released() {
    let state = moderated(Reading::Open);
    let writer = bearer(WRITER);
    let block = json!({ "action": "block", "pattern": "Quake", "reason": "a test" });
    let (status, _, record) = send(&state, "POST", DECISIONS, &[("authorization", &writer)], &block).await;
    assert_eq!(
        (status, &record["pattern"], &record["by"]),
        (StatusCode::CREATED, &json!("quake"), &json!("wanda"))
    );
    for path in [
        "/api/v1/trends",
        "/api/v1/trends?as_of=2025-03-01T12:10:00Z",
        "/api/v1/search?q=quak",
        "/api/v1/alerts",
        "/api/v1/topics/trending-keywords",
        "/feeds/trends.atom",
        "/feeds/alerts.rss",
        "/mastodon/api/v1/trends",
        "/xrpc/app.bsky.unspecced.getTrends",
    ] {
        let (status, _, text) = get_text(state.clone(), path).await;
        // The broken record of the log can't be held against anything.
        assert!(status == StatusCode::OK, "{path}: {text}");
        assert!(!text.contains("\"quake\"") && !text.contains(">quake"), "{path}: {text}");
    }
    let (status, _, text) = get_text(state.clone(), "/api/v1/trends/quake").await;
    assert!(status == StatusCode::NOT_FOUND && text.contains("hidden by moderation"), "{text}");

    // What those are asked who send alerts on.
    let alert = |keyword| Arc::new(alert(keyword, AlertKind::Started, 10));
    assert!(state.view.moderated_alert(alert("quake")).is_none());
    assert!(state.view.moderated_alert(alert("river")).is_some());

    let (_, _, overview) =
        send(&state, "GET", "/api/v1/moderation", &[("authorization", &writer)], &json!({})).await;
    assert_eq!(
        (&overview["hidden"][0]["keyword"], &overview["hidden"][0]["is_held"]),
        (&json!("quake"), &json!(false))
    );
    let release = json!({ "action": "release", "pattern": "quake" });
    let (status, ..) = send(&state, "POST", DECISIONS, &[("authorization", &writer)], &release).await;
    assert_eq!(status, StatusCode::CREATED);
    let (_, _, text) = get_text(state.clone(), "/api/v1/trends").await;
    assert!(text.contains("\"quake\""), "{text}");
    let (status, ..) = send(&state, "POST", DECISIONS, &[("authorization", &writer)], &release).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "nothing stands any more");
}

#[tokio::test]
async fn only_who_may_write_decides_and_anybody_reports() {
    let state = moderated(Reading::Open);
    let block = json!({ "action": "block", "pattern": "quake" });
    let (status, headers, _) = send(&state, "POST", DECISIONS, &[], &block).await;
    assert_eq!(
        (status, &headers["www-authenticate"]),
        (StatusCode::UNAUTHORIZED, &"Bearer realm=\"skytrend\"".parse().expect("a value"))
    );
    for (secret, expected) in [(READER, StatusCode::FORBIDDEN), ("wrong", StatusCode::UNAUTHORIZED)] {
        let (status, ..) =
            send(&state, "POST", DECISIONS, &[("authorization", &bearer(secret))], &block).await;
        assert_eq!(status, expected, "{secret}");
    }
    for path in ["/api/v1/moderation", "/api/v1/moderation/audit", "/api/v1/moderation/reports"] {
        assert_eq!(get_text(state.clone(), path).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(get_text(state.clone(), "/api/v1/topics/moderation").await.0, StatusCode::FORBIDDEN);

    let report = json!({ "keyword": "#Quake", "reason": "spam" });
    let reports = "/api/v1/moderation/reports";
    let (status, _, record) = send(&state, "POST", reports, &[], &report).await;
    assert_eq!(
        (status, &record["pattern"], &record["by"]),
        (StatusCode::CREATED, &json!("#quake"), &json!("anonymous"))
    );
    assert_eq!(send(&state, "POST", reports, &[], &report).await.0, StatusCode::OK, "reported already");
    let (_, _, open) = send(&state, "GET", reports, &[("authorization", &bearer(WRITER))], &json!({})).await;
    assert_eq!(column(&open["reports"], "pattern"), ["#quake"]);

    // What a pattern would take for something else.
    for keyword in ["ja:word", "/word", "wor*"] {
        let (status, ..) = send(&state, "POST", reports, &[], &json!({ "keyword": keyword })).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{keyword}");
    }
    let score = send(&state, "POST", reports, &[], &json!({ "keyword": "10:30" })).await;
    assert_eq!(score.0, StatusCode::CREATED);

    // Without a token that may write, it is said how to get one.
    let without = super::state();
    let (status, _, problem) = send(&without, "POST", DECISIONS, &[], &block).await;
    assert!(
        status == StatusCode::FORBIDDEN && problem.to_string().contains("skytrend token new"),
        "{problem}"
    );
}

#[tokio::test]
async fn reading_may_need_a_token_and_health_never_does() {
    let state = moderated(Reading::Token);
    for path in ["/api/v1/trends", "/metrics", "/feeds/trends.atom", "/api/v1/stream", "/api/v1/status"] {
        assert_eq!(get_text(state.clone(), path).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    let (status, _, error) = send(&state, "GET", "/xrpc/app.bsky.unspecced.getTrends", &[], &json!({})).await;
    assert_eq!((status, &error["error"]), (StatusCode::UNAUTHORIZED, &json!("AuthenticationRequired")));
    for path in ["/health/live", "/health/ready", "/", "/moderation", "/api/v1/session"] {
        assert_eq!(get_text(state.clone(), path).await.0, StatusCode::OK, "{path}");
    }
    let (status, ..) =
        send(&state, "GET", "/api/v1/trends", &[("authorization", &bearer(READER))], &json!({})).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_browser_signs_in_and_no_other_site_uses_its_session() {
    let state = moderated(Reading::Token);
    let session = "/api/v1/session";
    let (status, ..) = send(&state, "POST", session, &[], &json!({ "token": "wrong" })).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let elsewhere = [("origin", "https://evil.example"), ("host", "skytrend.example")];
    assert_eq!(
        send(&state, "POST", session, &elsewhere, &json!({ "token": WRITER })).await.0,
        StatusCode::FORBIDDEN
    );
    let ours = [("origin", "https://skytrend.example"), ("host", "skytrend.example")];
    let (status, headers, _) = send(&state, "POST", session, &ours, &json!({ "token": WRITER })).await;
    let cookie = headers["set-cookie"].to_str().expect("ASCII").to_owned();
    assert_eq!(status, StatusCode::OK);
    for part in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains(WRITER), "{cookie}");
    let cookie = cookie.split(';').next().expect("split gives one at least");

    let signed_in = [ours[0], ours[1], ("cookie", cookie)];
    assert_eq!(
        send(&state, "GET", "/api/v1/trends", &[("cookie", cookie)], &json!({})).await.0,
        StatusCode::OK
    );
    let block = json!({ "action": "hold", "pattern": "golo" });
    let crossing = [elsewhere[0], elsewhere[1], ("cookie", cookie)];
    assert_eq!(send(&state, "POST", DECISIONS, &crossing, &block).await.0, StatusCode::FORBIDDEN);
    assert_eq!(send(&state, "POST", DECISIONS, &signed_in, &block).await.0, StatusCode::CREATED);
    assert_eq!(send(&state, "DELETE", session, &signed_in, &json!({})).await.0, StatusCode::OK);
    assert_eq!(
        send(&state, "GET", "/api/v1/trends", &[("cookie", cookie)], &json!({})).await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_body_that_is_none_is_refused() {
    let state = moderated(Reading::Open);
    let writer = bearer(WRITER);
    for body in [
        json!({}),
        json!({ "action": "explode", "pattern": "x" }),
        json!({ "action": "block", "pattern": "" }),
        json!({ "action": "block", "pattern": "x", "more": 1 }),
        json!({ "action": "report", "pattern": "x" }),
        json!({ "action": "block", "pattern": "x", "expires_at": "yesterday" }),
        json!({ "action": "block", "pattern": "x", "expires_at": 1 }),
        json!({ "action": "release", "pattern": "x", "expires_at": 1 }),
        json!({ "action": "block", "pattern": "x", "reason": "y".repeat(501) }),
        json!(["block", "x", "", null]),
    ] {
        let (status, _, problem) =
            send(&state, "POST", DECISIONS, &[("authorization", &writer)], &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {problem}");
    }
    let form = Request::post(DECISIONS)
        .header("authorization", &writer)
        .header("content-type", "text/plain")
        .body(Body::from("{}"))
        .expect("a request");
    let refused = router(state.clone()).oneshot(form).await.expect("the router is infallible");
    assert_eq!(refused.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let long = json!({ "action": "block", "pattern": "x".repeat(20_000) });
    let (status, headers, _) = send(&state, "POST", DECISIONS, &[("authorization", &writer)], &long).await;
    assert_eq!(
        (status, &headers["content-type"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &"application/problem+json".parse().expect("a value"))
    );
    // Where only POST is possible, that is said.
    let (status, headers, problem) = send(&state, "GET", DECISIONS, &[], &json!({})).await;
    assert_eq!((status, &problem["allowed"]), (StatusCode::METHOD_NOT_ALLOWED, &json!("POST")));
    assert_eq!(headers["allow"], "POST");
}

#[tokio::test]
async fn the_audit_log_is_paged_backwards_while_it_grows() {
    let record = |number: i64| ModerationRecord {
        action: ModerationAction::Block,
        pattern: format!("word{number}"),
        reason: String::new(),
        by: "wanda".to_owned(),
        at: at(number),
        expires_at: None,
    };
    let state = moderated_after(Reading::Open, (0..7).map(record).collect());
    let writer = bearer(WRITER);
    let headers = [("authorization", writer.as_str())];
    let (mut offsets, mut path) = (Vec::new(), "/api/v1/moderation/audit?limit=3".to_owned());
    loop {
        let (status, head, page) = send(&state, "GET", &path, &headers, &json!({})).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        offsets.extend(column(&page["entries"], "offset"));
        let block = json!({ "action": "block", "pattern": format!("later{}", offsets.len()) });
        assert_eq!(send(&state, "POST", DECISIONS, &headers, &block).await.0, StatusCode::CREATED);
        let Some(cursor) = page["next_cursor"].as_str() else {
            assert!(!head.contains_key("link"));
            break;
        };
        let link = head["link"].to_str().expect("ASCII").strip_prefix('<').expect("a link");
        path = link.strip_suffix(">; rel=\"next\"").expect("the next page").to_owned();
        assert_eq!(path, format!("/api/v1/moderation/audit?limit=3&cursor={cursor}"));
    }
    assert_eq!(json!(offsets), json!([6, 5, 4, 3, 2, 1, 0]));
    for garbage in ["5", "WyJtb2Q", "", "WyJhbGVydHMiLDVd"] {
        let path = format!("/api/v1/moderation/audit?cursor={garbage}");
        let (status, _, problem) = send(&state, "GET", &path, &headers, &json!({})).await;
        assert_eq!((status, &problem["parameter"]), (StatusCode::BAD_REQUEST, &json!("cursor")), "{garbage}");
    }
}

/// Whether a sample may be shown is told by its text, which the past doesn't give.
#[tokio::test]
async fn samples_of_the_past_are_left_out_by_texts_that_are_not_shown() {
    let block = |pattern: &str| ModerationRecord {
        action: ModerationAction::Block,
        pattern: pattern.to_owned(),
        reason: String::new(),
        by: "wanda".to_owned(),
        at: at(1),
        expires_at: None,
    };
    for (blocked, samples) in [("other", 1), ("feel", 0)] {
        let state = moderated_after(Reading::Open, vec![block(blocked)]);
        let (status, _, text) = get_text(state, "/api/v1/trends?as_of=2025-03-01T12:10:00Z").await;
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((status, &answer["trends"][0]["keyword"]), (StatusCode::OK, &json!("quake")));
        let shown = answer["trends"][0]["sample_posts"].as_array().expect("a list");
        assert_eq!(shown.len(), samples, "{blocked}");
        assert!(shown.iter().all(|post| post["text"] == ""), "{shown:?}");
    }
}
