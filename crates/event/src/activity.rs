//! How many people are posting, from session windows by author.

use serde::{Deserialize, Serialize};

use crate::Micros;

/// The sessions of one tumbling window. A session is one author's posts with no pause longer than the session gap.
/// Topic `user-activity`, key: window end. Natural key: `window_end`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserActivity {
    /// First instant of the window.
    pub window_start: Micros,
    /// First instant after the window.
    pub window_end: Micros,
    /// Authors who posted in the window.
    pub active_users: u64,
    /// Posts in the window.
    pub posts: u64,
    /// `posts / active_users`; 0 without users.
    pub posts_per_user: f64,
    /// The most posts by one author.
    pub posts_per_user_max: u64,
    /// Sessions that began in the window.
    pub sessions_started: u64,
    /// Sessions found ended by the window's end.
    pub sessions_ended: u64,
    /// Mean length of these ended sessions, first to last post, in seconds; 0 without any.
    pub session_seconds_mean: f64,
    /// Mean number of posts in these ended sessions; 0 without any.
    pub session_posts_mean: f64,
}
