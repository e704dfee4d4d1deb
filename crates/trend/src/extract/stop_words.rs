//! Stop words by language, looked up by the hash that a word has anyway: a word is a stop word if it is one in
//! English or in a language that the post declares.

use std::sync::LazyLock;

use hashbrown::HashTable;
use skytrend_event::Language;
use xxhash_rust::xxh3::xxh3_64;

use crate::language::LanguageCode;

/// Languages with stop words besides English, one bit each. The most used on the network first; the order is free.
const LANGUAGES: [&str; 46] = [
    "ja", "pt", "de", "es", "fr", "ko", "nl", "it", "tr", "ru", "uk", "pl", "zh", "ar", "fa", "th", "vi",
    "id", "ms", "sv", "no", "da", "fi", "cs", "sk", "el", "hu", "ro", "bg", "he", "hi", "ca", "gl", "eu",
    "bn", "hr", "sl", "lt", "lv", "et", "tl", "ur", "ga", "eo", "ta", "mr",
];

/// The code of each of them, and its bit, in the order of the codes.
static BITS: LazyLock<Vec<(LanguageCode, u64)>> = LazyLock::new(|| {
    let codes = LANGUAGES.iter().filter_map(|language| LanguageCode::of(language));
    let mut bits: Vec<_> = codes.zip(0..).map(|(code, bit)| (code, 1 << bit)).collect();
    bits.sort_unstable();
    bits
});

static STOP_WORDS: LazyLock<StopWords> = LazyLock::new(StopWords::build);

/// The tables. English has its own: it is asked for every word, and it is small enough to stay in the first cache.
pub(super) struct StopWords {
    english: HashTable<u64>,
    others: HashTable<(u64, u64)>,
}

impl StopWords {
    /// The one instance, built at first use.
    pub(super) fn get() -> &'static Self {
        &STOP_WORDS
    }

    /// Whether the word with this hash is a stop word of English or of a language in `mask`.
    pub(super) fn contains(&self, hash: u64, mask: u64) -> bool {
        self.english.find(hash, |&word| word == hash).is_some()
            || (mask != 0
                && self.others.find(hash, |&(word, _)| word == hash).is_some_and(|&(_, of)| of & mask != 0))
    }

    fn build() -> Self {
        let mut english = HashTable::new();
        for word in stop_words::lookup("en").unwrap_or_default() {
            english.insert_unique(xxh3_64(word.as_bytes()), xxh3_64(word.as_bytes()), |&hash| hash);
        }
        let mut others: HashTable<(u64, u64)> = HashTable::new();
        for (bit, language) in LANGUAGES.iter().enumerate() {
            for word in stop_words::lookup(language).unwrap_or_default() {
                let mut normalized = String::new();
                super::normalize_into(word, &mut normalized);
                let hash = xxh3_64(normalized.as_bytes());
                let entry = others.entry(hash, |&(known, _)| known == hash, |&(known, _)| known);
                entry.or_insert((hash, 0)).into_mut().1 |= 1 << bit;
            }
        }
        Self { english, others }
    }
}

/// The set of stop-word languages among the declared ones.
pub(super) fn mask_of(languages: &[Language<'_>]) -> u64 {
    let codes = languages.iter().filter_map(|language| LanguageCode::of(language.primary()));
    codes.fold(0, |mask, code| {
        let found = BITS.binary_search_by_key(&code, |&(known, _)| known);
        mask | found.map_or(0, |place| BITS[place].1)
    })
}
