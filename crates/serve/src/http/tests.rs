//! The API over its router: what each endpoint answers, and what it refuses.

mod cors;
mod counts;
mod errors;
mod feeds;
mod lexicon;
mod limits;
mod mastodon;
pub(super) mod moderation;
mod pages;
mod past;
mod socket;
mod stream;
pub(super) mod watchlists;
mod websocket;
mod xrpc;

use std::ops::Range;
use std::sync::{Mutex, mpsc};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use skytrend_event::codec::Encoder;
use skytrend_event::{Alert, AlertKind, Micros, Topic, Trend, WindowKind};
use tower::ServiceExt;

use super::*;
use crate::example::{activity, alert, at, count, ended, trend, watched};

/// A log of one topic with one partition: `trending-keywords` at offsets 5 to 7, the last of them broken.
pub(super) struct ShortLog;

impl TopicReader for ShortLog {
    fn bounds(&self, topic: Topic, partition: u32) -> Result<Range<u64>, TopicReadError> {
        match (topic, partition) {
            (Topic::Trends, 0) => Ok(5..8),
            (Topic::DeadLetter, _) => Err(TopicReadError::Failed { detail: "disk on fire".to_owned() }),
            _ => Err(TopicReadError::UnknownPartition { topic, partition }),
        }
    }

    fn offset_at(&self, _topic: Topic, _partition: u32, timestamp: Micros) -> Result<u64, TopicReadError> {
        Ok(if timestamp <= at(10) { 5 } else { 8 })
    }

    fn read(
        &self,
        _topic: Topic,
        _partition: u32,
        from: u64,
        limit: usize,
    ) -> Result<Vec<TopicRecord>, TopicReadError> {
        let record = |offset: u64| {
            let mut value = Vec::new();
            Encoder::default().encode(&trend("quake", 1, 10), &mut value).expect("a trend has a schema");
            if offset == 7 {
                value = b"\xffbroken".to_vec();
            }
            TopicRecord { offset, timestamp: at(10), key: "quake".into(), value: value.into() }
        };
        Ok((from..8).take(limit).map(record).collect())
    }
}

/// An empty log that says when it is asked, and answers only when it is let.
pub(super) struct StuckLog {
    entered: tokio::sync::mpsc::Sender<()>,
    gate: Mutex<mpsc::Receiver<()>>,
}

impl StuckLog {
    /// The log, what tells of a call, and what lets calls go when it is dropped.
    pub(super) fn new() -> (Self, tokio::sync::mpsc::Receiver<()>, mpsc::SyncSender<()>) {
        let (entered, enters) = tokio::sync::mpsc::channel(1);
        let (let_go, gate) = mpsc::sync_channel(1);
        (Self { entered, gate: Mutex::new(gate) }, enters, let_go)
    }
}

impl TopicReader for StuckLog {
    fn bounds(&self, _topic: Topic, _partition: u32) -> Result<Range<u64>, TopicReadError> {
        let _ = self.entered.try_send(());
        let _ = self.gate.lock().expect("no call panics").recv();
        Ok(0..0)
    }

    fn offset_at(&self, _topic: Topic, _partition: u32, _timestamp: Micros) -> Result<u64, TopicReadError> {
        Ok(0)
    }

    fn read(
        &self,
        _topic: Topic,
        _partition: u32,
        _from: u64,
        _limit: usize,
    ) -> Result<Vec<TopicRecord>, TopicReadError> {
        Ok(Vec::new())
    }
}

