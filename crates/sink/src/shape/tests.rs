//! Each shape against a file of what it is to be, and against texts that want to be more than text.
//! `SKYTREND_BLESS=1 cargo test -p skytrend-sink shape` writes the files anew: read the difference.

use proptest::prelude::*;
use skytrend_event::{EventId, SamplePost};

use super::*;

const SHAPES: [Shape; 4] = [Shape::Skytrend, Shape::Slack, Shape::Discord, Shape::Ntfy];

/// An alert with posts of an account and of another feed.
pub(crate) fn alert() -> Alert {
    let post = |author: &str| SamplePost {
        uri: format!("at://{author}/app.bsky.feed.post/3lzzzzzzzzz22"),
        author_did: author.to_owned(),
        text: "did anyone else feel that? @everyone".to_owned(),
        witnessed_at: Micros(1_740_830_999_000_000),
        event_id: EventId(7),
    };
    let sample_posts = ["did:plc:2222222222222222222222aa", "did:web:lines.invalid:5"].map(post).to_vec();
    Alert { sample_posts, ..example() }
}

fn receiver(shape: Shape) -> Receiver {
    Receiver { shape, link: "https://trends.example.com".into(), topic: "trends".into(), priority: 3 }
}

#[test]
fn the_shapes_are_those_of_the_files() {
    let ended = Alert { kind: AlertKind::Ended, sample_posts: Vec::new(), rank: 0, ..alert() };
    let hashtag = Alert {
        keyword: "#Eleições".into(),
        normalized_keyword: "eleições".into(),
        keyword_kind: KeywordKind::Hashtag,
        language: "und".into(),
        ..alert()
    };
    let watched = Alert {
        keyword: "politics".into(),
        normalized_keyword: "*".into(),
        watchlist: Some("politics".into()),
        ..alert()
    };
    let hostile =
        Alert { keyword: "<!channel> @everyone [x](https://evil.example) *\"\r\n&".into(), ..alert() };
    let cases = [
        ("started", alert()),
        ("ended", ended),
        ("hashtag", hashtag),
        ("watchlist", watched),
        ("hostile", hostile),
    ];
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/webhooks");
    for shape in SHAPES {
        for (name, alert) in &cases {
            let body = receiver(shape).body(Message { alert, is_test: false });
            let written = format!("{}\n", serde_json::to_string_pretty(&body).unwrap());
            let path = folder.join(format!("{}-{name}.json", shape.name()));
            if std::env::var_os("SKYTREND_BLESS").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, &written).unwrap();
            }
            let expected = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(written, expected, "{} is not up to date", path.display());
        }
    }
}

#[test]
fn a_test_says_that_it_is_one() {
    for shape in SHAPES {
        let body = receiver(shape).body(Message { alert: &alert(), is_test: true }).to_string();
        assert!(body.contains("Test: ") || body.contains("alert.test"), "{body}");
    }
}

#[test]
fn without_a_dashboard_there_are_no_links_to_it() {
    for shape in SHAPES {
        let receiver = Receiver { link: String::new(), ..receiver(shape) };
        let body = receiver.body(Message { alert: &alert(), is_test: false }).to_string();
        assert!(!body.contains("/trend/"), "{body}");
    }
}

/// Every string in a value.
fn strings<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(fields) => fields.values().for_each(|item| strings(item, found)),
        _ => {}
    }
}

proptest! {
    /// A keyword of anything: no mention, no link but ours, no markup of Slack's or Discord's, within the limits.
    #[test]
    fn no_keyword_is_more_than_text(
        keyword in "(\\PC|[@<>&!:/.*`\\[\\]()|\\\\#_~a-z\r\n\u{202e}]){0,300}",
        watchlist in proptest::option::of("[a-z<@]{1,20}"),
        is_test: bool,
    ) {
        let alert = Alert { normalized_keyword: keyword.to_lowercase(), keyword, watchlist, ..alert() };
        let message = Message { alert: &alert, is_test };
        for shape in [Shape::Slack, Shape::Discord, Shape::Ntfy] {
            let body = receiver(shape).body(message);
            let mut texts = Vec::new();
            strings(&body, &mut texts);
            for text in &texts {
                prop_assert!(!text.contains("@everyone") && !text.contains("@here"), "{text}");
                prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text}");
                for (at, _) in text.match_indices("://") {
                    let ours = ["https://trends.example.com/", "https://bsky.app/profile/did:plc:"];
                    let start = at - "https".len();
                    prop_assert!(ours.iter().any(|url| text[start..].starts_with(url)), "{text}");
                }
            }
            match shape {
                Shape::Slack => {
                    let text = body["text"].as_str().unwrap();
                    let bare = text.replace(&format!("<{}|Why>", page(&alert, "https://trends.example.com")), "");
                    prop_assert!(!bare.contains(['<', '>']), "{text}");
                    prop_assert!(text.chars().count() < 3_000);
                }
                Shape::Discord => {
                    let title = body["embeds"][0]["title"].as_str().unwrap();
                    prop_assert!(title.chars().count() <= 256, "{title}");
                    let unescaped = title.replace("\\\\", "");
                    for markup in ["*", "_", "`", "[", "<", "@", "|", "~", ">"] {
                        let count = unescaped.matches(markup).count();
                        prop_assert_eq!(unescaped.matches(&format!("\\{markup}")).count(), count, "{}", title);
                    }
                    prop_assert_eq!(&body["allowed_mentions"], &serde_json::json!({ "parse": [] }));
                }
                _ => prop_assert!(body.to_string().len() < 4_096),
            }
        }
        // Ours is for programs, and whole.
        let body = receiver(Shape::Skytrend).body(message).to_string();
        let read: Value = serde_json::from_str(&body).unwrap();
        let read: Alert = serde_json::from_value(read["data"].clone()).unwrap();
        prop_assert_eq!(read, alert);
    }
}
