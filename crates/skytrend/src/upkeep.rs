//! Housekeeping beside the stages: retention of the log, and figures that nobody else is in a position to measure.

use std::sync::Arc;
use std::time::Duration;

use skytrend_event::Topic;
use skytrend_log::Log;
use tracing::{info, warn};

use crate::metrics as measured;
use crate::settings::Settings;
use crate::status::Status;
use crate::supervisor::Supervisor;

/// Between two looks at lag and sizes.
const MEASURE_INTERVAL: Duration = Duration::from_secs(1);

/// Starts the housekeeping.
pub fn start(supervisor: &mut Supervisor, settings: &Settings, log: &Arc<dyn Log>, status: &Arc<Status>) {
    let (log, status, shutdown) = (Arc::clone(log), Arc::clone(status), supervisor.shutdown());
    let retention_interval = Duration::from_secs(settings.log.retention_interval_secs.max(1));
    let inputs = settings.detector_inputs();
    supervisor.task("upkeep", async move {
        let mut measure = tokio::time::interval(MEASURE_INTERVAL);
        let mut retain = tokio::time::interval(retention_interval);
        loop {
            tokio::select! {
                () = shutdown.requested() => return Ok(()),
                _ = measure.tick() => figures(log.as_ref(), &inputs, &status)?,
                _ = retain.tick() => retention(&log, &status).await,
            }
        }
    });
}

fn figures(log: &dyn Log, inputs: &[(Topic, u32)], status: &Status) -> anyhow::Result<()> {
    let appended = crate::detect::appended(log, inputs)?;
    let lag = appended.saturating_sub(status.detected.applied.load(std::sync::atomic::Ordering::Acquire));
    measured::lag("detect", lag);
    measured::resident(resident_bytes());
    status.measured(lag);
    status.webhooks.iter().for_each(|hook| hook.measure());
    Ok(())
}

/// Removes what is too old, by the time of the events and not of the clock: a simulated week is a week.
async fn retention(log: &Arc<dyn Log>, status: &Status) {
    let now_micros = status.newest_micros();
    let log = Arc::clone(log);
    match tokio::task::spawn_blocking(move || log.enforce_retention(now_micros)).await {
        Ok(Ok(report)) if report.records > 0 => {
            info!(records = report.records, bytes = report.bytes, "retention removed records");
        }
        Ok(Ok(_)) => {}
        Ok(Err(error)) => warn!(%error, "retention failed, it is tried again"),
        Err(error) => warn!(%error, "retention was interrupted"),
    }
}

/// Resident memory of this process from `/proc`, or 0 where there is none.
pub fn resident_bytes() -> u64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/status") else { return 0 };
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
