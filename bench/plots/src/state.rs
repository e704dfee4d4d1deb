//! The detector's state over weeks, beside the number of distinct words, which never stops growing.

use std::path::Path;

use anyhow::Context as _;
use plotters::prelude::*;
use serde::Deserialize;

use crate::chart::{COLOURS, INK, axes, legend, owned, page, stroke, text};

/// What is drawn of a measurement.
#[derive(Debug, Deserialize)]
struct Row {
    day: f64,
    words: f64,
    state_mib: f64,
    snapshot_mib: f64,
}

pub fn draw(file: &Path, out: &Path) -> anyhow::Result<()> {
    let text_of = std::fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
    let rows: Vec<Row> = text_of.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let days = rows.last().context("no measurement")?.day;
    let mib = rows.iter().map(|row| row.state_mib).fold(0.0, f64::max) * 1.25;
    let words = rows.iter().map(|row| row.words / 1e6).fold(0.0, f64::max) * 1.1;
    let page = page(out);
    let chart = ChartBuilder::on(&page)
        .margin(12)
        .x_label_area_size(34)
        .y_label_area_size(52)
        .right_y_label_area_size(58)
        .build_cartesian_2d(0.0..days, 0.0..mib)
        .map_err(owned)?;
    let mut chart = chart.set_secondary_coord(0.0..days, 0.0..words);
    axes(&mut chart, "simulated days", "MiB")?;
    chart
        .configure_secondary_axes()
        .axis_style(INK)
        .label_style(text(13))
        .y_desc("million distinct words")
        .draw()
        .map_err(owned)?;
    for (colour, name, value) in [
        (COLOURS[0], "state in memory (MiB)", (|row| row.state_mib) as fn(&Row) -> f64),
        (COLOURS[2], "snapshot (MiB)", |row| row.snapshot_mib),
    ] {
        let points = rows.iter().map(|row| (row.day, value(row)));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))
            .map_err(owned)?
            .label(name)
            .legend(stroke(colour, 2));
    }
    let colour = COLOURS[1];
    chart
        .draw_secondary_series(LineSeries::new(
            rows.iter().map(|row| (row.day, row.words / 1e6)),
            colour.stroke_width(2),
        ))
        .map_err(owned)?
        .label("distinct words so far (right)")
        .legend(stroke(colour, 2));
    legend(&mut chart, SeriesLabelPosition::UpperLeft)?;
    page.present().map_err(owned)
}
