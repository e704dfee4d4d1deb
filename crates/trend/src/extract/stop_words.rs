//! Stop words by language, looked up by the hash that a word has anyway. One look-up tells all languages in which a
//! word is a stop word, so that the language of a text can be told by them too.
//!
//! The lists are those of the crate `stop-words` (NLTK's, and ISO's where NLTK has none) and [`more`], what the
//! dictionaries of unspaced scripts cut off besides.

mod more;

use std::sync::LazyLock;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use super::normalize::normalize_into;
use crate::language::{LanguageCode, Languages};

/// Languages that are known, one bit each; the last six have no stop words, but letters of their own. The order
/// decides between equals, so the most used ones of the network come first.
const LANGUAGES: [&str; 53] = [
    "en", "ja", "pt", "de", "es", "fr", "ko", "nl", "it", "tr", "ru", "uk", "pl", "zh", "ar", "fa", "th",
    "vi", "id", "ms", "sv", "no", "da", "fi", "cs", "sk", "el", "hu", "ro", "bg", "he", "hi", "ca", "gl",
    "eu", "bn", "hr", "sl", "lt", "lv", "et", "tl", "ur", "ga", "eo", "ta", "mr", "be", "sr", "mk", "kk",
    "ckb", "ne",
];
/// How many languages have a bit.
pub(super) const LANGUAGES_LEN: usize = LANGUAGES.len();

/// Other codes of known languages.
const ALIASES: [(&str, &str); 4] = [("nb", "no"), ("nn", "no"), ("fil", "tl"), ("iw", "he")];

/// English, whose stop words are out in every language.
pub(super) const ENGLISH: u64 = bit_of("en");

/// The code of each known language, and its bit, in the order of the codes.
static BITS: LazyLock<Vec<(LanguageCode, u64)>> = LazyLock::new(|| {
    let own = LANGUAGES.iter().map(|language| (*language, *language));
    let codes = own.chain(ALIASES).filter_map(|(code, of)| Some((LanguageCode::of(code)?, bit_of(of))));
    let mut bits: Vec<_> = codes.collect();
    bits.sort_unstable();
    bits
});

static STOP_WORDS: LazyLock<StopWords> = LazyLock::new(StopWords::build);

/// The bit of a known language, for constants.
pub(super) const fn bit_of(language: &str) -> u64 {
    let mut place = 0;
    while !is_same(LANGUAGES[place], language) {
        place += 1;
    }
    1 << place
}

const fn is_same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut at = 0;
    while at < left.len() {
        if left[at] != right[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// The language of bit number `place`.
pub(super) fn code_of(place: usize) -> LanguageCode {
    LANGUAGES.get(place).and_then(|language| LanguageCode::of(language)).unwrap_or_default()
}

/// The bit of a declared language; none of one that is not known.
pub(super) fn bit(code: LanguageCode) -> Option<u64> {
    BITS.binary_search_by_key(&code, |&(known, _)| known).ok().map(|place| BITS[place].1)
}

/// The bits of a post's languages.
pub(super) fn mask_of(languages: Languages) -> u64 {
    languages.into_iter().filter(|code| code.0 > 0).fold(0, |mask, code| mask | bit(code).unwrap_or(0))
}

/// Bits of [`StopWords::filter`].
const FILTER_BITS: usize = 1 << 17;

/// All stop words, each with the languages it is one of.
pub(super) struct StopWords {
    words: HashTable<(u64, u64)>,
    /// One bit for each hash that is in the table: most words are none, and these 16 KiB stay in the first cache.
    filter: Vec<u64>,
}

impl StopWords {
    /// The one instance, built at first use.
    pub(super) fn get() -> &'static Self {
        &STOP_WORDS
    }

    /// The languages in which the word with this hash is a stop word.
    pub(super) fn languages_of(&self, hash: u64) -> u64 {
        let (place, bit) = filter_place(hash);
        if self.filter[place] & bit == 0 {
            return 0;
        }
        self.words.find(hash, |&(word, _)| word == hash).map_or(0, |&(_, languages)| languages)
    }

    fn build() -> Self {
        let mut stop_words = Self { words: HashTable::new(), filter: vec![0; FILTER_BITS / 64] };
        for (place, language) in LANGUAGES.iter().enumerate() {
            let listed = stop_words::lookup(language).unwrap_or_default().iter().copied();
            for word in listed.chain(more::words(language)).filter(|word| !more::NEWS.contains(word)) {
                stop_words.insert(word, 1 << place);
            }
        }
        stop_words
    }

    fn insert(&mut self, word: &str, language: u64) {
        let mut normalized = String::new();
        normalize_into(word, &mut normalized);
        let hash = xxh3_64(normalized.as_bytes());
        let (place, bit) = filter_place(hash);
        self.filter[place] |= bit;
        let entry = self.words.entry(hash, |&(known, _)| known == hash, |&(known, _)| known);
        entry.or_insert((hash, 0)).into_mut().1 |= language;
    }
}

fn filter_place(hash: u64) -> (usize, u64) {
    let bit = (hash >> 40) as usize % FILTER_BITS;
    (bit / 64, 1 << (bit % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn languages_of(word: &str) -> u64 {
        StopWords::get().languages_of(xxh3_64(word.as_bytes()))
    }

    #[test]
    fn words_know_their_languages() {
        assert_ne!(languages_of("the") & ENGLISH, 0);
        assert_eq!(languages_of("earthquake"), 0);
        for (word, language) in [
            ("です", "ja"),
            ("ます", "ja"),
            ("こと", "ja"),
            ("する", "ja"),
            ("的", "zh"),
            ("了", "zh"),
            ("그리고", "ko"),
            ("ที่", "th"),
            ("não", "pt"),
            ("nicht", "de"),
            ("που", "el"),
            ("что", "ru"),
            ("için", "tr"),
        ] {
            let bits = bit(LanguageCode::of(language).unwrap()).unwrap();
            assert_ne!(languages_of(word) & bits, 0, "{word}");
        }
    }

    #[test]
    fn at_least_twenty_languages_have_stop_words() {
        let with_words = (0..LANGUAGES_LEN).filter(|&place| {
            StopWords::get().words.iter().filter(|(_, languages)| languages >> place & 1 == 1).count() >= 20
        });
        assert!(with_words.count() >= 40);
    }

    #[test]
    fn other_codes_of_a_language_are_known() {
        let bit = |code: &str| bit(LanguageCode::of(code).unwrap());
        assert_eq!(bit("nb"), bit("no"));
        assert_eq!(bit("xx"), None);
        assert_eq!(code_of(bit("uk").unwrap().trailing_zeros() as usize).text(), "uk");
    }
}
