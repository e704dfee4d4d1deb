//! What a replay did, for people or as one JSON object.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Serialize;

use crate::cli;
use crate::detect::Progress;
use crate::ingest::appender::Counts;

/// The closing figures.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// Messages read.
    frames: u64,
    /// Changes decoded: operations of commits, account and identity events, as Jetstream v1 tells them.
    events: u64,
    /// Posts created or updated among them.
    posts: u64,
    /// Inputs, and parts of inputs, dropped, by reason.
    dropped: BTreeMap<&'static str, u64>,
    /// Trends that started.
    trends: u64,
    /// From the first byte read to the last trend written.
    seconds: f64,
}

impl Summary {
    /// From the counts of the stages.
    pub fn new(frames: u64, events: u64, counts: &Counts, detected: &Progress, took: Duration) -> Self {
        Self {
            frames,
            events,
            posts: counts.posts.load(Ordering::Relaxed),
            dropped: counts.dropped(),
            trends: detected.trends.load(Ordering::Relaxed),
            seconds: took.as_secs_f64(),
        }
    }

    /// JSON goes to standard output, text to standard error.
    pub fn print(&self, form: cli::Summary) -> anyhow::Result<()> {
        match form {
            cli::Summary::Json => println!("{}", serde_json::to_string(self)?),
            cli::Summary::Text => {
                let rate = self.frames as f64 / self.seconds.max(1e-9);
                eprintln!("{} frames in {:.2} s ({rate:.0}/s)", self.frames, self.seconds);
                eprintln!("{} events, {} posts, {} trends", self.events, self.posts, self.trends);
                for (reason, count) in &self.dropped {
                    eprintln!("dropped {count:>8}  {reason}");
                }
            }
        }
        Ok(())
    }
}
