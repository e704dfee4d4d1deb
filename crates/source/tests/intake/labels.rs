//! Labels beside the stream of events: what they withdraw, what they keep out, and that a restart changes nothing.

use std::collections::HashMap;

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};
use skytrend_event::{Event, PostAction};
use skytrend_source::bluesky::cursor::{Because, Cursor, Request};
use skytrend_source::bluesky::labels::{HidingLabels, InvalidMemory, LabelCheckpoint};
use skytrend_source::bluesky::{Delivery, Host, Intake, LabelIntake, Labelled, Protocol, Violation};
use skytrend_source::{DropReason, bluesky};

use crate::build;
use crate::support::{LIVE, Message, Run, SECOND, Stored, T0, What, post, settings};

const LABELER: &str = "wss://labeler.example";

fn hiding() -> HidingLabels {
    let set = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    HidingLabels { labelers: set(&[LABELER]), of_posts: set(&["spam"]), of_accounts: set(&["spam"]) }
}

fn account_of(author: u32) -> String {
    post(0, 0, author, 0).did()
}

fn uri(author: u32, rkey: u32) -> String {
    format!("at://{}/app.bsky.feed.post/post{rkey}", account_of(author))
}

fn label(subject: &str, is_negated: bool) -> Value {
    let cts = build::TIME;
    json!({"src": "did:web:labeler.example", "uri": subject, "val": "spam", "neg": is_negated, "cts": cts})
}

fn frame(seq: i64, label: &Value) -> Vec<u8> {
    build::frame(&json!({"op": 1, "t": "#labels"}), &json!({"seq": seq, "labels": [label]}))
}

/// A run with a labeler beside it.
struct Both {
    run: Run,
    labels: LabelIntake,
    generation: u64,
    violations: Vec<Violation>,
    /// What is stored by the last commit.
    states: HashMap<String, Vec<u8>>,
    checkpoint: Option<LabelCheckpoint>,
}

impl Both {
    fn new() -> Self {
        let mut run = Run::new(Protocol::Firehose);
        run.intake = Intake::new(&settings(Protocol::Firehose), None).with_labelled(Labelled::new(hiding()));
        let labels = LabelIntake::new(LABELER.to_owned(), None);
        let (states, checkpoint, violations) = (HashMap::new(), None, Vec::new());
        let mut both = Self { run, labels, generation: 0, violations, states, checkpoint };
        both.run.connect(crate::support::HOST, LIVE);
        both.connect(LIVE);
        both
    }

    fn connect(&mut self, request: Request) {
        self.generation += 1;
        let (generation, host) = (self.generation, Host::parse(LABELER).unwrap());
        self.deliver(&Delivery::Connected { generation, host, request, dictionary: None });
    }

    fn deliver(&mut self, delivery: &Delivery) {
        let Self { run, labels, violations, .. } = self;
        violations.extend(labels.accept(delivery, &mut run.intake, &mut run.recorder).err());
    }

    fn frame(&mut self, frame: Vec<u8>) {
        let (generation, bytes, received) = (self.generation, Bytes::from(frame), skytrend_event::Micros(0));
        self.deliver(&Delivery::Message { generation, bytes, compressed: false, received });
    }

    fn label(&mut self, seq: i64, subject: &str) {
        self.frame(frame(seq, &label(subject, false)));
    }

    fn negate(&mut self, seq: i64, subject: &str) {
        self.frame(frame(seq, &label(subject, true)));
    }

    fn commit(&mut self) {
        self.states.extend(self.run.intake.labelled().changed_states());
        if let Some(checkpoint) = self.labels.changed_checkpoint() {
            self.checkpoint = Some(LabelCheckpoint::from_json(&checkpoint.to_json()).unwrap());
        }
    }

