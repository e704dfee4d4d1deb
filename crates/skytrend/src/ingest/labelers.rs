//! Labelers beside the stream of events: a client and a queue for each, which the thread of ingest empties between two
//! looks at that stream's. So one thread writes the events, and what labels withdraw, in one order and in the same
//! transactions. A labeler that fails costs its labels, and never the events.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;
use skytrend_event::{Event, Micros};
use skytrend_log::Log;
use skytrend_source::DropReason;
use skytrend_source::bluesky::client::{self, Command};
use skytrend_source::bluesky::intake::{Intake, Sink};
use skytrend_source::bluesky::labels::{HidingLabels, LabelCheckpoint, LabelIntake, Labelled};
use skytrend_source::bluesky::queue::{Delivery, Queue};
use skytrend_source::bluesky::settings::{self as source, FirstStart, FutureCursor, Protocol};
use skytrend_source::bluesky::{Host, InvalidHost};
use skytrend_source::wire::Place;
use tokio::sync::mpsc;
use tracing::{error, warn};

use super::COMMANDS_MAX;
use super::appender::Appender;
use crate::settings::Settings as AllSettings;
use crate::status::Status;
use crate::supervisor::Supervisor;

/// Section `labelers`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Labelers, as `ws://` or `wss://` URLs.
    pub hosts: Vec<String>,
    /// Labels by which a post, or all that an account posts, leaves counts and samples. A post also by those of
    /// `trend.moderation.hidden_labels`.
    pub values: Vec<String>,
    /// Where a labeler's stream begins that has not been read before.
    pub first_start: FirstStart,
}

/// Labelers at most: as many as Bluesky's own app lets a person listen to.
const LABELERS_MAX: usize = 20;

/// Deliveries taken from a labeler at a time, so that one that tells its whole past does not hold the events up.
const DRAIN_MAX: usize = 256;

/// What waits of a labeler at most; a labeler's usual rate is below one message a second.
const QUEUE: source::QueueSettings = source::QueueSettings { messages_max: 4_096, bytes_max: 8 << 20 };

/// A labeler that has nothing to say is not stale. Pings tell whether the connection stands.
const SILENCE_MAX_MILLIS: u64 = 24 * 3_600_000;

/// Settings that cannot work.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSettings {
    /// Not a labeler's address.
    #[error(transparent)]
    Host(#[from] InvalidHost),
    /// One labeler twice: each has one position.
    #[error("hosts names {0} twice")]
    Twice(String),
    /// More than [`LABELERS_MAX`].
    #[error("hosts has {0} labelers, at most {LABELERS_MAX} are read")]
    TooMany(usize),
}

impl Settings {
    /// Checks everything that can be checked without connecting.
    pub fn validate(&self) -> Result<(), InvalidSettings> {
        if self.hosts.len() > LABELERS_MAX {
            return Err(InvalidSettings::TooMany(self.hosts.len()));
        }
        let hosts = self.hosts()?;
        let is_known = |(place, host): (usize, &String)| hosts[..place].contains(host).then(|| host.clone());
        hosts.iter().enumerate().find_map(is_known).map_or(Ok(()), |host| Err(InvalidSettings::Twice(host)))
    }

    /// The labelers, as a host is written.
    pub fn hosts(&self) -> Result<Vec<String>, InvalidHost> {
        self.hosts.iter().map(|host| Ok(Host::parse(host)?.to_string())).collect()
    }
}

/// One labeler.
struct Labeler {
    host: String,
    intake: LabelIntake,
    queue: Arc<Queue>,
    commands: mpsc::Sender<Command>,
}

/// All labelers of the settings.
pub struct Labelers {
    labelers: Vec<Labeler>,
    /// Deliveries of the labeler at a place, in order.
    waiting: VecDeque<(usize, Delivery)>,
}

impl Labelers {
    /// Starts a client for each labeler, from where the log's states say that it was.
    pub fn start(
        supervisor: &mut Supervisor,
        settings: &AllSettings,
        log: &dyn Log,
        status: &Status,
    ) -> anyhow::Result<Self> {
        let mut labelers = Vec::new();
        for (host, told) in settings.labelers.hosts()?.into_iter().zip(&status.labelers) {
            let checkpoint = load_checkpoint(log, &host)?;
            let intake = LabelIntake::new(host.clone(), checkpoint.as_ref());
            let source = client_settings(settings, &host);
            let queue = Arc::new(Queue::new(&source.queue));
            let (commands, commanded) = mpsc::channel(COMMANDS_MAX);
            let (start, told, shutdown) = (intake.position(), told.clone(), supervisor.shutdown().receiver());
            let (own_queue, own_host) = (Arc::clone(&queue), host.clone());
            supervisor.task("labeler", async move {
                if let Err(error) = client::run(source, start, own_queue, commanded, told, shutdown).await {
                    error!(labeler = own_host, %error, "the labeler is not read any more, the events are");
                }
                Ok(())
            });
            labelers.push(Labeler { host, intake, queue, commands });
        }
        Ok(Self { labelers, waiting: VecDeque::new() })
    }

