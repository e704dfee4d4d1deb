//! The words above and around the table.

use skytrend_event::{Alert, AlertKind, Micros};

use super::number::{count, decimal, factor};
use super::text::clean;
use super::{Connection, ScreenModel};

/// Source and connection: `simulated world, connected`. Why it is lost stands in [`notices`].
pub(crate) fn source(model: &ScreenModel) -> String {
    let connection = match &model.connection {
        Connection::Connecting => "connecting",
        Connection::Connected => "connected",
        Connection::Reconnecting { .. } => "reconnecting",
        Connection::NotReading => "not reading the network",
        Connection::Finished => "finished",
    };
    format!("{}, {connection}", clean(&model.source))
}

/// What stands before all else: that the server is away, and why the source is.
pub(crate) fn notices(model: &ScreenModel) -> Vec<String> {
    let lost = match &model.connection {
        Connection::Reconnecting { reason } => Some(clean(reason)),
        _ => None,
    };
    model.notice.as_deref().map(clean).into_iter().chain(lost).collect()
}

/// The newest window's end: `2025-03-01 12:34 UTC`, and whether that time is simulated.
pub(crate) fn time(model: &ScreenModel) -> String {
    let Some(end) = model.window_end else { return "no window yet".to_owned() };
    let kind = if model.simulated_time { " (simulated)" } else { "" };
    format!("{} UTC{kind}", minute(end))
}

/// Speed, lag, warm-up and the window: `1.2k events/s · lag 1.2 s · warming up, 14 of 60 min · 20 trends of
/// 12:24–12:34 · http://127.0.0.1:7077/`.
pub(crate) fn numbers(model: &ScreenModel) -> String {
    let mut parts = Vec::new();
    if let Some(rate) = model.events_per_second {
        parts.push(format!("{} events/s", decimal(rate)));
    }
    if let Some(lag) = model.lag_seconds {
        parts.push(format!("lag {} s", decimal(lag)));
    }
    if let Some(warm_up) = model.warm_up {
        parts.push(format!("warming up, {} of {} min", warm_up.minutes, warm_up.minutes_needed));
    }
    if let (Some(start), Some(end)) = (model.window_start, model.window_end) {
        let trends = model.trends.len();
        let noun = if trends == 1 { "trend" } else { "trends" };
        parts.push(format!("{trends} {noun} of {}–{}", hour_and_minute(start), hour_and_minute(end)));
    }
    parts.extend(model.dashboard.clone());
    parts.join(" · ")
}

/// What stands in the table's place while it is empty: a heading and sentences.
pub(crate) fn empty_table(model: &ScreenModel) -> Vec<String> {
    if model.waiting.is_empty() {
        return vec!["Nothing is trending".to_owned()];
    }
    model.waiting.iter().map(|sentence| clean(sentence)).collect()
}

/// An alert on one line: `12:34 started · #quake · 412 posts by 371 authors, ×27.4`.
pub(crate) fn alert(alert: &Alert) -> String {
    let kind = match alert.kind {
        AlertKind::Started => "started",
        AlertKind::Ended => "ended",
    };
    let (posts, authors) = (count(alert.frequency), count(alert.unique_authors));
    let keyword = clean(&alert.keyword);
    let when = hour_and_minute(alert.window_end);
    format!("{when} {kind} · {keyword} · {posts} posts by {authors} authors, {}", factor(alert.growth_rate))
}

/// `2025-03-01 12:34` of the instant, UTC.
fn minute(instant: Micros) -> String {
    let civil = instant.civil();
    format!("{:04}-{:02}-{:02} {}", civil.year, civil.month, civil.day, hour_and_minute(instant))
}

/// `12:34` of the instant, UTC.
pub(crate) fn hour_and_minute(instant: Micros) -> String {
    let civil = instant.civil();
    format!("{:02}:{:02}", civil.hour, civil.minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dashboards_address_is_told_before_anything_is_known() {
        let model =
            ScreenModel { dashboard: Some("http://127.0.0.1:7077/".to_owned()), ..ScreenModel::default() };
        assert_eq!(numbers(&model), "http://127.0.0.1:7077/");
    }
}
