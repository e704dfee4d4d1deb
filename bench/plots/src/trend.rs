//! One keyword's authors that count, minute by minute, against what was expected of it.

use std::path::Path;

use anyhow::{Context as _, ensure};
use plotters::prelude::*;
use serde::Deserialize;

use crate::chart::{COLOURS, INK, axes, legend, owned, page, stroke};

/// What is drawn of a trend in a window.
#[derive(Debug, Deserialize)]
struct Trend {
    normalized_keyword: String,
    window: String,
    window_end: i64,
    why: Why,
}

#[derive(Debug, Deserialize)]
struct Why {
    observed: f64,
    expected: f64,
    dispersion: f64,
}

pub fn draw(file: &Path, keyword: &str, out: &Path) -> anyhow::Result<()> {
    let read = std::fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
    let mut trends = Vec::new();
    for line in read.lines() {
        let trend: Trend = serde_json::from_str(line)?;
        if trend.normalized_keyword == keyword && trend.window == "sliding" {
            trends.push(trend);
        }
    }
    ensure!(trends.len() > 1, "{keyword} is in fewer than two windows of {}", file.display());
    let start = trends[0].window_end;
    let minute = |trend: &Trend| (trend.window_end - start) as f64 / 60e6;
    let minutes = minute(&trends[trends.len() - 1]);
    let most = trends.iter().map(|trend| trend.why.observed).fold(0.0, f64::max) * 1.1;
    let page = page(out);
    let mut chart = ChartBuilder::on(&page)
        .margin(12)
        .x_label_area_size(34)
        .y_label_area_size(52)
        .build_cartesian_2d(0.0..minutes, 0.0..most)
        .map_err(owned)?;
    axes(&mut chart, "minutes since it was first listed", "people in ten minutes")?;
    // Two deviations, below which nothing is taken for more than usual.
    let upper =
        |why: &Why| why.expected + 2.0 * (why.expected + why.dispersion * why.expected.powi(2)).sqrt();
    let band = trends.iter().map(|trend| (minute(trend), upper(&trend.why)));
    let blue = COLOURS[0];
    chart
        .draw_series(AreaSeries::new(band, 0.0, INK.mix(0.25)))
        .map_err(owned)?
        .label("expected, and two deviations")
        .legend(|(x, y)| Rectangle::new([(x, y - 5), (x + 18, y + 5)], INK.mix(0.25).filled()));
    let observed = trends.iter().map(|trend| (minute(trend), trend.why.observed));
    chart
        .draw_series(LineSeries::new(observed, blue.stroke_width(2)))
        .map_err(owned)?
        .label(format!("people who wrote “{keyword}” and count"))
        .legend(stroke(blue, 2));
    legend(&mut chart, SeriesLabelPosition::UpperLeft)?;
    page.present().map_err(owned)
}
