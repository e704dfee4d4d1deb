use skytrend_event::{AlertKind, ScoreParts};
use xxhash_rust::xxh3::xxh3_64;

use TrendStatus::{Ended, Peaking, Started};

use super::*;
use crate::score::{Score, negative_binomial_tail};
use crate::sketch::AuthorSketch;

fn window(minute: i64) -> Window {
    let end = Micros((1_000 + minute) * MINUTE);
    Window { kind: WindowKind::Sliding, start: end.plus(-10 * MINUTE), end }
}

/// A keyword of whose authors 10 are expected.
fn candidate(name: &str, observed: f64, z: f64) -> Candidate {
    let score = Score { z, growth_rate: observed / 11.0, excess: observed - 20.0 };
    let why = ScoreParts { observed, expected: 10.0, history_minutes: 15, ..ScoreParts::default() };
    let assessment = Assessment {
        score,
        why,
        expected_posts: 10.0,
        velocity: 0.0,
        relative_variance: 0.1,
        stands_out: z >= 3.5,
    };
    Candidate {
        key: (name.to_lowercase(), KeywordKind::Word),
        display: name.to_owned(),
        words: vec![name.to_lowercase()],
        language: "en".to_owned(),
        language_posts: 10_000,
        meeting: crate::meeting::Meeting::default(),
        posts: 50,
        authors: 40,
        assessment,
        sparkline: Vec::new(),
        sketch: authors_of(name, 0..40),
    }
}

/// People who only use keywords that start with this letter.
fn authors_of(name: &str, people: std::ops::Range<u32>) -> AuthorSketch {
    let circle = name.chars().next();
    AuthorSketch::of(people.map(|person| xxh3_64(format!("{circle:?} {person}").as_bytes())).collect())
}

fn rank(ranking: &mut Ranking, minute: i64, candidates: Vec<Candidate>) -> (Vec<Trend>, Vec<Alert>) {
    ranking
        .rank(window(minute), candidates, 100, &Settings::default(), &KeywordLabeler, |_| Context::default())
}

fn names(trends: &[Trend]) -> Vec<(&str, u32)> {
    trends.iter().map(|trend| (trend.keyword.as_str(), trend.rank)).collect()
}

#[test]
fn the_order_is_score_then_keyword_whatever_the_order_before() {
    let candidates = [candidate("b", 40.0, 5.0), candidate("c", 60.0, 4.0), candidate("a", 40.0, 5.0)];
    for turn in 0..3 {
        let mut turned = candidates.to_vec();
        turned.rotate_left(turn);
        let (trends, _) = rank(&mut Ranking::default(), 0, turned);
        assert_eq!(names(&trends), [("c", 1), ("a", 2), ("b", 3)]);
    }
}

#[test]
fn a_trend_lasts_until_it_stayed_below_for_a_while() {
    let mut ranking = Ranking::default();
    let mut statuses = Vec::new();
    // Stands out, lasts above 2.5, falls below once, then for good.
    for (minute, z) in [(0, 5.0), (1, 2.6), (2, 2.0), (3, 2.6), (4, 2.4), (5, 2.4), (13, 1.3), (14, 1.3)] {
        let (trends, _) = rank(&mut ranking, minute, vec![candidate("quake", 40.0, z)]);
        assert_eq!(trends[0].started_at, window(0).end);
        assert_eq!(trends[0].terms, if minute < 14 { vec!["quake"] } else { Vec::new() });
        statuses.push(trends[0].status);
    }
    assert_eq!(statuses, [Started, Peaking, Peaking, Peaking, Peaking, Peaking, Peaking, Ended]);
    let (trends, _) = rank(&mut ranking, 15, vec![candidate("quake", 12.0, 1.0)]);
    assert!(trends.is_empty(), "a trend ends once");
    assert!(ranking.is_idle() && ranking.standing.is_empty());
}

