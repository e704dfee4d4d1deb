//! The normal form of a word: NFKC and lower case, with a short way for ASCII, and one for letters whose normal form is
//! a single letter whatever stands beside them; and the affixes that are cut off.

use unicode_normalization::UnicodeNormalization;

/// Appends the normal form of `surface`. Normalising twice is the same as once: lower-casing may break a composed
/// form, so composition is done again after it.
pub(crate) fn normalize_into(surface: &str, out: &mut String) {
    if surface.is_ascii() {
        let start = out.len();
        out.push_str(surface);
        out[start..].make_ascii_lowercase();
        return;
    }
    let start = out.len();
    for c in surface.chars() {
        let Some(lower) = plain_lower(c) else {
            out.truncate(start);
            normalize_any_into(surface, out);
            return;
        };
        out.push(lower);
    }
}

/// The same for any text.
fn normalize_any_into(surface: &str, out: &mut String) {
    let folded =
        surface.nfkc().flat_map(char::to_lowercase).map(straight_apostrophe).filter(|&c| !is_ornament(c));
    out.extend(folded.nfkc());
}

/// The normal form of a letter that has only one, which depends on no neighbour: no mark, nothing that is composed of
/// others or has a compatibility form. None of another character, though it may have one.
fn plain_lower(c: char) -> Option<char> {
    let code = u32::from(c);
    let lower = match code {
        0..=0x7f => return Some(c.to_ascii_lowercase()),
        // Kana, Chinese characters, Hangul.
        0x3041..=0x3094 | 0x30a1..=0x30fa | 0x30fc | 0x4e00..=0x9fff | 0xac00..=0xd7a3 => return Some(c),
        // Lower case of Latin, Greek and Cyrillic; Arabic; Thai, but for a vowel that has parts and those that change
        // places with the marks of tone.
        0xdf..=0xf6
        | 0xf8..=0xff
        | 0x131
        | 0x3b1..=0x3ce
        | 0x430..=0x45f
        | 0x621..=0x63a
        | 0x641..=0x64a
        | 0x671..=0x674
        | 0x679..=0x6d3
        | 0xe01..=0xe32
        | 0xe34..=0xe37
        | 0xe40..=0xe4d => code,
        // Upper case: Latin and Cyrillic blocks, then Latin pairs.
        0xc0..=0xd6 | 0xd8..=0xde | 0x410..=0x42f => code + 0x20,
        0x400..=0x40f => code + 0x50,
        0x100..=0x12f | 0x134..=0x137 | 0x14a..=0x177 => code | 1,
        0x139..=0x13e | 0x141..=0x148 | 0x179..=0x17e => code + (code & 1),
        0x2019 => return Some('\''),
        _ => return None,
    };
    char::from_u32(lower)
}

fn straight_apostrophe(c: char) -> char {
    if c == '\u{2019}' { '\'' } else { c }
}

/// Variation selectors and the enclosing keycap change how a character looks, not which one it is.
fn is_ornament(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{20e3}')
}

/// Romance articles and pronouns that are written together with the next word.
const ELIDED: [&str; 16] =
    ["l", "d", "j", "m", "n", "s", "t", "c", "qu", "un", "dell", "nell", "sull", "dall", "all", "quell"];

/// The word without an English `'s` at its end and an elided article at its start.
pub(super) fn cut_affixes(surface: &str) -> &str {
    let mut word = surface;
    for suffix in ["'s", "'S", "\u{2019}s", "\u{2019}S"] {
        word = word.strip_suffix(suffix).unwrap_or(word);
    }
    let Some((article, rest)) = word.split_once(['\'', '\u{2019}']) else { return word };
    let elided = ELIDED.iter().any(|elided| elided.eq_ignore_ascii_case(article));
    if elided && rest.chars().nth(1).is_some() { rest } else { word }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn both_ways(text: &str) -> [String; 2] {
        [normalize_into, normalize_any_into].map(|normalize| {
            let mut out = String::new();
            normalize(text, &mut out);
            out
        })
    }

    #[test]
    fn every_letter_has_the_same_form_by_the_short_way() {
        for c in '\0'..=char::MAX {
            let [short, long] = both_ways(c.encode_utf8(&mut [0; 4]));
            assert_eq!(short, long, "{:x}", u32::from(c));
        }
    }

    proptest! {
        #[test]
        fn words_have_the_same_form_by_the_short_way(
            text in "[a-zA-ZÀ-ſ’'Α-ώЀ-џء-ۓก-๎ぁ-ゖ\u{3099}ァ-ー가-힣ᄀ-ᇿ一-七\u{300}-\u{308}\u{64b}-\u{652}]{0,12}"
        ) {
            let [short, long] = both_ways(&text);
            prop_assert_eq!(short, long);
        }
    }
}
