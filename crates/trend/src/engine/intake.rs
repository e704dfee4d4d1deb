//! The events of a closing minute take effect, in order: posts come in, retractions take them out.

use skytrend_event::PostAction;
use skytrend_event::time::MINUTE;
use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64;

use super::{Engine, start_of};
use crate::extract::SurfaceForm;
use crate::keywords::shard_of;
use crate::pane::{PendingEvent, PendingPane};
use crate::posts::{KeywordUse, NO_POST, NearCopies, NewPost, Occurrence, Post};
use crate::prefetch::prefetch;
use crate::settings::{SHARDS, Settings};
use crate::signature::Signature;
use crate::stats::Counters;

/// A near-copy is looked for in so many of a keyword's last posts.
const SCANNED_MAX: usize = 32;

impl Engine {
    /// Takes in the events of `minute`.
    pub(super) fn take_in(
        &mut self,
        minute: i64,
        mut pending: PendingPane,
        settings: &Settings,
        counters: &mut Counters,
    ) {
        self.shard_occurrences.fill(0);
        self.seen.advance(start_of(minute));
        let order = pending.order();
        self.phrases.advance(minute);
        let start = minute - i64::from(settings.sliding_minutes);
        let before = self.posts.since_minute(start);
        self.window_posts = (before.posts - before.engagements) as f64;
        self.rare.advance(minute);
        // With its phrases a post has about half as many keywords again.
        let keywords = Vec::with_capacity(pending.keywords.len() * 3 / 2);
        self.posts.push_pane(minute, std::mem::take(&mut pending.text), keywords);
        for (turn, &place) in order.iter().enumerate() {
            let event = &pending.events[place as usize];
            self.prefetch(&order[turn..], &pending);
            if event.engagement.is_some() {
                self.engage_or_withdraw(minute, event, settings, counters);
                continue;
            }
            match event.action {
                PostAction::Created => self.create(minute, event, &pending, settings, counters),
                PostAction::Updated => {
                    if let Some(index) = self.find(event) {
                        self.retract(index, false);
                    }
                    self.insert(minute, event, &pending, settings, counters);
                }
                PostAction::Deleted => match self.find(event) {
                    Some(index) => {
                        self.retract(index, false);
                        counters.posts_retracted += 1;
                    }
                    None => counters.retractions_without_post += 1,
                },
                PostAction::AuthorRemoved => self.remove_author(event, counters),
                PostAction::Heartbeat => {}
            }
            self.retract_engagements_with(event, counters);
        }
    }

    /// Asks for what the next of the events at `places` will need, in several steps where one thing says where the
    /// next is.
    fn prefetch(&self, places: &[u32], pending: &PendingPane) {
        let at = |ahead: usize| places.get(ahead).map(|&place| &pending.events[place as usize]);
        let numbers =
            |event| pending.keywords_of(event).iter().filter_map(|used: &KeywordUse| used.keyword());
        if let Some(event) = at(3) {
            self.posts.prefetch_bands(event.signature);
            self.authors.prefetch(event.author_hash);
        }
        if let Some(event) = at(2) {
            self.keywords.prefetch_numbers(numbers(event));
            self.posts.prefetch_near(event.signature);
            self.seen.prefetch(event.author_hash);
        }
        if let Some(event) = at(1) {
            self.keywords.prefetch_lists(numbers(event));
            self.posts.prefetch_before_near(event.signature);
            self.posts.prefetch_post(self.authors.last_post_of(event.author_hash));
            for link in pending.links_of(event) {
                self.phrases.prefetch(link.hash);
            }
        }
    }

    fn create(
        &mut self,
        minute: i64,
        event: &PendingEvent,
        pending: &PendingPane,
        settings: &Settings,
        counters: &mut Counters,
    ) {
        if self.find(event).is_some() {
            counters.posts_repeated += 1;
            for keyword in pending.keywords_of(event).iter().filter_map(|used| used.keyword()) {
                self.keywords.release(keyword);
            }
            return;
        }
        let author = self.insert(minute, event, pending, settings, counters);
        self.authors.on_post(author, event.witnessed, i64::from(settings.session_gap_minutes) * MINUTE);
    }

    /// The post that the event is about, if it is retained and counts.
    pub(super) fn find(&self, event: &PendingEvent) -> Option<usize> {
        let uri = self.posts.last_text(event.text_start, event.uri_len);
        self.posts.find(xxh3_64(uri.as_bytes()), uri)
    }

