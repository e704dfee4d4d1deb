//! A seeded stream of posts: Zipf words, Zipf authors, one language or another. Shared by tests and the benchmark.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers, made here")]

use std::borrow::Cow;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use skytrend_event::time::SECOND;
use skytrend_event::{AtUri, Did, EventId, Language, Like, Micros, PostAction, PostData, PostEvent, Repost};
use skytrend_trend::{Detector, Settings};

/// Noon of 1 January 2026: at the start of a minute, of an epoch, of a tumbling window.
pub const START: Micros = Micros(1_767_268_800_000_000);

/// What its snapshot makes of a detector: one that has the same snapshot and the same counters.
pub fn restored(detector: &Detector, settings: Settings) -> Detector {
    let (mut bytes, mut again) = (Vec::new(), Vec::new());
    detector.snapshot(&mut bytes);
    let restored = Detector::restore(settings, &bytes).expect("a snapshot can be restored");
    restored.snapshot(&mut again);
    assert!(bytes == again, "a restored detector has the same snapshot");
    assert_eq!(restored.stats().counters, detector.stats().counters);
    restored
}

/// A world of words and authors.
pub struct World {
    rng: ChaCha8Rng,
    words: Vec<String>,
    cumulated: Vec<f64>,
    next_post: u64,
    /// Posts in a second.
    pub rate: u64,
}

impl World {
    /// `words` words, the n-th of them used in proportion to `1 / (n + 52.7)`: as in a language whose 50 most
    /// frequent words are stop words.
    pub fn new(seed: u64, words: usize, rate: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let syllable = |rng: &mut ChaCha8Rng| {
            let consonant = b"bdfgklmnprstvz"[rng.random_range(0..14)];
            let vowel = b"aeiou"[rng.random_range(0..5)];
            [char::from(consonant), char::from(vowel)]
        };
        let words: Vec<String> = (0..words)
            .map(|number| {
                let mut word: String = (0..rng.random_range(2..4)).flat_map(|_| syllable(&mut rng)).collect();
                // The number makes it unique, the letter keeps it from being a stop word.
                word.push('q');
                word.push_str(&letters(number));
                word
            })
            .collect();
        let mut sum = 0.0;
        let cumulated = (0..words.len())
            .map(|number| {
                sum += 1.0 / (number as f64 + 52.7);
                sum
            })
            .collect();
        Self { rng, words, cumulated, next_post: 0, rate }
    }

    /// A word by its frequency.
    pub fn word(&mut self) -> String {
        let total = self.cumulated.last().copied().unwrap_or_default();
        let place = self.rng.random::<f64>() * total;
        self.words[self.cumulated.partition_point(|&sum| sum < place)].clone()
    }

    /// A number below `below`.
    pub fn below(&mut self, below: u64) -> u64 {
        self.rng.random_range(0..below)
    }

    /// The text of an ordinary post: about 13 words, a third of them stop words.
    pub fn text(&mut self) -> String {
        let words = 4 + self.below(19);
        let mut text = String::new();
        for place in 0..words {
            if place > 0 {
                text.push(' ');
            }
            if self.below(3) == 0 {
                text.push_str(["the", "a", "to", "and", "is", "you", "it's", "not"][self.below(8) as usize]);
            } else {
                text.push_str(&self.word());
            }
        }
        if self.below(8) == 0 {
            text.push_str(" #");
            let tag = self.word();
            text.push_str(&tag);
        }
        text
    }

    /// The next ordinary post.
    pub fn post(&mut self) -> PostEvent<'static> {
        let author = (self.rng.random::<f64>().powi(3) * 200_000.0) as u64;
        let text = self.text();
        let at = START.plus((self.next_post * SECOND.unsigned_abs() / self.rate).cast_signed());
        let number = self.next_post;
        self.next_post += 1;
        created(author, number, at, &text)
    }

    /// The posts of so many minutes.
    pub fn minutes(&mut self, minutes: u64) -> Vec<PostEvent<'static>> {
        (0..minutes * 60 * self.rate).map(|_| self.post()).collect()
    }
}

fn letters(mut number: usize) -> String {
    let mut text = String::new();
    while number > 0 {
        text.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
    }
    text
}

/// The DID of author `number`.
pub fn did(number: u64) -> Did<'static> {
    Did::parse(format!("did:plc:{}", base32(number))).expect("a DID")
}

fn base32(mut number: u64) -> String {
    let mut text = String::new();
    for _ in 0..24 {
        text.push(char::from(b"abcdefghijklmnopqrstuvwxyz234567"[(number % 32) as usize]));
        number /= 32;
    }
    text
}

/// The URI of post `post` of author `author`.
pub fn uri(author: u64, post: u64) -> AtUri<'static> {
    AtUri::parse(format!("at://{}/app.bsky.feed.post/3l{post:011}", did(author))).expect("a URI")
}

/// A new post.
pub fn created(author: u64, post: u64, at: Micros, text: &str) -> PostEvent<'static> {
    let data = PostData {
        text: Cow::Owned(text.to_owned()),
        languages: vec![Language::parse("en").expect("a language")],
        ..PostData::default()
    };
    PostEvent { data: Some(data), ..event(PostAction::Created, author, post, at) }
}

/// An event without content.
pub fn event(action: PostAction, author: u64, post: u64, at: Micros) -> PostEvent<'static> {
    let uri = match action {
        PostAction::AuthorRemoved => AtUri::of_account(&did(author)),
        _ => uri(author, post),
    };
    let event_id = EventId(author << 32 ^ post);
    PostEvent { action, uri, author_did: did(author), rev: None, witnessed_at: at, event_id, data: None }
}

/// Time has come to `at`.
pub fn heartbeat(at: Micros) -> PostEvent<'static> {
    event(PostAction::Heartbeat, 0, 0, at)
}

/// Account `engager` reposts `subject` by its record `number`.
pub fn repost(engager: u64, number: u64, at: Micros, subject: &AtUri<'static>) -> Repost<'static> {
    Repost {
        uri: record(engager, "app.bsky.feed.repost", number),
        author_did: did(engager),
        rev: None,
        witnessed_at: at,
        event_id: EventId(engager << 32 ^ number),
        deleted: false,
        subject: Some(subject.clone()),
        created_at: None,
    }
}

/// Account `engager` likes `subject` by its record `number`.
pub fn like(engager: u64, number: u64, at: Micros, subject: &AtUri<'static>) -> Like<'static> {
    let Repost { author_did, rev, witnessed_at, event_id, deleted, subject, created_at, .. } =
        repost(engager, number, at, subject);
    let uri = record(engager, "app.bsky.feed.like", number);
    Like { uri, author_did, rev, witnessed_at, event_id, deleted, subject, created_at }
}

fn record(author: u64, collection: &str, number: u64) -> AtUri<'static> {
    AtUri::parse(format!("at://{}/{collection}/3l{number:011}", did(author))).expect("a URI")
}
