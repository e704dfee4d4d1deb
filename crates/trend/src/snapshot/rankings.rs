//! What was ranked before, in a snapshot.

use skytrend_event::TrendStatus;

use super::SnapshotError;
use super::bytes::{Reader, Writer};
use super::keywords::{kind_byte, read_kind};
use crate::rank::{KeywordKey, OpenAlert, Ranking, Standing, Topic, TopicId};

pub(super) fn write(writer: &mut Writer<'_>, ranking: &Ranking) {
    writer.count(ranking.standing.len());
    for (key, standing) in &ranking.standing {
        write_key(writer, key);
        writer.fixed(standing.topic.0);
        writer.option(standing.below_since, |writer, since| writer.signed(since.0));
    }
    writer.count(ranking.topics.len());
    for (id, topic) in &ranking.topics {
        writer.fixed(id.0);
        write_key(writer, &topic.leader);
        writer.text(&topic.display);
        writer.signed(topic.started_at.0);
        writer.byte(status_byte(topic.status));
        writer.float(topic.observed_max);
        writer.number(u64::from(topic.rank));
        writer.byte(u8::from(topic.is_known));
    }
    writer.count(ranking.alerts.len());
    for (id, alert) in &ranking.alerts {
        writer.fixed(id.0);
        write_key(writer, &alert.key);
        writer.text(&alert.display);
        writer.signed(alert.started_at.0);
        writer.option(alert.below_since, |writer, since| writer.signed(since.0));
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Ranking, SnapshotError> {
    let mut ranking = Ranking::default();
    for _ in 0..reader.count("number of standing keywords")? {
        let key = read_key(reader)?;
        let standing = Standing {
            topic: TopicId(reader.fixed("topic of a keyword")?),
            below_since: reader.option(|reader| reader.instant("fall of a keyword"))?,
        };
        ranking.standing.insert(key, standing);
    }
    for _ in 0..reader.count("number of topics")? {
        let id = TopicId(reader.fixed("topic")?);
        let topic = Topic {
            leader: read_key(reader)?,
            display: reader.short_text("name of a topic")?.to_owned(),
            started_at: reader.instant("start of a topic")?,
            status: read_status(reader)?,
            observed_max: reader.float("most authors of a topic")?,
            rank: reader.small("rank")?,
            is_known: reader.flag("output before")?,
        };
        ranking.topics.insert(id, topic);
    }
    for _ in 0..reader.count("number of alerts")? {
        let id = TopicId(reader.fixed("topic of an alert")?);
        let alert = OpenAlert {
            key: read_key(reader)?,
            display: reader.short_text("name of an alert")?.to_owned(),
            started_at: reader.instant("start of an alert")?,
            below_since: reader.option(|reader| reader.instant("fall of an alert"))?,
        };
        ranking.alerts.insert(id, alert);
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
