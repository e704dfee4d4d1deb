//! A replay's file of JSON lines on its way into the log, by the mapping of the settings.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use indicatif::ProgressBar;
use skytrend_event::Topic;
use skytrend_log::Log;
use skytrend_source::jsonlines::{Intake, LineReader};

use super::{COMMIT_MESSAGES, Figures, LOOK, Pace, progress_bar, source_name, wait_for_detector};
use crate::cli;
use crate::detect::Progress;
use crate::ingest::appender::Appender;
use crate::settings::Settings;
use crate::status::wall_clock;

/// See the module.
pub struct Feeder {
    reader: LineReader<BufReader<File>>,
    /// Of this file alone, as each recording has one.
    pub intake: Intake,
    appender: Appender,
    bar: ProgressBar,
    pace: Pace,
    /// Lines read.
    pub lines: u64,
    uncommitted: usize,
    commit_records_max: usize,
    detector_inputs: Vec<(Topic, u32)>,
}

impl Feeder {
    pub fn new(
        settings: &Settings,
        asked: &cli::Replay,
        path: &Path,
        figures: &Figures,
    ) -> anyhow::Result<Self> {
        let feed = settings.json_lines.as_ref().context("there is no mapping")?;
        let file = File::open(path)?;
        let bar = progress_bar(path, file.metadata()?.len())?;
        let name = source_name(path);
        Ok(Self {
            reader: LineReader::new(BufReader::with_capacity(1 << 18, file), 0),
            intake: Intake::new(feed, &name, None),
            appender: Appender::new(settings, name, Arc::clone(&figures.counts)),
            bar,
            pace: Pace::new(asked.speed),
            lines: 0,
            uncommitted: 0,
            commit_records_max: settings.ingest.commit_records_max,
            detector_inputs: settings.detector_inputs(),
        })
    }

    /// Reads the file to its end.
    pub fn run(
        &mut self,
        log: &dyn Log,
        detected: &Progress,
        worker_gone: &dyn Fn() -> bool,
    ) -> anyhow::Result<()> {
        let Self { reader, intake, appender, .. } = self;
        while let Some(line) = reader.next_line()? {
            let next = line.next;
            intake.take(&line, wall_clock(), appender);
            appender.message();
            self.lines += 1;
            self.uncommitted += 1;
            if self.lines.is_multiple_of(LOOK) {
                self.bar.set_position(next);
                self.pace.keep(appender.newest());
            }
            if self.uncommitted >= COMMIT_MESSAGES || appender.is_full(self.commit_records_max) {
                self.uncommitted = 0;
                appender.commit(log, Vec::new())?;
                wait_for_detector(log, &self.detector_inputs, detected, worker_gone)?;
            }
        }
        if let Some(line) = reader.last_line() {
            intake.take(&line, wall_clock(), appender);
            appender.message();
            self.lines += 1;
        }
        intake.end(appender);
        appender.commit(log, Vec::new())?;
        self.bar.finish_and_clear();
        Ok(())
    }
}