    /// Takes from the queues what has come, without waiting.
    pub fn drain(&mut self) {
        let mut deliveries = VecDeque::new();
        for (place, labeler) in self.labelers.iter().enumerate() {
            labeler.queue.drain(&mut deliveries, DRAIN_MAX, Duration::ZERO);
            self.waiting.extend(deliveries.drain(..).map(|delivery| (place, delivery)));
        }
    }

    /// Hands on the next delivery of those drained; says whether there was one.
    pub fn take_next(&mut self, events: &mut Intake, appender: &mut Appender) -> bool {
        let Some((place, delivery)) = self.waiting.pop_front() else { return false };
        let labeler = &mut self.labelers[place];
        let mut sink = OfLabeler { appender, host: &labeler.host };
        if let Err(violation) = labeler.intake.accept(&delivery, events, &mut sink) {
            warn!(labeler = labeler.host, %violation, "the labeler broke its stream's rules: it is connected anew");
            // Reported once a connection: where the channel is full, the same command is already under way.
            let _ = labeler.commands.try_send(Command::Reconnect(labeler.intake.position()));
        }
        true
    }

    /// The positions that have changed since the last call, as states of the log.
    pub fn changed_states(&mut self) -> Vec<(String, Vec<u8>)> {
        let changed = |labeler: &mut Labeler| {
            let checkpoint = labeler.intake.changed_checkpoint()?;
            Some((state_name(&labeler.host), checkpoint.to_json()))
        };
        self.labelers.iter_mut().filter_map(changed).collect()
    }
}

/// What labelers want hidden, as it was when the log was last written.
pub fn load_labelled(settings: &AllSettings, log: &dyn Log) -> anyhow::Result<Labelled> {
    if settings.labelers.hosts.is_empty() {
        return Ok(Labelled::default());
    }
    let of_accounts = settings.labelers.values.iter().cloned();
    let hiding = HidingLabels {
        labelers: settings.labelers.hosts()?.into_iter().collect(),
        of_posts: of_accounts
            .clone()
            .chain(settings.trend.moderation.hidden_labels.iter().cloned())
            .collect(),
        of_accounts: of_accounts.collect(),
    };
    Labelled::restore(hiding, |name| anyhow::Ok(log.state(name)?))
}

/// The name under which the position in a labeler's stream is kept in the log.
fn state_name(host: &str) -> String {
    format!("ingest/labeler/{:016x}", xxhash_rust::xxh3::xxh3_64(host.as_bytes()))
}

fn load_checkpoint(log: &dyn Log, host: &str) -> anyhow::Result<Option<LabelCheckpoint>> {
    let Some(bytes) = log.state(&state_name(host))? else { return Ok(None) };
    let checkpoint = LabelCheckpoint::from_json(&bytes);
    checkpoint.map(Some).with_context(|| format!("the saved position of the labeler {host} is damaged"))
}

/// The client of a labeler connects, and tries again, as that of the events does.
fn client_settings(settings: &AllSettings, host: &str) -> source::Settings {
    let of_events = &settings.source;
    source::Settings {
        protocol: Protocol::Labels,
        hosts: vec![host.to_owned()],
        first_start: settings.labelers.first_start,
        future_cursor: FutureCursor::Oldest,
        connection: of_events.connection.clone(),
        backoff: of_events.backoff.clone(),
        stale: source::StaleSettings {
            floor_millis: SILENCE_MAX_MILLIS,
            grace_millis: SILENCE_MAX_MILLIS,
            ..of_events.stale.clone()
        },
        queue: QUEUE,
        ..source::Settings::default()
    }
}

/// The appender, for what comes from a labeler.
struct OfLabeler<'a> {
    appender: &'a mut Appender,
    host: &'a str,
}

impl Sink for OfLabeler<'_> {
    fn event(&mut self, event: Event<'_>) {
        self.appender.event(event);
    }

    fn passed_over(&mut self, reason: DropReason) {
        self.appender.passed_over(reason);
    }

    fn dropped(&mut self, reason: DropReason, detail: &str, place: Option<Place>, bytes: &[u8]) {
        let position =
            place.and_then(|place| place.seq).map_or_else(|| "unknown".to_owned(), |seq| seq.to_string());
        // A labeler's clock has no say in the times of the log.
        let now = Micros(self.appender.newest());
        self.appender.dropped_from(self.host, position, reason, detail, now, bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(hosts: &[&str]) -> Settings {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        Settings { hosts, values: Vec::new(), first_start: FirstStart::Live }
    }

    #[test]
    fn each_labeler_is_named_once() {
        assert!(hosts(&["wss://mod.bsky.app", "ws://127.0.0.1:7000"]).validate().is_ok());
        let twice = hosts(&["wss://mod.bsky.app", "wss://MOD.bsky.app:443/"]).validate().unwrap_err();
        assert_eq!(twice.to_string(), "hosts names wss://mod.bsky.app twice");
        assert!(hosts(&["mod.bsky.app"]).validate().is_err());
        assert!(matches!(hosts(&["ws://a"; 21]).validate(), Err(InvalidSettings::TooMany(21))));
    }
}
