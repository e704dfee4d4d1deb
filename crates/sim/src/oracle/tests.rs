use std::sync::Arc;

use skytrend_event::{Did, KeywordKind, RecordKey};

use super::*;
use crate::instant::TidNumber;
use crate::node::Node;
use crate::world::event::{Commit, Hostility, PostTruth, Record};

/// A minute of the tiny world, and a second in it.
const fn at(minute: i64, second: i64) -> Micros {
    Micros(minute * MINUTE + second * 1_000_000)
}

fn word(text: &str) -> TrueKeyword {
    let (kind, text) =
        text.strip_prefix('#').map_or((KeywordKind::Word, text), |tag| (KeywordKind::Hashtag, tag));
    TrueKeyword { kind, normalized: Arc::from(text) }
}

/// Events of a world that is written down by hand.
#[derive(Default)]
struct Tiny(Vec<WorldEvent>);

impl Tiny {
    fn event(&mut self, who: &str, witnessed: Micros, change: Change) {
        let did = Did::parse(format!("did:plc:{who}")).unwrap();
        let index = self.0.len() as u64;
        self.0.push(WorldEvent { index, seq: index as i64 + 1, witnessed, did, change });
    }

    fn operation(
        &mut self,
        who: &str,
        when: Micros,
        action: Action,
        rkey: &'static str,
        truth: Option<PostTruth>,
    ) {
        let cid = skytrend_event::Cid::of_dag_cbor([0; 32]);
        let record = truth.as_ref().map(|_| Record { node: Node::word(""), block: Vec::new(), cid });
        let rkey = RecordKey::parse(rkey).unwrap();
        let operation = Operation { action, collection: POST, rkey, record, prev: None, truth };
        let commit = Commit { rev: TidNumber(1), since: None, operations: vec![operation] };
        self.event(who, when, Change::Commit(commit));
    }

    fn post(&mut self, who: &str, when: Micros, rkey: &'static str, words: &str) {
        let truth = PostTruth { keywords: words.split(' ').map(word).collect(), ..PostTruth::default() };
        self.operation(who, when, Action::Create, rkey, Some(truth));
    }

    fn edit(&mut self, who: &str, when: Micros, rkey: &'static str, words: &str) {
        let truth = PostTruth { keywords: words.split(' ').map(word).collect(), ..PostTruth::default() };
        self.operation(who, when, Action::Update, rkey, Some(truth));
    }

    fn delete(&mut self, who: &str, when: Micros, rkey: &'static str) {
        self.operation(who, when, Action::Delete, rkey, None);
    }

    fn account(&mut self, who: &str, when: Micros, active: bool, status: Option<&'static str>) {
        self.event(who, when, Change::Account { active, status });
    }

    /// (posts, authors) of a keyword in the sliding window that ends with this minute.
    fn sliding(&self, end: i64, keyword: &str) -> (u64, u64) {
        self.count(&IndexSet::default(), SLIDING, end, keyword)
    }

    fn count(&self, lost: &IndexSet, shape: WindowShape, end: i64, keyword: &str) -> (u64, u64) {
        let end = at(end, 0);
        let key = WindowKey { kind: shape.kind, end, start: end.plus(-shape.length) };
        let windows = recount(self.0.iter(), lost, &[shape]);
        let counts = windows.get(&key).and_then(|counts| counts.keywords.get(&word(keyword)));
        counts.map_or((0, 0), |count| (count.posts, count.authors))
    }
}

#[test]
fn a_post_counts_once_in_each_window_that_holds_it() {
    let mut tiny = Tiny::default();
    tiny.post("ann", at(100, 0), "one", "storm storm #storm");
    tiny.post("ann", at(100, 30), "two", "storm rain");
    tiny.post("bob", at(109, 59), "three", "storm");
    assert_eq!(tiny.sliding(100, "storm"), (0, 0), "the end is outside");
    assert_eq!(tiny.sliding(101, "storm"), (2, 1), "twice in one post is once; two posts of one author");
    assert_eq!(tiny.sliding(110, "storm"), (3, 2), "the start is inside");
    assert_eq!(tiny.sliding(111, "storm"), (1, 1));
    assert_eq!(tiny.sliding(120, "storm"), (0, 0));
    assert_eq!(tiny.sliding(105, "#storm"), (1, 1), "a hashtag is not a word");
    let none = IndexSet::default();
    assert_eq!(tiny.count(&none, TUMBLING, 105, "storm"), (2, 1));
    assert_eq!(tiny.count(&none, TUMBLING, 110, "storm"), (1, 1));
    let windows = recount(tiny.0.iter(), &none, &[SLIDING, TUMBLING]);
    assert_eq!(windows.len(), 19 + 2, "ends 101 to 119, and two tumbling ones");
}

