//! `/api`: the document for readers, as HTML without a script. It is made once, of the document alone, so that it says
//! the same.

use std::fmt::Write as _;
use std::sync::OnceLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::document;
use crate::http::conditional;

/// The address that the documentation's examples take.
const SERVER: &str = "http://127.0.0.1:7077";

/// The page.
pub(in crate::http) async fn page(headers: HeaderMap) -> Response {
    static PAGE: OnceLock<String> = OnceLock::new();
    let html = PAGE.get_or_init(|| written(document()));
    let tag = conditional::tag(html.as_bytes());
    let caching = [(CACHE_CONTROL, "no-cache"), (ETAG, tag.as_str())];
    if conditional::is_known(&headers, &tag, None) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(CONTENT_TYPE, "text/html; charset=utf-8")], html.as_str()).into_response()
}

/// A page in the making.
struct Page(String);

impl Page {
    /// Markup of this file.
    fn markup(&mut self, html: &str) {
        self.0.push_str(html);
    }

    /// Text, which may hold anything.
    fn text(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                other => self.0.push(other),
            }
        }
    }

    /// An element with a text.
    fn element(&mut self, name: &str, text: &str) {
        let _ = write!(self.0, "<{name}>"); // writing to a String can't fail
        self.text(text);
        let _ = write!(self.0, "</{}>", name.split(' ').next().unwrap_or(name));
    }

    /// The little Markdown that descriptions use: `code`, paragraphs, and links as their text.
    fn described(&mut self, description: &str) {
        for paragraph in description.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
            self.markup("<p>");
            self.inline(paragraph);
            self.markup("</p>\n");
        }
    }

    fn inline(&mut self, text: &str) {
        for (at, part) in text.split('`').enumerate() {
            if at % 2 == 1 { self.element("code", part) } else { self.text(part) }
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Name and value of an object's members.
fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn written(document: &Value) -> String {
    let mut page = Page(String::with_capacity(256 * 1024));
    page.markup(HEAD);
    page.markup("<main id=\"main\" class=\"api\">\n<h1>The API</h1>\n");
    page.described(text(&document["info"]["description"]));
    page.markup(
        "<p>For programs: <a href=\"/api/v1/openapi.json\">the same as OpenAPI 3.1</a>. Errors are \
         <code>application/problem+json</code> (RFC 9457); parameters that are not listed are refused.</p>\n",
    );
    contents(&mut page, document);
    for tag in list(&document["tags"]) {
        page.markup("<section>\n");
        page.element("h2", text(&tag["name"]));
        page.described(text(&tag["description"]));
        for (path, method, operation) in operations(document, &tag["name"]) {
            article(&mut page, path, method, operation);
        }
        page.markup("</section>\n");
    }
    types(&mut page, &document["components"]["schemas"]);
    page.markup("</main>\n</body>\n</html>\n");
    page.0
}

/// Those of a tag, in the document's order.
fn operations<'a>(
    document: &'a Value,
    tag: &'a Value,
) -> impl Iterator<Item = (&'a str, &'a str, &'a Value)> {
    let all = members(&document["paths"]).flat_map(|(path, methods)| {
        members(methods).map(move |(method, operation)| (path, method, operation))
    });
    all.filter(move |(_, _, operation)| operation["tags"][0] == *tag)
}

fn contents(page: &mut Page, document: &Value) {
    page.markup("<nav aria-label=\"Operations\">\n<ul>\n");
    for tag in list(&document["tags"]) {
        for (path, method, operation) in operations(document, &tag["name"]) {
            page.markup("<li><a href=\"#");
            page.text(text(&operation["operationId"]));
            page.markup("\">");
            page.element("code", &request_line(method, path));
            page.markup("</a> ");
            page.inline(text(&operation["summary"]));
            page.markup("</li>\n");
        }
    }
    page.markup("</ul>\n</nav>\n");
}

/// Nearly all are GET, which then says nothing.
fn request_line(method: &str, path: &str) -> String {
    if method == "get" { path.to_owned() } else { format!("{} {path}", method.to_uppercase()) }
}

fn article(page: &mut Page, path: &str, method: &str, operation: &Value) {
    page.markup("<article id=\"");
    page.text(text(&operation["operationId"]));
    page.markup("\">\n<h3>");
    page.element("code", &request_line(method, path));
    page.markup("</h3>\n<p><strong>");
    page.inline(text(&operation["summary"]));
    page.markup("</strong></p>\n");
    page.described(text(&operation["description"]));
    request(page, method, operation);
    parameters(page, list(&operation["parameters"]));
    answers(page, &operation["responses"]);
    page.markup("</article>\n");
}

/// How to ask for it with curl.
fn request(page: &mut Page, method: &str, operation: &Value) {
    let ask = text(&operation["x-ask"]).replace('#', "%23");
    let mut command = match method {
        "get" => format!("curl '{SERVER}{ask}'"),
        other => format!("curl -X {} '{SERVER}{ask}'", other.to_uppercase()),
    };
    if operation["security"][0].get("bearer").is_some() {
        page.markup("<p>Needs a token that may write.</p>\n");
        command.push_str(" \\\n  -H \"Authorization: Bearer $TOKEN\"");
    }
    let body = &operation["requestBody"]["content"]["application/json"];
    if !body.is_null() {
        page.markup("<p>Takes");
        reference(page, text(&body["schema"]["$ref"]));
        page.markup(" as JSON.</p>\n");
        let example = body["example"].to_string();
        let _ = write!(command, " \\\n  -H 'Content-Type: application/json' -d '{example}'"); // never fails
    }
    page.markup("<pre><code>");
    page.text(&command);
    page.markup("</code></pre>\n");
}

fn parameters(page: &mut Page, parameters: &[Value]) {
    if parameters.is_empty() {
        return;
    }
    page.markup("<table>\n<thead><tr><th>parameter</th><th>values</th><th>what</th></tr></thead>\n<tbody>\n");
    for parameter in parameters {
        page.markup("<tr><td>");
        page.element("code", text(&parameter["name"]));
        if parameter["in"] != "query" {
            page.element("small", &format!(" in the {}", text(&parameter["in"])));
        }
        if parameter["required"] == true && parameter["in"] == "query" {
            page.element("small", " required");
        }
        page.markup("</td><td>");
        page.inline(&values(&parameter["schema"]));
        page.markup("</td><td>");
        page.inline(text(&parameter["description"]));
        if let Some(example) = parameter["example"].as_str() {
            page.markup(" Such as ");
            page.element("code", example);
            page.markup(".");
        }
        page.markup("</td></tr>\n");
    }
    page.markup("</tbody>\n</table>\n");
}

/// What a parameter may be, in words.
fn values(schema: &Value) -> String {
    let default = match &schema["default"] {
        Value::Null => String::new(),
        Value::String(name) => format!("; default `{name}`"),
        other => format!("; default {other}"),
    };
    if let Some(options) = schema["anyOf"].as_array() {
        let options: Vec<_> = options.iter().map(values).collect();
        return format!("{}{default}", options.join(", or "));
    }
    if let Some(names) = schema["enum"].as_array() {
        let names: Vec<_> = names.iter().map(|name| format!("`{}`", text(name))).collect();
        return format!("{}{default}", names.join(", "));
    }
    match (&schema["type"], &schema["minimum"], &schema["maximum"]) {
        (Value::String(kind), min, Value::Number(max))
            if kind == "integer" && max.as_u64() < Some(1 << 53) =>
        {
            format!("{min} to {max}{default}")
        }
        (Value::String(kind), min, _) if kind == "integer" => format!("a number from {min}{default}"),
        _ if schema["format"] == "date-time" => "RFC 3339".to_owned(),
        _ => "a text".to_owned(),
    }
}

fn answers(page: &mut Page, answers: &Value) {
    page.markup("<table>\n<thead><tr><th>answer</th><th>when</th><th>what</th></tr></thead>\n<tbody>\n");
    for (status, answer) in members(answers) {
        page.markup("<tr><td>");
        page.element("code", status);
        page.markup("</td><td>");
        page.inline(text(&answer["description"]));
        for (name, header) in members(&answer["headers"]) {
            page.markup(" ");
            page.element("code", name);
            page.text(": ");
            page.inline(text(&header["description"]));
        }
        page.markup("</td><td>");
        for (media_type, content) in members(&answer["content"]) {
            page.element("code", media_type);
            let schema = &content["schema"];
            let of_items = text(&schema["items"]["$ref"]);
            reference(page, if of_items.is_empty() { text(&schema["$ref"]) } else { of_items });
        }
        page.markup("</td></tr>\n");
    }
    page.markup("</tbody>\n</table>\n");
    let good = members(answers).find(|(status, _)| status.starts_with('2'));
    let content = good.and_then(|(_, answer)| members(&answer["content"]).next());
    if let Some(example) = content.and_then(|(_, content)| content.get("example")) {
        let shown = match example {
            Value::String(text) => text.clone(),
            other => serde_json::to_string_pretty(other).unwrap_or_default(),
        };
        page.markup("<details><summary>An answer</summary>\n<pre><code>");
        page.text(&shown);
        page.markup("</code></pre></details>\n");
    }
}

/// A link to a type.
fn reference(page: &mut Page, reference: &str) {
    let Some(name) = reference.rsplit('/').next().filter(|name| !name.is_empty()) else { return };
    page.markup(" <a href=\"#type-");
    page.text(name);
    page.markup("\">");
    page.text(name);
    page.markup("</a>");
}

fn types(page: &mut Page, schemas: &Value) {
    page.markup("<section>\n<h2>Types</h2>\n");
    for (name, schema) in members(schemas) {
        page.markup("<article id=\"type-");
        page.text(name);
        page.markup("\">\n");
        page.element("h3", name);
        page.described(text(&schema["description"]));
        if let Some(names) = schema["enum"].as_array() {
            let names: Vec<_> = names.iter().map(|name| format!("`{}`", text(name))).collect();
            page.described(&names.join(", "));
        }
        let fields: Vec<_> = members(&schema["properties"]).collect();
        if !fields.is_empty() {
            page.markup(
                "<table>\n<thead><tr><th>field</th><th>type</th><th>what</th></tr></thead>\n<tbody>\n",
            );
            for (field, schema_of_field) in fields {
                page.markup("<tr><td>");
                page.element("code", field);
                page.markup("</td><td>");
                kind(page, schema_of_field);
                if !list(&schema["required"]).iter().any(|required| required == field) {
                    page.element("small", " may be missing");
                }
                page.markup("</td><td>");
                page.inline(text(&schema_of_field["description"]));
                page.markup("</td></tr>\n");
            }
            page.markup("</tbody>\n</table>\n");
        }
        page.markup("</article>\n");
    }
    page.markup("</section>\n");
}

/// The type of a field, with links.
fn kind(page: &mut Page, schema: &Value) {
    if let Some(target) = schema["$ref"].as_str() {
        reference(page, target);
    } else if schema["type"] == "array" {
        page.text("list of ");
        kind(page, &schema["items"]);
    } else if let Some(options) = schema["anyOf"].as_array() {
        for (at, option) in options.iter().enumerate() {
            page.text(if at == 0 { "" } else { " or " });
            kind(page, option);
        }
    } else if let Some(names) = schema["type"].as_array() {
        let names: Vec<_> = names.iter().map(text).collect();
        page.text(&names.join(" or "));
    } else {
        page.text(text(&schema["type"]));
    }
}

const HEAD: &str = "<!doctype html>
<html lang=\"en\">
<head>
  <meta charset=\"utf-8\">
  <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
  <meta name=\"color-scheme\" content=\"light dark\">
  <title>The API · skytrend</title>
  <link rel=\"icon\" href=\"/assets/icon.svg\" type=\"image/svg+xml\">
  <link rel=\"stylesheet\" href=\"/assets/base.css\">
  <link rel=\"stylesheet\" href=\"/assets/api.css\">
  <script type=\"module\" src=\"/assets/theme.js\" blocking=\"render\"></script>
</head>
<body>
<header class=\"top\">
  <a class=\"brand\" href=\"/\"><img src=\"/assets/icon.svg\" alt=\"\" width=\"24\" height=\"24\"><span>skytrend</span></a>
</header>
";