#[test]
fn a_false_start_leaves_at_once() {
    let last_of = |minutes_and_z: &[(i64, f64)]| {
        let mut ranking = Ranking::default();
        let ranked = minutes_and_z
            .iter()
            .map(|&(minute, z)| rank(&mut ranking, minute, vec![candidate("quake", 40.0, z)]).0);
        ranked.last().unwrap()[0].status
    };
    assert_eq!(last_of(&[(0, 5.0), (1, 1.1)]), Ended);
    assert_eq!(last_of(&[(0, 5.0), (9, 3.0), (10, 1.1)]), Ended, "it lasted no longer than the window");
    assert_ne!(last_of(&[(0, 5.0), (1, 1.3)]), Ended, "not so far below");
    assert_ne!(last_of(&[(0, 5.0), (19, 3.0), (20, 1.1)]), Ended, "it has lasted");
}

#[test]
fn what_is_left_of_a_topic_that_others_go_on_with_starts_nothing() {
    let mut ranking = Ranking::default();
    rank(&mut ranking, 0, vec![candidate("quake", 60.0, 9.0), candidate("qué", 40.0, 7.0)]);
    // The two are used by different people now; the weaker one does not stand out any more.
    let apart = Candidate { sketch: authors_of("other", 0..40), ..candidate("qué", 12.0, 1.5) };
    let (trends, _) = rank(&mut ranking, 1, vec![candidate("quake", 60.0, 9.0), apart]);
    assert_eq!(names(&trends), [("quake", 1)]);
}

#[test]
fn one_that_vanishes_ends_at_once() {
    let mut ranking = Ranking::default();
    rank(&mut ranking, 0, vec![candidate("quake", 40.0, 5.0)]);
    let (trends, _) = rank(&mut ranking, 1, Vec::new());
    assert_eq!((trends[0].status, trends[0].rank, trends[0].frequency), (Ended, 0, 0));
    assert_eq!(trends[0].keyword, "quake");
}

#[test]
fn keywords_of_the_same_people_are_one_topic_with_one_id() {
    let mut ranking = Ranking::default();
    let (trends, alerts) = rank(
        &mut ranking,
        0,
        vec![candidate("quake", 60.0, 9.0), candidate("qué", 40.0, 7.0), candidate("x", 50.0, 5.0)],
    );
    assert_eq!(names(&trends), [("quake", 1), ("x", 2)]);
    assert_eq!(trends[0].terms, ["quake", "qué"]);
    assert_eq!(alerts.len(), 1, "two keywords above the threshold, one topic");
    assert!(trends[0].is_alerting && !trends[1].is_alerting);
    let id = trends[0].topic_id.clone();
    assert_eq!(alerts[0].topic_id, id);

    // The other keyword has more now, but not so much that it takes the name.
    let (trends, _) = rank(&mut ranking, 1, vec![candidate("quake", 60.0, 9.0), candidate("qué", 70.0, 9.0)]);
    assert_eq!((trends[1].keyword.as_str(), trends[1].status), ("x", Ended));
    assert_eq!((trends[0].keyword.as_str(), &trends[0].topic_id), ("quake", &id));
    // When the first one is gone, the topic goes on under the other.
    let (trends, _) = rank(&mut ranking, 2, vec![candidate("qué", 70.0, 9.0)]);
    let told: Vec<_> =
        trends.iter().map(|trend| (trend.keyword.as_str(), trend.status == Ended, &trend.topic_id)).collect();
    assert_eq!(told, [("qué", false, &id), ("quake", true, &id)]);
    assert_eq!(trends[0].started_at, window(0).end);
}

#[test]
fn one_that_never_stood_out_is_not_listed() {
    let (trends, alerts) = rank(&mut Ranking::default(), 0, vec![candidate("word", 20.0, 3.4)]);
    assert!(trends.is_empty() && alerts.is_empty());
}

#[test]
fn places_gained_are_counted_from_the_window_before() {
    let mut ranking = Ranking::default();
    rank(&mut ranking, 0, vec![candidate("a", 60.0, 5.0), candidate("b", 50.0, 5.0)]);
    let (trends, _) = rank(
        &mut ranking,
        1,
        vec![candidate("a", 60.0, 5.0), candidate("b", 90.0, 5.0), candidate("c", 70.0, 5.0)],
    );
    let changes: Vec<_> = trends.iter().map(|trend| (trend.keyword.as_str(), trend.rank_change)).collect();
    assert_eq!(changes, [("b", Some(1)), ("c", None), ("a", Some(-2))]);
}

