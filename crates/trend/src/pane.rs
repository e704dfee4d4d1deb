//! A minute that is still open: its events as they come, with their keywords found already. They take effect only
//! when the minute closes, in an order that does not depend on how partitions were interleaved.

use std::cmp::Ordering;

use skytrend_event::{EventId, Micros, PostAction};

use crate::extract::Link;
use crate::language::Languages;
use crate::posts::{KeywordUse, Pane};
use crate::signature::Signature;
use crate::thinning::EngagementKind;

/// An event of an open minute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PendingEvent {
    pub(crate) action: PostAction,
    /// Of an event about an engagement: created or deleted, with the URI of the post that it is with for a text.
    pub(crate) engagement: Option<EngagementKind>,
    pub(crate) witnessed: Micros,
    pub(crate) event_id: EventId,
    pub(crate) author_hash: u64,
    /// In the pane's text: the URI, then the text.
    pub(crate) text_start: u32,
    pub(crate) uri_len: u16,
    pub(crate) text_len: u16,
    /// In the pane's keywords.
    pub(crate) keywords_start: u32,
    pub(crate) keywords_len: u8,
    /// In the pane's links.
    pub(crate) links_start: u32,
    pub(crate) links_len: u8,
    pub(crate) languages: Languages,
    pub(crate) signature: Signature,
}

/// A keyword that is written in a way of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MixedForm {
    /// Its place in the pane's keywords.
    pub(crate) place: u32,
    /// Where its text starts in the pane's mixed forms, and how long it is.
    pub(crate) start: u32,
    pub(crate) len: u16,
}

/// Two neighbours among the keywords of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PendingLink {
    /// Places among the event's keywords.
    pub(crate) first: u8,
    pub(crate) second: u8,
    /// The hash of the phrase, and where its text lies in the pane's phrases.
    pub(crate) hash: u64,
    pub(crate) start: u32,
    pub(crate) len: u16,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PendingPane {
    pub(crate) events: Vec<PendingEvent>,
    pub(crate) text: String,
    pub(crate) keywords: Vec<KeywordUse>,
    pub(crate) mixed_forms: Vec<MixedForm>,
    pub(crate) mixed_text: String,
    pub(crate) links: Vec<PendingLink>,
    pub(crate) phrases: String,
}

impl PendingPane {
    /// An empty one, with room for as much as a closed minute holds.
    pub(crate) fn with_room_as(closed: &Pane) -> Self {
        Self {
            events: Vec::with_capacity(closed.posts as usize),
            text: String::with_capacity(closed.text.len()),
            keywords: Vec::with_capacity(closed.keywords.len()),
            links: Vec::with_capacity(closed.keywords.len()),
            ..Self::default()
        }
    }

    pub(crate) fn uri(&self, event: &PendingEvent) -> &str {
        let start = event.text_start as usize;
        &self.text[start..start + usize::from(event.uri_len)]
    }

    /// The text of the post that the event brings.
    pub(crate) fn post_text(&self, event: &PendingEvent) -> &str {
        let start = event.text_start as usize + usize::from(event.uri_len);
        &self.text[start..start + usize::from(event.text_len)]
    }

    /// Appends a keyword, and how it is written if in a way of its own.
    pub(crate) fn push_keyword(&mut self, used: KeywordUse, mixed: &str) {
        // A pane's keywords and texts stay below 2^32: that is checked before an event is added.
        if !mixed.is_empty() {
            let (place, start) = (self.keywords.len() as u32, self.mixed_text.len() as u32);
            self.mixed_forms.push(MixedForm { place, start, len: mixed.len() as u16 });
            self.mixed_text.push_str(mixed);
        }
        self.keywords.push(used);
    }

    /// Appends a link between the keywords of a post.
    pub(crate) fn push_link(&mut self, link: Link<'_>) {
        let (start, len) = (self.phrases.len() as u32, link.phrase.len() as u16);
        self.phrases.push_str(link.phrase);
        self.links.push(PendingLink { first: link.first, second: link.second, hash: link.hash, start, len });
    }

    pub(crate) fn keywords_of(&self, event: &PendingEvent) -> &[KeywordUse] {
        let start = event.keywords_start as usize;
        &self.keywords[start..start + usize::from(event.keywords_len)]
    }

    pub(crate) fn links_of(&self, event: &PendingEvent) -> &[PendingLink] {
        let start = event.links_start as usize;
        &self.links[start..start + usize::from(event.links_len)]
    }

    pub(crate) fn phrase(&self, link: PendingLink) -> &str {
        let start = link.start as usize;
        &self.phrases[start..start + usize::from(link.len)]
    }

    /// How the keyword at `place` is written, if in a way of its own; empty otherwise.
    pub(crate) fn mixed_form(&self, place: u32) -> &str {
        let found = self.mixed_forms.binary_search_by_key(&place, |mixed| mixed.place);
        found.map_or("", |index| {
            let mixed = self.mixed_forms[index];
            let start = mixed.start as usize;
            &self.mixed_text[start..start + usize::from(mixed.len)]
        })
    }

    /// The places of the events by (witnessed, author), those of one author in the order of the log. An author is in
    /// one partition only, so the order of arrival is the log's. Of one instant, posts come before reposts, and these
    /// before likes: each comes by a topic of its own, and a post is there before anybody engages with it.
    pub(crate) fn order(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..).take(self.events.len()).collect();
        let compare = |left: &u32, right: &u32| -> Ordering {
            let (left, right) = (&self.events[*left as usize], &self.events[*right as usize]);
            left.witnessed
                .cmp(&right.witnessed)
                .then(left.engagement.cmp(&right.engagement))
                .then_with(|| authority(self.uri(left)).cmp(authority(self.uri(right))))
        };
        if !order.is_sorted_by(|left, right| compare(left, right) != Ordering::Greater) {
            order.sort_by(compare);
        }
        order
    }

    /// Bytes held, about.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.events.capacity() * size_of::<PendingEvent>()
            + self.text.capacity()
            + 4 * self.keywords.capacity()
            + self.mixed_text.capacity()
            + self.links.capacity() * size_of::<PendingLink>()
            + self.phrases.capacity()
    }
}

/// The account in `at://account/…`.
pub(crate) fn authority(uri: &str) -> &str {
    let rest = uri.strip_prefix("at://").unwrap_or(uri);
    rest.split_once('/').map_or(rest, |(authority, _)| authority)
}
