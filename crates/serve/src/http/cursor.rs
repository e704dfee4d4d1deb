//! Cursors of lists that are longer than one answer: where the next page begins, as a text that means nothing to others.
//!
//! A cursor is a place between two records, by their natural keys or offsets and never by a count, so records that are
//! added meanwhile move nothing: no record comes twice, and none is left out.

use axum::http::header::LINK;
use axum::http::{HeaderValue, Uri};
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::openapi::{Parameter, Values};
use super::{Problem, Query};

/// Bytes of a cursor: what the longest keyword needs. A longer one is none of ours.
const BYTES_MAX: usize = 4_096;

/// The parameter of all lists with pages.
pub(super) const CURSOR: Parameter = Parameter::query(
    "cursor",
    Values::Text("^[A-Za-z0-9_-]{1,4096}$"),
    "The `next_cursor` of the page before; left out, the list begins.",
);

/// What is said of the head of a page.
pub(super) const NEXT: (&str, &str) =
    ("Link", "`<…>; rel=\"next\"`: the next page, if there may be one (RFC 8288).");

/// Writes a place in the list of this name.
pub(super) fn write<K: Serialize>(list: &str, place: &K) -> String {
    let json = serde_json::to_vec(&(list, place)).expect("keys always have a JSON form");
    BASE64URL_NOPAD.encode(&json)
}

/// The place in the list of this name at which to go on; none at the beginning. A cursor that was not written here for
/// this list is a problem.
pub(super) fn read<K: Serialize + DeserializeOwned>(query: &Query, list: &str) -> Result<Option<K>, Problem> {
    let Some(text) = query.text(CURSOR.name) else { return Ok(None) };
    parse(text, list)
        .map(Some)
        .ok_or_else(|| Problem::parameter(CURSOR.name, text, "the next_cursor of a page before"))
}

fn parse<K: Serialize + DeserializeOwned>(text: &str, list: &str) -> Option<K> {
    if text.len() > BYTES_MAX {
        return None;
    }
    let json = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let (of, place) = serde_json::from_slice::<(String, K)>(&json).ok()?;
    // Only what would be written the same was written here.
    (of == list && write(list, &place) == text).then_some(place)
}

/// The answer with a link to the next page, which is the same request with this cursor.
pub(super) fn with_link(mut response: Response, uri: &Uri, next: Option<&str>) -> Response {
    let Some(next) = next else { return response };
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.filter(|(name, _)| name != CURSOR.name));
    query.append_pair(CURSOR.name, next);
    let link = format!("<{}?{}>; rel=\"next\"", uri.path(), query.finish());
    // A path that came in a request's head and an encoded query can go into one.
    if let Ok(value) = HeaderValue::try_from(link) {
        response.headers_mut().insert(LINK, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_was_written_and_for_its_list_alone(place: (i64, Option<String>, String)) {
            let text = write("alerts", &place);
            prop_assert_eq!(parse(&text, "alerts"), Some(place));
            prop_assert_eq!(parse::<(i64, Option<String>, String)>(&text, "activity"), None);
        }

        #[test]
        fn any_other_text_is_none(text in "[A-Za-z0-9_=-]{0,60}|.{0,20}") {
            prop_assert_eq!(parse::<i64>(&text, "activity"), None);
        }
    }

    #[test]
    fn a_place_has_one_cursor() {
        for json in
            [r#"["activity", 5]"#, r#"["activity",5.0]"#, r#"["activity",5,6]"#, r#"["activity","5"]"#]
        {
            assert_eq!(parse::<i64>(&BASE64URL_NOPAD.encode(json.as_bytes()), "activity"), None, "{json}");
        }
    }
}
