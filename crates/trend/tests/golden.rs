//! Golden cases: `testdata/trend/<case>/posts.jsonl` gives exactly `trends.jsonl` and `alerts.jsonl`, with any number
//! of partitions and with a restart in the middle. With `SKYTREND_BLESS=1` the cases are written anew.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![expect(clippy::disallowed_methods, reason = "writes the cases anew when asked to")]

mod world;

use std::fmt::Write as _;
use std::path::PathBuf;

use skytrend_event::time::{MINUTE, SECOND};
use skytrend_event::{PostAction, PostEvent};
use skytrend_trend::{Detector, Settings, WindowOutput};
use world::{START, World, created, event, heartbeat};

const CASES: [&str; 2] = ["burst", "retraction"];

fn folder(case: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/trend")).join(case)
}

fn read(case: &str, file: &str) -> String {
    let path = folder(case).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Half an hour of a small world, 12 posts a minute, and what the case adds to it.
fn posts_of(case: &str) -> Vec<PostEvent<'static>> {
    let mut world = World::new(11, 300, 1);
    let mut events: Vec<PostEvent<'static>> = (0..360)
        .map(|post| {
            let text = world.text();
            created(world.below(80), post, START.plus(post.cast_signed() * 5 * SECOND), &text)
        })
        .collect();
    let names = ["earthquake", "Earthquake", "#SanRemo"];
    for (post, name) in (0..40_u64).zip(names.iter().cycle()) {
        let text = format!("{} {name}", world.text());
        let at = START.plus(20 * MINUTE + post.cast_signed() * 7 * SECOND);
        events.push(created(1_000 + post, 1_000 + post, at, &text));
        if case == "retraction" && post % 4 == 3 {
            let later = at.plus(45 * SECOND);
            events.push(match post % 3 {
                0 => event(PostAction::Deleted, 1_000 + post, 1_000 + post, later),
                1 => event(PostAction::AuthorRemoved, 1_000 + post, 1_000 + post, later),
                _ => PostEvent {
                    action: PostAction::Updated,
                    ..created(1_000 + post, 1_000 + post, later, "never mind, no earthquake")
                },
            });
        }
    }
    events.sort_by_key(|event| event.witnessed_at);
    events.push(heartbeat(START.plus(45 * MINUTE)));
    events
}

fn run(events: &[PostEvent<'_>], partitions: u32, restart_at: Option<usize>) -> Vec<WindowOutput> {
    let settings = || Settings { min_authors: 3, ..Settings::default() };
    let mut detector = Detector::new(settings(), partitions).unwrap();
    let mut outputs = Vec::new();
    for (place, event) in events.iter().enumerate() {
        if restart_at == Some(place) {
            outputs.append(&mut detector.take_outputs());
            detector = world::restored(&detector, settings());
        }
        if event.action == PostAction::Heartbeat {
            for partition in 0..partitions {
                detector.apply(partition, event);
            }
        } else {
            let author = event.author_did.as_str().bytes().map(u32::from).sum::<u32>();
            detector.apply(author % partitions, event);
        }
    }
    outputs.append(&mut detector.take_outputs());
    outputs
}

fn lines<'a, T: serde::Serialize + 'a>(rows: impl Iterator<Item = &'a T>) -> String {
    rows.fold(String::new(), |mut text, row| {
        writeln!(text, "{}", serde_json::to_string(row).expect("JSON")).expect("memory");
        text
    })
}

#[test]
fn cases_give_what_they_gave() {
    for case in CASES {
        if std::env::var_os("SKYTREND_BLESS").is_some() {
            let events = posts_of(case);
            let outputs = run(&events, 1, None);
            std::fs::create_dir_all(folder(case)).unwrap();
            let write = |file: &str, text: String| std::fs::write(folder(case).join(file), text).unwrap();
            write("posts.jsonl", lines(events.iter()));
            write("trends.jsonl", lines(outputs.iter().flat_map(|output| &output.trends)));
            write("alerts.jsonl", lines(outputs.iter().flat_map(|output| &output.alerts)));
        }
        let text = read(case, "posts.jsonl");
        let events: Vec<PostEvent<'_>> =
            text.lines().map(|line| serde_json::from_str(line).expect("a post event")).collect();
        for (partitions, restart_at) in [(1, None), (3, None), (1, Some(300)), (5, Some(150)), (2, Some(380))]
        {
            let outputs = run(&events, partitions, restart_at);
            let variant = format!("{case}, {partitions} partitions, restart at {restart_at:?}");
            let trends = lines(outputs.iter().flat_map(|output| &output.trends));
            assert!(trends == read(case, "trends.jsonl"), "trends of {variant} differ");
            let alerts = lines(outputs.iter().flat_map(|output| &output.alerts));
            assert!(alerts == read(case, "alerts.jsonl"), "alerts of {variant} differ");
        }
        assert!(read(case, "trends.jsonl").contains("\"earthquake\""), "{case} finds the burst");
    }
}
