//! Watchlists over the router: who may change them, what is refused, and what is told of each.

use std::collections::BTreeMap;
use std::sync::Mutex;

use skytrend_event::{WatchlistDefinition, WatchlistRecord};

use super::moderation::{READER, WRITER, bearer, moderated, send};
use super::*;
use crate::watchlists::{Backend, Invalid, NotStored, Watched, Watchlists};

/// Three lists at most, no expressions; and the log is a list.
#[derive(Default)]
struct Stored(Mutex<Vec<WatchlistRecord>>);

impl Backend for Stored {
    fn check(
        &self,
        _name: &str,
        definition: &WatchlistDefinition,
        others: &BTreeMap<String, WatchlistDefinition>,
    ) -> Result<(), Invalid> {
        let refused =
            |field: &str, rule: &str| Err(Invalid { field: field.to_owned(), rule: rule.to_owned() });
        if others.len() >= 3 {
            return refused("watchlists", "at most 3");
        }
        match definition.terms.iter().find(|term| term.starts_with('/')) {
            Some(_) => refused("terms", "words"),
            None => Ok(()),
        }
    }

    fn append(&self, record: &WatchlistRecord) -> Result<u64, NotStored> {
        let mut stored = self.0.lock().expect("no call panics");
        stored.push(record.clone());
        Ok(stored.len() as u64 - 1)
    }

    fn now(&self) -> Micros {
        at(20)
    }
}

fn definition(terms: &[&str]) -> WatchlistDefinition {
    WatchlistDefinition {
        terms: terms.iter().map(|&term| term.to_owned()).collect(),
        languages: vec!["en".to_owned()],
        alert_posts: 10,
        alert_growth: 2.5,
        cooldown_minutes: 15,
    }
}

