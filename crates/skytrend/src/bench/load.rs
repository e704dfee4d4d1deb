//! `skytrend bench load`: many readers at a running skytrend at once. Followers of the stream, some of them slow, and
//! requests at a fixed rate; how long each answer took from the instant at which it was due, and how late each follower
//! was told of a window. All from this process, over plain HTTP/1.1 connections that stay open.

mod connection;
mod followers;
mod report;
mod requests;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::cli;
use crate::settings::Settings;
use connection::Target;
use followers::Told;
use report::Report;
use requests::Asked;

/// Runs the benchmark and prints its report.
pub fn run(settings: &Settings, asked: &cli::Load) -> anyhow::Result<()> {
    let server = asked.server.clone().unwrap_or_else(|| crate::serving::own_address(&settings.serve));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(measure(&server, asked))?;
    if asked.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{report}");
    }
    Ok(())
}

async fn measure(server: &str, asked: &cli::Load) -> anyhow::Result<Report> {
    ensure!(asked.slow <= asked.followers, "--slow can't be more than --followers");
    let target = Arc::new(Target::parse(server)?);
    connection::check(&target).await.with_context(|| format!("no skytrend answers at {server}"))?;
    // Connecting is not what is measured: all followers are there before the first request is due.
    let ready = Duration::from_secs(2 + u64::from(asked.followers) / 500);
    let from = Instant::now() + ready;
    let until = from + Duration::from_secs(asked.seconds);
    let mut followers = JoinSet::new();
    for number in 0..asked.followers {
        let pause = ready.mul_f64(0.5 * f64::from(number) / f64::from(asked.followers));
        let (target, is_slow) = (Arc::clone(&target), number < asked.slow);
        followers.spawn(async move {
            tokio::time::sleep(pause).await;
            followers::follow(&target, is_slow, from, until).await
        });
    }
    let mut requests = JoinSet::new();
    let connections = asked.connections.min(asked.rate);
    for number in 0..connections {
        let (target, path) = (Arc::clone(&target), asked.path.clone());
        let schedule = requests::Schedule { from, until, number, connections, rate: asked.rate };
        requests.spawn(async move { requests::ask(&target, &path, schedule).await });
    }
    show_progress(until).await;
    let asked_all: Vec<Asked> = requests.join_all().await;
    let told_all: Vec<Told> = followers.join_all().await;
    Ok(Report::new(asked, &asked_all, &told_all))
}

async fn show_progress(until: Instant) {
    let left = until.saturating_duration_since(Instant::now()).as_secs();
    let bar = ProgressBar::new(left);
    let style = ProgressStyle::with_template("[{bar:32}] {pos}/{len} s");
    bar.set_style(style.expect("the template is a constant").progress_chars("=> "));
    for _ in 0..left {
        tokio::time::sleep(Duration::from_secs(1)).await;
        bar.inc(1);
    }
    bar.finish_and_clear();
    tokio::time::sleep_until(until).await;
}
