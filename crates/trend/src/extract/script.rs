//! Scripts: which one a character belongs to, which are written without spaces between words, and which letters only
//! some languages use.

use super::stop_words::bit_of;

/// A script as far as it tells languages apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Script {
    Latin,
    /// Hiragana and Katakana.
    Kana,
    Han,
    Hangul,
    Cyrillic,
    Arabic,
    Thai,
    Greek,
    Hebrew,
    Devanagari,
    Bengali,
    Tamil,
    /// Any other; tells nothing.
    Other,
}

/// How many there are.
pub(super) const SCRIPTS_LEN: usize = Script::Other as usize + 1;

impl Script {
    /// The script of a letter.
    pub(super) fn of(c: char) -> Self {
        match u32::from(c) {
            0..0x80 if !c.is_ascii_alphabetic() => Self::Other,
            0..0x250 | 0x1e00..0x1f00 | 0xff21..0xff5b => Self::Latin,
            0x3041..0x3100 | 0x31f0..0x3200 | 0xff66..0xffa0 => Self::Kana,
            0x3400..0x4dc0 | 0x4e00..0xa000 | 0xf900..0xfb00 | 0x20000..0x40000 => Self::Han,
            0x1100..0x1200 | 0x3130..0x3190 | 0xac00..0xd7b0 => Self::Hangul,
            0x400..0x530 => Self::Cyrillic,
            0x600..0x780 | 0x8a0..0x900 | 0xfb50..0xfe00 | 0xfe70..0xff00 => Self::Arabic,
            0xe00..0xe80 => Self::Thai,
            0x370..0x400 | 0x1f00..0x2000 => Self::Greek,
            0x590..0x600 => Self::Hebrew,
            0x900..0x980 => Self::Devanagari,
            0x980..0xa00 => Self::Bengali,
            0xb80..0xc00 => Self::Tamil,
            _ => Self::Other,
        }
    }

    /// What a character weighs beside a Latin letter: where a word has one or two characters, each says more.
    pub(super) fn weight(self) -> u32 {
        if matches!(self, Self::Kana | Self::Han | Self::Hangul) { 3 } else { 1 }
    }
}

/// A script without spaces, as its runs are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unspaced {
    /// Chinese characters and Hiragana.
    HanHiragana,
    /// Katakana: a run of it is one word.
    Katakana,
    /// Thai, Lao, Burmese, Khmer.
    SouthEastAsian,
}

/// Whether `c` belongs to a script in which words follow each other without any sign; runs of Katakana are words.
pub(crate) fn is_unspaced(c: char) -> bool {
    unspaced(c).is_some_and(|script| script != Unspaced::Katakana)
}

/// The script without spaces that `c` belongs to, if it is one.
pub(super) fn unspaced(c: char) -> Option<Unspaced> {
    match c {
        '\u{4e00}'..='\u{9fff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{20000}'..='\u{3ffff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{3041}'..='\u{309f}'
        // The small "ke" between Chinese characters: 霞ヶ関.
        | '々' | '〆' | 'ヶ' | 'ヵ' => Some(Unspaced::HanHiragana),
        '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}' => {
            Some(Unspaced::Katakana)
        }
        '\u{0e01}'..='\u{0e3a}'
        | '\u{0e40}'..='\u{0e4e}'
        | '\u{0e81}'..='\u{0eff}'
        | '\u{1000}'..='\u{103f}'
        | '\u{1050}'..='\u{109f}'
        | '\u{1780}'..='\u{17d3}' => Some(Unspaced::SouthEastAsian),
        _ => None,
    }
}

/// Chinese characters of the main block, one bit each: to look one up is a shift, and a set is made when compiling.
pub(super) struct HanSet([u64; HanSet::WORDS]);

impl HanSet {
    const FIRST: u32 = 0x4e00;
    const WORDS: usize = (0xa000 - Self::FIRST as usize) / 64;

    /// The set of the characters of `text`, all of them of that block; white space is left out.
    pub(super) const fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut set = Self([0; Self::WORDS]);
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] < 0x80 {
                at += 1;
                continue;
            }
            let code = (bytes[at] as u32 & 0xf) << 12
                | (bytes[at + 1] as u32 & 0x3f) << 6
                | (bytes[at + 2] as u32 & 0x3f);
            let place = (code - Self::FIRST) as usize;
            set.0[place / 64] |= 1 << (place % 64);
            at += 3;
        }
        set
    }

    pub(super) fn contains(&self, c: char) -> bool {
        let place = u32::from(c).wrapping_sub(Self::FIRST) as usize;
        self.0.get(place / 64).is_some_and(|bits| bits >> (place % 64) & 1 == 1)
    }
}

