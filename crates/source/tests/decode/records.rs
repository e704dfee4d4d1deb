//! Records of every kept collection, and what is wrong with them in the wild: each has its reason.

use serde_json::{Value, json};
use skytrend_event::{Event, Follow, Like, Micros, PostAction, PostData, PostEvent, Span};
use skytrend_source::bluesky::{firehose, jetstream};
use skytrend_source::wire::{Account, Message, Place};
use skytrend_source::{DropReason, record};

use crate::build::{self, DID, REV};

/// What one record becomes: the event's description, and the names of its flaws. Read from CBOR and from JSON, which
/// must agree.
fn decode(
    collection: &str,
    value: &Value,
) -> Result<(Option<Event<'static>>, Vec<&'static str>), DropReason> {
    let cbor = build::cbor(value);
    let frame: &'static [u8] = build::create(collection, &cbor).leak();
    let line: &'static str = json!({
        "did": DID, "time_us": 1_783_166_400_000_000_i64, "kind": "commit", "commit": {
            "rev": REV, "operation": "create", "collection": collection, "rkey": "3l3qo2vuowo2b", "record": value,
            "cid": build::cid(&cbor).to_string(),
        },
    })
    .to_string()
    .leak();
    let of_cbor = decode_message(&firehose::decode(frame).unwrap());
    let of_json = decode_message(&jetstream::v1::decode(line.as_bytes()).unwrap());
    assert_eq!(of_cbor, of_json);
    of_cbor
}

fn decode_message(
    message: &Message<'static>,
) -> Result<(Option<Event<'static>>, Vec<&'static str>), DropReason> {
    let Message::Commit(commit) = message else { panic!("{message:?}") };
    let mut flaws = Vec::new();
    let event = record::decode(commit, &commit.ops[0], &mut flaws)?;
    Ok((event, flaws.iter().map(|flaw| flaw.reason.name()).collect()))
}

fn post_event(value: &Value) -> (PostEvent<'static>, Vec<&'static str>) {
    match decode("app.bsky.feed.post", value).unwrap() {
        (Some(Event::Post(event)), flaws) => (event, flaws),
        other => panic!("{other:?}"),
    }
}

fn post(value: &Value) -> (PostData<'static>, Vec<&'static str>) {
    let (event, flaws) = post_event(value);
    (event.data.unwrap(), flaws)
}

fn flaws(text: &str, more: &Value) -> Vec<&'static str> {
    post(&build::post(text, more)).1
}

fn facet(start: i64, end: i64, feature: &Value) -> Value {
    json!({"index": {"byteStart": start, "byteEnd": end}, "features": [feature]})
}

fn link(uri: &str) -> Value {
    json!({"$type": "app.bsky.richtext.facet#link", "uri": uri})
}

fn tag(tag: &str) -> Value {
    json!({"$type": "app.bsky.richtext.facet#tag", "tag": tag})
}

fn mention(did: &str) -> Value {
    json!({"$type": "app.bsky.richtext.facet#mention", "did": did})
}

