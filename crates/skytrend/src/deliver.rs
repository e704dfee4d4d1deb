//! Alerts to webhooks. Each webhook is a stage of its own with its own position in the topic, so that a receiver that
//! is slow or dead delays nobody else's alerts.
//!
//! At least once, in order: the position is committed behind each alert, after the receiver has it (or it is a dead
//! letter, in the same transaction). A process that is killed between sends the same message again, with the same id.
//! What a message is and how it is sent is not here but in `skytrend-sink`.

pub mod command;
mod done;
mod status;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use skytrend_event::{Alert, DeadLetter, Micros, Topic, codec};
use skytrend_log::{Log, Offset, Position, Transaction};
use skytrend_serve::view::TrendView;
use skytrend_sink::metrics::{self as measured, Outcome};
use skytrend_sink::{Delivery, Schedule, Verdict, Webhook, verdict_of};
use tokio::runtime::Handle;
use tracing::{debug, error, info, warn};
use xxhash_rust::xxh3::xxh3_64;

use crate::ingest::batch::Batch;
use crate::settings::Settings;
use crate::stage::{self, Decode, Input, Stage, Until};
use crate::status::wall_clock;
use crate::supervisor::{Shutdown, Supervisor};

use done::{DeadReason, Done};
pub use status::{HookStatus, Phase};

/// Starts a stage for each webhook. To be called before anything writes alerts: a webhook that was not there before
/// gets those from now on. What moderation hides in `view` is not sent, so its rules must be in force already.
pub fn start(
    supervisor: &mut Supervisor,
    settings: &Settings,
    log: &Arc<dyn Log>,
    view: &Arc<TrendView>,
    statuses: &[Arc<HookStatus>],
) -> anyhow::Result<()> {
    for (settings, status) in settings.webhooks.iter().zip(statuses) {
        let webhook = Webhook::new(settings).context("the settings are not valid: [[webhooks]]")?;
        let (view, status) = (Arc::clone(view), Arc::clone(status));
        let mut deliver = Deliver::new(webhook, view, status, supervisor.shutdown(), Handle::current());
        deliver.begin(log.as_ref())?;
        let (log, until) = (Arc::clone(log), Until::Shutdown(supervisor.shutdown()));
        supervisor.thread(Deliver::NAME, move || stage::run(&mut deliver, log.as_ref(), &until));
    }
    Ok(())
}

/// An alert that the webhook wants.
pub struct Wanted {
    offset: Offset,
    alert: Arc<Alert>,
}

/// The stage of one webhook.
struct Deliver {
    webhook: Arc<Webhook>,
    schedule: Schedule,
    view: Arc<TrendView>,
    status: Arc<HookStatus>,
    shutdown: Shutdown,
    runtime: Handle,
    waiting: VecDeque<Wanted>,
    /// The position in the log, so that a round without alerts writes nothing.
    committed: Option<Offset>,
    batch: Batch,
    /// When the receiver may be asked next.
    not_before: Instant,
    interrupted: bool,
}

impl Deliver {
    fn new(
        webhook: Webhook,
        view: Arc<TrendView>,
        status: Arc<HookStatus>,
        shutdown: Shutdown,
        runtime: Handle,
    ) -> Self {
        let seed = wall_clock().0.cast_unsigned() ^ xxh3_64(webhook.name().as_bytes());
        Self {
            schedule: Schedule::new(webhook.settings(), seed),
            webhook: Arc::new(webhook),
            view,
            status,
            shutdown,
            runtime,
            waiting: VecDeque::new(),
            committed: None,
            batch: Batch::new(1),
            not_before: Instant::now(),
            interrupted: false,
        }
    }

    fn position(&self, next: Offset) -> Position {
        let group = format!("{}-{}", Self::NAME, self.webhook.name());
        Position { group, topic: Topic::Alerts.name().to_owned(), partition: 0, next }
    }

    /// Takes up its position; at the first start that is the end of the topic, kept at once, so that what comes from
    /// now on is not missed by a kill.
    fn begin(&mut self, log: &dyn Log) -> anyhow::Result<()> {
        let Position { group, topic, partition, .. } = self.position(0);
        self.committed = log.position(&group, &topic, partition)?;
        if self.committed.is_none() {
            let end = log.bounds(&topic, partition)?.end;
            self.keep(log, end, Transaction::default())?;
            info!(webhook = self.webhook.name(), "new webhook: alerts from now on are sent to it");
        }
        Ok(())
    }

    /// Commits the position together with what else there is.
    fn keep(&mut self, log: &dyn Log, next: Offset, mut transaction: Transaction) -> anyhow::Result<()> {
        transaction.positions.push(self.position(next));
        let until = Until::Shutdown(self.shutdown.clone());
        stage::retried(&until, || log.commit(transaction.clone()))?;
        self.committed = Some(next);
        Ok(())
    }

    /// Tries until it is done with the alert, or the program ends.
    fn deliver(&mut self, alert: &Arc<Alert>) -> Done {
        let attempts_max = self.webhook.settings().attempts;
        for attempt in 1.. {
            self.status.waits_with(alert.window_end);
            if !self.sleep() {
                return Done::Interrupted;
            }
            if self.is_expired(alert) {
                return Done::Expired;
            }
            // Each time anew: somebody may have decided while the receiver was away.
            let Some(shown) = self.view.moderated_alert(Arc::clone(alert)) else { return Done::Hidden };
            let Some((verdict, said)) = self.attempt(&self.webhook.delivery(&shown)) else {
                return Done::Interrupted;
            };
            match verdict {
                Verdict::Delivered => {
                    self.recovered();
                    return Done::Delivered;
                }
                Verdict::Refused => return Done::Dead(DeadReason::Refused, said),
                Verdict::Gone => {
                    self.status.failed(Phase::Gone, &said);
                    let webhook = self.webhook.name();
                    error!(webhook, %said, "the receiver wants no more alerts: none is sent to it until the next start");
                    self.runtime.block_on(self.shutdown.requested());
                    return Done::Interrupted;
                }
                Verdict::Retry(retry_after) => {
                    self.failed(retry_after, &said);
                    if attempt >= attempts_max {
                        return Done::Dead(DeadReason::Unanswered, said);
                    }
                    measured::retried(self.webhook.name());
                }
            }
        }
        unreachable!("attempts are counted up to their limit")
    }

