//! Our own shape: type, time and data, as Standard Webhooks recommends, around the alert as in the topic.

use serde_json::{Value, json};
use skytrend_event::AlertKind;

use super::Message;

/// Of this shape. A field more is no new version; one that changes its meaning, or goes, is.
const VERSION: u32 = 1;

pub(super) fn body(message: Message<'_>, link: Option<&str>) -> Value {
    let kind = match (message.is_test, message.alert.kind) {
        (true, _) => "alert.test",
        (false, AlertKind::Started) => "alert.started",
        (false, AlertKind::Ended) => "alert.ended",
    };
    json!({
        "type": kind,
        "version": VERSION,
        "timestamp": message.alert.window_end.to_rfc3339(),
        "link": link,
        "data": message.alert,
    })
}
