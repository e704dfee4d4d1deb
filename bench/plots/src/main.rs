//! Draws what the benchmarks measured: `skytrend-plots state`, `recall`, `trend`. Input is what the program itself
//! writes as JSON; output is an SVG for `docs/images`. `make plots` says how.

mod chart;
mod recall;
mod state;
mod trend;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Draws the figures of skytrend's benchmarks.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The detector's state over weeks
    State {
        /// What `skytrend bench state --json` wrote
        file: PathBuf,
        /// The SVG
        out: PathBuf,
    },
    /// Events found over false alarms, by method
    Recall {
        /// What `skytrend bench quality --json` wrote
        file: PathBuf,
        /// The SVG
        out: PathBuf,
    },
    /// One keyword's authors and what was expected of it
    Trend {
        /// What `skytrend replay --out` wrote
        file: PathBuf,
        /// The keyword, in normal form
        keyword: String,
        /// The SVG
        out: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().what {
        What::State { file, out } => state::draw(&file, &out),
        What::Recall { file, out } => recall::draw(&file, &out),
        What::Trend { file, keyword, out } => trend::draw(&file, &keyword, &out),
    }
}
