//! The text that watched terms are looked for in: what a post says, normalised, with one space between words, and its
//! hashtags. As for keywords, links, mentions, bare URLs and handles are left out.

use skytrend_event::{PostData, Span};

use crate::extract::normalize_into;

/// Stands where something was left out, so that no phrase is found across it.
const GAP: char = '\n';

/// Replaces `out` by the text of `post`.
pub(super) fn write_watched(post: &PostData<'_>, out: &mut String) {
    out.clear();
    let text: &str = &post.text;
    let mut start = 0;
    for &Span { start: skip_start, end: skip_end } in &post.skip {
        if let Some(part) = text.get(start..skip_start as usize) {
            write_part(part, out);
            out.push(GAP);
        }
        start = start.max(skip_end as usize);
    }
    if let Some(part) = text.get(start..) {
        write_part(part, out);
    }
    for tag in &post.hashtags {
        out.push(GAP);
        out.push('#');
        normalize_into(tag, out);
    }
}

fn write_part(part: &str, out: &mut String) {
    let part = part.trim();
    if is_plain(part) {
        let start = out.len();
        out.push_str(part);
        out[start..].make_ascii_lowercase();
        return;
    }
    for piece in part.split_whitespace() {
        if !out.is_empty() && !out.ends_with(GAP) {
            out.push(' ');
        }
        let said = before_link(piece);
        normalize_into(said, out);
        if said.len() < piece.len() {
            out.push(GAP);
        }
    }
}

/// Whether a text is ASCII with single spaces and without what links and handles are
/// known by (`://`, `www.`, `@`): then only its case has to go. Most texts
/// are, and the bytes are looked at many at a time.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_other = |byte: u8| !(b' '..0x80).contains(&byte) || byte == b'@';
    let has_other = bytes.iter().fold(false, |found, &byte| found | is_other(byte));
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    let is_other_pair = |one: u8, next: u8| {
        (one == b' ' && next == b' ')
            || (one == b':' && next == b'/')
            || (one | 0x20 == b'w' && next | 0x20 == b'w')
    };
    let has_other_pair = pairs.fold(false, |found, (&one, &next)| found | is_other_pair(one, next));
    !has_other && !has_other_pair
}

/// A piece of text without white space up to the link or the handle in it.
fn before_link(piece: &str) -> &str {
    let bytes = piece.as_bytes();
    let starts =
        |prefix: &[u8]| bytes.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    if starts(b"www.") {
        return "";
    }
    let Some(at) = memchr::memchr2(b'@', b':', bytes) else { return piece };
    if bytes[at] == b'@' {
        return &piece[..at];
    }
    if !bytes[at..].starts_with(b"://") {
        return piece;
    }
    let scheme = bytes[..at].iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
    &piece[..at - scheme]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(text: &str, hashtags: &[&'static str]) -> String {
        let hashtags = hashtags.iter().map(|tag| (*tag).into()).collect();
        let mut out = "before".to_owned();
        write_watched(&PostData { text: text.into(), hashtags, ..PostData::default() }, &mut out);
        out
    }

    #[test]
    fn words_are_normalised_and_one_space_apart() {
        assert_eq!(watched(" Climate\n\u{3000} ＣＨＡＮＧＥ!  Don’t ", &[]), "climate change! don't");
        assert_eq!(watched("", &[]), "");
        assert_eq!(watched("go", &["Vote", "WM26"]), "go\n#vote\n#wm26");
    }

    #[test]
    fn links_and_handles_are_left_out_and_part_phrases() {
        assert_eq!(watched("see https://a.example/car now", &[]), "see \nnow");
        assert_eq!(watched("(http://a.example) at 10:30", &[]), "(\nat 10:30");
        assert_eq!(watched("www.car.example @car.test x", &[]), "\n\nx");
        let post = PostData {
            text: "climate @anna change".into(),
            skip: vec![Span { start: 8, end: 13 }],
            ..PostData::default()
        };
        let mut out = String::new();
        write_watched(&post, &mut out);
        assert_eq!(out, "climate\nchange");
    }
}
