//! Counts one keyword in one window, from its occurrences there: posts, distinct authors, and clusters, which are
//! authors after near-copies of a text were collapsed (the channel that is scored, ALGORITHM.md 1.1).
//!
//! A cluster is opened by an occurrence whose author has opened none in this window and whose text is no near-copy of
//! one that opened one; occurrences are taken in the order (witnessed, author, log). So the result depends on the
//! window's posts alone: a retracted post is as if it had never been. Nothing is approximated: posts that may be
//! copies at all are marked when they come in, and only they are compared with the clusters of the keyword: with each
//! while there are few, by the bands of their signatures when there are many. The bound is that of the occurrences
//! retained.

use crate::extract::SurfaceForm;
use crate::language::{LanguageCode, LanguageTally};
use crate::posts::{Occurrence, PostStore};
use crate::signature::{BANDS, Signature};

/// What a keyword amounts to in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Posts.
    pub(crate) posts: u32,
    /// Distinct authors.
    pub(crate) authors: u32,
    /// Clusters: see the module.
    pub(crate) clusters: u32,
    /// Posts whose text is a near-copy of one that opened a cluster.
    pub(crate) copies: u32,
}

/// Counts one keyword after the other with the same buffers.
#[derive(Debug, Default)]
pub(crate) struct Tallier {
    /// For each author, the last round in which it was seen, and one more if it opened a cluster in it.
    rounds: Vec<u32>,
    /// Even; grows with each keyword.
    round: u32,
    openers: Openers,
    languages: LanguageTally,
}

impl Tallier {
    /// Counts `occurrences`. `authors` is one past the largest number of an author.
    pub(crate) fn tally(&mut self, occurrences: &[Occurrence], posts: &PostStore, authors: usize) -> Tally {
        self.next_round(authors);
        self.openers.clear(self.round);
        let mut tally = Tally { posts: occurrences.len() as u32, ..Tally::default() };
        let (round, rounds, authorships) = (self.round, &mut self.rounds[..], posts.authorships());
        for occurrence in occurrences {
            let index = posts.index_of(occurrence.post());
            let authorship = authorships[index];
            let seen = &mut rounds[authorship.author() as usize];
            if *seen < round {
                *seen = round;
                tally.authors += 1;
            }
            if authorship.may_be_copy() && self.openers.have_near(posts.signature(index), posts) {
                tally.copies += 1;
            } else if *seen == round {
                *seen = round + 1;
                self.openers.places.push(index as u32);
            }
        }
        tally.clusters = self.openers.places.len() as u32;
        tally
    }

    /// The most common language, and the most common form (the plainest of several).
    pub(crate) fn describe(
        &mut self,
        occurrences: &[Occurrence],
        posts: &PostStore,
    ) -> (LanguageCode, SurfaceForm) {
        const FORMS: [SurfaceForm; 4] =
            [SurfaceForm::Lower, SurfaceForm::Capitalized, SurfaceForm::Upper, SurfaceForm::Mixed];
        let mut counts = [0_u32; FORMS.len()];
        let languages = posts.languages();
        for occurrence in occurrences {
            counts[occurrence.form()] += 1;
            self.languages.add(languages[posts.index_of(occurrence.post())]);
        }
        let most = (0..FORMS.len()).rev().max_by_key(|&form| counts[form]).unwrap_or(0);
        (self.languages.take_most_common(), FORMS[most])
    }

    fn next_round(&mut self, authors: usize) {
        if self.round >= u32::MAX - 3 {
            self.rounds.clear();
            self.openers.heads.clear();
            self.round = 0;
        }
        self.round += 2;
        if self.rounds.len() < authors {
            self.rounds.resize(authors, 0);
        }
    }
}

/// The posts that opened a cluster of the present keyword.
#[derive(Debug, Default)]
struct Openers {
    /// Their places, in the order of the window.
    places: Vec<u32>,
    round: u32,
    /// How many of them are in the index: it is built when a post is to be compared with many.
    indexed: usize,
    /// For each value of each band the last round it was used in, and the last opener there, counted from one.
    heads: Vec<[u32; 2]>,
    /// For each opener in the index, the one before it in each band.
    before: Vec<[u32; BANDS]>,
}

/// Up to so many openers are compared one by one.
const SCANNED_MAX: usize = 32;

impl Openers {
    fn clear(&mut self, round: u32) {
        self.places.clear();
        self.before.clear();
        self.indexed = 0;
        self.round = round;
    }

    /// Whether a text with this signature is a near-copy of an opener's.
    fn have_near(&mut self, signature: Signature, posts: &PostStore) -> bool {
        let is_near = |place: u32| posts.signature(place as usize).is_near(signature);
        if self.places.len() <= SCANNED_MAX {
            return self.places.iter().any(|&place| is_near(place));
        }
        self.index(posts);
        for band in 0..BANDS {
            let [round, mut opener] = self.heads[band << 16 | usize::from(signature.band(band))];
            while round == self.round && opener != 0 {
                if is_near(self.places[opener as usize - 1]) {
                    return true;
                }
                opener = self.before[opener as usize - 1][band];
            }
        }
        false
    }

    fn index(&mut self, posts: &PostStore) {
        self.heads.resize(BANDS << 16, [0; 2]);
        for (opener, &place) in (1..).zip(&self.places).skip(self.indexed) {
            let signature = posts.signature(place as usize);
            let mut before = [0; BANDS];
            for (band, before) in before.iter_mut().enumerate() {
                let head = &mut self.heads[band << 16 | usize::from(signature.band(band))];
                *before = if head[0] == self.round { head[1] } else { 0 };
                *head = [self.round, opener];
            }
            self.before.push(before);
        }
        self.indexed = self.places.len();
    }
}
