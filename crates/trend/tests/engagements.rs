//! Reposts and likes as voices, against a slow recount of the same events, and against itself: cut, interleaved,
//! restored; and what becomes of them when they, their post or an account go.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod world;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::Index;
use skytrend_event::time::{MINUTE, SECOND};
use skytrend_event::{
    AtUri, KeywordKind, Like, Micros, PostAction, PostEvent, Repost, Trend, TrendStatus, WindowKind,
};
use skytrend_trend::{Detector, Settings, WindowOutput};
use world::{START, World, created, event, heartbeat, like, repost, uri};

const WORDS: [&str; 6] = ["river", "mountain", "Ocean", "forest", "desert", "valley"];
const ACCOUNTS: u64 = 7;
/// Topics that are read: posts, reposts, likes.
const TOPICS: usize = 3;

fn settings() -> Settings {
    Settings {
        sliding_minutes: 4,
        tumbling_minutes: 3,
        session_gap_minutes: 2,
        counts_min: 1,
        min_frequency: 3,
        min_authors: 3,
        repost_weight: 1.0,
        like_weight: 1.0,
        ..Settings::default()
    }
}

/// An event of one of the three topics.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a few hundred of them")]
enum Any {
    Post(PostEvent<'static>),
    Repost(Repost<'static>),
    Like(Like<'static>),
}

impl Any {
    fn at(&self) -> Micros {
        match self {
            Self::Post(event) => event.witnessed_at,
            Self::Repost(event) => event.witnessed_at,
            Self::Like(event) => event.witnessed_at,
        }
    }

    /// Its topic, and its partition of so many.
    fn place(&self, partitions: usize) -> (usize, usize) {
        let (topic, did) = match self {
            Self::Post(event) => (0, &event.author_did),
            Self::Repost(event) => (1, &event.author_did),
            Self::Like(event) => (2, &event.author_did),
        };
        (topic, usize::from(did.as_str().as_bytes()[8]) % partitions)
    }

    fn apply(&self, detector: &mut Detector, partition: usize) {
        let partition = u32::try_from(partition).unwrap();
        match self {
            Self::Post(event) => detector.apply(partition, event),
            Self::Repost(event) => detector.apply_repost(partition, event),
            Self::Like(event) => detector.apply_like(partition, event),
        }
    }
}

/// Time has come to `at`, in all topics.
fn beats(at: Micros) -> [Any; TOPICS] {
    let beat = heartbeat(at);
    [Any::Repost(Repost::heartbeat(&beat)), Any::Like(Like::heartbeat(&beat)), Any::Post(beat)]
}

/// What happens, before it gets its time and what it is about.
#[derive(Clone, Debug)]
enum Draft {
    Post { author: u64, text: String },
    Edit { post: Index, text: String },
    Delete { post: Index },
    Remove { account: u64 },
    Engage { account: u64, post: Index, is_like: bool },
    Withdraw { engagement: Index },
    Beat,
}

fn draft() -> impl Strategy<Value = (i64, Draft)> {
    let text = || {
        proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..6)
            .prop_map(|words| words.join(" "))
    };
    let index = any::<Index>;
    let draft = prop_oneof![
        6 => (0..ACCOUNTS, text()).prop_map(|(author, text)| Draft::Post { author, text }),
        1 => (index(), text()).prop_map(|(post, text)| Draft::Edit { post, text }),
        2 => index().prop_map(|post| Draft::Delete { post }),
        1 => (0..ACCOUNTS).prop_map(|account| Draft::Remove { account }),
        16 => (0..ACCOUNTS, index(), any::<bool>())
            .prop_map(|(account, post, is_like)| Draft::Engage { account, post, is_like }),
        3 => index().prop_map(|engagement| Draft::Withdraw { engagement }),
        1 => Just(Draft::Beat),
    ];
    let pause = prop_oneof![6 => 1..10 * SECOND, 2 => 1..3_i64, 1 => Just(MINUTE), 1 => 1..5 * MINUTE];
    (pause, draft)
}

/// The events of drafts, in the order of time. No two are of one instant.
fn events(drafts: &[(i64, Draft)]) -> Vec<Any> {
    let mut at = START;
    let mut posts: Vec<(u64, u64)> = Vec::new();
    let mut engagements: Vec<Any> = Vec::new();
    let mut events: Vec<Any> = beats(at).to_vec();
    for (number, (pause, draft)) in (0_u64..).zip(drafts) {
        at = at.plus(*pause);
        let chosen = |post: &Index| (!posts.is_empty()).then(|| *post.get(&posts));
        let next = match draft {
            Draft::Post { author, text } => {
                posts.push((*author, number));
                Some(Any::Post(created(*author, number, at, text)))
            }
            Draft::Edit { post, text } => chosen(post).map(|(author, post)| {
                Any::Post(PostEvent { action: PostAction::Updated, ..created(author, post, at, text) })
            }),
            Draft::Delete { post } => {
                chosen(post).map(|(author, post)| Any::Post(event(PostAction::Deleted, author, post, at)))
            }
            Draft::Remove { account } => Some(Any::Post(event(PostAction::AuthorRemoved, *account, 0, at))),
            Draft::Engage { account, post, is_like } => chosen(post).map(|(author, post)| {
                let subject = uri(author, post);
                let made = if *is_like {
                    Any::Like(like(*account, number, at, &subject))
                } else {
                    Any::Repost(repost(*account, number, at, &subject))
                };
                engagements.push(made.clone());
                made
            }),
            Draft::Withdraw { engagement } => {
                (!engagements.is_empty()).then(|| withdrawn(engagement.get(&engagements), at))
            }
            Draft::Beat => {
                events.extend(beats(at));
                None
            }
        };
        events.extend(next);
    }
    events.extend(beats(at.plus(1)));
    events
}

fn withdrawn(made: &Any, at: Micros) -> Any {
    match made.clone() {
        Any::Like(like) => Any::Like(Like { deleted: true, subject: None, witnessed_at: at, ..like }),
        Any::Repost(repost) => {
            Any::Repost(Repost { deleted: true, subject: None, witnessed_at: at, ..repost })
        }
        Any::Post(post) => Any::Post(post),
    }
}

fn stream(max: usize) -> impl Strategy<Value = Vec<Any>> {
    proptest::collection::vec(draft(), 1..max).prop_map(|drafts| events(&drafts))
}

/// All outputs of one partition of each topic.
fn run(settings: Settings, events: &[Any]) -> Vec<WindowOutput> {
    let mut detector = Detector::new(settings, 1).unwrap();
    for event in events {
        event.apply(&mut detector, 0);
    }
    detector.finish();
    detector.take_outputs()
}

/// The rows keyword → (posts, authors) of one window.
type Rows = BTreeMap<String, (u64, u64)>;

fn rows(output: &WindowOutput) -> Rows {
    // From which post on a phrase counts depends on more than the window.
    let words = output.counts.iter().filter(|count| count.kind == KeywordKind::Word);
    words.map(|count| (count.normalized_keyword.clone(), (count.count, count.unique_authors))).collect()
}

/// Somebody's voice: a post, or an engagement with the text of its post.
#[derive(Clone, Debug)]
struct Voice {
    at: Micros,
    account: String,
    text: String,
    /// URI and author of the post that it is with.
    with: Option<(String, String)>,
}

/// Counts a window anew from all events before its end.
fn recount(events: &[Any], start: Micros, end: Micros) -> Rows {
    let minute = |at: Micros| at.0.div_euclid(MINUTE);
    let mut voices: BTreeMap<String, Voice> = BTreeMap::new();
    for event in events.iter().filter(|event| event.at() < end) {
        let (uri, account, subject, is_over) = match event {
            Any::Post(event) => {
                let (uri, account) = (event.uri.to_string(), event.author_did.to_string());
                match event.action {
                    PostAction::Created | PostAction::Updated => {
                        if event.action == PostAction::Updated {
                            let is_with =
                                |voice: &Voice| voice.with.as_ref().is_some_and(|(post, _)| *post == uri);
                            voices.retain(|_, voice| !is_with(voice));
                        }
                        let text = event.data.as_ref().map_or(String::new(), |data| data.text.to_string());
                        voices.insert(uri, Voice { at: event.witnessed_at, account, text, with: None });
                    }
                    PostAction::Deleted => {
                        voices.remove(&uri);
                        voices.retain(|_, voice| voice.with.as_ref().is_none_or(|(post, _)| *post != uri));
                    }
                    PostAction::AuthorRemoved => voices.retain(|_, voice| {
                        voice.account != account
                            && voice.with.as_ref().is_none_or(|(_, author)| *author != account)
                    }),
                    PostAction::Heartbeat => {}
                }
                continue;
            }
            Any::Repost(event) => (&event.uri, &event.author_did, &event.subject, event.deleted),
            Any::Like(event) => (&event.uri, &event.author_did, &event.subject, event.deleted),
        };
        if is_over {
            voices.remove(uri.as_str());
            continue;
        }
        let subject = subject.as_ref().unwrap().as_str();
        // The longest window, and what is left of the five minutes that it begins in.
        let retained_from = (minute(event.at()) - 4).div_euclid(5) * 5;
        let post = voices.get(subject).filter(|post| minute(post.at) >= retained_from);
        if let Some(Voice { account: author, text, .. }) = post.cloned() {
            let with = Some((subject.to_owned(), author));
            voices
                .insert(uri.to_string(), Voice { at: event.at(), account: account.to_string(), text, with });
        }
    }
    let mut accounts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for voice in voices.values().filter(|voice| voice.at >= start) {
        let words: BTreeSet<String> = voice.text.split_whitespace().map(str::to_lowercase).collect();
        for word in words {
            accounts.entry(word).or_default().push(&voice.account);
        }
    }
    let count = |all: Vec<&str>| (all.len() as u64, all.iter().collect::<BTreeSet<_>>().len() as u64);
    accounts.into_iter().map(|(word, all)| (word, count(all))).collect()
}

/// Windows without what says that somebody was there.
fn phrases(outputs: &[WindowOutput]) -> BTreeSet<&str> {
    let counts = outputs.iter().flat_map(|output| &output.counts);
    let phrases = counts.filter(|count| count.kind == KeywordKind::Phrase);
    phrases.map(|count| count.normalized_keyword.as_str()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn counts_are_those_of_a_recount(events in stream(150)) {
        for output in &run(settings(), &events) {
            prop_assert_eq!(rows(output), recount(&events, output.window_start, output.window_end));
        }
    }

    #[test]
    fn cuts_and_snapshots_change_nothing(events in stream(150), cuts in proptest::collection::vec(any::<Index>(), 0..4)) {
        let whole = run(settings(), &events);
        let cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(events.len())).collect();
        let mut detector = Detector::new(settings(), 1).unwrap();
        let mut outputs = Vec::new();
        for (place, event) in events.iter().enumerate() {
            if cuts.contains(&place) {
                outputs.append(&mut detector.take_outputs());
                detector = world::restored(&detector, settings());
            }
            event.apply(&mut detector, 0);
        }
        detector.finish();
        outputs.append(&mut detector.take_outputs());
        prop_assert_eq!(outputs, whole);
    }

    #[test]
    fn topics_and_partitions_and_their_order_change_nothing(
        events in stream(150),
        partitions in 1..4_usize,
        order in any::<u64>(),
    ) {
        let whole = run(settings(), &events);
        let mut queues: Vec<Vec<&Any>> = vec![Vec::new(); TOPICS * partitions];
        for event in &events {
            let (topic, partition) = event.place(partitions);
            queues[topic * partitions + partition].push(event);
        }
        let mut detector = Detector::new(settings(), u32::try_from(partitions).unwrap()).unwrap();
        let mut random = order | 1;
        let mut at = vec![0; queues.len()];
        while at.iter().zip(&queues).any(|(at, queue)| *at < queue.len()) {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let input = usize::try_from(random >> 33).unwrap() % queues.len();
            if let Some(event) = queues[input].get(at[input]) {
                event.apply(&mut detector, input % partitions);
                at[input] += 1;
            }
        }
        detector.finish();
        prop_assert_eq!(detector.take_outputs(), whole);
        prop_assert_eq!(detector.stats().counters.events_late, 0);
    }

    #[test]
    fn what_a_phrase_is_does_not_depend_on_engagements(events in stream(250)) {
        // All posts stay: otherwise a phrase could be seen with engagements alone.
        let is_lasting = |event: &&Any| match event {
            Any::Post(post) => matches!(post.action, PostAction::Created | PostAction::Heartbeat),
            _ => true,
        };
        let events: Vec<Any> = events.iter().filter(is_lasting).cloned().collect();
        let posts: Vec<Any> = events.iter().filter(|event| event.place(1).0 == 0).cloned().collect();
        let without = Settings { repost_weight: 0.0, like_weight: 0.0, ..settings() };
        let (with, without) = (run(settings(), &events), run(without, &posts));
        prop_assert_eq!(phrases(&with), phrases(&without));
    }

    #[test]
    fn without_weights_there_are_none(events in stream(100)) {
        let without = Settings { repost_weight: 0.0, like_weight: 0.0, ..settings() };
        let posts: Vec<Any> = events.iter().filter(|event| event.place(1).0 == 0).cloned().collect();
        prop_assert_eq!(run(without.clone(), &events), run(without, &posts));
    }
}

/// The last sliding window's rows after these events and some silence.
fn last_rows(mut events: Vec<Any>, until: Micros) -> Rows {
    events.sort_by_key(Any::at);
    events.splice(0..0, beats(START));
    events.extend(beats(until));
    let outputs = run(settings(), &events);
    let last =
        outputs.iter().rfind(|output| output.window == WindowKind::Sliding && output.window_end <= until);
    last.map(rows).unwrap_or_default()
}

fn seconds(seconds: i64) -> Micros {
    START.plus(seconds * SECOND)
}

fn removed(account: u64, at: Micros) -> Any {
    Any::Post(event(PostAction::AuthorRemoved, account, 0, at))
}

#[test]
fn an_account_counts_once_for_post_repost_and_like() {
    let post = uri(1, 1);
    let events = vec![
        Any::Post(created(1, 1, seconds(0), "river")),
        Any::Repost(repost(1, 2, seconds(1), &post)),
        Any::Like(like(2, 3, seconds(2), &post)),
        Any::Repost(repost(2, 4, seconds(3), &post)),
    ];
    assert_eq!(last_rows(events, seconds(60)), Rows::from([("river".to_owned(), (4, 2))]));
}

#[test]
fn engagements_leave_with_their_post_even_when_that_has_left_before() {
    // The post is of minute 0; its engagements, of minute 8, are in the windows until minute 12.
    let post = uri(1, 1);
    let engaged = |more: Vec<Any>| {
        let engagements = (2..5).map(|account| Any::Like(like(account, account, seconds(8 * 60), &post)));
        let first = [Any::Post(created(1, 1, seconds(0), "river"))];
        let usual = [Any::Post(created(9, 9, seconds(9 * 60), "valley"))];
        let events = first.into_iter().chain(engagements).chain(usual).chain(more).collect();
        last_rows(events, seconds(12 * 60))
    };
    let (valley, river) = (("valley".to_owned(), (1, 1)), ("river".to_owned(), (3, 3)));
    let without = Rows::from([valley.clone()]);
    assert_eq!(engaged(vec![]), Rows::from([valley.clone(), river]));
    let at = seconds(10 * 60);
    assert_eq!(engaged(vec![Any::Post(event(PostAction::Deleted, 1, 1, at))]), without);
    assert_eq!(engaged(vec![removed(1, at)]), without, "its author's account");
    let one_less = Rows::from([valley, ("river".to_owned(), (2, 2))]);
    assert_eq!(engaged(vec![removed(2, at)]), one_less, "one of their accounts");
    assert_eq!(engaged(vec![withdrawn(&Any::Like(like(3, 3, at, &post)), at)]), one_less, "withdrawn");
}

#[test]
fn what_is_no_post_or_not_there_is_counted_as_such() {
    let mut detector = Detector::new(settings(), 1).unwrap();
    let post = uri(1, 1);
    let repost_uri = repost(2, 2, seconds(1), &post).uri;
    let feed = AtUri::parse("at://did:plc:abc/app.bsky.feed.generator/news").unwrap();
    let events = [
        Any::Post(created(1, 1, seconds(0), "river")),
        Any::Repost(repost(2, 2, seconds(1), &post)),
        Any::Like(like(3, 3, seconds(2), &repost_uri)),
        Any::Like(like(3, 4, seconds(3), &feed)),
        Any::Like(like(3, 5, seconds(4), &uri(1, 7))),
        Any::Post(event(PostAction::Deleted, 1, 1, seconds(5))),
        Any::Like(like(4, 6, seconds(6), &post)),
        Any::Like(Like { subject: None, ..like(5, 7, seconds(7), &post) }),
    ];
    for event in events {
        event.apply(&mut detector, 0);
    }
    detector.finish();
    let counters = detector.stats().counters;
    assert_eq!((counters.engagements_counted, counters.engagements_retracted), (1, 1));
    assert_eq!((counters.engagements_without_post, counters.posts_retracted), (4, 1));
    assert_eq!((counters.events_late, counters.retractions_without_post), (0, 0));
}

#[test]
fn of_one_instant_posts_come_first_and_removed_accounts_have_no_engagements() {
    let (at, post) = (seconds(1), uri(5, 1));
    let later = beats(seconds(60));
    // The topics are read in any order: those of engagements first here.
    let mut events = vec![Any::Like(like(1, 2, at, &post)), Any::Repost(repost(2, 3, at, &post))];
    events.extend([removed(2, at), Any::Post(created(5, 1, at, "river"))]);
    events.extend(later);
    let outputs = run(settings(), &events);
    assert_eq!(rows(&outputs[0]), Rows::from([("river".to_owned(), (2, 2))]));
}

#[test]
fn engagements_have_budgets_of_their_own() {
    let tight = Settings { posts_max: 270, ..settings() };
    let mut detector = Detector::new(tight, 1).unwrap();
    detector.apply(0, &created(1, 1, START, "river"));
    for account in 0..30_u64 {
        detector
            .apply_like(0, &like(100 + account, account, START.plus(1 + account.cast_signed()), &uri(1, 1)));
    }
    (2..12_u64)
        .for_each(|post| detector.apply(0, &created(post, post, START.plus(post.cast_signed()), "river")));
    detector.finish();
    let counters = detector.stats().counters;
    assert_eq!((counters.engagements_shed, counters.engagements_counted), (20, 10));
    assert_eq!((counters.posts_shed, counters.posts_counted), (1, 10));
}

/// Half an hour of a small world, and then one post that many repost; what trends, with the given weight.
fn viral_trends(repost_weight: f64) -> Vec<Trend> {
    let mut world = World::new(11, 300, 1);
    let mut events: Vec<Any> = (0..360)
        .map(|post| {
            let text = world.text();
            Any::Post(created(world.below(80), post, START.plus(post.cast_signed() * 5 * SECOND), &text))
        })
        .collect();
    let at = START.plus(20 * MINUTE);
    events.push(Any::Post(created(5_000, 5_000, at, "the Zeppelin")));
    for number in 0..60_u64 {
        let at = at.plus((1 + number.cast_signed()) * SECOND);
        events.push(Any::Repost(repost(6_000 + number, number, at, &uri(5_000, 5_000))));
    }
    events.sort_by_key(Any::at);
    events.extend(beats(START.plus(45 * MINUTE)));
    let settings = Settings { repost_weight, ..Settings::default() };
    let outputs = run(settings, &events);
    let trends = outputs.into_iter().filter(|output| output.window == WindowKind::Sliding);
    trends.flat_map(|output| output.trends).filter(|trend| trend.status != TrendStatus::Ended).collect()
}

#[test]
fn a_post_that_many_repost_makes_its_words_a_trend_if_reposts_count() {
    let trends = viral_trends(1.0);
    let zeppelin = trends.iter().find(|trend| trend.normalized_keyword == "zeppelin").unwrap();
    assert!(zeppelin.unique_authors > 30, "{zeppelin:?}");
    let samples: Vec<&str> = zeppelin.sample_posts.iter().map(|sample| sample.uri.as_str()).collect();
    assert_eq!(samples, [uri(5_000, 5_000).as_str()], "the post itself, once");
    assert!(zeppelin.sample_posts[0].text.contains("Zeppelin"));
    assert!(viral_trends(0.0).iter().all(|trend| trend.normalized_keyword != "zeppelin"));
    let halved = viral_trends(0.5);
    let authors = |trends: &[Trend]| {
        let of_keyword = trends.iter().filter(|trend| trend.normalized_keyword == "zeppelin");
        of_keyword.map(|trend| trend.unique_authors).max().unwrap()
    };
    assert!(
        (18..=42).contains(&authors(&halved)),
        "about half of {}: {}",
        authors(&trends),
        authors(&halved)
    );
}
