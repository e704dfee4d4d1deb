//! Which of the retained posts are engagements, and with what: found by the post they are with and by its author, so
//! that they leave when it does, also when it left the retained minutes before them. Empty, and free, where no weight
//! is set.
//!
//! An engagement is retained like a post of its own ([`Post::is_engagement`](crate::posts::Post)), which bounds what is
//! here: one entry for each.

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use skytrend_event::Micros;

use crate::posts::{KeywordUse, NO_POST};

/// What one engagement is with, and those before it that share that.
#[derive(Clone, Copy, Debug)]
struct Link {
    /// Number of the post it is with; that may not be retained any more.
    subject: u32,
    /// Hashes of that one's URI, and of its author.
    subject_hash: u64,
    author_hash: u64,
    /// The engagements before it with the same post, and with a post of the same author.
    before: u32,
    before_of_author: u32,
}

/// See the module. Everything is by number of a post.
#[derive(Debug, Default)]
pub(crate) struct Engagements {
    links: HashMap<u32, Link>,
    /// The last one with a post, by the hash of its URI.
    last_with: HashMap<u64, u32>,
    /// The last one with a post of an author, by its hash.
    last_with_author: HashMap<u64, u32>,
    /// How many of the sliding window have a keyword, by its number; none is zero.
    of_keyword: HashMap<u32, u32>,
    /// The authors that were removed at the last instant at which one was.
    removed: Vec<u64>,
    removed_at: Micros,
}

impl Engagements {
    /// Whether no engagement is retained.
    pub(crate) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// The retained post `number` is an engagement with the post `subject`, with this hash of its URI, of an author
    /// with this one.
    pub(crate) fn insert(&mut self, number: u32, subject: u32, subject_hash: u64, author_hash: u64) {
        let before = self.last_with.insert(subject_hash, number).unwrap_or(NO_POST);
        let before_of_author = self.last_with_author.insert(author_hash, number).unwrap_or(NO_POST);
        self.links.insert(number, Link { subject, subject_hash, author_hash, before, before_of_author });
    }

    /// The engagement `number`, the oldest one, is not retained any more.
    pub(crate) fn remove(&mut self, number: u32) {
        let Some(link) = self.links.remove(&number) else { return };
        for (last, hash) in
            [(&mut self.last_with, link.subject_hash), (&mut self.last_with_author, link.author_hash)]
        {
            // Its own last one: there is none after it.
            if let Entry::Occupied(entry) = last.entry(hash)
                && *entry.get() == number
            {
                entry.remove();
            }
        }
    }

    /// The number of the post that the engagement `number` is with.
    pub(crate) fn subject_of(&self, number: u32) -> u32 {
        self.links.get(&number).map_or(NO_POST, |link| link.subject)
    }

    /// The retained engagements with the post whose URI has this hash, those that count no more too; newest first.
    pub(crate) fn with(&self, subject_hash: u64) -> impl Iterator<Item = u32> + '_ {
        self.chain(self.last_with.get(&subject_hash), |link| link.before)
    }

    /// The same with any post of the author with this hash.
    pub(crate) fn with_author(&self, author_hash: u64) -> impl Iterator<Item = u32> + '_ {
        self.chain(self.last_with_author.get(&author_hash), |link| link.before_of_author)
    }

    /// Those with the post whose URI has this hash count no more.
    pub(crate) fn forget_with(&mut self, subject_hash: u64) {
        self.last_with.remove(&subject_hash);
    }

    /// The same for those with any post of the author with this hash.
    pub(crate) fn forget_with_author(&mut self, author_hash: u64) {
        self.last_with_author.remove(&author_hash);
    }

    fn chain(&self, last: Option<&u32>, before: fn(&Link) -> u32) -> impl Iterator<Item = u32> + '_ {
        let retained = |number: u32| self.links.get(&number).map(|link| (number, *link));
        let first = last.and_then(|&number| retained(number));
        std::iter::successors(first, move |(_, link)| retained(before(link))).map(|(number, _)| number)
    }

    /// One more engagement of the sliding window has these keywords.
    pub(crate) fn add_to_window(&mut self, uses: &[KeywordUse]) {
        for keyword in uses.iter().filter_map(|used| used.keyword()) {
            *self.of_keyword.entry(keyword).or_default() += 1;
        }
    }

    /// One less has them.
    pub(crate) fn take_from_window(&mut self, uses: &[KeywordUse]) {
        for keyword in uses.iter().filter_map(|used| used.keyword()) {
            if let Entry::Occupied(mut count) = self.of_keyword.entry(keyword) {
                *count.get_mut() -= 1;
                if *count.get() == 0 {
                    count.remove();
                }
            }
        }
    }

    /// How many engagements of the sliding window have the keyword.
    pub(crate) fn of_keyword(&self, keyword: u32) -> u32 {
        if self.of_keyword.is_empty() { 0 } else { self.of_keyword.get(&keyword).copied().unwrap_or(0) }
    }

    /// The author was removed at this instant.
    pub(crate) fn note_removal(&mut self, author_hash: u64, at: Micros) {
        if self.removed_at != at {
            self.removed.clear();
            self.removed_at = at;
        }
        self.removed.push(author_hash);
    }

    /// Whether the author was removed at this very instant, which is that of the last removal or later.
    pub(crate) fn is_removed(&self, author_hash: u64, at: Micros) -> bool {
        self.removed_at == at && self.removed.contains(&author_hash)
    }

    /// Bytes held, about.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.links.allocation_size()
            + self.last_with.allocation_size()
            + self.last_with_author.allocation_size()
            + self.of_keyword.allocation_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engagements_are_found_by_post_and_by_author_until_they_leave() {
        let mut engagements = Engagements::default();
        for (number, subject) in [(10, 1), (11, 2), (12, 1), (13, 3), (14, 1)] {
            // Posts 1 and 2 are by author 7, post 3 by author 8.
            engagements.insert(number, subject, u64::from(subject) + 100, if subject < 3 { 7 } else { 8 });
        }
        let with = |engagements: &Engagements, post: u64| engagements.with(post + 100).collect::<Vec<_>>();
        let with_author =
            |engagements: &Engagements, author: u64| engagements.with_author(author).collect::<Vec<_>>();
        assert_eq!((with(&engagements, 1), with(&engagements, 2)), (vec![14, 12, 10], vec![11]));
        assert_eq!(
            (with_author(&engagements, 7), with_author(&engagements, 8)),
            (vec![14, 12, 11, 10], vec![13])
        );
        assert_eq!((engagements.subject_of(13), engagements.subject_of(1)), (3, NO_POST));
        for number in 10..13 {
            engagements.remove(number);
        }
        assert_eq!((with(&engagements, 1), with(&engagements, 2)), (vec![14], vec![]));
        assert_eq!(with_author(&engagements, 7), [14]);
        engagements.remove(13);
        engagements.remove(14);
        assert!(engagements.is_empty() && engagements.last_with.is_empty());
        assert!(engagements.last_with_author.is_empty());
    }

    #[test]
    fn only_the_last_removals_are_known() {
        let mut engagements = Engagements::default();
        engagements.note_removal(1, Micros(5));
        engagements.note_removal(2, Micros(5));
        assert!(engagements.is_removed(1, Micros(5)) && engagements.is_removed(2, Micros(5)));
        assert!(!engagements.is_removed(1, Micros(6)) && !engagements.is_removed(3, Micros(5)));
        engagements.note_removal(3, Micros(6));
        assert!(!engagements.is_removed(1, Micros(6)));
    }
}
