//! The document against the router: no route is missing, and what is said of each is what it does.
//!
//! `SKYTREND_BLESS=1 cargo test -p skytrend-serve openapi` writes the examples anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use axum::http::{Request, StatusCode};
use skytrend_event::{ModerationAction, ModerationRecord};

use super::super::tests::moderation::{WRITER, moderated_after};
use super::super::tests::watchlists::with_watchlists;
use super::super::tests::{get_text, state};
use super::super::{
    DetectorReport, FeedGenerator, FeedGeneratorSettings, IngestReport, Reading, SourceReport, StatusReport,
    WebhookReport, router,
};
use super::operation::Place;
use super::*;
use crate::example::at;

/// Paths that are no part of the API, and why.
const OTHERS: [(&str, &str); 8] = [
    ("/", "the dashboard"),
    ("/trend/{keyword}", "the dashboard"),
    ("/pipeline", "the dashboard"),
    ("/moderation", "the dashboard"),
    ("/watchlists", "the dashboard"),
    ("/assets/{*path}", "the dashboard's files"),
    ("/api", "this document for people"),
    ("/xrpc/{method}", "methods that don't exist"),
];

/// Everything switched on, and a status as the program's.
fn whole() -> ApiState {
    let settings = FeedGeneratorSettings {
        hostname: "feeds.example.com".to_owned(),
        publisher: "did:plc:2222222222222222222222aa".to_owned(),
    };
    let status = StatusReport {
        version: "0.1.0",
        uptime_secs: 3_600,
        source: SourceReport {
            name: "bluesky jetstream v2".to_owned(),
            reading: true,
            phase: "connected",
            host: "wss://jetstream2.us-east.bsky.network".to_owned(),
            summary: "connected to wss://jetstream2.us-east.bsky.network".to_owned(),
        },
        ingest: IngestReport {
            messages: 5_400_000,
            events: 5_390_000,
            posts: 310_000,
            events_per_second: 1_498.2,
            dropped: [("future", 3)].into(),
        },
        detector: DetectorReport {
            applied_micros: 1_740_831_000_000_000,
            history_minutes: 60,
            history_minutes_needed: 30,
            windows_written: 72,
            trends_started: 41,
            ..DetectorReport::default()
        },
        lag_seconds: Some(0.25),
        webhooks: vec![WebhookReport {
            name: "desk".to_owned(),
            shape: "slack",
            url: "https://hooks.slack.com/…".to_owned(),
            phase: "idle",
            delivered: 7,
            ..WebhookReport::default()
        }],
        ..StatusReport::default()
    };
    let generator = FeedGenerator::from_settings(&settings).expect("they are valid");
    let act = |action, pattern: &str, by: &str, minute| ModerationRecord {
        action,
        pattern: pattern.to_owned(),
        reason: "spam".to_owned(),
        by: by.to_owned(),
        at: at(minute),
        expires_at: None,
    };
    let done = vec![
        act(ModerationAction::Report, "#golo", "anonymous", 11),
        act(ModerationAction::Hold, "golo", "wanda", 12),
    ];
    with_watchlists(moderated_after(Reading::Open, done))
        .with_feed_generator(generator)
        .with_status(move || status.clone())
}

/// Status, head and text of the answer to the operation's example request, or to another path of it, of somebody who may
/// write.
async fn asked(operation: &Operation, path: &str) -> (StatusCode, HeaderMap, String) {
    use tower::ServiceExt;

    let request = Request::builder()
        .method(operation.method.to_uppercase().as_str())
        .uri(path)
        .header("authorization", format!("Bearer {WRITER}"))
        .header("content-type", "application/json");
    let body = operation.body.map_or("", |body| body.example);
    let request = request.body(axum::body::Body::from(body)).expect("a request");
    let response = router(whole()).oneshot(request).await.expect("the router is infallible");
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 24).await.expect("the body is complete");
    (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).expect("answers are UTF-8"))
}

/// Path → methods, as the router itself shows them for debugging: it has no other list.
fn routes() -> BTreeMap<String, BTreeSet<&'static str>> {
    let shown = format!("{:?}", router(state()));
    let (routes, paths) =
        shown.split_once("node: Node { paths: {").expect("axum shows its routes and their paths");
    let (paths, _) =
        paths.split_once('}').map_or((paths, ""), |_| paths.split_once(" } }").unwrap_or((paths, "")));
    let mut found = BTreeMap::new();
    for entry in paths.split("RouteId(").skip(1) {
        let (id, path) = entry.split_once("): \"").expect("an id and a path");
        let path = path.split('"').next().expect("a path in quotes").to_owned();
        let start = routes.find(&format!("RouteId({id}): MethodRouter")).expect("each path has a route");
        let of_route = &routes[start..];
        let of_route = &of_route[..of_route.find("fallback:").unwrap_or(of_route.len())];
        let methods = ["get", "post", "put", "patch", "delete"];
        let has = |method: &&str| !of_route.contains(&format!(" {method}: None"));
        found.insert(path, methods.into_iter().filter(has).collect());
    }
    found
}

