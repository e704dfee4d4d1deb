//! Text of the network on its way to people: made harmless for whatever shows it. Each shape escapes what its own
//! markup would take for more than text.

/// Put behind what would begin a link or a mention: it shows nothing and breaks both.
const BREAK: char = '\u{200b}';

/// One line of at most `chars_max` characters (and as many breaks) without control characters, without those that
/// change the direction of what follows, without anything that a client makes a link or a mention of by itself.
pub(crate) fn harmless(text: &str, chars_max: usize) -> String {
    let shown = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| is_shown(*c));
    let mut line = String::new();
    let mut before = ' ';
    for (count, c) in shown.enumerate() {
        if count == chars_max {
            line.push('…');
            break;
        }
        if begins(before, c) {
            line.push(BREAK);
        }
        line.push(c);
        before = c;
    }
    line.trim().to_owned()
}

/// Whether `c` behind `before` would begin a link (`://`, `.com`) or a mention (`@here`, `<!here>`).
fn begins(before: char, c: char) -> bool {
    match before {
        ':' => c == '/',
        '.' => c.is_alphabetic(),
        '@' => !c.is_whitespace(),
        '<' => matches!(c, '!' | '@' | '#' | ':' | '/'),
        _ => false,
    }
}

fn is_shown(c: char) -> bool {
    let is_invisible = matches!(c,
        // Zero width, without the two joiners that Persian and emoji need; marks of direction.
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{feff}' | '\u{00ad}'
        // Embeddings, overrides, isolates, and what else formats without being seen.
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}'
        // Tags.
        | '\u{e0000}'..='\u{e007f}');
    !c.is_control() && !is_invisible
}

/// What a shape with markup escapes: `before` goes in front of each character that `is_markup`.
pub(crate) fn escaped(text: &str, before: char, is_markup: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        if is_markup(c) {
            out.push(before);
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_only_text_stays_as_it_is() {
        for text in ["quake", "#Eleições", "日本 地震", "U2 3.5 %", "می‌خواهم", "👩‍👩‍👧", "a - b: c"]
        {
            assert_eq!(harmless(text, 100), text);
        }
        assert_eq!(harmless("a\r\nb\tc\u{202e}d\u{0}", 100), "a  b cd");
        assert_eq!(harmless("abcdef", 3), "abc…");
        assert_eq!(harmless("abc", 3), "abc");
    }

    #[test]
    fn links_and_mentions_are_broken() {
        let bare = |text: &str| harmless(text, 100).replace(BREAK, "|");
        assert_eq!(bare("https://evil.example/x"), "https:|//evil.|example/x");
        assert_eq!(bare("@everyone <@123> <!channel>"), "@|everyone <|@|123> <|!channel>");
    }

    proptest! {
        #[test]
        fn nothing_in_it_is_a_link_a_mention_or_a_control(
            text in "(\\PC|[@<!:/.a-z\r\n\u{202e}]){0,60}",
            max in 1_usize..50,
        ) {
            let line = harmless(&text, max);
            let characters: Vec<char> = line.chars().collect();
            prop_assert!(!line.contains("://"), "{line:?}");
            prop_assert!(characters.iter().all(|c| *c == BREAK || is_shown(*c)), "{line:?}");
            for pair in characters.windows(2) {
                prop_assert!(!(pair[0] == '@' && pair[1].is_alphanumeric()), "{line:?}");
                prop_assert!(!(pair[0] == '.' && pair[1].is_alphabetic()), "{line:?}");
                prop_assert!(!(pair[0] == '<' && matches!(pair[1], '@' | '!' | '#')), "{line:?}");
            }
            prop_assert!(characters.iter().filter(|c| **c != BREAK).count() <= max + 1, "{line:?}");
        }
    }
}
