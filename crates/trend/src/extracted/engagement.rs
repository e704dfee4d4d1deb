//! Likes and reposts on their way to the detector: what does not count is no more than the passing of time.

use skytrend_event::{EventId, Like, Micros, PostAction, Repost};
use xxhash_rust::xxh3::xxh3_64;

use super::{ExtractedEvent, ExtractedEvents, Extractor};
use crate::thinning::EngagementKind;

/// What likes and reposts have in common.
struct Engagement<'e> {
    kind: EngagementKind,
    uri: &'e str,
    engager: &'e str,
    witnessed: Micros,
    event_id: EventId,
    change: Change<'e>,
}

enum Change<'e> {
    /// With this post.
    Made(&'e str),
    Withdrawn,
    Heartbeat,
}

macro_rules! engagement_of {
    ($name:ident) => {
        impl<'e> From<&'e $name<'_>> for Engagement<'e> {
            fn from(event: &'e $name<'_>) -> Self {
                let change = match &event.subject {
                    _ if event.is_heartbeat() => Change::Heartbeat,
                    _ if event.deleted => Change::Withdrawn,
                    Some(subject) => Change::Made(subject.as_str()),
                    None => Change::Heartbeat,
                };
                Self {
                    kind: EngagementKind::$name,
                    uri: event.uri.as_str(),
                    engager: event.author_did.as_str(),
                    witnessed: event.witnessed_at,
                    event_id: event.event_id,
                    change,
                }
            }
        }
    };
}
engagement_of!(Like);
engagement_of!(Repost);

impl Extractor {
    /// Appends `repost` to `into`; where it does not count by its weight, only that time has passed.
    pub fn extract_repost(&mut self, repost: &Repost<'_>, into: &mut ExtractedEvents) {
        self.extract_engagement(&repost.into(), into);
    }

    /// The same for `like`.
    pub fn extract_like(&mut self, like: &Like<'_>, into: &mut ExtractedEvents) {
        self.extract_engagement(&like.into(), into);
    }

    fn extract_engagement(&self, engagement: &Engagement<'_>, into: &mut ExtractedEvents) {
        let Engagement { kind, uri, engager, witnessed, event_id, .. } = *engagement;
        let thinning = match kind {
            EngagementKind::Repost => self.reposts,
            EngagementKind::Like => self.likes,
        };
        let mut extracted =
            ExtractedEvent { engagement: Some(kind), witnessed, event_id, ..ExtractedEvent::EMPTY };
        match engagement.change {
            Change::Made(subject) if thinning.keeps(kind, engager, subject) => {
                extracted.action = PostAction::Created;
                extracted.uri = into.push_text(uri);
                extracted.post_text = Some(into.push_text(subject));
            }
            // With what it was is unknown, so whether it counted is, too.
            Change::Withdrawn => {
                extracted.action = PostAction::Deleted;
                extracted.uri = into.push_text(uri);
            }
            Change::Made(_) | Change::Heartbeat => {}
        }
        if extracted.action != PostAction::Heartbeat {
            extracted.author_hash = xxh3_64(engager.as_bytes());
        }
        into.events.push(extracted);
    }
}
