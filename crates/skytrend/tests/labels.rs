//! Labels of a labeler, in the whole program: what it hides is gone from counts and samples from the window on that
//! ends after the withdrawal, whatever becomes of the labeler's connection.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should say where")]

#[path = "../src/crash.rs"]
#[expect(dead_code, reason = "the program itself passes the points")]
mod crash;
mod support;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use skytrend_event::engagement::collection::POST;
use skytrend_event::time::{MINUTE, SECOND};
use skytrend_event::{
    AtUri, EventId, KeywordCount, KeywordKind, Micros, PostAction, PostEvent, Topic, Trend, WindowKind, codec,
};
use skytrend_sim::labelling::LABELER_DID;
use skytrend_sim::oracle::{self, SLIDING, TUMBLING};
use skytrend_sim::{
    Change, FUNCTION_WORDS, IndexSet, Labelling, PlannedLabel, Server, ServerSettings, WorldEvent,
    WorldSettings,
};
use support::{Program, Running};

/// Labels that hide a post, and those that hide an account, as `config/default.toml` has them.
const HIDE_POSTS: [&str; 3] = ["spam", "!hide", "porn"];
const HIDE_ACCOUNTS: [&str; 2] = ["spam", "!takedown"];

/// Half an hour in which one post in twenty is labelled, and every eightieth account.
fn settings() -> ServerSettings {
    let world = WorldSettings {
        posts_per_second: 7.0,
        likes_per_post: 1.0,
        authors: 2_000,
        history: 5 * MINUTE,
        duration: Some(25 * MINUTE),
        trend_interval: 3 * MINUTE,
        ..WorldSettings::live_like(23)
    };
    let (posts_ppm, accounts_ppm, delay) = (50_000, 12_500, 5 * SECOND);
    let labelling = Labelling { posts_ppm, accounts_ppm, delay, cut_after: Some(40) };
    ServerSettings { labelling, rate_max: Some(3_000), ..ServerSettings::new(world) }
}

async fn serve() -> Server {
    Server::start(settings(), "127.0.0.1:0".parse().unwrap()).await.unwrap()
}

fn program(server: &Server, more: &[&str]) -> Program {
    let (hosts, labelers) =
        (format!("source.hosts={}", server.url()), format!("labelers.hosts={}", server.url()));
    let all = [
        &*hosts,
        &*labelers,
        "labelers.first_start=oldest",
        "source.protocol=firehose",
        "source.first_start=oldest",
        "source.backoff.base_millis=1",
        "source.backoff.max_millis=20",
        "source.collections=",
        "ingest.commit_interval_millis=20",
        "log.fsync=never",
        "trend.counts_min=1",
        // The recount asks what was written, not what its author calls it.
        "trend.moderation.labelled_posts=count",
    ];
    Program::new(&[&all, more].concat())
}

/// The labels that hide something, the first for each subject, by the id of the withdrawal.
fn hiding(events: &[WorldEvent]) -> BTreeMap<EventId, PlannedLabel> {
    let settings = settings();
    let mut subjects = BTreeSet::new();
    let labels = events.iter().filter_map(|event| settings.labelling.label(settings.world.seed, event));
    let hides = |label: &PlannedLabel| {
        let values: &[&str] = if label.uri.starts_with("did:") { &HIDE_ACCOUNTS } else { &HIDE_POSTS };
        values.contains(&label.value)
    };
    labels
        .filter(hides)
        .filter(|label| subjects.insert(label.uri.clone()))
        .map(|it| (id_of(&it), it))
        .collect()
}

fn id_of(label: &PlannedLabel) -> EventId {
    let said = format!("{LABELER_DID} {} {}", label.at.0, label.value);
    if label.uri.starts_with("did:") {
        return EventId::of(&label.uri, "", "", &said, "label");
    }
    let uri = AtUri::parse(&*label.uri).unwrap();
    EventId::of(uri.authority(), POST, uri.rkey().unwrap(), &said, "label")
}