#[test]
fn a_post_with_everything_becomes_its_event() {
    let text = "café @bob.test #rust example.com/…";
    let target = json!({"uri": "at://did:plc:abc/app.bsky.feed.post/1", "cid": build::cid(b"1").to_string()});
    let value = build::post(
        text,
        &json!({
            "langs": ["en-US", "fr", "en-US"],
            "tags": ["rust", "news"],
            "facets": [
                facet(22, 37, &link("https://example.com/long")),
                facet(6, 15, &mention("did:plc:bob")),
                facet(16, 21, &tag("rust")),
            ],
            "reply": {"root": target, "parent": target},
            "embed": {"$type": "app.bsky.embed.external", "external": {"uri": "https://example.org", "title": "", "description": ""}},
            "labels": {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "porn"}]},
        }),
    );
    let (event, flaws) = post_event(&value);
    assert_eq!(flaws, [""; 0]);
    assert_eq!(event.action, PostAction::Created);
    assert_eq!(event.uri.as_str(), format!("at://{DID}/app.bsky.feed.post/3l3qo2vuowo2b"));
    assert_eq!((event.author_did.as_str(), event.rev.unwrap().as_str()), (DID, REV));
    let data = event.data.unwrap();
    assert_eq!(data.text, text);
    assert_eq!(data.created_at, Some(Micros(1_783_166_398_000_000)));
    assert_eq!(data.cid, Some(build::cid(&build::cbor(&value))));
    assert_eq!(data.languages.iter().map(ToString::to_string).collect::<Vec<_>>(), ["en-US", "fr"]);
    assert_eq!(data.mentions[0].as_str(), "did:plc:bob");
    assert_eq!(data.hashtags, ["rust", "news"]);
    assert_eq!(data.links, ["https://example.com/long", "https://example.org"]);
    assert_eq!(data.labels, ["porn"]);
    assert_eq!(data.skip, [Span { start: 6, end: 15 }, Span { start: 22, end: 37 }]);
    let reply = data.reply_to.unwrap();
    assert_eq!(
        (reply.root.as_str(), reply.parent.as_str()),
        (target["uri"].as_str().unwrap(), target["uri"].as_str().unwrap())
    );
}

#[test]
fn likes_reposts_and_follows_become_their_events() {
    let subject =
        json!({"uri": "at://did:plc:abc/app.bsky.feed.post/1", "cid": build::cid(b"1").to_string()});
    let record = |kind: &str, subject: &Value| json!({"$type": kind, "subject": subject, "createdAt": "2026-07-04T11:59:58Z"});
    let (event, flaws) = decode("app.bsky.feed.like", &record("app.bsky.feed.like", &subject)).unwrap();
    let Some(Event::Like(Like { subject: Some(uri), deleted: false, created_at: Some(_), .. })) = event
    else {
        panic!()
    };
    assert_eq!((uri.as_str(), flaws.len()), (subject["uri"].as_str().unwrap(), 0));
    let (event, _) = decode("app.bsky.feed.repost", &record("app.bsky.feed.repost", &subject)).unwrap();
    assert!(matches!(event, Some(Event::Repost(_))));
    let (event, _) =
        decode("app.bsky.graph.follow", &record("app.bsky.graph.follow", &json!("did:plc:abc"))).unwrap();
    let Some(Event::Follow(Follow { subject: Some(did), .. })) = event else { panic!() };
    assert_eq!(did.as_str(), "did:plc:abc");
    for (collection, subject) in [
        ("app.bsky.feed.like", json!({"uri": "https://example.com"})),
        ("app.bsky.feed.like", json!(null)),
        ("app.bsky.feed.repost", json!("at://did:plc:abc/app.bsky.feed.post/1")),
        ("app.bsky.graph.follow", json!("alice.test")),
        ("app.bsky.graph.follow", json!({"did": "did:plc:abc"})),
    ] {
        let result = decode(collection, &record(collection, &subject));
        assert_eq!(result, Err(DropReason::InvalidSubject), "{collection} {subject}");
    }
}

#[test]
fn collections_that_are_not_kept_give_no_event_even_when_damaged() {
    for collection in
        ["app.bsky.graph.block", "app.bsky.actor.profile", "com.example.record", "app.bsky.feed.postgate"]
    {
        assert_eq!(decode(collection, &json!({"text": 1})), Ok((None, vec![])));
    }
}

