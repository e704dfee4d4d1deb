//! From a post to its keywords: the words and hashtags it counts for, and a signature by which near-copies of its
//! text are known. A pure function of the post; what has been counted before is not known here.
//!
//! - The text is read without the spans in `skip`, without bare URLs (`http://…`, `https://…`, `www.…`, up to white
//!   space) and without `@handles`.
//! - A word is a segment of UAX #29, cut further at every ASCII character that is no letter, digit or inner
//!   apostrophe. Scripts without spaces (Han, Hiragana, Thai, Lao, Khmer, Burmese) give a run of 2 to 4 characters as
//!   it is, and a longer run as bigrams; Katakana and Hangul give words.
//! - Normalised is NFKC and lower case; a curly apostrophe becomes a straight one, `'s` and a Romance article in
//!   front (`l'`, `dell'`) are cut off. A word has 2 to 40 characters, at least one of them a letter, and is no stop
//!   word of English or of the post's languages.
//! - A hashtag comes from the facets or from `#tag` in the text: 1 to 64 characters after normalisation, at least
//!   one of them a letter. Its text gives no word.
//! - A post counts once for a keyword, and for a limited number of keywords: hashtags of facets first, then in the
//!   order of the text.

mod normalize;
mod scan;
mod script;
mod stop_words;

pub(crate) use normalize::normalize_into;
pub(crate) use script::is_unspaced;

use skytrend_event::{KeywordKind, PostData, Span};
use xxhash_rust::xxh3::xxh3_64;

use crate::signature::{Signature, SignatureBuilder};
use normalize::cut_affixes;
use stop_words::StopWords;

/// Longest word, in characters: what is longer is a code or a keyboard held down.
const WORD_CHARS_MAX: usize = 40;
/// Longest hashtag, in characters: the limit of the lexicon is 64 graphemes.
const HASHTAG_CHARS_MAX: usize = 64;

/// How a keyword was written, as far as two bits can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SurfaceForm {
    /// As normalised.
    Lower = 0,
    /// First letter upper case.
    Capitalized = 1,
    /// All upper case.
    Upper = 2,
    /// In any other way.
    Mixed = 3,
}

/// One keyword of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyword<'a> {
    /// Word or hashtag.
    pub kind: KeywordKind,
    /// NFKC, lower case, without `#`.
    pub normalized: &'a str,
    /// How it was written.
    pub form: SurfaceForm,
    /// As it was written, for [`SurfaceForm::Mixed`]; empty otherwise.
    pub mixed: &'a str,
    /// Identity of kind and normalised text, up to collisions.
    pub(crate) hash: u64,
}

/// The result of [`extract`], with buffers that are used again for the next post.
#[derive(Debug, Default)]
pub struct Extraction {
    found: Vec<Found>,
    /// Normalised texts and mixed surfaces, one after the other.
    buffer: String,
    keywords_max: usize,
    overflow: u32,
    languages: u64,
    signature: SignatureBuilder,
    /// Units of the present run of a script without spaces: byte ranges of the text.
    run: Vec<(usize, usize)>,
}

/// A keyword whose texts are in a buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    hash: u64,
    start: u32,
    len: u16,
    mixed_len: u16,
    kind: KeywordKind,
    form: SurfaceForm,
}

impl Found {
    /// The keyword, with the buffer that it was found with.
    pub(crate) fn keyword(self, texts: &str) -> Keyword<'_> {
        let start = self.start as usize;
        let end = start + usize::from(self.len);
        Keyword {
            kind: self.kind,
            normalized: &texts[start..end],
            form: self.form,
            mixed: &texts[end..end + usize::from(self.mixed_len)],
            hash: self.hash,
        }
    }
}

/// Finds the keywords of `post`, at most `keywords_max` of them, and the signature of its text.
pub fn extract(post: &PostData<'_>, keywords_max: usize, into: &mut Extraction) {
    into.clear(keywords_max, stop_words::mask_of(&post.languages));
    for tag in &post.hashtags {
        into.add_hashtag(tag);
    }
    let text: &str = &post.text;
    let mut start = 0;
    for &Span { start: skip_start, end: skip_end } in &post.skip {
        if let Some(part) = text.get(start..skip_start as usize) {
            scan::scan(part, &post.hashtags, into);
        }
        start = start.max(skip_end as usize);
    }
    if let Some(part) = text.get(start..) {
        scan::scan(part, &post.hashtags, into);
    }
}

