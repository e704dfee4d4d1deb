//! Atom and RSS: well-formed whatever strangers write, stable ids, and answers that are not sent twice.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use proptest::prelude::*;
use roxmltree::{Document, Node};
use skytrend_event::{Alert, AlertKind, Micros, SamplePost, Trend};
use tower::ServiceExt;

use super::super::*;
use super::{ShortLog, get_text, state};
use crate::example::{alert, trend};
use crate::view;

async fn feed(state: ApiState, path: &str) -> String {
    let (status, headers, text) = get_text(state, path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {text}");
    let format = path.split(['.', '?']).nth(1).expect("an extension");
    assert_eq!(headers["content-type"], format!("application/{format}+xml; charset=utf-8"));
    text
}

/// The texts of the elements with this name, in the document's order.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let document = Document::parse(xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    let named = document.descendants().filter(|node| node.tag_name().name() == name);
    named.map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

fn child<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    let found = node.children().find(|child| child.tag_name().name() == name);
    found.and_then(|child| child.text()).unwrap_or_else(|| panic!("no {name}"))
}

fn serving(trends: impl IntoIterator<Item = Trend>) -> ApiState {
    let view = TrendView::new(&view::Settings::default());
    trends.into_iter().for_each(|trend| view.apply_trend(trend));
    view.publish();
    ApiState::new(Arc::new(view), Arc::new(ShortLog), Settings::default())
}

#[tokio::test]
async fn atom_has_what_rfc_4287_requires() {
    for path in ["/feeds/trends.atom", "/feeds/alerts.atom?watchlist=weather"] {
        let xml = feed(state(), path).await;
        let document = Document::parse(&xml).expect("well-formed");
        let root = document.root_element();
        assert_eq!(
            (root.tag_name().name(), root.tag_name().namespace()),
            ("feed", Some("http://www.w3.org/2005/Atom"))
        );
        let link = root.children().find(|node| node.tag_name().name() == "link").expect("a link to itself");
        assert_eq!((link.attribute("rel"), link.attribute("href")), (Some("self"), Some(path)));
        assert!(root.children().any(|node| node.tag_name().name() == "author"));
        let entries: Vec<_> = root.children().filter(|node| node.tag_name().name() == "entry").collect();
        assert!(!entries.is_empty(), "{path}");
        for node in entries.into_iter().chain([root]) {
            assert!(child(node, "id").starts_with("tag:skytrend.invalid,2026:"));
            assert!(!child(node, "title").is_empty());
            Micros::parse_rfc3339(child(node, "updated")).expect("a date of RFC 3339");
        }
    }
}

#[tokio::test]
async fn a_trend_says_what_it_is_in_both_formats() {
    let atom = feed(state(), "/feeds/trends.atom?language=en").await;
    assert_eq!(texts(&atom, "title"), ["skytrend: trends (language en)", "quake"]);
    assert_eq!(texts(&atom, "published"), ["2025-03-01T12:07:00.000000Z"]);
    let html = &texts(&atom, "content")[0];
    assert!(
        html.starts_with("<p>412 posts by 371 people in 10 minutes, until 2025-03-01T12:10:00"),
        "{html}"
    );
    assert!(
        html.contains("<bdi>did anyone else feel that?</bdi> <a href=\"https://bsky.app/profile/did:plc:"),
        "{html}"
    );

    let rss = feed(state(), "/feeds/trends.rss?language=en").await;
    assert_eq!(texts(&rss, "guid"), texts(&atom, "id")[1..]);
    assert_eq!(texts(&rss, "description")[1..], texts(&atom, "content"));
    assert_eq!(texts(&rss, "pubDate"), ["Sat, 01 Mar 2025 12:07:00 GMT"]);
    assert_eq!(texts(&rss, "language"), ["en"]);
}

#[tokio::test]
async fn alerts_are_newest_first_and_by_watchlist() {
    let all = feed(state(), "/feeds/alerts.atom").await;
    let titles = ["quake: alert is over", "quake: alert", "weather: alert", "weather: alert is over"];
    assert_eq!(texts(&all, "title")[1..], titles);
    let ids = texts(&all, "id");
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 5);
    assert_eq!(ids[2], "tag:skytrend.invalid,2026:alert/word/quake/started/1740830880000000");
    let of_list = feed(state(), "/feeds/alerts.rss?watchlist=weather").await;
    assert_eq!(texts(&of_list, "guid"), ids[3..]);
    assert!(texts(&feed(state(), "/feeds/alerts.rss?language=pt").await, "item").is_empty());
    assert!(texts(&feed(state(), "/feeds/trends.rss?watchlist=weather").await, "item").is_empty());
    let (status, _, problem) = get_text(state(), "/feeds/alerts.atom?watchlist=wether").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(problem.contains("\"suggestion\":\"weather\""), "{problem}");
    let (status, _, _) = get_text(state(), "/feeds/alerts.atom?limit=5").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_id_lasts_as_long_as_the_trend() {
    let started = trend("quake", 1, 10).started_at;
    let first = feed(serving([trend("quake", 1, 10)]), "/feeds/trends.atom").await;
    // An hour later another keyword of the topic stands for it.
    let topic_id = trend("quake", 1, 10).topic_id;
    let later = Trend { topic_id: topic_id.clone(), started_at: started, ..trend("#earthquake", 3, 70) };
    let second = feed(serving([later]), "/feeds/trends.atom").await;
    for name in ["id", "published", "updated"] {
        assert_eq!(texts(&first, name), texts(&second, name));
    }
    assert_eq!(texts(&first, "id")[1], format!("tag:skytrend.invalid,2026:trend/{topic_id}/{}", started.0));
    let old = Trend { topic_id: String::new(), ..trend("a b", 1, 10) };
    assert!(texts(&feed(serving([old]), "/feeds/trends.atom").await, "id")[1].contains(":trend/word/a+b/"));
}