pub(crate) fn state() -> ApiState {
    let view = TrendView::new(&crate::view::Settings::default());
    view.apply_trend(trend("quake", 1, 9));
    view.apply_trend(trend("quake", 1, 10));
    view.apply_trend(Trend { language: "pt".to_owned(), ..trend("#Eleições", 2, 10) });
    view.apply_trend(Trend { language: "pt".to_owned(), ..trend("golo", 3, 10) });
    view.apply_trend(Trend { window: WindowKind::Tumbling, ..trend("goal", 1, 10) });
    view.apply_trend(ended("storm", 10));
    view.apply_count(&count("quake", 412, 10));
    view.apply_count(&count("weather", 30, 10));
    for (term, posts) in [("*", 40), ("tide", 3), ("storm*", 38)] {
        view.apply_count(&watched("weather", term, posts, 10));
    }
    let of_list = |kind, minute| Alert {
        watchlist: Some("weather".to_owned()),
        normalized_keyword: "*".to_owned(),
        ..alert("weather", kind, minute)
    };
    view.apply_alert(of_list(AlertKind::Ended, 5));
    view.apply_alert(of_list(AlertKind::Started, 7));
    view.apply_alert(alert("quake", AlertKind::Started, 8));
    view.apply_alert(alert("quake", AlertKind::Ended, 9));
    view.apply_activity(activity(5));
    view.apply_activity(activity(10));
    view.publish();
    ApiState::new(Arc::new(view), Arc::new(ShortLog), Settings::default())
}

/// Status, headers and text of the answer to a GET.
pub(super) async fn get_text(state: ApiState, path: &str) -> (StatusCode, HeaderMap, String) {
    let request = Request::get(path).body(Body::empty()).expect("a path");
    let response = router(state).oneshot(request).await.expect("the router is infallible");
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 24).await.expect("the body is complete");
    (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).expect("answers are UTF-8"))
}

/// The answer to a GET that must succeed.
async fn get_ok(path: &str) -> Value {
    let (status, headers, text) = get_text(state(), path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {text}");
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    serde_json::from_str(&text).expect("JSON")
}

fn column(list: &Value, field: &str) -> Vec<Value> {
    list.as_array().expect("an array").iter().map(|row| row[field].clone()).collect()
}

#[tokio::test]
async fn trends_are_the_newest_window_by_rank() {
    let answer = get_ok("/api/v1/trends").await;
    assert_eq!(answer["window"], "sliding");
    assert_eq!(answer["window_end"], at(10).0);
    assert_eq!(answer["window_start"], at(0).0);
    assert_eq!(answer["window_end_iso"], "2025-03-01T12:10:00.000000Z");
    assert_eq!(answer["generated_from"], json!({"topic": "trending-keywords", "trends": 3, "matching": 3}));
    assert_eq!(column(&answer["trends"], "keyword"), ["quake", "#Eleições", "golo"]);
    assert_eq!(column(&answer["trends"], "position"), [1, 2, 3]);
    assert_eq!(answer["trends"][0]["sample_posts"][0]["text"], "did anyone else feel that?");

    let tumbling = get_ok("/api/v1/trends?window=tumbling").await;
    assert_eq!(column(&tumbling["trends"], "keyword"), ["goal"]);
}

#[tokio::test]
async fn a_language_keeps_the_rank_among_all_and_has_its_own_positions() {
    let answer = get_ok("/api/v1/trends?language=PT-br&limit=1").await;
    assert_eq!(answer["language"], "pt");
    assert_eq!(answer["generated_from"]["matching"], 2);
    assert_eq!(column(&answer["trends"], "rank"), [2]);
    assert_eq!(column(&answer["trends"], "position"), [1]);
    assert_eq!(column(&answer["trends"], "language_rank"), [1]);
    let of_all = get_ok("/api/v1/trends").await;
    assert_eq!(column(&of_all["trends"], "language_rank"), [1, 1, 2]);
}

#[tokio::test]
async fn an_empty_view_answers_with_an_empty_window() {
    let view = Arc::new(TrendView::new(&crate::view::Settings::default()));
    let empty = ApiState::new(view, Arc::new(ShortLog), Settings::default());
    let (status, _, text) = get_text(empty, "/api/v1/trends").await;
    assert_eq!(status, StatusCode::OK);
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&answer["window_end"], &answer["trends"]), (&Value::Null, &json!([])));
}

