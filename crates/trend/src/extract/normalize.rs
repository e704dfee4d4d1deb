//! The normal form of a word: NFKC and lower case, with a short way for ASCII; and the affixes that are cut off.

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
    let folded =
        surface.nfkc().flat_map(char::to_lowercase).map(straight_apostrophe).filter(|&c| !is_ornament(c));
    out.extend(folded.nfkc());
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
