//! Events found over false alarms an hour, for each method.

use std::path::Path;

use anyhow::Context as _;
use plotters::prelude::*;
use serde::Deserialize;

use crate::chart::{COLOURS, axes, owned, page, text};

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

/// Where the list of methods begins, beside the chart, in pixels.
const KEY_LEFT: i32 = 600;

pub fn draw(file: &Path, out: &Path) -> anyhow::Result<()> {
    let read = std::fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
    let report: Report = serde_json::from_str(&read)?;
    let page = page(out);
    let (left, right) = page.split_horizontally(KEY_LEFT);
    let mut chart = ChartBuilder::on(&left)
        .margin(12)
        .x_label_area_size(34)
        .y_label_area_size(52)
        .build_cartesian_2d((0.2..24.0).log_scale(), 0.0..1.02)
        .map_err(owned)?;
    axes(&mut chart, "false alarms an hour", "share of events found")?;
    let rivals = report.rivals.into_iter().map(|rival| (rival.name, rival.figures));
    let mut methods: Vec<_> =
        std::iter::once(("skytrend".to_owned(), report.skytrend)).chain(rivals).zip(COLOURS).collect();
    // In the key as at one false alarm an hour.
    methods.sort_by(|((_, left), _), ((_, right), _)| {
        right.at_budgets[1].recall.total_cmp(&left.at_budgets[1].recall)
    });
    for (place, ((name, figures), colour)) in (0..).zip(methods) {
        let style = colour.stroke_width(if name == "skytrend" { 4 } else { 2 });
        let points = BUDGETS.into_iter().zip(figures.at_budgets.iter().map(|at| at.recall));
        chart.draw_series(LineSeries::new(points, style).point_size(3)).map_err(owned)?;
        let y = 30 + place * 26;
        right.draw(&PathElement::new([(0, y), (18, y)], style)).map_err(owned)?;
        right.draw(&Text::new(name, (26, y - 7), text(13))).map_err(owned)?;
    }
    page.present().map_err(owned)
}
