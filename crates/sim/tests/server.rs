//! The server as a client sees it: cursors, filters, compression, refusals, and every fault on the wire.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use ipld_core::ipld::Ipld;
use serde_json::Value;
use skytrend_sim::server::path;
use skytrend_sim::{
    Fault, Faults, Labelling, Server, ServerSettings, Wire, World, WorldEvent, WorldSettings,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Two seconds of history and three to come.
fn world() -> WorldSettings {
    WorldSettings {
        authors: 1_000,
        history: 2_000_000,
        duration: Some(3_000_000),
        posts_per_second: 30.0,
        sync_ppm: 10_000,
        account_ppm: 10_000,
        ..WorldSettings::live_like(31)
    }
}

async fn start(settings: ServerSettings) -> Server {
    Server::start(settings, SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap()
}

async fn serving(script: Vec<(u64, Fault)>) -> Server {
    let faults = Faults { script, ..Faults::default() };
    start(ServerSettings { faults, ..ServerSettings::new(world()) }).await
}

fn events() -> Vec<WorldEvent> {
    World::new(world()).unwrap().collect()
}

async fn open(server: &Server, target: &str) -> Result<Client, tungstenite::Error> {
    let mut request = format!("{}{target}", server.url()).into_client_request()?;
    if target.starts_with(path::SUBSCRIBE_EVENTS) {
        request.headers_mut().insert("sec-websocket-protocol", "xrpc.v1.json".parse().unwrap());
    }
    connect_async(request).await.map(|(client, _)| client)
}

async fn firehose(server: &Server, cursor: Option<i64>) -> Client {
    let query = cursor.map_or(String::new(), |cursor| format!("?cursor={cursor}"));
    open(server, &format!("{}{query}", path::SUBSCRIBE_REPOS)).await.unwrap()
}

/// The next message within ten seconds; none when the stream is over.
async fn next(client: &mut Client) -> Option<Result<Message, tungstenite::Error>> {
    tokio::time::timeout(Duration::from_secs(10), client.next()).await.expect("a message in time")
}

/// What a frame says: the header's type (or the error's name) and the sequence number.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Event(i64),
    Info(String),
    Error(String),
    Unknown,
    Broken,
    Closed,
    Cut,
}

fn read(frame: &[u8]) -> Option<Said> {
    type Map = BTreeMap<String, Ipld>;
    let mut rest = frame;
    let header: Map = serde_ipld_dagcbor::de::from_reader_once(&mut rest).ok()?;
    let payload: Map = serde_ipld_dagcbor::de::from_reader_once(&mut rest).ok()?;
    let text = |name: &str| match payload.get(name) {
        Some(Ipld::String(text)) => Some(text.clone()),
        _ => None,
    };
    match (header.get("op")?, header.get("t")) {
        (Ipld::Integer(-1), None) => text("error").map(Said::Error),
        (Ipld::Integer(1), Some(Ipld::String(kind))) => match (kind.as_str(), payload.get("seq")) {
            ("#info", None) => text("name").map(Said::Info),
            ("#weather", _) => Some(Said::Unknown),
            (_, Some(Ipld::Integer(seq))) => i64::try_from(*seq).ok().map(Said::Event),
            _ => None,
        },
        _ => None,
    }
}

async fn said(client: &mut Client) -> Said {
    match next(client).await {
        Some(Ok(Message::Binary(frame))) => read(&frame).unwrap_or(Said::Broken),
        Some(Ok(Message::Close(_))) => Said::Closed,
        None | Some(Err(_)) => Said::Cut,
        other => panic!("unexpected {other:?}"),
    }
}

/// The sequence numbers of the next events.
async fn seqs(client: &mut Client, count: usize) -> Vec<i64> {
    let mut seqs = Vec::new();
    for _ in 0..count {
        match said(client).await {
            Said::Event(seq) => seqs.push(seq),
            other => panic!("after {seqs:?}: {other:?}"),
        }
    }
    seqs
}

fn seqs_of(events: &[WorldEvent]) -> Vec<i64> {
    events.iter().map(|event| event.seq).collect()
}

/// The index of the first event after the history.
fn live_index(events: &[WorldEvent]) -> usize {
    events.partition_point(|event| event.witnessed <= world().live_from())
}

#[tokio::test]
async fn the_firehose_begins_live_replays_after_a_cursor_and_ends_with_the_world() {
    let (server, events) = (serving(Vec::new()).await, events());
    let live = live_index(&events);
    let mut client = firehose(&server, None).await;
    assert_eq!(seqs(&mut client, 3).await, seqs_of(&events[live..live + 3]));
    let mut client = firehose(&server, Some(events[10].seq)).await;
    assert_eq!(
        seqs(&mut client, events.len() - 11).await,
        seqs_of(&events[11..]),
        "after the cursor, to the end"
    );
    server.wait_for_end().await;
    assert!(server.end_reached());
    let quiet = tokio::time::timeout(Duration::from_millis(50), client.next()).await;
    assert!(quiet.is_err(), "the stream stays open and quiet");
    let mut client = firehose(&server, Some(0)).await;
    assert_eq!(seqs(&mut client, 2).await, seqs_of(&events[..2]), "0 asks for the whole window");
    let mut client = firehose(&server, Some(events[0].seq - 5)).await;
    assert_eq!(said(&mut client).await, Said::Info("OutdatedCursor".into()));
    assert_eq!(seqs(&mut client, 1).await, seqs_of(&events[..1]));
    let mut client = firehose(&server, Some(events[events.len() - 1].seq + 1000)).await;
    assert_eq!(said(&mut client).await, Said::Error("FutureCursor".into()));
    assert_eq!(said(&mut client).await, Said::Closed);
    let ledger = server.ledger();
    assert_eq!(ledger.sent_on(Wire::Firehose).end(), events.len() as u64);
    assert_eq!(ledger.connections(Wire::Firehose), 5);
    assert!(ledger.lost_on(Wire::JetstreamV1).contains(0), "nothing was sent on the others");
    server.shutdown().await;
}

#[tokio::test]
async fn labels_follow_their_posts_are_told_again_after_a_cursor_and_break_off_when_asked_to() {
    let labelling =
        Labelling { posts_ppm: 200_000, accounts_ppm: 100_000, cut_after: Some(30), ..Labelling::default() };
    let server = start(ServerSettings { labelling, ..ServerSettings::new(world()) }).await;
    let events = events();
    let labels: Vec<i64> = events
        .iter()
        .filter_map(|event| labelling.label(world().seed, event))
        .map(|label| label.seq)
        .collect();
    assert!(labels.len() > 30, "only {} labels", labels.len());
    let mut early = open(&server, &format!("{}?cursor=0", path::SUBSCRIBE_LABELS)).await.unwrap();
    let quiet = tokio::time::timeout(Duration::from_millis(50), early.next()).await;
    assert!(quiet.is_err(), "nobody has had a post yet that is older than the delay");
    let mut reader = firehose(&server, Some(events[0].seq)).await;
    seqs(&mut reader, events.len() - 1).await;
    server.wait_for_end().await;
    assert_eq!(seqs(&mut early, 30).await, labels[..30]);
    assert_eq!(said(&mut early).await, Said::Cut);
    let target = |cursor: i64| format!("{}?cursor={cursor}", path::SUBSCRIBE_LABELS);
    let mut again = open(&server, &target(labels[9])).await.unwrap();
    assert_eq!(seqs(&mut again, 10).await, labels[10..20]);
    let mut future = open(&server, &target(events[events.len() - 1].seq + 1000)).await.unwrap();
    assert_eq!(said(&mut future).await, Said::Error("FutureCursor".into()));
    server.shutdown().await;
}

#[tokio::test]
async fn a_replay_window_is_a_window() {
    let events = events();
    let settings = ServerSettings { replay_window: 1_000_000, ..ServerSettings::new(world()) };
    let server = start(settings).await;
    let live = live_index(&events);
    let mut client = firehose(&server, Some(events[0].seq)).await;
    assert_eq!(said(&mut client).await, Said::Info("OutdatedCursor".into()));
    let oldest = events[live - 1].witnessed.plus(-1_000_000);
    let first = events.partition_point(|event| event.witnessed < oldest);
    assert_eq!(seqs(&mut client, 3).await, seqs_of(&events[first..first + 3]));
    let refused = open(&server, &format!("{}?cursor={}", path::SUBSCRIBE_EVENTS, events[0].seq)).await;
    assert_eq!(refusal(refused), (400, "CursorTooOld".into()));
    let early = events[0].witnessed.0;
    let mut client = open(&server, &format!("{}?cursor={early}", path::SUBSCRIBE_EVENTS)).await.unwrap();
    assert_eq!(json(&mut client).await["payload"]["name"], "OutdatedCursor");
    let mut client = open(&server, &format!("{}?cursor={early}", path::SUBSCRIBE)).await.unwrap();
    let time = json(&mut client).await["time_us"].as_i64().unwrap();
    assert!(time >= events[first].witnessed.0, "version 1 says nothing");
    server.shutdown().await;
}

#[tokio::test]
async fn the_clock_holds_events_back_and_live_means_now() {
    let settings = WorldSettings { history: 500_000, duration: Some(600_000_000), ..world() };
    let server = start(ServerSettings { speed: 20.0, ..ServerSettings::new(settings.clone()) }).await;
    let mut client = firehose(&server, None).await;
    let before = std::time::Instant::now();
    let first = seqs(&mut client, 1).await[0];
    let mut last = first;
    while before.elapsed() < Duration::from_millis(400) {
        last = seqs(&mut client, 1).await[0];
    }
    let witnessed: BTreeMap<i64, i64> =
        World::new(settings).unwrap().take(20_000).map(|event| (event.seq, event.witnessed.0)).collect();
    let simulated = witnessed[&last] - witnessed[&first];
    assert!(simulated > 1_000_000, "20 times as fast as time: {simulated} us");
    assert!(simulated < 60_000_000, "and not as fast as it can: {simulated} us");
    server.shutdown().await;
    let end = loop {
        match said(&mut client).await {
            Said::Event(_) => {}
            end => break end,
        }
    };
    assert_eq!(end, Said::Closed, "goodbye is said");
}

/// The status and the error's name.
fn refusal(result: Result<Client, tungstenite::Error>) -> (u16, String) {
    let Err(tungstenite::Error::Http(response)) = result else { panic!("not refused: {result:?}") };
    let body: Value =
        serde_json::from_slice(response.body().as_deref().unwrap_or_default()).unwrap_or_default();
    (response.status().as_u16(), body["error"].as_str().unwrap_or_default().to_owned())
}

async fn json(client: &mut Client) -> Value {
    match next(client).await {
        Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
        other => panic!("unexpected {other:?}"),
    }
}

#[tokio::test]
async fn version_1_filters_compresses_and_resumes_by_time() {
    let (server, events) = (serving(Vec::new()).await, events());
    let cursor = events[0].witnessed.plus(1).0;
    let target = format!("{}?cursor={cursor}&wantedCollections=app.bsky.graph.*", path::SUBSCRIBE);
    let mut client = open(&server, &target).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..20 {
        let message = json(&mut client).await;
        match message["kind"].as_str().unwrap() {
            "commit" => {
                let collection = message["commit"]["collection"].as_str().unwrap();
                assert!(collection.starts_with("app.bsky.graph."), "{collection}");
            }
            kind => seen.push(kind.to_owned()),
        }
    }
    assert!(!seen.is_empty(), "accounts and identities pass every filter");
    let update = r#"{"type":"options_update","payload":{"wantedCollections":["app.bsky.feed.post"]}}"#;
    let target = format!("{}?cursor={cursor}&requireHello=true&compress=true", path::SUBSCRIBE);
    let mut client = open(&server, &target).await.unwrap();
    let quiet = tokio::time::timeout(Duration::from_millis(50), client.next()).await;
    assert!(quiet.is_err(), "nothing before the hello");
    client.send(Message::text(update)).await.unwrap();
    let mut expand = zstd::bulk::Decompressor::with_dictionary(server.dictionary().bytes()).unwrap();
    for _ in 0..10 {
        let Some(Ok(Message::Binary(frame))) = next(&mut client).await else { panic!("not compressed") };
        let text = expand.decompress(&frame, 1 << 20).unwrap();
        let message: Value = serde_json::from_slice(&text).unwrap();
        let collection = message["commit"]["collection"].as_str().unwrap_or("app.bsky.feed.post");
        assert_eq!(collection, "app.bsky.feed.post");
        assert!(message["time_us"].as_i64().unwrap() >= cursor);
    }
    for (bad, code) in
        [("nonsense", 1007), (r#"{"type":"options_update","payload":{"wantedDids":["x"]}}"#, 1008)]
    {
        let mut client = open(&server, &format!("{}?requireHello=true", path::SUBSCRIBE)).await.unwrap();
        client.send(Message::text(bad)).await.unwrap();
        let Some(Ok(Message::Close(Some(frame)))) = next(&mut client).await else { panic!("not closed") };
        assert_eq!(u16::from(frame.code), code);
    }
    let bad = open(&server, &format!("{}?wantedCollections=nonsense", path::SUBSCRIBE)).await;
    assert_eq!(refusal(bad), (400, "InvalidRequest".into()));
    server.shutdown().await;
}

#[tokio::test]
async fn version_2_is_inclusive_and_compresses_with_a_dictionary_of_its_own() {
    let (server, events) = (serving(Vec::new()).await, events());
    let seq = events[40].seq;
    let id = server_dictionary_id(&server).await;
    let target = format!("{}?cursor={seq}&zstdDictionary={id}", path::SUBSCRIBE_EVENTS);
    let mut client = open(&server, &target).await.unwrap();
    let dictionary = get(&server, &format!("{}?id={id}", path::GET_ZSTD_DICTIONARY)).await.1;
    let mut expand = zstd::bulk::Decompressor::with_dictionary(&dictionary).unwrap();
    let mut before = 0;
    for _ in 0..30 {
        let Some(Ok(Message::Binary(frame))) = next(&mut client).await else { panic!("not compressed") };
        let message: Value = serde_json::from_slice(&expand.decompress(&frame, 1 << 20).unwrap()).unwrap();
        let now = message["payload"]["seq"].as_i64().unwrap();
        assert!(now >= seq && now > before);
        assert!(before > 0 || now - seq < 5, "it begins at the cursor: {now}");
        before = now;
    }
    let refused = |query: &'static str| {
        let target = format!("{}?{query}", path::SUBSCRIBE_EVENTS);
        let server = &server;
        async move { refusal(open(server, &target).await) }
    };
    assert_eq!(refused("zstdDictionary=5").await, (400, "UnknownZstdDictionary".into()));
    assert_eq!(refused("wantedCollections=app.bsky.feed.post").await, (400, "InvalidRequest".into()));
    assert_eq!(refused("kinds=commit&kinds=weather").await, (400, "InvalidRequest".into()));
    assert_eq!(refused("cursor=x").await, (400, "InvalidRequest".into()));
    assert_eq!(refused("cursor=999999999999999").await, (400, "FutureCursor".into()));
    assert_eq!(get(&server, &format!("{}?id=5", path::GET_ZSTD_DICTIONARY)).await.0, 400);
    let mut client =
        open(&server, &format!("{}?cursor={seq}&kinds=sync", path::SUBSCRIBE_EVENTS)).await.unwrap();
    assert!(json(&mut client).await["payload"]["$type"].as_str().unwrap().ends_with("#sync"));
    client.send(Message::text("hello")).await.unwrap();
    while let Some(Ok(message)) = next(&mut client).await {
        if message.is_close() {
            break;
        }
    }
    let plain = format!("{}{}", server.url(), path::SUBSCRIBE_EVENTS);
    assert_eq!(
        refusal(connect_async(plain).await.map(|(client, _)| client)).0,
        400,
        "without the subprotocol"
    );
    server.shutdown().await;
}

async fn server_dictionary_id(server: &Server) -> u32 {
    let (status, bytes) = get(server, path::GET_ZSTD_DICTIONARY).await;
    assert_eq!(status, 200);
    u32::from_le_bytes(bytes[4..8].try_into().unwrap())
}

/// A plain request: status and body.
async fn request(server: &Server, method: &str, target: &str) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    stream.write_all(format!("{method} {target} HTTP/1.1\r\nhost: sim\r\n\r\n").as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let status = std::str::from_utf8(&bytes[9..12]).unwrap().parse().unwrap();
    (status, bytes[head + 4..].to_vec())
}

async fn get(server: &Server, target: &str) -> (u16, Vec<u8>) {
    request(server, "GET", target).await
}

#[tokio::test]
async fn what_is_no_subscription_is_refused() {
    let server = serving(Vec::new()).await;
    assert_eq!(get(&server, "/nothing").await.0, 404);
    assert_eq!(request(&server, "POST", path::SUBSCRIBE_REPOS).await.0, 405);
    assert_eq!(get(&server, path::SUBSCRIBE_REPOS).await.0, 426);
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    stream.write_all(b"\x16\x03\x01 what is this\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let settings = ServerSettings { speed: -1.0, ..ServerSettings::new(world()) };
    assert!(Server::start(settings, server.addr()).await.is_err());
    server.shutdown().await;
}

/// What a reader from the beginning is told in `count` messages when this goes wrong before the event of index 5.
async fn wrong(fault: Fault, count: usize) -> (Server, Vec<Said>) {
    let server = serving(vec![(5, fault)]).await;
    let mut client = firehose(&server, Some(0)).await;
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(said(&mut client).await);
    }
    assert_eq!(server.ledger().faults()[0].fault, fault);
    (server, all)
}

fn told(indexes: &[usize]) -> Vec<Said> {
    let events = events();
    indexes.iter().map(|index| Said::Event(events[*index].seq)).collect()
}

#[tokio::test]
async fn faults_that_disturb_the_order() {
    assert_eq!(wrong(Fault::Duplicate, 7).await.1, told(&[0, 1, 2, 3, 4, 5, 5]));
    assert_eq!(wrong(Fault::Reorder, 8).await.1, told(&[0, 1, 2, 3, 4, 6, 5, 7]));
    assert_eq!(wrong(Fault::Rewind(3), 9).await.1, told(&[0, 1, 2, 3, 4, 2, 3, 4, 5]));
    let before = std::time::Instant::now();
    assert_eq!(wrong(Fault::Stall(80), 6).await.1, told(&[0, 1, 2, 3, 4, 5]));
    assert!(before.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn faults_that_are_no_events() {
    for (fault, what) in [(Fault::Garbage, Said::Broken), (Fault::UnknownType, Said::Unknown)] {
        let mut all = wrong(fault, 7).await.1;
        assert_eq!(all.remove(5), what);
        assert_eq!(all, told(&[0, 1, 2, 3, 4, 5]), "the event itself still comes");
    }
    let server = serving(vec![(5, Fault::Oversized)]).await;
    let mut client = firehose(&server, Some(0)).await;
    seqs(&mut client, 5).await;
    let Some(Ok(Message::Binary(frame))) = next(&mut client).await else { panic!("no frame") };
    assert!(frame.len() > 5_000_000);
}

#[tokio::test]
async fn faults_that_end_the_connection() {
    assert_eq!(wrong(Fault::Drop, 6).await.1[5], Said::Closed);
    assert_eq!(wrong(Fault::CutFrame, 6).await.1[5], Said::Cut);
    let (server, all) = wrong(Fault::ConsumerTooSlow, 7).await;
    assert_eq!(all[5..], [Said::Error("ConsumerTooSlow".into()), Said::Closed]);
    let mut client = firehose(&server, Some(events()[4].seq)).await;
    assert_eq!(seqs(&mut client, 2).await, seqs_of(&events()[5..7]), "the cursor finds the place again");
}

#[tokio::test]
async fn refusals_at_connect_are_as_many_as_asked_for() {
    for (fault, status) in [(Fault::TooManyRequests(2), 429), (Fault::Unavailable(2), 503)] {
        let (server, all) = wrong(fault, 6).await;
        assert_eq!(all[5], Said::Closed);
        for _ in 0..2 {
            assert_eq!(refusal(open(&server, path::SUBSCRIBE_REPOS).await).0, status);
        }
        seqs(&mut firehose(&server, Some(events()[4].seq)).await, 1).await;
    }
}

#[tokio::test]
async fn a_clamp_is_silent_and_what_it_skips_is_lost() {
    let (server, all) = wrong(Fault::Clamp(7), 6).await;
    assert_eq!(all[5], Said::Closed);
    let mut client = firehose(&server, Some(events()[4].seq)).await;
    assert_eq!(seqs(&mut client, 2).await, seqs_of(&events()[12..14]), "no word of what is missing");
    let lost = server.ledger().lost_on(Wire::Firehose);
    let gone: Vec<u64> = (0..13).filter(|index| lost.contains(*index)).collect();
    assert_eq!(gone, [5, 6, 7, 8, 9, 10, 11]);
}

#[tokio::test]
async fn after_a_reset_old_cursors_are_of_the_future() {
    let (server, all) = wrong(Fault::Reset(4), 6).await;
    let events = events();
    assert_eq!(all[5], Said::Closed);
    let mut client = firehose(&server, Some(events[4].seq)).await;
    assert_eq!(said(&mut client).await, Said::Error("FutureCursor".into()));
    let mut client = firehose(&server, Some(0)).await;
    let first = events[9].seq - 1;
    let renumbered: Vec<i64> = events[9..12].iter().map(|event| event.seq - first).collect();
    assert_eq!(seqs(&mut client, 3).await, renumbered);
    assert_eq!(renumbered[0], 1);
    let lost = server.ledger().lost_on(Wire::Firehose);
    assert!((5..9).all(|index| lost.contains(index)) && !lost.contains(4) && !lost.contains(9));
}

#[tokio::test]
async fn faults_of_chance_are_those_of_the_seed() {
    let run = || async {
        let chances = vec![(20_000, Fault::Duplicate), (20_000, Fault::Reorder)];
        let faults = Faults { chances, ..Faults::default() };
        let server = start(ServerSettings { faults, ..ServerSettings::new(world()) }).await;
        let mut client = firehose(&server, Some(0)).await;
        let got = seqs(&mut client, 300).await;
        server.shutdown().await;
        got
    };
    let got = run().await;
    assert_eq!(run().await, got);
    assert_ne!(got, seqs_of(&events()[..300]));
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_told_and_dropped() {
    let settings = WorldSettings { duration: None, posts_per_second: 60.0, history: 0, ..world() };
    let limits = ServerSettings {
        speed: 1.0,
        consumer_lag_max: Some(100),
        proof_nodes: 100,
        ..ServerSettings::new(settings)
    };
    let server = start(limits).await;
    let mut client = firehose(&server, None).await;
    seqs(&mut client, 1).await;
    // The sockets hold some megabytes, 60 kB an event; then the server stands still while the world goes on.
    let far = server.next_index() + 1_000;
    while server.next_index() < far {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut end = said(&mut client).await;
    for _ in 0..1_000 {
        if !matches!(end, Said::Event(_)) {
            break;
        }
        end = said(&mut client).await;
    }
    assert_eq!(end, Said::Error("ConsumerTooSlow".into()));
}