#[test]
fn every_route_is_described_and_every_description_has_a_route() {
    let mut described: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for operation in OPERATIONS {
        assert!(
            described.entry(operation.path.to_owned()).or_default().insert(operation.method),
            "{}",
            operation.id
        );
    }
    let mut routes = routes();
    for (path, _) in OTHERS {
        assert!(routes.remove(path).is_some(), "{path} is gone: take it out of the list above");
    }
    assert_eq!(
        routes, described,
        "left: the router; right: OPERATIONS. Describe a new route beside its handler."
    );
    let ids: BTreeSet<_> = OPERATIONS.iter().map(|operation| operation.id).collect();
    assert_eq!(ids.len(), OPERATIONS.len(), "two operations have the same id");
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/openapi/examples")
}

/// The body of an answer, laid out as the examples are.
fn laid_out(media_type: &str, text: &str) -> String {
    if media_type == "application/json" {
        let value: Value = serde_json::from_str(text).expect("JSON");
        format!("{}\n", serde_json::to_string_pretty(&value).expect("a value can be written"))
    } else {
        text.to_owned()
    }
}

#[tokio::test]
async fn the_examples_are_what_is_answered() {
    let is_blessing = std::env::var_os("SKYTREND_BLESS").is_some();
    for operation in OPERATIONS {
        let answer = &operation.answers[0];
        let Some(example) = answer.example else { continue };
        if answer.media_type == "text/event-stream" {
            let text = first_of_stream(whole(), operation.ask).await;
            compare(operation, answer, example, &text, is_blessing);
            continue;
        }
        let (status, headers, text) = asked(operation, operation.ask).await;
        assert_eq!(status.as_u16(), answer.status, "{}: {text}", operation.id);
        let media_type = headers["content-type"].to_str().expect("ASCII").split(';').next().expect("a type");
        assert_eq!(media_type, answer.media_type, "{}", operation.id);
        for (name, _) in answer.headers {
            assert!(headers.contains_key(*name), "{}: {name}", operation.id);
        }
        compare(operation, answer, example, &text, is_blessing);
    }
}

/// What a follower is told at once: the stream has no end.
async fn first_of_stream(state: ApiState, ask: &str) -> String {
    use futures_util::StreamExt;
    use tower::ServiceExt;

    let request = Request::get(ask).body(axum::body::Body::empty()).expect("a path");
    let response = router(state.clone()).oneshot(request).await.expect("the router is infallible");
    let mut body = response.into_body().into_data_stream();
    let mut text = String::new();
    while !text.ends_with("\n\n") || !text.contains("event:") {
        let chunk = body.next().await.expect("an event").expect("no error");
        text.push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
    }
    text
}

fn compare(operation: &Operation, answer: &Answer, example: &str, text: &str, is_blessing: bool) {
    let laid_out = laid_out(answer.media_type, text);
    let extension = match answer.media_type {
        "application/json" => "json",
        xml if xml.ends_with("xml") => "xml",
        _ => "txt",
    };
    if is_blessing {
        let file = examples().join(format!("{}.{extension}", operation.id));
        // One example may stand for several operations.
        if file.exists() {
            std::fs::write(file, &laid_out).expect("the sources can be written");
        }
    } else if examples().join(format!("{}.{extension}", operation.id)).exists() {
        assert_eq!(laid_out, example, "{}: SKYTREND_BLESS=1 writes the examples anew", operation.id);
    }
}