#[test]
fn an_alert_opens_once_and_closes_after_ten_minutes_below() {
    let mut ranking = Ranking::default();
    let mut seen = Vec::new();
    // Strong, weak for nine minutes, again not so weak, then weak for good.
    for minute in 0..40 {
        let z = match minute {
            0..3 => 8.0,
            12 => 3.2,
            _ => 2.6,
        };
        let (_, alerts) = rank(&mut ranking, minute, vec![candidate("quake", 60.0, z)]);
        seen.extend(alerts.into_iter().map(|alert| (minute, alert.kind, alert.rank)));
    }
    assert_eq!(seen, [(0, AlertKind::Started, 1), (23, AlertKind::Ended, 0)]);
}

#[test]
fn the_list_is_limited_and_what_falls_off_it_goes_on() {
    let settings = Settings { top: 1, top_of_language: 0, ..Settings::default() };
    let mut ranking = Ranking::default();
    let mut rank = |minute, candidates| {
        ranking.rank(window(minute), candidates, 100, &settings, &KeywordLabeler, |_| Context::default()).0
    };
    assert_eq!(names(&rank(0, vec![candidate("a", 60.0, 5.0), candidate("b", 50.0, 5.0)])), [("a", 1)]);
    let second = rank(1, vec![candidate("a", 60.0, 5.0), candidate("b", 90.0, 5.0)]);
    assert_eq!(names(&second), [("b", 1)], "the first is followed: it has not ended");
    assert_eq!((second[0].status, second[0].rank_change), (Started, Some(1)));
    assert_eq!(names(&rank(2, Vec::new())), [("a", 0), ("b", 0)]);
}

#[test]
fn a_language_has_its_list_however_far_down_it_stands() {
    let settings = Settings { top: 2, top_of_language: 2, ..Settings::default() };
    let welsh = |name, observed| Candidate { language: "cy".to_owned(), ..candidate(name, observed, 5.0) };
    // More English keywords than are followed at all.
    let letters = (0..26_u8).map(|number| char::from(b'A' + number));
    let mut candidates: Vec<Candidate> =
        letters.map(|letter| candidate(&format!("{letter}"), 90.0, 5.0)).collect();
    candidates.extend([welsh("ý", 22.0), welsh("ŵ", 24.0), welsh("ô", 21.0)]);
    let (trends, _) = Ranking::default()
        .rank(window(0), candidates, 100, &settings, &KeywordLabeler, |_| Context::default());
    let told: Vec<_> = trends.iter().map(|trend| (trend.language.as_str(), trend.rank)).collect();
    let welsh: Vec<_> = trends[2..].iter().map(|trend| trend.keyword.as_str()).collect();
    assert_eq!((told[0], told[1]), (("en", 1), ("en", 2)));
    assert_eq!(welsh, ["ŵ", "ý"], "the first two of the language, though all others have more");
    assert_eq!(told[3].1, told[2].1 + 1);
    assert!(told[2].1 > settings.top);
}

#[test]
fn confidence_is_that_of_many_tests_and_grows_with_history() {
    let confidence = |tested, minutes| {
        let mut standing = candidate("quake", 30.0, 4.0);
        standing.assessment.why.history_minutes = minutes;
        confidences(&[standing], tested)[0]
    };
    let probability = negative_binomial_tail(30.0, 10.0, 0.1);
    assert!((confidence(1, u32::MAX) - (1.0 - probability)).abs() < 1e-6);
    assert!((confidence(100, u32::MAX) - (1.0 - (100.0 * probability).min(1.0))).abs() < 1e-6);
    assert!((confidence(1, 15) - (1.0 - probability) / 2.0).abs() < 1e-9, "half at a quarter of an hour");
    assert!(confidence(1, 0).abs() < 1e-12, "none without history");
}
