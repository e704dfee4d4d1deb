//! `skytrend replay`: recorded input through the same ingest and the same detector as live input, over a log in
//! memory (or a durable one), as fast as it goes or at a pace. What comes out depends on the input alone.

mod collect;
mod json_lines;
mod pipe;
mod summary;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use skytrend_event::{Topic, time};
use skytrend_log::Log;
use skytrend_source::bluesky::intake::Intake;
use skytrend_source::bluesky::settings as source;
use skytrend_source::replay::{Format, Reader};
use skytrend_source::v1_json;

use crate::cli;
use crate::detect::{self, Detect, Progress};
use crate::ingest::appender::{Appender, Counts};
use crate::settings::Settings;
use crate::stage::{self, RaisedAtEnd, Until};

/// Messages between two commits.
const COMMIT_MESSAGES: usize = 4_096;

/// Records that ingest may be ahead of the detector: bounds the memory of the log between them.
const AHEAD_MAX: u64 = 16_384;

/// Messages between two looks at the progress bar and the pace.
const LOOK: u64 = 256;

/// Everything that a replay counts.
#[derive(Default)]
struct Figures {
    counts: Arc<Counts>,
    detected: Arc<Progress>,
}

/// Runs the files through the pipeline, one after the other, and prints the summary.
pub fn run(settings: &Settings, asked: &cli::Replay) -> anyhow::Result<()> {
    let started = Instant::now();
    check_files(asked)?;
    let log = open_log(settings, asked)?;
    let figures = Figures::default();
    let no_more = Arc::new(AtomicBool::new(false));
    let mut detect_settings = settings.detect.clone();
    if asked.log_dir.is_none() {
        // A log in memory ends with the program: nothing is ever restored from it.
        detect_settings.snapshot_interval_secs = u32::MAX;
    }
    let mut detect = Detect::new(
        detect_settings,
        settings.trend.clone(),
        settings.log.partitions,
        true,
        Arc::clone(&figures.detected),
    )?;
    let collected = Arc::new(AtomicBool::new(false));
    let result = std::thread::scope(|scope| {
        let all_fed = RaisedAtEnd(Arc::clone(&no_more));
        let detecting = scope.spawn({
            let (log, until) = (Arc::clone(&log), Until::Drained(Arc::clone(&no_more)));
            let all_detected = RaisedAtEnd(Arc::clone(&collected));
            move || {
                let _all_detected = all_detected;
                stage::run(&mut detect, log.as_ref(), &until)
            }
        });
        let collecting = asked.out.clone().map(|path| {
            let (log, until) = (Arc::clone(&log), Until::Drained(Arc::clone(&collected)));
            scope.spawn(move || collect::run(&path, log.as_ref(), &until))
        });
        let worker_gone =
            || detecting.is_finished() || collecting.as_ref().is_some_and(ScopedJoinHandle::is_finished);
        let fed = feed(settings, asked, log.as_ref(), &figures, &worker_gone);
        drop(all_fed);
        let detected = detecting.join().unwrap_or_else(|panic| resume_unwind(panic));
        let written =
            collecting.map_or(Ok(()), |thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        // A worker's own failure explains why feeding stopped, so it comes first.
        detected.and(written).and(fed)
    });
    let (frames, events) = result?;
    summary::Summary::new(frames, events, &figures.counts, &figures.detected, started.elapsed())
        .print(asked.summary)
}

/// Refuses what would destroy a file: an output over an input or another output, or emptied for an input that is not
/// there.
fn check_files(asked: &cli::Replay) -> anyhow::Result<()> {
    let mut taken = Vec::new();
    for path in &asked.files {
        let file = path.canonicalize().with_context(|| format!("can't read {}", path.display()))?;
        anyhow::ensure!(!file.is_dir(), "can't read {}: it is a folder", path.display());
        taken.push(file);
    }
    for path in asked.out.iter().chain(&asked.events) {
        let file = path.canonicalize().or_else(|_| std::path::absolute(path))?;
        anyhow::ensure!(
            !taken.contains(&file),
            "{} is read or written already by this replay",
            path.display()
        );
        taken.push(file);
    }
    Ok(())
}

fn open_log(settings: &Settings, asked: &cli::Replay) -> anyhow::Result<Arc<dyn Log>> {
    let log_settings = crate::log::Settings { provider: crate::log::Provider::Local, ..settings.log.clone() };
    let Some(dir) = &asked.log_dir else {
        let collected = asked.out.is_some().then_some(Topic::Trends);
        let pipe = pipe::Pipe::new(settings.trend.topics().into_iter().chain(collected).collect());
        crate::log::create_topics(&pipe, &log_settings)?;
        return Ok(Arc::new(pipe));
    };
    Ok(crate::log::open(&crate::log::Settings { path: dir.clone(), ..log_settings })?)
}

/// Reads every file and appends its events; returns the numbers of messages and of changes decoded from them.
fn feed(
    settings: &Settings,
    asked: &cli::Replay,
    log: &dyn Log,
    figures: &Figures,
    worker_gone: &dyn Fn() -> bool,
) -> anyhow::Result<(u64, u64)> {
    let mut events = asked.events.as_deref().map(create).transpose()?;
    let (mut frames, mut decoded) = (0, 0);
    for path in &asked.files {
        let replaying = || format!("replaying {}", path.display());
        if asked.map.is_some() {
            let mut feeder =
                json_lines::Feeder::new(settings, asked, path, figures).with_context(replaying)?;
            feeder.run(log, &figures.detected, worker_gone).with_context(replaying)?;
            frames += feeder.lines;
            decoded += feeder.intake.events();
            continue;
        }
        let mut feeder = Feeder::new(settings, asked, path, figures).with_context(replaying)?;
        let fed = feeder.run(log, &mut events, &figures.detected, worker_gone);
        frames += feeder.frames;
        decoded += feeder.intake.as_ref().map_or(0, Intake::decoded);
        fed.with_context(replaying)?;
    }
    if let Some(mut events) = events {
        events.flush()?;
    }
    Ok((frames, decoded))
}

/// One file on its way into the log.
struct Feeder {
    reader: Reader,
    /// Begins with the first message, whose format says which protocol it speaks.
    intake: Option<Intake>,
    source: source::Settings,
    name: String,
    appender: Appender,
    bar: ProgressBar,
    pace: Pace,
    frames: u64,
    uncommitted: usize,
    commit_records_max: usize,
    detector_inputs: Vec<(Topic, u32)>,
}

impl Feeder {
    fn new(settings: &Settings, asked: &cli::Replay, path: &Path, figures: &Figures) -> anyhow::Result<Self> {
        let reader = Reader::open(path)?;
        let bar = progress_bar(path, reader.file_bytes())?;
        let name = source_name(path);
        let appender = Appender::new(settings, name.clone(), Arc::clone(&figures.counts));
        let (source, pace) = (settings.source.clone(), Pace::new(asked.speed));
        let commit_records_max = settings.ingest.commit_records_max;
        let (intake, frames, uncommitted) = (None, 0, 0);
        Ok(Self {
            reader,
            intake,
            source,
            name,
            appender,
            bar,
            pace,
            frames,
            uncommitted,
            commit_records_max,
            detector_inputs: settings.detector_inputs(),
        })
    }

    fn run(
        &mut self,
        log: &dyn Log,
        events: &mut Option<BufWriter<File>>,
        detected: &Progress,
        worker_gone: &dyn Fn() -> bool,
    ) -> anyhow::Result<()> {
        let mut lines = Vec::new();
        while let Some(input) = self.reader.next() {
            let input = input?;
            self.frames += 1;
            self.uncommitted += 1;
            self.appender.message();
            if let (Some(out), Ok(message)) = (&mut *events, input.decode()) {
                lines.clear();
                v1_json::write(&message, &mut lines);
                out.write_all(&lines)?;
            }
            let intake =
                self.intake.get_or_insert_with(|| of_recording(&self.source, &self.name, input.format));
            intake.recorded(input.bytes, &mut self.appender);
            if self.frames.is_multiple_of(LOOK) {
                self.bar.set_position(self.reader.file_position());
                self.pace.keep(self.appender.newest());
            }
            if self.uncommitted >= COMMIT_MESSAGES || self.appender.is_full(self.commit_records_max) {
                self.commit(log)?;
                wait_for_detector(log, &self.detector_inputs, detected, worker_gone)?;
            }
        }
        self.commit(log)?;
        self.bar.finish_and_clear();
        Ok(())
    }

    fn commit(&mut self, log: &dyn Log) -> anyhow::Result<()> {
        self.uncommitted = 0;
        self.appender.commit(log, Vec::new())
    }
}

/// An intake for a file of this format.
fn of_recording(settings: &source::Settings, name: &str, format: Format) -> Intake {
    let settings = source::Settings { protocol: format.into(), ..settings.clone() };
    let mut intake = Intake::new(&settings, None);
    intake.begin_recording(name);
    intake
}

/// Keeps ingest from filling the memory of the log faster than the detector empties it.
fn wait_for_detector(
    log: &dyn Log,
    inputs: &[(Topic, u32)],
    detected: &Progress,
    worker_gone: &dyn Fn() -> bool,
) -> anyhow::Result<()> {
    let mut seen = 0;
    loop {
        // Without the detector nothing is taken from the log any more, without the collector the trends stay in it.
        anyhow::ensure!(!worker_gone(), "a stage has stopped");
        let appended = detect::appended(log, inputs)?;
        if appended.saturating_sub(detected.applied.load(Ordering::Acquire)) <= AHEAD_MAX {
            return Ok(());
        }
        seen = log.wait(seen, Duration::from_millis(2));
    }
}

/// Sleeps so that recorded time passes at the asked multiple of real time.
struct Pace {
    speed: f64,
    start: Option<(Instant, i64)>,
}

impl Pace {
    fn new(speed: f64) -> Self {
        Self { speed, start: None }
    }

    fn keep(&mut self, recorded_micros: i64) {
        if self.speed <= 0.0 || recorded_micros == 0 {
            return;
        }
        let (began, first) = *self.start.get_or_insert_with(|| (Instant::now(), recorded_micros));
        let recorded_secs = (recorded_micros - first).max(0) as f64 / time::SECOND as f64;
        let due = Duration::from_secs_f64(recorded_secs / self.speed);
        std::thread::sleep(due.saturating_sub(began.elapsed()));
    }
}

fn progress_bar(path: &Path, total_bytes: u64) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new(total_bytes);
    let style = "{msg} [{bar:32}] {bytes}/{total_bytes} {bytes_per_sec}, {eta} left";
    bar.set_style(ProgressStyle::with_template(style)?.progress_chars("=> "));
    bar.set_message(source_name(path));
    Ok(bar)
}

fn source_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn create(path: &Path) -> anyhow::Result<BufWriter<File>> {
    let file =
        File::create(path).with_context(|| format!("can't write {}", PathBuf::from(path).display()))?;
    Ok(BufWriter::with_capacity(1 << 20, file))
}