/// The state with a list `weather` of the settings, and a detector that takes changes up at once, as the program's does.
pub(in crate::http) fn with_watchlists(state: ApiState) -> ApiState {
    let of_settings = BTreeMap::from([("weather".to_owned(), definition(&["tide", "storm*"]))]);
    let stored = Arc::new(Stored::default());
    let watchlists = Arc::new(Watchlists::new(Arc::clone(&stored) as Arc<dyn Backend>, of_settings, true));
    let detector = Arc::downgrade(&watchlists);
    std::thread::spawn(move || {
        while let Some(watchlists) = detector.upgrade() {
            let records = stored.0.lock().expect("no call panics").clone();
            let next = records.len() as u64;
            let since = records.iter().map(|record| (record.name.clone(), at(10))).collect();
            for (offset, record) in (0..).zip(records) {
                watchlists.apply(offset, record);
            }
            watchlists.set_watched(Watched { next, since, left_out: BTreeMap::new() });
            drop(watchlists);
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    state.with_watchlists(watchlists)
}

async fn ask(state: &ApiState, method: &str, name: &str, secret: &str, body: &Value) -> (StatusCode, Value) {
    let path = format!("/api/v1/watchlists/{name}");
    let token = bearer(secret);
    let headers = if secret.is_empty() { vec![] } else { vec![("authorization", token.as_str())] };
    let (status, _, answer) = send(state, method, &path, &headers, body).await;
    (status, answer)
}

async fn names(state: &ApiState) -> Vec<Value> {
    let (_, _, all) = send(state, "GET", "/api/v1/watchlists", &[], &json!({})).await;
    column(&all["watchlists"], "name")
}

#[tokio::test]
async fn a_list_is_put_seen_changed_and_removed() {
    let state = with_watchlists(moderated(Reading::Open));
    let sea = json!({ "terms": ["tide", "#sea"] });
    let (status, answer) = ask(&state, "PUT", "sea", WRITER, &sea).await;
    assert_eq!(
        (status, &answer["origin"], &answer["is_counted"]),
        (StatusCode::CREATED, &json!("api"), &json!(true))
    );
    assert_eq!((&answer["counts_from"], &answer["changed_by"]), (&json!(at(10).0), &json!("wanda")));
    let whole = json!({ "terms": ["tide", "#sea"], "languages": [], "alert_posts": 20, "alert_growth": 3.0, "cooldown_minutes": 30 });
    assert_eq!(answer["definition"], whole, "what is left out is as in the settings");
    assert_eq!(names(&state).await, ["sea", "weather"]);

    // It has no window yet; who may only read is not told who did it, nor what exactly is looked for.
    for (secret, definition, by) in [(WRITER, &whole, json!("wanda")), ("", &Value::Null, Value::Null)] {
        let (status, one) = ask(&state, "GET", "sea", secret, &json!({})).await;
        assert_eq!((status, &one["sliding"], &one["definition"]), (StatusCode::OK, &Value::Null, definition));
        assert_eq!((&one["changed_at"], &one["changed_by"]), (&json!(at(20).0), &by));
    }

    let (status, _) = ask(&state, "PUT", "sea", WRITER, &sea).await;
    assert_eq!(status, StatusCode::OK, "it is so already");
    let (status, answer) =
        ask(&state, "PUT", "sea", WRITER, &json!({ "terms": ["tide"], "alert_growth": 1 })).await;
    assert_eq!((status, &answer["definition"]["alert_growth"]), (StatusCode::OK, &json!(1.0)));

    assert_eq!(ask(&state, "DELETE", "sea", WRITER, &json!({})).await.0, StatusCode::NO_CONTENT);
    assert_eq!(names(&state).await, ["weather"]);
    let (status, problem) = ask(&state, "DELETE", "sea", WRITER, &json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{problem}");
    assert_eq!(ask(&state, "GET", "sea", "", &json!({})).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_list_of_the_settings_is_shown_and_not_changed() {
    let state = with_watchlists(moderated(Reading::Open));
    let (_, one) = ask(&state, "GET", "weather", WRITER, &json!({})).await;
    assert_eq!((&one["origin"], &one["sliding"]["count"]), (&json!("settings"), &json!(40)));
    assert_eq!(one["definition"]["terms"], json!(["tide", "storm*"]));
    for method in ["PUT", "DELETE"] {
        let (status, problem) = ask(&state, method, "weather", WRITER, &json!({ "terms": ["tide"] })).await;
        assert_eq!(status, StatusCode::CONFLICT, "{method}: {problem}");
        assert!(problem["detail"].as_str().expect("a text").contains("trend.watchlists"), "{problem}");
    }
}

#[tokio::test]
async fn only_who_may_write_changes_a_list() {
    let state = with_watchlists(moderated(Reading::Open));
    let sea = json!({ "terms": ["tide"] });
    for method in ["PUT", "DELETE"] {
        for (secret, expected) in [
            ("", StatusCode::UNAUTHORIZED),
            ("wrong", StatusCode::UNAUTHORIZED),
            (READER, StatusCode::FORBIDDEN),
        ] {
            let (status, problem) = ask(&state, method, "sea", secret, &sea).await;
            assert_eq!(status, expected, "{method} with {secret:?}: {problem}");
        }
    }
    assert_eq!(names(&state).await, ["weather"]);
    assert_eq!(get_text(state.clone(), "/api/v1/topics/watchlists").await.0, StatusCode::FORBIDDEN);

    // Another site's page has the browser's cookie, and may not use it.
    let ours = [("origin", "https://skytrend.example"), ("host", "skytrend.example")];
    let (_, headers, _) = send(&state, "POST", "/api/v1/session", &ours, &json!({ "token": WRITER })).await;
    let cookie = headers["set-cookie"].to_str().expect("ASCII").split(';').next().expect("a cookie");
    let path = "/api/v1/watchlists/sea";
    for (origin, method, expected) in [
        ("https://evil.example", "PUT", StatusCode::FORBIDDEN),
        ("https://skytrend.example", "PUT", StatusCode::CREATED),
        ("https://evil.example", "DELETE", StatusCode::FORBIDDEN),
        ("https://skytrend.example", "DELETE", StatusCode::NO_CONTENT),
    ] {
        let headers = [("origin", origin), ours[1], ("cookie", cookie)];
        assert_eq!(send(&state, method, path, &headers, &sea).await.0, expected, "{method} from {origin}");
    }

    // Where nothing can be changed, nothing is.
    let without = moderated(Reading::Open);
    assert_eq!(ask(&without, "PUT", "sea", WRITER, &sea).await.0, StatusCode::NOT_IMPLEMENTED);
}

#[tokio::test]
async fn what_is_wrong_with_a_list_is_named() {
    let state = with_watchlists(moderated(Reading::Open));
    for (body, field) in [
        (json!({ "terms": ["/(/"] }), json!("terms")),
        (json!({}), Value::Null),
        (json!({ "terms": ["x"], "term_files": ["/etc/passwd"] }), Value::Null),
        (json!({ "terms": ["x"], "alert_posts": -1 }), Value::Null),
        (json!({ "terms": "x" }), Value::Null),
        (json!([["x"]]), Value::Null),
    ] {
        let (status, problem) = ask(&state, "PUT", "sea", WRITER, &body).await;
        assert_eq!((status, &problem["field"]), (StatusCode::BAD_REQUEST, &field), "{body}: {problem}");
    }
    let long = json!({ "terms": ["x".repeat(800_000)] });
    assert_eq!(ask(&state, "PUT", "sea", WRITER, &long).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    // As many as there may be; each counts though the one before was answered a moment ago.
    for (name, expected) in [("a", 201), ("b", 201), ("c", 201), ("d", 400)] {
        let (status, problem) = ask(&state, "PUT", name, WRITER, &json!({ "terms": ["x"] })).await;
        assert_eq!(status.as_u16(), expected, "{name}: {problem}");
    }
    let (status, headers, _) = send(&state, "POST", "/api/v1/watchlists/a", &[], &json!({})).await;
    assert_eq!(
        (status, &headers["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"GET,HEAD,PUT,DELETE".parse().expect("a value"))
    );
}
