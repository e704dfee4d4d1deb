//! What the detector found, into the log: the results of windows that end together, and that they are written, are one
//! transaction.

use std::sync::atomic::Ordering;
use std::time::Instant;

use skytrend_event::{TrendStatus, WindowKind};
use skytrend_log::Log;
use skytrend_trend::WindowOutput;
use tracing::{debug, info};

use super::{Detect, checkpoint};
use crate::crash;
use crate::metrics as measured;

impl Detect {
    /// Writes the windows that closed since the last call; says whether there were any.
    pub(super) fn write_outputs(&mut self, log: &dyn Log) -> anyhow::Result<bool> {
        let outputs = self.detector.take_outputs();
        let mut is_any = false;
        // The windows of one end close together, so none of them is ever left for a later transaction; a round that
        // closes many ends must not make one that is too large for the log.
        for windows in outputs.chunk_by(|one, next| one.window_end == next.window_end) {
            let end = windows[0].window_end;
            if end <= self.written_through {
                continue;
            }
            is_any = true;
            let started = Instant::now();
            for window in windows {
                self.push(window)?;
            }
            crash::point("detect.before_output");
            let mut transaction = self.batch.take();
            transaction.states.push(checkpoint::written_state(end));
            log.commit(transaction)?;
            crash::point("detect.after_output");
            self.written_through = end;
            self.progress.windows.fetch_add(windows.len() as u64, Ordering::Relaxed);
            measured::windows_written(windows.len() as u64, started.elapsed());
        }
        Ok(is_any)
    }

    fn push(&mut self, output: &WindowOutput) -> anyhow::Result<()> {
        // The last instant of the window: a result belongs to the time it speaks of.
        let at = output.window_end.0 - 1;
        for count in output.counts.iter().chain(&output.watched) {
            self.batch.append(0, at, count.normalized_keyword.as_bytes(), count)?;
        }
        for trend in &output.trends {
            self.batch.append(0, at, trend.normalized_keyword.as_bytes(), trend)?;
            if (trend.status, trend.window) == (TrendStatus::Started, WindowKind::Sliding) {
                self.progress.trends.fetch_add(1, Ordering::Relaxed);
            }
            for sample in &trend.sample_posts {
                debug!(correlation_id = %sample.event_id, keyword = trend.keyword, rank = trend.rank, "post stands for a trend");
            }
        }
        for alert in &output.alerts {
            let watchlist = alert.watchlist.is_some();
            info!(keyword = alert.keyword, watchlist, kind = ?alert.kind, authors = alert.unique_authors, z = alert.z_score, "alert");
            self.batch.append(0, at, alert.normalized_keyword.as_bytes(), alert)?;
        }
        if let Some(activity) = &output.activity {
            self.batch.append(0, at, activity.window_end.0.to_string().as_bytes(), activity)?;
        }
        Ok(())
    }
}
