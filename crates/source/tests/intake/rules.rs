//! Each rule of the intake, by one small stream.

use serde_json::json;
use skytrend_event::{Micros, PostAction};
use skytrend_source::bluesky::cursor::{Because, Cursor, Request};
use skytrend_source::bluesky::loss::Outcome;
use skytrend_source::bluesky::{Intake, Protocol, Violation};

use crate::build;
use crate::support::{HOST, LIVE, Message, Run, SECOND, T0, What, account, post, settings};

const ALL: [Protocol; 3] = [Protocol::Firehose, Protocol::JetstreamV1, Protocol::JetstreamV2];

fn posts(run: &mut Run, posts: &[(i64, i64, u32)]) {
    for (seq, secs, rkey) in posts {
        // Each by its own author, so that revisions don't matter.
        run.message(&post(*seq, *secs, *rkey, *rkey));
    }
}

#[test]
fn record_times_never_go_back_and_the_order_stays() {
    for protocol in ALL {
        let mut run = Run::new(protocol);
        posts(&mut run, &[(1, 10, 1), (2, 7, 2), (3, 12, 3), (4, 11, 4)]);
        assert_eq!(run.recorder.secs(), [10, 10, 12, 12], "{protocol:?}");
    }
}

#[test]
fn a_heartbeat_opens_each_second_in_which_something_happens() {
    for protocol in ALL {
        let mut run = Run::new(protocol);
        run.message(&Message { seq: 1, time: T0 + 300_000, author: 1, what: What::Identity });
        posts(&mut run, &[(2, 1, 1), (3, 1, 2), (4, 9, 3)]);
        let beats: Vec<_> = run.recorder.heartbeats.iter().map(|beat| beat.witnessed_at.0 - T0).collect();
        assert_eq!(beats, [0, SECOND, 9 * SECOND]);
        let skytrend_event::Event::Post(beat) = run.recorder.heartbeats[0].read() else {
            panic!("a post event")
        };
        assert_eq!(
            (beat.action, beat.author_did.as_str()),
            (PostAction::Heartbeat, "did:web:heartbeat.invalid")
        );
        assert_eq!(run.recorder.all[1].id, run.recorder.heartbeats[1].id, "it comes before what happens");
    }
}

#[test]
fn messages_of_an_old_connection_are_ignored() {
    let mut run = Run::new(Protocol::JetstreamV2);
    run.connect(HOST, LIVE);
    run.generation = 1;
    posts(&mut run, &[(1, 1, 1)]);
    assert!(run.recorder.all.is_empty());
}

#[test]
fn disorder_ends_the_connection_and_the_next_one_begins_before_it() {
    let mut run = Run::new(Protocol::JetstreamV2);
    posts(&mut run, &[(9, 1, 1), (11, 3, 3), (10, 2, 2), (12, 4, 4)]);
    assert_eq!(run.recorder.secs(), [1, 3], "nothing after it is taken");
    assert_eq!(run.recorder.reasons(), ["seq_out_of_order"]);
    assert_eq!(run.violations, [Violation::SeqOutOfOrder { seq: 10, last: 11 }]);
    let next = run.intake.checkpoint().position.unwrap().seq.unwrap();
    assert_eq!(next, 9);
    run.resume(Cursor::Seq(next));
    posts(&mut run, &[(10, 2, 2), (11, 3, 3), (12, 4, 4)]);
    assert_eq!(run.recorder.secs(), [1, 3, 3, 4], "what came late is not lost, and nothing comes twice");
}

#[test]
fn disorder_that_a_host_repeats_is_passed_over() {
    let mut run = Run::new(Protocol::JetstreamV2);
    let told = [(9, 1, 1), (11, 3, 3), (10, 2, 2), (12, 4, 4)];
    posts(&mut run, &told);
    run.resume(Cursor::Seq(9));
    posts(&mut run, &told);
    assert_eq!(run.violations.len(), 1, "asking again would not help");
    assert_eq!(run.recorder.secs(), [1, 3, 4]);
}

#[test]
fn what_a_server_repeats_after_a_resumption_is_no_disorder() {
    let mut run = Run::new(Protocol::JetstreamV2);
    posts(&mut run, &[(10, 1, 1), (11, 2, 2)]);
    run.resume(Cursor::Seq(11));
    posts(&mut run, &[(11, 2, 2), (12, 3, 3)]);
    assert_eq!(run.recorder.secs(), [1, 2, 3]);
    assert!(run.recorder.dropped.is_empty() && run.violations.is_empty());
    assert_eq!(run.intake.losses().count(Outcome::Resumed), 1);
}

