//! The open alerts of watchlists in a snapshot. What else is known of a list is in the keywords.

use super::SnapshotError;
use super::bytes::{Reader, Writer};
use crate::watch::{OpenWatch, WatchAlerts};

pub(super) fn write(writer: &mut Writer<'_>, alerts: &WatchAlerts) {
    writer.count(alerts.open.len());
    for (name, open) in &alerts.open {
        writer.text(name);
        writer.signed(open.started_at.0);
        writer.option(open.weak_since, |writer, since| writer.signed(since.0));
    }
}

/// Those of lists that are no more, too: they end with the next window.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<WatchAlerts, SnapshotError> {
    let mut alerts = WatchAlerts::default();
    for _ in 0..reader.count("number of alerts of watchlists")? {
        let name = reader.short_text("name of a watchlist")?.to_owned();
        let open = OpenWatch {
            started_at: reader.instant("start of a watchlist's alert")?,
            weak_since: reader.option(|reader| reader.instant("fall of a watchlist's alert"))?,
        };
        alerts.open.insert(name, open);
    }
    Ok(alerts)
}
