//! Keeps the tallies of the two windows that end with the present minute, post by post as posts come in, leave the
//! window, or are retracted. So a window costs nothing for what did not change in it, however long it is.

mod busy;

pub(super) use busy::BusyAuthors;
use busy::LastPosts;
use smallvec::SmallVec;

use super::Engine;
use crate::keywords::{Keywords, PREFETCHED_AHEAD};
use crate::minute_of;
use crate::posts::KeywordUse;
use crate::prefetch::prefetch;
use crate::settings::Settings;
use crate::tally::Tally;

/// An author with more retained posts than this is busy.
const FOLLOWED_MAX: u32 = 16;
/// After so many posts of a busy author that don't have a keyword, its last one is looked for among the keyword's
/// posts.
const STEPS_MAX: usize = if cfg!(test) { 3 } else { 64 };

/// Where the two windows that end with the present minute start.
#[derive(Clone, Copy, Debug)]
pub(super) struct WindowStarts {
    sliding: i64,
    tumbling: i64,
}

impl WindowStarts {
    fn of(minute: i64, settings: &Settings) -> Self {
        Self {
            sliding: minute + 1 - i64::from(settings.sliding_minutes),
            tumbling: minute - minute.rem_euclid(i64::from(settings.tumbling_minutes)),
        }
    }

    /// Whether the sliding window holds `minute`, which is none after the present one.
    pub(super) fn slides_over(self, minute: i64) -> bool {
        minute >= self.sliding
    }

    /// Before this minute neither window has anything.
    fn first(self) -> i64 {
        self.sliding.min(self.tumbling)
    }
}

impl Default for WindowStarts {
    fn default() -> Self {
        Self { sliding: i64::MIN, tumbling: i64::MIN }
    }
}

/// A keyword of a post that comes or goes, while the author's post before it is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought {
    keyword: u32,
    /// The author's last post with the keyword is still to be found.
    any: bool,
    /// The last one that is no copy is.
    original: bool,
}

impl Engine {
    /// The windows now end with `minute`, the one after the last: takes out what leaves them.
    pub(super) fn advance_windows(&mut self, minute: i64, settings: &Settings) {
        self.window_starts = WindowStarts::of(minute, settings);
        if self.window_starts.tumbling == minute {
            self.keywords.clear_tumbling_tallies();
        }
        let left = self.window_starts.sliding - 1;
        self.let_engagements_go(left);
        let Some(pane) = self.posts.panes().iter().rev().find(|pane| pane.minute <= left) else { return };
        if pane.minute == left {
            for (place, used) in pane.keywords.iter().enumerate() {
                let later = pane.keywords.get(place + 2 * PREFETCHED_AHEAD).and_then(|used| used.keyword());
                prefetch(later.map(|keyword| self.keywords.tallies(keyword)));
                if let Some(keyword) = used.keyword() {
                    self.keywords.tallies_mut(keyword).sliding.subtract(*used);
                }
            }
        }
    }

    /// The tallies of the windows that end with `minute`, from nothing but the retained posts.
    pub(crate) fn count_retained(&mut self, minute: i64, settings: &Settings) {
        self.window_starts = WindowStarts::of(minute, settings);
        for index in 0..self.posts.len() {
            self.count(index);
            self.count_engagement(index);
        }
    }

    /// The post at `index`, which is its author's last, counts.
    pub(super) fn count(&mut self, index: usize) {
        let starts = self.window_starts;
        let minute = minute_of(self.posts.post(index).witnessed);
        if minute < starts.first() {
            return;
        }
        for &used in self.posts.keywords(index) {
            change(&mut self.keywords, starts, minute, used, Tally::add);
            if let Some(keyword) = used.keyword() {
                self.sought.push(Sought { keyword, any: true, original: !used.is_copy() });
            }
        }
        self.follow_earlier(index);
    }

    /// The post at `index` counts no more; its keywords are still there. `is_alone`: no earlier post of its author
    /// counts.
    pub(super) fn discount(&mut self, index: usize, is_alone: bool) {
        let starts = self.window_starts;
        let minute = minute_of(self.posts.post(index).witnessed);
        if minute < starts.first() {
            return;
        }
        for &used in self.posts.keywords(index) {
            change(&mut self.keywords, starts, minute, used, Tally::subtract);
            // Where the author is counted at a later post, that stays so.
            let (any, original) = (used.has_author(), used.has_original_author());
            if let Some(keyword) = used.keyword().filter(|_| !is_alone && (any || original)) {
                self.sought.push(Sought { keyword, any, original });
            }
        }
        self.return_to_earlier(index);
    }

