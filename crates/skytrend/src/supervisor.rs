//! Owns every thread and task of the program. The first failure, or Ctrl-C, stops all of them in order; the end of
//! each is awaited, within a limit. It knows nothing of what they do.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio::signal::unix::SignalKind;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{error, info, warn};

/// How long everything may take to drain before the program leaves without it. Ctrl-C promises five seconds.
const DRAIN_MAX: Duration = Duration::from_millis(4_500);

/// Asks a stage to finish. Cheap to clone and to ask.
#[derive(Clone, Debug)]
pub struct Shutdown {
    flag: Arc<AtomicBool>,
    sender: Arc<watch::Sender<bool>>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { flag: Arc::default(), sender: Arc::new(watch::Sender::new(false)) }
    }
}

impl Shutdown {
    /// Asks everybody to finish.
    pub fn request(&self) {
        self.flag.store(true, Ordering::Release);
        self.sender.send_replace(true);
    }

    /// Whether it was asked for: for loops of plain threads.
    pub fn is_requested(&self) -> bool {
        self.flag.load(Ordering::Acquire)
    }

    /// Waits until it is asked for: for tasks.
    pub async fn requested(&self) {
        let mut receiver = self.sender.subscribe();
        // The sender lives in `self`, so waiting can't fail.
        let _ = receiver.wait_for(|asked| *asked).await;
    }

    /// A receiver for code that wants tokio's own type.
    pub fn receiver(&self) -> watch::Receiver<bool> {
        self.sender.subscribe()
    }
}

/// The running stages.
#[derive(Default)]
pub struct Supervisor {
    stages: JoinSet<(&'static str, anyhow::Result<()>)>,
    shutdown: Shutdown,
}

impl Supervisor {
    /// What the stages watch.
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Runs a stage on a thread of its own.
    pub fn thread(&mut self, name: &'static str, work: impl FnOnce() -> anyhow::Result<()> + Send + 'static) {
        self.stages.spawn_blocking(move || (name, work().with_context(|| format!("stage {name}"))));
    }

    /// Runs a stage as a task.
    pub fn task(
        &mut self,
        name: &'static str,
        work: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        self.stages.spawn(async move { (name, work.await.with_context(|| format!("stage {name}"))) });
    }

    /// Runs until Ctrl-C, SIGTERM, a stage's failure, or all stages have ended; then drains.
    pub async fn run(mut self) -> anyhow::Result<()> {
        let mut result = Ok(());
        let mut interrupt = std::pin::pin!(interrupted());
        loop {
            tokio::select! {
                () = &mut interrupt => {
                    info!("shutting down: stages are draining");
                    break;
                }
                () = self.shutdown.requested() => break,
                ended = self.stages.join_next() => match ended {
                    None => return result,
                    Some(ended) => if let Err(failure) = note(ended) {
                        result = Err(failure);
                        break;
                    },
                },
            }
        }
        self.shutdown.request();
        let drained = tokio::time::timeout(DRAIN_MAX, async {
            while let Some(ended) = self.stages.join_next().await {
                if let Err(failure) = note(ended)
                    && result.is_ok()
                {
                    result = Err(failure);
                }
            }
        });
        if drained.await.is_err() {
            warn!(
                limit_secs = DRAIN_MAX.as_secs_f64(),
                "stages did not drain in time; what they had not committed is read again"
            );
        }
        result
    }
}

fn note(ended: Result<(&'static str, anyhow::Result<()>), tokio::task::JoinError>) -> anyhow::Result<()> {
    match ended {
        Ok((stage, Ok(()))) => {
            info!(stage, "stage ended");
            Ok(())
        }
        Ok((stage, Err(failure))) => {
            error!(stage, error = format!("{failure:#}"), "stage failed");
            Err(failure)
        }
        Err(panic) => {
            error!(error = %panic, "stage panicked");
            Err(anyhow::anyhow!("a stage panicked: {panic}"))
        }
    }
}

/// Ctrl-C, SIGTERM, or the end of the terminal (SIGHUP).
pub async fn interrupted() {
    let listen = |kind| tokio::signal::unix::signal(kind);
    let (mut terminate, mut hangup) = match (listen(SignalKind::terminate()), listen(SignalKind::hangup())) {
        (Ok(terminate), Ok(hangup)) => (terminate, hangup),
        (Err(error), _) | (_, Err(error)) => {
            warn!(%error, "can't listen for SIGTERM and SIGHUP");
            let _ = tokio::signal::ctrl_c().await;
            return;
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failure_stops_the_others_and_is_returned() {
        let mut supervisor = Supervisor::default();
        let shutdown = supervisor.shutdown();
        supervisor.thread("patient", move || {
            while !shutdown.is_requested() {
                std::thread::yield_now();
            }
            Ok(())
        });
        supervisor.task("failing", async { anyhow::bail!("broken on purpose") });
        let failure = supervisor.run().await.unwrap_err();
        assert!(format!("{failure:#}").contains("stage failing: broken on purpose"), "{failure:#}");
    }

    #[test]
    fn a_stage_that_does_not_drain_is_left_behind() {
        let (_never, stuck) = std::sync::mpsc::sync_channel::<()>(1);
        let has_ended = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&has_ended);
        crate::block_on(async move {
            let mut supervisor = Supervisor::default();
            supervisor.thread("stuck", move || {
                let _ = stuck.recv();
                ended.store(true, Ordering::Release);
                Ok(())
            });
            supervisor.shutdown().request();
            supervisor.run().await
        })
        .unwrap();
        assert!(!has_ended.load(Ordering::Acquire));
    }

    #[tokio::test]
    async fn it_ends_when_all_stages_have_ended() {
        let mut supervisor = Supervisor::default();
        supervisor.task("short", async { Ok(()) });
        supervisor.run().await.unwrap();
    }
}
