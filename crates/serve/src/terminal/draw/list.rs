//! The list: what was chosen, the table, why the selected one trends, the newest alerts, and what the columns mean.

use ratatui::text::{Line, Span};
use skytrend_event::{AlertKind, KeywordKind, Trend, TrendStatus, WindowKind};

use super::{Body, Canvas, Shown};
use crate::screen::columns::{self, Column};
use crate::screen::text::wrap;
use crate::screen::{headline, reasons};
use crate::terminal::app::App;
use crate::terminal::palette::Role;

/// Alerts shown below the table.
const ALERTS_MAX: usize = 3;

/// Lines of room from which on each of these is there; the table needs the first ones.
const ROOM_FOR_WHY: usize = 12;
const ROOM_FOR_LEGEND: usize = 14;
const ROOM_FOR_ALERTS: usize = 17;

/// Lines of reasons at the most.
const WHY_LINES_MAX: usize = 2;

const LEGEND: &str = "! alert · last hour: posts a minute · growth: times the usual · ▲ ▼ places won, lost · score: people \
                      more than usual · z: of its own ups and downs";

pub(super) fn lines(app: &App, canvas: Canvas, room: usize) -> Body {
    let rows = app.rows();
    let below = below(app, rows.get(app.row).map(|trend| -> &Trend { trend }), canvas, room);
    // Above are what was chosen and the titles.
    let rows_visible = room.saturating_sub(2 + below.len());
    let mut lines = vec![canvas.line(&chosen(app, rows.len()), Role::Plain)];
    if rows.is_empty() {
        lines.extend(nothing(app, canvas));
    } else {
        let columns = columns::layout(canvas.width);
        let titles: Vec<_> = columns.iter().map(|(column, width)| columns::title(*column, *width)).collect();
        lines.push(canvas.own(titles.join(" "), Role::Quiet));
        // The selected row stands in the middle, except near the ends.
        let first = app.row.saturating_sub(rows_visible / 2).min(rows.len().saturating_sub(rows_visible));
        for (at, trend) in rows.iter().enumerate().skip(first).take(rows_visible) {
            lines.push(row(&columns, canvas, trend, at == app.row));
        }
    }
    lines.truncate(rows_visible + 2);
    lines.resize(rows_visible + 2, Line::default());
    lines.extend(below);
    lines.truncate(room);
    Body { lines, shown: Shown { rows: rows_visible, scroll: 0 } }
}

/// `sliding window · by rank · 3 of 38 trends · only en`.
fn chosen(app: &App, listed: usize) -> String {
    let (choice, all) = (&app.choice, app.model.trends.len());
    let window = match app.window {
        WindowKind::Sliding => "sliding window",
        WindowKind::Tumbling => "tumbling window",
    };
    let reverse = if choice.is_reversed { ", reversed" } else { "" };
    let mut parts = vec![window.to_owned(), format!("by {}{reverse}", choice.sort.name())];
    if choice.is_filter() {
        parts.push(format!("{listed} of {all} trends"));
    }
    parts.extend(choice.language.as_ref().map(|language| format!("only {language}")));
    parts.extend(choice.kind.map(|kind| match kind {
        KeywordKind::Word => "only words".to_owned(),
        KeywordKind::Hashtag => "only hashtags".to_owned(),
        KeywordKind::Phrase => "only phrases".to_owned(),
    }));
    if !choice.text.is_empty() {
        parts.push(format!("only with \"{}\"", choice.text));
    }
    if app.is_paused {
        parts.push("paused, space goes on".to_owned());
    }
    parts.join(" · ")
}

/// What stands in the table's place.
fn nothing(app: &App, canvas: Canvas) -> Vec<Line<'static>> {
    let all = app.model.trends.len();
    let mut said = if all > 0 {
        vec![
            "Nothing here fits the filters".to_owned(),
            format!("There are {all} trends without them: Esc shows all."),
        ]
    } else {
        headline::empty_table(&app.model)
    };
    let heading = if said.is_empty() { String::new() } else { said.remove(0) };
    let mut lines = vec![Line::default(), canvas.line(&heading, Role::Strong)];
    lines.extend(said.iter().flat_map(|sentence| canvas.lines(sentence, Role::Plain)));
    lines
}

fn row(columns: &[(Column, usize)], canvas: Canvas, trend: &Trend, is_selected: bool) -> Line<'static> {
    let mut spans = Vec::with_capacity(2 * columns.len());
    for (column, width) in columns {
        let style = canvas.palette.style(role(*column, trend));
        spans.push(Span::styled(columns::cell(*column, *width, trend), style));
        spans.push(Span::raw(" "));
    }
    let line = Line::from(spans);
    if is_selected { line.style(canvas.palette.style(Role::Selected)) } else { line }
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

/// What stands below the table, as far as there is room.
fn below(app: &App, selected: Option<&Trend>, canvas: Canvas, room: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(trend) = selected.filter(|_| room >= ROOM_FOR_WHY) {
        let others: Vec<_> = trend.terms.iter().filter(|term| **term != trend.keyword).cloned().collect();
        let terms = if others.is_empty() { String::new() } else { format!(" · with {}", others.join(", ")) };
        let why = format!("{}: {}{terms}", trend.keyword, reasons::short(trend));
        let mut why = wrap(&why, canvas.width);
        // Always as many, so that the table does not jump from row to row.
        why.resize(WHY_LINES_MAX, String::new());
        lines.extend(why.iter().map(|line| canvas.line(line, Role::Plain)));
    }
    if room >= ROOM_FOR_ALERTS && !app.model.alerts.is_empty() {
        lines.push(canvas.line("alerts", Role::Strong));
        lines.extend(
            app.model
                .alerts
                .iter()
                .take(ALERTS_MAX)
                .map(|alert| canvas.line(&headline::alert(alert), alert_role(alert.kind))),
        );
    }
    if room >= ROOM_FOR_LEGEND {
        lines.push(canvas.line(LEGEND, Role::Quiet));
    }
    lines
}

pub(super) const fn alert_role(kind: AlertKind) -> Role {
    match kind {
        AlertKind::Started => Role::New,
        AlertKind::Ended => Role::Quiet,
    }
}
