//! The alerts, and the help.

use ratatui::text::{Line, Span};

use super::Canvas;
use super::list::alert_role;
use crate::screen::headline;
use crate::screen::text::{Align, fit, wrap};
use crate::terminal::app::App;
use crate::terminal::keys::{HELP, LEGEND};
use crate::terminal::palette::Role;

/// Width of the keys, and of the names of columns.
const NAMES_WIDTH: usize = 16;

pub(super) fn alerts(app: &App, canvas: Canvas) -> Vec<Line<'static>> {
    let mut lines = vec![canvas.line("Alerts, newest first", Role::Strong)];
    if app.model.alerts.is_empty() {
        lines.extend(
            canvas.lines("None yet: an alert comes when a trend is strong (z from 6 on).", Role::Plain),
        );
    }
    lines.extend(app.model.alerts.iter().map(|alert| {
        let list = alert.watchlist.as_deref().map(|_| " (watchlist)").unwrap_or_default();
        let text = format!("{}, z {:.1} [{}]{list}", headline::alert(alert), alert.z_score, alert.language);
        canvas.line(&text, alert_role(alert.kind))
    }));
    lines
}

pub(super) fn help(canvas: Canvas) -> Vec<Line<'static>> {
    let mut lines = vec![canvas.line("Keys", Role::Strong)];
    lines.extend(HELP.iter().flat_map(|entry| named(*entry, canvas)));
    lines.extend([Line::default(), canvas.line("Columns and signs", Role::Strong)]);
    lines.extend(LEGEND.iter().flat_map(|entry| named(*entry, canvas)));
    lines
}

/// A name and its meaning beside it.
fn named((name, meaning): (&str, &str), canvas: Canvas) -> Vec<Line<'static>> {
    let wrapped = wrap(meaning, canvas.width.saturating_sub(NAMES_WIDTH));
    let names = std::iter::once(name).chain(std::iter::repeat(""));
    let line = |(name, meaning): (&str, String)| {
        let name = Span::styled(fit(name, NAMES_WIDTH, Align::Left), canvas.palette.style(Role::Strong));
        Line::from(vec![name, Span::raw(meaning)])
    };
    names.zip(wrapped).map(line).collect()
}
