//! Bluesky's shapes against their lexicons, and the pages of a feed.

use std::collections::BTreeSet;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use skytrend_event::{EventId, SamplePost, Trend};
use tower::ServiceExt;

use super::super::*;
use super::lexicon::Lexicons;
use super::{column, get_text, state};
use crate::example::{at, trend};

const PUBLISHER: &str = "did:plc:3333333333333333333333bb";

fn settings(hostname: &str, publisher: &str) -> FeedGeneratorSettings {
    FeedGeneratorSettings { hostname: hostname.to_owned(), publisher: publisher.to_owned() }
}

fn generating(state: ApiState) -> ApiState {
    let generator = FeedGenerator::from_settings(&settings("Feeds.Example.com", PUBLISHER));
    state.with_feed_generator(generator.expect("they are valid"))
}

async fn get(state: ApiState, path: &str) -> (StatusCode, HeaderMap, Value) {
    let (status, headers, text) = get_text(state, path).await;
    assert_eq!(headers["content-type"], "application/json", "{path}: {text}");
    (status, headers, serde_json::from_str(&text).expect("JSON"))
}

/// Status and name of an error.
async fn refused(state: ApiState, path: &str) -> (u16, String) {
    let (status, _, body) = get(state, path).await;
    let names: Vec<_> = body.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["error", "message"], "{path}");
    (status.as_u16(), body["error"].as_str().expect("a name").to_owned())
}

fn feed(rkey: &str, rest: &str) -> String {
    format!("/xrpc/app.bsky.feed.getFeedSkeleton?feed=at://{PUBLISHER}/app.bsky.feed.generator/{rkey}{rest}")
}

/// `count` posts, one in each second of the minute.
fn posts(minute: i64, count: u64) -> Vec<SamplePost> {
    let post = |second: u64| SamplePost {
        uri: format!("at://did:plc:2222222222222222222222aa/app.bsky.feed.post/{minute}-{second}"),
        witnessed_at: at(minute).plus(i64::try_from(second).expect("few") * 1_000_000),
        event_id: EventId(second),
        ..trend("quake", 1, minute).sample_posts.remove(0)
    };
    (0..count).map(post).collect()
}

/// A window with two trends that share a post.
fn window(view: &TrendView, minute: i64) {
    let (mut first, second) = (posts(minute, 7), posts(minute + 1, 5));
    first.push(second[0].clone());
    view.apply_trend(Trend { sample_posts: first, ..trend("quake", 1, minute) });
    view.apply_trend(Trend { sample_posts: second, ..trend("#storm", 2, minute) });
    view.publish();
}

#[tokio::test]
async fn trends_have_the_shape_of_bluesky_s_own() {
    let (lexicons, method) = (Lexicons::load(), "app.bsky.unspecced.getTrends");
    let (status, _, answer) = get(state(), "/xrpc/app.bsky.unspecced.getTrends").await;
    assert_eq!((status, lexicons.check_output(method, &answer)), (StatusCode::OK, Ok(())));
    assert_eq!(column(&answer["trends"], "topic"), ["quake", "#Eleições", "golo"]);
    let first = &answer["trends"][0];
    assert_eq!(first["startedAt"], "2025-03-01T12:07:00.000000Z");
    assert_eq!((&first["status"], &first["postCount"]), (&json!("hot"), &json!(412)));
    assert_eq!(
        first["actors"],
        json!([{ "did": "did:plc:2222222222222222222222aa", "handle": "handle.invalid" }])
    );
    assert_eq!(answer["trends"][1]["link"], "/hashtag/Elei%C3%A7%C3%B5es");

    assert_eq!(lexicons.number_parameter(method, "limit"), [1, 25, 10]);
    let (_, _, one) = get(state(), "/xrpc/app.bsky.unspecced.getTrends?limit=1&viewer=did:plc:x").await;
    assert_eq!(column(&one["trends"], "topic"), ["quake"]);
    for limit in [0, 26] {
        let path = format!("/xrpc/app.bsky.unspecced.getTrends?limit={limit}");
        assert_eq!(refused(state(), &path).await, (400, "InvalidRequest".to_owned()));
    }
}

