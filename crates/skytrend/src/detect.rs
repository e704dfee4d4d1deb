//! The detector as a stage: posts in, and reposts and likes if they have a weight; trends, window counts, alerts and
//! user activity out. Exactly once: an output and the note that it was written are one transaction, and the detector
//! is deterministic, so that after a restart it is brought from its last snapshot over the same posts to the same
//! outputs, of which those for windows already written are left out.

pub mod baseline;
mod checkpoint;
mod live;
mod results;
mod watchlists;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use serde::Deserialize;
use skytrend_event::codec::{self, CodecError};
use skytrend_event::{Micros, PostEvent, Topic, time};
use skytrend_log::{Log, LogError, Offset};
use skytrend_serve::view::TrendView;
use skytrend_serve::watchlists::Watchlists;
use skytrend_trend::{Detector, ExtractedEvents, Extractor};
use tracing::info;

use crate::crash;
use crate::ingest::batch::Batch;
use crate::metrics as measured;
use crate::stage::{self, Decode, Input, SideBySide, Stage};

use checkpoint::Checkpoint;
use live::LiveFeed;
use watchlists::{Change, Changes, Following};

/// Section `detect`.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// A snapshot of the detector is taken after this much event time.
    pub snapshot_interval_secs: u32,
    /// A saved baseline to start with where there is no snapshot; empty for none.
    pub baseline: PathBuf,
}

/// How far the detector is, for those who watch it.
#[derive(Debug, Default)]
pub struct Progress {
    /// The newest event time applied, in microseconds.
    pub newest_micros: AtomicU64,
    /// Offset reached in the topics that are read, summed over their partitions.
    pub applied: AtomicU64,
    /// Minutes of event time between the detector's first window and its newest.
    pub history_minutes: AtomicU64,
    /// Windows closed and written.
    pub windows: AtomicU64,
    /// Trends that started in sliding windows; most of them do in tumbling ones, too.
    pub trends: AtomicU64,
}

/// Records appended so far to these partitions, which are the detector's inputs: what `applied` comes to.
pub fn appended(log: &dyn Log, inputs: &[(Topic, u32)]) -> Result<u64, LogError> {
    inputs.iter().map(|(topic, partition)| Ok(log.bounds(topic.name(), *partition)?.end)).sum()
}

/// The stage.
pub struct Detect {
    detector: Detector,
    settings: Settings,
    trend: skytrend_trend::Settings,
    partitions: u32,
    batch: Batch,
    /// How far each input is applied.
    applied: Vec<Input>,
    /// None: the lists are those of the settings, for good.
    following: Option<Following>,
    /// End of the newest window whose output is in the log.
    written_through: Micros,
    snapshot_due: Micros,
    newest: Micros,
    progress: Arc<Progress>,
    /// Whether the end of the input closes the open windows: for a replay; a live stream goes on after a restart.
    finish: bool,
    /// Who is told what comes between two windows, if anybody may be.
    live: Option<LiveFeed>,
}

impl Detect {
    /// For a log whose topics of events have this many partitions. `finish`: close the open windows at the end.
    pub fn new(
        settings: Settings,
        trend: skytrend_trend::Settings,
        partitions: u32,
        finish: bool,
        progress: Arc<Progress>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            detector: Detector::new(trend.clone(), partitions)?,
            settings,
            trend,
            partitions,
            batch: Batch::new(partitions),
            applied: Vec::new(),
            following: None,
            written_through: Micros(i64::MIN),
            snapshot_due: Micros(i64::MIN),
            newest: Micros(0),
            progress,
            finish,
            live: None,
        })
    }

    /// Tells this view what comes between two windows, while somebody follows that.
    #[must_use]
    pub fn with_live_counts(self, view: Arc<TrendView>) -> Self {
        Self { live: Some(LiveFeed::new(view)), ..self }
    }

    /// Watches also what is put into the topic `watchlists` of this log, and tells `told` of it.
    #[must_use]
    pub fn following(mut self, log: Arc<dyn Log>, told: Arc<Watchlists>) -> Self {
        self.following = Some(Following::new(log, told, &self.trend.watchlists));
        self
    }

    /// Watches other lists from the next batch on, which was extracted by them.
    fn take_up(&mut self, change: &Change, first: Micros) -> anyhow::Result<()> {
        let Some(mut following) = self.following.take() else { return Ok(()) };
        // What has closed is no part of a snapshot.
        self.write_outputs(following.log.as_ref())?;
        self.detector.set_watchlists(&change.lists);
        // Before anything was applied, all that comes counts.
        let newest = if self.newest == Micros(0) { first.plus(-1) } else { self.newest };
        let in_force = following.take_up(change, newest);
        self.save_snapshot(following.log.as_ref(), Some(in_force))?;
        following.tell();
        self.following = Some(following);
        Ok(())
    }

    /// Saves the detector as it is after what was applied, with another state in the same transaction.
    fn save_snapshot(&mut self, log: &dyn Log, other: Option<(String, Bytes)>) -> anyhow::Result<()> {
        let started = std::time::Instant::now();
        let checkpoint = Checkpoint { inputs: self.applied.clone() };
        let mut states = checkpoint.states(&self.detector);
        let bytes: usize = states.iter().map(|(_, value)| value.len()).sum();
        states.extend(other);
        crash::point("detect.before_snapshot");
        log.commit(skytrend_log::Transaction {
            positions: checkpoint.positions(Self::NAME),
            states,
            ..skytrend_log::Transaction::default()
        })?;
        crash::point("detect.after_snapshot");
        measured::snapshot_saved(bytes, started.elapsed());
        self.snapshot_due = self.newest.plus(i64::from(self.settings.snapshot_interval_secs) * time::SECOND);
        Ok(())
    }
}

