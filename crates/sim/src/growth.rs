//! Posts whose vocabulary and authors grow for ever, for measuring what a detector's state and time do over weeks.
//! Words follow Zipf's law; a fixed share of them was never used before, as with names, misspellings and tags on the
//! real network, so that the vocabulary grows in proportion to the posts (Simon's process).

use crate::dice::Dice;

/// One word of so many was never used before.
const WORDS_TO_NEW: u64 = 50;
/// One post of so many is by an account that never posted before.
const POSTS_TO_NEW: u64 = 100;
/// Words and accounts in use at the start.
const WORDS_AT_START: u64 = 200_000;
const AUTHORS_AT_START: u64 = 300_000;
/// Words of a post: at least, at most.
const WORDS: (i64, i64) = (4, 16);
/// The busiest hour has so many percent more than the average, the quietest as many less.
const RHYTHM_PERCENT: f64 = 35.0;

/// A stream of posts, minute by minute.
#[derive(Debug)]
pub struct GrowingPosts {
    dice: Dice,
    minute: u32,
    posts_per_minute: f64,
    words: u64,
    authors: u64,
}

/// A post: its author's number and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrowingPost {
    /// The number of the author.
    pub author: u64,
    /// Words.
    pub text: String,
}

impl GrowingPosts {
    /// The stream of this seed, with so many posts in an average minute.
    pub fn new(seed: u64, posts_per_minute: u32) -> Self {
        Self {
            dice: Dice::new(seed, "growth", 0),
            minute: 0,
            posts_per_minute: f64::from(posts_per_minute),
            words: WORDS_AT_START,
            authors: AUTHORS_AT_START,
        }
    }

    /// Distinct words so far, about.
    pub fn words(&self) -> u64 {
        self.words
    }

    /// The posts of the next minute.
    pub fn next_minute(&mut self) -> Vec<GrowingPost> {
        let turn = f64::from(self.minute % 1440) / 1440.0 * std::f64::consts::TAU;
        let rate = self.posts_per_minute * (1.0 - RHYTHM_PERCENT / 100.0 * libm::cos(turn));
        self.minute += 1;
        let posts = rate as u32;
        (0..posts).map(|_| self.post()).collect()
    }

    fn post(&mut self) -> GrowingPost {
        let author = drawn_or_new(&mut self.dice, POSTS_TO_NEW, &mut self.authors);
        let mut text = String::new();
        for _ in 0..self.dice.between(WORDS.0, WORDS.1) {
            push_word(drawn_or_new(&mut self.dice, WORDS_TO_NEW, &mut self.words), &mut text);
        }
        GrowingPost { author, text }
    }
}

/// A number below `known`, small ones more often: each twice as large is half as likely (Zipf's law); or a new one.
fn drawn_or_new(dice: &mut Dice, draws_to_new: u64, known: &mut u64) -> u64 {
    if dice.below(draws_to_new) == 0 {
        *known += 1;
        return *known - 1;
    }
    let even = dice.bits() as f64 / 2.0_f64.powi(64);
    let drawn = libm::exp(even * libm::log(*known as f64 + 1.0)) as u64 - 1;
    drawn.min(*known - 1)
}

/// Appends the word with this number: syllables, none of which is in a dictionary of stop words.
fn push_word(number: u64, text: &mut String) {
    const SYLLABLES: [&str; 16] =
        ["ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "za"];
    if !text.is_empty() {
        text.push(' ');
    }
    text.push('x');
    let mut rest = number + 1;
    while rest > 0 {
        text.push_str(SYLLABLES[(rest % 16) as usize]);
        rest /= 16;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_vocabulary_grows_with_the_posts_and_the_same_seed_gives_the_same() {
        let mut posts = GrowingPosts::new(1, 500);
        let mut again = GrowingPosts::new(1, 500);
        let mut seen = HashSet::new();
        let mut distinct = Vec::new();
        for _ in 0..3 {
            for _ in 0..20 {
                let minute = posts.next_minute();
                assert_eq!(minute, again.next_minute());
                seen.extend(minute.iter().flat_map(|post| post.text.split(' ')).map(str::to_owned));
            }
            distinct.push(seen.len());
        }
        // A fiftieth of some 100,000 words each time, and the words of the start that were not met before.
        assert!(distinct[2] - distinct[1] > 1_300, "{distinct:?}");
        assert!(posts.words() > WORDS_AT_START + 3 * 1_300);
    }
}
