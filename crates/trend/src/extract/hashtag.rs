//! The words that a hashtag is made of, as far as upper case tells: `#TaylorSwift` is "Taylor" and "Swift".
//!
//! A part ends before an upper-case letter that follows a lower-case one or a digit, and before the last of several
//! upper-case letters if a lower-case one follows (`NASALaunch`). A single letter stays with what follows
//! (`iPhone`). Digits stay with the letters before them (`Covid19`, `GPT5`), but a year of four digits at the end,
//! from 1900 to 2099, is a part of its own (`WorldCup2026`).

/// Where the part ends that starts at `start` of a word of a hashtag, a byte index.
pub(super) fn part_end(word: &str, start: usize) -> usize {
    let mut chars = word[start..].char_indices().peekable();
    let Some((_, mut before)) = chars.next() else { return word.len() };
    let mut letters = 1;
    while let Some((at, c)) = chars.next() {
        let next_is_lower = chars.peek().is_some_and(|(_, next)| next.is_lowercase());
        let begins = c.is_uppercase()
            && (before.is_lowercase() || before.is_numeric() || (before.is_uppercase() && next_is_lower));
        if (begins && letters > 1) || is_year(&word[start + at..], before) {
            return start + at;
        }
        before = c;
        letters += 1;
    }
    word.len()
}

fn is_year(rest: &str, before: char) -> bool {
    before.is_alphabetic()
        && rest.len() == 4
        && (rest.starts_with("19") || rest.starts_with("20"))
        && rest.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_case_tells_the_parts() {
        let parts = |word: &str| {
            let (mut parts, mut start) = (Vec::new(), 0);
            while start < word.len() {
                let end = part_end(word, start);
                parts.push(word[start..end].to_owned());
                start = end;
            }
            parts.join(" ")
        };
        for (tag, expected) in [
            ("TaylorSwift", "Taylor Swift"),
            ("worldcupfinal", "worldcupfinal"),
            ("AI", "AI"),
            ("NASALaunch", "NASA Launch"),
            ("iPhone", "iPhone"),
            ("iPhoneLaunch", "iPhone Launch"),
            ("WorldCup2026", "World Cup 2026"),
            ("Covid19", "Covid19"),
            ("GPT5", "GPT5"),
            ("COP30Brazil", "COP30 Brazil"),
            ("3DPrinting", "3D Printing"),
            ("EuroÉté", "Euro Été"),
            ("2026", "2026"),
        ] {
            assert_eq!(parts(tag), expected);
        }
    }
}
