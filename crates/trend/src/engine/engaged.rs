//! Reposts and likes take effect: each is one more voice for the keywords of its post, as if its author had written
//! them too. It is retained like a post, so that everything that holds for posts holds for it; what it does not do is
//! here too: it is no sample, no activity, no copy, no neighbourhood of words, and no conversation.

use skytrend_event::PostAction;
use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64;

use super::Engine;
use crate::keywords::shard_of;
use crate::minute_of;
use crate::pane::{PendingEvent, authority};
use crate::posts::{KeywordUse, NO_POST, NewPost, Occurrence, Post};
use crate::settings::{SHARDS, Settings};
use crate::signature::Signature;
use crate::stats::Counters;

impl Engine {
    /// Somebody engages with a post, or withdraws that. Most of what is withdrawn was made long ago, or did not count.
    pub(super) fn engage_or_withdraw(
        &mut self,
        minute: i64,
        event: &PendingEvent,
        settings: &Settings,
        counters: &mut Counters,
    ) {
        let found = self.find(event);
        match event.action {
            PostAction::Created if found.is_some() => counters.posts_repeated += 1,
            PostAction::Created => self.engage(minute, event, settings, counters),
            PostAction::Deleted => {
                if let Some(index) = found {
                    self.retract(index, false);
                    counters.engagements_retracted += 1;
                }
            }
            PostAction::Updated | PostAction::AuthorRemoved | PostAction::Heartbeat => {}
        }
    }

    fn engage(&mut self, minute: i64, event: &PendingEvent, settings: &Settings, counters: &mut Counters) {
        let subject_start = event.text_start + u32::from(event.uri_len);
        let subject = self.posts.last_text(subject_start, event.text_len);
        let (subject_hash, author_hash) =
            (xxh3_64(subject.as_bytes()), xxh3_64(authority(subject).as_bytes()));
        let found = self.posts.find(subject_hash, subject);
        let Some(with) = found.filter(|&index| !self.posts.post(index).is_engagement) else {
            counters.engagements_without_post += 1;
            return;
        };
        // Of one instant, removals come first, by the topic of posts: but what came with the account leaves with it.
        if self.engagements.is_removed(event.author_hash, event.witnessed) {
            counters.engagements_retracted += 1;
            return;
        }
        let subject_number = self.posts.number_at(with);
        let uses = self.uses_of(with, settings, counters);
        let (_, keywords_start) = self.posts.append_to_last([], &uses);
        let author = self.authors.number_of(event.author_hash);
        let post = Post {
            witnessed: event.witnessed,
            event_id: event.event_id,
            uri_hash: xxh3_64(self.posts.last_text(event.text_start, event.uri_len).as_bytes()),
            text_start: event.text_start,
            uri_len: event.uri_len,
            text_len: event.text_len,
            keywords_start,
            // No more than its post has.
            keywords_len: uses.len() as u8,
            is_live: true,
            is_by_newcomer: self.seen.see(event.author_hash),
            is_engagement: true,
            before_of_author: self.authors.last_post(author),
        };
        let languages = self.posts.languages()[with];
        let (number, _) = self.posts.push(NewPost { post, author, languages, signature: Signature::NONE });
        self.authors.retain_post(author, number);
        for used in uses {
            if let Some(keyword) = used.keyword() {
                self.keywords.push(keyword, Occurrence::new(number, used), "", minute);
            }
        }
        self.engagements.insert(number, subject_number, subject_hash, author_hash);
        let index = self.posts.index_of(number);
        self.count(index);
        self.count_engagement(index);
        counters.engagements_counted += 1;
    }

    /// Links the engagement `number`, which was read from a snapshot, with its post, which was read before it if that
    /// is still retained.
    pub(crate) fn restore_engagement(&mut self, number: u32) {
        let subject = self.posts.text_or_subject(self.posts.post(self.posts.index_of(number)));
        let (subject_hash, author_hash) =
            (xxh3_64(subject.as_bytes()), xxh3_64(authority(subject).as_bytes()));
        let found = self.posts.find(subject_hash, subject);
        let subject_number = found.map_or(NO_POST, |index| self.posts.number_at(index));
        self.engagements.insert(number, subject_number, subject_hash, author_hash);
    }

