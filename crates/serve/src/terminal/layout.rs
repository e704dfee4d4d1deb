//! Where everything stands: a function of the model and the terminal's size.

use ratatui::Frame;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use skytrend_event::{AlertKind, Trend, TrendStatus};

use super::palette::{Palette, Role};
use crate::screen::columns::{self, Column};
use crate::screen::text::{Align, fit};
use crate::screen::{Connection, ScreenModel, headline};

/// Alerts shown below the table.
const ALERTS_MAX: usize = 3;

/// Rows of the table that alerts leave it: on a lower terminal there are none.
const ROWS_BESIDE_ALERTS_MIN: usize = 5;

/// Lines above the rows: two of the header and the titles.
const LINES_ABOVE: usize = 3;

pub(super) fn draw(model: &ScreenModel, palette: Palette, frame: &mut Frame<'_>) {
    let area = frame.area();
    let lines = lines(model, palette, usize::from(area.width), usize::from(area.height));
    frame.render_widget(Paragraph::new(lines), area);
}

/// The whole screen from top to bottom; at most `height` lines of at most `width` columns.
fn lines(model: &ScreenModel, palette: Palette, width: usize, height: usize) -> Vec<Line<'static>> {
    let alerts = alerts_shown(model, height);
    let below = if alerts == 0 { 0 } else { alerts + 1 };
    let rows = height.saturating_sub(LINES_ABOVE + below);
    let mut lines = vec![
        source_line(model, palette, width),
        Line::styled(fit(&headline::numbers(model), width, Align::Left), palette.style(Role::Plain)),
    ];
    lines.extend(table(model, palette, width, rows));
    lines.resize(LINES_ABOVE + rows, Line::default());
    if alerts > 0 {
        lines.push(Line::styled(fit("alerts", width, Align::Left), palette.style(Role::Strong)));
        for alert in model.alerts.iter().take(alerts) {
            let role = match alert.kind {
                AlertKind::Started => Role::New,
                AlertKind::Ended => Role::Quiet,
            };
            lines.push(Line::styled(fit(&headline::alert(alert), width, Align::Left), palette.style(role)));
        }
    }
    lines.truncate(height);
    lines
}

/// As many as there are, and fit.
fn alerts_shown(model: &ScreenModel, height: usize) -> usize {
    let spare = height.saturating_sub(LINES_ABOVE + 1 + ROWS_BESIDE_ALERTS_MIN);
    model.alerts.len().min(ALERTS_MAX).min(spare)
}

/// Name and source at the left, the time at the right.
fn source_line(model: &ScreenModel, palette: Palette, width: usize) -> Line<'static> {
    let time = format!("  {}", headline::time(model));
    let time_width = time.chars().count(); // of digits and Latin letters
    let (name, rest) = ("skytrend  ", width.saturating_sub("skytrend  ".len() + time_width));
    let role = match model.connection {
        Connection::Connected => Role::Up,
        Connection::Connecting | Connection::Finished => Role::Plain,
        Connection::Reconnecting { .. } => Role::Down,
    };
    Line::from(vec![
        Span::styled(name, palette.style(Role::Strong)),
        Span::styled(fit(&headline::source(model), rest, Align::Left), palette.style(role)),
        Span::styled(time, palette.style(Role::Strong)),
    ])
}

fn table(model: &ScreenModel, palette: Palette, width: usize, rows: usize) -> Vec<Line<'static>> {
    if model.trends.is_empty() {
        let words = fit(&headline::empty_table(model), width, Align::Left);
        return vec![Line::default(), Line::styled(words, palette.style(Role::Plain))];
    }
    let columns = columns::layout(width);
    let titles: Vec<_> = columns.iter().map(|(column, width)| columns::title(*column, *width)).collect();
    let mut lines = vec![Line::styled(titles.join(" "), palette.style(Role::Quiet))];
    lines.extend(model.trends.iter().take(rows).map(|trend| row(&columns, palette, trend)));
    lines
}

fn row(columns: &[(Column, usize)], palette: Palette, trend: &Trend) -> Line<'static> {
    let mut spans = Vec::with_capacity(2 * columns.len());
    for (column, width) in columns {
        let style = palette.style(role(*column, trend));
        spans.push(Span::styled(columns::cell(*column, *width, trend), style));
        spans.push(Span::raw(" "));
    }
    Line::from(spans)
}

const fn role(column: Column, trend: &Trend) -> Role {
    match (column, trend.rank_change, trend.status) {
        (Column::Keyword, ..) => Role::Strong,
        (Column::Sample, ..) => Role::Quiet,
        (Column::Change, None, _) | (Column::Status, _, TrendStatus::Started) => Role::New,
        (Column::Change, Some(1..), _) | (Column::Status, _, TrendStatus::Rising) => Role::Up,
        (Column::Change, Some(i32::MIN..=-1), _) | (Column::Status, _, TrendStatus::Fading) => Role::Down,
        _ => Role::Plain,
    }
}
