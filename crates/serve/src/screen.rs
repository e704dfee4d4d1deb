//! What a person at a terminal is shown, as plain data: [`ScreenModel`]. The `terminal` and [`crate::plain`] modules
//! show the same model; what they share is here: the words of the header, the columns of the table, and the
//! cleaning of texts that strangers wrote.

pub(crate) mod columns;
pub(crate) mod headline;
pub(crate) mod number;
mod pipeline;
pub(crate) mod reasons;
pub(crate) mod sparkline;
pub(crate) mod text;

use std::sync::Arc;

use skytrend_event::{Alert, Micros, Trend, WindowKind};

use crate::view::Snapshot;
pub use pipeline::PipelineStatus;
pub use text::clean;

/// Everything on the screen at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScreenModel {
    /// Where the posts come from, such as `bluesky jetstream` or `simulated world`.
    pub source: String,
    /// How the connection to it is.
    pub connection: Connection,
    /// Whether the times are those of a simulated world or a recording, and not today's.
    pub simulated_time: bool,
    /// First instant of the newest window.
    pub window_start: Option<Micros>,
    /// First instant after the newest window.
    pub window_end: Option<Micros>,
    /// Where the dashboard is to be seen, if this process serves one.
    pub dashboard: Option<String>,
    /// Events read per second; none before the first.
    pub events_per_second: Option<f64>,
    /// How far the detector is behind the source, in seconds; none where it can't be known.
    pub lag_seconds: Option<f64>,
    /// How much of the needed history there is; none when there is enough.
    pub warm_up: Option<WarmUp>,
    /// The trends of the newest window, by rank.
    pub trends: Vec<Arc<Trend>>,
    /// Newest first.
    pub alerts: Vec<Arc<Alert>>,
    /// Why there are no trends, shown where there are none: a heading and sentences.
    pub waiting: Vec<String>,
    /// What a person should know before anything else, such as that the server is away.
    pub notice: Option<String>,
}

impl ScreenModel {
    /// Takes window, trends and alerts from what the view published; the rest stays.
    pub fn show(&mut self, snapshot: &Snapshot, window: WindowKind) {
        let current = snapshot.current(window);
        self.window_start = current.map(|current| current.window_start);
        self.window_end = current.map(|current| current.window_end);
        self.trends = current.map(|current| current.trends.clone()).unwrap_or_default();
        self.alerts.clone_from(&snapshot.alerts);
    }
}

/// How the connection to the source is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// Not yet there.
    #[default]
    Connecting,
    /// Events arrive.
    Connected,
    /// It broke and is being restored.
    Reconnecting {
        /// Why it broke, in a few words.
        reason: String,
    },
    /// This process reads the log, and another one the network.
    NotReading,
    /// The source has no more events: the end of a recording.
    Finished,
}

/// The history that the detector has, of what it needs before its expectations are sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WarmUp {
    /// Minutes there are.
    pub minutes: u32,
    /// Minutes needed.
    pub minutes_needed: u32,
}