/// Waits until everything is in: the events up to the last, at this time, and the labels, of which nothing comes any
/// more though the connection stands.
fn wait_for_all(running: &mut Running, end: i64) {
    const STILL: u32 = 30;
    running.wait_for_time(end);
    let (last, still) = (Cell::new(None), Cell::new(0));
    running.wait_until("the last label", |status| {
        let events = status["ingest"]["events"].as_u64();
        let is_still = last.replace(events) == events && status["labelers"][0]["phase"] == "connected";
        still.set(if is_still { still.get() + 1 } else { 0 });
        still.get() >= STILL
    });
}

/// When each of these subjects was withdrawn: all of them, each once.
fn withdrawn(program: &Program, hiding: &BTreeMap<EventId, PlannedLabel>) -> BTreeMap<String, Micros> {
    let mut withdrawn = BTreeMap::new();
    for record in program.records(Topic::Posts) {
        let event: PostEvent<'_> = codec::decode(&record.value).unwrap();
        let Some(label) = hiding.get(&event.event_id) else { continue };
        let is_account = label.uri.starts_with("did:");
        assert_eq!(event.action, if is_account { PostAction::AuthorRemoved } else { PostAction::Deleted });
        let before = withdrawn.insert(label.uri.clone(), event.witnessed_at);
        assert_eq!(before, None, "{} was withdrawn twice", label.uri);
    }
    let missing: Vec<_> = hiding.values().filter(|label| !withdrawn.contains_key(&label.uri)).collect();
    let mut seqs: Vec<_> = missing.iter().map(|it| (it.seq, it.at.0, it.uri.starts_with("did:"))).collect();
    seqs.sort_unstable();
    assert!(missing.is_empty(), "{} labels without a withdrawal: {seqs:?}", missing.len());
    withdrawn
}

/// The world's events as they are with these withdrawals: an account that is labelled is taken down, a post that is
/// labelled deleted, and what comes after that is not there.
fn with_withdrawals(events: &[WorldEvent], withdrawn: &BTreeMap<String, Micros>) -> Vec<WorldEvent> {
    let post_of = |event: &WorldEvent, uri: &str| {
        let Change::Commit(commit) = &event.change else { return None };
        commit.operations.iter().find(|operation| operation.uri(&event.did).as_str() == uri).cloned()
    };
    let mut all: Vec<WorldEvent> = events.to_vec();
    for event in &mut all {
        let (did, at) = (event.did.clone(), event.witnessed);
        if let Change::Commit(commit) = &mut event.change {
            commit.operations.retain(|operation| {
                operation.record.is_none()
                    || withdrawn.get(operation.uri(&did).as_str()).is_none_or(|since| at < *since)
            });
        }
    }
    for (subject, at) in withdrawn {
        // Any event of the account will do to make one more from.
        let of_subject =
            |event: &&WorldEvent| event.did.as_str() == subject || post_of(event, subject).is_some();
        let mut event = events.iter().find(of_subject).unwrap().clone();
        event.witnessed = *at;
        if subject.starts_with("did:") {
            event.change = Change::Account { active: false, status: Some("takendown") };
        } else if let Change::Commit(commit) = &mut event.change {
            commit.operations.retain(|operation| operation.uri(&event.did).as_str() == subject);
            for operation in &mut commit.operations {
                (operation.action, operation.record, operation.truth) =
                    (skytrend_sim::Action::Delete, None, None);
            }
        }
        // The account's own events of the same instant came before.
        let place = all.partition_point(|other| other.witnessed <= *at);
        all.insert(place, event);
    }
    all
}

/// (window, end, keyword, hashtag?) → (posts, authors)
type Counts = BTreeMap<(WindowKind, i64, String, bool), (u64, u64)>;

fn expected(events: &[WorldEvent], closed: i64) -> Counts {
    let windows = oracle::recount(events.iter(), &IndexSet::default(), &[SLIDING, TUMBLING]);
    let closed = windows.into_iter().filter(|(window, _)| window.end.0 <= closed);
    let counts = closed.flat_map(|(window, counts)| counts.keywords.into_iter().map(move |it| (window, it)));
    counts
        .filter(|(_, (keyword, _))| !FUNCTION_WORDS.contains(&&*keyword.normalized))
        .map(|(window, (keyword, count))| {
            let is_hashtag = keyword.kind == KeywordKind::Hashtag;
            let key = (window.kind, window.end.0, keyword.normalized.to_string(), is_hashtag);
            (key, (count.posts, count.authors))
        })
        .collect()
}

