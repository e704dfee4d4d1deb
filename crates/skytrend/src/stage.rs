//! The one loop of the program: read → decode → apply → commit. A stage says what it reads and what to do with a
//! record; positions, batches, waiting and shutdown are here and nowhere else. Reading and decoding run on a thread of
//! their own, one round ahead.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use anyhow::Context as _;
use skytrend_event::Topic;
use skytrend_log::{Log, LogError, Offset, ReadLimit, Record};
use tracing::{info, warn};

use crate::supervisor::Shutdown;

/// Records that a stage takes at a time: enough to make a commit cheap, few enough to react within milliseconds.
const READ_LIMIT: ReadLimit = ReadLimit { records: 4_096, bytes: 4 << 20 };

/// How long a stage sleeps at the end of its input before it looks at the shutdown flag again.
const IDLE: Duration = Duration::from_millis(200);

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

    /// How its records are decoded: asked once, at the start.
    fn decode(&self) -> Decode<Self::Batch>;

    /// Applies the next records of an input.
    fn apply(&mut self, input: &Input, batch: Self::Batch) -> anyhow::Result<()>;

    /// Makes durable what was applied up to `inputs`. Called after each round, and with `last` once at shutdown.
    fn commit(&mut self, log: &dyn Log, inputs: &[Input], last: bool) -> anyhow::Result<()>;
}

/// When the loop ends.
#[derive(Clone, Debug)]
pub enum Until {
    /// At shutdown.
    Shutdown(Shutdown),
    /// When everything that the log holds has been applied and this says that no more will come.
    Drained(Arc<std::sync::atomic::AtomicBool>),
}

/// The next records of each input that has any: the input's place, its records, and the offset after them.
type Round<Batch> = Vec<(usize, Batch, Offset)>;

/// Runs a stage until its end.
pub fn run<S: Stage>(stage: &mut S, log: &dyn Log, until: &Until) -> anyhow::Result<()> {
    let mut inputs = stage.inputs(log)?;
    info!(stage = S::NAME, inputs = inputs.len(), "stage started");
    let mut reader = Reader { log, until, inputs: inputs.clone(), decode: stage.decode() };
    std::thread::scope(|scope| {
        // One round waits while another is applied: bounds what is held, and what is read in vain at shutdown.
        let (sender, rounds) = mpsc::sync_channel(1);
        let reading = std::thread::Builder::new()
            .name(format!("{}-read", S::NAME))
            .spawn_scoped(scope, move || reader.run(&sender))
            .context("can't start a thread")?;
        for round in rounds {
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
    inputs: Vec<Input>,
    decode: Decode<Batch>,
}

impl<Batch> Reader<'_, Batch> {
    /// Sends rounds until the end, or until nobody takes them any more.
    fn run(&mut self, rounds: &mpsc::SyncSender<Round<Batch>>) -> anyhow::Result<()> {
        let mut seen = 0;
        loop {
            // Asked before reading: what was committed before "no more will come" is then still read.
            let no_more = match self.until {
                Until::Shutdown(shutdown) if shutdown.is_requested() => return Ok(()),
                Until::Shutdown(_) => false,
                Until::Drained(done) => done.load(std::sync::atomic::Ordering::Acquire),
            };
            let round = self.round()?;
            if !round.is_empty() {
                if rounds.send(round).is_err() {
                    return Ok(());
                }
            } else if no_more {
                return Ok(());
            } else {
                seen = self.log.wait(seen, IDLE);
            }
        }
    }

    fn round(&mut self) -> anyhow::Result<Round<Batch>> {
        let mut round = Vec::new();
        for (place, input) in self.inputs.iter_mut().enumerate() {
            let records = read(self.log, input, self.until)?;
            let Some(last) = records.last() else { continue };
            let next = last.offset + 1;
            let batch = (self.decode)(input, records)?;
            input.next = next;
            round.push((place, batch, next));
        }
        Ok(round)
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
fn read(log: &dyn Log, input: &mut Input, until: &Until) -> anyhow::Result<Vec<Record>> {
    let result = retried(until, || log.read(input.topic.name(), input.partition, input.next, READ_LIMIT));
    match result {
        Err(LogError::OffsetGone { earliest, asked, .. }) => {
            warn!(topic = %input.topic, partition = input.partition, lost = earliest - asked, "records left by retention before they were read");
            metrics::counter!(crate::metrics::RECORDS_EXPIRED_UNREAD, "topic" => input.topic.name())
                .increment(earliest - asked);
            input.next = earliest;
            Ok(log.read(input.topic.name(), input.partition, earliest, READ_LIMIT)?)
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
