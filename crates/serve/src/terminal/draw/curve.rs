//! A keyword's posts over time against what is usual, as rows of blocks: readable without colours.
//!
//! The band is the dashboard's (`dashboard/chart-words.js`): twice the usual deviation to each side of what is
//! expected, `expected ± 2·sqrt(expected + dispersion·expected²)`.

use std::collections::BTreeMap;

use skytrend_event::time::MINUTE;
use skytrend_event::{Micros, Trend};

use crate::screen::headline::hour_and_minute;
use crate::screen::number::{count, rounded};
use crate::view::KeywordHistory;

/// Columns of the numbers at the left, and the space after them.
const AXIS_WIDTH: usize = 6;

const EIGHTHS: [char; 8] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇'];

/// One window, or one minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CurvePoint {
    pub(super) end: Micros,
    pub(super) posts: f64,
    pub(super) expected: Option<f64>,
    /// From where to where it would be nothing special.
    pub(super) band: Option<(f64, f64)>,
}

/// What is known of the keyword in windows of the trend's kind, oldest first; before there is a history, the minutes of
/// the trend's own last hour.
pub(super) fn points(history: Option<&KeywordHistory>, trend: &Trend) -> Vec<CurvePoint> {
    let mut by_end = BTreeMap::<Micros, CurvePoint>::new();
    let history = history.filter(|held| {
        held.kind == trend.kind
            && held.normalized_keyword == trend.normalized_keyword
            && held.counts.len() > 1
    });
    let Some(history) = history else { return minutes(trend) };
    for point in history.counts.iter().filter(|point| point.window == trend.window) {
        let posts = point.count as f64;
        by_end.insert(
            point.window_end,
            CurvePoint { end: point.window_end, posts, expected: None, band: None },
        );
    }
    for point in history.history.iter().filter(|point| point.window == trend.window) {
        let reach = 2.0 * (point.expected + point.dispersion * point.expected * point.expected).sqrt();
        let band = reach.is_finite().then_some(((point.expected - reach).max(0.0), point.expected + reach));
        let posts = by_end.get(&point.window_end).map_or(point.frequency as f64, |known| known.posts);
        let expected = Some(point.expected).filter(|expected| expected.is_finite());
        by_end.insert(point.window_end, CurvePoint { end: point.window_end, posts, expected, band });
    }
    by_end.into_values().collect()
}

fn minutes(trend: &Trend) -> Vec<CurvePoint> {
    let before = (0..trend.sparkline.len()).rev();
    let point = |(posts, minutes_before): (&u32, usize)| {
        let micros = i64::try_from(minutes_before).unwrap_or(0).saturating_mul(-MINUTE);
        let end = Micros(trend.window_end.0.saturating_add(micros));
        CurvePoint { end, posts: f64::from(*posts), expected: None, band: None }
    };
    trend.sparkline.iter().zip(before).map(point).collect()
}

/// The curve in a sentence.
pub(super) fn summary(points: &[CurvePoint]) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return "No counts are kept of this time.".to_owned();
    };
    let peak = points.iter().fold(first, |best, point| if point.posts > best.posts { point } else { best });
    let expected = last.expected.map(|expected| format!(", where {} were expected", rounded(expected)));
    format!(
        "From {} to {}: at most {} posts, at {}; {} in the last{}.",
        hour_and_minute(first.end),
        hour_and_minute(last.end),
        whole(peak.posts),
        hour_and_minute(peak.end),
        whole(last.posts),
        expected.unwrap_or_default(),
    )
}

/// `height` lines of at most `width` columns, the highest first, and below them the times of both ends. Nothing where
/// there is nothing to draw, or no room.
pub(super) fn curve(points: &[CurvePoint], width: usize, height: usize) -> Vec<String> {
    let columns = columns(points, width.saturating_sub(AXIS_WIDTH));
    let highest = columns.iter().flatten().fold(0.0, |highest: f64, column| {
        highest.max(column.posts).max(column.band.map_or(0.0, |(_, high)| high))
    });
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    if columns.is_empty() || highest <= 0.0 {
        return Vec::new();
    }
    let unit = highest / height.max(1) as f64;
    let mut lines: Vec<_> = (0..height)
        .rev()
        .map(|row| {
            let label = if row + 1 == height {
                whole(highest)
            } else if row == 0 {
                "0".to_owned()
            } else {
                String::new()
            };
            let cells =
                columns.iter().map(|column| column.map_or(' ', |column| cell(&column, row as f64, unit)));
            format!("{label:>width$} ", width = AXIS_WIDTH - 1) + &cells.collect::<String>()
        })
        .collect();
    let (from, to) = (hour_and_minute(first.end), hour_and_minute(last.end));
    let between = columns.len().saturating_sub(from.len() + to.len());
    lines.push(format!("{:AXIS_WIDTH$}{from}{:between$}{to}", "", ""));
    lines
}

