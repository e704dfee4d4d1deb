//! The OpenAPI document, made of the operations and of the types that they answer with.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::operation::{Answer, ErrorShape, Needs, Operation, Parameter, RequestBody};
use crate::http::problem::Problem;
use crate::http::xrpc::XrpcError;
use crate::schema::REFERENCES;

/// Groups of operations, and what they are, in the order in which a reader wants them.
pub(super) const TAGS: [(&str, &str); 8] = [
    ("trends", "What trends now, what trended at any earlier instant, and what is known of a keyword."),
    ("push", "Each new window and alert, as soon as it is published."),
    ("records", "Alerts, user activity, and the records of the log."),
    ("watchlists", "Counts and alerts of lists of one's own."),
    ("moderation", "What people decide about keywords, who did, and who is signed in."),
    ("feeds", "For feed readers."),
    ("shapes of others", "The same trends as Mastodon and Bluesky tell theirs, for their clients."),
    ("operation", "What the program says of itself."),
];

const DESCRIPTION: &str = "What is trending on Bluesky, while it happens.\n\n\
    Records have the field names of the topics' Avro schemas. Times are integers, microseconds since \
    1970-01-01T00:00:00Z; a number that isn't finite is `null`. New fields may be added to answers at any time.\n\n\
    To write takes a token, `Authorization: Bearer …`. To read takes one, too, where the settings say \
    `serve.access.reading = \"token\"`, but for health and for signing in; a token that isn't known is refused even where \
    none is needed. A browser exchanges its token for a session's cookie, which does the same.";

/// What every operation with a problem's shape may answer.
const REFUSED: (u16, &str) =
    (400, "A parameter is unknown, occurs twice, or has a value that it can't have.");
const OFTEN: (u16, &str) = (429, "This client asks too often, or has too many streams.");
/// What is answered to who may not read.
const NO_READER: (u16, &str) = (401, "The token isn't known; or there is none, and the settings want one.");
/// What is answered to who may not write.
const NO_WRITER: [(u16, &str); 2] = [
    (401, "There is no token, or it isn't known."),
    (403, "The token may only read, nobody may write here, or the request comes from another site."),
];
/// What is answered to a body that is not as it should be.
const NO_BODY: [(u16, &str); 3] = [
    (400, "The body is not as it should be, or a parameter is given."),
    (413, "The body has more than 16 KiB."),
    (415, "The body is not `application/json`."),
];
const BUSY: (u16, &str) = (503, "Too many requests at once, one that took too long, or the log failed.");

/// The document of these operations.
pub(super) fn document(operations: &[&Operation]) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = REFERENCES.trim_start_matches('#').trim_end_matches('/').to_owned().into();
    let mut generator = settings.into_generator();

    let mut paths = Map::new();
    for operation in operations {
        let described = described(operation, &mut generator);
        // A path of several segments is written as OpenAPI writes any.
        let path = paths.entry(operation.path.replace("{*", "{")).or_insert_with(|| json!({}));
        path[operation.method] = described;
    }
    let used: BTreeSet<&str> = operations.iter().map(|operation| operation.tag).collect();
    let tags: Vec<_> = TAGS.iter().filter(|(name, _)| used.contains(name)).collect();
    let mut components = json!({ "schemas": generator.take_definitions(true) });
    components["securitySchemes"] = json!({ "bearer": { "type": "http", "scheme": "bearer" } });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "skytrend",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "Where this document is served." }],
        "tags": tags.iter().map(|(name, text)| json!({ "name": name, "description": text })).collect::<Vec<_>>(),
        "paths": paths,
        "components": components,
    })
}

fn described(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut answers = Map::new();
    for answer in operation.answers {
        answers.insert(answer.status.to_string(), good(answer, generator));
    }
    for &(status, description) in &errors(operation) {
        answers.insert(status.to_string(), bad(status, description, operation.error_shape, generator));
    }
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": operation.parameters.iter().map(parameter).collect::<Vec<_>>(),
        "responses": answers,
        "x-ask": operation.ask,
    });
    if let Some(body) = &operation.body {
        described["requestBody"] = request_body(body, generator);
    }
    match operation.needs {
        Needs::Nothing => {}
        // With one or without: which, the settings say.
        Needs::Reading => described["security"] = json!([{}, { "bearer": [] }]),
        Needs::Writing => described["security"] = json!([{ "bearer": [] }]),
    }
    described
}

