//! The posts of events, and of what only looks like one.

use std::sync::Arc;

use super::{Cast, VARIED_WORDS};
use crate::quality::chance::{poisson, unit};
use crate::quality::minute::QualityMinute;
use crate::quality::people::Author;
use crate::quality::plan::{Event, Negative, NegativeKind};
use crate::quality::template::Template;
use crate::quality::tongue::Tongue;
use crate::quality::vocabulary::TermId;

/// Of a million event posts: near-copies, and posts by somebody who wrote about it before.
const EVENT_COPY_PPM: u64 = 120_000;
const EVENT_AGAIN_PPM: u64 = 50_000;
/// A template is a copy of itself while this memory lasts.
const TEMPLATE_MINUTES: u32 = 30;

impl Cast {
    pub(super) fn event(&mut self, at: usize, event: &Event, authors: f64, into: &mut QualityMinute) {
        let vocabulary = Arc::clone(&self.vocabulary);
        for _ in 0..poisson(&mut self.dice, authors) {
            let author = self.event_author(at, event.tongue);
            let is_copy = self.dice.chance(EVENT_COPY_PPM)
                && self.event_memories[at].kept.copy(&mut self.dice, &mut self.draft);
            if is_copy {
                self.draft.vary(&mut self.dice, &vocabulary, event.tongue);
            } else {
                let mut terms: Vec<TermId> = Vec::new();
                for &(term, weight) in &event.terms {
                    if unit(&mut self.dice) < weight {
                        terms.push(term);
                    }
                }
                if terms.is_empty() {
                    terms.push(event.terms[0].0);
                }
                let words = self.dice.between(VARIED_WORDS.0, VARIED_WORDS.1);
                self.compose_varied(event.tongue, &terms, words);
                self.event_memories[at].kept.keep(&mut self.dice, &self.draft);
            }
            into.push(&self.draft, event.tongue, author, is_copy);
        }
    }

    /// Mostly somebody who has not written about it yet.
    fn event_author(&mut self, at: usize, tongue: Tongue) -> Author {
        let authors = &mut self.event_memories[at].authors;
        if !authors.is_empty() && self.dice.chance(EVENT_AGAIN_PPM) {
            return *self.dice.pick(authors);
        }
        let author = self.people.anybody(&mut self.dice, tongue);
        authors.push(author);
        author
    }

    pub(super) fn negative(&mut self, at: usize, negative: &Negative, minute: u32, into: &mut QualityMinute) {
        let vocabulary = Arc::clone(&self.vocabulary);
        let Negative { kind, tongue, term, .. } = *negative;
        for _ in 0..poisson(&mut self.dice, negative.posts_per_minute) {
            let author = Author(negative.accounts.start + self.dice.index(negative.accounts.len()) as u32);
            if negative.templates == 0 {
                let (low, high) = if kind == NegativeKind::Thread { (4, 12) } else { VARIED_WORDS };
                let words = self.dice.between(low, high);
                self.compose_varied(tongue, &[term], words);
                into.push(&self.draft, tongue, author, false);
                continue;
            }
            let template = self.dice.below(u64::from(negative.templates));
            let is_changed = kind == NegativeKind::Coordinated && self.dice.chance(250_000);
            self.write_template(tongue, term, Template::of_negative(at, template as u32), is_changed);
            if self.dice.chance(500_000) {
                self.draft.vary(&mut self.dice, &vocabulary, tongue);
            }
            let original = &mut self.negative_memories[at].originals[template as usize];
            let is_copy = original.is_some_and(|last| last + TEMPLATE_MINUTES > minute);
            if !is_copy {
                *original = Some(minute);
            }
            into.push(&self.draft, tongue, author, is_copy);
        }
    }
}
