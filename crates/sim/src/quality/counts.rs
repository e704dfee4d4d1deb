//! What the world itself knows about each minute: for every term its posts, its authors (an author counts once in ten
//! minutes), and its authors without near-copies; posts by language; and the true background rate of every term.
//! Nothing is read from texts.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::minute::StoredPost;
use super::people::mix;
use super::tongue::Tongue;
use super::vocabulary::TermId;

/// An author counts once for a term in this time.
const AUTHOR_MINUTES: u32 = 10;

/// What was counted for a term in a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermCount {
    /// Which.
    pub term: TermId,
    /// Posts.
    pub posts: u32,
    /// Posts by authors that did not count for the term in the nine minutes before.
    pub authors: u32,
    /// Those of them that are no near-copies.
    pub originals: u32,
}

/// What was counted in a minute.
#[derive(Clone, Debug, Default)]
pub struct MinuteCounts {
    /// By term; terms without a post are left out.
    pub terms: Vec<TermCount>,
    /// Posts by [`Tongue::index`].
    pub posts: [u32; Tongue::ALL.len()],
    /// Expected posts of this minute by term, without events and spam about the term itself. Terms beyond its end have
    /// no background.
    pub background: Arc<[f32]>,
}

/// Remembers who counted for what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter {
    /// Term and author: the minute they last counted in.
    counted: HashMap<u64, u32, BuildHasherDefault<MixHasher>>,
    /// By term, for the present minute.
    scratch: Vec<[u32; 3]>,
    touched: Vec<TermId>,
}

impl Counter {
    /// Counts the posts of a minute, which are in order of time.
    pub(crate) fn count(
        &mut self,
        minute: u32,
        posts: &[StoredPost],
        terms: &[TermId],
        into: &mut MinuteCounts,
    ) {
        if minute.is_multiple_of(AUTHOR_MINUTES) {
            self.counted.retain(|_, last| *last + AUTHOR_MINUTES > minute);
        }
        for post in posts {
            into.posts[post.tongue.index()] += 1;
            for &term in &terms[post.terms.clone()] {
                if self.scratch.len() <= term.index() {
                    self.scratch.resize(term.index() + 1, [0; 3]);
                }
                let counts = &mut self.scratch[term.index()];
                if counts[0] == 0 {
                    self.touched.push(term);
                }
                counts[0] += 1;
                let last = self
                    .counted
                    .entry(u64::from(term.0) << 32 | u64::from(post.author.0))
                    .or_insert(u32::MAX);
                if *last == u32::MAX || *last + AUTHOR_MINUTES <= minute {
                    *last = minute;
                    counts[1] += 1;
                    counts[2] += u32::from(!post.is_copy);
                }
            }
        }
        self.touched.sort_unstable();
        into.terms.extend(self.touched.drain(..).map(|term| {
            let [posts, authors, originals] = std::mem::take(&mut self.scratch[term.index()]);
            TermCount { term, posts, authors, originals }
        }));
    }
}

/// A hasher of one number, with a fixed seed.
#[derive(Clone, Debug, Default)]
pub(crate) struct MixHasher(u64);

impl Hasher for MixHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = mix(self.0 ^ u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = mix(number);
    }
}
