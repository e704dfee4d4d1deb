//! Scripts that are written without spaces between words, where UAX #29 gives single characters: a run of one of
//! them is kept together.

/// A script without spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unspaced {
    /// Chinese characters, also in Japanese.
    Han,
    /// The Japanese syllables of grammar and native words.
    Hiragana,
    /// Thai.
    Thai,
    /// Lao.
    Lao,
    /// Burmese.
    Burmese,
    /// Khmer.
    Khmer,
}

/// A run up to this many characters is one keyword: most Chinese and Japanese words have 2 to 4.
pub(super) const RUN_CHARS_MAX: usize = 4;

/// Whether `c` belongs to a script without spaces.
pub(crate) fn is_unspaced(c: char) -> bool {
    unspaced(c).is_some()
}

/// The script without spaces that `c` belongs to, if it is one.
pub(super) fn unspaced(c: char) -> Option<Unspaced> {
    match c {
        '\u{4e00}'..='\u{9fff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{20000}'..='\u{3ffff}'
        | '\u{f900}'..='\u{faff}'
        | '々'
        | '〆' => Some(Unspaced::Han),
        '\u{3041}'..='\u{309f}' => Some(Unspaced::Hiragana),
        '\u{0e01}'..='\u{0e5b}' => Some(Unspaced::Thai),
        '\u{0e81}'..='\u{0eff}' => Some(Unspaced::Lao),
        '\u{1000}'..='\u{109f}' => Some(Unspaced::Burmese),
        '\u{1780}'..='\u{17ff}' => Some(Unspaced::Khmer),
        _ => None,
    }
}
