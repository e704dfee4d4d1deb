//! The property that the log's readers rely on: wherever connections end and processes are killed, the same events
//! leave the intake, in the same order, with the same bytes.

use proptest::prelude::*;
use skytrend_event::Micros;
use skytrend_source::bluesky::Protocol;
use skytrend_source::bluesky::cursor::{Cursor, Position};

use crate::support::{Message, Run, SECOND, Stored, T0, What};

/// The default of the setting.
const OVERLAP: i64 = 5 * SECOND;

/// One step of the world.
#[derive(Clone, Debug)]
struct Step {
    what: What,
    author: u32,
    /// Time that passes before it.
    pause_micros: i64,
    /// How far its own time lies behind: Jetstream's lines are not in the order of time.
    lag_micros: i64,
    /// A server's broken clock, for this message alone.
    astray: bool,
    /// Tells an earlier change again.
    repeats: Option<prop::sample::Index>,
}

fn what() -> impl Strategy<Value = What> {
    // Revisions are mostly fresh; some are stale, some come from minutes ahead.
    let lag = prop_oneof![8 => 0..SECOND, 1 => 10 * SECOND..200 * SECOND, 1 => -400 * SECOND..-250 * SECOND];
    let post = (0_u32..6, lag.clone(), any::<bool>()).prop_map(|(rkey, rev_lag_micros, delete)| What::Post {
        rkey,
        rev_lag_micros,
        delete,
    });
    let like = (0_u32..6, lag.clone()).prop_map(|(rkey, rev_lag_micros)| What::Like { rkey, rev_lag_micros });
    prop_oneof![
        6 => post,
        4 => like,
        1 => Just(What::Account { active: false }),
        1 => Just(What::Account { active: true }),
        1 => Just(What::Identity),
        1 => lag.prop_map(|rev_lag_micros| What::Sync { rev_lag_micros }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let pause = prop_oneof![
        10 => 0..2 * SECOND,
        2 => 30 * SECOND..100 * SECOND,
        1 => 700 * SECOND..7_200 * SECOND,
    ];
    let repeats = prop::option::weighted(0.15, any::<prop::sample::Index>());
    (what(), 0_u32..4, pause, 0..2 * SECOND, prop::bool::weighted(0.05), repeats).prop_map(
        |(what, author, pause_micros, lag_micros, astray, repeats)| Step {
            what,
            author,
            pause_micros,
            lag_micros,
            astray,
            repeats,
        },
    )
}

fn world(steps: &[Step], protocol: Protocol) -> Vec<Message> {
    let is_v1 = protocol == Protocol::JetstreamV1;
    let mut messages: Vec<Message> = Vec::new();
    let (mut now, mut has_left, mut told_of) = (T0, [false; 4], [0; 4]);
    for (index, step) in steps.iter().enumerate() {
        now += step.pause_micros;
        let again = step.repeats.filter(|_| !messages.is_empty()).map(|index| index.get(&messages).clone());
        let author = again.as_ref().map_or(step.author, |again| again.author);
        let of_author = usize::try_from(author).unwrap();
        // What is told of one account is in order.
        let mut time = (now - step.lag_micros).max(told_of[of_author]);
        told_of[of_author] = time;
        // A stream without numbers is resumed by time alone: what is told far out of time there can't be placed.
        if step.astray && !is_v1 {
            time += 86_400 * SECOND;
        }
        let mut what = again.as_ref().map_or(&step.what, |again| &again.what).clone();
        if let (Some(again), What::Post { rev_lag_micros, .. } | What::Like { rev_lag_micros, .. }) =
            (&again, &mut what)
        {
            // The same revision, told at another time.
            *rev_lag_micros += time - again.time;
        }
        // Of an account only the last absence is remembered; two within one overlap do not happen.
        if what == (What::Account { active: false })
            && is_v1
            && std::mem::replace(&mut has_left[of_author], true)
        {
            what = What::Identity;
        }
        messages.push(Message { seq: 7 + 3 * i64::try_from(index).unwrap(), time, author, what });
    }
    messages
}

/// What a server sends that is asked to go on from this position, at the instant when `next` is its next new message.
fn told(
    messages: &[Message],
    next: usize,
    position: Option<&Position>,
    inclusive: bool,
) -> (Cursor, Vec<Message>) {
    let Some(position) = position else { return (Cursor::Live, messages[next..].to_vec()) };
    let (old, new) = messages.split_at(next);
    let (cursor, again): (Cursor, Vec<Message>) = if let Some(seq) = position.seq {
        let is_told = |message: &&Message| message.seq > seq || (inclusive && message.seq == seq);
        (Cursor::Seq(seq), old.iter().filter(is_told).cloned().collect())
    } else {
        let from = position.time.0 - OVERLAP;
        let is_told = |message: &&Message| message.time >= from;
        (Cursor::Time(Micros(from)), old.iter().filter(is_told).cloned().collect())
    };
    (cursor, [again, new.to_vec()].concat())
}

/// A cut: after how many messages, whether the process ends or only the connection, whether the server repeats the
/// message asked for.
type Cut = (prop::sample::Index, bool, bool);

fn uncut(protocol: Protocol, messages: &[Message]) -> Vec<Stored> {
    let mut run = Run::new(protocol);
    for message in messages {
        run.tell(message);
    }
    run.recorder.all
}

fn with_cuts(protocol: Protocol, messages: &[Message], cuts: &[Cut]) -> Vec<Stored> {
    let mut places: Vec<_> = cuts
        .iter()
        .map(|(at, restart, inclusive)| (at.index(messages.len() + 1), *restart, *inclusive))
        .collect();
    places.sort_unstable();
    let mut run = Run::new(protocol);
    let mut incoming = messages.to_vec();
    let mut taken = 0;
    for (at, restart, inclusive) in places {
        // `incoming` ends as `messages` does, so the cut is counted from the end.
        let upto = incoming.len() - (messages.len() - at);
        incoming[..upto].iter().for_each(|message| run.tell(message));
        taken = taken.max(at);
        let checkpoint = if restart { run.restart() } else { run.intake.checkpoint() };
        let (cursor, rest) = told(messages, taken, checkpoint.position.as_ref(), inclusive);
        run.resume(cursor);
        incoming = rest;
    }
    for message in &incoming {
        run.tell(message);
    }
    run.recorder.all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn cuts_change_nothing(
        steps in prop::collection::vec(step(), 1..60),
        cuts in prop::collection::vec(any::<Cut>(), 1..6),
        protocol in prop::sample::select(vec![
            Protocol::Firehose, Protocol::JetstreamV1, Protocol::JetstreamV2,
        ]),
    ) {
        let messages = world(&steps, protocol);
        let expected = uncut(protocol, &messages);
        let got = with_cuts(protocol, &messages, &cuts);
        prop_assert_eq!(got.len(), expected.len());
        for (got, expected) in got.iter().zip(&expected) {
            prop_assert_eq!(got, expected);
        }
    }

    #[test]
    fn record_times_never_go_back(steps in prop::collection::vec(step(), 1..60)) {
        let events = uncut(Protocol::JetstreamV2, &world(&steps, Protocol::JetstreamV2));
        prop_assert!(events.is_sorted_by_key(|event| event.witnessed_at));
    }

    #[test]
    fn any_bytes_are_taken_without_a_panic(messages in prop::collection::vec(any::<Vec<u8>>(), 1..20)) {
        for protocol in [Protocol::Firehose, Protocol::JetstreamV1, Protocol::JetstreamV2] {
            let mut run = Run::new(protocol);
            for message in &messages {
                run.bytes(message);
            }
        }
    }
}
