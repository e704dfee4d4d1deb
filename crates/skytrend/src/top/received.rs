//! What a server has told, and the screen's content made of it. Pure. A trend, an alert or a point that this version
//! can't read is passed over, so that a newer server can be watched too.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use skytrend_event::{Alert, KeywordKind, Micros, Trend, WindowKind};
use skytrend_serve::screen::{PipelineStatus, ScreenModel};
use skytrend_serve::view::KeywordHistory;

use crate::api_client::ApiClient;

/// Alerts held; the oldest leave.
pub const ALERTS_MAX: usize = 100;

/// Everything that is known of a server.
#[derive(Clone, Debug, Default)]
pub struct Received {
    pub status: PipelineStatus,
    pub sliding: TrendList,
    pub tumbling: TrendList,
    /// Newest first.
    alerts: Vec<Arc<Alert>>,
    pub history: Option<KeywordHistory>,
}

/// The trends of one window, by rank.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrendList {
    pub window_end: Option<Micros>,
    window_start: Option<Micros>,
    trends: Vec<Arc<Trend>>,
}

impl TrendList {
    /// From an answer of `/api/v1/trends`, or an event of the stream.
    pub fn parse(json: &str) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Answer {
            window_start: Option<Micros>,
            window_end: Option<Micros>,
            trends: Vec<Value>,
        }
        let Answer { window_start, window_end, trends } = serde_json::from_str(json)?;
        Ok(Self { window_start, window_end, trends: readable(trends).map(Arc::new).collect() })
    }
}

impl Received {
    /// The list of this kind of window.
    pub fn list_mut(&mut self, window: WindowKind) -> &mut TrendList {
        match window {
            WindowKind::Sliding => &mut self.sliding,
            WindowKind::Tumbling => &mut self.tumbling,
        }
    }

    /// Takes an answer of `/api/v1/alerts` in place of what is held.
    pub fn take_alerts(&mut self, json: &str) -> serde_json::Result<()> {
        #[derive(Deserialize)]
        struct Answer {
            alerts: Vec<Value>,
        }
        let answer: Answer = serde_json::from_str(json)?;
        self.alerts = readable(answer.alerts).map(Arc::new).take(ALERTS_MAX).collect();
        Ok(())
    }

    /// Takes an alert of the stream, which may tell one a second time.
    pub fn take_alert(&mut self, json: &str) {
        let Ok(alert) = serde_json::from_str::<Alert>(json) else { return };
        let key = |alert: &Alert| {
            let Alert { watchlist, normalized_keyword, keyword_kind, kind, window_end, .. } = alert.clone();
            (watchlist, normalized_keyword, keyword_kind, kind, window_end)
        };
        if self.alerts.iter().all(|known| key(known) != key(&alert)) {
            self.alerts.insert(0, Arc::new(alert));
            self.alerts.truncate(ALERTS_MAX);
        }
    }

    /// The screen's content, with the trends of this kind of window.
    pub fn model(&self, client: &ApiClient, window: WindowKind) -> ScreenModel {
        let list = match window {
            WindowKind::Sliding => &self.sliding,
            WindowKind::Tumbling => &self.tumbling,
        };
        let mut model = ScreenModel {
            dashboard: Some(format!("{}/", client.server())),
            window_start: list.window_start,
            window_end: list.window_end,
            trends: list.trends.clone(),
            alerts: self.alerts.clone(),
            ..ScreenModel::default()
        };
        model.tell(&self.status);
        model
    }
}

/// From an answer of `/api/v1/trends/{keyword}`.
pub fn history(json: &str) -> serde_json::Result<KeywordHistory> {
    #[derive(Deserialize)]
    struct Answer {
        keyword: String,
        normalized_keyword: String,
        kind: KeywordKind,
        language: String,
        history: Vec<Value>,
        counts: Vec<Value>,
    }
    let Answer { keyword, normalized_keyword, kind, language, history, counts } = serde_json::from_str(json)?;
    let (history, counts) = (readable(history).collect(), readable(counts).collect());
    Ok(KeywordHistory { keyword, normalized_keyword, kind, language, history, counts })
}

/// Those that this version can read.
fn readable<T: DeserializeOwned>(values: Vec<Value>) -> impl Iterator<Item = T> {
    values.into_iter().filter_map(|value| serde_json::from_value(value).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn alert(keyword: &str, window_end: i64) -> Value {
        json!({
            "kind": "started", "keyword": keyword, "normalized_keyword": keyword, "keyword_kind": "word",
            "frequency": 40, "unique_authors": 38, "growth_rate": 9.0, "z_score": 7.0, "confidence_score": 1.0,
            "velocity": 3.0, "rank": 1, "window": "sliding", "window_start": 0, "window_end": window_end,
            "started_at": window_end
        })
    }

    #[test]
    fn an_alert_that_is_told_twice_is_held_once_and_the_newest_are_kept() {
        let mut received = Received::default();
        received
            .take_alerts(&json!({ "alerts": [alert("b", 2), {"kind": "new"}, alert("a", 1)] }).to_string())
            .unwrap();
        received.take_alert(&alert("b", 2).to_string());
        received.take_alert("no JSON");
        received.take_alert(&alert("c", 3).to_string());
        let held: Vec<_> = received.alerts.iter().map(|alert| alert.keyword.as_str()).collect();
        assert_eq!(held, ["c", "b", "a"]);
        for at in 0..2 * ALERTS_MAX {
            received.take_alert(&alert("d", 4 + i64::try_from(at).unwrap()).to_string());
        }
        assert_eq!(received.alerts.len(), ALERTS_MAX);
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        let list = json!({ "window_start": 0, "window_end": 5, "trends": [{"keyword": 1}], "more": {} });
        let list = TrendList::parse(&list.to_string()).unwrap();
        assert_eq!((list.window_end, list.trends.len()), (Some(Micros(5)), 0));
        assert!(TrendList::parse("<html>").is_err());
        let counts = json!([{ "window": "sliding", "window_start": 0, "window_end": 5, "count": 2, "unique_authors": 1 }, 7]);
        let keyword = json!({
            "keyword": "a", "normalized_keyword": "a", "kind": "word", "language": "en", "current": {}, "history": [],
            "counts": counts
        });
        assert_eq!(history(&keyword.to_string()).unwrap().counts.len(), 1);
    }
}
