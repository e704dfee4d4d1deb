use skytrend_event::Language;

use super::*;
use crate::language::codes_of;

fn list(name: &str, terms: &[&str]) -> Watchlist {
    let terms = terms.iter().map(|term| (*term).to_owned()).collect();
    Watchlist { name: name.to_owned(), terms, ..Watchlist::default() }
}

/// What a post with this text, or these hashtags, matches: names of lists, then normal forms of terms.
fn matched(watches: &Watches, post: &PostData<'_>) -> Vec<String> {
    let mut scratch = Scratch::default();
    let mut found = Vec::new();
    let left_out = watches.find(post, codes_of(&post.languages), &mut scratch, |watched| {
        found.push(watches.keyword(watched).normalized.replace(KEY_MARK, "/"));
    });
    assert_eq!(left_out, 0);
    found
}

fn post(text: &str) -> PostData<'_> {
    PostData { text: text.into(), ..PostData::default() }
}

/// Whether a list with this one term matches this text.
fn matches(term: &str, text: &str) -> bool {
    let watches = Watches::compile(&[list("a", &[term])]).unwrap();
    !matched(&watches, &post(text)).is_empty()
}

#[test]
fn a_term_is_a_whole_word() {
    assert!(matches("car", "A CAR!") && matches("car", "(car)") && matches("car", "ca\u{301}r car's"));
    assert!(!matches("car", "carpet") && !matches("car", "oscar") && !matches("car", "my_car"));
    assert!(!matches("cafe", "cafe\u{301}"), "another letter");
    assert!(matches("café", "un cafe\u{301} noir"), "the same letter");
    assert!(matches("🇺🇸", "go🇺🇸go"));
}

#[test]
fn a_prefix_is_open_at_its_end_only() {
    assert!(matches("election*", "Elections2028") && matches("election*", "the election"));
    assert!(!matches("election*", "preelection"));
    assert!(matches("선거*", "선거를") && !matches("선거", "선거를"));
}

#[test]
fn scripts_without_spaces_have_no_bounds() {
    assert!(matches("選挙", "次の選挙は") && matches("เลือกตั้ง", "การเลือกตั้งใหม่"));
    assert!(matches("トランプ", "トランプ大統領") && !matches("トランプ", "ストランプ"));
    assert!(matches("g7", "G7広島"));
}

#[test]
fn a_phrase_goes_over_any_white_space_but_not_over_what_is_left_out() {
    assert!(matches("climate change", "Climate \n  change"));
    assert!(!matches("climate change", "climate @anna.test change"));
    assert!(!matches("climate change", "climate changes"));
}

#[test]
fn hashtags_are_found_in_the_text_and_in_the_facets() {
    assert!(matches("#vote", "go #Vote!") && matches("vote", "go #Vote!"));
    assert!(!matches("#vote", "go vote") && !matches("#vote", "#voters"));
    let watches = Watches::compile(&[list("a", &["#vote"])]).unwrap();
    let tagged = PostData { hashtags: vec!["Vote".into()], ..post("no sign of it") };
    assert_eq!(matched(&watches, &tagged), ["/a", "/a/#vote"]);
}

#[test]
fn an_expression_is_held_against_the_normalised_text() {
    assert!(matches(r"/\bg(7|20)\b/", "the G20 meets") && !matches(r"/\bg(7|20)\b/", "G200"));
    assert!(matches("#/vote|poll/", "my #poll") && !matches("#/vote|poll/", "my poll"));
}

#[test]
fn lists_come_before_terms_and_languages_limit_a_list() {
    let german = Watchlist { languages: vec!["de".to_owned()], ..list("b", &["wahl", "election"]) };
    let watches = Watches::compile(&[list("a", &["election", "elect*", "Election"]), german]).unwrap();
    let mut text = post("the election");
    assert_eq!(matched(&watches, &text), ["/a", "/a/election", "/a/elect*"]);
    text.languages = vec![Language::parse("de-AT").unwrap()];
    assert_eq!(matched(&watches, &text), ["/a", "/b", "/a/election", "/a/elect*", "/b/election"]);
}

#[test]
fn what_a_post_has_too_much_of_is_told() {
    let terms: Vec<String> = (0..100).map(|term| format!("w{term}")).collect();
    let watches = Watches::compile(&[Watchlist { terms: terms.clone(), ..list("a", &[]) }]).unwrap();
    let (text, mut count) = (terms.join(" "), 0);
    let left_out = watches.find(&post(&text), Languages::default(), &mut Scratch::default(), |_| count += 1);
    assert_eq!((count, left_out), (WATCHED_PER_POST_MAX, 101 - 63));
}

#[test]
fn lists_that_make_no_sense_are_refused_by_name() {
    let refused = |lists: &[Watchlist]| Watches::compile(lists).unwrap_err().to_string();
    assert!(refused(&[list("a b", &["x"])]).contains("\"a b\""));
    assert!(refused(&[list("a", &[])]).contains("at least one"));
    assert!(refused(&[list("a", &["x"]), list("a", &["y"])]).contains("names of their own"));
    assert!(refused(&[list("a", &["x", "/(/"])]).contains("\"/(/\""));
    let unknown = Watchlist { languages: vec!["english".to_owned()], ..list("a", &["x"]) };
    assert!(refused(&[unknown]).contains("\"english\""));
    let growth = Watchlist { alert_growth: f64::NAN, ..list("a", &["x"]) };
    assert!(refused(&[growth]).contains("alert_growth"));
}
