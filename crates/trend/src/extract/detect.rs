//! The languages of a post: what it declares, unless its text clearly says something else.
//!
//! The text's evidence costs nearly nothing: how many letters of which script it has, and votes. A stop word votes for
//! the languages of which it is one, a letter that few languages use for those; a vote is shared among them. A script
//! that one language writes decides; among the languages of one script the votes do. Only for texts in Latin script
//! that the votes leave in doubt, the crate `whichlang` is asked too, which knows ten languages of that script by their
//! letter groups, and better than votes do.
//!
//! - Nothing declared: the language of the main script with the most votes. In Latin script: the one that has twice
//!   [`VOTES_ALONE_MIN`] and three times as many votes as the next; else what `whichlang` says, if that has
//!   [`VOTES_MIN`] or the text is [`LETTERS_MIN`] long; but a language that `whichlang` does not know, if it has
//!   [`VOTES_ALONE_MIN`] and six times as many as that.
//! - Declared, but none of the languages is written in the text's main script: the same. In Latin script, and if
//!   another language of the script is declared, the text has to contradict: the other language has [`VOTES_MIN`] and
//!   twice as many votes as the best declared one, and `whichlang` says the same; where `whichlang` does not know the
//!   other language, it needs twice [`VOTES_ALONE_MIN`] and six times as many.
//! - Declared languages that are not known here are never doubted.

use whichlang::Lang;

use super::script::{SCRIPTS_LEN, Script, languages_of_letter};
use super::stop_words::{LANGUAGES_LEN, bit, bit_of, code_of};
use crate::language::{LanguageCode, Languages};

/// What one stop word has to give. It divides by the numbers of languages that share a word most often.
const STOP_WORD_VOTES: u32 = 24;
/// What one letter has to give.
const LETTER_VOTES: u32 = 24;
/// Against what is declared: one stop word of two languages.
const VOTES_MIN: u32 = 12;
/// Without `whichlang`: one stop word of one language only; against what is declared, twice that.
const VOTES_ALONE_MIN: u32 = 24;
/// Letters from which a text in Latin script is enough for `whichlang`.
const LETTERS_MIN: u32 = 24;

/// Languages in Latin script that votes may find: those that are written most, and no two that share most words.
const LATIN: u64 = bit_of("en")
    | bit_of("pt")
    | bit_of("de")
    | bit_of("es")
    | bit_of("fr")
    | bit_of("nl")
    | bit_of("it")
    | bit_of("tr")
    | bit_of("pl")
    | bit_of("vi")
    | bit_of("id")
    | bit_of("sv")
    | bit_of("no")
    | bit_of("da")
    | bit_of("fi")
    | bit_of("cs")
    | bit_of("sk")
    | bit_of("hu")
    | bit_of("ro")
    | bit_of("ca")
    | bit_of("tl");
/// Those of them that `whichlang` knows.
const WHICHLANG: u64 = bit_of("en")
    | bit_of("pt")
    | bit_of("de")
    | bit_of("es")
    | bit_of("fr")
    | bit_of("nl")
    | bit_of("it")
    | bit_of("tr")
    | bit_of("vi")
    | bit_of("sv");
/// Further ones that may be declared.
const LATIN_DECLARED: u64 = LATIN
    | bit_of("ms")
    | bit_of("gl")
    | bit_of("eu")
    | bit_of("hr")
    | bit_of("sl")
    | bit_of("lt")
    | bit_of("lv")
    | bit_of("et")
    | bit_of("ga")
    | bit_of("eo")
    | bit_of("sr");

/// What a text tells about its language.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    letters: [u32; SCRIPTS_LEN],
    votes: [u32; LANGUAGES_LEN],
    has_votes: bool,
}

impl Default for Evidence {
    fn default() -> Self {
        Self { letters: [0; SCRIPTS_LEN], votes: [0; LANGUAGES_LEN], has_votes: false }
    }
}

impl Evidence {
    pub(super) fn clear(&mut self) {
        self.letters = [0; SCRIPTS_LEN];
        if self.has_votes {
            self.votes = [0; LANGUAGES_LEN];
            self.has_votes = false;
        }
    }

    /// Takes a word of the text: its normal form, and the languages in which it is a stop word.
    pub(super) fn add(&mut self, word: &str, stop_word_of: u64) {
        if word.is_ascii() {
            self.letters[Script::Latin as usize] += word.len() as u32;
        } else {
            for c in word.chars() {
                let script = Script::of(c);
                self.letters[script as usize] += script.weight();
                self.vote(languages_of_letter(c), LETTER_VOTES);
            }
        }
        self.vote(stop_word_of, STOP_WORD_VOTES);
    }

    fn vote(&mut self, languages: u64, votes: u32) {
        if languages == 0 {
            return;
        }
        self.has_votes = true;
        let share = (votes / languages.count_ones()).max(1);
        let mut rest = languages;
        while rest != 0 {
            self.votes[rest.trailing_zeros() as usize] += share;
            rest &= rest - 1;
        }
    }

    /// The languages of the text of a post that declares these; `words` gives the text's words.
    pub(super) fn decide(&self, declared: Languages, words: impl FnOnce() -> String) -> Languages {
        let bits =
            declared.iter().filter(|code| code.0 > 0).try_fold(0, |bits, &code| Some(bits | bit(code)?));
        let Some(bits) = bits else { return declared };
        let Some(script) = self.main_script() else { return declared };
        let found =
            if script == Script::Latin { self.latin(bits, words) } else { self.other_script(script, bits) };
        found.map_or(declared, |place| [code_of(place), LanguageCode::default(), LanguageCode::default()])
    }

