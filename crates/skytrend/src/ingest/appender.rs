//! The end of ingest that faces the log: takes what the intake lets through, keeps what it drops as dead letters,
//! counts both, and commits events and cursor together.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use skytrend_event::{DeadLetter, Event, Micros, PostAction, Topic};
use skytrend_log::Log;
use skytrend_source::DropReason;
use skytrend_source::bluesky::intake::Sink;
use skytrend_source::wire::Place;
use tracing::{debug, trace};

use super::batch::Batch;
use crate::crash;
use crate::metrics as measured;
use crate::settings::Settings;

/// Most bytes of events in one commit: bounds its memory where texts are long, and stays far below what a log takes.
const COMMIT_BYTES_MAX: usize = 8 << 20;

/// What went through since the start of the process.
#[derive(Debug, Default)]
pub struct Counts {
    /// Messages taken from the source.
    pub messages: AtomicU64,
    /// Events appended to the log, without heartbeats.
    pub events: AtomicU64,
    /// Posts created or updated among them.
    pub posts: AtomicU64,
    /// Witnessed time of the newest event, in microseconds.
    pub newest_micros: AtomicU64,
    dropped: std::sync::Mutex<BTreeMap<&'static str, u64>>,
}

impl Counts {
    /// Drops by reason.
    pub fn dropped(&self) -> BTreeMap<&'static str, u64> {
        self.dropped.lock().expect("nothing panics while it holds the counts").clone()
    }
}

/// Collects until the next commit.
pub struct Appender {
    batch: Batch,
    /// The topics whose partitions get heartbeats: those that a detector waits for.
    heartbeats: Vec<Topic>,
    source: String,
    counts: Arc<Counts>,
    pending: Pending,
    error: Option<anyhow::Error>,
}

/// Counted with the next commit, so that figures speak of what is in the log.
#[derive(Default)]
struct Pending {
    messages: u64,
    posts: u64,
    newest_micros: i64,
    topics: [u64; 4],
    dropped: BTreeMap<&'static str, u64>,
}

impl Appender {
    /// For the log and the detector of these settings; `source` names the input in dead letters.
    pub fn new(settings: &Settings, source: String, counts: Arc<Counts>) -> Self {
        let batch = Batch::new(settings.log.partitions);
        let heartbeats = settings.trend.topics();
        Self { batch, heartbeats, source, counts, pending: Pending::default(), error: None }
    }

    /// Notes one message of the source.
    pub fn message(&mut self) {
        self.pending.messages += 1;
    }

    /// Records waiting for the next commit.
    pub fn len(&self) -> usize {
        self.batch.len()
    }

    /// Whether so much is waiting that it must be committed before more is taken.
    pub fn is_full(&self, records_max: usize) -> bool {
        self.batch.len() >= records_max || self.batch.bytes() >= COMMIT_BYTES_MAX
    }

    /// Time of the newest event so far, in microseconds; 0 before the first.
    pub fn newest(&self) -> i64 {
        self.pending.newest_micros.max(self.counts.newest_micros.load(Ordering::Relaxed).cast_signed())
    }

    /// Commits what is waiting, with the states that belong to it: cursors as they stand behind it, by the names under
    /// which they are kept.
    pub fn commit(&mut self, log: &dyn Log, states: Vec<(String, Vec<u8>)>) -> anyhow::Result<()> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let started = std::time::Instant::now();
        let mut transaction = self.batch.take();
        transaction.states.extend(states.into_iter().map(|(name, bytes)| (name, bytes.into())));
        crash::point("ingest.before_commit");
        log.commit(transaction)?;
        crash::point("ingest.after_commit");
        measured::ingest_committed(started.elapsed());
        self.count();
        Ok(())
    }

    /// Keeps what was dropped of the input that dead letters call `source`, at a position in it.
    pub fn dropped_from(
        &mut self,
        source: &str,
        position: String,
        reason: DropReason,
        detail: &str,
        witnessed_at: Micros,
        bytes: &[u8],
    ) {
        let name = reason.name();
        *self.pending.dropped.entry(name).or_default() += 1;
        debug!(source, reason = name, detail, position, "input dropped");
        let letter = DeadLetter::new(source, position, name, detail, witnessed_at, bytes);
        if let Err(error) = self.batch.push_dead_letter(&letter) {
            self.error.get_or_insert(error.into());
        }
    }

    fn count(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let counts = &self.counts;
        counts.messages.fetch_add(pending.messages, Ordering::Relaxed);
        counts.events.fetch_add(pending.topics.iter().sum(), Ordering::Relaxed);
        counts.posts.fetch_add(pending.posts, Ordering::Relaxed);
        counts.newest_micros.fetch_max(pending.newest_micros.max(0).cast_unsigned(), Ordering::Relaxed);
        measured::posts(pending.posts);
        for (topic, events) in
            [Topic::Posts, Topic::Likes, Topic::Reposts, Topic::Follows].into_iter().zip(pending.topics)
        {
            measured::ingested(topic.name(), events);
        }
        let mut dropped = counts.dropped.lock().expect("nothing panics while it holds the counts");
        for (reason, count) in pending.dropped {
            measured::dropped(reason, count);
            *dropped.entry(reason).or_default() += count;
        }
    }
}

impl Sink for Appender {
    fn event(&mut self, event: Event<'_>) {
        trace!(correlation_id = %event.event_id(), topic = %event.topic(), author = %event.author_did(), "event");
        let appended = match &event {
            Event::Post(post) if post.action == PostAction::Heartbeat => {
                self.batch.push_heartbeat(post, &self.heartbeats)
            }
            other => self.batch.push(other),
        };
        if let Err(error) = appended {
            self.error.get_or_insert(error.into());
            return;
        }
        self.pending.newest_micros = self.pending.newest_micros.max(event.witnessed_at().0);
        match &event {
            Event::Post(post) if post.action == PostAction::Heartbeat => return,
            Event::Post(post) if post.data.is_some() => self.pending.posts += 1,
            _ => {}
        }
        self.pending.topics[event.topic() as usize] += 1;
    }

    fn passed_over(&mut self, reason: DropReason) {
        *self.pending.dropped.entry(reason.name()).or_default() += 1;
    }

    fn dropped(&mut self, reason: DropReason, detail: &str, place: Option<Place>, bytes: &[u8]) {
        let (position, witnessed_at) = match place {
            Some(Place { seq: Some(seq), time }) => (seq.to_string(), time),
            Some(Place { seq: None, time }) => (time.0.to_string(), time),
            None => ("unknown".to_owned(), Micros(self.pending.newest_micros)),
        };
        let source = std::mem::take(&mut self.source);
        self.dropped_from(&source, position, reason, detail, witnessed_at, bytes);
        self.source = source;
    }
}
