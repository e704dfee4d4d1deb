//! What the world's people write with: words of several languages and scripts, drawn by Zipf's law. English is
//! real words, so that people can read the samples; the other languages are made of syllables with endings that
//! no real word has. No word is a stop word, shorter than three letters, or a planted topic's.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::dice::{Dice, Zipf};
use crate::world::topic;

/// The only words in texts that the oracle does not count: any list of English stop words has them. Whoever
/// compares a detector with the oracle ignores these in the detector's output too.
pub const FUNCTION_WORDS: [&str; 52] = [
    "the", "and", "for", "with", "from", "this", "that", "these", "those", "our", "your", "you", "they",
    "has", "have", "had", "was", "were", "are", "been", "not", "but", "what", "when", "where", "who", "how",
    "why", "all", "just", "very", "its", "his", "her", "she", "their", "there", "here", "into", "over",
    "about", "out", "now", "then", "than", "off", "can", "will", "before", "after", "again", "while",
];

/// Flattens the head of English: the commonest noun is in a few posts of a hundred.
const ENGLISH_OFFSET: u64 = 8;
const OTHER_OFFSET: u64 = 10;
/// Words of each language but English.
const OTHER_COUNT: usize = 1500;
/// Compounds of two nouns, English's long tail.
const COMPOUND_COUNT: usize = 8000;

/// Words with their probabilities.
#[derive(Debug)]
pub(crate) struct WordList {
    words: Vec<Arc<str>>,
    zipf: Zipf,
}

impl WordList {
    fn new(words: Vec<Arc<str>>, offset: u64) -> Self {
        let zipf = Zipf::new(words.len(), offset);
        Self { words, zipf }
    }

    pub(crate) fn draw(&self, dice: &mut Dice) -> &Arc<str> {
        &self.words[self.zipf.draw(dice)]
    }

    /// One of the words, all alike.
    pub(crate) fn draw_evenly(&self, dice: &mut Dice) -> &Arc<str> {
        dice.pick(&self.words)
    }
}

/// The English of this world.
#[derive(Debug)]
pub(crate) struct English {
    pub(crate) nouns: WordList,
    pub(crate) compounds: WordList,
    pub(crate) adjectives: WordList,
    pub(crate) verbs: WordList,
}

impl English {
    /// The same for every seed but for the words' ranks.
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed, "english", 0);
        let mut taken: BTreeSet<Arc<str>> = topic::reserved_words().map(Arc::from).collect();
        let mut list = |text: &str| -> Vec<Arc<str>> {
            let mut words: Vec<Arc<str>> = text
                .split_whitespace()
                .map(Arc::from)
                .filter(|word| taken.insert(Arc::clone(word)))
                .collect();
            shuffle(&mut words, &mut dice);
            words
        };
        let nouns = list(include_str!("words/english_nouns.txt"));
        let adjectives = list(include_str!("words/english_adjectives.txt"));
        let verbs = list(include_str!("words/english_verbs.txt"));
        let mut compounds = Vec::with_capacity(COMPOUND_COUNT);
        while compounds.len() < COMPOUND_COUNT {
            let word: Arc<str> = Arc::from([&**dice.pick(&nouns), &**dice.pick(&nouns)].concat());
            if taken.insert(Arc::clone(&word)) {
                compounds.push(word);
            }
        }
        Self {
            nouns: WordList::new(nouns, ENGLISH_OFFSET),
            compounds: WordList::new(compounds, ENGLISH_OFFSET * 4),
            adjectives: WordList::new(adjectives, ENGLISH_OFFSET),
            verbs: WordList::new(verbs, ENGLISH_OFFSET),
        }
    }
}

/// How words of a language are made.
struct Syllables {
    onsets: &'static [&'static str],
    vowels: &'static [&'static str],
    endings: &'static [&'static str],
}

