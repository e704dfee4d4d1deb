//! What extraction finds in sentences of many languages, written for this test: the words that one wants to see as
//! trends, in languages without spaces and in Korean, and the language of a text. `-- --nocapture` prints the tables.
//!
//! In `text/segmentation`, words that count are in brackets; a bar separates the words of a compound. In
//! `text/language`, each line is a post in the language that the file is named after.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::borrow::Cow;

use skytrend_event::{Language, PostData};
use skytrend_trend::{Extraction, Link, extract};
use unicode_normalization::UnicodeNormalization;

const SEGMENTATION: [(&str, &str); 4] = [
    ("ja", include_str!("text/segmentation/ja.txt")),
    ("zh", include_str!("text/segmentation/zh.txt")),
    ("ko", include_str!("text/segmentation/ko.txt")),
    ("th", include_str!("text/segmentation/th.txt")),
];

const LANGUAGE: [(&str, &str); 15] = [
    ("en", include_str!("text/language/en.txt")),
    ("pt", include_str!("text/language/pt.txt")),
    ("es", include_str!("text/language/es.txt")),
    ("de", include_str!("text/language/de.txt")),
    ("fr", include_str!("text/language/fr.txt")),
    ("it", include_str!("text/language/it.txt")),
    ("nl", include_str!("text/language/nl.txt")),
    ("tr", include_str!("text/language/tr.txt")),
    ("pl", include_str!("text/language/pl.txt")),
    ("id", include_str!("text/language/id.txt")),
    ("sv", include_str!("text/language/sv.txt")),
    ("ru", include_str!("text/language/ru.txt")),
    ("uk", include_str!("text/language/uk.txt")),
    ("ar", include_str!("text/language/ar.txt")),
    ("fa", include_str!("text/language/fa.txt")),
];

/// The normal form, as keywords have it: some vowels of Thai change in it.
fn normalized(text: &str) -> String {
    text.nfkc().collect()
}

/// A sentence and its words: each compound is a list of words.
fn parse(line: &str) -> (String, Vec<Vec<&str>>) {
    let text = line.replace(['[', ']', '|'], "");
    let compounds = line.split('[').skip(1).filter_map(|rest| rest.split_once(']'));
    (text, compounds.map(|(compound, _)| compound.split('|').collect()).collect())
}

fn extraction_of(text: &str, languages: &[&'static str]) -> Extraction {
    let data = PostData {
        text: Cow::Borrowed(text),
        languages: languages.iter().map(|language| Language::parse(*language).unwrap()).collect(),
        ..PostData::default()
    };
    let mut extraction = Extraction::default();
    extract(&data, 64, &mut extraction);
    extraction
}

/// All phrases of two to four words.
fn phrases(extraction: &Extraction) -> Vec<String> {
    let keywords: Vec<&str> = extraction.keywords().map(|keyword| keyword.normalized).collect();
    let links: Vec<_> = extraction.links().collect();
    let mut phrases: Vec<(String, u8)> =
        links.iter().map(|link| (link.phrase.to_owned(), link.second)).collect();
    let mut longer = phrases.clone();
    for _ in 3..=4 {
        longer = longer
            .iter()
            .flat_map(|(phrase, last)| {
                let next = links.iter().filter(|link| link.first == *last);
                let added =
                    |link: &Link<'_>| link.phrase[keywords[usize::from(link.first)].len()..].to_owned();
                next.map(move |link| (format!("{phrase}{}", added(link)), link.second))
            })
            .collect();
        phrases.extend(longer.iter().cloned());
    }
    phrases.into_iter().map(|(phrase, _)| phrase).collect()
}

#[derive(Debug, Default)]
struct Score {
    words: usize,
    words_found: usize,
    names: usize,
    names_found: usize,
    keywords: usize,
    junk: usize,
}

fn score(sentences: &str, language: &'static str) -> Score {
    let mut score = Score::default();
    for line in sentences.lines() {
        let (text, _) = parse(line);
        let line = normalized(line);
        let (_, compounds) = parse(&line);
        let extraction = extraction_of(&text, &[language]);
        let keywords: Vec<&str> = extraction.keywords().map(|keyword| keyword.normalized).collect();
        let phrases = phrases(&extraction);
        let mut wanted: Vec<String> = Vec::new();
        for words in &compounds {
            let whole = words.concat();
            for word in words.iter().filter(|word| word.chars().count() >= 2) {
                score.words += 1;
                score.words_found +=
                    usize::from(keywords.contains(word) || keywords.contains(&whole.as_str()));
            }
            if whole.chars().count() >= 2 {
                score.names += 1;
                let is_found = keywords.contains(&whole.as_str()) || phrases.contains(&whole);
                score.names_found += usize::from(is_found);
                if !is_found {
                    println!("{language}: {whole} is not in {keywords:?} {phrases:?}");
                }
            }
            for first in 0..words.len() {
                wanted.extend((first..words.len()).map(|last| words[first..=last].concat()));
            }
        }
        score.keywords += keywords.len();
        score.junk += keywords.iter().filter(|keyword| !wanted.iter().any(|word| word == *keyword)).count();
    }
    score
}

#[test]
fn the_wanted_words_of_languages_without_spaces_are_found() {
    for (language, sentences) in SEGMENTATION {
        let Score { words, words_found, names, names_found, keywords, junk } = score(sentences, language);
        println!(
            "{language}: words {words_found}/{words}, names {names_found}/{names}, junk {junk}/{keywords}"
        );
        assert!(words_found * 100 >= words * 80, "{language}: {words_found} of {words} words");
        assert!(names_found * 100 >= names * 85, "{language}: {names_found} of {names} names");
        assert!(junk * 100 <= keywords * 50, "{language}: {junk} of {keywords} keywords are junk");
    }
}

/// How many sentences are taken for their language when these are declared.
fn detected(sentences: &str, language: &str, declared: &[&'static str]) -> usize {
    let is_found = |line: &&str| {
        let found: Vec<String> =
            extraction_of(&line.replace(['[', ']', '|'], ""), declared).language_tags().collect();
        if found != [language] {
            println!("{language}, declared {declared:?}: {found:?}: {line}");
        }
        found == [language]
    };
    sentences.lines().filter(is_found).count()
}

#[test]
fn the_language_of_a_text_is_found_where_it_is_missing_or_a_lie() {
    let mut all = [0; 4];
    for (language, sentences) in LANGUAGE.into_iter().chain(SEGMENTATION) {
        let lines = sentences.lines().count();
        let declared = [Language::parse(language).unwrap()].map(|_| language);
        let missing = detected(sentences, language, &[]);
        let lie = detected(sentences, language, &[if language == "en" { "pt" } else { "en" }]);
        let kept = detected(sentences, language, &declared);
        println!("{language}: missing {missing}/{lines}, lie {lie}/{lines}, kept {kept}/{lines}");
        assert!(kept + 1 >= lines, "{language}: what is declared rightly stays");
        for (sum, count) in all.iter_mut().zip([lines, missing, lie, kept]) {
            *sum += count;
        }
    }
    let [lines, missing, lie, kept] = all;
    println!("all: missing {missing}/{lines}, lie {lie}/{lines}, kept {kept}/{lines}");
    assert!(missing * 100 >= lines * 85, "{missing} of {lines} found");
}
