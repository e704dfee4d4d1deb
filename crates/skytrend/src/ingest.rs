//! Reads the network into the log: the client fills a queue, this thread empties it through the intake and commits
//! events and cursor together; with them what labelers withdraw, and how far they were read. No client waits for this
//! thread.

pub mod appender;
pub mod batch;
mod json_lines;
pub mod labelers;
mod seed;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Deserialize;
use skytrend_log::Log;
use skytrend_source::bluesky::client::{self, Command};
use skytrend_source::bluesky::cursor::Checkpoint;
use skytrend_source::bluesky::intake::Intake;
use skytrend_source::bluesky::queue::{Delivery, Drained, Queue};
use tokio::sync::mpsc;
use tracing::{info, warn};

use crate::settings::Settings as AllSettings;
use crate::status::Status;
use crate::supervisor::Supervisor;
use appender::Appender;
use labelers::Labelers;

/// Section `ingest`.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// Events are committed at the latest after this time.
    pub commit_interval_millis: u64,
    /// Or once this many wait.
    pub commit_records_max: usize,
}

/// The name under which the position in Bluesky's stream is kept in the log.
const CHECKPOINT: &str = "ingest/checkpoint";

/// Deliveries taken from the queue at a time.
const DRAIN_MAX: usize = 4_096;

/// Commands to the client that may wait: there is one for each connection at the most.
const COMMANDS_MAX: usize = 4;

/// Starts reading the source of the settings.
pub fn start(
    supervisor: &mut Supervisor,
    settings: &AllSettings,
    log: &Arc<dyn Log>,
    status: &Arc<Status>,
) -> anyhow::Result<()> {
    match &settings.json_lines {
        Some(feed) => {
            if !settings.labelers.hosts.is_empty() {
                warn!("labelers are not read: they label what is on Bluesky");
            }
            json_lines::start(supervisor, settings, feed, log, status)
        }
        None => start_bluesky(supervisor, settings, log, status),
    }
}

/// Starts the client and the ingest thread.
fn start_bluesky(
    supervisor: &mut Supervisor,
    settings: &AllSettings,
    log: &Arc<dyn Log>,
    status: &Arc<Status>,
) -> anyhow::Result<()> {
    let checkpoint = load_checkpoint(log.as_ref())?;
    let queue = Arc::new(Queue::new(&settings.source.queue));
    let (commands, commanded) = mpsc::channel(COMMANDS_MAX);
    let shutdown = supervisor.shutdown();

    let mut ingest = Ingest {
        intake: Intake::new(&settings.source, checkpoint.as_ref())
            .with_labelled(labelers::load_labelled(settings, log.as_ref())?),
        appender: Appender::new(
            settings,
            settings.source.protocol.name().to_owned(),
            Arc::clone(&status.ingested),
        ),
        log: Arc::clone(log),
        queue: Arc::clone(&queue),
        commands,
        labelers: Labelers::start(supervisor, settings, log.as_ref(), status)?,
        settings: settings.ingest.clone(),
    };
    if let Some(since) = ingest.intake.seed_from() {
        let events = seed::read_back(log.as_ref(), settings.log.partitions, since, &mut ingest.intake)?;
        info!(events, "resuming from the saved cursor; the newest events are remembered against duplicates");
    }
    supervisor.thread("ingest", move || ingest.run());

    let (source, told) = (settings.source.clone(), status.source.clone());
    let start = checkpoint.and_then(|checkpoint| checkpoint.position_for(source.protocol));
    supervisor.task("client", async move {
        client::run(source, start, queue, commanded, told, shutdown.receiver()).await?;
        Ok(())
    });
    Ok(())
}

/// Where the source stood when the log was last written.
fn load_checkpoint(log: &dyn Log) -> anyhow::Result<Option<Checkpoint>> {
    let Some(bytes) = log.state(CHECKPOINT)? else { return Ok(None) };
    Checkpoint::from_json(&bytes).map(Some).context("the saved cursor is damaged")
}

struct Ingest {
    intake: Intake,
    appender: Appender,
    log: Arc<dyn Log>,
    queue: Arc<Queue>,
    commands: mpsc::Sender<Command>,
    labelers: Labelers,
    settings: Settings,
}

impl Ingest {
    fn run(&mut self) -> anyhow::Result<()> {
        let interval = Duration::from_millis(self.settings.commit_interval_millis);
        let mut deliveries = VecDeque::new();
        let mut committed = Instant::now();
        loop {
            let drained = self.queue.drain(&mut deliveries, DRAIN_MAX, interval);
            for delivery in deliveries.drain(..) {
                self.accept(&delivery);
                self.commit_if_full(&mut committed)?;
            }
            // Before the first event there is no time at which anything could be withdrawn: labels wait in their queues.
            if self.intake.has_begun() {
                self.labelers.drain();
            }
            while self.labelers.take_next(&mut self.intake, &mut self.appender) {
                self.commit_if_full(&mut committed)?;
            }
            if committed.elapsed() >= interval || drained != Drained::Some {
                self.commit()?;
                committed = Instant::now();
            }
            if drained == Drained::Closed {
                return Ok(());
            }
        }
    }

    fn accept(&mut self, delivery: &Delivery) {
        if matches!(delivery, Delivery::Message { .. }) {
            self.appender.message();
        }
        if let Err(violation) = self.intake.accept(delivery, &mut self.appender) {
            warn!(%violation, "the stream broke its rules: the connection is made anew from the cursor");
            // Reported once a connection: where the channel is full, the same command is already under way.
            let _ = self.commands.try_send(Command::Reconnect(self.intake.checkpoint().position));
        }
    }

    fn commit_if_full(&mut self, committed: &mut Instant) -> anyhow::Result<()> {
        if self.appender.is_full(self.settings.commit_records_max) {
            self.commit()?;
            *committed = Instant::now();
        }
        Ok(())
    }

    /// Commits what is waiting, if anything is. Of labels the positions may be all.
    fn commit(&mut self) -> anyhow::Result<()> {
        let mut states = self.labelers.changed_states();
        if self.appender.len() == 0 && states.is_empty() {
            return Ok(());
        }
        states.extend(self.intake.labelled().changed_states());
        states.push((CHECKPOINT.to_owned(), self.intake.checkpoint().to_json()));
        self.appender.commit(self.log.as_ref(), states)
    }
}
