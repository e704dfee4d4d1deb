//! The trends as plain text, for when nobody sees a terminal: a pipe, a file, a service's log.

use std::io::{self, Write};

use crate::screen::columns::{cell, layout, title};
use crate::screen::{ScreenModel, headline};

/// Rows of one block: it is written once for each slide of the window.
const ROWS_MAX: usize = 10;

/// Wide enough for every column and a readable sample.
const COLUMNS: usize = 160;

/// Writes one block: a line about the source, the first ten trends, and the alerts of this window. To be called when
/// the newest window has changed.
pub fn write(model: &ScreenModel, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{} · {} · {}", headline::time(model), headline::source(model), headline::numbers(model))?;
    for notice in headline::notices(model) {
        writeln!(out, "  {notice}")?;
    }
    if model.trends.is_empty() {
        for sentence in headline::empty_table(model) {
            writeln!(out, "  {sentence}")?;
        }
    } else {
        let columns = layout(COLUMNS);
        let titles: Vec<_> = columns.iter().map(|(column, width)| title(*column, *width)).collect();
        writeln!(out, "{}", titles.join(" ").trim_end())?;
        for trend in model.trends.iter().take(ROWS_MAX) {
            let cells: Vec<_> = columns.iter().map(|(column, width)| cell(*column, *width, trend)).collect();
            writeln!(out, "{}", cells.join(" ").trim_end())?;
        }
    }
    for alert in model.alerts.iter().filter(|alert| Some(alert.window_end) == model.window_end) {
        writeln!(out, "alert {}", headline::alert(alert))?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use skytrend_event::{AlertKind, Trend, TrendStatus};

    use super::*;
    use crate::example::{alert, at, trend};
    use crate::screen::{Connection, WarmUp};

    fn written(model: &ScreenModel) -> String {
        let mut out = Vec::new();
        write(model, &mut out).expect("a Vec takes all");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_block_has_a_headline_rows_and_the_windows_alerts() {
        let hostile =
            Trend { status: TrendStatus::Started, rank_change: None, ..trend("\u{1b}[2J東京", 2, 10) };
        let model = ScreenModel {
            source: "simulated world".to_owned(),
            connection: Connection::Connected,
            dashboard: None,
            simulated_time: true,
            window_start: Some(at(0)),
            window_end: Some(at(10)),
            events_per_second: Some(1_234.0),
            lag_seconds: Some(0.25),
            warm_up: Some(WarmUp { minutes: 14, minutes_needed: 60 }),
            trends: vec![Arc::new(trend("quake", 1, 10)), Arc::new(hostile)],
            alerts: vec![
                Arc::new(alert("quake", AlertKind::Started, 10)),
                Arc::new(alert("earlier", AlertKind::Ended, 9)),
            ],
            waiting: Vec::new(),
            notice: None,
        };
        assert_eq!(written(&model), include_str!("plain/block.txt"));
    }

    #[test]
    fn an_empty_table_says_what_it_waits_for() {
        let waiting =
            ScreenModel { waiting: vec!["Waiting for a post".to_owned()], ..ScreenModel::default() };
        assert!(written(&waiting).contains("\n  Waiting for a post\n"));
        assert!(written(&ScreenModel::default()).contains("Nothing is trending"));
    }

    #[test]
    fn why_the_source_is_lost_stands_whole() {
        let reason = format!("can't reach {}: refused", "wss://a.example/".repeat(20));
        let connection = Connection::Reconnecting { reason: reason.clone() };
        assert!(written(&ScreenModel { connection, ..ScreenModel::default() }).contains(&reason));
    }
}
