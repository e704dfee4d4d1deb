//! What is said of a route, as constants beside its handler: [`Operation`], its [`Parameter`]s and its [`Answer`]s.
//!
//! A handler checks its query by its operation (`query.check(&LIST)`), so a parameter that isn't described is refused.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

/// One method of one path.
pub(in crate::http) struct Operation {
    /// In lower case.
    pub method: &'static str,
    /// As the router has it.
    pub path: &'static str,
    /// Its name in programs that are made from the document.
    pub id: &'static str,
    /// One of [`super::document::TAGS`].
    pub tag: &'static str,
    /// One line, without a full stop.
    pub summary: &'static str,
    /// Markdown.
    pub description: &'static str,
    /// In the order in which problems name them.
    pub parameters: &'static [Parameter],
    /// What is answered when all is well.
    pub answers: &'static [Answer],
    /// What else can be wrong, but for what every operation has: status and sentence.
    pub errors: &'static [(u16, &'static str)],
    /// The shape of errors.
    pub error_shape: ErrorShape,
    /// What the request holds.
    pub body: Option<RequestBody>,
    /// A request whose answer is the document's example: path and query.
    pub ask: &'static str,
    /// What a caller must be allowed to do.
    pub needs: Needs,
}

impl Operation {
    /// To be completed: `Operation { path: …, ..Operation::GET }`.
    pub(in crate::http) const GET: Self = Self {
        method: "get",
        path: "",
        id: "",
        tag: "",
        summary: "",
        description: "",
        parameters: &[],
        answers: &[],
        errors: &[],
        error_shape: ErrorShape::Problem,
        body: None,
        ask: "",
        needs: Needs::Reading,
    };

    /// The same, for what changes something.
    pub(in crate::http) const POST: Self = Self { method: "post", ..Self::GET };

    /// The same, for what is put in a place of its own.
    pub(in crate::http) const PUT: Self = Self { method: "put", ..Self::GET };

    /// The same, for what is taken away.
    pub(in crate::http) const DELETE: Self = Self { method: "delete", ..Self::GET };

    /// The names that its query may have.
    pub(in crate::http) fn query_names(&self) -> Vec<&'static str> {
        self.parameters
            .iter()
            .filter(|parameter| parameter.place == Place::Query)
            .map(|each| each.name)
            .collect()
    }
}

/// What a caller must be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Needs {
    /// Nothing: it is open to all.
    Nothing,
    /// To read: the settings say whether that takes a token.
    Reading,
    /// To write, which always takes one.
    Writing,
}

/// A body of JSON.
#[derive(Clone, Copy)]
pub(in crate::http) struct RequestBody {
    pub schema: fn(&mut SchemaGenerator) -> Value,
    /// One that is taken.
    pub example: &'static str,
}

impl RequestBody {
    /// JSON of this type.
    pub(in crate::http) const fn json<T: JsonSchema>(example: &'static str) -> Self {
        Self { schema: schema_of::<T>, example }
    }
}

/// How an operation says what is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum ErrorShape {
    /// RFC 9457; unknown parameters are 400, and every answer may be 503.
    Problem,
    /// The same, where the shape is another's and so unknown parameters are passed over.
    LenientProblem,
    /// `{error, message}`; unknown parameters are passed over.
    Xrpc,
    /// It refuses nothing: what supervisors ask.
    None,
}

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Place {
    Path,
    Query,
    Header,
}

impl Place {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
        }
    }
}

/// What a parameter may be.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) enum Values {
    /// From, to, and what it is when it isn't given.
    Number(u64, u64, u64),
    /// One of these; the first when it isn't given.
    Choice(&'static [&'static str]),
    /// An instant: microseconds, or RFC 3339.
    Instant,
    /// One of these words, or a number; the second is what it is when it isn't given.
    WordOrNumber(&'static [&'static str], &'static str),
    /// A text that matches this regular expression.
    Text(&'static str),
    /// Any text.
    Any,
}

/// One parameter of an operation.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Parameter {
    pub place: Place,
    pub name: &'static str,
    /// Markdown.
    pub description: &'static str,
    pub values: Values,
    pub is_required: bool,
    /// Empty: none is needed to understand it.
    pub example: &'static str,
}