#[tokio::test]
async fn a_list_is_compressed_and_not_sent_twice() {
    let ask = async |name: &str, value: &str| {
        let request = Request::get("/api/v1/trends").header(name, value).body(Body::empty()).expect("a path");
        let response = router(state()).oneshot(request).await.expect("the router is infallible");
        let (parts, body) = response.into_parts();
        (parts.status, parts.headers, to_bytes(body, 1 << 24).await.expect("the body is complete"))
    };
    let (_, plain, json) = ask("accept", "*/*").await;
    let (status, headers, gzip) = ask("accept-encoding", "gzip, br").await;
    assert_eq!(
        (status, &headers["content-encoding"], &headers["etag"]),
        (StatusCode::OK, &"gzip".parse().expect("a value"), &plain["etag"])
    );
    let mut unpacked = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&*gzip), &mut unpacked).expect("gzip");
    assert_eq!(unpacked, json);
    let etag = plain["etag"].to_str().expect("ASCII");
    let (status, _, body) = ask("if-none-match", etag).await;
    assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
}

#[tokio::test]
async fn keywords_are_found_by_a_part_the_closest_first() {
    let all = get_ok("/api/v1/search?q=A").await;
    assert_eq!(column(&all["keywords"], "keyword"), ["quake", "weather", "goal"]);
    assert_eq!(column(&all["keywords"], "is_trending"), [true, false, false]);
    let whole = get_ok("/api/v1/search?q=%23elei%C3%A7%C3%B5es").await;
    assert_eq!(column(&whole["keywords"], "kind"), ["hashtag"]);
    assert_eq!(get_ok("/api/v1/search?q=zzz").await["keywords"], json!([]));
    assert_eq!(get_ok("/api/v1/search?q=a&limit=1").await["keywords"][0]["count"], 412);
    let (status, _, _) = get_text(state(), "/api/v1/search").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_keyword_has_its_current_trend_history_and_counts() {
    let answer = get_ok("/api/v1/trends/QUAKE").await;
    assert_eq!((&answer["kind"], &answer["normalized_keyword"]), (&json!("word"), &json!("quake")));
    assert_eq!(answer["current"]["sliding"]["rank"], 1);
    assert_eq!(answer["current"]["tumbling"], Value::Null);
    assert_eq!(column(&answer["history"], "window_end"), [at(9).0, at(10).0]);
    assert_eq!(column(&answer["counts"], "count"), [412]);

    let hashtag = get_ok("/api/v1/trends/%23elei%C3%A7%C3%B5es").await;
    assert_eq!((&hashtag["kind"], &hashtag["keyword"]), (&json!("hashtag"), &json!("#Eleições")));

    let storm = get_ok("/api/v1/trends/storm").await;
    assert_eq!(storm["current"], json!({"sliding": null, "tumbling": null}));
    assert_eq!(column(&storm["history"], "status"), ["ended"]);
}

#[tokio::test]
async fn alerts_and_activity_are_newest_first() {
    let alerts = get_ok("/api/v1/alerts").await;
    assert_eq!(column(&alerts["alerts"], "kind"), ["ended", "started", "started", "ended"]);
    let one = get_ok("/api/v1/alerts?limit=1").await;
    assert_eq!(column(&one["alerts"], "window_end"), [at(9).0]);
    let activity = get_ok("/api/v1/activity").await;
    assert_eq!(column(&activity["activity"], "window_end"), [at(10).0, at(5).0]);
    assert_eq!(activity["activity"][0]["active_users"], 900);
}

#[tokio::test]
async fn watchlists_have_counts_terms_and_alerts_of_their_own() {
    let all = get_ok("/api/v1/watchlists").await;
    let list = &all["watchlists"][0];
    assert_eq!((&list["name"], &list["sliding"]["count"]), (&json!("weather"), &json!(40)));
    assert_eq!((&list["tumbling"], &list["open_alert"]["window_end"]), (&Value::Null, &json!(at(7).0)));

    let one = get_ok("/api/v1/watchlists/weather").await;
    assert_eq!(one["sliding"]["window_end_iso"], "2025-03-01T12:10:00.000000Z");
    assert_eq!(column(&one["sliding"]["terms"], "term"), ["storm*", "tide"]);
    assert_eq!(column(&one["alerts"], "kind"), ["started", "ended"]);
    let shorter = get_ok("/api/v1/watchlists/weather?limit=1").await;
    assert_eq!(column(&shorter["sliding"]["terms"], "count"), [38]);
    // A list's counts are not those of a keyword.
    let (status, _, _) = get_text(state(), "/api/v1/trends/tide").await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    let (status, _, text) = get_text(state(), "/api/v1/watchlists/wether").await;
    let problem: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((status, &problem["suggestion"]), (StatusCode::NOT_FOUND, &json!("weather")));
}

#[tokio::test]
async fn status_and_metrics_are_what_the_program_says() {
    let report = || StatusReport { version: "1.2.3", ..StatusReport::default() };
    let state = state().with_status(report).with_metrics(|| "up 1\n".to_owned());
    let (_, headers, text) = get_text(state.clone(), "/api/v1/status").await;
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        (&answer["version"], &headers["cache-control"]),
        (&json!("1.2.3"), &"no-store".parse().expect("a value"))
    );
    let (_, headers, text) = get_text(state, "/metrics").await;
    assert_eq!(
        (text.as_str(), &headers["content-type"]),
        ("up 1\n", &"text/plain; version=0.0.4; charset=utf-8".parse().expect("a value"))
    );
}

