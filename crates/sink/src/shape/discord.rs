//! Discord's webhooks: one embed, in which nobody can be mentioned, and no mention allowed besides.
//! Limits: title 256, description 4,096, all embeds 6,000 characters; thirty messages a minute.
//! Source: <https://docs.discord.com/developers/resources/message#embed-object> and `#allowed-mentions-object`.

use serde_json::{Value, json};

use super::Summary;
use crate::text::escaped;

/// Red for a beginning, grey for an end.
const COLORS: [u32; 2] = [0x00e5_484d, 0x0088_8d96];

pub(super) fn body(summary: &Summary) -> Value {
    let mut description = summary.details.clone();
    let post = |(url, number): (&String, u32)| format!("[Post {number}]({url})");
    let posts: Vec<String> = summary.posts.iter().zip(1..).map(post).collect();
    if !posts.is_empty() {
        description.push('\n');
        description.push_str(&posts.join(" · "));
    }
    let mut embed = json!({
        "title": escaped(&summary.title, '\\', is_markup),
        "description": description,
        "color": COLORS[usize::from(summary.is_end)],
        "timestamp": summary.at.to_rfc3339(),
    });
    if let Some(link) = &summary.link {
        embed["url"] = link.as_str().into();
    }
    json!({ "embeds": [embed], "allowed_mentions": { "parse": [] } })
}

/// What their Markdown takes for more than text.
fn is_markup(c: char) -> bool {
    matches!(c, '\\' | '*' | '_' | '~' | '`' | '|' | '>' | '<' | '#' | '-' | '[' | ']' | '(' | ')' | '@')
}
