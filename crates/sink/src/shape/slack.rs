//! Slack's incoming webhooks: a rich text block, whose texts are taken as they are, and for notifications and for
//! servers that know no blocks a text with Slack's three characters escaped.
//! Source: <https://docs.slack.dev/reference/block-kit/blocks/rich-text-block>,
//! <https://docs.slack.dev/messaging/formatting-message-text> ("Escaping text").

use serde_json::{Value, json};

use super::Summary;

pub(super) fn body(summary: &Summary) -> Value {
    let text = |text: &str| json!({ "type": "text", "text": text });
    let bold = json!({ "type": "text", "text": summary.title, "style": { "bold": true } });
    let mut elements = vec![bold, text(&format!("\n{}", summary.details))];
    let mut links = Vec::new();
    links.extend(summary.link.as_deref().map(|url| (url, "Why".to_owned())));
    links.extend(summary.posts.iter().zip(1..).map(|(url, number)| (url.as_str(), format!("Post {number}"))));
    for (place, (url, name)) in links.iter().enumerate() {
        elements.push(text(if place == 0 { "\n" } else { " · " }));
        elements.push(json!({ "type": "link", "url": url, "text": name }));
    }
    let link = summary.link.as_ref().map(|url| format!("\n<{url}|Why>")).unwrap_or_default();
    let plain = escaped(&format!("{}\n{}", summary.title, summary.details)) + &link;
    json!({
        "text": plain,
        "blocks": [{ "type": "rich_text", "elements": [{ "type": "rich_text_section", "elements": elements }] }],
        // A preview for each post would bury the message.
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// As Slack wants it: only what begins markup of theirs.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
