//! `skytrend bench quality`: how well trends are found. A simulated world whose truth is known goes through the
//! detector, as post text; its lists are scored beside those of other methods on the same posts. The judge knows
//! nothing of how any list was made.

mod examples;
mod figures;
mod judge;
mod pipeline;
mod ranking;
mod report;
mod rivals;
mod row;
mod subjects;
mod topics;

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use skytrend_sim::quality::{QualitySettings, QualityWorld, QualityWriter, Truth};

use crate::cli;
use crate::settings::Settings;
use examples::examples;
use figures::figures;
use pipeline::JudgedLists;
use report::Report;

/// Minutes in a day.
const DAY_MINUTES: f64 = 1440.0;

/// Runs the benchmark, or writes its world to a file, or scores the lists of such a file.
pub fn run(settings: &Settings, asked: &cli::Quality) -> anyhow::Result<()> {
    if let Some(path) = &asked.write {
        return write(asked, path);
    }
    let started = Instant::now();
    let (truth, judged, rivals, posts) = if let Some(path) = &asked.trends {
        let truth_path = asked.truth.as_deref().context("--trends needs --truth")?;
        let truth = Arc::new(read_truth(truth_path)?);
        let judged = pipeline::judge_file(path, &truth)?;
        let rivals = if asked.no_rivals {
            Vec::new()
        } else {
            let world = QualityWorld::new(truth.settings.clone(), true)?;
            let bar = progress_bar(&truth.settings)?;
            let rivals = pipeline::run_rivals(world, |minute| bar.set_position(minute.into()));
            bar.finish_and_clear();
            rivals
        };
        (truth, judged, rivals, None)
    } else {
        let world = QualityWorld::new(world_settings(asked)?, !asked.no_rivals)?;
        let truth = Arc::clone(world.truth());
        let bar = progress_bar(&truth.settings)?;
        let outcome = pipeline::run(world, &settings.trend, !asked.no_rivals, |minute| {
            bar.set_position(minute.into());
        })?;
        bar.finish_and_clear();
        (truth, outcome.judged, outcome.rivals, Some(outcome.posts))
    };
    #[expect(clippy::cast_possible_truncation, reason = "scores are compared in single precision")]
    let alerts = settings.trend.alert_z_score as f32;
    let JudgedLists { judge, subjects } = judged;
    let skytrend = figures(&truth, &judge, None, Some(alerts));
    let at_one_an_hour = skytrend.at_budgets.get(1).and_then(|at| at.threshold);
    let examples = examples(&truth, &judge, &subjects, at_one_an_hour);
    let report = Report::new(&truth, posts, started.elapsed(), (skytrend, examples), rivals);
    let mut out = std::io::stdout().lock();
    if asked.json {
        serde_json::to_writer(&mut out, &report)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", report.table())?;
    }
    Ok(())
}

/// Writes the world as Jetstream v1 JSON lines, and its truth beside it.
fn write(asked: &cli::Quality, path: &Path) -> anyhow::Result<()> {
    let world = QualityWorld::new(world_settings(asked)?, false)?;
    let truth = Arc::clone(world.truth());
    let writing = || format!("can't write {}", path.display());
    let mut writer = QualityWriter::create(path).with_context(writing)?;
    let bar = progress_bar(&truth.settings)?;
    for minute in world {
        bar.set_position(minute.minute.into());
        writer.write(&minute).with_context(writing)?;
    }
    let posts = writer.finish().with_context(writing)?;
    bar.finish_and_clear();
    let truth_path = beside(path);
    let file = File::create(&truth_path).with_context(|| format!("can't write {}", truth_path.display()))?;
    let mut file = std::io::BufWriter::new(file);
    serde_json::to_writer(&mut file, &*truth)?;
    file.flush()?;
    eprintln!("{posts} posts in {}, the truth in {}", path.display(), truth_path.display());
    Ok(())
}

/// Where the truth about a recording is written.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".truth.json");
    name.into()
}

fn read_truth(path: &Path) -> anyhow::Result<Truth> {
    let file = File::open(path).with_context(|| format!("can't read {}", path.display()))?;
    let truth: Truth = serde_json::from_reader(BufReader::new(file))
        .with_context(|| format!("{} holds no truth about a world", path.display()))?;
    truth.settings.check()?;
    Ok(truth)
}

fn world_settings(asked: &cli::Quality) -> anyhow::Result<QualitySettings> {
    let minutes = |name: &str, days: f64| {
        ensure!((0.0..=100.0).contains(&days), "{name} must be 0 to 100 days");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 100 days")]
        let minutes = (days * DAY_MINUTES).round() as u32;
        Ok(minutes)
    };
    ensure!((0.0..=10.0).contains(&asked.noise), "noise must be 0 to 10");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 1,000")]
    let noise_percent = (asked.noise * 100.0).round() as u32;
    let settings = QualitySettings {
        posts_per_minute: asked.posts_per_minute,
        warm_minutes: minutes("warm-days", asked.warm_days)?,
        scored_minutes: minutes("days", asked.days)?,
        noise_percent,
        ..QualitySettings::new(asked.seed)
    };
    settings.check()?;
    Ok(settings)
}

fn progress_bar(settings: &QualitySettings) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new(settings.minutes().into());
    let style = "{msg} [{bar:32}] {pos}/{len} minutes, {eta} left";
    bar.set_style(ProgressStyle::with_template(style)?.progress_chars("=> "));
    bar.set_message(format!("world {}", settings.seed));
    Ok(bar)
}

#[cfg(test)]
mod tests;
