//! Events with their keywords found: what of the work on an event needs none of the detector's state, so that it can
//! be done on another thread, or in another process, ahead of the detector.

mod engagement;

use std::ops::Range;
use std::sync::Arc;

use skytrend_event::{EventId, Micros, PostAction, PostData, PostEvent};
use xxhash_rust::xxh3::xxh3_64;

use crate::extract::{Extraction, Found, FoundLink, Keyword, Link, extract};
use crate::language::{LANGUAGES_MAX, LanguageCode, Languages};
use crate::moderation::{LabelledPosts, Moderation};
use crate::settings::Settings;
use crate::signature::Signature;
use crate::thinning::{EngagementKind, Thinning};
use crate::watch::{Scratch, Watched, Watches};

/// Finds the keywords of events, one after the other with the same buffers.
#[derive(Debug)]
pub struct Extractor {
    keywords_max: usize,
    text_bytes_max: usize,
    extraction: Extraction,
    moderation: Moderation,
    pub(crate) watches: Arc<Watches>,
    scratch: Scratch,
    reposts: Thinning,
    likes: Thinning,
}

/// Consecutive events of one partition with their keywords, for
/// [`Detector::apply_extracted`](crate::Detector::apply_extracted).
#[derive(Debug, Default)]
pub struct ExtractedEvents {
    events: Vec<ExtractedEvent>,
    /// The keywords of the events, event after event.
    found: Vec<Found>,
    /// The watchlists and watched terms of the events, event after event.
    watched: Vec<Watched>,
    /// The links between the keywords of the events, likewise.
    links: Vec<FoundLink>,
    /// URI, start of the text, keywords and phrases of the events, event after event.
    text: String,
}

/// One event; its texts are in [`ExtractedEvents`].
#[derive(Clone, Debug)]
pub(crate) struct ExtractedEvent {
    pub(crate) action: PostAction,
    /// Of an event about an engagement: created, deleted, or that time has passed.
    pub(crate) engagement: Option<EngagementKind>,
    pub(crate) witnessed: Micros,
    pub(crate) event_id: EventId,
    pub(crate) author_hash: u64,
    uri: Range<usize>,
    /// Of the post that the event brings; none of one that brings none. Of an engagement, the URI of its post.
    post_text: Option<Range<usize>>,
    /// Where the texts of its keywords and links start.
    keywords_start: usize,
    found: Range<usize>,
    watched: Range<usize>,
    links: Range<usize>,
    /// Keywords that were left out.
    pub(crate) overflow: u32,
    pub(crate) languages: Languages,
    pub(crate) signature: Signature,
}

impl Extractor {
    /// One that extracts as a detector with these settings, which are valid, wants it.
    pub(crate) fn new(settings: &Settings, watches: Arc<Watches>) -> Self {
        Self {
            keywords_max: settings.keywords_per_post_max as usize,
            text_bytes_max: settings.sample_text_bytes_max as usize,
            extraction: Extraction::default(),
            // Of the lists, only the rules in the detector are asked.
            moderation: Moderation { block: Vec::new(), allow: Vec::new(), ..settings.moderation.clone() },
            watches,
            scratch: Scratch::default(),
            reposts: Thinning::of(settings.repost_weight),
            likes: Thinning::of(settings.like_weight),
        }
    }

    /// Appends `event` with its keywords to `into`.
    pub fn extract(&mut self, event: &PostEvent<'_>, into: &mut ExtractedEvents) {
        let mut extracted = ExtractedEvent {
            action: event.action,
            witnessed: event.witnessed_at,
            event_id: event.event_id,
            author_hash: xxh3_64(event.author_did.as_str().as_bytes()),
            uri: into.push_text(event.uri.as_str()),
            ..ExtractedEvent::EMPTY
        };
        if matches!(event.action, PostAction::Created | PostAction::Updated) {
            let nothing = PostData::default();
            let data = event.data.as_ref().unwrap_or(&nothing);
            let is_hidden = self.moderation.hides(data);
            let is_ignored = is_hidden && self.moderation.labelled_posts == LabelledPosts::Ignore;
            let data = if is_ignored { &nothing } else { data };
            extract(data, self.keywords_max, &mut self.extraction);
            // A post without a text is never shown.
            let shown = if is_hidden { "" } else { start_of_text(&data.text, self.text_bytes_max) };
            extracted.post_text = Some(into.push_text(shown));
            extracted.keywords_start = into.push_text(self.extraction.texts()).start;
            let first = into.found.len();
            into.found.extend_from_slice(self.extraction.found());
            extracted.found = first..into.found.len();
            let first = into.links.len();
            into.links.extend_from_slice(self.extraction.found_links());
            extracted.links = first..into.links.len();
            extracted.overflow = self.extraction.overflow();
            extracted.languages = self.extraction.languages();
            extracted.signature = self.extraction.signature();
            let first = into.watched.len();
            let left_out = self.watches.find(data, extracted.languages, &mut self.scratch, |watched| {
                into.watched.push(watched);
            });
            extracted.watched = first..into.watched.len();
            extracted.overflow += left_out;
        }
        into.events.push(extracted);
    }
}

