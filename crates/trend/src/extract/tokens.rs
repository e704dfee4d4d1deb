//! The words and hashtags of a post as they were read, in order, normalised and hashed, each with the languages in
//! which it is a stop word. Which of them count is decided when the whole text has been read and its language is
//! known.

use xxhash_rust::xxh3::xxh3_64;

use super::detect::Evidence;
use super::korean::cut_particle;
use super::normalize::{cut_affixes, normalize_into};
use super::stop_words::StopWords;
use super::{HASHTAG_CHARS_MAX, WORD_CHARS_MAX, has_chars, has_letter};
use crate::language::Languages;

/// What stands between a token and the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Gap {
    /// Something that keeps them apart: punctuation, a line's end, a number, an address, an emoji.
    #[default]
    Break,
    /// Nothing at all.
    Joined,
    /// White space.
    Space,
    /// A hyphen inside a name (`Spider-Man`), which is as good as a space.
    Hyphen,
    /// The dot inside a name that is written in Katakana or Chinese characters.
    MiddleDot,
}

impl Gap {
    /// The gap when `c`, which is part of no word, has been read too.
    fn with(self, c: char) -> Self {
        match (self, c) {
            (_, '\n' | '\r' | '\u{2028}' | '\u{2029}') => Self::Break,
            (Self::Joined | Self::Space, c) if c.is_whitespace() => Self::Space,
            (Self::Joined, '-' | '\u{2010}' | '\u{2011}') => Self::Hyphen,
            (Self::Joined, '・' | '\u{ff65}' | '·') => Self::MiddleDot,
            // Zero-width characters between letters.
            (gap, '\u{200b}'..='\u{200d}' | '\u{2060}') => gap,
            _ => Self::Break,
        }
    }

    /// Its normal form.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Break | Self::Joined => "",
            Self::Space | Self::Hyphen => " ",
            Self::MiddleDot => "・",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Hashtag,
    /// A word that may count.
    Word,
    /// Too short to count, but part of what stands between two words.
    Short,
    /// Too long to count.
    Long,
}

/// A token; its texts are in [`Tokens`] and in the post.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// What is between it and the token before.
    pub(super) gap: Gap,
    /// A word of a hashtag.
    pub(super) is_of_hashtag: bool,
    pub(super) hash: u64,
    /// The languages in which it is a stop word.
    pub(super) stop_word_of: u64,
    /// Its normal form.
    start: u32,
    end: u32,
    /// As written: the text it is in, and where.
    pub(super) source: Source,
    pub(super) surface_start: u32,
    pub(super) surface_end: u32,
}

/// A text of a post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Source {
    #[default]
    Text,
    /// The hashtag of this number.
    Hashtag(u16),
}

/// The tokens of one post; used again for the next.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    list: Vec<Token>,
    normalized: String,
    evidence: Evidence,
    /// Between the last token and what comes next.
    gap: Gap,
    /// Boundaries between the segments of a run without spaces; in use while one is read.
    pub(super) boundaries: Vec<usize>,
}

