//! `skytrend bench`: what the detector finds, what it keeps in memory, how a counted series scores by it, and how the
//! server does with many readers.

mod load;
mod quality;
mod series;
mod state;

use crate::cli::{Bench, BenchWhat};
use crate::settings::Settings;

/// Runs the asked benchmark to its end; its report goes to standard output.
pub(crate) fn run(settings: &Settings, asked: &Bench) -> anyhow::Result<()> {
    match &asked.what {
        BenchWhat::Quality(asked) => quality::run(settings, asked),
        BenchWhat::State(asked) => state::run(settings, asked),
        BenchWhat::Series(asked) => series::run(settings, asked),
        BenchWhat::Load(asked) => load::run(settings, asked),
    }
}
