//! Events found over false alarms an hour, for each method.

use std::path::Path;

use anyhow::Context as _;
use plotters::prelude::*;
use serde::Deserialize;

use crate::chart::{COLOURS, axes, legend, owned, page, stroke};

#[derive(Debug, Deserialize)]
struct Report {
    skytrend: Figures,
    #[serde(default)]
    rivals: Vec<Rival>,
}

#[derive(Debug, Deserialize)]
struct Rival {
    name: String,
    #[serde(flatten)]
    figures: Figures,
}

#[derive(Debug, Deserialize)]
struct Figures {
    at_budgets: Vec<At>,
}

#[derive(Debug, Deserialize)]
struct At {
    recall: f64,
}

/// False alarms an hour at which methods are compared; the order of [`Figures::at_budgets`].
const BUDGETS: [f64; 4] = [0.2, 1.0, 5.0, 20.0];

pub fn draw(file: &Path, out: &Path) -> anyhow::Result<()> {
    let read = std::fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
    let report: Report = serde_json::from_str(&read)?;
    let page = page(out);
    let mut chart = ChartBuilder::on(&page)
        .margin(12)
        .x_label_area_size(34)
        .y_label_area_size(52)
        .build_cartesian_2d((0.2..24.0).log_scale(), 0.0..1.02)
        .map_err(owned)?;
    axes(&mut chart, "false alarms an hour", "share of events found")?;
    let methods = std::iter::once(("skytrend".to_owned(), report.skytrend))
        .chain(report.rivals.into_iter().map(|rival| (rival.name, rival.figures)));
    for ((name, figures), &colour) in methods.zip(COLOURS.iter().cycle()) {
        let width = if name == "skytrend" { 4 } else { 2 };
        let points = BUDGETS.into_iter().zip(figures.at_budgets.iter().map(|at| at.recall));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(width)).point_size(3))
            .map_err(owned)?
            .label(name)
            .legend(stroke(colour, width));
    }
    legend(&mut chart, SeriesLabelPosition::LowerRight)?;
    page.present().map_err(owned)
}
