//! What a closed window gives.

use skytrend_event::{Alert, KeywordCount, Micros, Trend, UserActivity, WindowKind};

/// Everything found in one window.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowOutput {
    /// Sliding or tumbling.
    pub window: WindowKind,
    /// First instant of the window.
    pub window_start: Micros,
    /// First instant after the window.
    pub window_end: Micros,
    /// Keywords with enough posts: most posts first, equal ones by normalised keyword, then kind.
    pub counts: Vec<KeywordCount>,
    /// Watchlists in the order of the settings, each with its total and then those of its terms that have posts.
    pub watched: Vec<KeywordCount>,
    /// Trends by rank, then those that ended (rank 0), by normalised keyword and kind.
    pub trends: Vec<Trend>,
    /// Alerts that opened, by rank, then those that closed, then those of watchlists; sliding windows only.
    pub alerts: Vec<Alert>,
    /// Users and sessions; tumbling windows only.
    pub activity: Option<UserActivity>,
}