    /// The author of the post at `index` is counted there for the keywords sought, and no more at its posts before.
    fn follow_earlier(&mut self, index: usize) {
        let author = self.posts.authors()[index];
        if self.note_if_busy(author, index) {
            let number = self.posts.number_at(index);
            let mut all = std::mem::take(&mut self.sought);
            // Step by step for all, so that they wait for the memory together.
            let of_sought = all.iter().map(|sought| {
                let noted = self.busy.last_mut(author, sought.keyword);
                let original = if sought.original { Some(number) } else { noted.original };
                std::mem::replace(noted, LastPosts { any: Some(number), original })
            });
            let before: SmallVec<[LastPosts; 64]> = of_sought.collect();
            let places = || before.iter().filter_map(|noted| self.posts.retained_index(noted.any?));
            places().for_each(|place| prefetch(self.posts.post(place)));
            places().for_each(|place| prefetch(self.posts.keywords(place).first()));
            for (mut sought, before) in all.drain(..).zip(before) {
                for post in [before.any, before.original].into_iter().flatten() {
                    self.mark_noted(post, author, &mut sought);
                }
            }
            self.sought = all;
        } else {
            self.mark_earlier(index, true);
        }
    }

    /// The author of the post at `index` is not counted there any more for the keywords sought, but at its posts
    /// before.
    fn return_to_earlier(&mut self, index: usize) {
        let author = self.posts.authors()[index];
        if self.busy.contains(author) {
            for sought in &self.sought {
                let noted = self.busy.last_mut(author, sought.keyword);
                noted.any = noted.any.filter(|_| !sought.any);
                noted.original = noted.original.filter(|_| !sought.original);
            }
        }
        self.mark_earlier(index, false);
    }

    /// Whether the author has many posts; if so from the one at `index` on, notes its earlier ones.
    fn note_if_busy(&mut self, author: u32, index: usize) -> bool {
        if self.busy.contains(author) {
            return true;
        }
        if self.authors.retained_posts(author) <= FOLLOWED_MAX {
            return false;
        }
        self.busy.insert(author);
        let mut before = self.earlier_in_windows(index);
        while let Some(place) = before {
            let number = self.posts.number_at(place);
            for used in self.posts.keywords(place) {
                let Some(keyword) = used.keyword() else { continue };
                let noted = self.busy.last_mut(author, keyword);
                noted.any = noted.any.or(Some(number));
                if !used.is_copy() {
                    noted.original = noted.original.or(Some(number));
                }
            }
            before = self.earlier_in_windows(place);
        }
        true
    }

    /// Marks the keyword in the post with this number, if it still counts in a window.
    fn mark_noted(&mut self, post: u32, author: u32, sought: &mut Sought) {
        let Self { posts, keywords, window_starts: starts, .. } = self;
        let Some(place) = posts.retained_index(post).filter(|&place| posts.authors()[place] == author) else {
            return;
        };
        let minute = minute_of(posts.post(place).witnessed);
        if minute >= starts.first() {
            let uses = posts.keywords_mut(place);
            if let Some(used) = uses.iter_mut().find(|used| used.keyword() == Some(sought.keyword)) {
                mark(keywords, *starts, minute, used, sought, true);
            }
        }
    }

    /// Goes back through the author's posts before the one at `index` until all keywords sought are found and marked.
    fn mark_earlier(&mut self, index: usize, is_followed: bool) {
        let author = self.posts.authors()[index];
        let is_busy = !is_followed && self.busy.contains(author);
        let mut before = self.earlier_in_windows(index);
        for _ in 0..if is_busy { STEPS_MAX } else { usize::MAX } {
            let Some(place) = before.filter(|_| !self.sought.is_empty()) else { break };
            let mut all = std::mem::take(&mut self.sought);
            self.mark_at(place, &mut all, is_followed, is_busy);
            all.retain(|sought| sought.any || sought.original);
            self.sought = all;
            before = self.earlier_in_windows(place);
        }
        if let Some(place) = before {
            self.mark_earlier_of_keywords(place, author, is_followed);
        }
        self.sought.clear();
    }

