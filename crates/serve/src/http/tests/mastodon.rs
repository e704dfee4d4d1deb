//! Mastodon's trending tags.

use serde_json::{Value, json};
use skytrend_event::time::{DAY, HOUR, SECOND};
use skytrend_event::{KeywordCount, KeywordKind, Trend, WindowKind};

use super::super::*;
use super::{ShortLog, column, get_ok, get_text};
use crate::example::{at, count, trend};
use crate::view;

async fn tags(view: &Arc<TrendView>, path: &str) -> Value {
    let state = ApiState::new(Arc::clone(view), Arc::new(ShortLog), Settings::default());
    let (status, _, text) = get_text(state, path).await;
    assert_eq!(status, axum::http::StatusCode::OK, "{path}: {text}");
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test]
async fn tags_have_mastodon_s_fields_under_each_of_their_names() {
    let answer = get_ok("/api/v1/trends/tags").await;
    assert_eq!(column(&answer, "name"), ["quake", "Eleições", "golo"]);
    assert_eq!(answer[1]["url"], "https://bsky.app/hashtag/Elei%C3%A7%C3%B5es");
    let noon: i64 = at(0).0 / SECOND;
    let today = json!({ "day": (noon - 12 * 3600).to_string(), "uses": "412", "accounts": "371" });
    let before = json!({ "day": (noon - 36 * 3600).to_string(), "uses": "0", "accounts": "0" });
    assert_eq!(answer[0]["history"].as_array().map(Vec::len), Some(7));
    assert_eq!((&answer[0]["history"][0], &answer[0]["history"][1]), (&today, &before));
    for path in ["/mastodon/api/v1/trends/tags", "/mastodon/api/v1/trends"] {
        assert_eq!(get_ok(path).await, answer, "{path}");
    }
}

#[tokio::test]
async fn limit_and_offset_page_as_mastodon_s_do() {
    let view = Arc::new(TrendView::new(&view::Settings::default()));
    for rank in 1..=30 {
        view.apply_trend(trend(&format!("tag{rank}"), rank, 10));
    }
    view.apply_trend(trend("#Tag2", 31, 10));
    view.publish();
    let names =
        async |query: &str| column(&tags(&view, &format!("/api/v1/trends/tags{query}")).await, "name");
    assert_eq!(names("").await.len(), 10);
    assert_eq!(names("?limit=40&local=true").await.len(), 20, "cut, and what means nothing is passed over");
    assert_eq!(names("?limit=2&offset=1").await, ["tag2", "tag3"]);
    assert_eq!(names("?offset=20&limit=20").await.len(), 10, "a name stands once");
    assert_eq!(names("?offset=18446744073709551615").await.len(), 0);
    let (status, _, problem) = get_text(super::state(), "/api/v1/trends/tags?limit=x").await;
    assert_eq!(status, axum::http::StatusCode::BAD_REQUEST);
    assert!(problem.contains("\"parameter\":\"limit\""), "{problem}");
}

#[tokio::test]
async fn the_keyword_tags_stays_reachable() {
    let view = Arc::new(TrendView::new(&view::Settings::default()));
    view.apply_trend(trend("tags", 1, 10));
    view.apply_trend(trend("#tags", 2, 10));
    view.publish();
    assert_eq!(tags(&view, "/api/v1/trends/Tags").await["kind"], "word");
    assert_eq!(tags(&view, "/api/v1/trends/%23tags").await["kind"], "hashtag");
    assert!(tags(&view, "/api/v1/trends/tags").await.is_array());
}

#[tokio::test]
async fn a_day_has_the_windows_that_end_in_it() {
    let view = Arc::new(TrendView::new(&view::Settings::default()));
    let midnight = at(0).plus(12 * HOUR);
    let counted = |end, posts| KeywordCount {
        window: WindowKind::Tumbling,
        window_start: end,
        window_end: end,
        kind: KeywordKind::Phrase,
        ..count("big quake", posts, 0)
    };
    for (end, posts) in [(midnight.plus(-HOUR), 300), (midnight, 500), (midnight.plus(HOUR), 40)] {
        view.apply_count(&counted(end, posts));
    }
    let now = midnight.plus(HOUR);
    let shown =
        Trend { kind: KeywordKind::Phrase, frequency: 60, unique_authors: 50, ..trend("Big Quake", 1, 0) };
    view.apply_trend(Trend { window_start: now, window_end: now, ..shown });
    view.publish();
    let answer = tags(&view, "/api/v1/trends/tags").await;
    assert_eq!(answer[0]["name"], "BigQuake");
    let history = &answer[0]["history"];
    assert_eq!(column(history, "uses")[..3], [json!("60"), json!("800"), json!("0")]);
    assert_eq!(column(history, "accounts")[..2], [json!("50"), json!("250")]);
    assert_eq!(history[1]["day"], (midnight.plus(-DAY).0 / SECOND).to_string());
}
