//! Posts, as they enter the log on `bluesky-posts`: created, updated, deleted, and the removal of a whole account.
//! Borrowed from the bytes they were decoded from wherever that is possible.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::borrow;
use crate::{AtUri, Cid, Did, EventId, Language, Micros, Tid};

/// What happened to a post, or to its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostAction {
    /// A new post; [`PostEvent::data`] is present.
    Created,
    /// The record was replaced; [`PostEvent::data`] is the new text.
    Updated,
    /// The record is gone.
    Deleted,
    /// The whole account was taken down, suspended, deleted or deactivated: none of its posts counts any more.
    AuthorRemoved,
    /// No post: time has passed in this partition. Keeps an idle partition from holding the windows back.
    Heartbeat,
}

/// One change to one post. Key: author DID. Record timestamp: `witnessed_at`, made monotone in its partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PostEvent<'a> {
    /// What happened.
    pub action: PostAction,
    /// `at://did/app.bsky.feed.post/rkey`; `at://did` when the whole author is removed or for a heartbeat.
    #[serde(borrow)]
    pub uri: AtUri<'a>,
    /// The author (for a heartbeat: a constant).
    #[serde(borrow)]
    pub author_did: Did<'a>,
    /// The repository's revision that carried the change; none for account events and heartbeats.
    #[serde(borrow)]
    pub rev: Option<Tid<'a>>,
    /// When the relay or Jetstream saw it: the only time that windows use.
    pub witnessed_at: Micros,
    /// Same for the same change from every source and after every restart; follows it into traces and samples.
    pub event_id: EventId,
    /// The content, for `Created` and `Updated`.
    #[serde(borrow)]
    pub data: Option<PostData<'a>>,
}

/// The content of a post.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PostData<'a> {
    /// As written, at most 3,000 bytes and 300 graphemes; may be empty.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// The client's own claim, up to hours wrong; none where it was not a valid date.
    pub created_at: Option<Micros>,
    /// Content id of the record.
    pub cid: Option<Cid>,
    /// Declared languages, cleaned: BCP 47, at most 3.
    #[serde(borrow, default)]
    pub languages: Vec<Language<'a>>,
    /// The post it answers.
    #[serde(borrow)]
    pub reply_to: Option<ReplyRef<'a>>,
    /// Accounts mentioned in facets.
    #[serde(borrow, default)]
    pub mentions: Vec<Did<'a>>,
    /// Hashtags of facets and of `tags`, as written, without `#`, in order of appearance, no duplicates.
    #[serde(borrow, default, deserialize_with = "borrow::texts")]
    pub hashtags: Vec<Cow<'a, str>>,
    /// Whole URLs of link facets and of an external embed.
    #[serde(borrow, default, deserialize_with = "borrow::texts")]
    pub links: Vec<Cow<'a, str>>,
    /// Self-applied labels (`porn`, `!no-unauthenticated`, …).
    #[serde(borrow, default, deserialize_with = "borrow::texts")]
    pub labels: Vec<Cow<'a, str>>,
    /// Bytes of `text` that are links or mentions and hold no words; sorted, inside the text, on char boundaries.
    #[serde(default)]
    pub skip: Vec<Span>,
}

/// The two ends of a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyRef<'a> {
    /// The first post of the thread.
    #[serde(borrow)]
    pub root: AtUri<'a>,
    /// The post answered.
    #[serde(borrow)]
    pub parent: AtUri<'a>,
}

/// A byte range of a text, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}