/// That a value has what the schema says, and nothing else.
fn check(schema: &Value, value: &Value, place: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => document().pointer(&reference[1..]).expect("what is referred to is there"),
        None => schema,
    };
    if let Some(options) = schema["anyOf"].as_array() {
        let is_null = |option: &&Value| option["type"] == "null";
        let option = options.iter().find(|option| is_null(option) == value.is_null());
        return check(option.unwrap_or_else(|| panic!("{place}: {value}")), value, place);
    }
    if let Some(names) = schema["enum"].as_array() {
        assert!(names.contains(value), "{place}: {value}");
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = |name: &Value| name == kind || (name == "number" && kind == "integer");
    let is_allowed =
        schema["type"].as_array().map_or_else(|| allowed(&schema["type"]), |all| all.iter().any(allowed));
    assert!(is_allowed, "{place} is {kind}, and is to be {}", schema["type"]);
    if let Value::Array(list) = value {
        for item in list {
            check(&schema["items"], item, &format!("{place}[]"));
        }
    }
    let Value::Object(object) = value else { return };
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(object.contains_key(name.as_str().expect("a name")), "{place} has no {name}");
    }
    for (name, value) in object {
        let schema = schema["properties"].get(name).or_else(|| schema.get("additionalProperties"));
        check(
            schema.unwrap_or_else(|| panic!("{place}: {name} is not described")),
            value,
            &format!("{place}.{name}"),
        );
    }
}

#[tokio::test]
async fn answers_have_the_fields_that_are_described_and_no_others() {
    for operation in OPERATIONS {
        let status = operation.answers[0].status;
        let path =
            format!("/paths/{}/{}/responses/{status}", operation.path.replace('/', "~1"), operation.method);
        let Some(described) = document().pointer(&path) else { continue };
        let Some(schema) = described["content"].get("application/json").map(|content| &content["schema"])
        else {
            continue;
        };
        if operation.id == DOCUMENT.id {
            continue; // any JSON
        }
        let (_, _, text) = asked(operation, operation.ask).await;
        check(schema, &serde_json::from_str(&text).expect("JSON"), operation.id);
    }
}

/// The operation's example request with this parameter.
fn asked_with(operation: &Operation, name: &str, value: &str) -> String {
    let (path, query) = operation.ask.split_once('?').unwrap_or((operation.ask, ""));
    let others = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with(&format!("{name}=")));
    let pairs: Vec<_> = others.map(ToOwned::to_owned).chain([format!("{name}={value}")]).collect();
    format!("{path}?{}", pairs.join("&"))
}

#[tokio::test]
async fn numbers_have_the_ranges_that_are_described() {
    let mut checked = 0;
    for operation in OPERATIONS {
        for parameter in operation.parameters.iter().filter(|each| each.place == Place::Query) {
            let Values::Number(min, max, default) = parameter.values else { continue };
            let status = async |value: u64| {
                let path = asked_with(operation, parameter.name, &value.to_string());
                let (status, _, text) = asked(operation, &path).await;
                (status == StatusCode::BAD_REQUEST, format!("{path}: {text}"))
            };
            for value in [min, default, max] {
                let (is_refused, what) = status(value).await;
                assert!(!is_refused, "{what}");
            }
            for value in [min.checked_sub(1), max.checked_add(1)].into_iter().flatten() {
                let (is_refused, what) = status(value).await;
                assert!(is_refused, "{what}");
            }
            checked += 1;
        }
    }
    assert!(checked >= 10, "only {checked} numbers");
}

#[tokio::test]
async fn the_document_is_compressed_and_not_sent_twice() {
    let (status, headers, text) = get_text(state(), "/api/v1/openapi.json").await;
    assert_eq!(
        (status, &headers["content-type"]),
        (StatusCode::OK, &"application/json".parse().expect("a value"))
    );
    assert!(headers.contains_key("etag"));
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["openapi"], "3.1.0");
    let references = text.matches("\"$ref\":\"").count();
    assert!(references > 20, "{references} references");
    for reference in text.split("\"$ref\":\"").skip(1) {
        let reference = reference.split('"').next().expect("a reference in quotes");
        assert!(document.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
    }
}

#[tokio::test]
async fn the_page_tells_of_every_operation_and_loads_nothing_from_elsewhere() {
    let (status, headers, page) = get_text(state(), "/api").await;
    assert_eq!(
        (status, &headers["content-type"]),
        (StatusCode::OK, &"text/html; charset=utf-8".parse().expect("a value"))
    );
    assert!(headers["content-security-policy"].to_str().expect("ASCII").starts_with("default-src 'none'"));
    for operation in OPERATIONS {
        assert!(page.contains(&format!("id=\"{}\"", operation.id)), "{} is missing", operation.id);
    }
    assert!(page.matches("<script").count() == 1 && !page.contains("style=") && !page.contains("src=\"http"));
    // What isn't closed shows nowhere but here: browsers mend it.
    for element in
        ["section", "article", "table", "tr", "td", "pre", "details", "nav", "ul", "li", "code", "p"]
    {
        let opened =
            page.matches(&format!("<{element}>")).count() + page.matches(&format!("<{element} ")).count();
        assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}");
    }
}
