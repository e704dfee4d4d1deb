//! The pipeline's window counts against an independent recount of the simulated world, with every fault on.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should say where")]

mod support;

use std::collections::BTreeMap;

use skytrend_event::time::MINUTE;
use skytrend_event::{KeywordCount, KeywordKind, Topic, WindowKind, codec};
use skytrend_sim::oracle::{self, SLIDING, TUMBLING};
use skytrend_sim::{FUNCTION_WORDS, Fault, Faults, Server, ServerSettings, Wire, WorldSettings};
use support::Program;

/// (window, end, keyword, hashtag?) → (posts, authors)
type Counts = BTreeMap<(WindowKind, i64, String, bool), (u64, u64)>;

/// One hour of a world with a tenth of the network's posts, so that the test ends within a minute.
fn hour(seed: u64) -> WorldSettings {
    WorldSettings {
        posts_per_second: 7.0,
        likes_per_post: 1.0,
        authors: 4_000,
        ..WorldSettings::simulated_hour(seed)
    }
}

/// Events a second at the most. The reader keeps up with that, so that a server that forgets events forgets none
/// that it has sent and the reader, having just dropped the connection, not taken: what was lost is then exactly what
/// was never sent.
const RATE_MAX: u32 = 3_000;

/// Events without a fault before one that loses events, for the same reason: more than half a second.
const CALM: u64 = 1_700;

/// Every fault in turn, one in 150 events, and four times one that loses events for good.
fn all_faults() -> Faults {
    let harmless = [
        Fault::Drop,
        Fault::Duplicate,
        Fault::CutFrame,
        Fault::Reorder,
        Fault::Garbage,
        Fault::UnknownType,
        Fault::Rewind(40),
        Fault::TooManyRequests(1),
        Fault::Oversized,
        Fault::ConsumerTooSlow,
        Fault::Stall(200),
        Fault::Unavailable(1),
    ];
    let losing = [
        (6_000, Fault::Clamp(400)),
        (11_000, Fault::Reset(300)),
        (17_000, Fault::Clamp(250)),
        (23_000, Fault::Reset(20)),
    ];
    let is_calm = |index: u64| losing.iter().all(|(at, _)| !(at - CALM..at + CALM).contains(&index));
    let positions = (500..28_000).step_by(150).filter(|index| is_calm(*index));
    let mut script: Vec<_> = positions.zip(harmless.into_iter().cycle()).collect();
    script.extend(losing);
    Faults { script, chances: Vec::new() }
}

/// One after the other: three pipelines at once on two cores would fall behind the server, see [`RATE_MAX`].
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

async fn compare(protocol: &str, wire: Wire, faults: Faults) {
    let _alone = ALONE.lock().await;
    let settings = ServerSettings { faults, rate_max: Some(RATE_MAX), ..ServerSettings::new(hour(21)) };
    let server = Server::start(settings, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (hosts, protocol) = (format!("source.hosts={}", server.url()), format!("source.protocol={protocol}"));
    let program = Program::new(&[
        &hosts,
        &protocol,
        "source.first_start=oldest",
        "source.backoff.base_millis=10",
        "source.backoff.max_millis=200",
        "source.backoff.retry_after_max_millis=200",
        "source.collections=",
        "log.fsync=never",
        "trend.counts_min=1",
        // The recount asks what was written, not what may be shown.
        "trend.moderation.labelled_posts=count",
    ]);
    let end = server.world().last().unwrap().witnessed.0;
    tokio::task::block_in_place(|| {
        let mut running = program.start(&[]);
        running.wait_for_time(end);
        running.stop();
    });
    let found = found(&program);
    let lost = server.ledger().lost_on(wire);
    let events: Vec<_> = server.world().collect();
    // The last window is open: nothing came after its end that could close it.
    let closed = end - end.rem_euclid(MINUTE);
    let expected = expected(&events, &lost, closed);
    assert!(expected.len() > 100_000, "only {} counts to compare", expected.len());
    let faults = server.ledger().fault_count();
    let differing: Vec<_> = expected.iter().filter(|(key, count)| found.get(*key) != Some(*count)).collect();
    let first: Vec<_> = differing.iter().take(5).map(|(key, count)| (key, count, found.get(*key))).collect();
    assert!(differing.is_empty(), "{} of {} counts differ: {first:?}", differing.len(), expected.len());
    eprintln!("{protocol}: {} window counts agree, {faults} faults", expected.len());
    let surplus = found.keys().find(|key| !expected.contains_key(*key));
    assert_eq!(surplus, None, "counted, though nobody wrote it");
    server.shutdown().await;
}

/// What the program counted, as it stands in its topic.
fn found(program: &Program) -> Counts {
    let mut counts = Counts::new();
    for record in program.records(Topic::WindowCounts) {
        let count: KeywordCount = codec::decode(&record.value).unwrap();
        if count.kind == KeywordKind::Phrase || FUNCTION_WORDS.contains(&count.normalized_keyword.as_str()) {
            continue;
        }
        let key =
            (count.window, count.window_end.0, count.normalized_keyword, count.kind == KeywordKind::Hashtag);
        let before = counts.insert(key, (count.count, count.unique_authors));
        assert_eq!(before, None, "a window was written twice");
    }
    counts
}

fn expected(events: &[skytrend_sim::WorldEvent], lost: &skytrend_sim::IndexSet, closed: i64) -> Counts {
    let mut counts = Counts::new();
    for (window, recount) in oracle::recount(events.iter(), lost, &[SLIDING, TUMBLING]) {
        if window.end.0 > closed {
            continue;
        }
        for (keyword, count) in recount.keywords {
            if FUNCTION_WORDS.contains(&&*keyword.normalized) {
                continue;
            }
            let is_hashtag = keyword.kind == KeywordKind::Hashtag;
            let key = (window.kind, window.end.0, keyword.normalized.to_string(), is_hashtag);
            counts.insert(key, (count.posts, count.authors));
        }
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_window_count_agrees_on_the_firehose_with_all_faults() {
    compare("firehose", Wire::Firehose, all_faults()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_window_count_agrees_on_jetstream_v2_with_all_faults() {
    compare("jetstream_v2", Wire::JetstreamV2, all_faults()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_window_count_agrees_on_jetstream_v1_without_faults() {
    compare("jetstream_v1", Wire::JetstreamV1, Faults::default()).await;
}
