//! Reads a text: finds words, hashtags and addresses. Pieces between ASCII white space that are ASCII take a short way
//! that gives the same as the long one; a test holds the two together.

use std::borrow::Cow;

use skytrend_event::Span;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use super::address::{are_joined_by_apostrophe, domain_len, handle_len, is_inside_word, starts_url};
use super::hashtag::part_end;
use super::quote::skip_quotes;
use super::script::{Unspaced, unspaced};
use super::tokens::{Place, Source, Tokens};
use super::unspaced::{add_run, is_numbered};

/// Reads one text of a post.
pub(super) struct Scanner<'a, 'p> {
    place: Place<'p>,
    /// The hashtags of the post's facets, which may hold more than letters.
    tags: &'a [Cow<'p, str>],
    into: &'a mut Tokens,
}

impl<'a, 'p> Scanner<'a, 'p> {
    /// A reader of the post's text.
    pub(super) fn of_text(text: &'p str, tags: &'a [Cow<'p, str>], into: &'a mut Tokens) -> Self {
        Self { place: Place { text, source: Source::Text, is_of_hashtag: false }, tags, into }
    }

    /// Reads all of the text but the spans in `skip` and the lines that quote.
    pub(super) fn scan(&mut self, skip: &[Span]) {
        let text = self.place.text;
        let mut start = skip_quotes(text, 0);
        for span in skip {
            let (skip_start, skip_end) = (span.start as usize, span.end as usize);
            // A quotation may reach over the span.
            if text.is_char_boundary(skip_start) && start <= skip_start {
                start = self.part(start, skip_start);
                self.into.cut();
            }
            if text.is_char_boundary(skip_end.min(text.len())) {
                start = start.max(skip_end.min(text.len()));
            }
        }
        self.part(start, text.len());
    }

    /// Reads from `start` to `end`; returns where to go on, which is further where a quotation reaches beyond.
    fn part(&mut self, start: usize, end: usize) -> usize {
        let bytes = self.place.text.as_bytes();
        let mut at = start;
        while at < end {
            if bytes[at].is_ascii_whitespace() {
                self.into.mark(char::from(bytes[at]));
                at += 1;
                if bytes[at - 1] == b'\n' {
                    at = skip_quotes(self.place.text, at);
                }
                continue;
            }
            let piece = at;
            let mut bits = 0;
            while at < end && !bytes[at].is_ascii_whitespace() {
                bits |= bytes[at];
                at += 1;
            }
            if bits < 0x80 {
                self.ascii(piece, at);
            } else {
                self.unicode(piece, at);
            }
        }
        at
    }

    /// A piece of ASCII without white space.
    pub(super) fn ascii(&mut self, start: usize, end: usize) {
        let bytes = &self.place.text.as_bytes()[..end];
        let mut at = start;
        while at < end {
            match bytes[at] {
                byte if byte.is_ascii_alphanumeric() => {
                    let word_end = ascii_word_end(bytes, at);
                    let Some(len) = address_len(bytes, start, at, word_end) else {
                        self.into.add_word(self.place, at, word_end, false);
                        at = word_end;
                        continue;
                    };
                    self.into.cut();
                    at += len;
                }
                b'#' if at == start || !bytes[at - 1].is_ascii_alphanumeric() => {
                    at = self.hashtag(at + 1, end);
                }
                b'@' => {
                    self.into.cut();
                    at += 1 + handle_len(&bytes[at + 1..]);
                }
                byte => {
                    self.into.mark(char::from(byte));
                    at += 1;
                }
            }
        }
    }

    /// Any piece without ASCII white space.
    pub(super) fn unicode(&mut self, start: usize, end: usize) {
        let piece = &self.place.text[..end];
        let bytes = piece.as_bytes();
        let mut words_from = start;
        let mut at = start;
        while let Some(c) = piece[at..].chars().next() {
            let after = at + c.len_utf8();
            let is_after_word = || piece[start..at].chars().next_back().is_some_and(char::is_alphanumeric);
            match c {
                '#' | '\u{ff03}' if !is_after_word() => {
                    self.segments(words_from, at);
                    at = self.hashtag(after, end);
                    words_from = at;
                }
                '@' => {
                    self.segments(words_from, at);
                    self.into.cut();
                    at = after + handle_len(&bytes[after..]);
                    words_from = at;
                }
                _ if c.is_ascii_alphanumeric() && (at == start || !is_inside_word(bytes, at)) => {
                    let word_end = ascii_word_end(bytes, at);
                    if let Some(len) = address_len(bytes, start, at, word_end) {
                        self.segments(words_from, at);
                        self.into.cut();
                        at += len;
                        words_from = at;
                    } else {
                        at = after;
                    }
                }
                _ => {
                    let Some(script) = unspaced(c) else {
                        at = after;
                        continue;
                    };
                    let number = if is_numbered(c) { digits_len(&bytes[words_from..at]) } else { 0 };
                    self.segments(words_from, at - number);
                    if number > 0 {
                        self.into.add_word(self.place, at - number, after, false);
                        at = after;
                    } else {
                        let run_end = run_end(piece, after, script);
                        add_run(self.place, at, run_end, script, self.into);
                        at = run_end;
                    }
                    words_from = at;
                }
            }
        }
        self.segments(words_from, end);
    }

    /// Adds the words of a text that has neither hashtags nor addresses nor scripts without spaces.
    fn segments(&mut self, start: usize, end: usize) {
        let text = &self.place.text[start..end];
        let mut last_end = 0;
        for (at, segment) in text.unicode_word_indices() {
            text[last_end..at].chars().for_each(|c| self.into.mark(c));
            last_end = at + segment.len();
            // UAX #29 joins `a.b`, `a:b`, `a_b` and `1,2`.
            let mut word_start = at;
            for (place, c) in segment.char_indices() {
                if c.is_ascii() && !c.is_ascii_alphanumeric() && c != '\'' {
                    self.word(start + word_start, start + at + place);
                    if self.place.is_of_hashtag {
                        self.into.space();
                    } else {
                        self.into.mark(c);
                    }
                    word_start = at + place + 1;
                }
            }
            self.word(start + word_start, start + last_end);
        }
        text[last_end..].chars().for_each(|c| self.into.mark(c));
    }

    /// Adds a word of a script with spaces; in a hashtag, the words that its upper case tells.
    fn word(&mut self, start: usize, end: usize) {
        if !self.place.is_of_hashtag {
            if start < end {
                self.into.add_word(self.place, start, end, false);
            }
            return;
        }
        let word = &self.place.text[start..end];
        let mut part = 0;
        while part < word.len() {
            let next = part_end(word, part);
            if part > 0 {
                self.into.space();
            }
            self.into.add_word(self.place, start + part, start + next, false);
            part = next;
        }
    }

    /// Takes the hashtag at `start`, which follows a `#`; returns where it ends.
    fn hashtag(&mut self, start: usize, end: usize) -> usize {
        let rest = &self.place.text[start..end];
        self.into.cut();
        let known = self
            .tags
            .iter()
            .filter(|tag| !tag.is_empty() && rest.starts_with(tag.as_ref()))
            .map(|tag| tag.len())
            .max();
        if let Some(len) = known {
            // It is in the list of the facets, and so is added already.
            return start + len;
        }
        let in_tag = |c: char| c.is_alphanumeric() || c == '_' || is_combining_mark(c);
        let tag_end = start + rest.find(|c: char| !in_tag(c)).unwrap_or(rest.len());
        if start < tag_end {
            add_hashtag(self.place, start, tag_end, self.into);
        }
        tag_end
    }
}

/// Takes the hashtag `text[start..end]`, without `#`, and the words it is made of.
pub(super) fn add_hashtag(place: Place<'_>, start: usize, end: usize, into: &mut Tokens) {
    into.cut();
    if into.add_hashtag(place, start, end) {
        into.cut();
        let place = Place { is_of_hashtag: true, ..place };
        let mut words = Scanner { place, tags: &[], into };
        words.words_of_hashtag(start, end);
    }
    into.cut();
}

impl Scanner<'_, '_> {
    fn words_of_hashtag(&mut self, start: usize, end: usize) {
        let tag = &self.place.text[..end];
        let mut words_from = start;
        let mut at = start;
        while let Some(c) = tag[at..].chars().next() {
            let after = at + c.len_utf8();
            let Some(script) = unspaced(c) else {
                at = after;
                continue;
            };
            self.segments(words_from, at);
            words_from = run_end(tag, after, script);
            add_run(self.place, at, words_from, script, self.into);
            at = words_from;
        }
        self.segments(words_from, end);
    }
}

/// The length of the URL or bare domain at `at`, where a word starts that ends at `word_end`, of a piece that starts
/// at `start`.
fn address_len(bytes: &[u8], start: usize, at: usize, word_end: usize) -> Option<usize> {
    match bytes.get(word_end) {
        Some(b':' | b'.') if starts_url(&bytes[at..]) => Some(bytes.len() - at),
        Some(b'.' | b'-') => domain_len(&bytes[start..], at - start),
        _ => None,
    }
}

/// One past the letters and digits from `at` on; an apostrophe between two letters or two digits belongs to them.
fn ascii_word_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    loop {
        while end < bytes.len() && bytes[end].is_ascii_alphanumeric() {
            end += 1;
        }
        let (Some(b'\''), Some(next)) = (bytes.get(end), bytes.get(end + 1)) else { return end };
        if !are_joined_by_apostrophe(bytes[end - 1], *next) {
            return end;
        }
        end += 1;
    }
}

/// Where the run of a script without spaces ends that has reached `at`.
fn run_end(text: &str, at: usize, script: Unspaced) -> usize {
    let in_run = |c: char| match unspaced(c) {
        // The sign for a long vowel follows Hiragana too.
        Some(Unspaced::Katakana) if c == 'ー' => script != Unspaced::SouthEastAsian,
        Some(other) => other == script,
        None => is_combining_mark(c),
    };
    text[at..].find(|c: char| !in_run(c)).map_or(text.len(), |len| at + len)
}

/// How many of the last bytes are ASCII digits, if they are not part of a longer word.
fn digits_len(bytes: &[u8]) -> usize {
    let len = bytes.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let before = bytes.len().checked_sub(len + 1).map_or(b' ', |place| bytes[place]);
    if before.is_ascii_alphanumeric() || matches!(before, b'.' | b',') { 0 } else { len }
}
