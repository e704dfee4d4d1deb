//! What all charts have in common: size, colours, and colours that are read in light and dark.

use std::path::Path;

use anyhow::anyhow;
use plotters::coord::Shift;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;

/// Width and height in pixels.
const SIZE: (u32, u32) = (860, 380);
/// Text and axes: grey enough for light and dark pages.
pub const INK: RGBColor = RGBColor(128, 128, 128);
/// One for each line, told apart by colour-blind people too (Okabe and Ito, and two more).
pub const COLOURS: [RGBColor; 9] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(148, 148, 148),
    RGBColor(150, 100, 50),
    RGBColor(200, 190, 40),
];

/// The drawing area of a page.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// An empty page with nothing behind it, so that it is read on light and dark.
pub fn page(out: &Path) -> Area<'_> {
    SVGBackend::new(out, SIZE).into_drawing_area()
}

/// Text of so many pixels.
pub fn text(pixels: u32) -> TextStyle<'static> {
    ("sans-serif", pixels).into_font().color(&INK)
}

/// Any error of drawing, which borrows the page, as one that does not.
pub fn owned(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("can't draw: {error}")
}

/// Draws the axes and lines across the page.
pub fn axes<X, Y>(
    chart: &mut ChartContext<'_, SVGBackend<'_>, Cartesian2d<X, Y>>,
    x_name: &str,
    y_name: &str,
) -> anyhow::Result<()>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(INK.mix(0.25))
        .axis_style(INK)
        .label_style(text(13))
        .x_desc(x_name)
        .y_desc(y_name)
        .draw()
        .map_err(owned)
}

/// What stands for a line in the list of lines: a stroke as wide.
pub fn stroke(colour: RGBColor, width: u32) -> impl Fn((i32, i32)) -> PathElement<(i32, i32)> {
    move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(width))
}

/// Draws the list of lines.
pub fn legend<'a, X, Y>(
    chart: &mut ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>,
    position: SeriesLabelPosition,
) -> anyhow::Result<()>
where
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    chart.configure_series_labels().position(position).label_font(text(13)).draw().map_err(owned)
}
