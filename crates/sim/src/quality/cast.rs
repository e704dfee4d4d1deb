//! Who posts what in each minute: the background with its copies and bots, then the posts of events and negatives.
//! How a post reads is [`super::text`]'s, when it comes within its minute the world's.

mod background;
mod planted;

use std::ops::Range;
use std::sync::Arc;

use super::minute::{QualityMinute, StoredPost};
use super::people::{Author, People};
use super::plan::Plan;
use super::rates::RateModel;
use super::template::{TEMPLATES_MAX, Template};
use super::text::Draft;
use super::tongue::Tongue;
use super::vocabulary::{Habit, TRACKED, TermId, Vocabulary};
use crate::dice::Dice;

/// Filler words of a background post.
const FILLER_WORDS: Range<u64> = 3..11;
/// Words of an event's posts and of varied spam.
const VARIED_WORDS: (i64, i64) = (4, 25);
/// Texts of a language, and of an event, that can be copied.
const KEPT_TEXTS: usize = 32;
/// Bots at the top of the hour: posts for each term in the model's world, and accounts.
const BOT_POSTS: (i64, i64) = (3, 14);
const BOT_ACCOUNTS: (i64, i64) = (1, 4);

/// Texts that may be copied.
#[derive(Clone, Debug, Default)]
struct Kept(Vec<Draft>);

/// A term that bots write about.
#[derive(Clone, Debug)]
struct Bot {
    term: TermId,
    posts: u32,
    accounts: Range<u32>,
}

/// What a planted thing remembers while it lasts.
#[derive(Clone, Debug, Default)]
struct Memory {
    kept: Kept,
    authors: Vec<Author>,
    /// By template: the minute of its last post that was no copy.
    originals: [Option<u32>; TEMPLATES_MAX as usize],
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Cast {
    seed: u64,
    dice: Dice,
    vocabulary: Arc<Vocabulary>,
    people: People,
    plan: Arc<Plan>,
    bots: Vec<Bot>,
    /// By language: its tracked terms, and the sums of their rates.
    tracked: Vec<(Vec<TermId>, Vec<f64>)>,
    last_authors: Vec<(Author, u32)>,
    kept: Vec<Kept>,
    event_memories: Vec<Memory>,
    negative_memories: Vec<Memory>,
    /// By language: filler words of this minute's posts about what is planted.
    planted_words: [u32; Tongue::ALL.len()],
    draft: Draft,
    content: Vec<TermId>,
    /// Tracked terms of a language in this minute, by their place in its list, and by post.
    drawn: Vec<usize>,
    placed: Vec<(u32, TermId)>,
}

impl Cast {
    pub(crate) fn new(
        seed: u64,
        bot_factor: f64,
        vocabulary: Arc<Vocabulary>,
        mut people: People,
        plan: Arc<Plan>,
    ) -> Self {
        let mut dice = Dice::new(seed, "cast", 0);
        let mut tracked = vec![(Vec::new(), Vec::new()); Tongue::ALL.len()];
        let mut bots = Vec::new();
        for (term, at) in vocabulary.terms[..TRACKED].iter().zip(0..) {
            tracked[term.tongue.index()].0.push(TermId(at));
            if term.habit == Habit::HourlyBot {
                let posts = dice.between(BOT_POSTS.0, BOT_POSTS.1) as f64 * bot_factor;
                let accounts = dice.between(BOT_ACCOUNTS.0, BOT_ACCOUNTS.1) as u32;
                bots.push(Bot {
                    term: TermId(at),
                    posts: (posts as u32).max(1),
                    accounts: people.crew(accounts),
                });
            }
        }
        Self {
            seed,
            dice,
            people,
            bots,
            tracked,
            last_authors: vec![(Author(0), u32::MAX); TRACKED],
            kept: vec![Kept::default(); Tongue::ALL.len()],
            event_memories: vec![Memory::default(); plan.events.len()],
            negative_memories: vec![Memory::default(); plan.negatives.len()],
            vocabulary,
            plan,
            planted_words: [0; Tongue::ALL.len()],
            draft: Draft::default(),
            content: Vec::new(),
            drawn: Vec::new(),
            placed: Vec::new(),
        }
    }

    /// Adds up the rates of a new step.
    pub(crate) fn settle(&mut self, rates: &RateModel) {
        for (terms, sums) in &mut self.tracked {
            let mut sum = 0.0;
            sums.clear();
            sums.extend(terms.iter().map(|term| {
                sum += rates.rates.tracked[term.index()];
                sum
            }));
        }
    }

