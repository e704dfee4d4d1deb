//! Likes, reposts and follows: the other things people do, each on its own topic.

use serde::{Deserialize, Serialize};

use crate::{AtUri, Did, EventId, Micros, PostEvent, Tid};

macro_rules! engagement {
    ($(#[$doc:meta])* $name:ident, $subject:ty, $subject_doc:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name<'a> {
            /// Its own record; of a heartbeat, `at://did`.
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
            /// True when it was withdrawn; `subject` is then unknown. Also of a heartbeat.
            #[serde(default)]
            pub deleted: bool,
            #[doc = $subject_doc]
            #[serde(borrow)]
            pub subject: Option<$subject>,
            /// The client's claim of when.
            pub created_at: Option<Micros>,
        }

        impl<'a> $name<'a> {
            /// Tells a partition of this topic what the heartbeat `beat` tells those of posts: that time has passed. It
            /// is the withdrawal of nothing, named by an account's URI as no record is: whoever does not know
            /// heartbeats finds nothing to take out.
            pub fn heartbeat(beat: &PostEvent<'a>) -> Self {
                Self {
                    uri: beat.uri.clone(),
                    author_did: beat.author_did.clone(),
                    rev: None,
                    witnessed_at: beat.witnessed_at,
                    event_id: beat.event_id,
                    deleted: true,
                    subject: None,
                    created_at: None,
                }
            }

            /// Whether it says no more than that time has passed.
            pub fn is_heartbeat(&self) -> bool {
                self.deleted && self.uri.collection().is_none()
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PostAction;

    #[test]
    fn a_heartbeat_is_told_from_a_withdrawal() {
        let author_did = Did::parse("did:web:heartbeat.invalid").unwrap();
        let beat = PostEvent {
            action: PostAction::Heartbeat,
            uri: AtUri::of_account(&author_did),
            author_did,
            rev: None,
            witnessed_at: Micros(7),
            event_id: EventId(1),
            data: None,
        };
        let told = Like::heartbeat(&beat);
        assert!(told.is_heartbeat() && told.witnessed_at == Micros(7));
        let uri = AtUri::parse("at://did:plc:abc/app.bsky.feed.like/3l").unwrap();
        let withdrawn = Like { uri: uri.clone(), ..told.clone() };
        assert!(!withdrawn.is_heartbeat());
        assert!(!Like { deleted: false, subject: Some(uri), ..told }.is_heartbeat());
    }
}
