//! ntfy's publishing as JSON: the topic in the body, the rest of the address without it. As headers, a keyword would
//! have to be encoded. Limit: 4,096 bytes of message, beyond which it becomes an attachment.
//! Source: <https://docs.ntfy.sh/publish/#publish-as-json>.

use serde_json::{Value, json};

use super::Summary;

/// Of the end of a trend: no noise.
const END_PRIORITY_MAX: u8 = 2;

pub(super) fn body(summary: &Summary, topic: &str, priority: u8) -> Value {
    let (tag, priority) = if summary.is_end {
        ("chart_with_downwards_trend", priority.min(END_PRIORITY_MAX))
    } else {
        ("chart_with_upwards_trend", priority)
    };
    let mut body = json!({
        "topic": topic,
        "title": summary.title,
        "message": summary.details,
        "priority": priority,
        "tags": [tag],
    });
    // A tap opens the dashboard, or else the first of the posts.
    if let Some(click) = summary.link.as_ref().or(summary.posts.first()) {
        body["click"] = click.as_str().into();
    }
    body
}