    /// The keywords of the post at `index`, for one engagement with it; what is a copy there is one here. At most
    /// half of a shard's occurrences are taken up, so that no storm of likes displaces posts.
    fn uses_of(
        &mut self,
        index: usize,
        settings: &Settings,
        counters: &mut Counters,
    ) -> SmallVec<[KeywordUse; 32]> {
        let parts = SHARDS as u32 * settings.retained_minutes();
        let budget = settings.occurrences_max.div_ceil(parts) / 2;
        let mut uses = SmallVec::new();
        for used in self.posts.keywords(index) {
            let Some(keyword) = used.keyword() else { continue };
            let entry = self.keywords.entry(keyword);
            let shard = &mut self.shard_occurrences[shard_of(entry.hash)];
            if *shard >= budget && !entry.is_watched {
                counters.occurrences_shed += 1;
                continue;
            }
            *shard += u32::from(!entry.is_watched);
            self.keywords.acquire_again(keyword);
            uses.push(used.in_another());
        }
        uses
    }

    /// The event was about a post or an account: if it took that out, or its text, engagements with it leave too.
    pub(super) fn retract_engagements_with(&mut self, event: &PendingEvent, counters: &mut Counters) {
        if self.engagements.is_empty() {
            return;
        }
        let uri = self.posts.last_text(event.text_start, event.uri_len);
        let is_with = |&number: &u32| {
            let post = self.posts.post(self.posts.index_of(number));
            post.is_live && self.posts.text_or_subject(post) == uri
        };
        let is_live = |&number: &u32| self.posts.post(self.posts.index_of(number)).is_live;
        let numbers: Vec<u32> = match event.action {
            PostAction::Updated | PostAction::Deleted => {
                let hash = xxh3_64(uri.as_bytes());
                let numbers = self.engagements.with(hash).filter(is_with).collect();
                // None of them counts any more: whoever deletes or edits it again does not go through them again.
                self.engagements.forget_with(hash);
                numbers
            }
            PostAction::AuthorRemoved => {
                let numbers = self.engagements.with_author(event.author_hash).filter(is_live).collect();
                self.engagements.forget_with_author(event.author_hash);
                numbers
            }
            PostAction::Created | PostAction::Heartbeat => return,
        };
        counters.engagements_retracted += numbers.len() as u64;
        for number in numbers {
            self.retract(self.posts.index_of(number), false);
        }
    }

    /// If the post at `index` is an engagement of the sliding window, its keywords have one more.
    pub(super) fn count_engagement(&mut self, index: usize) {
        let post = self.posts.post(index);
        if post.is_engagement && self.window_starts.slides_over(minute_of(post.witnessed)) {
            self.engagements.add_to_window(self.posts.keywords(index));
        }
    }

    /// The same for one that counts no more; its keywords are still there.
    pub(super) fn discount_engagement(&mut self, index: usize) {
        let post = self.posts.post(index);
        if post.is_engagement && self.window_starts.slides_over(minute_of(post.witnessed)) {
            self.engagements.take_from_window(self.posts.keywords(index));
        }
    }

    /// Minute `left` has left the sliding window, and its engagements with it.
    pub(super) fn let_engagements_go(&mut self, left: i64) {
        let has_some = self.posts.panes().iter().any(|pane| pane.minute == left && pane.engagements > 0);
        if !has_some {
            return;
        }
        let (first, past_last) =
            (self.posts.since_minute(left).first, self.posts.since_minute(left + 1).first);
        for index in first..past_last {
            if self.posts.post(index).is_engagement {
                self.engagements.take_from_window(self.posts.keywords(index));
            }
        }
    }
}
