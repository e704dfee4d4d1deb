//! Korean particles (josa), which are written together with the noun before them: 지진이, 지진을 and 지진은 are the
//! keyword 지진.
//!
//! A particle is cut off if at least two syllables remain before it and the last of them has the final consonant that
//! the particle's form asks for: 이, 은, 을, 과 follow a consonant, 가, 는, 를, 와 a vowel, 로 a vowel or ㄹ, 으로 any
//! other consonant. The plural's 들 and the commonest forms of 하다 and 되다, which make verbs of nouns (발생했다), go
//! the same way. Nouns whose last syllable looks like a particle are known by their endings. After letters or
//! digits of another script (`BTS가`) the whole Korean rest has to be a particle; what sound is before it can't be
//! told there.

/// What a particle's form asks of the syllable before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Any,
    Vowel,
    Consonant,
    /// A vowel or ㄹ.
    VowelOrRieul,
    /// A consonant that is not ㄹ.
    ConsonantNotRieul,
}

/// The particles that end with this syllable, longer ones first.
fn particles(last: char) -> &'static [(&'static str, After)] {
    use After::{Any, Consonant, ConsonantNotRieul, Vowel, VowelOrRieul};
    match last {
        '터' => {
            &[("으로부터", ConsonantNotRieul), ("에서부터", Any), ("로부터", VowelOrRieul), ("부터", Any)]
        }
        '는' => &[
            ("에서는", Any),
            ("에게는", Any),
            ("으로는", ConsonantNotRieul),
            ("까지는", Any),
            ("부터는", Any),
            ("이라는", Consonant),
            ("에는", Any),
            ("로는", VowelOrRieul),
            ("라는", Vowel),
            ("하는", Any),
            ("는", Vowel),
        ],
        '도' => &[
            ("에서도", Any),
            ("에게도", Any),
            ("으로도", ConsonantNotRieul),
            ("까지도", Any),
            ("에도", Any),
            ("로도", VowelOrRieul),
            ("도", Any),
        ],
        '만' => &[("에서만", Any), ("에만", Any), ("만", Any)],
        '서' => &[("에게서", Any), ("에서", Any), ("해서", Any)],
        '고' => &[("이라고", Consonant), ("라고", Vowel), ("하고", Any)],
        '다' => &[
            ("했습니다", Any),
            ("됐습니다", Any),
            ("입니다", Any),
            ("합니다", Any),
            ("됩니다", Any),
            ("보다", Any),
            ("마다", Any),
            ("했다", Any),
            ("됐다", Any),
            ("한다", Any),
            ("된다", Any),
        ],
        '게' => &[("에게", Any)],
        '테' => &[("한테", Any)],
        '지' => &[("까지", Any)],
        '로' => &[("으로", ConsonantNotRieul), ("로", VowelOrRieul)],
        '럼' => &[("처럼", Any)],
        '에' => &[("밖에", Any), ("에", Any)],
        '나' => &[("이나", Consonant)],
        '랑' => &[("이랑", Consonant)],
        '이' => &[("들이", Any), ("이", Consonant)],
        '은' => &[("들은", Any), ("은", Consonant)],
        '을' => &[("들을", Any), ("을", Consonant)],
        '의' => &[("들의", Any), ("의", Any)],
        '들' => &[("들", Any)],
        '과' => &[("과", Consonant)],
        '가' => &[("가", Vowel)],
        '를' => &[("를", Vowel)],
        '와' => &[("와", Vowel)],
        _ => &[],
    }
}

