use skytrend_event::ScoreParts;
use xxhash_rust::xxh3::xxh3_64;

use super::*;
use crate::extract::words_of_name;
use crate::rank::Candidate;
use crate::score::Score;
use crate::sketch::AuthorSketch;
use crate::state::Assessment;

use KeywordKind::{Hashtag, Phrase, Word};

fn candidate(name: &str, kind: KeywordKind, people: std::ops::Range<u64>) -> Candidate {
    let observed = (people.end - people.start) as f64;
    let hashes = people.map(|person| xxh3_64(&person.to_le_bytes())).collect();
    let assessment = Assessment {
        score: Score { z: 5.0, growth_rate: 9.0, excess: observed },
        why: ScoreParts { observed, ..ScoreParts::default() },
        expected_posts: 0.0,
        velocity: 0.0,
        relative_variance: 0.1,
        stands_out: true,
    };
    Candidate {
        key: (name.to_owned(), kind),
        display: name.to_owned(),
        words: words_of_name(kind, name),
        language: "en".to_owned(),
        language_posts: 1_000_000,
        meeting: crate::meeting::Meeting::default(),
        posts: 9,
        authors: 9,
        assessment,
        sparkline: Vec::new(),
        sketch: AuthorSketch::of(hashes),
    }
}

/// Texts of the members of each group, the one that stands for it first.
fn groups(candidates: &[Candidate]) -> Vec<Vec<&str>> {
    named(candidates, &group(candidates, |_| None, |_| false))
}

fn named<'a>(candidates: &'a [Candidate], groups: &[Group]) -> Vec<Vec<&'a str>> {
    let texts = |group: &Group| {
        let others = group.members.iter().filter(|&&member| member != group.leader);
        std::iter::once(&group.leader)
            .chain(others)
            .map(|&member| candidates[member].key.0.as_str())
            .collect()
    };
    groups.iter().map(texts).collect()
}

#[test]
fn the_same_people_are_one_topic_and_others_are_not() {
    let all = [
        candidate("earthquake", Word, 0..100),
        candidate("final", Word, 1_000..1_090),
        candidate("shaking", Word, 0..60),
        candidate("goalkeeper", Word, 1_000..1_030),
        candidate("tea", Word, 95..110),
    ];
    assert_eq!(groups(&all), [vec!["earthquake", "shaking", "tea"], vec!["final", "goalkeeper"]]);
    let few_in_common = [candidate("earthquake", Word, 0..100), candidate("tea", Word, 98..110)];
    assert_eq!(groups(&few_in_common), [vec!["earthquake"], vec!["tea"]]);
}

#[test]
fn a_name_stands_for_its_words_and_a_hashtag_for_its_own() {
    let name = [
        candidate("taylor", Word, 0..100),
        candidate("taylor swift", Phrase, 0..90),
        candidate("swift", Word, 0..91),
    ];
    assert_eq!(groups(&name), [vec!["taylor swift", "taylor", "swift"]]);
    let seldom = [candidate("taylor", Word, 0..100), candidate("taylor lautner", Phrase, 0..35)];
    assert_eq!(groups(&seldom), [vec!["taylor", "taylor lautner"]]);
    let tag = [candidate("ai", Word, 0..100), candidate("ai", Hashtag, 0..70)];
    assert_eq!(named(&tag, &group(&tag, |_| None, |_| false))[0].len(), 2);
    assert_eq!(tag[group(&tag, |_| None, |_| false)[0].leader].key.1, Hashtag);
    let other_words = [candidate("storm", Word, 0..100), candidate("news now", Phrase, 0..90)];
    assert_eq!(
        groups(&other_words),
        [vec!["storm", "news now"]],
        "a phrase without the word is no name for it"
    );
}

#[test]
fn members_stay_with_less_than_it_takes_to_join() {
    let all = [candidate("earthquake", Word, 0..100), candidate("shaking", Word, 75..175)];
    let same_topic = |_: &Candidate| Some(TopicId(7));
    assert_eq!(groups(&all).len(), 2);
    assert_eq!(group(&all, same_topic, |_| false).len(), 1);
}

