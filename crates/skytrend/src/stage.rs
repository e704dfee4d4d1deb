//! The one loop of the program: read → decode → apply → commit. A stage says what it reads and what to do with a
//! record; positions, batches, waiting and shutdown are here and nowhere else. Reading and decoding run on a thread of
//! their own, one round ahead.

mod side_by_side;
mod ticks;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use anyhow::Context as _;
use skytrend_event::Topic;
use skytrend_log::{Log, LogError, Offset, ReadLimit, Record};
use tracing::{info, warn};

use crate::supervisor::Shutdown;

pub use side_by_side::SideBySide;
use ticks::{Next, Ticks};

/// Records that a stage takes in one round, from all its inputs: enough to make a commit cheap, few enough to react
/// within milliseconds. Three rounds are held at most: one is read, one waits, one is applied.
const ROUND_LIMIT: ReadLimit = ReadLimit { records: 4_096, bytes: 4 << 20 };

/// How long a stage sleeps at the end of its input before it looks at the shutdown flag again.
const IDLE: Duration = Duration::from_millis(200);

/// The same in a replay, whose end comes without a record that would wake it.
const IDLE_OF_REPLAY: Duration = Duration::from_millis(2);

/// After so many of these in a row it is said for whom the others wait.
const IDLE_WARNED: u32 = 50;

/// Attempts of an operation on the log that may succeed later; with [`RETRY_PAUSE`] between, about a minute.
const RETRIES_MAX: u32 = 60;

/// Pause between two attempts.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// One partition that a stage reads, and how far it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The topic.
    pub topic: Topic,
    /// The partition.
    pub partition: u32,
    /// The first offset not yet applied.
    pub next: Offset,
}

/// What a stage makes of records before it applies them: all that needs nothing of its state.
pub type Decode<Batch> = Box<dyn FnMut(&Input, Vec<Record>) -> anyhow::Result<Batch> + Send>;

/// What a stage does. Its effects and its positions are its own to make durable, in `commit`.
pub trait Stage {
    /// For traces and metrics.
    const NAME: &'static str;

    /// Decoded records of one input.
    type Batch: Send;

    /// The partitions it reads, and from where: asked once, at the start.
    fn inputs(&mut self, log: &dyn Log) -> anyhow::Result<Vec<Input>>;

    /// How far its inputs have come in event time, if none is to be read far ahead of another: asked once, after them.
    fn side_by_side(&self) -> Option<SideBySide> {
        None
    }

    /// How its records are decoded: asked once, at the start.
    fn decode(&self) -> Decode<Self::Batch>;

    /// Applies the next records of an input.
    fn apply(&mut self, input: &Input, batch: Self::Batch) -> anyhow::Result<()>;

    /// Makes durable what was applied up to `inputs`. Called after each round, and with `last` once at shutdown.
    fn commit(&mut self, log: &dyn Log, inputs: &[Input], last: bool) -> anyhow::Result<()>;

    /// How often [`Stage::tick`] is called, by the wall clock: asked once, at the start; none: never.
    fn tick_interval(&self) -> Option<Duration> {
        None
    }

    /// What is due now and then between two rounds, whether or not any come. It is for those who look on: nothing
    /// durable may depend on it.
    fn tick(&mut self) {}
}

/// When the loop ends.
#[derive(Clone, Debug)]
pub enum Until {
    /// At shutdown.
    Shutdown(Shutdown),
    /// When everything that the log holds has been applied and this says that no more will come.
    Drained(Arc<AtomicBool>),
}

/// Raises a flag when it is dropped, so that whoever waits for the flag does not wait for ever after an error or a
/// panic.
pub struct RaisedAtEnd(pub Arc<AtomicBool>);