/// Endings of nouns and adverbs whose last syllables are no particle.
const NOT_PARTICLES: &[&str] = &[
    // 이
    "양이",
    "린이",
    "젊은이",
    "늙은이",
    "랑이",
    "숭이",
    "멍이",
    "팡이",
    "놀이",
    "걸이",
    "벌이",
    "풀이",
    "볶이",
    "구이",
    "먹이",
    "잡이",
    "높이",
    "깊이",
    "길이",
    "같이",
    "많이",
    "없이",
    "굳이",
    "깊숙이",
    "쟁이",
    "둥이",
    // 가
    "휴가",
    "주가",
    "추가",
    "대가",
    "정치가",
    "투자가",
    "만화가",
    "요가",
    "허가",
    "국가",
    "평가",
    // 과, 와
    "결과",
    "효과",
    "성과",
    "학과",
    "내과",
    "외과",
    "치과",
    "통과",
    "초과",
    "경과",
    // 의
    "주의",
    "회의",
    "정의",
    "강의",
    "합의",
    "논의",
    "협의",
    "동의",
    "문의",
    "편의",
    "심의",
    "상의",
    // 도
    "주도",
    "원도",
    "기도",
    "라도",
    "상도",
    "청도",
    "해도",
    "의도",
    "릉도",
    "난이도",
    "만족도",
    "신뢰도",
    "완성도",
    "중요도",
    "위도",
    "경도",
    "지도",
    "제도",
    "보도",
    // 로, 는, 은
    "스스로",
];

/// The word without the particles at its end.
pub(super) fn cut_particle(word: &str) -> &str {
    let particles = word.chars().next_back().map_or(&[][..], particles);
    let stem = particles.iter().find_map(|&(particle, after)| stem(word, particle, after));
    stem.filter(|_| !NOT_PARTICLES.iter().any(|ending| word.ends_with(ending))).unwrap_or(word)
}

/// What is left of the word without this particle, if it can be cut off.
fn stem<'a>(word: &'a str, particle: &str, after: After) -> Option<&'a str> {
    let stem = word.strip_suffix(particle)?;
    let last = stem.chars().next_back()?;
    let fits = if is_syllable(last) {
        stem.chars().rev().take_while(|&c| is_syllable(c)).nth(1).is_some() && agrees(last, after)
    } else {
        last.is_alphanumeric() && stem.chars().nth(1).is_some()
    };
    // 오천만 is a number.
    let is_number = particle == "만" && ['백', '천', '십'].contains(&last);
    (fits && !is_number).then_some(stem)
}

fn is_syllable(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

/// Whether `last`, a syllable, has the ending that is asked for. Syllables are numbered so that the final consonant
/// is the number modulo 28: none is 0, ㄹ is 8 (the Unicode standard, 3.12).
fn agrees(last: char, after: After) -> bool {
    let final_consonant = (u32::from(last) - u32::from('가')) % 28;
    match after {
        After::Any => true,
        After::Vowel => final_consonant == 0,
        After::Consonant => final_consonant != 0,
        After::VowelOrRieul => matches!(final_consonant, 0 | 8),
        After::ConsonantNotRieul => !matches!(final_consonant, 0 | 8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particles_are_cut_where_a_stem_remains_and_the_sounds_agree() {
        for word in [
            "지진이",
            "지진을",
            "지진은",
            "지진에",
            "지진의",
            "지진과",
            "지진으로",
            "지진도",
            "지진까지",
            "지진에서는",
        ] {
            assert_eq!(cut_particle(word), "지진", "{word}");
        }
        for (word, stem) in [
            ("영화를", "영화"),
            ("영화가", "영화"),
            ("영화는", "영화"),
            ("서울로", "서울"),
            ("부산으로", "부산"),
            ("고양이가", "고양이"),
            ("제주도로", "제주도"),
            ("회의에서", "회의"),
            ("BTS가", "BTS"),
            ("AI는", "AI"),
            ("학생들이", "학생"),
            ("발생했습니다", "발생"),
        ] {
            assert_eq!(cut_particle(word), stem);
        }
    }

    #[test]
    fn what_only_looks_like_a_particle_stays() {
        for word in [
            "고양이",
            "어린이",
            "호랑이",
            "제주도",
            "강원도",
            "민주주의",
            "전문가",
            "투표결과",
            "불꽃놀이",
            "오천만",
            "가을",
            "나는",
            "회의",
            "정치가",
            "서울",
            "책을",
            "한국은행",
            "지진와",
            "영화을",
            "부산로",
            "earthquake",
        ] {
            assert_eq!(cut_particle(word), word);
        }
    }
}