/// Languages other than English, by primary subtag.
const SYLLABLES: [(&str, Syllables); 7] = [
    (
        "ja",
        Syllables {
            onsets: &["k", "s", "t", "n", "h", "m", "y", "r", "w", "g", "sh", "ch"],
            vowels: &["a", "i", "u", "e", "o", "ou"],
            endings: &["zuwa", "gyora", "mizu", "byoku"],
        },
    ),
    (
        "de",
        Syllables {
            onsets: &["b", "d", "f", "g", "h", "k", "l", "m", "r", "w", "br", "schl", "gr", "tr"],
            vowels: &["a", "e", "i", "o", "u", "ä", "ö", "ü"],
            endings: &["brück", "wärtz", "knöpf", "ßelgau"],
        },
    ),
    (
        "pt",
        Syllables {
            onsets: &["b", "c", "d", "f", "l", "m", "p", "r", "s", "t", "v", "lh", "nh"],
            vowels: &["a", "e", "i", "o", "u", "ã", "é", "ô"],
            endings: &["çãova", "nhópo", "xéria"],
        },
    ),
    (
        "es",
        Syllables {
            onsets: &["b", "c", "d", "f", "g", "l", "m", "p", "r", "s", "t", "ch", "ll"],
            vowels: &["a", "e", "i", "o", "u", "á", "í"],
            endings: &["ñuelo", "zórica", "güeta"],
        },
    ),
    (
        "fr",
        Syllables {
            onsets: &["b", "c", "d", "f", "g", "j", "l", "m", "p", "r", "s", "t", "v", "ch"],
            vowels: &["a", "e", "i", "o", "ou", "é", "è", "ê"],
            endings: &["çonelle", "îtreux", "ôchard"],
        },
    ),
    (
        "ru",
        Syllables {
            onsets: &["б", "в", "г", "д", "к", "л", "м", "н", "п", "р", "с", "т", "ш"],
            vowels: &["а", "е", "и", "о", "у", "ы", "я"],
            endings: &["щёвка", "цюжий", "фырник"],
        },
    ),
    (
        "ko",
        Syllables {
            onsets: &["가", "노", "두", "라", "무", "보", "사", "주", "차", "코", "태", "하", "별", "숲"],
            vowels: &["람", "림", "봄", "솔", "녘", "빛", "늘", "꽃"],
            endings: &["쿠뮤", "뿔래", "켜솨"],
        },
    ),
];

/// One language's words.
#[derive(Debug)]
pub(crate) struct Language {
    pub(crate) tag: &'static str,
    pub(crate) words: WordList,
}

/// The languages other than English, in the order of their shares.
pub(crate) fn other_languages(seed: u64) -> Vec<Language> {
    let reserved: BTreeSet<&str> = topic::reserved_words().collect();
    SYLLABLES
        .iter()
        .map(|(tag, syllables)| {
            let mut dice = Dice::new(seed, tag, 0);
            let mut taken = BTreeSet::new();
            let mut words: Vec<Arc<str>> = Vec::with_capacity(OTHER_COUNT);
            while words.len() < OTHER_COUNT {
                let mut word = String::new();
                for _ in 0..dice.between(1, 3) {
                    word.push_str(dice.pick_text(syllables.onsets));
                    word.push_str(dice.pick_text(syllables.vowels));
                }
                word.push_str(dice.pick_text(syllables.endings));
                let word: Arc<str> = Arc::from(word);
                if !reserved.contains(&*word) && taken.insert(Arc::clone(&word)) {
                    words.push(word);
                }
            }
            Language { tag, words: WordList::new(words, OTHER_OFFSET) }
        })
        .collect()
}

fn shuffle(words: &mut [Arc<str>], dice: &mut Dice) {
    for at in (1..words.len()).rev() {
        words.swap(at, dice.index(at + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_long_enough_lower_case_and_no_function_word() {
        let english = English::new(1);
        let lists = [&english.nouns, &english.compounds, &english.adjectives, &english.verbs];
        let others = other_languages(1);
        for list in lists.into_iter().chain(others.iter().map(|language| &language.words)) {
            for word in &list.words {
                assert!(word.chars().count() >= 3 && word.chars().all(char::is_alphabetic), "{word}");
                assert_eq!(**word, word.to_lowercase());
                assert!(!FUNCTION_WORDS.contains(&&**word), "{word}");
            }
        }
        assert!(english.nouns.words.len() > 900);
    }
}