impl Drop for RaisedAtEnd {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// The next records of each input that has any: the input's place, its records, and the offset after them.
type Round<Batch> = Vec<(usize, Batch, Offset)>;

/// Runs a stage until its end.
pub fn run<S: Stage>(stage: &mut S, log: &dyn Log, until: &Until) -> anyhow::Result<()> {
    let mut inputs = stage.inputs(log)?;
    info!(stage = S::NAME, inputs = inputs.len(), "stage started");
    let stopped = Arc::new(AtomicBool::new(false));
    let mut reader = Reader {
        log,
        until,
        stopped: Arc::clone(&stopped),
        inputs: inputs.clone(),
        side_by_side: stage.side_by_side(),
        decode: stage.decode(),
    };
    std::thread::scope(|scope| {
        let _stopped = RaisedAtEnd(stopped);
        // One round waits while another is applied: bounds what is held, and what is read in vain at shutdown.
        let (sender, rounds) = mpsc::sync_channel(1);
        let reading = std::thread::Builder::new()
            .name(format!("{}-read", S::NAME))
            .spawn_scoped(scope, move || reader.run(&sender))
            .context("can't start a thread")?;
        let mut ticks = Ticks::every(stage.tick_interval());
        while let Some(next) = ticks.next(&rounds) {
            let Next::Item(round) = next else {
                stage.tick();
                continue;
            };
            for (place, batch, next) in round {
                let input = &mut inputs[place];
                stage.apply(input, batch).with_context(|| format!("{}/{}", input.topic, input.partition))?;
                input.next = next;
            }
            stage.commit(log, &inputs, false)?;
        }
        reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        stage.commit(log, &inputs, true)
    })
}

/// The reading half of [`run`].
struct Reader<'a, Batch> {
    log: &'a dyn Log,
    until: &'a Until,
    /// The applying half has ended.
    stopped: Arc<AtomicBool>,
    inputs: Vec<Input>,
    side_by_side: Option<SideBySide>,
    decode: Decode<Batch>,
}

impl<Batch> Reader<'_, Batch> {
    /// Sends rounds until the end, or until nobody takes them any more.
    fn run(&mut self, rounds: &mpsc::SyncSender<Round<Batch>>) -> anyhow::Result<()> {
        let mut seen = 0;
        let mut idle_rounds = 0;
        loop {
            // Asked before reading: what was committed before "no more will come" is then still read.
            let no_more = match self.until {
                Until::Shutdown(shutdown) if shutdown.is_requested() => return Ok(()),
                Until::Shutdown(_) => false,
                Until::Drained(done) => done.load(Ordering::Acquire),
            };
            if self.stopped.load(Ordering::Acquire) {
                return Ok(());
            }
            let round = self.round()?;
            if !round.is_empty() {
                idle_rounds = 0;
                if rounds.send(round).is_err() {
                    return Ok(());
                }
            } else if no_more {
                // What waited for an input that has ended need not wait any more.
                if self.side_by_side.take().is_none() {
                    return Ok(());
                }
            } else {
                idle_rounds += 1;
                let is_replay = matches!(self.until, Until::Drained(_));
                if idle_rounds == IDLE_WARNED && !is_replay {
                    self.warn_if_unheard();
                }
                seen = self.log.wait(seen, if is_replay { IDLE_OF_REPLAY } else { IDLE });
            }
        }
    }

    fn round(&mut self) -> anyhow::Result<Round<Batch>> {
        let mut round = Vec::new();
        let inputs = self.inputs.len().max(1);
        let limit = ReadLimit { records: ROUND_LIMIT.records / inputs, bytes: ROUND_LIMIT.bytes / inputs };
        let front_max = self.side_by_side.as_ref().map(SideBySide::limit);
        for (place, input) in self.inputs.iter_mut().enumerate() {
            if let (Some(inputs), Some(front_max)) = (&self.side_by_side, front_max)
                && !inputs.may_read(place, front_max)
            {
                continue;
            }
            let records = read(self.log, input, limit, self.until)?;
            let Some(last) = records.last() else { continue };
            let next = last.offset + 1;
            if let Some(inputs) = &mut self.side_by_side {
                inputs.advance(place, last.timestamp_micros);
            }
            let batch = (self.decode)(input, records)?;
            input.next = next;
            round.push((place, batch, next));
        }
        Ok(round)
    }

    fn warn_if_unheard(&self) {
        if let Some(place) = self.side_by_side.as_ref().and_then(SideBySide::unheard) {
            let Input { topic, partition, .. } = &self.inputs[place];
            warn!(%topic, partition, "no record, not even a heartbeat, has come: the other inputs wait for it; ingest must run with the same weights under [trend]");
        }
    }
}

