//! Likes, reposts and follows: the other things people do, each on its own topic.

use serde::{Deserialize, Serialize};

use crate::{AtUri, Did, EventId, Micros, Tid};

macro_rules! engagement {
    ($(#[$doc:meta])* $name:ident, $subject:ty, $subject_doc:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name<'a> {
            /// Its own record.
            #[serde(borrow)]
            pub uri: AtUri<'a>,
            /// Who did it.
            #[serde(borrow)]
            pub author_did: Did<'a>,
            /// The repository's revision that carried it.
            #[serde(borrow)]
            pub rev: Option<Tid<'a>>,
            /// When the relay or Jetstream saw it.
            pub witnessed_at: Micros,
            /// Same for the same change from every source.
            pub event_id: EventId,
            /// True when it was withdrawn; `subject` is then unknown.
            pub deleted: bool,
            #[doc = $subject_doc]
            #[serde(borrow)]
            pub subject: Option<$subject>,
            /// The client's claim of when.
            pub created_at: Option<Micros>,
        }
    };
}

engagement!(
    /// A like of a post (or of a feed, list, labeler). Topic `bluesky-likes`.
    Like, AtUri<'a>, "What is liked."
);
engagement!(
    /// A repost of a post. Topic `bluesky-reposts`.
    Repost, AtUri<'a>, "What is reposted."
);
engagement!(
    /// A follow of an account. Topic `bluesky-follows`.
    Follow, Did<'a>, "Who is followed."
);

/// Collections whose records become events.
pub mod collection {
    /// Posts.
    pub const POST: &str = "app.bsky.feed.post";
    /// Likes.
    pub const LIKE: &str = "app.bsky.feed.like";
    /// Reposts.
    pub const REPOST: &str = "app.bsky.feed.repost";
    /// Follows.
    pub const FOLLOW: &str = "app.bsky.graph.follow";
}