    /// The script with the most letters, weighed; Kana makes a text with Chinese characters Japanese.
    fn main_script(&self) -> Option<Script> {
        const ALL: [Script; SCRIPTS_LEN - 1] = [
            Script::Latin,
            Script::Kana,
            Script::Han,
            Script::Hangul,
            Script::Cyrillic,
            Script::Arabic,
            Script::Thai,
            Script::Greek,
            Script::Hebrew,
            Script::Devanagari,
            Script::Bengali,
            Script::Tamil,
        ];
        let (kana, han) = (self.letters[Script::Kana as usize], self.letters[Script::Han as usize]);
        let is_japanese = kana * 5 >= kana + han;
        let letters = |script: Script| match script {
            Script::Kana if is_japanese => kana + han,
            Script::Han if !is_japanese => kana + han,
            Script::Kana | Script::Han => 0,
            _ => self.letters[script as usize],
        };
        let mut main = None;
        for script in ALL {
            if letters(script) > main.map_or(0, letters) {
                main = Some(script);
            }
        }
        main
    }

    /// The language of a text in Latin script, if it is another than declared.
    fn latin(&self, declared: u64, words: impl FnOnce() -> String) -> Option<usize> {
        let (best, votes) = self.best(LATIN);
        if declared == 0 {
            let (_, next) = self.best(LATIN & !(1 << best));
            if votes >= (2 * VOTES_ALONE_MIN).max(next * 3) {
                return Some(best);
            }
            let guess = place_of(whichlang::detect_language(&words()));
            let guess_votes = guess.map_or(0, |guess| self.votes[guess]);
            if WHICHLANG >> best & 1 == 0 && votes >= VOTES_ALONE_MIN.max(guess_votes * 6) {
                return Some(best);
            }
            let is_enough = guess_votes >= VOTES_MIN || self.letters[Script::Latin as usize] >= LETTERS_MIN;
            return guess.filter(|_| is_enough);
        }
        let (_, own) = self.best(declared & LATIN_DECLARED);
        // The usual case, at no further cost: the declared language has as many votes as any.
        if declared >> best & 1 == 1 || votes < VOTES_MIN.max(own * 2) {
            return None;
        }
        if WHICHLANG >> best & 1 == 0 && votes >= (2 * VOTES_ALONE_MIN).max(own * 6) {
            return Some(best);
        }
        let guess = place_of(whichlang::detect_language(&words()))?;
        self.contradicts(guess, VOTES_MIN, declared, LATIN_DECLARED)
    }

    /// The language of a text in another script, if it is another than declared.
    fn other_script(&self, script: Script, declared: u64) -> Option<usize> {
        let languages = match script {
            Script::Kana => bit_of("ja"),
            Script::Han => bit_of("zh") | bit_of("ja"),
            Script::Hangul => bit_of("ko"),
            Script::Thai => bit_of("th"),
            Script::Greek => bit_of("el"),
            Script::Hebrew => bit_of("he"),
            Script::Bengali => bit_of("bn"),
            Script::Tamil => bit_of("ta"),
            Script::Devanagari => bit_of("hi") | bit_of("mr") | bit_of("ne"),
            Script::Arabic => bit_of("ar") | bit_of("fa") | bit_of("ur") | bit_of("ckb"),
            Script::Cyrillic => {
                bit_of("ru")
                    | bit_of("uk")
                    | bit_of("bg")
                    | bit_of("be")
                    | bit_of("sr")
                    | bit_of("mk")
                    | bit_of("kk")
            }
            Script::Latin | Script::Other => return None,
        };
        let (mut best, votes) = self.best(languages);
        // Both write Chinese characters; a text of nothing else is Chinese unless something speaks for Japanese.
        if script == Script::Han && votes == 0 {
            best = bit_of("zh").trailing_zeros() as usize;
        }
        if declared & languages == 0 {
            return Some(best);
        }
        self.contradicts(best, 2 * VOTES_ALONE_MIN, declared, languages)
    }

    /// `other`, if it has so many votes, and twice as many as the declared languages of the script that these
    /// languages write.
    fn contradicts(&self, other: usize, votes_min: u32, declared: u64, languages: u64) -> Option<usize> {
        let (_, own) = self.best(declared & languages);
        (declared >> other & 1 == 0 && self.votes[other] >= votes_min.max(own * 2)).then_some(other)
    }

    /// The language with the most votes among these, the first of several, and its votes.
    fn best(&self, languages: u64) -> (usize, u32) {
        let mut best = (languages.trailing_zeros() as usize % LANGUAGES_LEN, 0);
        let mut rest = languages;
        while rest != 0 {
            let place = rest.trailing_zeros() as usize;
            if self.votes[place] > best.1 {
                best = (place, self.votes[place]);
            }
            rest &= rest - 1;
        }
        best
    }
}

/// The place of a language in Latin script that `whichlang` found.
fn place_of(language: Lang) -> Option<usize> {
    let bit = match language {
        Lang::Eng => bit_of("en"),
        Lang::Por => bit_of("pt"),
        Lang::Deu => bit_of("de"),
        Lang::Spa => bit_of("es"),
        Lang::Fra => bit_of("fr"),
        Lang::Nld => bit_of("nl"),
        Lang::Ita => bit_of("it"),
        Lang::Tur => bit_of("tr"),
        Lang::Vie => bit_of("vi"),
        Lang::Swe => bit_of("sv"),
        _ => return None,
    };
    Some(bit.trailing_zeros() as usize)
}
