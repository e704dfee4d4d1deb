use proptest::prelude::*;
use skytrend_event::PostAction;

use super::super::lines::LineReader;
use super::super::settings::{Mapping, TimeFormat};
use super::*;

/// What came out: record times with texts, heartbeats, and drops.
#[derive(Debug, Default, PartialEq, Eq)]
struct Taken {
    events: Vec<(i64, String)>,
    heartbeats: Vec<i64>,
    dropped: Vec<(DropReason, Option<i64>)>,
}

impl Sink for Taken {
    fn event(&mut self, event: Event<'_>) {
        let Event::Post(post) = event else { panic!("{event:?}") };
        match post.action {
            PostAction::Heartbeat => self.heartbeats.push(post.witnessed_at.0),
            _ => self.events.push((post.witnessed_at.0, post.data.unwrap().text.into_owned())),
        }
    }

    fn dropped(&mut self, reason: DropReason, _detail: &str, place: Option<Place>, _bytes: &[u8]) {
        self.dropped.push((reason, place.and_then(|place| place.seq)));
    }

    fn passed_over(&mut self, reason: DropReason) {
        panic!("{reason}");
    }
}

fn settings() -> Settings {
    let mapping = Mapping { time_format: TimeFormat::Seconds, ..Mapping::default() };
    Settings { time_jump_max_secs: 100, mapping, ..Settings::default() }
}

fn line(number: usize, seconds: &str) -> String {
    format!("{{\"id\":{number},\"author\":\"a\",\"time\":{seconds},\"text\":\"{number}\"}}\n")
}

/// Takes all lines of `text` from where `start` stands; to the end, or so many.
fn take(text: &str, start: Option<&Checkpoint>, lines_max: usize, into: &mut Taken) -> Checkpoint {
    let from = start.map_or(0, |start| start.next);
    let rest = &text.as_bytes()[usize::try_from(from).unwrap()..];
    let mut reader = LineReader::new(rest, from);
    let mut intake = Intake::new(&settings(), "feed", start);
    for _ in 0..lines_max {
        let Some(line) = reader.next_line().unwrap() else {
            intake.end(into);
            break;
        };
        intake.take(&line, Micros(0), into);
    }
    Checkpoint::from_json(&intake.checkpoint().to_json()).unwrap()
}

fn all(times: &[&str]) -> Taken {
    let text: String = times.iter().enumerate().map(|(number, time)| line(number, time)).collect();
    let mut taken = Taken::default();
    take(&text, None, usize::MAX, &mut taken);
    taken
}

#[test]
fn time_never_goes_back_and_each_second_is_told_once() {
    let taken = all(&["10.5", "10.7", "9", "12"]);
    let times: Vec<i64> = taken.events.iter().map(|(time, _)| *time).collect();
    assert_eq!(times, [10_500_000, 10_700_000, 10_700_000, 12_000_000]);
    assert_eq!(taken.heartbeats, [10_000_000, 12_000_000]);
}

#[test]
fn one_stray_time_is_dropped_and_a_jump_that_is_confirmed_is_taken() {
    let texts = |taken: &Taken| taken.events.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>();
    let stray = all(&["10", "5000", "11"]);
    assert_eq!(texts(&stray), ["0", "2"]);
    assert_eq!(stray.dropped, [(DropReason::TimeJump, Some(43))]);
    assert_eq!(texts(&all(&["10", "5000", "5001"])), ["0", "1", "2"]);
    assert_eq!(texts(&all(&["10", "5000"])), ["0", "1"], "at the end it is believed");
    assert_eq!(texts(&all(&["10", "5000", "9000", "9001"])), ["0", "1", "2", "3"]);
}

#[test]
fn bad_lines_are_dropped_with_their_place_and_flaws_are_told() {
    let text =
        format!("{}nonsense\n{}", line(0, "10"), "{\"id\":1,\"author\":\"a\",\"time\":11,\"text\":\"\"}\n");
    let mut taken = Taken::default();
    let end = take(&text, None, usize::MAX, &mut taken);
    assert_eq!(taken.dropped, [(DropReason::InvalidJson, Some(43)), (DropReason::EmptyText, Some(52))]);
    assert_eq!((taken.events.len(), end.next), (2, text.len() as u64));
}

#[test]
fn another_checkpoint_is_refused() {
    assert!(matches!(Checkpoint::from_json(b"{}"), Err(CheckpointError::Json(_))));
    let newer = br#"{"version":2,"path":"a","next":0,"newest":null}"#;
    assert!(matches!(Checkpoint::from_json(newer), Err(CheckpointError::Version(2))));
}

proptest! {
    #[test]
    fn a_restart_anywhere_changes_nothing(
        times in proptest::collection::vec(prop_oneof![0..50_u32, 0..50_u32, 1_000..1_050_u32], 1..30),
        cuts in proptest::collection::vec(0..12_usize, 0..8),
    ) {
        let text: String = times.iter().enumerate().map(|(number, time)| line(number, &time.to_string())).collect();
        let (mut whole, mut parts) = (Taken::default(), Taken::default());
        take(&text, None, usize::MAX, &mut whole);
        let mut start = None;
        for cut in cuts {
            start = Some(take(&text, start.as_ref(), cut, &mut parts)).filter(|start| start.next > 0);
        }
        take(&text, start.as_ref(), usize::MAX, &mut parts);
        prop_assert_eq!(parts, whole);
    }
}
