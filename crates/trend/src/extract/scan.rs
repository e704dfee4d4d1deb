//! Reads a text without spans to skip: finds words, hashtags, URLs and handles. Pieces between ASCII white space that
//! are ASCII take a short way that gives the same words as the long one; a test holds the two together.

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use super::Extraction;
use super::script::{RUN_CHARS_MAX, Unspaced, unspaced};

/// Adds what is in `text`; `tags` are the hashtags of the post's facets, which may hold more than letters.
pub(super) fn scan(text: &str, tags: &[Cow<'_, str>], into: &mut Extraction) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let start = at;
        let mut bits = 0;
        while at < bytes.len() && !bytes[at].is_ascii_whitespace() {
            bits |= bytes[at];
            at += 1;
        }
        if bits < 0x80 {
            scan_ascii(&text[start..at], tags, into);
        } else {
            scan_unicode(&text[start..at], tags, into);
        }
    }
}

/// A piece of ASCII without white space.
pub(super) fn scan_ascii(piece: &str, tags: &[Cow<'_, str>], into: &mut Extraction) {
    let bytes = piece.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            byte if byte.is_ascii_alphanumeric() => {
                if starts_url(&bytes[at..]) {
                    return;
                }
                let end = ascii_word_end(bytes, at);
                into.add_word(&piece[at..end]);
                at = end;
            }
            b'#' if at == 0 || !bytes[at - 1].is_ascii_alphanumeric() => {
                at += 1 + hashtag(&piece[at + 1..], tags, into);
            }
            b'@' => at += 1 + handle_len(&bytes[at + 1..]),
            _ => at += 1,
        }
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
        let before = bytes[end - 1];
        let joined = (before.is_ascii_alphabetic() && next.is_ascii_alphabetic())
            || (before.is_ascii_digit() && next.is_ascii_digit());
        if !joined {
            return end;
        }
        end += 1;
    }
}

/// Any piece without ASCII white space.
pub(super) fn scan_unicode(piece: &str, tags: &[Cow<'_, str>], into: &mut Extraction) {
    let mut words_from = 0;
    let mut at = 0;
    while let Some(c) = piece[at..].chars().next() {
        let before = piece[..at].chars().next_back().unwrap_or(' ');
        let after = at + c.len_utf8();
        match c {
            '#' | '\u{ff03}' if !before.is_alphanumeric() => {
                segments(&piece[words_from..at], into);
                at = after + hashtag(&piece[after..], tags, into);
                words_from = at;
            }
            '@' => {
                segments(&piece[words_from..at], into);
                at = after + handle_len(&piece.as_bytes()[after..]);
                words_from = at;
            }
            'h' | 'H' | 'w' | 'W'
                if !before.is_ascii_alphanumeric() && starts_url(&piece.as_bytes()[at..]) =>
            {
                segments(&piece[words_from..at], into);
                return;
            }
            _ => at = after,
        }
    }
    segments(&piece[words_from..], into);
}

/// Adds the words of a text that has neither hashtags nor handles nor URLs.
fn segments(text: &str, into: &mut Extraction) {
    let mut run: Option<Unspaced> = None;
    for (start, segment) in text.unicode_word_indices() {
        let script = segment.chars().next().and_then(unspaced);
        let end = start + segment.len();
        let follows = into.run.last().is_some_and(|&(_, last_end)| last_end == start);
        if script.is_none() || run != script || !follows {
            end_run(text, into);
        }
        run = script;
        if script.is_some() {
            into.run.push((start, end));
        } else {
            // UAX #29 joins `a.b`, `a:b`, `a_b` and `1,2`.
            for word in segment.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '\'') {
                if !word.is_empty() {
                    into.add_word(word);
                }
            }
        }
    }
    end_run(text, into);
}

/// Adds the run of a script without spaces that was collected.
fn end_run(text: &str, into: &mut Extraction) {
    let run = std::mem::take(&mut into.run);
    let width = if run.len() <= RUN_CHARS_MAX { run.len() } else { 2 };
    if width >= 2 {
        for units in run.windows(width) {
            into.add_word(&text[units[0].0..units[width - 1].1]);
        }
    }
    into.run = run;
    into.run.clear();
}

/// Takes the hashtag at the start of `rest`, which follows a `#`; returns its length in bytes.
fn hashtag(rest: &str, tags: &[Cow<'_, str>], into: &mut Extraction) -> usize {
    let known = tags
        .iter()
        .filter(|tag| !tag.is_empty() && rest.starts_with(tag.as_ref()))
        .map(|tag| tag.len())
        .max();
    if let Some(len) = known {
        // It is in the list of the facets, and so is added already.
        return len;
    }
    let in_tag = |c: char| c.is_alphanumeric() || c == '_' || is_combining_mark(c);
    let len = rest.find(|c: char| !in_tag(c)).unwrap_or(rest.len());
    if len > 0 {
        into.add_hashtag(&rest[..len]);
    }
    len
}

/// The length of the handle after an `@`: letters, digits, dots, dashes (and underscores, which look like handles).
fn handle_len(rest: &[u8]) -> usize {
    let in_handle = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    rest.iter().position(|byte| !in_handle(byte)).unwrap_or(rest.len())
}

fn starts_url(bytes: &[u8]) -> bool {
    let starts =
        |prefix: &[u8]| bytes.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    match bytes.first() {
        Some(b'h' | b'H') => starts(b"http://") || starts(b"https://"),
        Some(b'w' | b'W') => starts(b"www.") && bytes.get(4).is_some_and(u8::is_ascii_alphanumeric),
        _ => false,
    }
}
