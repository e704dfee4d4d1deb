//! The ordinary posts of a minute, their near-copies, and bots at the top of the hour.

use std::sync::Arc;

use super::{Bot, Cast, FILLER_WORDS};
use crate::quality::chance::{poisson, unit};
use crate::quality::minute::QualityMinute;
use crate::quality::people::Author;
use crate::quality::template::Template;
use crate::quality::tongue::Tongue;

/// Near-copies for a background post.
const BACKGROUND_COPIES: f64 = 0.015;
/// Of a million uses of a tracked term: by its last user, if that was within ten minutes.
const SAME_AUTHOR_PPM: u64 = 60_000;
const SAME_AUTHOR_MINUTES: u32 = 10;
/// Of a million uses of a term next to its companion.
const COMPANION_PPM: u64 = 300_000;
/// Background posts that become one of them: one in so many.
const KEPT_ONE_IN: u64 = 8;

impl Cast {
    pub(super) fn background(&mut self, minute: u32, tongue: Tongue, rate: f64, into: &mut QualityMinute) {
        let vocabulary = Arc::clone(&self.vocabulary);
        self.draw_tracked(tongue);
        let posts = poisson(&mut self.dice, rate).max(u32::from(!self.drawn.is_empty()));
        self.place_tracked(tongue, posts);
        let mut next = 0;
        for post in 0..posts {
            self.draft.clear();
            let words = FILLER_WORDS.start + self.dice.below(FILLER_WORDS.end - FILLER_WORDS.start);
            self.fill(tongue, words);
            let mut author = self.people.writer(&mut self.dice, tongue);
            while let Some(&(_, term)) = self.placed.get(next).filter(|(at, _)| *at == post) {
                next += 1;
                let place = self.dice.index(self.content.len() + 1);
                self.content.insert(place, term);
                let (last, when) = self.last_authors[term.index()];
                let is_recent = when != u32::MAX && when + SAME_AUTHOR_MINUTES > minute;
                if is_recent && self.dice.chance(SAME_AUTHOR_PPM) {
                    author = last;
                }
                self.last_authors[term.index()] = (author, minute);
            }
            self.draft.compose(&mut self.dice, &vocabulary, tongue, &self.content);
            let people = &self.people;
            self.draft.decorate(&mut self.dice, self.seed, |dice| people.anybody(dice, tongue));
            if self.dice.below(KEPT_ONE_IN) == 0 {
                self.kept[tongue.index()].keep(&mut self.dice, &self.draft);
            }
            into.push(&self.draft, tongue, author, false);
        }
        for _ in 0..poisson(&mut self.dice, rate * BACKGROUND_COPIES) {
            if self.kept[tongue.index()].copy(&mut self.dice, &mut self.draft) {
                self.draft.vary(&mut self.dice, &vocabulary, tongue);
                let author = self.people.writer(&mut self.dice, tongue);
                into.push(&self.draft, tongue, author, true);
            }
        }
    }

    /// Draws which tracked terms of a language are used in this minute.
    fn draw_tracked(&mut self, tongue: Tongue) {
        self.drawn.clear();
        let (terms, sums) = &self.tracked[tongue.index()];
        let total = sums.last().copied().unwrap_or(0.0);
        for _ in 0..poisson(&mut self.dice, total) {
            let draw = unit(&mut self.dice) * total;
            self.drawn.push(sums.partition_point(|sum| *sum <= draw).min(terms.len() - 1));
        }
        self.drawn.sort_unstable();
    }

    /// Gives each of them to one of the posts. Half of the terms have a companion that is often in the same post.
    fn place_tracked(&mut self, tongue: Tongue, posts: u32) {
        self.placed.clear();
        let mut before: Option<(usize, u32)> = None;
        for &place in &self.drawn {
            let is_companion = |other: usize| place % 4 == 1 && other + 1 == place;
            let post = match before.filter(|(other, _)| is_companion(*other)) {
                Some((_, post)) if self.dice.chance(COMPANION_PPM) => post,
                _ => self.dice.below(u64::from(posts)) as u32,
            };
            before = Some((place, post));
            self.placed.push((post, self.tracked[tongue.index()].0[place]));
        }
        self.placed.sort_unstable();
    }

    pub(super) fn bots(&mut self, minute: u32, into: &mut QualityMinute) {
        for at in 0..self.bots.len() {
            let Bot { term, posts, ref accounts } = self.bots[at];
            let (first, count) = (accounts.start, accounts.len());
            let tongue = self.vocabulary.term(term).tongue;
            for post in 0..posts {
                self.write_template(tongue, term, Template::of_bot(term), false);
                self.draft.number(u64::from(minute / 60 % 24));
                into.push(&self.draft, tongue, Author(first + post % count as u32), post > 0);
            }
        }
    }
}