fn found(program: &Program) -> Counts {
    let records = program.records(Topic::WindowCounts);
    let counts = records.iter().map(|record| codec::decode::<KeywordCount>(&record.value).unwrap());
    counts
        .filter(|it| {
            it.kind != KeywordKind::Phrase && !FUNCTION_WORDS.contains(&it.normalized_keyword.as_str())
        })
        .map(|it| {
            let key = (it.window, it.window_end.0, it.normalized_keyword, it.kind == KeywordKind::Hashtag);
            (key, (it.count, it.unique_authors))
        })
        .collect()
}

/// Counts and samples of every closed window are those of the world without what had been withdrawn before its end.
fn check(program: &Program, events: &[WorldEvent], end: i64) {
    let hiding = hiding(events);
    let withdrawn = withdrawn(program, &hiding);
    // The last window is open: nothing came after its end that could close it.
    let closed = end - end.rem_euclid(MINUTE);
    let (found, expected) = (found(program), expected(&with_withdrawals(events, &withdrawn), closed));
    assert!(expected.len() > 20_000, "only {} counts to compare", expected.len());
    let differing: Vec<_> = expected.iter().filter(|(key, count)| found.get(*key) != Some(*count)).collect();
    let first: Vec<_> = differing.iter().take(5).map(|(key, count)| (key, count, found.get(*key))).collect();
    assert!(differing.is_empty(), "{} of {} counts differ: {first:?}", differing.len(), expected.len());
    let surplus = found.keys().find(|key| !expected.contains_key(*key));
    assert_eq!(surplus, None, "counted, though it was withdrawn");
    let unlabelled = self::expected(events, closed);
    assert!(unlabelled.iter().filter(|(key, count)| expected.get(*key) != Some(*count)).count() > 10_000);

    let mut samples = 0;
    for record in program.records(Topic::Trends) {
        let trend: Trend = codec::decode(&record.value).unwrap();
        for sample in &trend.sample_posts {
            samples += 1;
            let account = sample.uri.split('/').nth(2).unwrap();
            for subject in [sample.uri.as_str(), account] {
                let is_gone = withdrawn.get(subject).is_some_and(|at| *at < trend.window_end);
                assert!(
                    !is_gone,
                    "{} is shown in the window that ends at {}",
                    sample.uri, trend.window_end.0
                );
            }
        }
    }
    assert!(samples > 100, "only {samples} samples to look at");
    eprintln!("{} withdrawals, {} counts and {samples} samples agree", withdrawn.len(), expected.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_labelled_leaves_counts_and_samples_though_the_labeler_breaks_off_again_and_again() {
    let server = serve().await;
    let program = program(&server, &[]);
    let events: Vec<_> = server.world().collect();
    let end = events.last().unwrap().witnessed.0;
    tokio::task::block_in_place(|| {
        let mut running = program.start(&[]);
        wait_for_all(&mut running, end);
        running.stop();
        check(&program, &events, end);
    });
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_loses_and_doubles_no_label() {
    let server = serve().await;
    let program = program(&server, &[]);
    let events: Vec<_> = server.world().collect();
    let end = events.last().unwrap().witnessed.0;
    tokio::task::block_in_place(|| {
        for point in ["ingest.before_commit:30", "ingest.after_commit:60", "ingest.before_commit:90"] {
            let mut running = program.start(&[(crash::VARIABLE, point.to_owned())]);
            assert!(!running.child.wait().unwrap().success(), "{point} was not reached");
        }
        let mut running = program.start(&[]);
        wait_for_all(&mut running, end);
        running.stop();
        check(&program, &events, end);
    });
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_labeler_that_cannot_be_reached_stops_nothing() {
    let server = serve().await;
    let nobody = format!("labelers.hosts=ws://127.0.0.1:{}", support::free_port());
    let program = program(&server, &[&nobody]);
    let end = server.world().last().unwrap().witnessed.0;
    tokio::task::block_in_place(|| {
        let mut running = program.start(&[]);
        running.wait_for_time(end);
        let status = running.status().unwrap();
        assert_eq!(status["source"]["phase"], "connected", "{status}");
        assert_ne!(status["labelers"][0]["phase"], "connected", "{status}");
        running.stop();
    });
    server.shutdown().await;
}
