//! Words of scripts without spaces: Japanese, Chinese, Thai, Lao, Khmer, Burmese. The dictionaries are those of
//! ICU4X, which takes the longest entry at each place; what that leaves in pieces is put together here.
//!
//! - A run of Katakana is one word.
//! - Chinese characters that stand alone, two to four of them side by side, are one word: most names and new words are
//!   not in the dictionary. Characters of grammar ([`GRAMMAR`]) stay out of that.
//! - A character that names a kind of thing ([`SUFFIXES`]) belongs to the word before it: 投票 and 率.
//! - A particle of Japanese that the dictionary has together with one Chinese character (安が) is cut off.
//! - Hiragana of fewer than three characters is grammar, and so no word.
//! - The syllables that make nouns in Thai ([`THAI_PREFIXES`]) belong to the segment behind them: นัก and ร้อง.

use std::sync::LazyLock;

use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};

use super::script::{HanSet, Unspaced, is_han, is_hiragana};
use super::tokens::{Place, Tokens};

/// The dictionaries, not the neural networks that ICU4X would take for Thai, which are a hundred times slower.
static SEGMENTER: LazyLock<WordSegmenterBorrowed<'static>> =
    LazyLock::new(|| WordSegmenter::new_dictionary(WordBreakInvariantOptions::default()));

/// Longest word that is put together of single characters.
const JOINED_CHARS_MAX: usize = 4;
/// Hiragana shorter than this is no word.
const HIRAGANA_CHARS_MIN: usize = 3;

/// Characters of Chinese and Japanese that are words of their own, mostly of grammar.
static GRAMMAR: HanSet = HanSet::of(
    "的了是在不和也就都我你他她它这這那有很又还還要去说說会會能对對上下里裡来來让讓把被给給跟与與及或但而吗嗎\
    吧呢啊哦个個只从從到为為之以所等着著过過没沒再才最更太真好大小多少人年月日时時中后後前今何私僕俺君彼各某每毎约約两兩几幾\
    一二三四五六七八九十百千万萬亿億第做想看吃喝走叫买買请請用得地啦嘛哪谁誰什么麼们們咱您此其并並因由向于於将將吃喝新旧出入\
    言思見行来",
);

/// Characters that make a noun of the noun before them.
static SUFFIXES: HanSet = HanSet::of(
    "率者員员选選战戰戦机機駅站园園场場館馆院省市県县区區町村州国國学學部党黨軍军隊队賞奖獎杯権权法税稅費\
    费案券票料量店屋社署庁局型病症薬药科街線线島岛城寺宮塔橋桥派祭節节展式度計書画曲集団团組组像論论師师士族王価价家業业性\
    力点站台都府県日号",
);

/// Particles of Japanese.
const PARTICLES: &str = "がをはにのでともへ";

/// Syllables that make a noun of what follows.
const THAI_PREFIXES: [&str; 6] = ["นัก", "ผู้", "การ", "ความ", "โรง", "เครื่อง"];

/// Characters that number what has a name by it, with the digits before them: 台風10号, 第3期.
static NUMBERED: HanSet = HanSet::of("号號級级期話话弾");

/// Whether digits before this character belong to it.
pub(super) fn is_numbered(c: char) -> bool {
    NUMBERED.contains(c)
}

/// Takes the words of `text[start..end]`, which is of one script without spaces.
pub(super) fn add_run(place: Place<'_>, start: usize, end: usize, script: Unspaced, into: &mut Tokens) {
    let run = &place.text[start..end];
    if script == Unspaced::Katakana {
        into.add_word(place, start, end, false);
        return;
    }
    let mut boundaries = std::mem::take(&mut into.boundaries);
    boundaries.clear();
    for boundary in SEGMENTER.segment_str(run).map(|boundary| start + boundary) {
        if let (Unspaced::HanHiragana, Some(&last)) = (script, boundaries.last()) {
            boundaries.extend(particle_boundary(&place.text[last..boundary]).map(|cut| last + cut));
        }
        boundaries.push(boundary);
    }
    match script {
        Unspaced::HanHiragana => add_han_hiragana(place, &boundaries, into),
        Unspaced::Katakana | Unspaced::SouthEastAsian => add_south_east_asian(place, &boundaries, into),
    }
    into.boundaries = boundaries;
}

/// Where a particle is to be cut off a segment of two characters.
fn particle_boundary(segment: &str) -> Option<usize> {
    let mut chars = segment.chars();
    let (Some(first), Some(second), None) = (chars.next(), chars.next(), chars.next()) else { return None };
    let has_particle =
        (is_han(first) && PARTICLES.contains(second)) || (PARTICLES.contains(first) && is_han(second));
    has_particle.then_some(first.len_utf8())
}

fn add_south_east_asian(place: Place<'_>, boundaries: &[usize], into: &mut Tokens) {
    let mut first = 0;
    for at in 1..boundaries.len() {
        let segment = &place.text[boundaries[first]..boundaries[at]];
        if at + 1 < boundaries.len() && THAI_PREFIXES.contains(&segment) {
            continue;
        }
        into.add_word(place, boundaries[first], boundaries[at], false);
        first = at;
    }
}

fn add_han_hiragana(place: Place<'_>, boundaries: &[usize], into: &mut Tokens) {
    let segments = boundaries.len().saturating_sub(1);
    let segment = |at: usize| &place.text[boundaries[at]..boundaries[at + 1]];
    let single = |at: usize| if at < segments { single_han(segment(at)) } else { None };
    let alone = |at: usize| single(at).is_some_and(|c| !GRAMMAR.contains(c));
    let mut at = 0;
    while at < segments {
        let first = at;
        at += 1;
        let mut is_fragment = false;
        if alone(first) {
            while at - first < JOINED_CHARS_MAX && alone(at) {
                at += 1;
            }
        } else if single(first).is_none() {
            let text = segment(first);
            if text.chars().all(is_han) {
                at += usize::from(single(at).is_some_and(|c| SUFFIXES.contains(c)));
            } else {
                is_fragment =
                    text.chars().nth(HIRAGANA_CHARS_MIN - 1).is_none() && text.chars().all(is_hiragana);
            }
        }
        into.add_word(place, boundaries[first], boundaries[at], is_fragment);
    }
}

/// The one Chinese character that the segment is.
fn single_han(segment: &str) -> Option<char> {
    let mut chars = segment.chars();
    chars.next().filter(|&c| chars.next().is_none() && is_han(c))
}
