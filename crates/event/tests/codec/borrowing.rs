//! Decoding copies no text: every string of a decoded event lies in the bytes it was decoded from.

use std::borrow::Cow;

use skytrend_event::codec::decode;
use skytrend_event::{DeadLetter, Follow, Like, PostEvent, Topic};

use crate::samples;

fn assert_inside(text: &[u8], bytes: &[u8], what: &str) {
    assert!(!text.is_empty(), "{what} has text");
    assert!(bytes.as_ptr_range().contains(&text.as_ptr()), "{what} was copied");
}

#[test]
fn a_post_borrows_all_its_text() {
    let bytes = samples::bytes(Topic::Posts);
    let event: PostEvent<'_> = decode(&bytes).unwrap();
    let data = event.data.unwrap();
    let reply_to = data.reply_to.unwrap();
    assert!(matches!(data.text, Cow::Borrowed(_)));
    for (what, text) in [
        ("uri", event.uri.as_str()),
        ("author_did", event.author_did.as_str()),
        ("rev", event.rev.as_ref().unwrap().as_str()),
        ("text", &data.text),
        ("root", reply_to.root.as_str()),
        ("parent", reply_to.parent.as_str()),
    ] {
        assert_inside(text.as_bytes(), &bytes, what);
    }
    let texts = [&data.hashtags, &data.links, &data.labels].into_iter().flatten();
    for text in texts {
        assert!(matches!(text, Cow::Borrowed(_)), "{text}");
        assert_inside(text.as_bytes(), &bytes, "a text in a list");
    }
    data.languages
        .iter()
        .for_each(|language| assert_inside(language.as_str().as_bytes(), &bytes, "language"));
    data.mentions.iter().for_each(|did| assert_inside(did.as_str().as_bytes(), &bytes, "mention"));
}

#[test]
fn engagements_and_dead_letters_borrow() {
    let bytes = samples::bytes(Topic::Likes);
    let like: Like<'_> = decode(&bytes).unwrap();
    assert_inside(like.subject.unwrap().as_str().as_bytes(), &bytes, "subject");
    let bytes = samples::bytes(Topic::Follows);
    let follow: Follow<'_> = decode(&bytes).unwrap();
    assert_inside(follow.subject.unwrap().as_str().as_bytes(), &bytes, "subject");
    let bytes = samples::bytes(Topic::DeadLetter);
    let letter: DeadLetter<'_> = decode(&bytes).unwrap();
    assert_inside(&letter.bytes, &bytes, "bytes");
    assert_inside(letter.reason.as_bytes(), &bytes, "reason");
}
