//! The words of the world: terms whose rates are tracked, filler words around them, and fresh terms that nobody used
//! before their event. What their rates are is [`super::rates`]', how they are written in a post [`super::text`]'s.

mod makers;

use serde::{Deserialize, Serialize};

use super::chance::ZipfAlias;
use super::tongue::{Script, Tongue};
use crate::dice::Dice;
use makers::{Taken, WordMaker};

/// Tracked terms with a background.
pub(crate) const TRACKED: usize = 8000;
/// Flattens the head of filler: the commonest of many words is in 3 posts of a hundred.
const FILLER_OFFSET: u64 = 30;
/// Shares of recurring terms, in a million.
const DAILY_PPM: u64 = 120_000;
const WEEKLY_PPM: u64 = 30_000;
const HOURLY_PPM: u64 = 10_000;
/// Share of new names that are made of everyday words, in a million.
const EVERYDAY_PPM: u64 = 350_000;
/// The everyday words that new names are made of have these ranks.
const EVERYDAY_RANKS: std::ops::Range<usize> = 50..2000;

/// A term's place in [`Vocabulary::terms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TermId(pub u32);

impl TermId {
    /// As an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a term is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermKind {
    /// One word.
    Word,
    /// A hashtag.
    Hashtag,
    /// Two or three words that are one name.
    Name,
}

/// When a term is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Habit {
    /// At any time.
    Plain,
    /// More at one time of each day.
    Daily,
    /// Much more at one time of one day of the week.
    Weekly,
    /// At any time, and by bots at the top of each hour.
    HourlyBot,
    /// At any time; one of the words that posts are filled with.
    Filler,
    /// Never before what it was made for.
    Fresh,
}

/// A word, hashtag or name.
#[derive(Clone, Debug)]
pub struct Term {
    /// Lower case, without `#`; the words of a name with one space between.
    pub text: Box<str>,
    /// As it is mostly written: names and hashtags with upper case.
    pub(crate) shown: Box<str>,
    /// What it is.
    pub kind: TermKind,
    /// Whose.
    pub tongue: Tongue,
    /// When it is used.
    pub habit: Habit,
}

/// The filler words of a language: neighbours in the list of terms, by rank.
#[derive(Clone, Debug)]
pub(crate) struct Filler {
    pub(crate) first: u32,
    pub(crate) ranks: ZipfAlias,
}

impl Filler {
    /// A word, the common ones more often.
    pub(crate) fn draw(&self, dice: &mut Dice) -> TermId {
        TermId(self.first + self.ranks.draw(dice) as u32)
    }
}

/// All terms.
#[derive(Clone, Debug)]
pub(crate) struct Vocabulary {
    pub(crate) terms: Vec<Term>,
    /// By [`Tongue::index`].
    pub(crate) filler: Vec<Filler>,
    pub(crate) function_words: Vec<Vec<&'static str>>,
    makers: Vec<WordMaker>,
    taken: Taken,
}

impl Vocabulary {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed, "vocabulary", 0);
        let mut taken = Taken::default();
        let mut makers: Vec<WordMaker> =
            Tongue::ALL.iter().map(|tongue| WordMaker::new(*tongue, &mut dice, &mut taken)).collect();
        let mut terms = Vec::new();
        for _ in 0..TRACKED {
            let tongue = draw_tongue(&mut dice);
            let habit = match dice.below(1_000_000) {
                draw if draw < DAILY_PPM => Habit::Daily,
                draw if draw < DAILY_PPM + WEEKLY_PPM => Habit::Weekly,
                draw if draw < DAILY_PPM + WEEKLY_PPM + HOURLY_PPM => Habit::HourlyBot,
                _ => Habit::Plain,
            };
            let kind = match (tongue.script(), dice.below(100)) {
                (Script::Latin | Script::Arabic, 0..70) | (_, 0..25) => TermKind::Word,
                (Script::Latin, 70..75) => TermKind::Name,
                _ => TermKind::Hashtag,
            };
            terms.push(makers[tongue.index()].make(&mut dice, &mut taken, kind, habit));
        }
        let mut filler = Vec::new();
        for tongue in Tongue::ALL {
            let first = terms.len() as u32;
            terms.extend(makers[tongue.index()].filler(&mut dice, &mut taken));
            let count = terms.len() - first as usize;
            filler.push(Filler { first, ranks: ZipfAlias::new(count, FILLER_OFFSET) });
        }
        let function_words = Tongue::ALL.iter().map(|tongue| tongue.words().section("function")).collect();
        Self { terms, filler, function_words, makers, taken }
    }

    pub(crate) fn term(&self, id: TermId) -> &Term {
        &self.terms[id.index()]
    }

    /// A new term, used by nothing else.
    pub(crate) fn fresh(&mut self, dice: &mut Dice, tongue: Tongue, kind: TermKind) -> TermId {
        let Self { terms, filler, makers, taken, .. } = self;
        let everyday = (kind == TermKind::Name && dice.chance(EVERYDAY_PPM)).then(|| {
            let filler = &filler[tongue.index()];
            let ranks = EVERYDAY_RANKS.end.min(filler.ranks.shares().len());
            let low = EVERYDAY_RANKS.start.min(ranks / 2);
            let mut word = || &*terms[filler.first as usize + low + dice.index(ranks - low)].text;
            format!("{} {}", word(), word())
        });
        let maker = &mut makers[tongue.index()];
        let term = match everyday.filter(|name| taken.insert(name)) {
            Some(name) => maker.named(&name, Habit::Fresh),
            None => maker.make(dice, taken, kind, Habit::Fresh),
        };
        self.terms.push(term);
        TermId(self.terms.len() as u32 - 1)
    }
}

fn draw_tongue(dice: &mut Dice) -> Tongue {
    let mut draw = dice.below(1000) as u32;
    for tongue in Tongue::ALL {
        if draw < tongue.per_mille() {
            return tongue;
        }
        draw -= tongue.per_mille();
    }
    Tongue::English
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_terms_are_written_alike() {
        let mut vocabulary = Vocabulary::new(5);
        let mut dice = Dice::new(5, "test", 0);
        for tongue in Tongue::ALL {
            for kind in [TermKind::Word, TermKind::Hashtag] {
                for _ in 0..50 {
                    vocabulary.fresh(&mut dice, tongue, kind);
                }
            }
        }
        for _ in 0..200 {
            vocabulary.fresh(&mut dice, Tongue::German, TermKind::Name);
        }
        let texts: BTreeSet<&str> = vocabulary.terms.iter().map(|term| &*term.text).collect();
        assert_eq!(texts.len(), vocabulary.terms.len());
        let everyday = vocabulary.terms.iter().filter(|term| {
            term.habit == Habit::Fresh
                && term.kind == TermKind::Name
                && term.text.split(' ').all(|word| texts.contains(word))
        });
        assert!((40..110).contains(&everyday.count()), "a third of new names is made of everyday words");
    }

    #[test]
    fn recurring_terms_have_their_shares() {
        let vocabulary = Vocabulary::new(6);
        let share =
            |habit| vocabulary.terms.iter().filter(|term| term.habit == habit).count() * 1000 / TRACKED;
        assert!((105..135).contains(&share(Habit::Daily)));
        assert!((22..38).contains(&share(Habit::Weekly)));
        assert!((6..14).contains(&share(Habit::HourlyBot)));
    }
}