impl Parameter {
    /// A parameter of the query that may be left out.
    pub(in crate::http) const fn query(
        name: &'static str,
        values: Values,
        description: &'static str,
    ) -> Self {
        Self { place: Place::Query, name, description, values, is_required: false, example: "" }
    }

    /// A segment of the path.
    pub(in crate::http) const fn path(name: &'static str, values: Values, description: &'static str) -> Self {
        Self { place: Place::Path, name, description, values, is_required: true, example: "" }
    }

    /// A field of the head that may be left out.
    pub(in crate::http) const fn header(name: &'static str, description: &'static str) -> Self {
        Self { place: Place::Header, name, description, values: Values::Any, is_required: false, example: "" }
    }

    /// The same, with an example.
    pub(in crate::http) const fn such_as(self, example: &'static str) -> Self {
        Self { example, ..self }
    }

    /// The same, which must be given.
    pub(in crate::http) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// As JSON Schema.
    pub(super) fn schema(&self) -> Value {
        match self.values {
            // The largest that there can be says nothing to a reader.
            Values::Number(min, u64::MAX, default) => {
                json!({ "type": "integer", "minimum": min, "default": default })
            }
            Values::Number(min, max, default) => {
                json!({ "type": "integer", "minimum": min, "maximum": max, "default": default })
            }
            Values::Choice(names) => json!({ "type": "string", "enum": names, "default": names[0] }),
            Values::Instant => json!({ "anyOf": [
                { "type": "integer", "format": "int64", "minimum": 0, "maximum": i64::MAX },
                { "type": "string", "format": "date-time" },
            ] }),
            Values::WordOrNumber(words, default) => json!({ "anyOf": [
                { "type": "string", "enum": words },
                { "type": "integer", "format": "uint64", "minimum": 0, "maximum": u64::MAX },
            ], "default": default }),
            Values::Text(pattern) => json!({ "type": "string", "minLength": 1, "pattern": pattern }),
            Values::Any => json!({ "type": "string" }),
        }
    }
}

/// A good answer, in one media type.
pub(in crate::http) struct Answer {
    pub status: u16,
    pub description: &'static str,
    /// Empty: it has no body.
    pub media_type: &'static str,
    /// None: the media type says all.
    pub schema: Option<fn(&mut SchemaGenerator) -> Value>,
    /// A real one, kept by a test.
    pub example: Option<&'static str>,
    /// Names of fields of the head, and what they say.
    pub headers: &'static [(&'static str, &'static str)],
}

impl Answer {
    /// 200 with JSON of this type, and a real one as an example.
    pub(in crate::http) const fn json<T: JsonSchema>(
        description: &'static str,
        example: &'static str,
    ) -> Self {
        Self {
            status: 200,
            description,
            media_type: "application/json",
            schema: Some(schema_of::<T>),
            example: Some(example),
            headers: &[],
        }
    }

    /// 200 with text of this media type, and a real one as an example.
    pub(in crate::http) const fn text(
        media_type: &'static str,
        description: &'static str,
        example: &'static str,
    ) -> Self {
        Self { status: 200, description, media_type, schema: None, example: Some(example), headers: &[] }
    }

    /// An answer without a body.
    pub(in crate::http) const fn empty(status: u16, description: &'static str) -> Self {
        Self { status, description, media_type: "", schema: None, example: None, headers: &[] }
    }

    /// The same, with fields of the head.
    pub(in crate::http) const fn with_headers(
        self,
        headers: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { headers, ..self }
    }

    /// The same, with another status.
    pub(in crate::http) const fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

/// The client has it already.
pub(in crate::http) const NOT_MODIFIED: Answer =
    Answer::empty(304, "Nothing changed since the answer whose `ETag` the request's `If-None-Match` names.");

/// Asks for the answer only where it has changed.
pub(in crate::http) const IF_NONE_MATCH: Parameter =
    Parameter::header("If-None-Match", "The `ETag` of an answer that the client has.");

/// The tag of an answer that can be asked for again.
pub(in crate::http) const ETAG: (&str, &str) = ("ETag", "What `If-None-Match` of the next request compares.");

fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

/// An example beside this module: a real answer, which a test compares and, where it is told to, writes anew.
macro_rules! example {
    ($file:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/openapi/examples/", $file))
    };
}
pub(in crate::http) use example;