#[test]
fn what_is_taken_back_leaves_the_windows_that_end_later() {
    let mut tiny = Tiny::default();
    tiny.post("ann", at(100, 0), "one", "storm");
    tiny.post("bob", at(100, 1), "two", "storm");
    tiny.delete("ann", at(102, 0), "one");
    tiny.delete("ann", at(102, 1), "one");
    tiny.delete("cid", at(102, 2), "never");
    assert_eq!(tiny.sliding(101, "storm"), (2, 2));
    assert_eq!(tiny.sliding(102, "storm"), (2, 2), "taken back at the very end: still counted");
    assert_eq!(tiny.sliding(103, "storm"), (1, 1));
}

#[test]
fn an_edit_moves_the_words_to_its_own_time() {
    let mut tiny = Tiny::default();
    tiny.post("ann", at(100, 0), "one", "storm rain");
    tiny.edit("ann", at(105, 0), "one", "storm snow");
    tiny.edit("bob", at(105, 1), "unseen", "snow");
    assert_eq!(tiny.sliding(105, "storm"), (1, 1));
    assert_eq!(tiny.sliding(106, "storm"), (1, 1), "old words gone, new ones here");
    assert_eq!((tiny.sliding(105, "rain"), tiny.sliding(106, "rain")), ((1, 1), (0, 0)));
    assert_eq!((tiny.sliding(105, "snow"), tiny.sliding(106, "snow")), ((0, 0), (2, 2)));
    assert_eq!(
        (tiny.sliding(115, "storm"), tiny.sliding(116, "storm")),
        ((1, 1), (0, 0)),
        "it lives from the edit on"
    );
}

#[test]
fn a_removed_account_loses_its_posts_and_says_nothing() {
    let mut tiny = Tiny::default();
    tiny.post("ann", at(100, 0), "one", "storm");
    tiny.post("bob", at(100, 1), "two", "storm");
    tiny.account("ann", at(101, 0), false, Some("takendown"));
    tiny.post("ann", at(102, 0), "three", "storm");
    tiny.account("ann", at(103, 0), true, None);
    tiny.post("ann", at(104, 0), "four", "storm");
    tiny.account("bob", at(105, 0), false, Some("throttled"));
    assert_eq!(tiny.sliding(101, "storm"), (2, 2));
    assert_eq!(tiny.sliding(103, "storm"), (1, 1), "what it says while it is away is not heard");
    assert_eq!(tiny.sliding(105, "storm"), (2, 2), "it comes back without its old posts");
    assert_eq!(tiny.sliding(106, "storm"), (2, 2), "a throttled account keeps its posts");
}

#[test]
fn dropped_posts_and_lost_events_did_not_happen() {
    let mut tiny = Tiny::default();
    let long = PostTruth {
        keywords: vec![word("storm")],
        hostility: Some(Hostility::TextTooLong),
        ..PostTruth::default()
    };
    tiny.operation("ann", at(100, 0), Action::Create, "one", Some(long));
    tiny.post("bob", at(100, 1), "two", "storm");
    tiny.post("cid", at(100, 2), "three", "storm");
    tiny.delete("cid", at(100, 3), "three");
    assert_eq!(tiny.sliding(101, "storm"), (1, 1));
    let mut lost = IndexSet::default();
    lost.insert(1);
    lost.insert(3);
    assert_eq!(
        tiny.count(&lost, SLIDING, 101, "storm"),
        (1, 1),
        "bob's post was lost, and so was cid's deletion"
    );
}
