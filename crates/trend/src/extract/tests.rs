use std::borrow::Cow;

use proptest::prelude::*;
use skytrend_event::{Language, Span};

use super::normalize::normalize_into;
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

/// The phrases of the links.
fn phrases(extraction: &Extraction) -> Vec<String> {
    extraction.links().map(|link| link.phrase.to_owned()).collect()
}

#[track_caller]
fn check_phrases(text: &str, expected: &[&str]) {
    let mut extraction = Extraction::default();
    extract(&post(text, &[], &[]), 64, &mut extraction);
    assert_eq!(phrases(&extraction), expected, "{text:?}: {:?}", shown(&extraction));
}

#[track_caller]
fn check(text: &str, languages: &[&'static str], expected: &[&str]) {
    assert_eq!(keywords_of(&post(text, languages, &[])), expected, "{text:?}");
}

#[test]
fn words_are_normalised_and_counted_once() {
    check("Earthquake in Tokyo! EARTHQUAKE, tokyo…", &["en"], &["earthquake", "tokyo"]);
    check("ＴＯＫＹＯ Café CAFE\u{301} straße ﬁre", &[], &["tokyo", "café", "straße", "fire"]);
    check("snake_case kebab-case a.b.c example.org.x", &[], &["snake", "case", "kebab", "example", "org"]);
    check("covid19 2024 1,000.5 3d", &[], &["covid19", "3d"]);
    check("x yy 🔥fire🔥 🅰️ ❤️ 1️⃣", &[], &["yy", "fire"]);
    check(&format!("{} {}", "a".repeat(40), "b".repeat(41)), &[], &["a".repeat(40).as_str()]);
}

#[test]
fn stop_words_are_those_of_english_and_of_the_languages() {
    check("it's not what you think, isn't it? it’s", &[], &["think"]);
    check("der Zug nach Berlin ist voll", &["de"], &["zug", "berlin", "voll"]);
    check("der Zug", &["en"], &["der", "zug"]);
    check("вот это землетрясение", &["ru"], &["землетрясение"]);
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
    check(
        "#earthquake now #2026 #ＥａｒｔｈＱｕａｋｅ",
        &[],
        &["#earthquake", "earthquake", "earth", "quake"],
    );
    check("a#b &#39; #", &[], &[]);
    let data = post("we love #rust-lang and C", &[], &["rust-lang", "123", "#odd"]);
    assert_eq!(keywords_of(&data), ["#rust-lang", "rust", "lang", "#odd", "odd", "love"]);
    let data = post("bad", &[], &["a\u{7}b", "", "  ", "#"]);
    assert_eq!(keywords_of(&data), ["bad"]);
}

#[test]
fn a_hashtag_counts_for_its_words_too() {
    check("#AI", &[], &["#ai", "ai"]);
    check("#TaylorSwift", &[], &["#taylorswift", "taylor", "swift"]);
    check("#worldcupfinal", &[], &["#worldcupfinal", "worldcupfinal"]);
    check("#WorldCup2026 world", &[], &["#worldcup2026", "world", "cup"]);
    check("#GameOfThrones #covid_19", &[], &["#gameofthrones", "game", "thrones", "#covid_19", "covid"]);
    check("#東京スカイツリー", &["ja"], &["#東京スカイツリー", "東京", "スカイツリー"]);
    check("＃東京", &[], &["#東京", "東京"]);
    let data = post("Machine learning", &["en"], &["Machine Learning"]);
    assert_eq!(keywords_of(&data), ["#machine learning", "machine", "learning"]);
}

#[test]
fn scripts_without_spaces_give_words() {
    check("東京で大雨警報 国際連合安全", &["ja"], &["東京", "大雨", "警報", "国際", "連合", "安全"]);
    check("ワールドカップ開幕", &[], &["ワールドカップ", "開幕"]);
    check("台風10号が2026年に接近しています", &["ja"], &["台風", "10号", "接近"]);
    check("AI技術とBTSのLIVE", &["ja"], &["ai", "技術", "bts", "live"]);
    check("我喜欢北京的大熊猫", &["zh"], &["喜欢", "北京", "大熊猫"]);
    check("ที่ประเทศไทยมีแผ่นดินไหว", &["th"], &["ประเทศไทย", "แผ่น", "ดิน", "ไหว"]);
    check("京", &[], &[]);
}

#[test]
fn what_the_dictionary_leaves_in_pieces_is_put_together() {
    check("円安と投票率", &["ja"], &["円安", "投票率"]);
    check("特朗普宣布新的关税", &["zh"], &["特朗普", "关税"]);
    check("นักร้อง", &["th"], &["นักร้อง"]);
}

#[test]
fn korean_words_lose_their_particles() {
    check("서울에서 지진이 발생했습니다", &["ko"], &["서울", "지진", "발생"]);
    check("지진을 지진은 고양이", &[], &["지진", "고양이"]);
}

#[test]
fn grammar_of_languages_without_spaces_is_no_keyword() {
    check("することです。ます。こと。", &["ja"], &[]);
    check("我的了在是", &["zh"], &[]);
}

#[test]
fn neighbours_are_linked() {
    check_phrases("Taylor Swift wins", &["taylor swift", "swift wins"]);
    check_phrases("#TaylorSwift", &["taylor swift"]);
    check_phrases("Game of Thrones; the lord of the rings", &["game of thrones", "lord of the rings"]);
    check_phrases("Spider-Man, Tom - Holland", &["spider man"]);
    check_phrases("地震速報です", &["地震速報"]);
    check_phrases("台風10号", &["台風10号"]);
    check_phrases("東京スカイツリー", &["東京スカイツリー"]);
    check_phrases("レディー・ガガ", &["レディー・ガガ"]);
    check_phrases("Spy x Family", &["spy x family"]);
    check_phrases("서울에서 지진이", &["서울 지진"]);
}

#[test]
fn a_link_of_words_found_before_refers_to_them() {
    let mut extraction = Extraction::default();
    extract(&post("taylor loves swift. Taylor Swift! #TaylorSwift", &[], &[]), 64, &mut extraction);
    assert_eq!(shown(&extraction), ["taylor", "loves", "swift", "#taylorswift"]);
    let ends: Vec<_> = extraction.links().map(|link| (link.first, link.second, link.phrase)).collect();
    assert_eq!(ends, [(0, 1, "taylor loves"), (1, 2, "loves swift"), (0, 2, "taylor swift")]);
}

#[test]
fn what_keeps_words_apart_breaks_links() {
    for text in [
        "alpha, beta",
        "alpha\nbeta",
        "alpha https://a.example beta",
        "alpha @bob.example beta",
        "alpha 🔥 beta",
        "alpha #2026 beta",
        "alpha 42 beta",
        "alpha with all of the beta",
        "alpha. beta",
        "alpha -- beta",
    ] {
        check_phrases(text, &[]);
    }
    let mut data = post("alpha linked beta", &[], &[]);
    data.skip = vec![Span { start: 6, end: 12 }];
    let mut extraction = Extraction::default();
    extract(&data, 64, &mut extraction);
    assert_eq!(phrases(&extraction), Vec::<String>::new());
}

#[test]
fn links_are_limited_with_the_keywords() {
    let mut extraction = Extraction::default();
    extract(&post("alpha beta gamma beta alpha gamma alpha", &[], &[]), 3, &mut extraction);
    assert_eq!(phrases(&extraction), ["alpha beta", "beta gamma", "gamma beta"]);
    extract(&post("alpha beta gamma alpha", &[], &[]), 2, &mut extraction);
    assert_eq!(phrases(&extraction), ["alpha beta"], "gamma is over the limit");
}

#[test]
fn a_phrase_has_one_hash_however_it_is_written() {
    let hashes = |text: &str| {
        let mut extraction = Extraction::default();
        extract(&post(text, &[], &[]), 64, &mut extraction);
        extraction.links().map(|link| link.hash).collect::<Vec<_>>()
    };
    assert_eq!(hashes("Taylor Swift"), hashes("hello, #TaylorSwift"));
    assert_ne!(hashes("Taylor Swift"), hashes("Swift Taylor"));
    assert_ne!(hashes("game of thrones"), hashes("game thrones"));
}

#[test]
fn quotations_and_bare_domains_hold_no_words() {
    check("> they said this\nmine", &[], &["mine"]);
    check("RT @bob: they said this", &[], &[]);
    check("mine >:( yes >this", &[], &["mine", "yes"]);
    check("read example.com/quake?x=fire and news.example.co.uk. youtu.be/abc now", &[], &["read"]);
    check("公式はexample.comです", &["ja"], &["公式"]);
    check("home.So great.it node.js", &[], &["home", "great", "node", "js"]);
    let mut data = post("RT @bob: quake\nfire", &[], &[]);
    data.skip = vec![Span { start: 3, end: 7 }];
    assert_eq!(keywords_of(&data), ["fire"], "a mention that the line of a quotation holds");
}

#[test]
fn stop_words_go_by_the_language_of_the_text() {
    let languages = |text: &str, declared: &[&'static str]| {
        let mut extraction = Extraction::default();
        extract(&post(text, declared, &[]), 64, &mut extraction);
        extraction.language_tags().collect::<Vec<_>>()
    };
    check("der Zug nach Berlin ist nicht mehr voll", &[], &["zug", "berlin", "mehr", "voll"]);
    check("der Zug nach Berlin ist nicht mehr voll", &["en"], &["zug", "berlin", "mehr", "voll"]);
    assert_eq!(languages("今日は雨でした", &["en"]), ["ja"]);
    assert_eq!(languages("今日は雨でした", &["en", "ja"]), ["en", "ja"]);
    assert_eq!(languages("LIVE", &["ja"]), ["ja"], "no contradiction");
    assert_eq!(languages("LIVE", &[]), Vec::<String>::new());
    assert_eq!(languages("Привіт, як справи?", &["uk"]), ["uk"]);
    assert_eq!(languages("東京大雨警報", &["ja"]), ["ja"]);
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
    assert_eq!(shown(&extraction), ["#tag", "tag", "alpha"]);
    assert_eq!(extraction.overflow(), 3);
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
fn both_ways(piece: &str) -> [(Vec<String>, Vec<String>); 2] {
    [true, false].map(|short| {
        let mut extraction = Extraction::default();
        extraction.clear(64);
        let mut scanner = Scanner::of_text(piece, &[], &mut extraction.tokens);
        if short {
            scanner.ascii(0, piece.len());
        } else {
            scanner.unicode(0, piece.len());
        }
        extraction.choose(&post(piece, &[], &[]));
        (shown(&extraction), phrases(&extraction))
    })
}

proptest! {
    #[test]
    fn the_short_way_for_ascii_is_the_long_way(piece in "[!-~]{0,40}") {
        let [short, long] = both_ways(&piece);
        prop_assert_eq!(short, long);
    }

    #[test]
    fn the_short_way_for_ascii_is_the_long_way_for_likely_text(piece in "[a-cA-B0-1'_.:#@/w-]{0,12}") {
        let [short, long] = both_ways(&piece);
        prop_assert_eq!(short, long);
    }

    #[test]
    fn the_short_way_for_ascii_is_the_long_way_for_addresses(
        piece in "((http|https|www|example|a|co|com|[-'.:/#@_(]|://){1,10})"
    ) {
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
        let keywords: Vec<_> = extraction.keywords().collect();
        for link in extraction.links() {
            let ends = [link.first, link.second].map(|end| keywords[usize::from(end)]);
            prop_assert!(ends.iter().all(|end| end.kind == KeywordKind::Word));
            prop_assert!(link.phrase.starts_with(ends[0].normalized) && link.phrase.ends_with(ends[1].normalized));
            prop_assert_eq!(link.hash, hash_of(KeywordKind::Phrase, link.phrase));
        }
    }

    #[test]
    fn any_japanese_gives_words_of_it(text in "[東京都知事選挙にでのはスカイツリー10号々ヶ・。A ]{0,30}") {
        let data = post(&text, &["ja"], &[]);
        let folded: String = text.to_lowercase();
        for keyword in keywords_of(&data) {
            prop_assert!(folded.contains(&keyword), "{keyword}");
        }
    }
}
