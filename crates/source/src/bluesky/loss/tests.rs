//! The verdict on each kind of beginning.

use super::*;

const HOST: &str = "wss://a";
const T0: i64 = 1_760_000_000_000_000;
const TOLERANCE: i64 = 5 * time::SECOND;

struct Case {
    cursor: Cursor,
    because: Because,
    last_seq: Option<i64>,
    first_seq: Option<i64>,
    /// Seconds from the last message to the first.
    ahead_secs: i64,
    said_outdated: bool,
}

const RESUME: Case = Case {
    cursor: Cursor::Seq(1_000),
    because: Because::Resume,
    last_seq: Some(1_000),
    first_seq: Some(1_001),
    ahead_secs: 0,
    said_outdated: false,
};

fn by_time(ahead_secs: i64) -> Case {
    let cursor = Cursor::Time(Micros(T0 - TOLERANCE));
    Case { cursor, last_seq: None, first_seq: None, ahead_secs, ..RESUME }
}

fn report(case: &Case) -> LossReport {
    let before = Position { host: HOST.into(), seq: case.last_seq, time: Micros(T0) };
    Arrival {
        request: Request { cursor: case.cursor, because: case.because },
        host: HOST,
        before: Some(&before),
        first: Place { seq: case.first_seq, time: Micros(T0 + case.ahead_secs * time::SECOND) },
        said_outdated: case.said_outdated,
        rates: Rates { messages_per_sec: 100.0, seqs_per_message: 2.0 },
        tolerance_micros: TOLERANCE,
    }
    .report()
}

fn verdict(case: &Case) -> (Outcome, u64, u64) {
    let report = report(case);
    (report.outcome, report.missed_messages, report.missed_micros / time::SECOND.unsigned_abs())
}

#[test]
fn servers_that_repeat_the_last_message_and_those_that_do_not_both_resume() {
    for first_seq in [1_000, 1_001, 1_003] {
        assert_eq!(verdict(&Case { first_seq: Some(first_seq), ..RESUME }), (Outcome::Resumed, 0, 0));
    }
}

#[test]
fn a_server_that_silently_starts_later_has_clamped() {
    let case = Case { first_seq: Some(21_001), ahead_secs: 100, ..RESUME };
    assert_eq!(verdict(&case), (Outcome::Clamped, 10_000, 100));
}

#[test]
fn silence_with_the_next_number_is_no_loss() {
    let case = Case { first_seq: Some(1_002), ahead_secs: 100, ..RESUME };
    assert_eq!(verdict(&case), (Outcome::Resumed, 0, 0));
}

#[test]
fn numbers_may_have_gaps_where_no_time_passes() {
    assert_eq!(verdict(&Case { first_seq: Some(9_000), ahead_secs: 1, ..RESUME }).0, Outcome::Resumed);
}

#[test]
fn what_the_server_says_counts() {
    let case = Case { said_outdated: true, ahead_secs: 7, first_seq: Some(1_101), ..RESUME };
    assert_eq!(verdict(&case), (Outcome::Clamped, 50, 7));
}

#[test]
fn lower_numbers_are_a_rewind_if_older_and_a_reset_if_newer() {
    assert_eq!(verdict(&Case { first_seq: Some(400), ahead_secs: -60, ..RESUME }), (Outcome::Rewound, 0, 0));
    assert_eq!(verdict(&Case { first_seq: Some(3), ahead_secs: 20, ..RESUME }), (Outcome::Reset, 2_000, 20));
}

#[test]
fn times_are_compared_where_there_are_no_numbers() {
    assert_eq!(verdict(&by_time(-5)), (Outcome::Resumed, 0, 0));
    assert_eq!(verdict(&by_time(0)), (Outcome::Resumed, 0, 0));
    assert_eq!(verdict(&by_time(3_600)), (Outcome::Clamped, 360_000, 3_600));
    assert_eq!(verdict(&by_time(-3_600)), (Outcome::Rewound, 0, 0));
}

#[test]
fn without_a_position_to_ask_for_there_is_a_gap() {
    let case = Case { cursor: Cursor::Live, because: Because::OtherHost, ahead_secs: 30, ..by_time(0) };
    assert_eq!(verdict(&case), (Outcome::Gap, 3_000, 30));
    assert_eq!(verdict(&Case { ahead_secs: -1, ..case }), (Outcome::Gap, 0, 0));
}

#[test]
fn the_whole_window_is_a_rewind_a_reset_or_too_short() {
    let oldest = Case { cursor: Cursor::Oldest, because: Because::OtherHost, ahead_secs: -3_600, ..RESUME };
    assert_eq!(verdict(&oldest).0, Outcome::Rewound);
    assert_eq!(verdict(&Case { because: Because::FutureCursor, ..oldest }).0, Outcome::Reset);
    let short = Case { ahead_secs: 60, first_seq: None, ..oldest };
    assert_eq!(verdict(&short), (Outcome::Clamped, 6_000, 60));
}

#[test]
fn a_first_start_loses_nothing() {
    let request = Request { cursor: Cursor::Live, because: Because::FirstStart };
    let arrival = Arrival {
        request,
        host: HOST,
        before: None,
        first: Place { seq: Some(5), time: Micros(T0) },
        said_outdated: false,
        rates: Rates::default(),
        tolerance_micros: TOLERANCE,
    };
    assert_eq!(arrival.report().outcome, Outcome::Live);
}

#[test]
fn losses_add_up() {
    let mut losses = Losses::default();
    losses.add(report(&by_time(10)));
    losses.add(report(&by_time(20)));
    losses.add(report(&RESUME));
    assert_eq!((losses.count(Outcome::Clamped), losses.count(Outcome::Resumed)), (2, 1));
    assert_eq!((losses.missed_messages, losses.missed_micros), (3_000, 30_000_000));
    assert_eq!(losses.last.map(|last| last.outcome), Some(Outcome::Resumed));
}

#[test]
fn rates_are_learned_by_stream_time() {
    let mut meter = RateMeter::default();
    for n in 0..4_000 {
        meter.count(Place { seq: Some(3 * n), time: Micros(T0 + n * 20_000) });
    }
    assert!((meter.rates.messages_per_sec - 50.0).abs() < 0.5, "{:?}", meter.rates);
    assert!((meter.rates.seqs_per_message - 3.0).abs() < 0.1, "{:?}", meter.rates);
    let before = meter.rates;
    meter.interrupt();
    meter.count(Place { seq: Some(1), time: Micros(T0 + 10_000_000_000) });
    assert_eq!(meter.rates, before, "an outage is no slow stream");
}