impl Tokens {
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.normalized.clear();
        self.evidence.clear();
        self.gap = Gap::Break;
    }

    pub(super) fn list(&self) -> &[Token] {
        &self.list
    }

    pub(super) fn normalized(&self, token: &Token) -> &str {
        &self.normalized[token.start as usize..token.end as usize]
    }

    /// The languages of the text that was read, of a post that declares these.
    pub(super) fn decide_languages(&self, declared: Languages) -> Languages {
        let words = || {
            let of_text = self.list.iter().filter(|token| !token.is_of_hashtag);
            of_text.flat_map(|token| [self.normalized(token), " "]).collect()
        };
        self.evidence.decide(declared, words)
    }

    /// Takes note of a character that is part of no word.
    pub(super) fn mark(&mut self, c: char) {
        self.gap = self.gap.with(c);
    }

    /// What comes next does not belong to what was before.
    pub(super) fn cut(&mut self) {
        self.gap = Gap::Break;
    }

    /// What comes next is another word of the same name.
    pub(super) fn space(&mut self) {
        self.gap = Gap::Space;
    }

    /// Takes the word `text[start..end]`. In a script without spaces, a segment that is no word by itself is
    /// `is_fragment`.
    pub(super) fn add_word(&mut self, place: Place<'_>, start: usize, end: usize, is_fragment: bool) {
        let surface = &place.text[start..end];
        let from = self.normalized.len();
        normalize_into(surface, &mut self.normalized);
        let mut normalized = &self.normalized[from..];
        // Numbers have no part in the signature either: copies are often numbered.
        if !has_letter(normalized) {
            self.normalized.truncate(from);
            self.cut();
            return;
        }
        let mut hash = xxh3_64(normalized.as_bytes());
        let stop_words = StopWords::get();
        let mut stop_word_of = stop_words.languages_of(hash);
        if !place.is_of_hashtag {
            self.evidence.add(normalized, stop_word_of);
        }
        let (mut surface_start, mut surface_end) = (start, end);
        let kept = cut(surface);
        if kept.len() < surface.len() {
            // What is cut off is at one end, so the rest is found by its address.
            surface_start += kept.as_ptr() as usize - surface.as_ptr() as usize;
            surface_end = surface_start + kept.len();
            self.normalized.truncate(from);
            normalize_into(kept, &mut self.normalized);
            normalized = &self.normalized[from..];
            hash = xxh3_64(normalized.as_bytes());
            stop_word_of |= stop_words.languages_of(hash);
        }
        let kind = if is_fragment || !has_chars(normalized, 2, usize::MAX) {
            TokenKind::Short
        } else if has_chars(normalized, 2, WORD_CHARS_MAX) {
            TokenKind::Word
        } else {
            TokenKind::Long
        };
        self.push(kind, place, hash, stop_word_of, from, surface_start..surface_end);
    }

    /// Takes the hashtag `text[start..end]`, without `#`; tells whether it is one.
    pub(super) fn add_hashtag(&mut self, place: Place<'_>, start: usize, end: usize) -> bool {
        let tag = &place.text[start..end];
        // A tag of a facet may hold anything; what can't be a tag is not worth normalising.
        if tag.len() > 4 * HASHTAG_CHARS_MAX || tag.contains(char::is_control) {
            return false;
        }
        let from = self.normalized.len();
        normalize_into(tag, &mut self.normalized);
        let normalized = &self.normalized[from..];
        if !has_letter(normalized) || !has_chars(normalized, 1, HASHTAG_CHARS_MAX) {
            self.normalized.truncate(from);
            return false;
        }
        let hash = xxh3_64(normalized.as_bytes());
        self.push(TokenKind::Hashtag, place, hash, 0, from, start..end);
        true
    }

    fn push(
        &mut self,
        kind: TokenKind,
        place: Place<'_>,
        hash: u64,
        stop_word_of: u64,
        from: usize,
        surface: std::ops::Range<usize>,
    ) {
        // A post's texts are far below 4 GiB.
        self.list.push(Token {
            kind,
            gap: std::mem::replace(&mut self.gap, Gap::Joined),
            is_of_hashtag: place.is_of_hashtag,
            hash,
            stop_word_of,
            start: from as u32,
            end: self.normalized.len() as u32,
            source: place.source,
            surface_start: surface.start as u32,
            surface_end: surface.end as u32,
        });
    }
}

/// The text that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) text: &'a str,
    pub(super) source: Source,
    pub(super) is_of_hashtag: bool,
}

/// The word without what its language writes together with it.
fn cut(surface: &str) -> &str {
    if surface.is_ascii() {
        return if surface.contains('\'') { cut_affixes(surface) } else { surface };
    }
    cut_particle(cut_affixes(surface))
}