fn request_body(body: &RequestBody, generator: &mut SchemaGenerator) -> Value {
    let example: Value = serde_json::from_str(body.example).expect("examples are JSON");
    let schema = (body.schema)(generator);
    json!({ "required": true, "content": { "application/json": { "schema": schema, "example": example } } })
}

/// Its own and what all of its shape have, in the order of their status.
fn errors(operation: &Operation) -> Vec<(u16, &'static str)> {
    let mut errors = operation.errors.to_vec();
    match operation.needs {
        Needs::Nothing => {}
        Needs::Reading => errors.push(NO_READER),
        Needs::Writing => errors.extend(NO_WRITER),
    }
    if operation.body.is_some() {
        errors.extend(NO_BODY);
    }
    match operation.error_shape {
        ErrorShape::None => {}
        ErrorShape::Problem => errors.extend([REFUSED, OFTEN, BUSY]),
        ErrorShape::LenientProblem | ErrorShape::Xrpc => {
            let has_values = !operation.parameters.is_empty();
            errors.extend(has_values.then_some((400, "A parameter has a value that it can't have.")));
            errors.extend([OFTEN, BUSY]);
        }
    }
    errors.sort_by_key(|(status, _)| *status);
    // What an operation says of a status itself is more exact, and stands first.
    errors.dedup_by_key(|(status, _)| *status);
    errors
}

fn parameter(parameter: &Parameter) -> Value {
    let mut described = json!({
        "name": parameter.name,
        "in": parameter.place.name(),
        "description": parameter.description,
        "required": parameter.is_required,
        "schema": parameter.schema(),
    });
    if !parameter.example.is_empty() {
        described["example"] = parameter.example.into();
    }
    described
}

fn good(answer: &Answer, generator: &mut SchemaGenerator) -> Value {
    let mut described = json!({ "description": answer.description });
    if !answer.media_type.is_empty() {
        let mut content = match answer.schema {
            Some(schema) => json!({ "schema": schema(generator) }),
            None => json!({ "schema": { "type": "string" } }),
        };
        if let Some(example) = answer.example {
            let is_json = answer.schema.is_some();
            let parsed = if is_json { serde_json::from_str(example).ok() } else { None };
            content["example"] = parsed.unwrap_or_else(|| example.into());
        }
        described["content"] = json!({ answer.media_type: content });
    }
    if !answer.headers.is_empty() {
        described["headers"] = answer.headers.iter().map(|(name, text)| header(name, text)).collect();
    }
    described
}

fn header(name: &str, description: &str) -> (String, Value) {
    (name.to_owned(), json!({ "description": description, "schema": { "type": "string" } }))
}

fn bad(status: u16, description: &str, shape: ErrorShape, generator: &mut SchemaGenerator) -> Value {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let problem = match status {
        400 => Problem::parameter("limit", "0", "1 to 500"),
        _ => Problem::new(code, description.trim_end_matches('.')),
    };
    let (media_type, schema, example) = match shape {
        ErrorShape::Xrpc => {
            let error = XrpcError::from(&problem);
            ("application/json", generator.subschema_for::<XrpcError>(), serde_json::to_value(error))
        }
        _ => {
            ("application/problem+json", generator.subschema_for::<Problem>(), serde_json::to_value(problem))
        }
    };
    let example = example.expect("errors always have a JSON form");
    let mut described = json!({
        "description": description,
        "content": { media_type: { "schema": schema, "example": example } },
    });
    if matches!(status, 429 | 503) {
        described["headers"] =
            [header("Retry-After", "Seconds after which to ask again.")].into_iter().collect();
    }
    described
}
