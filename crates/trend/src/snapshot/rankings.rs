//! What was ranked before, in a snapshot.

use skytrend_event::TrendStatus;

use super::SnapshotError;
use super::bytes::{Reader, Writer};
use super::keywords::{kind_byte, read_kind};
use crate::rank::{Episode, KeywordKey, OpenAlert, Ranking};

pub(super) fn write(writer: &mut Writer<'_>, ranking: &Ranking) {
    writer.count(ranking.episodes.len());
    for (key, episode) in &ranking.episodes {
        write_key(writer, key);
        writer.signed(episode.started_at.0);
        writer.byte(status_byte(episode.status));
        writer.float(episode.observed);
        writer.float(episode.observed_max);
        writer.number(u64::from(episode.rank));
        writer.byte(u8::from(episode.is_known));
        writer.text(&episode.display);
    }
    writer.count(ranking.alerts.len());
    for (key, alert) in &ranking.alerts {
        write_key(writer, key);
        writer.signed(alert.started_at.0);
        writer.option(alert.below_since, |writer, since| writer.signed(since.0));
        writer.text(&alert.display);
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Ranking, SnapshotError> {
    let mut ranking = Ranking::default();
    for _ in 0..reader.count("number of trends")? {
        let key = read_key(reader)?;
        let episode = Episode {
            started_at: reader.instant("start of a trend")?,
            status: read_status(reader)?,
            observed: reader.float("authors of a trend")?,
            observed_max: reader.float("most authors of a trend")?,
            rank: reader.small("rank")?,
            is_known: reader.flag("output before")?,
            display: reader.short_text("name of a trend")?.to_owned(),
        };
        ranking.episodes.insert(key, episode);
    }
    for _ in 0..reader.count("number of alerts")? {
        let key = read_key(reader)?;
        let alert = OpenAlert {
            started_at: reader.instant("start of an alert")?,
            below_since: reader.option(|reader| reader.instant("fall of an alert"))?,
            display: reader.short_text("name of an alert")?.to_owned(),
        };
        ranking.alerts.insert(key, alert);
    }
    Ok(ranking)
}

fn write_key(writer: &mut Writer<'_>, key: &KeywordKey) {
    writer.text(&key.0);
    writer.byte(kind_byte(key.1));
}

fn read_key(reader: &mut Reader<'_>) -> Result<KeywordKey, SnapshotError> {
    Ok((reader.short_text("keyword of a trend")?.to_owned(), read_kind(reader)?))
}

fn status_byte(status: TrendStatus) -> u8 {
    match status {
        TrendStatus::Started => 0,
        TrendStatus::Rising => 1,
        TrendStatus::Peaking => 2,
        TrendStatus::Fading => 3,
        TrendStatus::Ended => 4,
    }
}

fn read_status(reader: &mut Reader<'_>) -> Result<TrendStatus, SnapshotError> {
    match reader.byte("status")? {
        0 => Ok(TrendStatus::Started),
        1 => Ok(TrendStatus::Rising),
        2 => Ok(TrendStatus::Peaking),
        3 => Ok(TrendStatus::Fading),
        4 => Ok(TrendStatus::Ended),
        _ => Err(reader.malformed("status")),
    }
}
