//! Posts: `app.bsky.feed.post`. The text is what counts; what decorates it is believed only where it is valid.
//! Source: the lexicons `app.bsky.feed.post`, `app.bsky.richtext.facet`, `app.bsky.embed.*`.

mod facets;
mod parts;

use std::borrow::Cow;

use serde::Deserialize;
use skytrend_event::{PostAction, PostData, PostEvent};

use super::shape::{List, Loose, Text, map_shape};
use super::{About, Flaw, check_type, created_at, read};
use crate::DropReason;
use crate::wire::{Action, Op};

/// The lexicon's own limit. Its other one, 300 graphemes, is not enforced: it takes Unicode tables to count them,
/// and 3,000 bytes bound the work as well.
pub(crate) const TEXT_BYTES_MAX: usize = 3_000;

#[derive(Deserialize)]
struct PostRecord<'a> {
    #[serde(rename = "$type", borrow, default)]
    kind: Loose<Text<'a>>,
    #[serde(borrow, default)]
    text: Loose<Text<'a>>,
    #[serde(rename = "createdAt", borrow, default)]
    created_at: Loose<Text<'a>>,
    #[serde(borrow, default)]
    langs: Loose<List<Text<'a>>>,
    #[serde(borrow, default)]
    tags: Loose<List<Text<'a>>>,
    #[serde(borrow, default)]
    facets: Loose<List<facets::Facet<'a>>>,
    #[serde(borrow, default)]
    reply: Loose<parts::Reply<'a>>,
    #[serde(borrow, default)]
    embed: Loose<parts::Embed<'a>>,
    #[serde(borrow, default)]
    labels: Loose<parts::SelfLabels<'a>>,
}

map_shape!(PostRecord);

/// The event that an operation on a post is.
pub fn event<'a>(
    about: About<'_, 'a>,
    op: &Op<'a>,
    flaws: &mut Vec<Flaw>,
) -> Result<PostEvent<'a>, DropReason> {
    Ok(PostEvent {
        action: match op.action {
            Action::Create => PostAction::Created,
            Action::Update => PostAction::Updated,
            Action::Delete => PostAction::Deleted,
        },
        data: data(&about, op, flaws)?,
        uri: about.uri,
        author_did: about.commit.did.clone(),
        rev: Some(about.commit.rev.clone()),
        witnessed_at: about.commit.at.time,
        event_id: about.event_id,
    })
}

fn data<'a>(
    about: &About<'_, 'a>,
    op: &Op<'a>,
    flaws: &mut Vec<Flaw>,
) -> Result<Option<PostData<'a>>, DropReason> {
    let Some(record) = read::<PostRecord<'a>>(op.body)? else { return Ok(None) };
    check_type(&record.kind, op)?;
    let Text(text) = record.text.value().ok_or(DropReason::MissingText)?;
    if text.len() > TEXT_BYTES_MAX {
        return Err(DropReason::TextTooLong);
    }
    if text.is_empty() {
        flaws.push(Flaw::new(DropReason::EmptyText));
    }
    let mut found = facets::Found::default();
    facets::read(record.facets, &text, &mut found, flaws);
    parts::tags(record.tags, &mut found.hashtags, flaws);
    parts::embedded_link(record.embed, &mut found.links, flaws);
    Ok(Some(PostData {
        text: without_control_characters(text, flaws),
        created_at: created_at(record.created_at, about.commit.at.time, flaws),
        cid: op.cid,
        languages: parts::languages(record.langs, flaws),
        reply_to: parts::reply(record.reply, flaws),
        mentions: found.mentions,
        hashtags: found.hashtags,
        links: found.links,
        labels: parts::labels(record.labels, flaws),
        skip: found.skip,
    }))
}

/// Control characters say nothing and are troublesome to store and to show. Each becomes a space and no byte moves,
/// so that facets stay where they are.
pub(crate) fn without_control_characters<'a>(text: Cow<'a, str>, flaws: &mut Vec<Flaw>) -> Cow<'a, str> {
    let is_control = |byte: u8| (byte < 0x20 && !matches!(byte, b'\n' | b'\t' | b'\r')) || byte == 0x7f;
    // Without a short circuit the search runs over many bytes at once.
    if !text.bytes().fold(false, |found, byte| found | is_control(byte)) {
        return text;
    }
    flaws.push(Flaw::new(DropReason::ControlCharacters));
    let clean = |c: char| if c.is_ascii() && is_control(c as u8) { ' ' } else { c };
    Cow::Owned(text.chars().map(clean).collect())
}