#[test]
fn a_broken_frame_ends_the_connection_and_is_passed_over_the_second_time() {
    let mut run = Run::new(Protocol::Firehose);
    posts(&mut run, &[(1, 1, 1)]);
    let broken = &post(2, 2, 2, 2).render(Protocol::Firehose)[..50];
    run.bytes(broken);
    posts(&mut run, &[(3, 3, 3)]);
    assert_eq!(run.recorder.secs(), [1], "nothing after it is taken");
    assert!(matches!(run.violations[..], [Violation::BrokenFrame { .. }]));
    assert_eq!(run.intake.checkpoint().position.unwrap().seq, Some(1));
    run.resume(Cursor::Seq(1));
    run.bytes(broken);
    posts(&mut run, &[(3, 3, 3)]);
    assert_eq!((run.recorder.secs(), run.violations.len(), run.recorder.dropped.len()), (vec![1, 3], 1, 1));
}

#[test]
fn a_broken_json_message_breaks_nothing_else() {
    for protocol in [Protocol::JetstreamV1, Protocol::JetstreamV2] {
        let mut run = Run::new(protocol);
        run.bytes(b"{\"did\":");
        posts(&mut run, &[(1, 1, 1)]);
        assert_eq!((run.recorder.reasons(), run.recorder.secs()), (vec!["invalid_json"], vec![1]));
        assert!(run.violations.is_empty());
    }
}

#[test]
fn nothing_of_an_inactive_account_passes_until_it_is_back() {
    for protocol in ALL {
        let mut run = Run::new(protocol);
        run.message(&post(1, 1, 7, 1));
        run.message(&account(2, 2, 7, false));
        run.message(&post(3, 3, 7, 2));
        run.message(&post(4, 3, 8, 3));
        run.message(&account(5, 4, 7, true));
        run.message(&post(6, 5, 7, 4));
        assert_eq!(
            run.recorder.secs(),
            [1, 2, 3, 5],
            "{protocol:?}: the second is the removal of the author"
        );
        assert_eq!(run.recorder.reasons(), ["account_inactive"]);
    }
}

#[test]
fn revisions_must_rise_and_not_come_from_the_future() {
    let at = |seq, secs, rkey, rev_lag_secs: i64| {
        let what = What::Post { rkey, rev_lag_micros: rev_lag_secs * SECOND, delete: false };
        Message { seq, time: T0 + secs * SECOND, author: 1, what }
    };
    for protocol in ALL {
        let mut run = Run::new(protocol);
        for message in [at(1, 10, 1, 0), at(2, 11, 2, 5), at(3, 12, 3, -301), at(4, 13, 4, -299)] {
            run.message(&message);
        }
        assert_eq!(run.recorder.secs(), [10, 13], "{protocol:?}");
        assert_eq!(run.recorder.reasons(), ["rev_out_of_order", "rev_in_future"]);
    }
}

#[test]
fn after_a_reset_older_revisions_are_void() {
    for protocol in [Protocol::Firehose, Protocol::JetstreamV2] {
        let mut run = Run::new(protocol);
        let sync = What::Sync { rev_lag_micros: 0 };
        run.message(&Message { seq: 1, time: T0 + 10 * SECOND, author: 1, what: sync });
        let late = What::Post { rkey: 1, rev_lag_micros: 2 * SECOND, delete: false };
        run.message(&Message { seq: 2, time: T0 + 11 * SECOND, author: 1, what: late });
        run.message(&post(3, 12, 1, 2));
        assert_eq!((run.recorder.secs(), run.recorder.reasons()), (vec![12], vec!["rev_out_of_order"]));
    }
}

#[test]
fn one_server_with_a_broken_clock_does_not_move_time() {
    for protocol in ALL {
        let mut run = Run::new(protocol);
        posts(&mut run, &[(1, 1, 1), (2, 7_200, 2), (3, 2, 3), (4, 9_000, 4), (5, 20_000, 5), (6, 3, 6)]);
        assert_eq!(run.recorder.secs(), [1, 2, 3], "{protocol:?}");
        assert_eq!(run.recorder.reasons(), ["time_jump"; 3]);
    }
}

#[test]
fn a_jump_of_the_whole_stream_costs_nothing() {
    for protocol in ALL {
        let mut run = Run::new(protocol);
        posts(&mut run, &[(1, 1, 1), (2, 7_200, 2), (3, 7_201, 3)]);
        assert_eq!(run.recorder.secs(), [1]);
        let covered = run.intake.checkpoint().position.unwrap();
        assert_eq!(covered.time, Micros(T0 + SECOND), "what is held is not covered");
        posts(&mut run, &[(4, 7_202, 4)]);
        assert_eq!(run.recorder.secs(), [1, 7_200, 7_201, 7_202], "{protocol:?}");
        assert!(run.recorder.dropped.is_empty());
    }
}

