//! How many posts a second extraction takes on one core: in a mix of languages like the network's, and by language.
//! The posts are the sentences of `tests/text`, three to a post.

use std::borrow::Cow;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use skytrend_event::{Language, PostData};
use skytrend_trend::{Extraction, extract};

macro_rules! text {
    ($path:literal) => {
        include_str!(concat!("../tests/text/", $path, ".txt"))
    };
}

/// Posts in a hundred, the language, and its sentences.
const MIX: [(usize, &str, &str); 15] = [
    (60, "en", text!("language/en")),
    (10, "ja", text!("segmentation/ja")),
    (8, "pt", text!("language/pt")),
    (5, "de", text!("language/de")),
    (4, "es", text!("language/es")),
    (3, "fr", text!("language/fr")),
    (2, "ko", text!("segmentation/ko")),
    (1, "nl", text!("language/nl")),
    (1, "it", text!("language/it")),
    (1, "tr", text!("language/tr")),
    (1, "zh", text!("segmentation/zh")),
    (1, "th", text!("segmentation/th")),
    (1, "ru", text!("language/ru")),
    (1, "pl", text!("language/pl")),
    (1, "ar", text!("language/ar")),
];
/// A post in so many does not declare its language.
const UNDECLARED_EACH: usize = 5;
const SENTENCES: usize = 3;

/// So many posts in a language, one in eight of them with a hashtag.
fn posts(count: usize, language: &'static str, sentences: &str) -> Vec<PostData<'static>> {
    let lines: Vec<String> = sentences.lines().map(|line| line.replace(['[', ']', '|'], "")).collect();
    let post = |number: usize| {
        let mut text: Vec<&str> =
            lines.iter().cycle().skip(number * SENTENCES).take(SENTENCES).map(String::as_str).collect();
        if number.is_multiple_of(8) {
            text.push("#WorldCup");
        }
        let languages = if number.is_multiple_of(UNDECLARED_EACH) {
            Vec::new()
        } else {
            vec![Language::parse(language).expect("a language")]
        };
        PostData { text: Cow::Owned(text.join(" ")), languages, ..PostData::default() }
    };
    (0..count).map(post).collect()
}

fn extract_all(posts: &[PostData<'_>], extraction: &mut Extraction) -> usize {
    let mut found = 0;
    for post in posts {
        extract(post, 64, extraction);
        found += extraction.keywords().count() + extraction.links().count();
    }
    found
}

fn extraction(criterion: &mut Criterion) {
    let mut extraction = Extraction::default();
    let mix: Vec<_> =
        MIX.iter().flat_map(|(share, language, text)| posts(10 * share, language, text)).collect();
    let bytes: usize = mix.iter().map(|post| post.text.len()).sum();
    println!("mix: {} posts, {} bytes each", mix.len(), bytes / mix.len());
    let mut group = criterion.benchmark_group("extraction");
    group.sample_size(10).throughput(Throughput::Elements(mix.len() as u64));
    group.bench_function("mix", |bencher| bencher.iter(|| extract_all(&mix, &mut extraction)));
    for (_, language, text) in MIX {
        let posts = posts(200, language, text);
        group.throughput(Throughput::Elements(posts.len() as u64));
        group.bench_function(language, |bencher| bencher.iter(|| extract_all(&posts, &mut extraction)));
    }
    group.finish();
}

criterion_group!(benches, extraction);
criterion_main!(benches);
