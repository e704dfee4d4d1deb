//! From a post to its keywords: the words and hashtags it counts for, which of them are neighbours, its languages, and
//! a signature by which near-copies of its text are known. A pure function of the post; what has been counted before
//! is not known here.
//!
//! - **What is read.** The text without the spans in `skip`, without URLs (`http://…`, `https://…`, `www.…`, up to
//!   white space), bare domains (`example.com/x`), `@handles`, and lines that quote (`> …`, `RT @name: …`).
//! - **Words.** A word is a segment of UAX #29, cut further at every ASCII character that is no letter, digit or inner
//!   apostrophe. Runs of scripts without spaces (Han, Hiragana, Katakana, Thai, Lao, Khmer, Burmese) are cut by
//!   dictionaries ([`unspaced`]).
//! - **Normal form.** NFKC and lower case; a curly apostrophe becomes a straight one; `'s`, a Romance article in front
//!   (`l'`, `dell'`) and Korean particles ([`korean`]) are cut off.
//! - **What counts.** A word of 2 to 40 characters, at least one of them a letter, that is no stop word of English or
//!   of the post's languages.
//! - **Hashtags** come from the facets and `tags` of the record or from `#tag` in the text: 1 to 64 characters after
//!   normalisation, at least one of them a letter. A hashtag counts as a hashtag, and also for the words it is made of
//!   ([`hashtag`]): `#AI` for "ai", `#TaylorSwift` for "taylor" and "swift", `#worldcupfinal` for "worldcupfinal".
//!   So a hashtag and a word that mean one thing share posts.
//! - **Links.** Two words that count and stand next to each other are linked ([`Link`]): by white space or a hyphen
//!   (`" "`), by nothing in a script without spaces, by the dot of names in Katakana, as parts of one hashtag (`" "`,
//!   as if written apart), and over up to two words that don't count ("game of thrones"). Punctuation, line ends,
//!   numbers, addresses, emoji and hashtags keep words apart.
//! - **Languages** are those declared, unless the text clearly says something else ([`detect`]).
//! - **Limits.** A post counts once for a keyword, and for a limited number of keywords: hashtags of facets first, then
//!   in the order of the text. It has at most as many links.

mod address;
mod detect;
mod form;
mod hashtag;
mod korean;
mod links;
mod names;
mod normalize;
mod quote;
mod scan;
mod script;
mod stop_words;
mod tokens;
mod unspaced;

pub(crate) use names::words_of_name;
pub(crate) use normalize::normalize_into;
pub(crate) use script::is_unspaced;

use skytrend_event::{KeywordKind, PostData};
use xxhash_rust::xxh3::xxh3_64;

use crate::language::{LanguageCode, Languages, codes_of};
use crate::signature::{Signature, SignatureBuilder};
use links::Linker;
use scan::Scanner;
use tokens::{Gap, Place, Source, Token, TokenKind, Tokens};

pub use form::SurfaceForm;
pub(crate) use links::FoundLink;
pub use links::Link;

/// Longest word, in characters: what is longer is a code or a keyboard held down.
const WORD_CHARS_MAX: usize = 40;
/// Longest hashtag, in characters: the limit of the lexicon is 64 graphemes.
const HASHTAG_CHARS_MAX: usize = 64;
/// Most keywords of a post, whatever the settings say: a link has a byte for each of its ends.
const KEYWORDS_MAX: usize = 255;

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
    tokens: Tokens,
    found: Vec<Found>,
    linker: Linker,
    /// Normalised texts, mixed surfaces and phrases, one after the other.
    buffer: String,
    keywords_max: usize,
    overflow: u32,
    languages: Languages,
    signature: SignatureBuilder,
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
    /// That of its keyword.
    pub(crate) fn hash(self) -> u64 {
        self.hash
    }

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