pub(super) fn is_han(c: char) -> bool {
    Script::of(c) == Script::Han || c == '々'
}

pub(super) fn is_hiragana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{309f}' | 'ー')
}

/// The languages that use this letter where others of its script do not; none if it tells nothing.
pub(super) fn languages_of_letter(c: char) -> u64 {
    const BE: u64 = bit_of("be");
    const RU: u64 = bit_of("ru");
    const UK: u64 = bit_of("uk");
    const FA: u64 = bit_of("fa");
    const UR: u64 = bit_of("ur");
    const SCANDINAVIAN: u64 = bit_of("no") | bit_of("da");
    const CZECH: u64 = bit_of("cs") | bit_of("sk");
    match c {
        'ы' | 'э' | 'ё' => RU,
        'і' | 'ї' | 'є' | 'ґ' => UK,
        'ў' => BE,
        'ъ' => bit_of("bg"),
        'ђ' | 'ћ' => bit_of("sr"),
        'ј' | 'љ' | 'њ' | 'џ' => bit_of("sr") | bit_of("mk"),
        'ѓ' | 'ќ' | 'ѕ' => bit_of("mk"),
        'ә' | 'ң' | 'ғ' | 'ү' | 'ұ' | 'қ' | 'ө' | 'һ' => bit_of("kk"),
        'ٹ' | 'ڈ' | 'ڑ' | 'ے' | 'ں' | 'ھ' | 'ہ' => UR,
        'پ' | 'چ' | 'گ' | 'ک' | 'ی' => FA | UR,
        'ژ' => FA,
        'ڕ' | 'ڵ' | 'ۆ' | 'ێ' | 'ە' => bit_of("ckb"),
        'ة' | 'ى' | 'ي' | 'ك' | 'إ' => bit_of("ar"),
        'ळ' => bit_of("mr"),
        'ã' | 'õ' => bit_of("pt"),
        'ñ' | '¿' | '¡' => bit_of("es"),
        'ß' => bit_of("de"),
        'ğ' | 'ı' | 'ş' => bit_of("tr"),
        'ł' | 'ę' | 'ś' | 'ż' | 'ź' | 'ń' | 'ą' => bit_of("pl"),
        'ě' | 'ř' | 'ů' => bit_of("cs"),
        'ľ' | 'ĺ' | 'ŕ' => bit_of("sk"),
        'č' | 'ž' | 'š' => CZECH | bit_of("hr") | bit_of("sl") | bit_of("lt") | bit_of("lv"),
        'ď' | 'ť' | 'ň' => CZECH,
        'ő' | 'ű' => bit_of("hu"),
        'ø' | 'æ' => SCANDINAVIAN,
        'å' => SCANDINAVIAN | bit_of("sv"),
        'ă' | 'ș' | 'ț' | 'ţ' => bit_of("ro"),
        'œ' | 'ù' => bit_of("fr"),
        'đ' | 'ơ' | 'ư' | 'ạ' | 'ả' | 'ấ' | 'ầ' | 'ậ' | 'ế' | 'ề' | 'ể' | 'ệ' | 'ị' | 'ọ' | 'ố' | 'ộ'
        | 'ớ' | 'ờ' | 'ợ' | 'ụ' | 'ủ' | 'ứ' | 'ừ' | 'ự' => bit_of("vi"),
        // Forms of Chinese characters that only Japan uses.
        '気' | '駅' | '円' | '対' | '発' | '戦' | '県' | '広' | '図' | '売' | '読' | '変' | '応' | '込'
        | '働' | '沢' | '浜' | '桜' | '経' | '済' | '験' | '鉄' | '転' | '関' | '帰' | '単' | '団' | '児'
        | '圏' | '実' | '労' | '営' | '栄' | '択' | '拠' | '挙' | '総' | '続' | '絵' | '覚' | '辺' | '遅'
        | '険' | '価' | '仏' | '伝' | '処' | '剣' | '勲' => bit_of("ja"),
        _ => 0,
    }
}