    fn is_expired(&self, alert: &Alert) -> bool {
        self.webhook.settings().age_max().is_some_and(|max| age(alert.window_end) > max)
    }

    /// One attempt: the verdict, and what was said; none if the program ends before.
    fn attempt(&self, delivery: &Delivery) -> Option<(Verdict, String)> {
        let started = Instant::now();
        let attempt = self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.shutdown.requested() => None,
                attempt = self.webhook.attempt(delivery, wall_clock()) => Some(attempt),
            }
        })?;
        measured::attempted(self.webhook.name(), started.elapsed());
        // Without the receiver's own words: many servers repeat the address, which may be a secret.
        let said = match &attempt {
            Ok(answer) => format!("answered {}", answer.status),
            Err(error) => error.to_string(),
        };
        Some((verdict_of(&attempt), said))
    }

    fn recovered(&mut self) {
        if self.schedule.failures() > 0 {
            info!(webhook = self.webhook.name(), "the receiver answers again");
        }
        self.schedule.succeeded();
    }

    /// Notes a failure that may pass, and when to try again.
    fn failed(&mut self, retry_after: Option<Duration>, said: &str) {
        self.status.failed(Phase::Retrying, said);
        if self.schedule.failures() == 0 {
            warn!(webhook = self.webhook.name(), %said, "the receiver did not take an alert, trying again");
        }
        self.not_before = Instant::now() + self.schedule.failed(retry_after);
    }

    /// Whether the pause went by before the program ends. It is kept before the next alert too, which would be no
    /// better off.
    fn sleep(&self) -> bool {
        let pause = self.not_before.saturating_duration_since(Instant::now());
        self.runtime.block_on(async {
            tokio::select! {
                () = self.shutdown.requested() => false,
                () = tokio::time::sleep(pause) => true,
            }
        })
    }

    /// Puts the position behind an alert, with the dead letter if it is one.
    fn finish(&mut self, log: &dyn Log, wanted: &Wanted, done: Done) -> anyhow::Result<()> {
        let (name, offset) = (self.webhook.name().to_owned(), wanted.offset);
        let outcome = match done {
            Done::Delivered => Outcome::Delivered,
            Done::Expired => Outcome::Expired,
            Done::Hidden => Outcome::Hidden,
            Done::Dead(reason, detail) => {
                warn!(webhook = name, offset, reason = reason.name(), %detail, "alert given up, it is a dead letter");
                let body = self.webhook.delivery(&wanted.alert).body;
                let (source, at) = (format!("webhook {name}"), wanted.alert.window_end);
                let letter = DeadLetter::new(source, offset.to_string(), reason.name(), &detail, at, &body);
                self.batch.push_dead_letter(&letter)?;
                self.status.failed(Phase::Idle, &detail);
                Outcome::DeadLetter
            }
            Done::Interrupted => return Ok(()),
        };
        let transaction = self.batch.take();
        self.keep(log, offset + 1, transaction)?;
        debug!(webhook = name, offset, keyword = wanted.alert.keyword, ?outcome, "done with an alert");
        measured::done(&name, outcome);
        self.status.done(outcome);
        Ok(())
    }
}

impl Stage for Deliver {
    const NAME: &'static str = "deliver";
    type Batch = Vec<Wanted>;

    fn inputs(&mut self, _log: &dyn Log) -> anyhow::Result<Vec<Input>> {
        let next = self.committed.context("a webhook takes up its position before it runs")?;
        Ok(vec![Input { topic: Topic::Alerts, partition: 0, next }])
    }

    fn decode(&self) -> Decode<Vec<Wanted>> {
        let webhook = Arc::clone(&self.webhook);
        Box::new(move |input, records| {
            let mut wanted = Vec::new();
            stage::for_each_record(input, &records, |record| {
                let alert: Alert = codec::decode(&record.value)?;
                if webhook.wants(&alert) {
                    wanted.push(Wanted { offset: record.offset, alert: Arc::new(alert) });
                }
                Ok(())
            })?;
            Ok(wanted)
        })
    }

    fn apply(&mut self, _input: &Input, batch: Vec<Wanted>) -> anyhow::Result<()> {
        self.waiting.extend(batch);
        Ok(())
    }

    fn commit(&mut self, log: &dyn Log, inputs: &[Input], _last: bool) -> anyhow::Result<()> {
        while !self.interrupted
            && let Some(wanted) = self.waiting.pop_front()
        {
            let done = self.deliver(&wanted.alert);
            self.interrupted = matches!(done, Done::Interrupted);
            self.finish(log, &wanted, done)?;
        }
        // Behind those that it did not want, too. What was interrupted is read again after the next start.
        let next = inputs.first().map(|input| input.next);
        if let Some(next) = next
            && !self.interrupted
            && self.committed != Some(next)
        {
            self.keep(log, next, Transaction::default())?;
        }
        Ok(())
    }
}

/// How long ago by the clock; an alert of a simulated future has no age.
fn age(window_end: Micros) -> Duration {
    let micros = u64::try_from(wall_clock().0.saturating_sub(window_end.0)).unwrap_or_default();
    Duration::from_micros(micros)
}