    /// As [`Self::mark_earlier`], for a busy author: goes back through the posts of each keyword, from the one at
    /// `last` on. So what it takes is bounded by how often a keyword is used, not by how many posts an author
    /// deletes.
    fn mark_earlier_of_keywords(&mut self, last: usize, author: u32, is_followed: bool) {
        let mut all = std::mem::take(&mut self.sought);
        for mut sought in all.drain(..) {
            let uses = self.keywords.entry(sought.keyword).occurrences.as_slice();
            let mut at = uses.partition_point(|occurrence| self.posts.index_of(occurrence.post()) <= last);
            while at > 0 && (sought.any || sought.original) {
                at -= 1;
                let occurrence = self.keywords.entry(sought.keyword).occurrences.as_slice()[at];
                let place = self.posts.index_of(occurrence.post());
                if minute_of(self.posts.post(place).witnessed) < self.window_starts.first() {
                    break;
                }
                if self.posts.authors()[place] == author {
                    self.mark_at(place, std::slice::from_mut(&mut sought), is_followed, true);
                }
            }
        }
        self.sought = all;
    }

    /// Marks those keywords in the post at `place` that it has; and notes that for a busy author.
    fn mark_at(&mut self, place: usize, all: &mut [Sought], is_followed: bool, is_busy: bool) {
        let (author, number) = (self.posts.authors()[place], self.posts.number_at(place));
        let minute = minute_of(self.posts.post(place).witnessed);
        let Self { posts, keywords, busy, window_starts: starts, .. } = self;
        let of_post = posts.keywords_mut(place);
        for sought in all {
            let Some(used) = of_post.iter_mut().find(|used| used.keyword() == Some(sought.keyword)) else {
                continue;
            };
            let before = *sought;
            mark(keywords, *starts, minute, used, sought, is_followed);
            if is_busy {
                let noted = busy.last_mut(author, sought.keyword);
                noted.any = if before.any && !sought.any { Some(number) } else { noted.any };
                noted.original =
                    if before.original && !sought.original { Some(number) } else { noted.original };
            }
        }
    }

    /// The place of the author's post before the one at `index`, unless it lies before the windows.
    fn earlier_in_windows(&self, index: usize) -> Option<usize> {
        let place = self.posts.retained_index(self.posts.post(index).before_of_author)?;
        (minute_of(self.posts.post(place).witnessed) >= self.window_starts.first()).then_some(place)
    }

    /// Forgets what is noted of authors that are not busy any more.
    pub(super) fn tidy_busy_authors(&mut self) {
        let (authors, posts) = (&self.authors, &self.posts);
        self.busy.tidy(
            |author| authors.retained_posts(author) > FOLLOWED_MAX,
            |post| posts.retained_index(post).is_some(),
        );
    }
}

/// Marks one use of a post of `minute`: the author is counted at a later post from now on, or here again.
fn mark(
    keywords: &mut Keywords,
    starts: WindowStarts,
    minute: i64,
    used: &mut KeywordUse,
    sought: &mut Sought,
    is_followed: bool,
) {
    let before = *used;
    if std::mem::take(&mut sought.any) {
        used.set_followed(is_followed);
    }
    if !before.is_copy() && std::mem::take(&mut sought.original) {
        used.set_followed_by_original(is_followed);
    }
    change(keywords, starts, minute, before, Tally::subtract);
    change(keywords, starts, minute, *used, Tally::add);
}

/// Changes the tallies of those windows that hold a post of `minute`.
fn change(
    keywords: &mut Keywords,
    starts: WindowStarts,
    minute: i64,
    used: KeywordUse,
    change: impl Fn(&mut Tally, KeywordUse),
) {
    let Some(keyword) = used.keyword() else { return };
    let tallies = keywords.tallies_mut(keyword);
    if minute >= starts.sliding {
        change(&mut tallies.sliding, used);
    }
    if minute >= starts.tumbling {
        change(&mut tallies.tumbling, used);
    }
}

#[cfg(test)]
mod tests;