impl ExtractedEvent {
    /// One about nothing.
    const EMPTY: Self = Self {
        action: PostAction::Heartbeat,
        engagement: None,
        witnessed: Micros(0),
        event_id: EventId(0),
        author_hash: 0,
        uri: 0..0,
        post_text: None,
        keywords_start: 0,
        found: 0..0,
        watched: 0..0,
        links: 0..0,
        overflow: 0,
        languages: [LanguageCode(0); LANGUAGES_MAX],
        signature: Signature::NONE,
    };
}

impl ExtractedEvents {
    /// Takes all events out and keeps the memory.
    pub fn clear(&mut self) {
        self.events.clear();
        self.found.clear();
        self.watched.clear();
        self.links.clear();
        self.text.clear();
    }

    pub(crate) fn events(&self) -> &[ExtractedEvent] {
        &self.events
    }

    pub(crate) fn uri(&self, event: &ExtractedEvent) -> &str {
        &self.text[event.uri.clone()]
    }

    /// The start of the text of the post that the event brings, if it brings one.
    pub(crate) fn post_text(&self, event: &ExtractedEvent) -> Option<&str> {
        event.post_text.clone().map(|range| &self.text[range])
    }

    /// In the order they were found; no two are equal.
    pub(crate) fn keywords(&self, event: &ExtractedEvent) -> impl Iterator<Item = Keyword<'_>> {
        let texts = &self.text[event.keywords_start..];
        self.found[event.found.clone()].iter().map(|found| found.keyword(texts))
    }

    /// The hashes of the event's keywords.
    pub(crate) fn hashes(&self, event: &ExtractedEvent) -> impl Iterator<Item = u64> {
        self.found[event.found.clone()].iter().map(|found| found.hash())
    }

    /// The watchlists and watched terms that the event's post matches.
    pub(crate) fn watched(&self, event: &ExtractedEvent) -> &[Watched] {
        &self.watched[event.watched.clone()]
    }

    /// In the order of the text; their ends are places among [`ExtractedEvents::keywords`].
    pub(crate) fn links(&self, event: &ExtractedEvent) -> impl Iterator<Item = Link<'_>> {
        let texts = &self.text[event.keywords_start..];
        self.links[event.links.clone()].iter().map(|link| link.link(texts))
    }

    fn push_text(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }
}

/// At most `bytes_max` bytes of `text`, cut between characters.
fn start_of_text(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use skytrend_event::{AtUri, Did};

    use super::*;

    fn created(text: &'static str) -> PostEvent<'static> {
        PostEvent {
            action: PostAction::Created,
            uri: AtUri::parse("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3l").unwrap(),
            author_did: Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz").unwrap(),
            rev: None,
            witnessed_at: Micros(0),
            event_id: EventId(1),
            data: Some(PostData { text: Cow::Borrowed(text), ..PostData::default() }),
        }
    }

    #[test]
    fn each_event_has_its_own_keywords_and_links() {
        let mut extractor = Extractor::new(&Settings::default(), Arc::new(Watches::compile(&[]).unwrap()));
        let mut events = ExtractedEvents::default();
        extractor.extract(&created("Game of Thrones"), &mut events);
        extractor.extract(&created("New Taylor Swift"), &mut events);
        let phrases: Vec<Vec<&str>> = events
            .events()
            .iter()
            .map(|event| events.links(event).map(|link| link.phrase).collect())
            .collect();
        assert_eq!(phrases, [vec!["game of thrones"], vec!["new taylor", "taylor swift"]]);
        events.clear();
        assert!(events.links.is_empty());
    }
}