/// What is drawn in each column; none where nothing is known of that time. Of several points in a column the highest is
/// drawn, and a point lasts until the next is due.
fn columns(points: &[CurvePoint], width: usize) -> Vec<Option<CurvePoint>> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    let steps = points.windows(2).map(|pair| pair[1].end.0.saturating_sub(pair[0].end.0));
    let step = steps.filter(|step| *step > 0).min().unwrap_or(MINUTE);
    let span = last.end.0.saturating_sub(first.end.0).saturating_add(step);
    let mut drawn = vec![None::<CurvePoint>; width];
    for point in points {
        let column_of = |micros: i64| {
            let share = micros.saturating_sub(first.end.0) as f64 / span as f64;
            at_least_zero((share * width as f64).round()).min(width)
        };
        let from = column_of(point.end.0).min(width.saturating_sub(1));
        let to = column_of(point.end.0.saturating_add(step)).max(from + 1).min(width);
        for column in drawn.iter_mut().take(to).skip(from) {
            if column.is_none_or(|drawn| drawn.posts <= point.posts) {
                *column = Some(*point);
            }
        }
    }
    drawn
}

/// The character of a column in a row that goes from `row * unit` to `(row + 1) * unit` posts.
fn cell(point: &CurvePoint, row: f64, unit: f64) -> char {
    let filled = point.posts / unit - row;
    let is_usual = point.band.is_some_and(|(low, high)| low / unit < row + 1.0 && high / unit > row);
    match (is_usual, filled) {
        (true, filled) if filled >= 0.5 => '▓',
        (true, _) => '░',
        (false, filled) if filled >= 1.0 => '█',
        // One post is at least the lowest block.
        (false, filled) if filled > 0.0 => EIGHTHS[at_least_zero(filled * 8.0).clamp(1, 7)],
        (false, _) => ' ',
    }
}

fn whole(posts: f64) -> String {
    count(at_least_zero(posts.round()) as u64)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is below zero or no number becomes zero, and what is too large the largest"
)]
const fn at_least_zero(x: f64) -> usize {
    x as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::example::at;

    fn point(minute: i64, posts: f64, band: Option<(f64, f64)>) -> CurvePoint {
        CurvePoint { end: at(minute), posts, expected: None, band }
    }

    #[test]
    fn posts_stand_out_of_what_is_usual_and_gaps_stay_empty() {
        let points = [point(0, 1.0, Some((0.0, 2.0))), point(1, 4.0, Some((0.0, 2.0))), point(3, 3.0, None)];
        let lines = curve(&points, AXIS_WIDTH + 4, 4);
        assert_eq!(lines[..4], ["    4  █  ", "       █ █", "      ░▓ █", "    0 ▓▓ █"]);
        assert_eq!(summary(&points), "From 12:00 to 12:03: at most 4 posts, at 12:01; 3 in the last.");
    }

    #[test]
    fn nothing_is_no_curve() {
        assert_eq!(curve(&[], 80, 5), Vec::<String>::new());
        assert_eq!(curve(&[point(0, 0.0, None)], 80, 5), Vec::<String>::new());
        assert_eq!(summary(&[]), "No counts are kept of this time.");
    }

    proptest! {
        #[test]
        fn any_points_fit(
            posts in prop::collection::vec((any::<i64>(), 0.0..1e12_f64, prop::option::of(0.0..1e12_f64)), 0..50),
            width in 0..120_usize, height in 0..20_usize,
        ) {
            let mut points: Vec<_> = posts
                .iter()
                .map(|(end, posts, high)| {
                    let band = high.map(|high| (high / 2.0, high));
                    CurvePoint { end: Micros(*end), posts: *posts, expected: None, band }
                })
                .collect();
            points.sort_by_key(|point| point.end);
            for line in curve(&points, width, height).iter().take(height) {
                prop_assert!(line.chars().count() <= width, "{line:?}");
            }
            summary(&points);
        }
    }
}
