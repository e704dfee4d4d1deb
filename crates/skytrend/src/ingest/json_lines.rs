//! Reads a feed of JSON lines into the log: one thread reads lines, since a read may wait for ever, the other takes
//! them through the intake and commits events and position together. A file is gone on with behind the last line that
//! was committed, so that a kill loses and doubles nothing; standard input and a FIFO have no position to go back to.

use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use skytrend_log::Log;
use skytrend_source::bluesky::status::Phase;
use skytrend_source::jsonlines::{Checkpoint, Intake, Line, LineReader, Settings};
use tracing::{info, warn};

use super::appender::Appender;
use crate::settings::Settings as AllSettings;
use crate::status::{Status, wall_clock};
use crate::supervisor::{Shutdown, Supervisor};

/// The name under which the position in the feed is kept in the log.
const CHECKPOINT: &str = "ingest/json-lines";

/// Lines that may wait for the intake: with the longest ones, 64 MB.
const WAITING_MAX: usize = 256;

/// Between two looks at a file that has not grown.
const FOLLOW_PAUSE: Duration = Duration::from_millis(200);

/// A line on its way between the threads.
struct Waiting {
    offset: u64,
    next: u64,
    bytes: Vec<u8>,
    is_cut: bool,
}

/// Starts both threads.
pub fn start(
    supervisor: &mut Supervisor,
    settings: &AllSettings,
    feed: &Settings,
    log: &Arc<dyn Log>,
    status: &Arc<Status>,
) -> anyhow::Result<()> {
    let saved = load_checkpoint(log.as_ref(), feed)?;
    let (sender, lines) = sync_channel(WAITING_MAX);
    let mut intake = Intake::new(feed, &feed.path, saved.as_ref());
    let mut reading = Reading { feed: feed.clone(), sender, shutdown: supervisor.shutdown() };
    let file = open_file(feed)?;
    let from = match &file {
        Some(file) => position_in(file, saved.as_ref())?,
        None => 0,
    };
    if from == 0 {
        intake.begin_anew();
    }
    info!(path = feed.path, from, resumable = file.is_some(), "reading JSON lines");
    // It may wait in a read for ever, and holds nothing but the lines it has read: it is left behind at the end.
    std::thread::Builder::new()
        .name("json-lines".to_owned())
        .spawn(move || reading.run(file, from))
        .context("can't start a thread")?;

    let mut taking = Taking {
        intake,
        appender: Appender::new(settings, feed.path.clone(), Arc::clone(&status.ingested)),
        log: Arc::clone(log),
        settings: settings.ingest.clone(),
        is_uncommitted: false,
    };
    let (shutdown, told, path) = (supervisor.shutdown(), status.source.clone(), feed.path.clone());
    supervisor.thread("ingest", move || {
        told.send_modify(|status| (status.phase, status.host) = (Phase::Connected, path));
        taking.run(&lines, &shutdown)?;
        told.send_modify(|status| status.phase = Phase::Stopped);
        Ok(())
    });
    Ok(())
}

/// The position in this feed, if one is saved.
fn load_checkpoint(log: &dyn Log, feed: &Settings) -> anyhow::Result<Option<Checkpoint>> {
    let Some(bytes) = log.state(CHECKPOINT)? else { return Ok(None) };
    let saved = Checkpoint::from_json(&bytes).context("the saved position is damaged")?;
    Ok(Some(saved).filter(|saved| saved.path == feed.path))
}

/// The feed, if it is a file, which has positions.
fn open_file(feed: &Settings) -> anyhow::Result<Option<File>> {
    if feed.path == "-" {
        return Ok(None);
    }
    let cannot = || format!("can't read {} (setting source.json_lines.path)", feed.path);
    // Opening a FIFO waits for its writer, so it is only looked at here.
    if !std::fs::metadata(&feed.path).with_context(cannot)?.is_file() {
        return Ok(None);
    }
    File::open(&feed.path).with_context(cannot).map(Some)
}

/// Where reading the file begins: where it ended, unless the file has become shorter.
fn position_in(file: &File, saved: Option<&Checkpoint>) -> anyhow::Result<u64> {
    let next = saved.map_or(0, |saved| saved.next);
    let length = file.metadata()?.len();
    if next > length {
        warn!(next, length, "the file is shorter than what was read of it: it is read from its start");
        return Ok(0);
    }
    Ok(next)
}

/// The thread that reads.
struct Reading {
    feed: Settings,
    sender: SyncSender<std::io::Result<Waiting>>,
    shutdown: Shutdown,
}

impl Reading {
    fn run(&mut self, file: Option<File>, from: u64) {
        if let Err(error) = self.read(file, from) {
            // Nobody hears it only where the program has ended.
            let _ = self.sender.send(Err(error));
        }
    }

    fn read(&self, file: Option<File>, from: u64) -> std::io::Result<()> {
        let input: Box<dyn Read> = match file {
            Some(mut file) => {
                file.seek(SeekFrom::Start(from))?;
                Box::new(file)
            }
            None if self.feed.path == "-" => Box::new(std::io::stdin()),
            None => Box::new(File::open(&self.feed.path)?),
        };
        let mut reader = LineReader::new(BufReader::with_capacity(1 << 16, input), from);
        while !self.shutdown.is_requested() {
            let is_taken = match reader.next_line()? {
                Some(line) => self.send(&line),
                None if self.feed.follow => {
                    std::thread::sleep(FOLLOW_PAUSE);
                    true
                }
                None => {
                    reader.last_line().map(|line| self.send(&line));
                    false
                }
            };
            if !is_taken {
                break;
            }
        }
        Ok(())
    }

    /// Hands a line over; false when nobody takes it any more.
    fn send(&self, line: &Line<'_>) -> bool {
        let Line { offset, next, bytes, is_cut } = *line;
        self.sender.send(Ok(Waiting { offset, next, bytes: bytes.to_vec(), is_cut })).is_ok()
    }
}

/// The thread that commits.
struct Taking {
    intake: Intake,
    appender: Appender,
    log: Arc<dyn Log>,
    settings: super::Settings,
    is_uncommitted: bool,
}

impl Taking {
    fn run(&mut self, lines: &Receiver<std::io::Result<Waiting>>, shutdown: &Shutdown) -> anyhow::Result<()> {
        let interval = Duration::from_millis(self.settings.commit_interval_millis);
        let mut committed = Instant::now();
        loop {
            match lines.recv_timeout(interval) {
                Ok(line) => self.take(&line.context("the feed can't be read")?),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    self.intake.end(&mut self.appender);
                    self.commit()?;
                    info!(events = self.intake.events(), "the feed has ended");
                    return Ok(());
                }
            }
            let is_due =
                committed.elapsed() >= interval || self.appender.is_full(self.settings.commit_records_max);
            if is_due || shutdown.is_requested() {
                self.commit()?;
                committed = Instant::now();
            }
            if shutdown.is_requested() {
                return Ok(());
            }
        }
    }

    fn take(&mut self, waiting: &Waiting) {
        let Waiting { offset, next, bytes, is_cut } = waiting;
        let line = Line { offset: *offset, next: *next, bytes, is_cut: *is_cut };
        self.appender.message();
        self.intake.take(&line, wall_clock(), &mut self.appender);
        self.is_uncommitted = true;
    }

    fn commit(&mut self) -> anyhow::Result<()> {
        if !std::mem::take(&mut self.is_uncommitted) && self.appender.len() == 0 {
            return Ok(());
        }
        let checkpoint = self.intake.checkpoint().to_json();
        self.appender.commit(self.log.as_ref(), vec![(CHECKPOINT.to_owned(), checkpoint)])
    }
}