    /// Ends the process behind a commit and starts another one.
    fn restart(&mut self) {
        self.commit();
        let checkpoint = self.run.restart();
        let intake =
            std::mem::replace(&mut self.run.intake, Intake::new(&settings(Protocol::Firehose), None));
        let load = |name: &str| Ok::<_, InvalidMemory>(self.states.get(name));
        self.run.intake = intake.with_labelled(Labelled::restore(hiding(), load).unwrap());
        let seq = checkpoint.position.map_or(Cursor::Live, |position| Cursor::Seq(position.seq.unwrap()));
        self.run.resume(seq);
        self.labels = LabelIntake::new(LABELER.to_owned(), self.checkpoint.as_ref());
        self.resume();
    }

    /// Goes on as the client would.
    fn resume(&mut self) {
        let seq = self.labels.position().and_then(|position| position.seq);
        let cursor = seq.map_or(Cursor::Live, Cursor::Seq);
        self.connect(Request { cursor, because: Because::Resume });
    }

    /// The events as action, URI and seconds after [`T0`].
    fn events(&self) -> Vec<(PostAction, String, i64)> {
        let read = |stored: &Stored| {
            let Event::Post(event) = stored.read() else { panic!("a post event") };
            (event.action, event.uri.as_str().to_owned(), (event.witnessed_at.0 - T0) / SECOND)
        };
        self.run.recorder.events.iter().map(read).collect()
    }
}

#[test]
fn a_labelled_post_is_withdrawn_at_the_present_record_time_which_stays() {
    let mut both = Both::new();
    both.run.message(&post(1, 0, 1, 1));
    both.run.message(&post(2, 3, 2, 2));
    let before = both.run.intake.checkpoint();
    both.label(50, &uri(1, 1));
    assert_eq!(both.events().last().unwrap(), &(PostAction::Deleted, uri(1, 1), 3));
    assert_eq!(both.run.intake.checkpoint(), before, "the stream of events stands where it stood");
    assert_eq!(both.run.recorder.heartbeats.len(), 2, "no time has passed");
    both.label(51, &uri(1, 1));
    assert_eq!(both.events().len(), 3, "it is withdrawn once");
}

#[test]
fn a_labelled_account_is_removed_and_says_nothing_new_until_the_label_is_off() {
    let mut both = Both::new();
    both.run.message(&post(1, 0, 1, 1));
    both.label(50, &account_of(1));
    both.run.message(&post(2, 1, 1, 2));
    let like = What::Like { rkey: 3, rev_lag_micros: 100_000 };
    both.run.message(&Message { what: like, ..post(3, 2, 1, 0) });
    let delete = What::Post { rkey: 1, rev_lag_micros: 100_000, delete: true };
    both.run.message(&Message { what: delete, ..post(4, 3, 1, 0) });
    both.run.message(&post(5, 4, 2, 4));
    both.negate(51, &account_of(1));
    both.run.message(&post(6, 5, 1, 5));
    let account = format!("at://{}", account_of(1));
    let expected = [
        (PostAction::Created, uri(1, 1), 0),
        (PostAction::AuthorRemoved, account, 0),
        (PostAction::Deleted, uri(1, 1), 3),
        (PostAction::Created, uri(2, 4), 4),
        (PostAction::Created, uri(1, 5), 5),
    ];
    assert_eq!(both.events(), expected);
    assert_eq!(both.run.recorder.passed_over, [DropReason::Labelled; 2]);
    assert!(both.run.recorder.dropped.is_empty(), "what is hidden is no dead letter");
}

#[test]
fn a_label_that_comes_before_its_post_keeps_it_out() {
    let mut both = Both::new();
    both.label(50, &uri(1, 1));
    assert!(both.events().is_empty(), "before the first message there is no time, and nothing to withdraw");
    both.run.message(&post(1, 0, 1, 1));
    both.run.message(&post(2, 1, 1, 2));
    assert_eq!(both.events(), [(PostAction::Created, uri(1, 2), 1)]);
}

