//! Likes, reposts and follows: `app.bsky.feed.like`, `app.bsky.feed.repost`, `app.bsky.graph.follow`. Without a valid
//! subject they say nothing and are dropped.

use serde::Deserialize;
use skytrend_event::{AtUri, Did, Follow, Like, Micros, Repost};

use super::shape::{Loose, Text, map_shape};
use super::{About, Flaw, check_type, created_at, read};
use crate::DropReason;
use crate::wire::Op;

/// A record whose subject is another record.
#[derive(Deserialize)]
struct OfRecord<'a> {
    #[serde(rename = "$type", borrow, default)]
    kind: Loose<Text<'a>>,
    #[serde(borrow, default)]
    subject: Loose<StrongRef<'a>>,
    #[serde(rename = "createdAt", borrow, default)]
    created_at: Loose<Text<'a>>,
}

/// A record whose subject is an account.
#[derive(Deserialize)]
struct OfAccount<'a> {
    #[serde(rename = "$type", borrow, default)]
    kind: Loose<Text<'a>>,
    #[serde(borrow, default)]
    subject: Loose<Text<'a>>,
    #[serde(rename = "createdAt", borrow, default)]
    created_at: Loose<Text<'a>>,
}

/// `com.atproto.repo.strongRef`; its content id is not used.
#[derive(Deserialize)]
struct StrongRef<'a> {
    #[serde(borrow, default)]
    uri: Loose<Text<'a>>,
}

map_shape!(OfRecord, OfAccount, StrongRef);

type Read<S> = (Option<S>, Option<Micros>);

fn of_record<'a>(
    about: &About<'_, 'a>,
    op: &Op<'a>,
    flaws: &mut Vec<Flaw>,
) -> Result<Read<AtUri<'a>>, DropReason> {
    let Some(record) = read::<OfRecord<'a>>(op.body)? else { return Ok((None, None)) };
    check_type(&record.kind, op)?;
    let uri = record.subject.value().and_then(|subject| subject.uri.value());
    let Text(uri) = uri.ok_or(DropReason::InvalidSubject)?;
    let subject = AtUri::parse(uri).map_err(|_| DropReason::InvalidSubject)?;
    Ok((Some(subject), created_at(record.created_at, about.commit.at.time, flaws)))
}

fn of_account<'a>(
    about: &About<'_, 'a>,
    op: &Op<'a>,
    flaws: &mut Vec<Flaw>,
) -> Result<Read<Did<'a>>, DropReason> {
    let Some(record) = read::<OfAccount<'a>>(op.body)? else { return Ok((None, None)) };
    check_type(&record.kind, op)?;
    let Text(did) = record.subject.value().ok_or(DropReason::InvalidSubject)?;
    let subject = Did::parse(did).map_err(|_| DropReason::InvalidSubject)?;
    Ok((Some(subject), created_at(record.created_at, about.commit.at.time, flaws)))
}

/// The three events have the same fields in their own types.
macro_rules! reader {
    ($name:ident, $event:ident, $read:ident) => {
        pub fn $name<'a>(
            about: About<'_, 'a>,
            op: &Op<'a>,
            flaws: &mut Vec<Flaw>,
        ) -> Result<$event<'a>, DropReason> {
            let (subject, created_at) = $read(&about, op, flaws)?;
            Ok($event {
                uri: about.uri,
                author_did: about.commit.did.clone(),
                rev: Some(about.commit.rev.clone()),
                witnessed_at: about.commit.at.time,
                event_id: about.event_id,
                deleted: subject.is_none(),
                subject,
                created_at,
            })
        }
    };
}

reader!(like, Like, of_record);
reader!(repost, Repost, of_record);
reader!(follow, Follow, of_account);
