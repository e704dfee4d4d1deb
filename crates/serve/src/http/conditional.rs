//! Conditional GET (RFC 9110, 13): who has the newest answer gets 304 and no body.
//!
//! `ETag` decides where the request names one; `Last-Modified`, where an answer has it, is for readers that know only
//! that.

use axum::http::HeaderMap;
use axum::http::header::{HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH};
use xxhash_rust::xxh3::xxh3_64;

/// The tag of an answer with this body.
pub(super) fn tag(body: &[u8]) -> String {
    format!("\"{:016x}\"", xxh3_64(body))
}

/// Whether the one who asks has the answer with this tag, last modified at this date of HTTP. `If-Modified-Since` counts
/// only where no `If-None-Match` is.
pub(super) fn is_known(request: &HeaderMap, etag: &str, last_modified: Option<&str>) -> bool {
    if request.contains_key(IF_NONE_MATCH) {
        let mut tags = values(request, &IF_NONE_MATCH).flat_map(|value| value.split(',')).map(str::trim);
        return tags.any(|tag| tag == "*" || opaque(tag) == opaque(etag));
    }
    let date = |text: &str| httpdate::parse_http_date(text).ok();
    let since = values(request, &IF_MODIFIED_SINCE).next().and_then(date);
    let modified = last_modified.and_then(date);
    since.zip(modified).is_some_and(|(since, modified)| modified <= since)
}

/// A tag for the weak comparison: a proxy that compresses makes tags weak.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

fn values<'a>(request: &'a HeaderMap, name: &'a HeaderName) -> impl Iterator<Item = &'a str> {
    request.get_all(name).iter().filter_map(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().expect("a header value"))])
    }

    #[test]
    fn a_known_answer_is_recognised_by_its_tag() {
        let tag = tag(b"{}");
        for (value, known) in [
            (tag.clone(), true),
            (format!("W/{tag}"), true),
            (format!("\"other\", {tag}"), true),
            ("*".to_owned(), true),
            ("\"other\"".to_owned(), false),
            (tag[1..].to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_known(&asked(IF_NONE_MATCH, &value), &tag, None), known, "{value}");
            assert_eq!(is_known(&asked(IF_NONE_MATCH, &value), &format!("W/{tag}"), None), known, "{value}");
        }
        assert!(!is_known(&HeaderMap::new(), &tag, None));
    }

    #[test]
    fn a_date_counts_where_no_tag_is_named() {
        let (earlier, later) = ("Sat, 01 Mar 2025 12:10:00 GMT", "Sat, 01 Mar 2025 12:11:00 GMT");
        let since = |date: &str| asked(IF_MODIFIED_SINCE, date);
        assert!(is_known(&since(earlier), "\"a\"", Some(earlier)));
        assert!(is_known(&since(later), "\"a\"", Some(earlier)));
        assert!(!is_known(&since(earlier), "\"a\"", Some(later)));
        assert!(!is_known(&since(earlier), "\"a\"", None));
        assert!(!is_known(&since("yesterday"), "\"a\"", Some(earlier)));
        let mut both = since(later);
        both.insert(IF_NONE_MATCH, "\"b\"".parse().expect("a header value"));
        assert!(!is_known(&both, "\"a\"", Some(earlier)));
    }
}