    /// Adds the post and its occurrences; returns the number of its author.
    fn insert(
        &mut self,
        minute: i64,
        event: &PendingEvent,
        pending: &PendingPane,
        settings: &Settings,
        counters: &mut Counters,
    ) -> u32 {
        let uri_hash = xxh3_64(self.posts.last_text(event.text_start, event.uri_len).as_bytes());
        let author = self.authors.number_of(event.author_hash);
        if let Some(before) = self.posts.retained_index(self.authors.last_post(author)) {
            prefetch(self.posts.keywords(before).first());
        }
        let phrases = self.phrases_of(event, pending);
        let (_, keywords_start) = self.posts.append_to_last([], pending.keywords_of(event));
        self.posts.append_to_last([], &phrases);
        let post = Post {
            witnessed: event.witnessed,
            event_id: event.event_id,
            uri_hash,
            text_start: event.text_start,
            uri_len: event.uri_len,
            text_len: event.text_len,
            keywords_start,
            // At most 64 words, as many watched terms, and as many phrases.
            keywords_len: event.keywords_len + phrases.len() as u8,
            is_live: true,
            is_by_newcomer: self.seen.see(event.author_hash),
            is_engagement: false,
            before_of_author: self.authors.last_post(author),
        };
        let new = NewPost { post, author, languages: event.languages, signature: event.signature };
        let (number, near) = self.posts.push(new);
        self.authors.retain_post(author, number);
        counters.posts_counted += 1;
        let index = self.posts.index_of(number);
        self.mark_copies(index, &near);
        // Every shard may retain its part of the occurrences, and every minute its part of that.
        let parts = SHARDS as u32 * settings.retained_minutes();
        let budget = settings.occurrences_max.div_ceil(parts);
        for place in 0..self.posts.keywords(index).len() {
            let used = self.posts.keywords_mut(index)[place];
            let Some(keyword) = used.keyword() else { continue };
            let entry = self.keywords.entry(keyword);
            // What is watched is exact: it has no part in the budget, and is bounded by the terms of a post.
            let is_watched = entry.is_watched;
            let shard = &mut self.shard_occurrences[shard_of(entry.hash)];
            if *shard >= budget && !is_watched {
                counters.occurrences_shed += 1;
                self.posts.keywords_mut(index)[place] = KeywordUse::NONE;
                self.keywords.release(keyword);
                continue;
            }
            *shard += u32::from(!is_watched);
            // A pane has fewer than 2^32 keywords: that is checked where they come in.
            let is_mixed = used.form() == SurfaceForm::Mixed as u32;
            let mixed = if is_mixed { pending.mixed_form(event.keywords_start + place as u32) } else { "" };
            self.keywords.push(keyword, Occurrence::new(number, used), mixed, minute);
        }
        self.count(index);
        author
    }

    /// Marks the keywords for which the post at `index` is a near-copy of an earlier one: those of the `near` ones, and
    /// where there may be more of these, those of which one of the last posts is one. So a flood costs no more than any other
    /// post, and of one text fewer than one in [`SCANNED_MAX`] of a keyword's posts are missed.
    fn mark_copies(&mut self, index: usize, near: &NearCopies) {
        if near.places.is_empty() {
            return;
        }
        let (posts, signature) = (&self.posts, self.posts.signature(index));
        let list = |keyword| self.keywords.entry(keyword).occurrences.as_slice();
        let mut sought: SmallVec<[(usize, u32); 32]> = SmallVec::new();
        for (place, used) in posts.keywords(index).iter().enumerate() {
            sought.extend(
                used.keyword().filter(|&keyword| !list(keyword).is_empty()).map(|keyword| (place, keyword)),
            );
        }
        let mut copied: SmallVec<[usize; 32]> = SmallVec::new();
        for &earlier in &near.places {
            let uses = posts.keywords(earlier);
            sought.retain(|&mut (place, keyword)| {
                let is_copied = uses.iter().any(|used| used.keyword() == Some(keyword));
                if is_copied {
                    copied.push(place);
                }
                !is_copied
            });
            if sought.is_empty() {
                break;
            }
        }
        if near.is_all {
            sought.clear();
        }
        for (place, keyword) in sought {
            // What has no signature, a short text or an engagement, is no copy of anything and not counted here.
            let latest = list(keyword).iter().rev().take(4 * SCANNED_MAX);
            let mut signatures = latest
                .map(|occurrence| posts.signature(posts.index_of(occurrence.post())))
                .filter(|&of_post| of_post != Signature::NONE);
            if signatures.by_ref().take(SCANNED_MAX).any(|of_post| of_post.is_near(signature)) {
                copied.push(place);
            }
        }
        let uses = self.posts.keywords_mut(index);
        for place in copied {
            uses[place] = uses[place].as_copy();
        }
    }

    /// The post at `index` and its occurrences count no more. `is_alone`: no earlier post of its author counts.
    pub(super) fn retract(&mut self, index: usize, is_alone: bool) {
        self.discount(index, is_alone);
        self.discount_engagement(index);
        let number = self.posts.number_at(index);
        let post = self.posts.post(index);
        let minute = crate::minute_of(post.witnessed);
        for place in 0..usize::from(post.keywords_len) {
            let used = &mut self.posts.keywords_mut(index)[place];
            if let Some(keyword) = std::mem::replace(used, KeywordUse::NONE).keyword() {
                self.keywords.retract(keyword, number, minute);
            }
        }
        self.posts.set_dead(index);
    }

    /// Takes out all retained posts of the author, the oldest first.
    fn remove_author(&mut self, event: &PendingEvent, counters: &mut Counters) {
        self.engagements.note_removal(event.author_hash, event.witnessed);
        let last = self.authors.last_post_of(event.author_hash);
        counters.retractions_without_post += u64::from(last == NO_POST);
        let before = |&place: &usize| self.posts.retained_index(self.posts.post(place).before_of_author);
        let places: Vec<usize> = std::iter::successors(self.posts.retained_index(last), before).collect();
        for place in places.into_iter().rev() {
            if self.posts.post(place).is_live {
                self.retract(place, true);
                let is_engagement = self.posts.post(place).is_engagement;
                let retracted = if is_engagement {
                    &mut counters.engagements_retracted
                } else {
                    &mut counters.posts_retracted
                };
                *retracted += 1;
            }
        }
    }
}
