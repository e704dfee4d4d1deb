//! What the pipeline says of itself at `/api/v1/status`, as far as a screen tells it, and what a screen says while
//! there are no trends. The words are those of the dashboard (`dashboard/waiting.js`).

use serde::Deserialize;

use super::number::duration;
use super::{Connection, ScreenModel, WarmUp};

/// The answer of `/api/v1/status`. What an older server doesn't say is at its default.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct PipelineStatus {
    source: Source,
    ingest: Ingest,
    detector: Detector,
    simulated_speed: Option<f64>,
    lag_seconds: Option<f64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Source {
    name: String,
    reading: bool,
    phase: String,
    summary: String,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Ingest {
    events: u64,
    events_per_second: Option<f64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Detector {
    history_minutes: u32,
    history_minutes_needed: u32,
    windows_written: u64,
}

impl ScreenModel {
    /// Takes the headline from what the pipeline says; window, trends and alerts stay.
    pub fn tell(&mut self, status: &PipelineStatus) {
        let name = if status.source.name.is_empty() { "skytrend" } else { &status.source.name };
        name.clone_into(&mut self.source);
        self.connection = status.connection();
        self.simulated_time = status.simulated_speed.is_some();
        self.events_per_second = status.ingest.events_per_second;
        self.lag_seconds = status.lag_seconds;
        self.warm_up = status.warm_up();
        self.waiting = status.waiting(self.window_end.is_some());
    }
}

impl PipelineStatus {
    fn connection(&self) -> Connection {
        match self.source.phase.as_str() {
            _ if !self.source.reading => Connection::NotReading,
            "connected" => Connection::Connected,
            "stopped" => Connection::Finished,
            "waiting" | "paused" => Connection::Reconnecting { reason: self.source.summary.clone() },
            _ => Connection::Connecting,
        }
    }

    fn warm_up(&self) -> Option<WarmUp> {
        let Detector { history_minutes: minutes, history_minutes_needed: minutes_needed, .. } = self.detector;
        (minutes < minutes_needed).then_some(WarmUp { minutes, minutes_needed })
    }

    /// Why there is nothing to show: a heading and sentences. `has_window`: the log held a window already.
    fn waiting(&self, has_window: bool) -> Vec<String> {
        let said = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let source = format!("The source says: {}.", self.source.summary);
        if self.source.reading && self.source.phase != "connected" {
            return said(&[
                "Waiting for the network",
                &source,
                "Trends come from posts; without a connection there are none. `make demo` works without the network.",
            ]);
        }
        if self.source.reading && self.ingest.events == 0 {
            return said(&["Waiting for the first post", &source]);
        }
        if let Some(WarmUp { minutes, minutes_needed }) = self.warm_up() {
            let speed = self.simulated_speed.filter(|speed| *speed > 0.0).unwrap_or(1.0);
            let left = duration(f64::from(minutes_needed - minutes) * 60.0 / speed);
            return said(&[
                "Learning what is usual",
                &format!(
                    "A trend is what is posted more than usual, so skytrend first learns what is: {minutes} of \
                     {minutes_needed} minutes so far, about {left} to go."
                ),
                "The first trends can show up before that, from about half of it on.",
            ]);
        }
        if self.detector.windows_written == 0 && !has_window {
            let counted = "Posts are coming in and being counted.";
            return said(&["Waiting for the first window to close", counted]);
        }
        said(&[
            "Nothing is trending",
            "Posts are coming in, and nothing rises beyond what is usual. That is normal in quiet hours and for small \
             languages.",
        ])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(status: serde_json::Value) -> ScreenModel {
        let mut model = ScreenModel::default();
        model.tell(&serde_json::from_value(status).expect("a status"));
        model
    }

    #[test]
    fn it_says_what_is_waited_for_and_how_long() {
        let away = "can't reach wss://a.example, retrying in 4 s: refused";
        let source = json!({ "reading": true, "phase": "connected", "summary": "connected to a" });
        let learning = json!({ "history_minutes": 20, "history_minutes_needed": 30 });
        for (status, heading, sentence) in [
            (
                json!({ "source": { "reading": true, "phase": "waiting", "summary": away } }),
                "Waiting for the network",
                away,
            ),
            (json!({ "source": source }), "Waiting for the first post", "connected to a"),
            (
                json!({ "source": source, "ingest": { "events": 1 }, "detector": learning }),
                "Learning what is usual",
                "20 of 30 minutes so far, about 10 min to go",
            ),
            (
                json!({ "source": source, "ingest": { "events": 1 }, "detector": learning, "simulated_speed": 60 }),
                "Learning what is usual",
                "about 10 s to go",
            ),
            (
                json!({ "source": source, "ingest": { "events": 1 } }),
                "Waiting for the first window to close",
                "counted",
            ),
            (
                json!({ "source": source, "ingest": { "events": 1 }, "detector": { "windows_written": 1 } }),
                "Nothing is trending",
                "normal",
            ),
        ] {
            let waiting = told(status).waiting;
            assert_eq!(waiting[0], heading);
            assert!(waiting[1].contains(sentence), "{waiting:?}");
        }
    }

    #[test]
    fn the_connection_is_that_of_the_source() {
        let of = |reading: bool, phase: &str| {
            told(json!({ "source": { "reading": reading, "phase": phase, "summary": "why" } })).connection
        };
        assert_eq!(of(true, "connected"), Connection::Connected);
        assert_eq!(of(true, "starting"), Connection::Connecting);
        assert_eq!(of(true, "waiting"), Connection::Reconnecting { reason: "why".to_owned() });
        assert_eq!(of(true, "stopped"), Connection::Finished);
        assert_eq!(of(false, "starting"), Connection::NotReading);
    }
}
