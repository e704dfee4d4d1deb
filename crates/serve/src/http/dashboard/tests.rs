//! The dashboard over its router, and what holds of all of its files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::http::header::IF_NONE_MATCH;
use tower::ServiceExt;

use super::super::tests::{get_text, state};
use super::*;
use crate::http::router;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboard")
}

/// Paths of the files in a folder of the dashboard and in those below it.
fn files(below: &Path) -> BTreeSet<String> {
    let entries =
        std::fs::read_dir(folder().join(below)).expect("a folder").map(|entry| entry.expect("an entry"));
    let mut found = BTreeSet::new();
    for entry in entries {
        let path = below.join(entry.file_name());
        if entry.path().is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.to_str().expect("UTF-8").to_owned());
        }
    }
    found
}

/// Our own sources, without what is vendored.
fn sources() -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = ASSETS.iter().chain([&INDEX]).filter(|asset| !asset.path.starts_with("vendor/"));
    all.map(|asset| (asset.path, std::str::from_utf8(asset.bytes).expect("UTF-8")))
}

#[test]
fn every_file_is_served_but_the_notes_on_what_is_vendored() {
    let mut served: BTreeSet<String> = ASSETS.iter().map(|asset| asset.path.to_owned()).collect();
    served.extend([INDEX.path.to_owned(), "vendor/README.md".to_owned()]);
    assert_eq!(served, files(Path::new("")));
}

#[test]
fn what_one_file_names_of_the_others_is_there() {
    let served: BTreeSet<&str> = ASSETS.iter().map(|asset| asset.path).collect();
    let mut named = 0;
    for (path, text) in sources() {
        let (before, after) = if path == INDEX.path { ("\"/assets/", '"') } else { ("'./", '\'') };
        for rest in text.split(before).skip(1) {
            let name = rest.split(after).next().expect("split gives one at least");
            assert!(served.contains(name), "{path} names {name}");
            named += 1;
        }
    }
    assert!(named > ASSETS.len(), "only {named} names found");
}

#[test]
fn nothing_makes_html_of_text_or_reaches_outside() {
    let forbidden =
        ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http://", "onclick=\""];
    for (path, text) in sources() {
        for word in forbidden {
            let is_namespace =
                word == "http://" && text.matches(word).count() == text.matches("http://www.w3.org/").count();
            assert!(is_namespace || !text.contains(word), "{path} has {word}");
        }
        assert!(!text.contains("style=\""), "{path} has an inline style");
    }
}

#[test]
fn modules_are_short_and_say_what_they_are_for() {
    let modules = ASSETS.iter().filter(|asset| asset.content_type == JAVASCRIPT).map(|asset| asset.path);
    let modules: BTreeSet<&str> = modules.collect();
    for (path, text) in sources().filter(|(path, _)| modules.contains(path)) {
        assert!(text.starts_with("// "), "{path} has no comment at its top");
        assert!(text.lines().count() <= 250, "{path} has more than one concern");
    }
}

#[tokio::test]
async fn every_view_is_the_page_with_a_policy() {
    for path in [
        "/",
        "/?language=de&at=2025-03-01T12:00:00Z",
        "/trend/%23eurovision",
        "/trend/a%2Fb",
        "/pipeline",
        "/watchlists",
    ] {
        let (status, headers, text) = get_text(state(), path).await;
        assert_eq!(
            (status, &headers["content-type"]),
            (StatusCode::OK, &HeaderValue::from_static(HTML)),
            "{path}"
        );
        assert!(text.contains("<main id=\"main\""), "{path}: {text}");
        let policy = headers["content-security-policy"].to_str().expect("ASCII");
        for part in
            ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for"]
        {
            assert!(policy.contains(part), "{part} is not in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert!(headers.contains_key("permissions-policy"));
    }
    let (_, api, _) = get_text(state(), "/api/v1/trends").await;
    assert!(!api.contains_key("content-security-policy"), "the policy is the page's");
}

#[tokio::test]
async fn a_file_that_the_browser_has_is_not_sent_again() {
    let (status, headers, text) = get_text(state(), "/assets/main.js").await;
    assert_eq!((status, &headers["content-type"]), (StatusCode::OK, &HeaderValue::from_static(JAVASCRIPT)));
    assert!(text.starts_with("// "));
    let tag = headers["etag"].clone();
    for known in [tag.to_str().expect("ASCII").to_owned(), format!("\"0\", {}", tag.to_str().expect("ASCII"))]
    {
        let request = Request::get("/assets/main.js").header(IF_NONE_MATCH, known).body(Body::empty());
        let response = router(state()).oneshot(request.expect("a request")).await.expect("it answers");
        assert_eq!((response.status(), &response.headers()["etag"]), (StatusCode::NOT_MODIFIED, &tag));
        assert!(to_bytes(response.into_body(), 1).await.expect("no body").is_empty());
    }
    let (_, other, _) = get_text(state(), "/assets/api.js").await;
    assert_ne!(other["etag"], tag);
}

#[tokio::test]
async fn what_is_no_file_of_the_dashboard_is_a_problem() {
    for path in
        ["/assets/", "/assets/none.js", "/assets/../Cargo.toml", "/assets/vendor/README.md", "/trend/"]
    {
        let (status, headers, _) = get_text(state(), path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(headers["content-type"], "application/problem+json", "{path}");
    }
}
