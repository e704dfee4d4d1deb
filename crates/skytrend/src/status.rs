//! What the pipeline says of itself: for `/api/v1/status`, for readiness, for the terminal's header. Written by the
//! stages, read by whoever asks. Metrics for machines are elsewhere.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use skytrend_event::Micros;
use skytrend_serve::http::{DetectorReport, IngestReport, LabelerReport, SourceReport, StatusReport};
use skytrend_source::bluesky::status::{Phase, Status as SourceStatus};
use tokio::sync::watch;

use crate::deliver::HookStatus;
use crate::detect::Progress;
use crate::ingest::appender::Counts;
use crate::run::Parts;
use crate::settings::Settings;

/// Post records that the detector may be behind and still count as ready: a few seconds of the busiest hour.
const READY_LAG_MAX: u64 = 20_000;

/// History from which expectations are worth showing without a warning: two hours, the half-life of the local level
/// (ALGORITHM.md 1.2), would be better, half an hour is usable.
const HISTORY_MINUTES_NEEDED: u32 = 30;

/// The pipeline's state, shared by all stages of the process.
pub struct Status {
    parts: Parts,
    started: Instant,
    speed: Option<f64>,
    source_name: String,
    dashboard: Option<String>,
    /// Of the connection.
    pub source: watch::Sender<SourceStatus>,
    /// Of the connection to each labeler, in the order of the settings.
    pub labelers: Vec<watch::Sender<SourceStatus>>,
    /// What ingest let through and dropped.
    pub ingested: Arc<Counts>,
    /// How far the detector is.
    pub detected: Arc<Progress>,
    /// Of each webhook, in the order of the settings; none where this process sends nothing.
    pub webhooks: Vec<Arc<HookStatus>>,
    lag: AtomicU64,
    rate: Mutex<Rate>,
}

/// Events per second over the last measurements.
struct Rate {
    at: Instant,
    events: u64,
    per_second: f64,
}

/// Weight of the newest measurement in the shown rate: smooth over about five seconds.
const RATE_WEIGHT: f64 = 0.2;

impl Status {
    /// Of a process that runs these parts; `speed`: times real time, where time is simulated.
    pub fn new(settings: &Settings, parts: Parts, speed: Option<f64>) -> Self {
        let source_name = match (speed, &settings.json_lines) {
            (Some(speed), _) => format!("simulated bluesky, {speed} × real time"),
            (None, Some(feed)) => format!("json lines of {}", feed.path),
            (None, None) => format!("bluesky {}", settings.source.protocol.name().replace('_', " ")),
        };
        Self {
            parts,
            started: Instant::now(),
            speed,
            source_name,
            dashboard: parts.serve.then(|| format!("{}/", crate::serving::own_address(&settings.serve))),
            source: watch::Sender::default(),
            labelers: settings.labelers.hosts.iter().map(|_| watch::Sender::default()).collect(),
            ingested: Arc::default(),
            detected: Arc::default(),
            webhooks: if parts.deliver {
                settings.webhooks.iter().map(HookStatus::new).map(Arc::new).collect()
            } else {
                Vec::new()
            },
            lag: AtomicU64::new(0),
            rate: Mutex::new(Rate { at: Instant::now(), events: 0, per_second: 0.0 }),
        }
    }

    /// Where the dashboard of this process is to be seen, if it serves one.
    pub fn dashboard(&self) -> Option<String> {
        self.dashboard.clone()
    }

    /// Takes a measurement, once a second: the detector's lag in records.
    pub fn measured(&self, lag: u64) {
        self.lag.store(lag, Ordering::Relaxed);
        let events = self.ingested.events.load(Ordering::Relaxed);
        let mut rate = self.rate.lock().expect("nothing panics while it holds the rate");
        let secs = rate.at.elapsed().as_secs_f64();
        if secs > 0.0 {
            let now = events.saturating_sub(rate.events) as f64 / secs;
            rate.per_second += RATE_WEIGHT * (now - rate.per_second);
        }
        (rate.at, rate.events) = (Instant::now(), events);
    }

    /// Events per second, lately.
    pub fn events_per_second(&self) -> f64 {
        self.rate.lock().expect("nothing panics while it holds the rate").per_second
    }

    /// Post records that the detector has yet to read.
    pub fn lag(&self) -> u64 {
        self.lag.load(Ordering::Relaxed)
    }

    /// Event time between the newest event read and the newest applied by the detector; none before the first.
    pub fn lag_seconds(&self) -> Option<f64> {
        let read = self.ingested.newest_micros.load(Ordering::Relaxed).cast_signed();
        let applied = self.detected.newest_micros.load(Ordering::Relaxed).cast_signed();
        (read > 0 && applied > 0).then(|| Micros(read.max(applied)).seconds_since(Micros(applied)))
    }

    /// The newest event time that this process has seen, in microseconds; 0 before the first.
    pub fn newest_micros(&self) -> i64 {
        let newest = |micros: &AtomicU64| micros.load(Ordering::Relaxed).cast_signed();
        newest(&self.ingested.newest_micros).max(newest(&self.detected.newest_micros))
    }

    /// The connection in one line for people.
    pub fn connection(&self) -> String {
        if self.parts.ingest {
            self.source.borrow().describe(wall_clock())
        } else {
            "not reading the network".to_owned()
        }
    }

    /// Whether the source brings events.
    pub fn source_ready(&self) -> Result<(), String> {
        let connected = !self.parts.ingest || self.source.borrow().phase == Phase::Connected;
        if connected { Ok(()) } else { Err(self.connection()) }
    }

    /// Whether the detector keeps up.
    pub fn detector_ready(&self) -> Result<(), String> {
        let lag = self.lag();
        if lag <= READY_LAG_MAX { Ok(()) } else { Err(format!("{lag} posts behind the log")) }
    }

    /// Everything, for `/api/v1/status`.
    pub fn report(&self) -> StatusReport {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let source = self.source.borrow().clone();
        let of_labeler = |labeler: &watch::Sender<SourceStatus>| {
            let labeler = labeler.borrow();
            LabelerReport {
                host: labeler.host.clone(),
                phase: labeler.phase.name(),
                summary: labeler.describe(wall_clock()),
            }
        };
        StatusReport {
            version: env!("CARGO_PKG_VERSION"),
            uptime_secs: self.started.elapsed().as_secs(),
            source: SourceReport {
                name: self.source_name.clone(),
                reading: self.parts.ingest,
                phase: source.phase.name(),
                host: source.host,
                summary: self.connection(),
            },
            labelers: self.labelers.iter().map(of_labeler).collect(),
            ingest: IngestReport {
                messages: load(&self.ingested.messages),
                events: load(&self.ingested.events),
                posts: load(&self.ingested.posts),
                events_per_second: self.events_per_second(),
                dropped: self.ingested.dropped(),
            },
            detector: DetectorReport {
                applied_micros: load(&self.detected.newest_micros).cast_signed(),
                lag_records: self.lag(),
                history_minutes: load(&self.detected.history_minutes),
                history_minutes_needed: HISTORY_MINUTES_NEEDED,
                windows_written: load(&self.detected.windows),
                trends_started: load(&self.detected.trends),
            },
            lag_seconds: self.lag_seconds(),
            webhooks: self.webhooks.iter().map(|hook| hook.report()).collect(),
            simulated_speed: self.speed,
        }
    }
}

/// The real time, for "retrying in 4 s" and nothing else: results never depend on it.
pub fn wall_clock() -> Micros {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
