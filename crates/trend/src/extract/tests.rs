use std::borrow::Cow;

use proptest::prelude::*;
use skytrend_event::Language;

use super::*;

fn post<'a>(text: &'a str, languages: &[&'static str], hashtags: &[&'a str]) -> PostData<'a> {
    PostData {
        text: Cow::Borrowed(text),
        languages: languages.iter().map(|language| Language::parse(*language).unwrap()).collect(),
        hashtags: hashtags.iter().map(|tag| Cow::Borrowed(*tag)).collect(),
        ..PostData::default()
    }
}

fn shown(extraction: &Extraction) -> Vec<String> {
    let show = |keyword: Keyword<'_>| match keyword.kind {
        KeywordKind::Hashtag => format!("#{}", keyword.normalized),
        KeywordKind::Word | KeywordKind::Phrase => keyword.normalized.to_owned(),
    };
    extraction.keywords().map(show).collect()
}

fn keywords_of(post: &PostData<'_>) -> Vec<String> {
    let mut extraction = Extraction::default();
    extract(post, 64, &mut extraction);
    shown(&extraction)
}

#[track_caller]
fn check(text: &str, languages: &[&'static str], expected: &[&str]) {
    assert_eq!(keywords_of(&post(text, languages, &[])), expected, "{text:?}");
}

#[test]
fn words_are_normalised_and_counted_once() {
    check("Earthquake in Tokyo! EARTHQUAKE, tokyo…", &["en"], &["earthquake", "tokyo"]);
    check("ＴＯＫＹＯ Café CAFE\u{301} straße ﬁre", &[], &["tokyo", "café", "straße", "fire"]);
    check("snake_case kebab-case a.b.c example.com", &[], &["snake", "case", "kebab", "example", "com"]);
    check("covid19 2024 1,000.5 3d", &[], &["covid19", "3d"]);
    check("x yy 🔥fire🔥 🅰️ ❤️ 1️⃣", &[], &["yy", "fire"]);
    check(&format!("{} {}", "a".repeat(40), "b".repeat(41)), &[], &["a".repeat(40).as_str()]);
}

#[test]
fn stop_words_are_those_of_english_and_of_the_languages() {
    check("it's not what you think, isn't it? it’s", &[], &["think"]);
    check("der Zug nach Berlin ist voll", &["de"], &["zug", "berlin", "voll"]);
    check("der Zug", &["en"], &["der", "zug"]);
}

#[test]
fn affixes_are_cut() {
    check(
        "Trump's Biden’s L'équipe dell'arte d’accord o'neil rock'n'roll",
        &["fr"],
        &["trump", "biden", "équipe", "arte", "accord", "o'neil", "rock'n'roll"],
    );
}

#[test]
fn urls_and_handles_hold_no_words() {
    check("look https://example.com/news?x=quake now", &[], &["look"]);
    check("HTTPS://EXAMPLE.COM www.example.org/quake (http://a.b) wwwhat", &[], &["wwwhat"]);
    check("hi @alice.bsky.social and @bob-2.example", &[], &["hi"]);
    check("地震https://example.com/地震", &["ja"], &["地震"]);
}

#[test]
fn skipped_spans_hold_no_words() {
    let mut data = post("see example.com/quake today", &[], &[]);
    data.skip = vec![Span { start: 4, end: 21 }];
    assert_eq!(keywords_of(&data), ["see", "today"]);
    // Not sorted, not inside, not on a boundary: read as far as that makes sense, without a panic.
    for (start, end) in [(30, 40), (9, 3), (0, 0), (u32::MAX, u32::MAX)] {
        let mut data = post("日本 quake", &[], &[]);
        data.skip = vec![Span { start, end }, Span { start: 1, end: 2 }];
        keywords_of(&data);
    }
}

#[test]
fn hashtags_come_from_facets_and_text() {
    check("#WorldCup starts #2026 #ＷｏｒｌｄＣｕｐ ＃東京", &[], &["#worldcup", "starts", "#東京"]);
    check("a#b &#39; #", &[], &[]);
    let data = post("we love #rust-lang and C", &[], &["rust-lang", "Machine Learning", "123", "#odd"]);
    assert_eq!(keywords_of(&data), ["#rust-lang", "#machine learning", "#odd", "love"]);
    let data = post("bad", &[], &["a\u{7}b", "", "  ", "#"]);
    assert_eq!(keywords_of(&data), ["bad"]);
}

#[test]
fn scripts_without_spaces_give_runs_or_bigrams() {
    check("東京 大雨警報 国際連合安全", &[], &["東京", "大雨警報", "国際", "際連", "連合", "合安", "安全"]);
    check("ワールドカップ開幕", &[], &["ワールドカップ", "開幕"]);
    check("서울에 지진", &[], &["서울에", "지진"]);
    check("京", &[], &[]);
    check("ประเทศ", &[], &["ปร", "ระ", "ะเ", "เท", "ทศ"]);
}

#[test]
fn the_way_of_writing_is_kept() {
    let mut extraction = Extraction::default();
    extract(&post("tokyo Berlin NATO iPhone Österreich ＡＢＣ", &[], &[]), 64, &mut extraction);
    let forms: Vec<_> =
        extraction.keywords().map(|keyword| (keyword.form, keyword.mixed.to_owned())).collect();
    assert_eq!(
        forms,
        [
            (SurfaceForm::Lower, String::new()),
            (SurfaceForm::Capitalized, String::new()),
            (SurfaceForm::Upper, String::new()),
            (SurfaceForm::Mixed, "iPhone".to_owned()),
            (SurfaceForm::Capitalized, String::new()),
            (SurfaceForm::Mixed, "ＡＢＣ".to_owned()),
        ]
    );
    assert_eq!(SurfaceForm::Capitalized.write("österreich"), "Österreich");
}

#[test]
fn a_post_has_a_limited_number_of_keywords() {
    let mut extraction = Extraction::default();
    extract(&post("alpha beta gamma alpha delta", &[], &["tag"]), 3, &mut extraction);
    assert_eq!(shown(&extraction), ["#tag", "alpha", "beta"]);
    assert_eq!(extraction.overflow(), 2);
}

#[test]
fn copies_have_near_signatures_whatever_links_and_numbers_they_carry() {
    let signature = |text: &str| {
        let mut extraction = Extraction::default();
        extract(&post(text, &[], &[]), 64, &mut extraction);
        extraction.signature()
    };
    let original = signature("Buy the new golden coin today before everybody else does");
    assert_eq!(
        original,
        signature("buy THE new golden coin today, before everybody else does! https://a.b 4711 @you.x")
    );
    assert!(!original.is_near(signature("The city council votes on the new bridge this evening at seven")));
}

/// What both ways of scanning find in a piece without white space.
fn both_ways(piece: &str) -> [Vec<String>; 2] {
    [scan::scan_ascii, scan::scan_unicode].map(|scan| {
        let mut extraction = Extraction::default();
        extraction.clear(64, 0);
        scan(piece, &[], &mut extraction);
        shown(&extraction)
    })
}

proptest! {
    #[test]
    fn the_short_way_for_ascii_is_the_long_way(piece in "[!-~]{0,40}") {
        let [short, long] = both_ways(&piece);
        prop_assert_eq!(short, long);
    }

    #[test]
    fn the_short_way_for_ascii_is_the_long_way_for_likely_text(piece in "[a-c0-1'_.:#@/w]{0,12}") {
        let [short, long] = both_ways(&piece);
        prop_assert_eq!(short, long);
    }

    #[test]
    fn any_text_gives_keywords_that_are_normal(text in "\\PC{0,80}", tag in "\\PC{0,20}") {
        let data = post(&text, &["en", "ja"], &[&tag]);
        let mut extraction = Extraction::default();
        extract(&data, 64, &mut extraction);
        for keyword in extraction.keywords() {
            let mut again = String::new();
            normalize_into(keyword.normalized, &mut again);
            prop_assert_eq!(&again, keyword.normalized);
            prop_assert!(keyword.normalized.chars().count() <= 64);
        }
    }
}