#[test]
fn a_resumption_tells_nothing_twice() {
    let mut both = Both::new();
    both.run.message(&post(1, 0, 1, 1));
    both.run.message(&post(2, 0, 2, 2));
    both.label(50, &uri(1, 1));
    assert_eq!(both.labels.position().unwrap().seq, Some(50));
    both.resume();
    // Some servers repeat the message asked for, some do not.
    both.label(50, &uri(1, 1));
    both.label(51, &uri(2, 2));
    assert_eq!(both.events().len(), 4);
    both.restart();
    assert_eq!(both.labels.position().unwrap().seq, Some(51));
    both.label(51, &uri(2, 2));
    both.run.message(&post(3, 1, 1, 1));
    assert_eq!(both.events().len(), 4, "the memory has survived, too");
    assert!(both.violations.is_empty());
}

#[test]
fn disorder_and_broken_frames_end_the_connection_once() {
    let mut both = Both::new();
    both.label(50, &uri(1, 1));
    both.label(49, &uri(1, 2));
    assert_eq!(both.violations, [Violation::SeqOutOfOrder { seq: 49, last: 50 }]);
    both.label(51, &uri(1, 3));
    assert_eq!(both.labels.position().unwrap().seq, Some(48), "nothing more of this connection is taken");
    both.resume();
    for seq in [49, 50, 51] {
        both.label(seq, &uri(1, u32::try_from(seq).unwrap()));
    }
    let broken = vec![0xff; 9];
    both.frame(broken.clone());
    both.resume();
    both.frame(broken);
    both.label(52, &uri(1, 52));
    assert_eq!(both.violations.len(), 2, "the same bytes again are passed over");
    assert_eq!(both.labels.position().unwrap().seq, Some(52));
    assert_eq!(both.run.recorder.reasons(), ["seq_out_of_order", "invalid_cbor"]);
}

#[test]
fn restarted_numbers_are_read_from_their_beginning() {
    let mut both = Both::new();
    both.label(50, &uri(1, 1));
    both.connect(Request { cursor: Cursor::Oldest, because: Because::FutureCursor });
    both.label(1, &uri(1, 1));
    assert_eq!(both.labels.position().unwrap().seq, Some(1));
}

#[test]
fn a_checkpoint_of_another_labeler_or_version_is_not_used() {
    let other = LabelCheckpoint::from_json(br#"{"version":1,"host":"wss://other.example","seq":7}"#).unwrap();
    assert_eq!(LabelIntake::new(LABELER.to_owned(), Some(&other)).position(), None);
    assert!(matches!(
        LabelCheckpoint::from_json(br#"{"version":2,"place":7}"#),
        Err(bluesky::labels::CheckpointError::Version { found: 2 })
    ));
}

proptest! {
    /// However the two streams are cut by commits, kills and resumptions, the events are those of a run without any.
    #[test]
    fn restarts_change_nothing(
        steps in prop::collection::vec((0..4_u8, 1..4_u32, 1..4_u32, 0..4_u8), 1..60)
    ) {
        let (mut whole, mut cut) = (Both::new(), Both::new());
        for (number, (kind, author, rkey, end)) in steps.iter().enumerate() {
            let number = i64::try_from(number).unwrap() + 1;
            for both in [&mut whole, &mut cut] {
                match kind {
                    // Each its own post, so that none is a duplicate.
                    0 => both.run.message(&post(number, number, *author, 100 + u32::try_from(number).unwrap())),
                    1 => both.label(number, &uri(*author, *rkey)),
                    2 => both.label(number, &account_of(*author)),
                    _ => both.negate(number, &account_of(*author)),
                }
            }
            match end {
                0 => cut.restart(),
                1 => cut.resume(),
                _ => {}
            }
        }
        prop_assert_eq!(cut.run.recorder.all, whole.run.recorder.all);
        prop_assert_eq!(cut.run.recorder.passed_over.len(), whole.run.recorder.passed_over.len());
    }
}