#[test]
fn deletes_have_events_without_data() {
    for (collection, is_post) in [("app.bsky.feed.post", true), ("app.bsky.feed.like", false)] {
        let ops = json!([{"action": "delete", "path": format!("{collection}/a"), "cid": null}]);
        let frame = build::commit_frame(&ops, &build::car([])).leak();
        match decode_message(&firehose::decode(frame).unwrap()).unwrap() {
            (Some(Event::Post(PostEvent { action: PostAction::Deleted, data: None, .. })), _) => {
                assert!(is_post);
            }
            (Some(Event::Like(Like { deleted: true, subject: None, .. })), _) => {
                assert!(!is_post, "{collection}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_record_without_its_required_parts_is_dropped() {
    let result = |more: &Value| decode("app.bsky.feed.post", &build::post("hi", more));
    assert_eq!(result(&json!({"text": "remove"})), Err(DropReason::MissingText));
    assert_eq!(result(&json!({"text": 5})), Err(DropReason::MissingText));
    assert_eq!(result(&json!({"$type": "remove"})), Err(DropReason::RecordTypeMismatch));
    assert_eq!(result(&json!({"$type": "app.bsky.feed.like"})), Err(DropReason::RecordTypeMismatch));
    assert_eq!(result(&json!({"text": "x".repeat(3_001)})), Err(DropReason::TextTooLong));
    assert_eq!(post(&build::post(&"x".repeat(3_000), &json!({}))).1, [""; 0]);
}

#[test]
fn an_empty_text_is_legal_and_counted() {
    let (data, flaws) = post(&build::post("", &json!({})));
    assert_eq!((data.text.as_ref(), flaws), ("", vec!["empty_text"]));
}

#[test]
fn control_characters_become_spaces_and_facets_stay_in_place() {
    let more = json!({"facets": [facet(5, 10, &link("https://a.example"))]});
    let (data, flaws) = post(&build::post("a\u{0}b\u{7f}\u{1b}\té\n", &json!({})));
    assert_eq!((data.text.as_ref(), flaws), ("a b  \té\n", vec!["control_characters"]));
    let (data, flaws) = post(&build::post("\u{0}\u{1}\u{2} é a.b", &more));
    assert_eq!((data.text.as_ref(), flaws), ("    é a.b", vec!["facet_splits_char", "control_characters"]));
    let more = json!({"facets": [facet(7, 10, &link("https://a.example"))]});
    let (data, _) = post(&build::post("\u{0}\u{1}\u{2} é a.b", &more));
    assert_eq!(&data.text[data.skip[0].start as usize..data.skip[0].end as usize], "a.b");
}

#[test]
fn dates_that_cannot_be_believed_are_left_out() {
    let cases = [
        ("0010-12-31T23:00:00.000Z", "created_at_too_old"),
        ("1985-04-12T23:20:50.123Z", "created_at_too_old"),
        ("2021-12-31T23:59:59Z", "created_at_too_old"),
        ("2026-07-04T21:00:00Z", "created_at_in_future"),
        ("2026-07-04T13:00:00.000001Z", "created_at_in_future"),
        ("3001-12-31T23:00:00.000Z", "created_at_in_future"),
        ("2026-07-04T11:00:00", "invalid_created_at"),
        ("2026-07-04", "invalid_created_at"),
        ("", "invalid_created_at"),
        ("yesterday", "invalid_created_at"),
    ];
    for (date, expected) in cases {
        let (data, flaws) = post(&build::post("hi", &json!({"createdAt": date})));
        assert_eq!((data.created_at, flaws), (None, vec![expected]), "{date}");
    }
    assert_eq!(flaws("hi", &json!({"createdAt": "remove"})), ["missing_created_at"]);
    assert_eq!(flaws("hi", &json!({"createdAt": 5})), ["invalid_created_at"]);
    for date in ["2022-01-01T00:00:00Z", "2026-07-04T13:00:00Z", "2026-07-04T21:00:00+09:00"] {
        assert!(post(&build::post("hi", &json!({"createdAt": date}))).0.created_at.is_some(), "{date}");
    }
}

#[test]
fn languages_are_cleaned_and_not_guessed() {
    let languages = |langs: &Value| {
        let (data, flaws) = post(&build::post("hi", &json!({"langs": langs})));
        (data.languages.iter().map(ToString::to_string).collect::<Vec<_>>(), flaws)
    };
    assert_eq!(languages(&json!(["en-US"])), (vec!["en-US".to_owned()], vec![]));
    assert_eq!(languages(&json!(["en,es"])), (vec![], vec!["invalid_language"]));
    assert_eq!(languages(&json!(["xx-💥", "ja"])), (vec!["ja".to_owned()], vec!["invalid_language"]));
    assert_eq!(languages(&json!([5, null, ""])).1, ["invalid_language"; 3]);
    assert_eq!(languages(&json!("en")), (vec![], vec!["invalid_language"]));
    assert_eq!(languages(&json!(["en", "fr", "de", "ja"])).1, ["too_many_languages"]);
    assert_eq!(languages(&json!(null)), (vec![], vec![]));
}

#[test]
fn facets_that_do_not_fit_the_text_are_dropped() {
    let uri = link("https://example.com");
    let at = |start, end| flaws("aé💥", &json!({"facets": [facet(start, end, &uri)]}));
    assert_eq!(at(0, 7), [""; 0]);
    assert_eq!(at(0, 8), ["facet_out_of_range"]);
    assert_eq!(at(3, 3), ["facet_out_of_range"]);
    assert_eq!(at(3, 1), ["facet_out_of_range"]);
    assert_eq!(at(-1, 3), ["facet_out_of_range"]);
    assert_eq!(at(0, i64::MAX), ["facet_out_of_range"]);
    assert_eq!(at(2, 7), ["facet_splits_char"]);
    assert_eq!(at(0, 5), ["facet_splits_char"]);
    let (data, _) = post(&build::post("aé💥", &json!({"facets": [facet(0, 8, &uri)]})));
    assert_eq!((data.links.len(), data.skip.len()), (0, 0));
}

#[test]
fn facets_of_the_wrong_shape_are_dropped_and_their_siblings_kept() {
    let index = json!({"byteStart": 0, "byteEnd": 2});
    let good = facet(0, 2, &tag("good"));
    for bad in [
        json!(5),
        json!(null),
        json!({}),
        json!({"index": index}),
        json!({"index": [], "features": []}),
        json!({"index": {"byteEnd": 2}, "features": []}),
        json!({"index": index, "features": {}}),
        json!({"index": index, "features": ["x"]}),
        json!({"index": index, "features": [{"tag": "x"}]}),
    ] {
        let (data, flaws) = post(&build::post("hi", &json!({"facets": [bad, good]})));
        assert_eq!(flaws, ["invalid_facet"], "{bad}");
        assert_eq!(data.hashtags, ["good"]);
    }
    assert_eq!(flaws("hi", &json!({"facets": {}})), ["invalid_facet"]);
    assert_eq!(flaws("hi", &json!({"facets": vec![good.clone(); 101]})), ["too_many_facets"]);
    assert_eq!(flaws("hi", &json!({"facets": [facet(0, 2, &json!({"$type": "com.example#new"}))]})), [""; 0]);
    assert_eq!(flaws("hi", &json!({"facets": [facet(0, 2, &mention("bob.test"))]})), ["invalid_mention"]);
    for uri in ["", "example.com", "https://", "//example.com", "https://exa mple.com", ":x", "1a:b"] {
        let expected: &[&str] = if uri == "https://" { &[] } else { &["invalid_link"] };
        assert_eq!(flaws("hi", &json!({"facets": [facet(0, 2, &link(uri))]})), expected, "{uri}");
    }
}

#[test]
fn spans_are_sorted_and_merged() {
    let uri = link("https://example.com");
    let facets = [(8, 9), (0, 2), (1, 4), (4, 5)].map(|(start, end)| facet(start, end, &uri));
    let (data, flaws) = post(&build::post("0123456789", &json!({"facets": facets})));
    assert_eq!(data.skip, [Span { start: 0, end: 5 }, Span { start: 8, end: 9 }]);
    assert_eq!((data.links.len(), flaws.len()), (1, 0));
}

#[test]
fn hashtags_are_bare_bounded_and_unique() {
    let tags = |tags: &Value| {
        let (data, flaws) = post(&build::post("hi", &json!({"tags": tags})));
        (data.hashtags.iter().map(ToString::to_string).collect::<Vec<_>>(), flaws)
    };
    assert_eq!(tags(&json!(["#a", " b ", "a", "日本"])).0, ["a", "b", "日本"]);
    assert_eq!(tags(&json!(["", "#", "a\u{0}b", "x".repeat(65), "é".repeat(321), 5])).1, ["invalid_tag"; 6]);
    assert_eq!(tags(&json!(["x".repeat(64), "é".repeat(320)])).1, [""; 0]);
    assert_eq!(tags(&json!(vec!["a"; 9])).1, ["too_many_tags"]);
    assert_eq!(tags(&json!("a")).1, ["invalid_tag"]);
    // The escape makes the JSON form own its text.
    assert_eq!(tags(&json!(["#\"q\""])).0, ["\"q\""]);
}

#[test]
fn other_parts_of_the_wrong_shape_are_left_out() {
    let uri = json!({"uri": "at://did:plc:abc/app.bsky.feed.post/1"});
    assert_eq!(flaws("hi", &json!({"reply": {"root": uri}})), ["invalid_reply"]);
    assert_eq!(flaws("hi", &json!({"reply": {"root": uri, "parent": {"uri": "x"}}})), ["invalid_reply"]);
    assert_eq!(flaws("hi", &json!({"reply": "x"})), ["invalid_reply"]);
    assert_eq!(flaws("hi", &json!({"embed": 1})), ["invalid_embed"]);
    assert_eq!(flaws("hi", &json!({"embed": {"external": 1}})), ["invalid_embed"]);
    assert_eq!(flaws("hi", &json!({"embed": {"external": {}}})), ["invalid_link"]);
    assert_eq!(flaws("hi", &json!({"embed": {"$type": "app.bsky.embed.images", "images": []}})), [""; 0]);
    assert_eq!(flaws("hi", &json!({"labels": 1})), ["invalid_label"]);
    assert_eq!(
        flaws("hi", &json!({"labels": {"values": [{"val": "x".repeat(129)}, {}, 1]}})),
        ["invalid_label"; 3]
    );
    let many: Vec<_> = (0..11).map(|n| json!({"val": n.to_string()})).collect();
    assert_eq!(flaws("hi", &json!({"labels": {"values": many}})), ["too_many_labels"]);
    let media = json!({"embed": {"media": {"external": {"uri": "https://example.com"}}, "record": {}}});
    assert_eq!(post(&build::post("hi", &media)).0.links, ["https://example.com"]);
}

#[test]
fn records_that_are_not_cbor_or_nested_too_deep_are_dropped() {
    let of_bytes = |record: &[u8]| {
        let frame = build::create("app.bsky.feed.post", record).leak();
        decode_message(&firehose::decode(frame).unwrap()).unwrap_err().name()
    };
    assert_eq!(of_bytes(&[]), "invalid_cbor");
    assert_eq!(of_bytes(&[0x80]), "invalid_cbor");
    assert_eq!(of_bytes(b"\xa1\x64text\x7f"), "invalid_cbor");
    assert_eq!(of_bytes(b"\xa1\x64text\x61\xff"), "invalid_cbor");
    assert_eq!(of_bytes(b"\xa2\x64text\x61a\x64text\x61b"), "invalid_cbor");
    let deep = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!({"a": inner}));
    for field in ["unknown", "embed", "facets"] {
        let record = build::cbor(&build::post("hi", &json!({field: deep(40)})));
        assert_eq!(of_bytes(&record), "nesting_too_deep");
    }
}

#[test]
fn accounts_that_leave_take_their_posts_with_them() {
    let account = |active: bool, status: Option<&'static str>| {
        let did = skytrend_event::Did::parse(DID).unwrap();
        let at = Place { seq: Some(1), time: Micros(5) };
        record::account(&Account { at, did, active, status: status.map(Into::into), inner: None })
    };
    for status in ["takendown", "suspended", "deleted", "deactivated"] {
        let Some(Event::Post(event)) = account(false, Some(status)) else { panic!("{status}") };
        assert_eq!((event.action, event.uri.as_str()), (PostAction::AuthorRemoved, &*format!("at://{DID}")));
        assert_eq!((event.witnessed_at, event.rev, event.data), (Micros(5), None, None));
    }
    assert_eq!(account(true, None), None);
    assert_eq!(account(true, Some("takendown")), None);
    assert_eq!(account(false, None), None);
    assert_eq!(account(false, Some("throttled")), None);
}
