//! Traces and metrics of the whole program: where the lines go, and the text that `/metrics` serves. What is traced
//! and measured is declared by the stages themselves.

use std::io::IsTerminal as _;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Deserialize;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Section `telemetry`.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// `human`, `json`, or `auto`: human on a terminal.
    pub format: Format,
    /// A level, or targets with their levels, such as `skytrend=debug,warn`.
    pub filter: String,
    /// Where lines go while the live table has the terminal.
    pub file: std::path::PathBuf,
}

/// The form of trace lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Human on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// Where trace lines go.
#[derive(Clone, Debug)]
pub enum Lines {
    /// Standard error.
    Stderr,
    /// A file, while a live table has the terminal.
    File(std::path::PathBuf),
}

/// Bounds of the latency histograms, in seconds: from a cached answer to a stage that hangs.
const LATENCY_BUCKETS_SECS: [f64; 12] =
    [0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Starts tracing. To be called once, before the first line.
pub fn start_traces(settings: &Settings, lines: &Lines) -> anyhow::Result<()> {
    let filter: Targets = settings
        .filter
        .parse()
        .map_err(|error| anyhow::anyhow!("telemetry.filter {:?}: {error}", settings.filter))?;
    let json = match settings.format {
        Format::Auto => matches!(lines, Lines::Stderr) && !std::io::stderr().is_terminal(),
        Format::Human => false,
        Format::Json => true,
    };
    let layer = tracing_subscriber::fmt::layer();
    let layer = match lines {
        Lines::Stderr if json => layer.json().with_writer(std::io::stderr).boxed(),
        Lines::Stderr => {
            layer.with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()).boxed()
        }
        Lines::File(path) => {
            let file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
            let file = std::sync::Mutex::new(file);
            if json {
                layer.json().with_writer(file).boxed()
            } else {
                layer.with_ansi(false).with_writer(file).boxed()
            }
        }
    };
    tracing_subscriber::registry().with(layer.with_filter(filter)).init();
    Ok(())
}

/// Starts collecting metrics; the handle renders them in Prometheus' text format.
pub fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new().set_buckets(&LATENCY_BUCKETS_SECS)?.install_recorder()?;
    crate::metrics::describe();
    Ok(handle)
}
