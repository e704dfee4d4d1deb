//! Texts that are posted again and again: which words they have is fixed by the seed, so that the truth can name them
//! without having seen a post.

use super::vocabulary::{Filler, TermId};
use crate::dice::Dice;

/// Filler words of a template.
const WORDS: (i64, i64) = (5, 9);
/// Templates of one flood at most.
pub(crate) const TEMPLATES_MAX: u32 = 3;

/// A text that is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    purpose: &'static str,
    ordinal: u64,
}

impl Template {
    /// What bots write about a term.
    pub(crate) fn of_bot(term: TermId) -> Self {
        Self { purpose: "bot", ordinal: u64::from(term.0) }
    }

    /// A text of a flood, by the flood's place in the plan.
    pub(crate) fn of_negative(place: usize, template: u32) -> Self {
        Self { purpose: "template", ordinal: place as u64 * u64::from(TEMPLATES_MAX) + u64::from(template) }
    }

    /// Its words, and the chance that the rest of it is written with: the same each time.
    pub(crate) fn words(self, seed: u64, filler: &Filler) -> (Vec<TermId>, Dice) {
        let mut dice = Dice::new(seed, self.purpose, self.ordinal);
        let count = dice.between(WORDS.0, WORDS.1);
        let words = (0..count).map(|_| filler.draw(&mut dice)).collect();
        (words, dice)
    }
}
