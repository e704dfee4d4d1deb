//! The one loop of the program: read → decode → apply → commit. A stage says what it reads and what to do with a
//! record; positions, batches, waiting and shutdown are here and nowhere else.

use std::sync::Arc;
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

/// What a stage does. Its effects and its positions are its own to make durable, in `commit`.
pub trait Stage: Send {
    /// For traces and metrics.
    const NAME: &'static str;

    /// The partitions it reads, and from where: asked once, at the start.
    fn inputs(&mut self, log: &dyn Log) -> anyhow::Result<Vec<Input>>;

    /// Decodes and applies one record.
    fn apply(&mut self, input: &Input, record: &Record) -> anyhow::Result<()>;

    /// Makes durable what was applied up to `inputs`. Called after each batch, and with `last` once at shutdown.
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

/// Runs a stage until its end.
pub fn run<S: Stage>(stage: &mut S, log: &dyn Log, until: &Until) -> anyhow::Result<()> {
    let mut inputs = stage.inputs(log)?;
    info!(stage = S::NAME, inputs = inputs.len(), "stage started");
    let mut seen = 0;
    loop {
        // Asked before reading: what was committed before "no more will come" is then still read.
        let no_more = match until {
            Until::Shutdown(shutdown) if shutdown.is_requested() => break,
            Until::Shutdown(_) => false,
            Until::Drained(done) => done.load(std::sync::atomic::Ordering::Acquire),
        };
        let progressed = round(stage, log, &mut inputs, until)?;
        if progressed {
            stage.commit(log, &inputs, false)?;
        } else if no_more {
            break;
        } else {
            seen = log.wait(seen, IDLE);
        }
    }
    stage.commit(log, &inputs, true)
}

/// Reads and applies one batch of each input; says whether there was anything.
fn round<S: Stage>(
    stage: &mut S,
    log: &dyn Log,
    inputs: &mut [Input],
    until: &Until,
) -> anyhow::Result<bool> {
    let mut progressed = false;
    for input in inputs {
        for record in read(log, input, until)? {
            stage
                .apply(input, &record)
                .with_context(|| format!("{}/{}@{}", input.topic, input.partition, record.offset))?;
            input.next = record.offset + 1;
            progressed = true;
        }
    }
    Ok(progressed)
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