#[tokio::test]
async fn what_a_reader_has_is_not_sent_again() {
    let path = "/feeds/trends.atom";
    let (_, headers, _) = get_text(state(), path).await;
    assert_eq!(headers["last-modified"], "Sat, 01 Mar 2025 12:10:00 GMT");
    let tag = headers["etag"].to_str().expect("ASCII").to_owned();
    let ask = async |fields: &[(&str, &str)]| {
        let request =
            fields.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        let request = request.body(Body::empty()).expect("a request");
        router(state()).oneshot(request).await.expect("infallible")
    };
    let (weak, several) = (format!("W/{tag}"), format!("\"x\", {tag}"));
    let newer = ("if-modified-since", "Sat, 01 Mar 2025 12:10:00 GMT");
    for known in [
        ("if-none-match", tag.as_str()),
        ("if-none-match", &weak),
        ("if-none-match", &several),
        ("if-none-match", "*"),
        newer,
    ] {
        let response = ask(&[known]).await;
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known:?}");
        assert_eq!(response.headers()["etag"], tag);
        assert!(!response.headers().contains_key("content-type"));
    }
    let older = ("if-modified-since", "Sat, 01 Mar 2025 12:09:59 GMT");
    for fields in [&[older][..], &[("if-modified-since", "now")], &[("if-none-match", "\"x\""), newer]] {
        assert_eq!(ask(fields).await.status(), StatusCode::OK, "{fields:?}");
    }
}

#[tokio::test]
async fn before_the_first_window_a_feed_is_empty_and_valid() {
    let xml = feed(serving([]), "/feeds/trends.atom").await;
    assert_eq!(texts(&xml, "updated"), ["1970-01-01T00:00:00.000000Z"]);
    assert!(texts(&feed(serving([]), "/feeds/alerts.rss").await, "item").is_empty());
}

/// What no feed reader may stumble over.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("]]>".to_owned()),
        Just("<![CDATA[".to_owned()),
        Just("<script>alert(1)</script>".to_owned()),
        Just("&amp;&#0;&bogus;\"'".to_owned()),
        Just("\u{202e}evil\u{2066}".to_owned()),
        Just(format!("e{}", "\u{301}".repeat(10_000))),
        Just("👩\u{200d}👩\u{200d}👧".repeat(200)),
        "[\u{0}-\u{1f}\u{7f}-\u{9f}\u{fff0}-\u{ffff}]{1,4}".boxed(),
        any::<String>(),
    ];
    proptest::collection::vec(pieces, 1..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_strangers_write_it_parses_and_holds_no_markup_of_theirs(
        keyword in hostile(), text in hostile(), list in hostile(), uri in hostile(), micros in any::<i64>(),
    ) {
        let post = SamplePost { text: text.clone(), uri, ..trend("quake", 1, 10).sample_posts.remove(0) };
        let of_strangers = Trend {
            keyword: keyword.clone(), normalized_keyword: keyword.clone(), terms: vec![keyword.clone(), text.clone()],
            language: text.clone(), topic_id: keyword.clone(), started_at: Micros(micros),
            sample_posts: vec![post.clone()],
            ..trend("quake", 1, 10)
        };
        let state = serving([of_strangers]);
        let news = Alert {
            keyword: keyword.clone(), watchlist: Some(list), sample_posts: vec![post], window_end: Micros(micros),
            ..alert("quake", AlertKind::Started, 10)
        };
        state.view.apply_alert(news);
        state.view.publish();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        for (path, inner) in ["trends", "alerts"].iter().flat_map(|name| [
            (format!("/feeds/{name}.atom"), "content"), (format!("/feeds/{name}.rss"), "description"),
        ]) {
            let xml = runtime.block_on(feed(state.clone(), &path));
            prop_assert!(xml.len() < 64 * 1024, "{} bytes", xml.len());
            let html = texts(&xml, inner).pop().expect("an entry");
            // The HTML within is well-formed too, and has no element but those written here.
            let body = format!("<body>{html}</body>");
            let document = Document::parse(&body).map_err(|error| TestCaseError::fail(format!("{error}: {body}")))?;
            for node in document.descendants().filter(Node::is_element) {
                prop_assert!(["body", "p", "ul", "li", "bdi", "a"].contains(&node.tag_name().name()), "{}", html);
            }
            let overrides = xml.matches(char::is_control).count() + xml.matches('\u{202e}').count();
            prop_assert_eq!(overrides, 0);
        }
    }
}
