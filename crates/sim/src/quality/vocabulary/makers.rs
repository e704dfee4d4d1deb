//! Where terms come from: made of syllables, or taken from a language's lists; no text twice.

use std::collections::BTreeSet;

use super::{Habit, Term, TermKind};
use crate::dice::Dice;
use crate::quality::chance::shuffle;
use crate::quality::tongue::{Script, Tongue, WordFile};

/// Shortest made word, in characters: shorter ones are often words of some language.
const MADE_CHARS_MIN: usize = 6;

/// Texts that are in use.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken(BTreeSet<String>);

impl Taken {
    /// Whether it was free until now.
    pub(super) fn insert(&mut self, text: &str) -> bool {
        self.0.insert(text.to_owned())
    }
}

/// Makes the terms of one language.
#[derive(Clone, Debug)]
pub(super) struct WordMaker {
    tongue: Tongue,
    syllables: [Vec<&'static str>; 3],
    /// Real words for filler, for tracked words and hashtags, and those that are kept for events.
    common: Vec<&'static str>,
    tracked: Vec<&'static str>,
    rare: Vec<&'static str>,
}

impl WordMaker {
    pub(super) fn new(tongue: Tongue, dice: &mut Dice, taken: &mut Taken) -> Self {
        let file: WordFile = tongue.words();
        // Some words are the same in Japanese and Chinese; here they belong to one of them.
        let mut own_words = |name| {
            let mut words = file.section(name);
            words.retain(|word| taken.insert(word));
            words
        };
        let (mut common, mut rare) = (own_words("common"), own_words("event"));
        shuffle(dice, &mut common);
        let tracked = common.split_off(common.len() * 3 / 4);
        shuffle(dice, &mut rare);
        let syllables = ["onsets", "nuclei", "codas"].map(|name| file.section(name));
        Self { tongue, syllables, common, tracked, rare }
    }

    fn is_made_of_syllables(&self) -> bool {
        self.tongue.script() == Script::Latin
    }

    pub(super) fn filler(&mut self, dice: &mut Dice, taken: &mut Taken) -> Vec<Term> {
        let words: Vec<String> = if self.is_made_of_syllables() {
            (0..self.tongue.filler_words()).map(|_| self.made_word(dice, taken)).collect()
        } else {
            self.common.iter().map(|word| (*word).to_owned()).collect()
        };
        words.iter().map(|word| self.term(word, word, TermKind::Word, Habit::Filler)).collect()
    }

    /// A term that is not taken; a word becomes a hashtag where a language has no more words.
    pub(super) fn make(&mut self, dice: &mut Dice, taken: &mut Taken, kind: TermKind, habit: Habit) -> Term {
        match kind {
            TermKind::Word => {
                let word = if self.is_made_of_syllables() {
                    Some(self.made_word(dice, taken))
                } else if habit == Habit::Fresh {
                    self.rare.pop().map(str::to_owned)
                } else {
                    self.tracked.pop().map(str::to_owned)
                };
                match word {
                    Some(word) => self.term(&word, &word, TermKind::Word, habit),
                    None => self.hashtag(dice, taken, habit),
                }
            }
            TermKind::Hashtag => self.hashtag(dice, taken, habit),
            TermKind::Name => loop {
                let words = 2 + usize::from(dice.chance(200_000));
                let words: Vec<String> = (0..words).map(|_| self.any_word(dice, taken)).collect();
                let name = words.join(" ");
                if taken.insert(&name) {
                    return self.named(&name, habit);
                }
            },
        }
    }

    fn hashtag(&mut self, dice: &mut Dice, taken: &mut Taken, habit: Habit) -> Term {
        loop {
            let words = if self.is_made_of_syllables() { 1 + dice.index(2) } else { 2 };
            let parts: Vec<String> = (0..words).map(|_| self.any_word(dice, taken)).collect();
            let shown: String = parts.iter().map(|part| capitalized(part)).collect();
            let text = parts.concat();
            // A made word alone is taken already, by itself.
            if words == 1 || taken.insert(&text) {
                return self.term(&text, &shown, TermKind::Hashtag, habit);
            }
        }
    }

    fn any_word(&self, dice: &mut Dice, taken: &mut Taken) -> String {
        if self.is_made_of_syllables() {
            return self.made_word(dice, taken);
        }
        (*dice.pick(&self.common)).to_owned()
    }

    fn made_word(&self, dice: &mut Dice, taken: &mut Taken) -> String {
        loop {
            let mut word = String::new();
            let mut syllables = 0;
            while syllables < 2 || word.chars().count() < MADE_CHARS_MIN {
                let [onsets, nuclei, codas] = &self.syllables;
                word.push_str(dice.pick_text(onsets));
                word.push_str(dice.pick_text(nuclei));
                // Many consonants inside a word make it hard to say.
                if syllables > 0 || dice.chance(250_000) {
                    word.push_str(dice.pick_text(codas));
                }
                syllables += 1;
            }
            if taken.insert(&word) {
                return word;
            }
        }
    }

    pub(super) fn named(&self, name: &str, habit: Habit) -> Term {
        let shown: Vec<String> = name.split(' ').map(capitalized).collect();
        self.term(name, &shown.join(" "), TermKind::Name, habit)
    }

    fn term(&self, text: &str, shown: &str, kind: TermKind, habit: Habit) -> Term {
        Term { text: text.into(), shown: shown.into(), kind, tongue: self.tongue, habit }
    }
}

/// With its first letter in upper case.
pub(crate) fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
}