#[tokio::test]
async fn ready_needs_every_check() {
    let state = state();
    let (status, headers, _) = get_text(state.clone(), "/health/ready").await;
    assert_eq!((status, &headers["cache-control"]), (StatusCode::OK, &"no-store".parse().expect("a value")));

    let checks = Readiness::new()
        .with("log", || Ok(()))
        .with("source", || Err(Unready::because("no connection for 30 s")));
    let unready = state.with_readiness(checks);
    let (status, _, text) = get_text(unready.clone(), "/health/ready").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let source = json!({"name": "source", "ok": false, "reason": "no connection for 30 s"});
    assert_eq!(report, json!({"status": "not ready", "checks": [{"name": "log", "ok": true}, source]}));
    let (status, _, _) = get_text(unready, "/health/live").await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_topic_is_read_as_lines_from_where_one_asks() {
    let lines = async |path: &str| {
        let (status, headers, text) = get_text(state(), path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        assert_eq!(headers["skytrend-end-offset"], "8");
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        (
            headers["skytrend-next-offset"].to_str().expect("digits").to_owned(),
            column(&json!(lines), "offset"),
            lines,
        )
    };
    let (next, offsets, all) = lines("/api/v1/topics/trending-keywords?from=earliest").await;
    assert_eq!((next.as_str(), offsets), ("8", vec![json!(5), json!(6), json!(7)]));
    assert_eq!(all[0]["value"]["keyword"], "quake");
    assert_eq!(all[0]["timestamp_iso"], "2025-03-01T12:10:00.000000Z");
    assert_eq!(all[2]["undecodable"]["value"], "hex:ff62726f6b656e");

    let (next, offsets, _) = lines("/api/v1/topics/trending-keywords?limit=2").await;
    assert_eq!((next.as_str(), offsets), ("8", vec![json!(6), json!(7)]));
    let (next, offsets, _) = lines("/api/v1/topics/trending-keywords?from=6&limit=1&partition=0").await;
    assert_eq!((next.as_str(), offsets), ("7", vec![json!(6)]));
    let (next, offsets, _) = lines("/api/v1/topics/trending-keywords?from=8").await;
    assert_eq!((next.as_str(), offsets), ("8", Vec::new()));
}