/// Decodes a record of the topic and appends what the detector needs of it.
fn extract(
    extractor: &mut Extractor,
    topic: Topic,
    value: &[u8],
    into: &mut ExtractedEvents,
) -> Result<(), CodecError> {
    match topic {
        Topic::Reposts => extractor.extract_repost(&codec::decode(value)?, into),
        Topic::Likes => extractor.extract_like(&codec::decode(value)?, into),
        _ => extractor.extract(&codec::decode::<PostEvent<'_>>(value)?, into),
    }
    Ok(())
}

/// Posts with their keywords found, or engagements, and the first and the newest of their times.
pub struct Extracted {
    events: ExtractedEvents,
    first: Micros,
    newest: Micros,
    /// The offset after the last of them.
    next: Offset,
    /// Lists that these are the first to be extracted by.
    change: Option<Change>,
}

impl Stage for Detect {
    const NAME: &'static str = "detect";
    type Batch = Extracted;

    fn inputs(&mut self, log: &dyn Log) -> anyhow::Result<Vec<Input>> {
        self.written_through = checkpoint::written_through(log)?;
        if let Some(following) = &mut self.following {
            let lists = following.start()?;
            self.trend.watchlists = lists.lists().to_vec();
            self.detector.set_watchlists(&lists);
        }
        if let Some((checkpoint, detector)) = Checkpoint::load(log, &self.trend)? {
            self.detector = detector;
            self.newest = self.detector.fronts().flatten().max().unwrap_or_default();
            info!(written_through = self.written_through.0, "detector restored from its snapshot");
            self.applied.clone_from(&checkpoint.inputs);
            return Ok(checkpoint.inputs);
        }
        if !self.settings.baseline.as_os_str().is_empty() {
            self.detector = baseline::load(&self.settings.baseline, &self.trend, self.partitions)?;
        }
        let from_start = |(topic, partition): (Topic, u32)| {
            let next = log.bounds(topic.name(), partition)?.start;
            Ok(Input { topic, partition, next })
        };
        // In the order of the detector's own.
        let of_topic = |topic| (0..self.partitions).map(move |partition| (topic, partition));
        self.applied = self
            .trend
            .topics()
            .into_iter()
            .flat_map(of_topic)
            .map(from_start)
            .collect::<anyhow::Result<_>>()?;
        Ok(self.applied.clone())
    }

    fn side_by_side(&self) -> Option<SideBySide> {
        // Partitions of posts have about equally many.
        (self.trend.topics().len() > 1).then(|| SideBySide::new(self.detector.fronts()))
    }

    fn decode(&self) -> Decode<Extracted> {
        let mut extractor = self.detector.extractor();
        let following = self.following.as_ref();
        let mut changes = following
            .map(|following| following.changes(&self.applied, self.detector.fronts(), self.written_through));
        Box::new(move |input, records| {
            let change = changes.as_mut().map_or(Ok(None), Changes::poll)?;
            if let Some(change) = &change {
                extractor.set_watchlists(&change.lists);
            }
            let first = Micros(records.first().map_or(0, |record| record.timestamp_micros));
            let (events, newest, next) = (ExtractedEvents::default(), Micros(0), input.next);
            let mut batch = Extracted { events, first, newest, next, change };
            stage::for_each_record(input, &records, |record| {
                extract(&mut extractor, input.topic, &record.value, &mut batch.events)
                    .context("a record that ingest wrote can't be read back")?;
                batch.newest = batch.newest.max(Micros(record.timestamp_micros));
                batch.next = record.offset + 1;
                Ok(())
            })?;
            if let Some(changes) = &mut changes {
                changes.passed(input, batch.newest.0);
            }
            Ok(batch)
        })
    }

    fn apply(&mut self, input: &Input, batch: Extracted) -> anyhow::Result<()> {
        if let Some(change) = &batch.change {
            self.take_up(change, batch.first)?;
        }
        self.detector.apply_extracted(input.partition, &batch.events);
        self.newest = self.newest.max(batch.newest);
        let applied = self
            .applied
            .iter_mut()
            .find(|applied| (applied.topic, applied.partition) == (input.topic, input.partition));
        applied.context("a batch of no input")?.next = batch.next;
        Ok(())
    }

    fn commit(&mut self, log: &dyn Log, inputs: &[Input], last: bool) -> anyhow::Result<()> {
        if last && self.finish {
            self.detector.finish();
        }
        debug_assert_eq!(self.applied, inputs, "batches say where they end");
        let closed = self.write_outputs(log)?;
        if self.snapshot_due == Micros(i64::MIN) {
            self.snapshot_due =
                self.newest.plus(i64::from(self.settings.snapshot_interval_secs) * time::SECOND);
        }
        if self.newest >= self.snapshot_due || (last && !self.finish) {
            self.save_snapshot(log, None)?;
        }
        let applied = inputs.iter().map(|input| input.next).sum();
        self.progress.applied.store(applied, Ordering::Release);
        self.progress.newest_micros.store(self.newest.0.max(0).cast_unsigned(), Ordering::Relaxed);
        if closed || last {
            // Adding up the memory goes over the whole vocabulary: once for each minute of events, not for each batch.
            let stats = self.detector.stats();
            self.progress.history_minutes.store(u64::from(stats.history_minutes), Ordering::Relaxed);
            measured::detector(&stats);
        }
        Ok(())
    }

    fn tick_interval(&self) -> Option<Duration> {
        self.live.is_some().then_some(live::NOTICE_INTERVAL)
    }

    fn tick(&mut self) {
        if let Some(live) = &mut self.live {
            live.tell(&self.detector);
        }
    }
}
