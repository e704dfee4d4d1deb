//! A validator for the parts of the lexicon language that the answers tested here use
//! (<https://atproto.com/specs/lexicon>). What it doesn't know it refuses to judge, by a panic. It is stricter than the
//! protocol in one thing: a field that the lexicon doesn't have is an error, since it would be a misspelt one.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};
use skytrend_event::{AtUri, Did, Handle, Micros};

/// Lexicon documents by NSID.
pub(super) struct Lexicons(BTreeMap<String, Value>);

impl Lexicons {
    /// The protocol's own files as far as the shared test data has them, and [`elsewhere`].
    pub(super) fn load() -> Self {
        let files = ["app/bsky/unspecced/getTrends.json", "app/bsky/unspecced/defs.json"];
        let documents = files.into_iter().map(shared).chain(elsewhere());
        Self(documents.map(|document| (text(&document["id"]).to_owned(), document)).collect())
    }

    /// Whether `answer` is what the query `nsid` returns; the error names the place.
    pub(super) fn check_output(&self, nsid: &str, answer: &Value) -> Result<(), String> {
        self.check(&self.0[nsid]["defs"]["main"]["output"]["schema"], answer, nsid, "$")
    }

    /// Minimum, maximum and default of a parameter that is a number.
    pub(super) fn number_parameter(&self, nsid: &str, name: &str) -> [u64; 3] {
        let parameter = &self.0[nsid]["defs"]["main"]["parameters"]["properties"][name];
        ["minimum", "maximum", "default"].map(|key| parameter[key].as_u64().expect("a number"))
    }

    fn check(&self, schema: &Value, value: &Value, document: &str, place: &str) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{place}: {what}: {value}"));
        match text(&schema["type"]) {
            "object" => match value.as_object() {
                Some(fields) => self.check_fields(schema, fields, document, place),
                None => wrong("no object"),
            },
            "array" => match value.as_array() {
                Some(items) => items.iter().enumerate().try_for_each(|(index, item)| {
                    self.check(&schema["items"], item, document, &format!("{place}[{index}]"))
                }),
                None => wrong("no array"),
            },
            "string" => match value.as_str() {
                Some(value) if has_format(&schema["format"], value) => Ok(()),
                _ => wrong(&format!("no string of format {}", schema["format"])),
            },
            "integer" if value.is_i64() || value.is_u64() => Ok(()),
            "integer" => wrong("no integer"),
            "ref" => {
                let (document, name) = resolve(text(&schema["ref"]), document);
                self.check(&self.0[document]["defs"][name], value, document, place)
            }
            other => panic!("{place}: type {other:?} is not known here"),
        }
    }

    fn check_fields(
        &self,
        schema: &Value,
        fields: &Map<String, Value>,
        document: &str,
        place: &str,
    ) -> Result<(), String> {
        for required in schema["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(text(required)) {
                return Err(format!("{place}: {required} is missing"));
            }
        }
        for (name, value) in fields {
            let Some(property) = schema["properties"].get(name) else {
                return Err(format!("{place}: there is no {name:?}"));
            };
            self.check(property, value, document, &format!("{place}.{name}"))?;
        }
        Ok(())
    }
}

/// `nsid#name`, `#name` of the same document, or `nsid` for its `main`.
fn resolve<'a>(reference: &'a str, document: &'a str) -> (&'a str, &'a str) {
    match reference.split_once('#') {
        Some(("", name)) => (document, name),
        Some(parts) => parts,
        None => (reference, "main"),
    }
}

fn has_format(format: &Value, value: &str) -> bool {
    match format.as_str() {
        None => true,
        Some("at-uri") => AtUri::parse(value).is_ok(),
        Some("did") => Did::parse(value).is_ok(),
        Some("handle") => Handle::parse(value).is_ok(),
        Some("datetime") => Micros::parse_rfc3339(value).is_ok(),
        Some(other) => panic!("format {other:?} is not known here"),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn shared(path: &str) -> Value {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("SKYTREND_SHARED_DATA").map_or(default, Into::into);
    let path = folder.join("lexicons").join(path);
    let json = std::fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; SKYTREND_SHARED_DATA names the data's folder", path.display())
    });
    serde_json::from_slice(&json).expect("a lexicon is JSON")
}

fn object(required: &[&str], properties: Value) -> Value {
    let mut schema = json!({ "type": "object", "required": required });
    schema["properties"] = properties;
    schema
}

/// Documents that the shared data doesn't have, with what is used of them.
fn elsewhere() -> [Value; 4] {
    let query = |id: &str, parameters: Value, schema: Value| {
        let main = json!({ "type": "query", "parameters": parameters, "output": { "schema": schema } });
        json!({ "lexicon": 1, "id": id, "defs": { "main": main } })
    };
    let formatted = |format: &str| json!({ "type": "string", "format": format });
    let array_of = |reference: &str| json!({ "type": "array", "items": { "type": "ref", "ref": reference } });
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 50 });

    let page = object(
        &["feed"],
        json!({ "cursor": { "type": "string" }, "feed": array_of("app.bsky.feed.defs#skeletonFeedPost") }),
    );
    let skeleton = query("app.bsky.feed.getFeedSkeleton", json!({ "properties": { "limit": limit } }), page);
    let described = object(&["did", "feeds"], json!({ "did": formatted("did"), "feeds": array_of("#feed") }));
    let mut describe = query("app.bsky.feed.describeFeedGenerator", json!({}), described);
    describe["defs"]["feed"] = object(&["uri"], json!({ "uri": formatted("at-uri") }));
    let post = object(&["post"], json!({ "post": formatted("at-uri") }));
    let actor = object(&["did", "handle"], json!({ "did": formatted("did"), "handle": formatted("handle") }));
    [
        skeleton,
        describe,
        json!({ "lexicon": 1, "id": "app.bsky.feed.defs", "defs": { "skeletonFeedPost": post } }),
        json!({ "lexicon": 1, "id": "app.bsky.actor.defs", "defs": { "profileViewBasic": actor } }),
    ]
}

#[test]
fn the_validator_names_what_is_wrong() {
    let lexicons = Lexicons::load();
    let check = |answer: Value| lexicons.check_output("app.bsky.unspecced.getTrends", &answer);
    let actor = json!({ "did": "did:plc:2222222222222222222222aa", "handle": "handle.invalid" });
    let trend = json!({
        "topic": "quake", "displayName": "quake", "link": "/search?q=quake",
        "startedAt": "2025-03-01T12:07:00.000000Z", "postCount": 412, "actors": [actor],
    });
    assert_eq!(check(json!({ "trends": [trend] })), Ok(()));
    let with = |field: &str, value: Value| {
        let mut trend = trend.clone();
        trend[field] = value;
        check(json!({ "trends": [trend] })).expect_err("it is wrong")
    };
    assert_eq!(with("postCount", json!("412")), "$.trends[0].postCount: no integer: \"412\"");
    assert!(with("startedAt", json!("yesterday")).starts_with("$.trends[0].startedAt: no string of format"));
    assert!(with("actors", json!([{ "did": "did:plc:x" }])).ends_with("\"handle\" is missing"));
    assert!(with("postcount", json!(412)).ends_with("there is no \"postcount\""));
    assert_eq!(check(json!({})), Err("$: \"trends\" is missing".to_owned()));
}
