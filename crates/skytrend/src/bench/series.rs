//! `skytrend bench series`: the detector's own score of counted time series, and what it reaches with it in the Numenta
//! Anomaly Benchmark. The formulas are the detector's ([`skytrend_trend::score_series`]); the benchmark's data stay
//! where they are.

mod checkout;
mod csv;
mod nab;
mod report;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, ensure};
use skytrend_event::Micros;
use skytrend_trend::{CountStep, score_series};

use crate::cli;
use crate::settings::Settings;
use checkout::Checkout;
use report::Report;

/// Scores the files, or the benchmark's.
pub fn run(settings: &Settings, asked: &cli::Series) -> anyhow::Result<()> {
    settings.trend.validate()?;
    let mut stdout = std::io::stdout().lock();
    if let Some(folder) = &asked.nab {
        let checkout = Checkout::open(folder)?;
        let report = Report::new(&checkout, &settings.trend)?;
        if asked.json {
            serde_json::to_writer(&mut stdout, &report)?;
            writeln!(stdout)?;
        } else {
            write!(stdout, "{}", report.table())?;
        }
        return Ok(());
    }
    let Some(folder) = &asked.out else {
        ensure!(asked.files.len() == 1, "the scores of several files need a folder: --out DIR");
        return write_scores(&asked.files[0], &settings.trend, &mut stdout);
    };
    std::fs::create_dir_all(folder).with_context(|| format!("can't create {}", folder.display()))?;
    for path in &asked.files {
        let name = path.file_name().with_context(|| format!("{} is no file", path.display()))?;
        let out = folder.join(name);
        let writing = || format!("can't write {}", out.display());
        // A file that exists may be the series itself.
        let mut file = BufWriter::new(File::create_new(&out).with_context(writing)?);
        write_scores(path, &settings.trend, &mut file)?;
        file.flush().with_context(writing)?;
    }
    Ok(())
}

/// Writes timestamp and value of each row of the file as they are there, and its score.
fn write_scores(
    path: &Path,
    settings: &skytrend_trend::Settings,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let series = CountSeries::read(path)?;
    let scores = series.scores(settings)?;
    writeln!(out, "timestamp,value,score")?;
    for ([timestamp, value], score) in series.rows.iter().zip(scores) {
        writeln!(out, "{timestamp},{value},{score:.4}")?;
    }
    Ok(())
}

/// A series from a file.
struct CountSeries {
    /// Its name in messages.
    name: String,
    /// Timestamp and value as they are in the file.
    rows: Vec<[String; 2]>,
    steps: Vec<CountStep>,
}

impl CountSeries {
    /// Reads a CSV file with columns timestamp and value, which is a whole number that is not negative.
    fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let rows = csv::read_columns(path, ["timestamp", "value"])?;
        let step = |([timestamp, value], row): (&[String; 2], usize)| {
            let start = csv::instant(timestamp).with_context(|| format!("row {row} of {name}"))?;
            let count =
                count(value).with_context(|| format!("row {row} of {name}: {value:?} is no count"))?;
            Ok(CountStep { start, count })
        };
        let steps = rows.iter().zip(1..).map(step).collect::<anyhow::Result<_>>()?;
        Ok(Self { name, rows, steps })
    }

    fn starts(&self) -> Vec<Micros> {
        self.steps.iter().map(|step| step.start).collect()
    }

    fn scores(&self, settings: &skytrend_trend::Settings) -> anyhow::Result<Vec<f64>> {
        score_series(&self.steps, settings).with_context(|| format!("can't score {}", self.name))
    }
}

/// A whole number; tools that know only floating numbers write `104.0`.
fn count(value: &str) -> Option<u32> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    whole.parse().ok().filter(|_| fraction.bytes().all(|digit| digit == b'0'))
}

#[cfg(test)]
mod tests;