/// Decodes each record and gives it to `each`; an error names the record.
pub fn for_each_record<'a>(
    input: &Input,
    records: &'a [Record],
    mut each: impl FnMut(&'a Record) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    records.iter().try_for_each(|record| {
        each(record).with_context(|| format!("{}/{}@{}", input.topic, input.partition, record.offset))
    })
}

/// Reads a batch. Where retention was faster than the stage, it goes on at the earliest record there is, and says so.
fn read(log: &dyn Log, input: &mut Input, limit: ReadLimit, until: &Until) -> anyhow::Result<Vec<Record>> {
    let result = retried(until, || log.read(input.topic.name(), input.partition, input.next, limit));
    match result {
        Err(LogError::OffsetGone { earliest, asked, .. }) => {
            warn!(topic = %input.topic, partition = input.partition, lost = earliest - asked, "records left by retention before they were read");
            crate::metrics::expired_unread(input.topic.name(), earliest - asked);
            input.next = earliest;
            Ok(log.read(input.topic.name(), input.partition, earliest, limit)?)
        }
        other => Ok(other?),
    }
}

/// Calls until it succeeds, fails for good, or the program shuts down.
pub fn retried<T>(until: &Until, mut call: impl FnMut() -> Result<T, LogError>) -> Result<T, LogError> {
    let mut attempt = 0;
    loop {
        match call() {
            Err(error) if error.is_transient() && attempt < RETRIES_MAX && !stopping(until) => {
                attempt += 1;
                warn!(%error, attempt, "the log did not answer, trying again");
                std::thread::sleep(RETRY_PAUSE);
            }
            result => return result,
        }
    }
}

