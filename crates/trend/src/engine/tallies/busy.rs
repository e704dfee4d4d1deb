//! Authors of many posts: where their last post with each keyword is, so that it need not be looked for post by post.
//! Only a shortcut to what the posts themselves say: what is noted is checked there, and nothing of it is in a
//! snapshot.

use hashbrown::{HashMap, HashSet};

/// The numbers of an author's last post with a keyword and of the last one that is no copy.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastPosts {
    pub(super) any: Option<u32>,
    pub(super) original: Option<u32>,
}

/// See the module.
#[derive(Debug, Default)]
pub(in crate::engine) struct BusyAuthors {
    authors: HashSet<u32>,
    /// By author and keyword.
    last: HashMap<(u32, u32), LastPosts>,
}

impl BusyAuthors {
    pub(super) fn contains(&self, author: u32) -> bool {
        !self.authors.is_empty() && self.authors.contains(&author)
    }

    pub(super) fn insert(&mut self, author: u32) {
        self.authors.insert(author);
    }

    /// Where the author's last posts with the keyword are, to be changed.
    pub(super) fn last_mut(&mut self, author: u32, keyword: u32) -> &mut LastPosts {
        self.last.entry((author, keyword)).or_default()
    }

    /// Forgets the authors that are not busy any more, and the posts that have left.
    pub(in crate::engine) fn tidy(
        &mut self,
        is_busy: impl Fn(u32) -> bool,
        is_retained: impl Fn(u32) -> bool,
    ) {
        self.authors.retain(|&author| is_busy(author));
        let Self { authors, last } = self;
        last.retain(|(author, _), last| authors.contains(author) && last.any.is_some_and(&is_retained));
        // A flood that is over must not hold its memory for ever.
        if last.capacity() > 4 * last.len() {
            last.shrink_to(2 * last.len());
        }
    }

    /// Bytes held, about.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.authors.allocation_size() + self.last.allocation_size()
    }
}