#[test]
fn who_stood_for_a_topic_stays_while_that_is_half_as_strong() {
    let led = |candidate: &Candidate| candidate.key.0 == "shaking";
    let about_as_strong = [candidate("earthquake", Word, 0..100), candidate("shaking", Word, 0..60)];
    assert_eq!(group(&about_as_strong, |_| None, led)[0].leader, 1);
    let weaker = [candidate("earthquake", Word, 0..100), candidate("shaking", Word, 0..40)];
    assert_eq!(group(&weaker, |_| None, led)[0].leader, 0);
}

/// The same keyword with authors that are no range.
fn used_by(candidate: Candidate, people: impl Iterator<Item = u64>) -> Candidate {
    let hashes = people.map(|person| xxh3_64(&person.to_le_bytes())).collect();
    Candidate { sketch: AuthorSketch::of(hashes), ..candidate }
}

#[test]
fn one_name_is_one_topic_however_it_is_written() {
    // Of who writes the hashtag in lower case, nobody counts for the phrase.
    let all = [candidate("taylor swift", Phrase, 0..100), candidate("taylorswift", Word, 200..230)];
    assert_eq!(groups(&all), [vec!["taylor swift", "taylorswift"]]);
}

#[test]
fn a_name_goes_with_its_people_and_not_with_its_word() {
    // "tour" stands for the bus tour, and is used by everybody who writes of the world tour.
    let all = [
        candidate("singer", Word, 0..60),
        candidate("bus tour", Phrase, 200..240),
        used_by(candidate("tour", Word, 0..35), (40..55).chain(200..230)),
        candidate("world tour", Phrase, 40..58),
    ];
    assert_eq!(groups(&all), [vec!["singer", "world tour"], vec!["bus tour", "tour"]]);
}

#[test]
fn a_word_that_stands_for_one_name_does_not_bring_another() {
    let all = [
        candidate("taylor", Word, 0..100),
        candidate("taylor swift", Phrase, 0..60),
        candidate("taylor lautner", Phrase, 60..95),
    ];
    assert_eq!(groups(&all), [vec!["taylor swift", "taylor"], vec!["taylor lautner"]]);
}

#[test]
fn a_word_that_stands_for_a_name_does_not_bring_what_others_write_with_it() {
    // Who writes "pumpkin" goes to the county fair; most of "fair" is the job fair.
    let all = [
        candidate("job fair", Phrase, 0..100),
        candidate("fair", Word, 0..140),
        candidate("county fair", Phrase, 100..140),
        used_by(candidate("pumpkin", Word, 0..20), (110..128).chain(300..302)),
    ];
    assert_eq!(groups(&all), [vec!["job fair", "fair"], vec!["county fair", "pumpkin"]]);
}

#[test]
fn few_authors_do_not_part_by_chance() {
    let pair = |shared: u64| {
        [candidate("earthquake", Word, 0..14), candidate("shaking", Word, 14 - shared..24 - shared)]
    };
    let same_topic = |_: &Candidate| Some(TopicId(7));
    assert_eq!(group(&pair(2), same_topic, |_| false).len(), 1, "2 of 10 may be 20 %");
    assert_eq!(group(&pair(2), |_| None, |_| false).len(), 2);
    assert_eq!(group(&pair(0), same_topic, |_| false).len(), 2);
}

#[test]
fn a_topic_holds_by_a_word_that_is_weaker_than_its_parts() {
    let all = [
        candidate("red card", Phrase, 0..20),
        candidate("penalty", Word, 30..48),
        used_by(candidate("goal", Word, 0..15), (0..18).chain(30..46)),
    ];
    assert_eq!(groups(&all).len(), 2, "two topics are not joined by one word");
    assert_eq!(group(&all, |_| Some(TopicId(7)), |_| false).len(), 1);
}
