//! The connection to one of Bluesky's streams: chooses a host, asks for the position we are at, reads messages into the
//! queue, and when a connection ends, begins again. One task; it sleeps, dials and reads, and never waits for the
//! pipeline.
//!
//! It does not look into messages, with one exception: after a connection has ended, it reads the last few to learn
//! where to go on.

mod connection;
mod plan;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use skytrend_event::Micros;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::connect::{AuthoritiesError, ConnectError, Connector};
use super::cursor::Position;
use super::dictionary::{Dictionaries, Dictionary, DictionaryError};
use super::hosts::{Host, Hosts};
use super::metrics::ConnectionMetrics;
use super::queue::{Delivery, Generation, Queue};
use super::settings::{FutureCursor, InvalidSettings, Protocol, Settings};
use super::status::{Ending, Phase, Status};

use self::connection::{Connection, Farewell};
use self::plan::Plan;

/// Attempts with one host that a refusal of the dictionary or of the cursor may take before it counts as a failure:
/// two dictionaries, two cursors, and the last without either.
const NEGOTIATIONS_MAX: usize = 5;

/// What the pipeline tells the client.
#[derive(Clone, Debug)]
pub enum Command {
    /// Close the connection and go on from this position; none: as at the first start.
    Reconnect(Option<Position>),
}

/// Why the client gives up; everything else it tries again.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The settings cannot work.
    #[error(transparent)]
    Settings(#[from] InvalidSettings),
    /// The zstd dictionary of the settings can't be used.
    #[error(transparent)]
    Dictionary(#[from] DictionaryError),
    /// The certificate authorities of the settings can't be used.
    #[error(transparent)]
    Authorities(#[from] AuthoritiesError),
    /// Every host has said that it does not do what we want.
    #[error("no host is left that serves {protocol}: {last_error}", protocol = .protocol.name())]
    NoHostLeft {
        /// The stream.
        protocol: Protocol,
        /// What the last one said.
        last_error: String,
    },
    /// Our position lies in the server's future, and the settings say to stop then.
    #[error("{host} says that our position is in its future; its sequence has probably been restarted")]
    FutureCursor {
        /// The host.
        host: String,
    },
}

impl ClientError {
    /// Whether the same start may succeed later without anybody mending anything.
    pub const fn is_transient(&self) -> bool {
        false
    }
}

/// Reads the stream from `start` on into `queue`, until `shutdown` becomes true or its sender is gone. Closes the queue
/// at the end. `status` always says how it is doing.
pub async fn run(
    settings: Settings,
    start: Option<Position>,
    queue: Arc<Queue>,
    commands: mpsc::Receiver<Command>,
    status: watch::Sender<Status>,
    shutdown: watch::Receiver<bool>,
) -> Result<(), ClientError> {
    let signals = Signals { commands, shutdown };
    let result = match Client::new(settings, start, Arc::clone(&queue), signals, status.clone()) {
        Ok(mut client) => client.run().await,
        Err(error) => Err(error),
    };
    let last_error = result.as_ref().err().map(ToString::to_string).unwrap_or_default();
    status.send_modify(|status| {
        *status = Status { phase: Phase::Stopped, since: wall_clock(), last_error, ..std::mem::take(status) };
    });
    queue.close();
    result
}

/// What comes from outside while the client does anything.
enum Signal {
    Shutdown,
    Command(Command),
}

struct Signals {
    commands: mpsc::Receiver<Command>,
    shutdown: watch::Receiver<bool>,
}

impl Signals {
    /// The next signal; may be dropped and called again without losing one.
    async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            // A lost sender means that the program is gone.
            _ = self.shutdown.wait_for(|stop| *stop) => Signal::Shutdown,
            Some(command) = self.commands.recv() => Signal::Command(command),
        }
    }
}

/// Whether to go on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    Stop,
}

struct Client {
    settings: Settings,
    connector: Connector,
    hosts: Hosts,
    plan: Plan,
    file_dictionary: Option<Dictionary>,
    dictionaries: Dictionaries,
    queue: Arc<Queue>,
    signals: Signals,
    status: watch::Sender<Status>,
    metrics: ConnectionMetrics,
    generation: Generation,
    started: Instant,
}