    /// Expected posts of the last minute of every tracked and filler term, without events and spam about the term
    /// itself: who writes about an event writes other words, too.
    pub(crate) fn background_rates(&self, rates: &RateModel) -> Arc<[f32]> {
        let words = (FILLER_WORDS.start + FILLER_WORDS.end - 1) as f64 / 2.0;
        let mut all: Vec<f32> = rates.rates.tracked.iter().map(|rate| *rate as f32).collect();
        let fillers = self.vocabulary.filler.iter().zip(rates.rates.posts).zip(self.planted_words);
        for ((filler, posts), planted) in fillers {
            let uses = (posts * words + f64::from(planted)) as f32;
            all.extend(filler.ranks.shares().iter().map(|share| share * uses));
        }
        all.into()
    }

    /// Writes all posts of a minute, in no order.
    pub(crate) fn play(&mut self, minute: u32, rates: &RateModel, into: &mut QualityMinute) {
        self.planted_words = [0; Tongue::ALL.len()];
        for tongue in Tongue::ALL {
            self.background(minute, tongue, rates.rates.posts[tongue.index()], into);
        }
        if minute.is_multiple_of(60) {
            self.bots(minute, into);
        }
        let plan = Arc::clone(&self.plan);
        for (at, event) in plan.events.iter().enumerate() {
            let since = minute.checked_sub(event.from).map_or(usize::MAX, |since| since as usize);
            if let Some(&authors) = event.authors_per_minute.get(since) {
                self.event(at, event, authors, into);
            }
        }
        for (at, negative) in plan.negatives.iter().enumerate() {
            if negative.minutes.contains(&minute) {
                self.negative(at, negative, minute, into);
            }
        }
    }
    /// Makes filler words the content of the next post.
    fn fill(&mut self, tongue: Tongue, words: u64) {
        let filler = &self.vocabulary.filler[tongue.index()];
        self.content.clear();
        for _ in 0..words {
            self.content.push(filler.draw(&mut self.dice));
        }
    }

    /// Writes a text of its own around these terms.
    fn compose_varied(&mut self, tongue: Tongue, terms: &[TermId], words: i64) {
        let vocabulary = Arc::clone(&self.vocabulary);
        // Every other word is a function word.
        let filler = (words / 2 - terms.len() as i64).max(1);
        self.fill(tongue, filler.cast_unsigned());
        self.planted_words[tongue.index()] += filler as u32;
        for &term in terms {
            let place = self.dice.index(self.content.len() + 1);
            self.content.insert(place, term);
        }
        self.draft.clear();
        self.draft.compose(&mut self.dice, &vocabulary, tongue, &self.content);
        let people = &self.people;
        self.draft.decorate(&mut self.dice, self.seed, |dice| people.anybody(dice, tongue));
    }

    /// Writes the text of a template, with one of its words changed or not.
    fn write_template(&mut self, tongue: Tongue, term: TermId, template: Template, is_changed: bool) {
        let vocabulary = Arc::clone(&self.vocabulary);
        let filler = &vocabulary.filler[tongue.index()];
        let (words, mut fixed) = template.words(self.seed, filler);
        self.content = words;
        if is_changed {
            let place = self.dice.index(self.content.len());
            self.content[place] = filler.draw(&mut self.dice);
        }
        let place = fixed.index(self.content.len() + 1);
        self.content.insert(place, term);
        self.draft.clear();
        self.draft.compose(&mut fixed, &vocabulary, tongue, &self.content);
    }
}

impl Kept {
    fn keep(&mut self, dice: &mut Dice, draft: &Draft) {
        if self.0.len() < KEPT_TEXTS {
            self.0.push(draft.clone());
        } else {
            let place = dice.index(KEPT_TEXTS);
            self.0[place].copy_of(draft);
        }
    }

    /// Whether there was one to copy.
    fn copy(&self, dice: &mut Dice, into: &mut Draft) -> bool {
        if self.0.is_empty() {
            return false;
        }
        into.copy_of(dice.pick(&self.0));
        true
    }
}

impl QualityMinute {
    /// Adds a post whose time is not known yet.
    fn push(&mut self, draft: &Draft, tongue: Tongue, author: Author, is_copy: bool) {
        let (text, facets, terms) = (self.text.len(), self.facets.len(), self.terms.len());
        self.text.push_str(&draft.text);
        self.facets.extend_from_slice(&draft.facets);
        self.terms.extend_from_slice(&draft.terms);
        self.posts.push(StoredPost {
            witnessed: skytrend_event::Micros(0),
            author,
            tongue,
            text: text..self.text.len(),
            facets: facets..self.facets.len(),
            terms: terms..self.terms.len(),
            is_copy,
        });
    }
}
