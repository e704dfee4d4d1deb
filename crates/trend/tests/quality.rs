//! A burst planted in a stream of Zipf words is found soon and for as long as it lasts; floods are not.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod world;

use std::collections::BTreeSet;

use skytrend_event::time::{MINUTE, SECOND};
use skytrend_event::{AlertKind, PostEvent, TrendStatus, WindowKind};
use skytrend_trend::{Detector, Settings, WindowOutput};
use world::{START, World, created, heartbeat};

/// Posts in a second of the ordinary stream.
const RATE: u64 = 5;
/// The burst and the floods start after so many minutes, last so long, and the test goes on until it is over.
const BURST_MINUTE: u64 = 40;
const BURST_MINUTES: u64 = 10;
const MINUTES: u64 = 75;
/// Names of authors that the ordinary stream does not use.
const STRANGERS: u64 = 1_000_000;

/// Outputs of a world with extra posts, each given by the second of the burst in which it comes.
fn run(extra: impl Fn(&mut World, u64) -> Vec<PostEvent<'static>>) -> Vec<WindowOutput> {
    let mut world = World::new(5, 5_000, RATE);
    let mut detector = Detector::new(Settings::default(), 1).unwrap();
    let mut outputs = Vec::new();
    for second in 0..MINUTES * 60 {
        for _ in 0..RATE {
            let post = world.post();
            detector.apply(0, &post);
        }
        if (BURST_MINUTE * 60..(BURST_MINUTE + BURST_MINUTES) * 60).contains(&second) {
            for post in extra(&mut world, second) {
                detector.apply(0, &post);
            }
        }
        outputs.append(&mut detector.take_outputs());
    }
    detector.apply(0, &heartbeat(START.plus((MINUTES * 60).cast_signed() * SECOND)));
    outputs.append(&mut detector.take_outputs());
    outputs
}

/// A post of the second, behind all ordinary ones.
fn post(author: u64, number: u64, second: u64, text: &str) -> PostEvent<'static> {
    created(STRANGERS + author, STRANGERS + number, START.plus((second + 1).cast_signed() * SECOND - 1), text)
}

/// The keywords that were ever listed, and those that were ever alerted.
fn found(outputs: &[WindowOutput]) -> (BTreeSet<String>, BTreeSet<String>) {
    let trends =
        outputs.iter().flat_map(|output| &output.trends).map(|trend| trend.normalized_keyword.clone());
    let alerts =
        outputs.iter().flat_map(|output| &output.alerts).map(|alert| alert.normalized_keyword.clone());
    (trends.collect(), alerts.collect())
}

#[test]
fn a_burst_is_found_within_minutes_and_ends() {
    // Half a post a second, each by another author and with other words around it.
    let outputs = run(|world, second| {
        let words = world.text();
        if second % 2 == 0 {
            vec![post(second, second, second, &format!("{words} earthquake"))]
        } else {
            Vec::new()
        }
    });
    let burst_at = START.plus(BURST_MINUTE.cast_signed() * MINUTE);
    let sliding = || outputs.iter().filter(|output| output.window == WindowKind::Sliding);
    let listed: Vec<_> = sliding()
        .filter_map(|output| output.trends.iter().find(|trend| trend.normalized_keyword == "earthquake"))
        .collect();
    let first = listed.first().expect("the burst is listed");
    assert!(first.window_end.0 - burst_at.0 <= 2 * MINUTE, "listed at {:?}", first.window_end);
    assert_eq!((first.status, first.rank_change), (TrendStatus::Started, None));
    assert!(listed.iter().filter(|trend| trend.rank == 1).count() >= 12, "first for most of its time");
    let strong = listed.iter().max_by(|left, right| left.z_score.total_cmp(&right.z_score)).unwrap();
    assert!(strong.z_score > 20.0 && strong.confidence_score > 0.5, "{strong:?}");
    assert_eq!((strong.language.as_str(), strong.sample_posts.len(), strong.sparkline.len()), ("en", 3, 60));
    assert_eq!(listed.last().map(|trend| (trend.status, trend.rank)), Some((TrendStatus::Ended, 0)));

    let alerts: Vec<_> = sliding()
        .flat_map(|output| &output.alerts)
        .filter(|alert| alert.normalized_keyword == "earthquake")
        .collect();
    assert_eq!(
        alerts.iter().map(|alert| alert.kind).collect::<Vec<_>>(),
        [AlertKind::Started, AlertKind::Ended]
    );
    assert!(alerts[0].window_end.0 - burst_at.0 <= 3 * MINUTE, "alerted at {:?}", alerts[0].window_end);
    // Of a stationary world of 5,000 words, nothing else.
    let (_, alerted) = found(&outputs);
    assert!(alerted.len() <= 1, "{alerted:?}");
}

#[test]
fn floods_are_not_found() {
    let outputs = run(|world, second| {
        let words = world.text();
        // One author, other words each time; a hundred accounts with the same text, changed a little; a few accounts.
        let one = post(1, second, second, &format!("{words} buymycoin"));
        let text = format!(
            "Join the golden rush before everybody else does goldenrush {second} https://x.y/{second}"
        );
        let hundred = post(100 + second % 100, 10_000 + second, second, &text);
        let few = post(300 + second % 4, 20_000 + second, second, &format!("{words} chatter"));
        vec![one, hundred, few]
    });
    let (listed, alerted) = found(&outputs);
    for flood in ["buymycoin", "goldenrush", "golden", "rush", "chatter"] {
        assert!(!listed.contains(flood) && !alerted.contains(flood), "{flood}");
    }
    let counted =
        outputs.iter().flat_map(|output| &output.counts).filter(|row| row.normalized_keyword == "goldenrush");
    assert_eq!(counted.map(|row| row.unique_authors).max(), Some(100), "it is counted all the same");
}