impl Client {
    fn new(
        settings: Settings,
        start: Option<Position>,
        queue: Arc<Queue>,
        signals: Signals,
        status: watch::Sender<Status>,
    ) -> Result<Self, ClientError> {
        let file_dictionary = match (&settings.zstd_dictionary_path, settings.protocol) {
            (Some(path), Protocol::JetstreamV1) => Some(Dictionary::read(path)?),
            _ => None,
        };
        let seed = settings.jitter_seed.unwrap_or_else(|| wall_clock().0.cast_unsigned());
        let hosts = settings.checked_hosts()?;
        let metrics = ConnectionMetrics::new(settings.protocol, hosts.first());
        let mut hosts = Hosts::new(hosts, &settings.backoff, seed);
        let plan = Plan::new(start);
        if let Some(host) = plan.host() {
            hosts.prefer(host);
        }
        let connector = Connector::new(settings.connection.clone(), settings.protocol)?;
        let dictionaries = Dictionaries::default();
        let started = Instant::now();
        let generation = 0;
        Ok(Self {
            settings,
            connector,
            hosts,
            plan,
            file_dictionary,
            dictionaries,
            queue,
            signals,
            status,
            metrics,
            generation,
            started,
        })
    }

    async fn run(&mut self) -> Result<(), ClientError> {
        loop {
            let Some((host, delay)) = self.hosts.next(self.started.elapsed()) else {
                let last_error = self.status.borrow().last_error.clone();
                return Err(ClientError::NoHostLeft { protocol: self.settings.protocol, last_error });
            };
            if self.wait(&host, delay).await == Next::Stop || self.wait_for_room(&host).await == Next::Stop {
                return Ok(());
            }
            match self.connect(&host).await {
                None => return Ok(()),
                Some(Ok(connection)) => {
                    if self.read(&host, connection).await? == Next::Stop {
                        return Ok(());
                    }
                }
                Some(Err(error)) => self.connecting_failed(&host, &error),
            }
        }
    }

    /// Sleeps before the next attempt, ready for signals.
    async fn wait(&mut self, host: &Host, delay: Duration) -> Next {
        if delay.is_zero() {
            return if *self.signals.shutdown.borrow() { Next::Stop } else { Next::GoOn };
        }
        let now = wall_clock();
        let retry_at = now.plus(i64::try_from(delay.as_micros()).unwrap_or(i64::MAX));
        self.status.send_modify(|status| {
            status.phase = Phase::Waiting;
            status.host = host.to_string();
            status.since = now;
            status.retry_at = Some(retry_at);
        });
        let until = Instant::now() + delay;
        loop {
            tokio::select! {
                biased;
                signal = self.signals.next() => {
                    if self.obey(signal) == Next::Stop {
                        return Next::Stop;
                    }
                }
                () = tokio::time::sleep_until(until) => return Next::GoOn,
            }
        }
    }

    /// Lets the pipeline catch up before a new connection adds to what waits.
    async fn wait_for_room(&mut self, host: &Host) -> Next {
        let queue = Arc::clone(&self.queue);
        let room = queue.until_half_empty();
        tokio::pin!(room);
        loop {
            tokio::select! {
                biased;
                () = &mut room => return Next::GoOn,
                signal = self.signals.next() => {
                    if self.obey(signal) == Next::Stop {
                        return Next::Stop;
                    }
                }
                // Reached only when there is no room yet.
                () = std::future::ready(()), if self.status.borrow().phase != Phase::Paused => {
                    self.enter(Phase::Paused, host);
                }
            }
        }
    }

    fn obey(&mut self, signal: Signal) -> Next {
        match signal {
            Signal::Shutdown => Next::Stop,
            Signal::Command(Command::Reconnect(position)) => {
                self.plan = Plan::new(position);
                Next::GoOn
            }
        }
    }

    /// Makes a connection; none when the program ends meanwhile.
    async fn connect(&mut self, host: &Host) -> Option<Result<Connection, ConnectError>> {
        self.enter(Phase::Connecting, host);
        self.status.send_modify(|status| status.attempts = status.attempts.saturating_add(1));
        loop {
            // A command that comes meanwhile changes the plan: what was being dialled is dropped.
            let signal = tokio::select! {
                biased;
                signal = self.signals.next() => signal,
                result = negotiate(
                    &self.settings, &self.connector, &mut self.plan, &mut self.dictionaries,
                    self.file_dictionary.as_ref(), host,
                ) => return Some(result),
            };
            if self.obey(signal) == Next::Stop {
                return None;
            }
        }
    }