#[test]
fn a_clamped_start_is_counted_with_what_it_cost() {
    let mut run = Run::new(Protocol::Firehose);
    let steady: Vec<_> = (0..60).map(|n| (n + 1, n, u32::try_from(n).unwrap())).collect();
    posts(&mut run, &steady);
    run.resume(Cursor::Seq(60));
    posts(&mut run, &[(161, 160, 900)]);
    let losses = run.intake.losses();
    assert_eq!((losses.count(Outcome::Clamped), losses.missed_messages), (1, 100));
    assert_eq!(losses.missed_micros / 1_000_000, 101);
}

#[test]
fn a_notice_of_an_outdated_cursor_is_believed() {
    let mut run = Run::new(Protocol::JetstreamV2);
    posts(&mut run, &[(1, 1, 1)]);
    run.resume(Cursor::Time(Micros(T0)));
    let kind = "network.bsky.jetstream.subscribeEvents#info";
    let info =
        json!({"$type": "message", "payload": {"$type": kind, "name": "OutdatedCursor", "message": "x"}});
    run.bytes(info.to_string().as_bytes());
    posts(&mut run, &[(50, 4, 2)]);
    assert_eq!(run.intake.losses().count(Outcome::Clamped), 1);
}

#[test]
fn a_restarted_sequence_is_read_anew_without_what_was_read() {
    let mut run = Run::new(Protocol::Firehose);
    posts(&mut run, &[(1_000, 100, 1), (1_001, 101, 2)]);
    let error = build::frame(&json!({"op": -1}), &json!({"error": "FutureCursor", "message": "x"}));
    run.resume(Cursor::Seq(1_001));
    run.bytes(&error);
    run.connect(HOST, Request { cursor: Cursor::Oldest, because: Because::FutureCursor });
    posts(&mut run, &[(1, 20, 8), (2, 60, 9), (3, 100, 1), (4, 101, 2)]);
    let middle = run.intake.checkpoint();
    posts(&mut run, &[(5, 102, 3), (6, 103, 4)]);
    assert_eq!(run.recorder.secs(), [100, 101, 102, 103], "what is older than the overlap is passed over");
    assert_eq!(run.intake.losses().count(Outcome::Reset), 1);
    assert_eq!(
        (middle.position.unwrap().seq, middle.record_time),
        (Some(4), Some(Micros(T0 + 101 * SECOND)))
    );
    assert_eq!(run.intake.checkpoint().position.unwrap().seq, Some(6));
    assert!(run.recorder.dropped.is_empty());
}

#[test]
fn another_host_counts_in_its_own_numbers() {
    let mut run = Run::new(Protocol::Firehose);
    posts(&mut run, &[(1_000, 10, 1)]);
    run.connect("ws://other.example", Request { cursor: Cursor::Live, because: Because::OtherHost });
    posts(&mut run, &[(7, 40, 2), (8, 41, 3)]);
    assert_eq!(run.recorder.secs(), [10, 40, 41]);
    assert_eq!(run.intake.losses().count(Outcome::Gap), 1);
    let position = run.intake.checkpoint().position.unwrap();
    assert_eq!((position.host.as_str(), position.seq), ("ws://other.example", Some(8)));
}

#[test]
fn a_change_told_again_by_another_host_is_a_duplicate() {
    let mut run = Run::new(Protocol::JetstreamV2);
    posts(&mut run, &[(1_000, 10, 1), (1_001, 11, 2)]);
    let cursor = Cursor::Time(Micros(T0 + 6 * SECOND));
    run.connect("ws://other.example", Request { cursor, because: Because::OtherHost });
    posts(&mut run, &[(5, 10, 1), (6, 11, 2), (7, 12, 3)]);
    assert_eq!(run.recorder.secs(), [10, 11, 12]);
    assert_eq!(run.intake.losses().count(Outcome::Resumed), 1);
}

#[test]
fn a_checkpoint_of_another_protocol_keeps_the_time() {
    let mut run = Run::new(Protocol::Firehose);
    posts(&mut run, &[(1_000, 10, 1)]);
    let intake = Intake::new(&settings(Protocol::JetstreamV1), Some(&run.intake.checkpoint()));
    let checkpoint = intake.checkpoint();
    assert_eq!(checkpoint.record_time, Some(Micros(T0 + 10 * SECOND)));
    assert_eq!(checkpoint.position.unwrap().seq, None);
}

#[test]
fn without_a_connection_nothing_is_taken() {
    let mut run = Run::new(Protocol::JetstreamV1);
    run.intake = Intake::new(&settings(Protocol::JetstreamV1), None);
    posts(&mut run, &[(1, 1, 1)]);
    assert!(run.recorder.all.is_empty());
    assert_eq!(run.intake.seed_from(), None);
}
