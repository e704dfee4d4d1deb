//! Texts of strangers, made safe for a terminal and exactly as wide as a column.
//!
//! What a terminal would obey (control characters, escape sequences), what would reorder its neighbours (bidirectional
//! controls), and what terminals disagree on the width of (joiners between emoji, variation selectors, skin tones)
//! is taken out; combining marks are limited, since they pile up over other lines.

use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Combining marks kept on one character. Tibetan and Hebrew with cantillation need four.
const COMBINING_MARKS_MAX: usize = 4;

/// Characters read of one text: a post has at most 3,000 bytes, a column far fewer.
const CHARS_MAX: usize = 4_000;

/// Which side of the column is filled up with spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// The text on one line, without what a terminal must not get; runs of white space become one space.
pub fn clean(text: &str) -> String {
    let mut out = String::new();
    let mut marks = 0;
    let mut letter_before = false;
    for c in text.chars().take(CHARS_MAX) {
        if c.is_whitespace() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
            continue;
        }
        // Joiners change the shape of letters in Arabic and Indic scripts; between emoji they change the width.
        let joins_letters = matches!(c, '\u{200C}' | '\u{200D}') && letter_before;
        if is_refused(c) && !joins_letters {
            continue;
        }
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        if marks > COMBINING_MARKS_MAX {
            continue;
        }
        letter_before = c.is_alphabetic() || (letter_before && marks > 0);
        out.push(c);
    }
    out.truncate(out.trim_end().len());
    out
}

/// The cleaned text in exactly `columns` columns: cut at a grapheme with `…`, or filled up with spaces.
pub(crate) fn fit(text: &str, columns: usize, align: Align) -> String {
    let text = clean(text);
    let (kept, width) = cut(&text, columns);
    let padding = " ".repeat(columns.saturating_sub(width));
    match align {
        Align::Left => kept + &padding,
        Align::Right => padding + &kept,
    }
}

/// The cleaned text on as many lines as it takes, none wider than `columns`: broken at spaces, and words that are too
/// long where they must be. A character wider than a line is left out.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut width) = (String::new(), 0);
    for word in clean(text).split(' ').filter(|word| !word.is_empty()) {
        let word_width: usize = word.graphemes(true).map(UnicodeWidthStr::width).sum();
        if width > 0 && width + 1 + word_width > columns {
            lines.push(std::mem::take(&mut line));
            width = 0;
        }
        if width > 0 {
            line.push(' ');
            width += 1;
        }
        for grapheme in word.graphemes(true).filter(|grapheme| grapheme.width() <= columns) {
            if width + grapheme.width() > columns {
                lines.push(std::mem::take(&mut line));
                width = 0;
            }
            line.push_str(grapheme);
            width += grapheme.width();
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// At most `columns` columns of a clean text, with the width that is left of it.
fn cut(text: &str, columns: usize) -> (String, usize) {
    let whole = text.graphemes(true).map(UnicodeWidthStr::width).sum();
    if whole <= columns {
        return (text.to_owned(), whole);
    }
    if columns == 0 {
        return (String::new(), 0);
    }
    let mut kept = String::new();
    let mut width = 0;
    for grapheme in text.graphemes(true) {
        let wider = width + grapheme.width();
        if wider + 1 > columns {
            break;
        }
        kept.push_str(grapheme);
        width = wider;
    }
    kept.push('…');
    (kept, width + 1)
}

fn is_refused(c: char) -> bool {
    let control = c.is_control();
    let bidirectional =
        matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}');
    let invisible = matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{180E}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2065}' | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFC}' | '\u{E0000}'..='\u{E0FFF}');
    let width_differs = matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}');
    let noncharacter = (c as u32) & 0xFFFE == 0xFFFE || matches!(c, '\u{FDD0}'..='\u{FDEF}');
    control || bidirectional || invisible || width_differs || noncharacter
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_taken_out() {
        assert_eq!(clean("a\u{1b}[31mb\u{7}c\u{9b}2J"), "a[31mbc2J");
        assert_eq!(clean("\u{202e}evil\u{2066}\u{200f}\u{61c}"), "evil");
        assert_eq!(clean("  two\r\n\tlines\u{2028}here "), "two lines here");
        assert_eq!(clean("\u{feff}za\u{200b}lgo\u{ad}"), "zalgo");
        assert_eq!(clean(&format!("e{}x", "\u{301}".repeat(50))), format!("e{}x", "\u{301}".repeat(4)));
    }

    #[test]
    fn what_letters_need_stays_and_what_emoji_are_joined_by_goes() {
        assert_eq!(clean("می\u{200c}خواهم"), "می\u{200c}خواهم");
        assert_eq!(clean("👩\u{200d}👩\u{200d}👧 ❤\u{fe0f} 👍\u{1f3fd}"), "👩👩👧 ❤ 👍");
    }

    #[test]
    fn a_wide_character_is_not_cut_in_half() {
        assert_eq!(fit("東京オリンピック", 6, Align::Left), "東京… ");
        assert_eq!(fit("東京", 5, Align::Right), " 東京");
        assert_eq!(fit("ab", 2, Align::Left), "ab");
        assert_eq!(fit("abc", 1, Align::Left), "…");
        assert_eq!(fit("abc", 0, Align::Left), "");
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_anywhere() {
        assert_eq!(wrap("who is  there, tonight?", 9), ["who is", "there,", "tonight?"]);
        assert_eq!(wrap("a https://example.com/ b", 10), ["a", "https://ex", "ample.com/", "b"]);
        assert_eq!(wrap("東京タワー", 5), ["東京", "タワ", "ー"]);
        assert_eq!(wrap("東京", 1), Vec::<String>::new());
        assert_eq!(wrap(" \u{1b} ", 10), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked(text in "[a-zé東👩\\u{200d}\\u{301} ]{0,60}|[\\u{0}-\\u{10FFFF}]{0,40}", columns in 0..30_usize) {
            for line in wrap(&text, columns) {
                let width: usize = line.graphemes(true).map(UnicodeWidthStr::width).sum();
                prop_assert!(width <= columns, "{line:?} in {columns}");
                prop_assert!(!line.chars().any(char::is_control));
            }
        }

        #[test]
        fn any_text_fits_exactly_and_is_clean(text in ".{0,40}|[\\u{0}-\\u{10FFFF}]{0,40}", columns in 0..40_usize) {
            for align in [Align::Left, Align::Right] {
                let fitted = fit(&text, columns, align);
                let width: usize = fitted.graphemes(true).map(UnicodeWidthStr::width).sum();
                prop_assert_eq!(width, columns, "{:?}", fitted);
                prop_assert!(!fitted.chars().any(char::is_control));
            }
            let once = clean(&text);
            prop_assert_eq!(clean(&once), once);
        }
    }
}