    /// Reads one connection to its end.
    async fn read(&mut self, host: &Host, mut connection: Connection) -> Result<Next, ClientError> {
        self.generation += 1;
        let generation = self.generation;
        self.metrics.connected(host);
        tracing::info!(%host, generation, request = ?connection.request, "connected");
        self.status.send_modify(|status| status.last_error.clear());
        self.enter(Phase::Connected, host);
        self.queue.push_event(Delivery::Connected {
            generation,
            host: host.clone(),
            request: connection.request,
            dictionary: connection.dictionary.as_ref().map(|dictionary| dictionary.bytes.clone()),
        });
        let began = Instant::now();
        let farewell = connection.read(generation, self).await;
        if farewell.messages > 0
            && began.elapsed() >= Duration::from_millis(self.settings.backoff.healthy_millis)
        {
            self.hosts.proved_healthy();
        }
        let ending = farewell.ending.clone();
        self.metrics.disconnected(&ending);
        self.queue.push_event(Delivery::Disconnected { generation, ending: ending.clone() });
        self.ended(host, &connection, farewell)?;
        if ending == Ending::Shutdown {
            return Ok(Next::Stop);
        }
        tracing::info!(%host, generation, %ending, "disconnected");
        Ok(Next::GoOn)
    }

    /// Draws the conclusions from a connection that has ended.
    fn ended(&mut self, host: &Host, connection: &Connection, farewell: Farewell) -> Result<(), ClientError> {
        let last_error = match farewell.command {
            Some(Command::Reconnect(position)) => {
                self.plan = Plan::new(position);
                None
            }
            None => self.plan.ended(host, self.settings.protocol, connection, &farewell.recent),
        };
        if last_error.as_deref() == Some("FutureCursor") {
            tracing::warn!(%host, "our position is in the server's future");
            match self.settings.future_cursor {
                FutureCursor::Stop => return Err(ClientError::FutureCursor { host: host.to_string() }),
                FutureCursor::Oldest => self.plan.begin_anew(),
            }
        }
        if farewell.ending.is_failure() {
            self.hosts.failed(super::hosts::Failure::Passing, self.started.elapsed());
            let text = last_error
                .map_or_else(|| farewell.ending.to_string(), |name| format!("the server says {name}"));
            self.status.send_modify(|status| status.last_error = text);
        }
        Ok(())
    }

    fn connecting_failed(&mut self, host: &Host, error: &ConnectError) {
        self.metrics.connect_failed(error.name());
        tracing::warn!(%host, %error, "can't connect");
        self.hosts.failed(error.failure(), self.started.elapsed());
        self.status.send_modify(|status| status.last_error = error.to_string());
    }

    fn enter(&self, phase: Phase, host: &Host) {
        self.metrics.connection_stands(phase == Phase::Connected);
        self.status.send_modify(|status| {
            status.phase = phase;
            status.host = host.to_string();
            status.since = wall_clock();
            status.retry_at = None;
        });
    }
}

/// Dials until the host takes us, refuses for a reason that has no remedy, or can't be reached.
async fn negotiate(
    settings: &Settings,
    connector: &Connector,
    plan: &mut Plan,
    dictionaries: &mut Dictionaries,
    file_dictionary: Option<&Dictionary>,
    host: &Host,
) -> Result<Connection, ConnectError> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let request = plan.request(host, settings);
        let dictionary = match settings.protocol {
            Protocol::JetstreamV2 if settings.compress => dictionaries.of(host, connector).await?,
            Protocol::JetstreamV1 => file_dictionary.cloned(),
            Protocol::JetstreamV2 | Protocol::Firehose | Protocol::Labels => None,
        };
        let id = dictionary.as_ref().map(|dictionary| dictionary.id);
        let error =
            match connector.websocket(host, &super::endpoint::stream(settings, request.cursor, id)).await {
                Ok(socket) => return Ok(Connection { socket, request, dictionary }),
                Err(error) => error,
            };
        match error.refusal() {
            Some("UnknownZstdDictionary") if attempt < NEGOTIATIONS_MAX => dictionaries.refused(),
            Some("CursorTooOld") if attempt < NEGOTIATIONS_MAX => plan.cursor_too_old(settings),
            // Jetstream says by HTTP what the firehose says in a frame.
            Some("FutureCursor")
                if attempt < NEGOTIATIONS_MAX && settings.future_cursor == FutureCursor::Oldest =>
            {
                plan.begin_anew();
            }
            _ => return Err(error),
        }
        tracing::info!(%host, %error, "asking in another way");
    }
}

/// Our clock, for what people read and for measuring; no decision depends on it.
fn wall_clock() -> Micros {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}