#[tokio::test]
async fn errors_have_one_shape_below_xrpc() {
    let name = |name: &str| name.to_owned();
    assert_eq!(refused(state(), "/xrpc/com.example.nothing").await, (501, name("MethodNotImplemented")));
    let full = ApiState { requests: Arc::new(Semaphore::new(0)), ..state() };
    let (_, headers, _) = get(full.clone(), "/xrpc/app.bsky.unspecced.getTrends").await;
    assert_eq!(headers["retry-after"], "1");
    let path = "/xrpc/app.bsky.unspecced.getTrends";
    assert_eq!(refused(full, path).await, (503, name("NotEnoughResources")));

    let request = Request::post(path).body(Body::empty()).expect("a request");
    let response = router(state()).oneshot(request).await.expect("infallible");
    assert_eq!(
        (response.status(), &response.headers()["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"GET,HEAD".parse().expect("a value"))
    );
    let body = to_bytes(response.into_body(), 1 << 16).await.expect("the body is complete");
    let error: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(error["error"], "InvalidRequest");
}

#[tokio::test]
async fn without_settings_there_is_no_feed_generator() {
    assert_eq!(FeedGenerator::from_settings(&settings("", "")), Ok(None));
    let unknown = (501, "MethodNotImplemented".to_owned());
    assert_eq!(refused(state(), &feed("trends", "")).await, unknown);
    assert_eq!(refused(state(), "/xrpc/app.bsky.feed.describeFeedGenerator").await, unknown);
    assert_eq!(get_text(state(), "/.well-known/did.json").await.0, StatusCode::NOT_FOUND);
}

#[test]
fn half_a_feed_generator_is_refused() {
    for hostname in ["", "localhost", "example.com:8080", "https://example.com", "127.0.0.1"] {
        let refused = FeedGenerator::from_settings(&settings(hostname, PUBLISHER));
        assert_eq!(refused, Err(InvalidFeedGenerator::Hostname), "{hostname}");
    }
    for publisher in ["", "alice.example.com", "did:"] {
        let refused = FeedGenerator::from_settings(&settings("example.com", publisher));
        assert_eq!(refused, Err(InvalidFeedGenerator::Publisher), "{publisher}");
    }
}

#[tokio::test]
async fn a_feed_generator_says_who_it_is_and_what_it_has() {
    let (_, _, document) = get(generating(state()), "/.well-known/did.json").await;
    assert_eq!(document["id"], "did:web:feeds.example.com");
    assert_eq!(document["service"][0]["serviceEndpoint"], "https://feeds.example.com");

    let method = "app.bsky.feed.describeFeedGenerator";
    let (_, _, answer) = get(generating(state()), &format!("/xrpc/{method}")).await;
    assert_eq!(Lexicons::load().check_output(method, &answer), Ok(()));
    assert_eq!(answer["did"], document["id"]);
    let of = |rkey: &str| json!(format!("at://{PUBLISHER}/app.bsky.feed.generator/{rkey}"));
    let first_two = column(&answer["feeds"], "uri")[..2].to_vec();
    assert_eq!(first_two, [of("trends"), of("0000000000000005")]);
}

/// All posts of a feed, by pages, and how many pages; `between` happens after each.
async fn read(state: &ApiState, rkey: &str, limit: usize, between: impl Fn()) -> (Vec<String>, usize) {
    let lexicons = Lexicons::load();
    let (mut all, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let (_, _, page) = get(state.clone(), &feed(rkey, &format!("&limit={limit}{cursor}"))).await;
        assert_eq!(lexicons.check_output("app.bsky.feed.getFeedSkeleton", &page), Ok(()));
        all.extend(column(&page["feed"], "post").iter().map(|uri| uri.as_str().expect("a URI").to_owned()));
        pages += 1;
        between();
        let Some(next) = page["cursor"].as_str() else { return (all, pages) };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn a_feed_is_read_in_pages_newest_first_each_post_once() {
    let view = Arc::new(TrendView::new(&crate::view::Settings::default()));
    window(&view, 10);
    let state = generating(ApiState::new(Arc::clone(&view), Arc::new(super::ShortLog), Settings::default()));
    let (all, pages) = read(&state, "trends", 5, || ()).await;
    assert_eq!((all.len(), pages), (12, 3));
    assert!(all[0].ends_with("/11-4") && all[11].ends_with("/10-0"), "{all:?}");
    assert_eq!(read(&state, "trends", 12, || ()).await.1, 1, "no page is empty");
    let (storm, _) = read(&state, "0000000000000006", 2, || ()).await;
    assert_eq!(storm.len(), 5);

    // Newer posts don't move those that are still to come.
    view.apply_trend(Trend { sample_posts: posts(9, 6), ..trend("golo", 3, 10) });
    view.publish();
    let more = || {
        view.apply_trend(Trend { sample_posts: posts(20, 6), ..trend("newest", 4, 10) });
        view.publish();
    };
    let (moved, _) = read(&state, "trends", 5, more).await;
    assert_eq!((moved.len(), moved.iter().collect::<BTreeSet<_>>().len()), (18, 18));
}

#[tokio::test]
async fn feeds_of_others_and_bad_parameters_are_refused() {
    let state = generating(state());
    let elsewhere = feed("trends", "").replace(PUBLISHER, "did:plc:4444444444444444444444cc");
    for path in [&elsewhere, &feed("0123456789abcdef", "")] {
        assert_eq!(refused(state.clone(), path).await, (400, "UnknownFeed".to_owned()));
    }
    let bad =
        ["", "?feed=trends", "?limit=5"].map(|query| format!("/xrpc/app.bsky.feed.getFeedSkeleton{query}"));
    let bad_pages = ["&limit=101", "&cursor=x", "&cursor=5::xyz"].map(|rest| feed("trends", rest));
    for path in bad.iter().chain(&bad_pages) {
        assert_eq!(refused(state.clone(), path).await, (400, "InvalidRequest".to_owned()), "{path}");
    }
    assert_eq!(Lexicons::load().number_parameter("app.bsky.feed.getFeedSkeleton", "limit"), [1, 100, 50]);
}

proptest! {
    #[test]
    fn any_query_is_answered_in_the_shape_of_xrpc(cursor in "[!-~&&[^#&]]{0,40}|-?[0-9]{0,22}::[0-9a-f]{0,18}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let path = feed("trends", &format!("&cursor={cursor}"));
        if path.parse::<axum::http::Uri>().is_ok() {
            let (status, _, answer) = runtime.block_on(get(generating(state()), &path));
            let error = answer["error"].as_str();
            let in_shape = if status.is_success() { answer["feed"].is_array() } else { error == Some("InvalidRequest") };
            prop_assert!(in_shape, "{}", answer);
        }
    }
}
