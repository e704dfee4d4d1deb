//! Open minutes in a snapshot: their events in the order of arrival.

use std::collections::BTreeMap;

use skytrend_event::time::MINUTE;
use skytrend_event::{EventId, KeywordKind, Micros, PostAction};

use super::SnapshotError;
use super::bytes::{Reader, Writer};
use super::keywords::{Held, Places, read_use, write_uses};
use super::posts::{read_languages, write_languages};
use crate::Detector;
use crate::engine::start_of;
use crate::extract::{Link, hash_of};
use crate::pane::{PendingEvent, PendingPane};
use crate::signature::Signature;
use crate::thinning::EngagementKind;

pub(super) fn write(writer: &mut Writer<'_>, panes: &BTreeMap<i64, PendingPane>, places: &Places) {
    writer.count(panes.len());
    for (&minute, pane) in panes {
        writer.signed(minute);
        writer.count(pane.events.len());
        for event in &pane.events {
            writer.byte(action_byte(event.action, event.engagement));
            writer.number((event.witnessed.0 - start_of(minute).0).cast_unsigned());
            writer.fixed(event.event_id.0);
            writer.fixed(event.author_hash);
            writer.text(pane.uri(event));
            writer.text(pane.post_text(event));
            write_languages(writer, event.languages);
            writer.fixed(event.signature.0);
            let uses = event.keywords_start..event.keywords_start + u32::from(event.keywords_len);
            write_uses(writer, &pane.keywords[uses.start as usize..uses.end as usize], places);
            for place in uses {
                writer.text(pane.mixed_form(place));
            }
            let links = pane.links_of(event);
            writer.count(links.len());
            for &link in links {
                writer.byte(link.first);
                writer.byte(link.second);
                writer.text(pane.phrase(link));
            }
        }
    }
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    detector: &mut Detector,
    held: &[Held],
) -> Result<(), SnapshotError> {
    for _ in 0..reader.count("number of open minutes")? {
        let minute = reader.minute("open minute")?;
        let mut pane = PendingPane::default();
        for _ in 0..reader.count("number of events")? {
            read_event(reader, detector, held, minute, &mut pane)?;
        }
        detector.pending_events += pane.events.len();
        let is_open = detector.open_from.is_none_or(|open| open <= minute);
        if !is_open || detector.pending.insert(minute, pane).is_some() {
            return Err(reader.malformed("open minute"));
        }
    }
    Ok(())
}

fn read_event(
    reader: &mut Reader<'_>,
    detector: &mut Detector,
    held: &[Held],
    minute: i64,
    pane: &mut PendingPane,
) -> Result<(), SnapshotError> {
    let (action, engagement) = read_action(reader)?;
    let into_minute = reader.number_up_to(MINUTE.cast_unsigned() - 1, "time of an event")?;
    let event_id = EventId(reader.fixed("event id")?);
    let author_hash = reader.fixed("author")?;
    let (uri, text) = (reader.short_text("URI")?, reader.short_text("text")?);
    let mut event = PendingEvent {
        action,
        engagement,
        witnessed: Micros(start_of(minute).0 + into_minute.cast_signed()),
        event_id,
        author_hash,
        text_start: pane.text.len() as u32,
        uri_len: uri.len() as u16,
        text_len: text.len() as u16,
        keywords_start: pane.keywords.len() as u32,
        keywords_len: 0,
        links_start: pane.links.len() as u32,
        links_len: 0,
        languages: read_languages(reader)?,
        signature: Signature(reader.fixed("signature")?),
    };
    pane.text.push_str(uri);
    pane.text.push_str(text);
    let count = reader.number_up_to(u64::from(u8::MAX), "number of keywords of an event")?;
    let brings_post = matches!(action, PostAction::Created | PostAction::Updated) && engagement.is_none();
    if count > 0 && !brings_post {
        return Err(reader.malformed("keywords of a retraction"));
    }
    let mut uses = Vec::new();
    for _ in 0..count {
        uses.push(read_use(reader, held, &mut detector.engine.keywords)?);
    }
    for used in uses {
        pane.push_keyword(used, reader.short_text("form of a keyword")?);
        event.keywords_len += 1;
    }
    let links = reader.number_up_to(u64::from(u8::MAX), "number of links of an event")?;
    for _ in 0..links {
        let (first, second) = (reader.byte("end of a link")?, reader.byte("end of a link")?);
        if first.max(second) >= event.keywords_len {
            return Err(reader.malformed("end of a link"));
        }
        let phrase = reader.short_text("phrase")?;
        pane.push_link(Link { first, second, phrase, hash: hash_of(KeywordKind::Phrase, phrase) });
        event.links_len += 1;
    }
    pane.events.push(event);
    Ok(())
}

/// What there may be: of posts, then of engagements with the kind's number before it.
const ACTIONS: [(u8, PostAction, Option<EngagementKind>); 9] = [
    (0, PostAction::Created, None),
    (1, PostAction::Updated, None),
    (2, PostAction::Deleted, None),
    (3, PostAction::AuthorRemoved, None),
    (4, PostAction::Heartbeat, None),
    (16, PostAction::Created, Some(EngagementKind::Repost)),
    (18, PostAction::Deleted, Some(EngagementKind::Repost)),
    (32, PostAction::Created, Some(EngagementKind::Like)),
    (34, PostAction::Deleted, Some(EngagementKind::Like)),
];

fn action_byte(action: PostAction, engagement: Option<EngagementKind>) -> u8 {
    let found = ACTIONS.into_iter().find(|&(_, of, by)| (of, by) == (action, engagement));
    found.map_or(4, |(byte, ..)| byte)
}

fn read_action(reader: &mut Reader<'_>) -> Result<(PostAction, Option<EngagementKind>), SnapshotError> {
    let byte = reader.byte("action")?;
    let found = ACTIONS.into_iter().find(|&(known, ..)| known == byte);
    found.map(|(_, action, engagement)| (action, engagement)).ok_or_else(|| reader.malformed("action"))
}
