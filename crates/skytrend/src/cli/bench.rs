//! `skytrend bench`: what it measures, and how.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Clone, Debug, Args)]
pub struct Bench {
    #[command(subcommand)]
    pub what: BenchWhat,
}

#[derive(Clone, Debug, Subcommand)]
pub enum BenchWhat {
    /// How well trends are found, in a simulated world whose truth is known, beside other methods
    Quality(Quality),
    /// What the detector's state does over weeks in which the vocabulary grows: size, time of a snapshot, time for
    /// each post
    State(State),
    /// The detector's z-scores of counted time series, or what they reach in the Numenta Anomaly Benchmark
    Series(Series),
    /// Many readers at a running skytrend of this machine at once: followers of its stream, and requests at a fixed rate
    Load(Load),
}

#[derive(Clone, Debug, Args)]
pub struct Load {
    /// The running skytrend; by default the one of setting serve.listen
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// What is asked for
    #[arg(long, default_value = "/api/v1/trends", value_name = "PATH")]
    pub path: String,
    /// Requests a second; 0: none
    #[arg(long, default_value_t = 2_000, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub rate: u32,
    /// Connections that they are spread over
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub connections: u32,
    /// Followers of the stream of trends
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub followers: u32,
    /// How many of these read four kilobytes a second
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub slow: u32,
    /// For how long
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub seconds: u64,
    /// One JSON object on standard output
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Debug, Args)]
pub struct State {
    /// Seed of the posts
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Posts in an average minute (the network had about 4,000 in 2026)
    #[arg(long, default_value_t = 1200, value_name = "POSTS")]
    pub posts_per_minute: u32,
    /// Days of posts
    #[arg(long, default_value_t = 14, value_name = "DAYS")]
    pub days: u32,
    /// One JSON object a line on standard output
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Debug, Args)]
pub struct Quality {
    /// Seed of the world: the same seed gives the same posts
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Posts a minute without those of events and spam, averaged over a week
    #[arg(long, default_value_t = 1000, value_name = "POSTS")]
    pub posts_per_minute: u32,
    /// Days that the detector sees before the first that is scored
    #[arg(long, default_value_t = 7.0, value_name = "DAYS")]
    pub warm_days: f64,
    /// Days that are scored, with 90 events each
    #[arg(long, default_value_t = 2.0, value_name = "DAYS")]
    pub days: f64,
    /// How restless the background is (1 = as usual)
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR")]
    pub noise: f64,
    /// Leave out the other methods
    #[arg(long)]
    pub no_rivals: bool,
    /// One JSON object on standard output
    #[arg(long)]
    pub json: bool,
    /// Only write the world to this file as Jetstream v1 JSON lines (.zst: compressed), and its truth beside it
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Score the trends that `replay --out` wrote for such a file
    #[arg(long, value_name = "FILE", requires = "truth", conflicts_with = "write")]
    pub trends: Option<PathBuf>,
    /// The truth about the world of these trends
    #[arg(long, value_name = "FILE", requires = "trends")]
    pub truth: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub struct Series {
    /// CSV files with columns timestamp (UTC, unless a zone is given) and value, a row for each 1 or 5 minutes
    #[arg(value_name = "FILE", required_unless_present = "nab", conflicts_with = "nab")]
    pub files: Vec<PathBuf>,
    /// Write the scores of each file to one of the same name in this folder, instead of those of one file to standard
    /// output
    #[arg(long, value_name = "DIR", conflicts_with = "nab")]
    pub out: Option<PathBuf>,
    /// A checkout of the Numenta Anomaly Benchmark: score its Twitter volumes
    #[arg(long, value_name = "DIR")]
    pub nab: Option<PathBuf>,
    /// One JSON object on standard output
    #[arg(long, requires = "nab")]
    pub json: bool,
}