fn stopping(until: &Until) -> bool {
    matches!(until, Until::Shutdown(shutdown) if shutdown.is_requested())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use skytrend_log::memory::MemoryLog;
    use skytrend_log::{NewRecord, TopicSpec, Transaction};

    use super::*;

    /// A log whose topics of posts have two partitions.
    fn log(retention_bytes: Option<u64>) -> MemoryLog {
        let log = MemoryLog::new();
        let name = Topic::Posts.name().to_owned();
        log.create_topic(&TopicSpec { name, partitions: 2, retention: None, retention_bytes }).unwrap();
        log
    }

    fn append(log: &MemoryLog, partition: u32, values: impl IntoIterator<Item = u8>) {
        let record = |value| NewRecord { timestamp_micros: 0, key: Bytes::new(), value: vec![value].into() };
        let records = values.into_iter().map(record).collect();
        let appends = vec![(Topic::Posts.name().to_owned(), partition, records)];
        log.commit(Transaction { appends, ..Transaction::default() }).unwrap();
    }

    /// Collects values by partition; fails or panics at a value of its own.
    #[derive(Default)]
    struct Collect {
        taken: [Vec<u8>; 2],
        fails_at: Option<u8>,
        panics_at: Option<u8>,
        commits_last: u32,
        ticks: u32,
        shutdown_after_ticks: Option<(u32, Shutdown)>,
        shutdown_at: Option<(u8, Shutdown)>,
    }

    impl Stage for Collect {
        const NAME: &'static str = "collect";
        type Batch = Vec<u8>;

        fn inputs(&mut self, _log: &dyn Log) -> anyhow::Result<Vec<Input>> {
            Ok((0..2).map(|partition| Input { topic: Topic::Posts, partition, next: 0 }).collect())
        }

        fn decode(&self) -> Decode<Vec<u8>> {
            Box::new(|_, records| Ok(records.iter().map(|record| record.value[0]).collect()))
        }

        fn apply(&mut self, input: &Input, batch: Vec<u8>) -> anyhow::Result<()> {
            for value in batch {
                anyhow::ensure!(self.fails_at != Some(value), "broken on purpose");
                assert_ne!(self.panics_at, Some(value), "panicked on purpose");
                self.taken[input.partition as usize].push(value);
                if let Some((_, shutdown)) = self.shutdown_at.as_ref().filter(|(at, _)| *at == value) {
                    shutdown.request();
                }
            }
            Ok(())
        }

        fn commit(&mut self, _log: &dyn Log, _inputs: &[Input], last: bool) -> anyhow::Result<()> {
            self.commits_last += u32::from(last);
            Ok(())
        }

        fn tick_interval(&self) -> Option<Duration> {
            self.shutdown_after_ticks.is_some().then_some(Duration::from_millis(1))
        }

        fn tick(&mut self) {
            self.ticks += 1;
            if let Some((_, shutdown)) =
                self.shutdown_after_ticks.as_ref().filter(|(at, _)| *at == self.ticks)
            {
                shutdown.request();
            }
        }
    }

    fn drained() -> (Arc<AtomicBool>, Until) {
        let done = Arc::new(AtomicBool::new(false));
        (Arc::clone(&done), Until::Drained(done))
    }

    #[test]
    fn everything_is_applied_in_order_and_committed_last() {
        let log = log(None);
        let (done, until) = drained();
        append(&log, 0, 0..100);
        let mut stage = Collect::default();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                append(&log, 1, 100..200);
                append(&log, 0, 200..=255);
                done.store(true, Ordering::Release);
            });
            run(&mut stage, &log, &until).unwrap();
        });
        assert_eq!(stage.taken[0], (0..100).chain(200..=255).collect::<Vec<u8>>());
        assert_eq!(stage.taken[1], (100..200).collect::<Vec<u8>>());
        assert_eq!(stage.commits_last, 1);
    }

    #[test]
    fn a_failure_ends_a_stage_whose_input_is_idle() {
        let log = log(None);
        append(&log, 0, [1, 2, 3]);
        let mut stage = Collect { fails_at: Some(2), ..Collect::default() };
        // Nothing more comes, and nobody asks for a shutdown.
        let failure = run(&mut stage, &log, &Until::Shutdown(Shutdown::default())).unwrap_err();
        assert!(format!("{failure:#}").contains("broken on purpose"), "{failure:#}");
        assert_eq!((&*stage.taken[0], stage.commits_last), (&[1][..], 0));
    }

    #[test]
    fn a_panic_ends_a_stage_whose_input_is_idle() {
        let log = log(None);
        append(&log, 1, [1, 2, 3]);
        let mut stage = Collect { panics_at: Some(2), ..Collect::default() };
        let until = Until::Shutdown(Shutdown::default());
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&mut stage, &log, &until)));
        assert!(ended.is_err());
    }

    #[test]
    fn a_shutdown_ends_it_with_a_last_commit() {
        let log = log(None);
        append(&log, 0, [1, 2, 3]);
        let shutdown = Shutdown::default();
        let mut stage = Collect { shutdown_at: Some((3, shutdown.clone())), ..Collect::default() };
        run(&mut stage, &log, &Until::Shutdown(shutdown)).unwrap();
        assert_eq!((&*stage.taken[0], stage.commits_last), (&[1, 2, 3][..], 1));
    }

    #[test]
    fn ticks_come_where_no_records_do() {
        let shutdown = Shutdown::default();
        let mut stage = Collect { shutdown_after_ticks: Some((3, shutdown.clone())), ..Collect::default() };
        run(&mut stage, &log(None), &Until::Shutdown(shutdown)).unwrap();
        assert!(stage.ticks >= 3);
        assert_eq!(stage.commits_last, 1);
    }

    #[test]
    fn what_left_before_it_was_read_is_passed_over() {
        let log = log(Some(200));
        for value in 0..100 {
            append(&log, 0, [value]);
        }
        let earliest = log.bounds(Topic::Posts.name(), 0).unwrap().start;
        assert!(earliest > 0);
        let (done, until) = drained();
        done.store(true, Ordering::Release);
        let mut stage = Collect::default();
        run(&mut stage, &log, &until).unwrap();
        assert_eq!(stage.taken[0].first().copied().map(u64::from), Some(earliest));
        assert_eq!(stage.taken[0].last(), Some(&99));
    }
}