/// Finds the keywords of `post`, at most `keywords_max` of them, their links, the post's languages, and the signature
/// of its text.
pub fn extract(post: &PostData<'_>, keywords_max: usize, into: &mut Extraction) {
    into.clear(keywords_max.min(KEYWORDS_MAX));
    for (number, tag) in (0..=u16::MAX).zip(&post.hashtags) {
        let bare = tag.trim().trim_start_matches(['#', '\u{ff03}']);
        let place = Place { text: bare, source: Source::Hashtag(number), is_of_hashtag: false };
        scan::add_hashtag(place, 0, bare.len(), &mut into.tokens);
    }
    Scanner::of_text(&post.text, &post.hashtags, &mut into.tokens).scan(&post.skip);
    into.languages = into.tokens.decide_languages(codes_of(&post.languages));
    into.choose(post);
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

    /// The links between them, in the order of the text; no two are of the same phrase.
    pub fn links(&self) -> impl Iterator<Item = Link<'_>> {
        self.linker.links().iter().map(|link| link.link(&self.buffer))
    }

    /// The same, their texts in [`Extraction::texts`].
    pub(crate) fn found_links(&self) -> &[FoundLink] {
        self.linker.links()
    }

    /// See [`Extraction::found`].
    pub(crate) fn texts(&self) -> &str {
        &self.buffer
    }

    /// Keywords that were left out because the post had too many.
    pub fn overflow(&self) -> u32 {
        self.overflow
    }

    /// The primary subtags of the post's languages: as declared, or as the text says.
    pub fn language_tags(&self) -> impl Iterator<Item = String> {
        self.languages.into_iter().filter(|code| code.0 > 0).map(LanguageCode::text)
    }

    /// The same, as codes.
    pub(crate) fn languages(&self) -> Languages {
        self.languages
    }

    /// The signature of the text.
    pub(crate) fn signature(&self) -> Signature {
        self.signature.finish()
    }

    fn clear(&mut self, keywords_max: usize) {
        self.tokens.clear();
        self.found.clear();
        self.linker.clear(keywords_max);
        self.buffer.clear();
        self.keywords_max = keywords_max;
        self.overflow = 0;
        self.languages = Languages::default();
        self.signature.clear();
    }

    /// Makes keywords, links and the signature of the tokens that were read.
    fn choose(&mut self, post: &PostData<'_>) {
        let stop_word_of = stop_words::ENGLISH | stop_words::mask_of(self.languages);
        let tokens = std::mem::take(&mut self.tokens);
        for token in tokens.list() {
            if token.gap == Gap::Break {
                self.linker.cut();
            }
            let is_stop_word = token.stop_word_of & stop_word_of != 0;
            if !token.is_of_hashtag {
                self.signature.push(token.hash, is_stop_word || token.kind == TokenKind::Short);
            }
            match token.kind {
                TokenKind::Hashtag => {
                    self.add(KeywordKind::Hashtag, token, &tokens, post);
                    self.linker.cut();
                }
                TokenKind::Word if !is_stop_word => match self.add(KeywordKind::Word, token, &tokens, post) {
                    Some(place) => {
                        let word = tokens.normalized(token);
                        self.linker.keyword(place, word, token.gap.text(), &mut self.buffer);
                    }
                    None => self.linker.cut(),
                },
                TokenKind::Word | TokenKind::Short => {
                    self.linker.bridge(token.gap.text(), tokens.normalized(token));
                }
                TokenKind::Long => self.linker.cut(),
            }
        }
        self.tokens = tokens;
    }

    /// Adds the keyword, unless the post has it already; returns its place, if the post has room for it.
    fn add(&mut self, kind: KeywordKind, token: &Token, tokens: &Tokens, post: &PostData<'_>) -> Option<u8> {
        let normalized = tokens.normalized(token);
        let hash = if kind == KeywordKind::Hashtag { token.hash ^ HASHTAG_HASH } else { token.hash };
        let known = self.found.iter().position(|found| {
            let known_end = found.start as usize + usize::from(found.len);
            found.hash == hash
                && found.kind == kind
                && self.buffer[found.start as usize..known_end] == *normalized
        });
        if let Some(place) = known {
            return u8::try_from(place).ok();
        }
        if self.found.len() >= self.keywords_max {
            self.overflow += 1;
            return None;
        }
        let surface = surface_of(token, post);
        // Marks that normalising drops can make a form of any length; such a word is shown normalised.
        let is_shown = has_chars(surface, 1, WORD_CHARS_MAX.max(HASHTAG_CHARS_MAX));
        let form = if is_shown { SurfaceForm::of(surface, normalized) } else { SurfaceForm::Lower };
        let start = self.buffer.len();
        self.buffer.push_str(normalized);
        let mixed = if form == SurfaceForm::Mixed { surface } else { "" };
        self.buffer.push_str(mixed);
        // Both are at most 64 characters of at most 4 bytes, and a post's words fit in 4 GiB.
        self.found.push(Found {
            hash,
            start: u32::try_from(start).unwrap_or(u32::MAX),
            len: u16::try_from(normalized.len()).unwrap_or(u16::MAX),
            mixed_len: u16::try_from(mixed.len()).unwrap_or(u16::MAX),
            kind,
            form,
        });
        u8::try_from(self.found.len() - 1).ok()
    }
}

/// The token as it stands in the post.
fn surface_of<'a>(token: &Token, post: &'a PostData<'_>) -> &'a str {
    let text: &str = match token.source {
        Source::Text => &post.text,
        Source::Hashtag(number) => {
            post.hashtags[usize::from(number)].trim().trim_start_matches(['#', '\u{ff03}'])
        }
    };
    &text[token.surface_start as usize..token.surface_end as usize]
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

/// Whether there is a letter in it; letters that are emoji (`🅰`) are none.
fn has_letter(text: &str) -> bool {
    // Nearly all words begin with a letter of these ranges, and are spared the look-up.
    let is_plain =
        |c: char| matches!(c, 'a'..='z' | 'а'..='я' | 'ぁ'..='ゖ' | 'ァ'..='ヺ' | '一'..='鿿' | '가'..='힣');
    text.starts_with(|c: char| c.is_ascii_lowercase())
        || text
            .chars()
            .any(|c| is_plain(c) || (c.is_alphabetic() && !('\u{1f000}'..='\u{1faff}').contains(&c)))
}

/// Whether it has `min` to `max` characters; looks at the characters only where the bytes leave it open.
fn has_chars(text: &str, min: usize, max: usize) -> bool {
    let bytes = text.len();
    if text.is_ascii() {
        return (min..=max).contains(&bytes);
    }
    bytes <= max.saturating_mul(4) && (min..=max).contains(&text.chars().count())
}

#[cfg(test)]
mod tests;