impl Extraction {
    /// The keywords, in the order they were found; no two are equal.
    pub fn keywords(&self) -> impl Iterator<Item = Keyword<'_>> {
        self.found.iter().map(|found| found.keyword(&self.buffer))
    }

    /// The same, their texts in [`Extraction::texts`].
    pub(crate) fn found(&self) -> &[Found] {
        &self.found
    }

    /// See [`Extraction::found`].
    pub(crate) fn texts(&self) -> &str {
        &self.buffer
    }

    /// Keywords that were left out because the post had too many.
    pub fn overflow(&self) -> u32 {
        self.overflow
    }

    /// The signature of the text.
    pub(crate) fn signature(&self) -> Signature {
        self.signature.finish()
    }

    fn clear(&mut self, keywords_max: usize, languages: u64) {
        self.found.clear();
        self.buffer.clear();
        self.run.clear();
        self.signature.clear();
        self.keywords_max = keywords_max;
        self.overflow = 0;
        self.languages = languages;
    }

    /// Takes a word of the text, as written.
    fn add_word(&mut self, surface: &str) {
        let start = self.buffer.len();
        normalize_into(surface, &mut self.buffer);
        // Numbers have no part in the signature either: copies are often numbered.
        if !has_letter(&self.buffer[start..]) {
            self.buffer.truncate(start);
            return;
        }
        let mut kept = surface;
        let mut hash = xxh3_64(&self.buffer.as_bytes()[start..]);
        let stop_words = StopWords::get();
        let mut is_word = !stop_words.contains(hash, self.languages);
        self.signature.push(hash, !is_word);
        if is_word && self.buffer[start..].contains('\'') {
            kept = cut_affixes(surface);
            if kept.len() < surface.len() {
                self.buffer.truncate(start);
                normalize_into(kept, &mut self.buffer);
                hash = xxh3_64(&self.buffer.as_bytes()[start..]);
                is_word = !stop_words.contains(hash, self.languages);
            }
        }
        if is_word && has_chars(&self.buffer[start..], 2, WORD_CHARS_MAX) {
            self.add(KeywordKind::Word, hash, start, kept);
        } else {
            self.buffer.truncate(start);
        }
    }

    /// Takes a hashtag, as written, with or without `#`.
    fn add_hashtag(&mut self, surface: &str) {
        let tag = surface.trim().trim_start_matches(['#', '\u{ff03}']);
        let start = self.buffer.len();
        // A tag of a facet may hold anything; what can't be a tag is not worth normalising.
        if tag.len() > 4 * HASHTAG_CHARS_MAX || tag.contains(char::is_control) {
            return;
        }
        normalize_into(tag, &mut self.buffer);
        let normalized = &self.buffer[start..];
        if has_letter(normalized) && has_chars(normalized, 1, HASHTAG_CHARS_MAX) {
            let hash = xxh3_64(normalized.as_bytes());
            self.signature.push(hash, false);
            self.add(KeywordKind::Hashtag, hash ^ HASHTAG_HASH, start, tag);
        } else {
            self.buffer.truncate(start);
        }
    }

    /// Adds the keyword whose normalised text is the buffer from `start` on, unless the post has it already.
    fn add(&mut self, kind: KeywordKind, hash: u64, start: usize, surface: &str) {
        let normalized = &self.buffer[start..];
        let known = self.found.iter().any(|found| {
            let known_end = found.start as usize + usize::from(found.len);
            found.hash == hash
                && found.kind == kind
                && self.buffer[found.start as usize..known_end] == *normalized
        });
        if known {
            self.buffer.truncate(start);
            return;
        }
        if self.found.len() >= self.keywords_max {
            self.overflow += 1;
            self.buffer.truncate(start);
            return;
        }
        // Marks that normalising drops can make a form of any length; such a word is shown normalised.
        let is_shown = has_chars(surface, 1, WORD_CHARS_MAX.max(HASHTAG_CHARS_MAX));
        let form = if is_shown { form_of(surface, normalized) } else { SurfaceForm::Lower };
        let len = normalized.len();
        let mixed = if form == SurfaceForm::Mixed { surface } else { "" };
        self.buffer.push_str(mixed);
        // Both are at most 64 characters of at most 4 bytes, and a post's words fit in 4 GiB.
        let found = Found {
            hash,
            start: u32::try_from(start).unwrap_or(u32::MAX),
            len: u16::try_from(len).unwrap_or(u16::MAX),
            mixed_len: u16::try_from(mixed.len()).unwrap_or(u16::MAX),
            kind,
            form,
        };
        self.found.push(found);
    }
}

/// Tells a hashtag's hash from that of the word with the same text. Any fixed odd number would do.
const HASHTAG_HASH: u64 = 0x9e37_79b9_7f4a_7c15;

/// The hash by which a keyword is known.
pub(crate) fn hash_of(kind: KeywordKind, normalized: &str) -> u64 {
    let hash = xxh3_64(normalized.as_bytes());
    match kind {
        KeywordKind::Hashtag => hash ^ HASHTAG_HASH,
        KeywordKind::Word | KeywordKind::Phrase => hash,
    }
}

fn form_of(surface: &str, normalized: &str) -> SurfaceForm {
    if surface == normalized {
        return SurfaceForm::Lower;
    }
    let mut chars = normalized.chars();
    let Some(first) = chars.next() else { return SurfaceForm::Mixed };
    if surface.chars().eq(first.to_uppercase().chain(chars)) {
        SurfaceForm::Capitalized
    } else if surface.chars().eq(normalized.chars().flat_map(char::to_uppercase)) {
        SurfaceForm::Upper
    } else {
        SurfaceForm::Mixed
    }
}

impl SurfaceForm {
    /// `normalized`, written in this form; for [`SurfaceForm::Mixed`] as normalised.
    pub(crate) fn write(self, normalized: &str) -> String {
        match self {
            Self::Lower | Self::Mixed => normalized.to_owned(),
            Self::Upper => normalized.chars().flat_map(char::to_uppercase).collect(),
            Self::Capitalized => {
                let mut chars = normalized.chars();
                chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
            }
        }
    }
}

/// Whether there is a letter in it; letters that are emoji (`🅰`) are none.
fn has_letter(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_alphabetic())
        || text.chars().any(|c| c.is_alphabetic() && !('\u{1f000}'..='\u{1faff}').contains(&c))
}

/// Whether it has `min` to `max` characters; looks at the characters only where the bytes leave it open.
fn has_chars(text: &str, min: usize, max: usize) -> bool {
    let bytes = text.len();
    if text.is_ascii() {
        return (min..=max).contains(&bytes);
    }
    bytes <= 4 * max && (min..=max).contains(&text.chars().count())
}

#[cfg(test)]
mod tests;
