//! What a keyword amounts to in a window: posts, distinct authors, and clusters, which are the authors of posts that
//! are no near-copies (the channel that is scored, ALGORITHM.md 1.1).
//!
//! A post is a near-copy for a keyword if, when it came into the windows, an earlier post with a near text and this
//! keyword was retained and counted, and is among those that are looked at (`engine/intake.rs`). That is decided
//! once; it stays so whatever becomes of the earlier post.

use crate::extract::SurfaceForm;
use crate::language::{LanguageCode, LanguageTally};
use crate::posts::{KeywordUse, Occurrence, PostStore};

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Posts.
    pub(crate) posts: u32,
    /// Distinct authors.
    pub(crate) authors: u32,
    /// Distinct authors of posts that are no copies.
    pub(crate) clusters: u32,
    /// Posts that are copies.
    pub(crate) copies: u32,
}

impl Tally {
    pub(crate) const ZERO: Self = Self { posts: 0, authors: 0, clusters: 0, copies: 0 };

    /// Takes the post in that `used` belongs to, with its author if counted there.
    pub(crate) fn add(&mut self, used: KeywordUse) {
        self.posts += 1;
        self.authors += u32::from(used.has_author());
        self.clusters += u32::from(used.has_original_author());
        self.copies += u32::from(used.is_copy());
    }

    /// The inverse of [`Tally::add`].
    pub(crate) fn subtract(&mut self, used: KeywordUse) {
        self.posts -= 1;
        self.authors -= u32::from(used.has_author());
        self.clusters -= u32::from(used.has_original_author());
        self.copies -= u32::from(used.is_copy());
    }
}

/// An author with three posts on one keyword in a window or more is in a conversation and counts a third, one with two
/// posts two thirds: half a dozen people who talk with each other are no trend.
const REPEATED_MAX: usize = 3;

/// A post with a keyword, or an engagement with one, by its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Voice {
    /// The author's number.
    pub(crate) author: u32,
    pub(crate) is_newcomer: bool,
    pub(crate) is_post: bool,
}

/// Who the authors of a keyword are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Crowd {
    pub(crate) authors: u32,
    /// How many of them are newcomers.
    pub(crate) newcomers: u32,
    /// What they count less for having posted more than once, in thirds of an author: a sum of whole numbers, so that
    /// the order of the authors, which depends on restarts, does not matter.
    pub(crate) repeated_thirds: u32,
}

impl Crowd {
    /// What they count less for having posted more than once, in authors.
    pub(crate) fn repeated(self) -> f64 {
        f64::from(self.repeated_thirds) / REPEATED_MAX as f64
    }

    /// Of the voices of a keyword. Only posts make a conversation: who likes and reposts is in none.
    pub(crate) fn of(voices: &mut [Voice]) -> Self {
        voices.sort_unstable();
        let mut crowd = Self::default();
        for of_author in voices.chunk_by(|left, right| left.author == right.author) {
            crowd.authors += 1;
            crowd.newcomers += u32::from(of_author.iter().any(|voice| voice.is_newcomer));
            let posts = of_author.iter().filter(|voice| voice.is_post).count();
            crowd.repeated_thirds += posts.clamp(1, REPEATED_MAX) as u32 - 1;
        }
        crowd
    }
}

/// So many of a keyword's latest posts say in what language and how it is mostly written.
const DESCRIBED_MAX: usize = 64;

/// Counts one keyword after the other with the same buffers.
#[derive(Debug, Default)]
pub(crate) struct Tallier {
    /// For each author, the last round in which it was seen.
    rounds: Vec<u32>,
    round: u32,
    languages: LanguageTally,
}

impl Tallier {
    /// Distinct authors of those `occurrences` that are no copies. `authors` is one past the largest number of one.
    pub(crate) fn clusters(&mut self, occurrences: &[Occurrence], posts: &PostStore, authors: usize) -> u32 {
        if self.round == u32::MAX {
            self.rounds.clear();
            self.round = 0;
        }
        self.round += 1;
        if self.rounds.len() < authors {
            self.rounds.resize(authors, 0);
        }
        let mut clusters = 0;
        for occurrence in occurrences.iter().filter(|occurrence| !occurrence.is_copy()) {
            let author = posts.authors()[posts.index_of(occurrence.post())];
            let seen = std::mem::replace(&mut self.rounds[author as usize], self.round);
            clusters += u32::from(seen != self.round);
        }
        clusters
    }

    /// How many of the `occurrences` are in posts whose first language is `language`, and that of most of the latest.
    pub(crate) fn in_language(
        &mut self,
        occurrences: &[Occurrence],
        posts: &PostStore,
        language: LanguageCode,
    ) -> (usize, LanguageCode) {
        let first_languages = || occurrences.iter().map(|o| posts.languages()[posts.index_of(o.post())][0]);
        let in_language = first_languages().filter(|&of_post| of_post == language).count();
        if 2 * in_language >= occurrences.len() {
            return (in_language, language);
        }
        (in_language, self.describe(occurrences, posts).0)
    }

    /// The most common language of the latest `occurrences`, and their most common form (the plainest of several).
    pub(crate) fn describe(
        &mut self,
        occurrences: &[Occurrence],
        posts: &PostStore,
    ) -> (LanguageCode, SurfaceForm) {
        const FORMS: [SurfaceForm; 4] =
            [SurfaceForm::Lower, SurfaceForm::Capitalized, SurfaceForm::Upper, SurfaceForm::Mixed];
        let mut counts = [0_u32; FORMS.len()];
        let languages = posts.languages();
        let latest = &occurrences[occurrences.len().saturating_sub(DESCRIBED_MAX)..];
        for occurrence in latest {
            counts[occurrence.form()] += 1;
            self.languages.add(languages[posts.index_of(occurrence.post())]);
        }
        let most = (0..FORMS.len()).rev().max_by_key(|&form| counts[form]).unwrap_or(0);
        (self.languages.take_most_common(), FORMS[most])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_counted_by_author() {
        let mut voices = [(7, false), (3, true), (7, false), (9, false), (3, true), (7, false), (7, false)]
            .map(|(author, is_newcomer)| Voice { author, is_newcomer, is_post: true });
        assert_eq!(Crowd::of(&mut voices), Crowd { authors: 3, newcomers: 1, repeated_thirds: 3 });
    }

    #[test]
    fn only_posts_make_a_conversation() {
        let mut voices = [(1, false), (1, false), (1, false), (1, false), (2, true), (2, false), (2, false)]
            .map(|(author, is_post)| Voice { author, is_newcomer: false, is_post });
        assert_eq!(Crowd::of(&mut voices), Crowd { authors: 2, newcomers: 0, repeated_thirds: 0 });
    }
}
