//! The wire, read by somebody else: `serde_ipld_dagcbor` and a CAR walk of its own, `serde_json`, `zstd`.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use ipld_core::ipld::Ipld;
use sha2::{Digest, Sha256};
use skytrend_sim::wire::FrameEncoder;
use skytrend_sim::wire::firehose::{error_frame, info_frame, unknown_frame};
use skytrend_sim::wire::jetstream::JsonEncoder;
use skytrend_sim::{Action, Change, Hostility, Wire, World, WorldEvent, WorldSettings, file};

type Map = BTreeMap<String, Ipld>;
/// A CID and the block under it.
type Section = (Vec<u8>, Vec<u8>);

fn world(seed: u64) -> World {
    let settings = WorldSettings {
        hostile_ppm: 50_000,
        account_ppm: 5_000,
        sync_ppm: 3_000,
        ..WorldSettings::live_like(seed)
    };
    World::new(settings).unwrap()
}

/// Splits a frame into header and payload.
fn read_frame(frame: &[u8]) -> (Map, Map) {
    let mut rest = frame;
    let mut next = || match serde_ipld_dagcbor::de::from_reader_once(&mut rest).unwrap() {
        Ipld::Map(map) => map,
        other => panic!("not a map: {other:?}"),
    };
    let (header, payload) = (next(), next());
    assert!(rest.is_empty(), "nothing follows the payload");
    let again = [serde_ipld_dagcbor::to_vec(&header).unwrap(), serde_ipld_dagcbor::to_vec(&payload).unwrap()];
    assert_eq!(again.concat(), frame, "the encoding is canonical");
    (header, payload)
}

fn varint(bytes: &mut &[u8]) -> usize {
    let mut number = 0;
    for shift in (0..).step_by(7) {
        let (byte, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

/// The roots of a CAR and its sections, CID and block, in order.
fn read_car(mut bytes: &[u8]) -> (Vec<Vec<u8>>, Vec<Section>) {
    let length = varint(&mut bytes);
    let (header, rest) = bytes.split_at(length);
    let header: Map = serde_ipld_dagcbor::from_slice(header).unwrap();
    assert_eq!(header["version"], Ipld::Integer(1));
    let Ipld::List(roots) = &header["roots"] else { panic!("roots") };
    bytes = rest;
    let mut sections = Vec::new();
    while !bytes.is_empty() {
        let length = varint(&mut bytes);
        let (section, rest) = bytes.split_at(length);
        sections.push((section[..36].to_vec(), section[36..].to_vec()));
        bytes = rest;
    }
    (roots.iter().map(cid_bytes).collect(), sections)
}

fn cid_bytes(node: &Ipld) -> Vec<u8> {
    let Ipld::Link(cid) = node else { panic!("not a link: {node:?}") };
    cid.to_bytes()
}

fn text(map: &Map, name: &str) -> String {
    let Some(Ipld::String(text)) = map.get(name) else { panic!("{name} in {map:?}") };
    text.clone()
}

#[test]
fn every_commit_is_what_the_world_did() {
    let mut encoder = FrameEncoder::new(8);
    let (mut commits, mut bytes, mut damaged) = (0, 0, BTreeSet::new());
    for event in world(21).take(6_000) {
        let Change::Commit(commit) = &event.change else { continue };
        let frame = encoder.encode(&event, event.seq);
        let (header, payload) = read_frame(frame);
        assert_eq!((text(&header, "t").as_str(), &header["op"]), ("#commit", &Ipld::Integer(1)));
        assert_eq!(payload["seq"], Ipld::Integer(event.seq.into()));
        assert_eq!(
            (text(&payload, "repo"), text(&payload, "rev")),
            (event.did.to_string(), commit.rev.to_string())
        );
        skytrend_event::Tid::parse(text(&payload, "rev")).unwrap();
        let Ipld::Bytes(car) = &payload["blocks"] else { panic!("blocks") };
        let (roots, sections) = read_car(car);
        assert_eq!(roots, [cid_bytes(&payload["commit"])]);
        let wrong = check_blocks(&event, &payload, &sections);
        damaged.extend(wrong);
        commits += 1;
        bytes += frame.len();
    }
    assert!(commits > 5_000);
    assert!((4_300..=6_500).contains(&(bytes / commits)), "real ones are 5,459 bytes: {}", bytes / commits);
    assert_eq!(damaged.len(), 2, "blocks are missing and corrupt: {damaged:?}");
}

/// Checks each operation against the blocks; returns what is damaged on purpose.
fn check_blocks(event: &WorldEvent, payload: &Map, sections: &[Section]) -> Vec<Hostility> {
    let Change::Commit(commit) = &event.change else { return Vec::new() };
    let Ipld::List(ops) = &payload["ops"] else { panic!("ops") };
    assert_eq!(ops.len(), commit.operations.len());
    let (last, first) = (&sections[sections.len() - 1], &sections[0]);
    let signed: Map = serde_ipld_dagcbor::from_slice(&last.1).unwrap();
    assert_eq!(text(&signed, "did"), event.did.to_string());
    assert_eq!(cid_bytes(&signed["data"]), first.0, "the tree's top comes first");
    assert!(matches!(&signed["sig"], Ipld::Bytes(sig) if sig.len() == 64));
    let mut damaged = Vec::new();
    for (op, operation) in ops.iter().zip(&commit.operations) {
        let Ipld::Map(op) = op else { panic!("op") };
        assert_eq!(text(op, "path"), format!("{}/{}", operation.collection, operation.rkey));
        assert_eq!(text(op, "action"), operation.action.name());
        assert_eq!(op.contains_key("prev"), operation.action != Action::Create);
        let Some(record) = &operation.record else {
            assert_eq!(op["cid"], Ipld::Null);
            continue;
        };
        let place = sections.iter().position(|(cid, _)| *cid == cid_bytes(&op["cid"]));
        match (operation.hostility(), place) {
            (Some(Hostility::BlockMissing), None) => damaged.push(Hostility::BlockMissing),
            (_, Some(place)) => {
                assert!(place > 0 && place < sections.len() - 1, "a record is neither first nor last");
                let is_true = sections[place].1 == record.block;
                assert_eq!(is_true, operation.hostility() != Some(Hostility::BlockCorrupt));
                damaged.extend((!is_true).then_some(Hostility::BlockCorrupt));
            }
            (hostility, None) => panic!("the block is missing: {hostility:?}"),
        }
    }
    for (cid, block) in sections {
        let is_true = cid[4..] == Sha256::digest(block)[..];
        assert!(is_true || damaged.contains(&Hostility::BlockCorrupt), "every CID is true");
        if is_true {
            let tree: Ipld = serde_ipld_dagcbor::from_slice(block).unwrap();
            assert_eq!(serde_ipld_dagcbor::to_vec(&tree).unwrap(), *block, "blocks are canonical");
        }
    }
    damaged
}

#[test]
fn the_other_frames_decode() {
    let mut encoder = FrameEncoder::new(0);
    let mut seen = BTreeSet::new();
    for event in world(22).take(20_000) {
        if matches!(event.change, Change::Commit(_)) {
            continue;
        }
        let (header, payload) = read_frame(encoder.encode(&event, 5));
        seen.insert(text(&header, "t"));
        assert_eq!(payload["seq"], Ipld::Integer(5));
        assert_eq!(text(&payload, "did"), event.did.to_string());
        match &event.change {
            Change::Account { active, status } => {
                assert_eq!(payload["active"], Ipld::Bool(*active));
                assert_eq!(payload.contains_key("status"), status.is_some());
            }
            Change::Sync { rev } => {
                let Ipld::Bytes(car) = &payload["blocks"] else { panic!("blocks") };
                assert!(car.len() < 10_000 && text(&payload, "rev") == rev.to_string());
                assert_eq!(read_car(car).1.len(), 1);
            }
            _ => {}
        }
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["#account", "#identity", "#sync"]);
    let (header, payload) = read_frame(&info_frame("OutdatedCursor", "older than the window"));
    assert_eq!((text(&header, "t"), text(&payload, "name")), ("#info".into(), "OutdatedCursor".into()));
    let (header, payload) = read_frame(&error_frame("FutureCursor", "not yet"));
    assert_eq!((&header["op"], text(&payload, "error")), (&Ipld::Integer(-1), "FutureCursor".into()));
    assert_eq!(text(&read_frame(&unknown_frame(9)).0, "t"), "#weather");
}

/// The keys of an object in their order, nested ones too, records left out.
fn shape(json: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    let kind = value["kind"].as_str().unwrap().to_owned();
    let object = value[&kind].as_object().unwrap();
    let of_both = value.as_object().unwrap().keys().chain(object.keys());
    let mut named: Vec<&String> =
        of_both.filter(|name| !matches!(name.as_str(), "handle" | "status")).collect();
    named.sort_by_key(|name| json.find(&format!("\"{name}\":")));
    keys.extend(named.into_iter().cloned());
    keys.push(object.get("operation").map_or(kind, ToString::to_string));
    keys
}

#[test]
fn version_1_lines_have_the_shape_of_the_real_server_s() {
    let shared = std::env::var_os("SKYTREND_SHARED_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let real = std::fs::read_to_string(shared.join("firehose/jetstream_corpus/expected_v1.jsonl")).unwrap();
    let real: BTreeSet<Vec<String>> = real.lines().map(shape).collect();
    let (mut encoder, mut ours) = (JsonEncoder::default(), BTreeSet::new());
    for event in world(23).take(20_000) {
        encoder.v1(&event, event.seq, |message| {
            ours.insert(shape(message.json));
        });
    }
    assert_eq!(ours, real);
}

#[test]
fn the_three_wires_tell_the_same() {
    let (mut json, mut frames) = (JsonEncoder::default(), FrameEncoder::new(2));
    let mut before = 0;
    for event in world(24).take(10_000) {
        let (_, payload) = read_frame(frames.encode(&event, event.seq));
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        json.v1(&event, event.seq, |message| first.push(parse(message.json)));
        json.v2(&event, event.seq, |message| second.push(parse(message.json)));
        for (one, two) in first.iter().zip(&second) {
            let two = &two["payload"];
            assert_eq!(one["did"], two["did"]);
            assert_eq!(one["time_us"], event.witnessed.0);
            assert_eq!(two["time"], text(&payload, "time"));
            assert!(two["seq"].as_i64().unwrap() > before, "each message has its own sequence number");
            before = two["seq"].as_i64().unwrap();
            match one["kind"].as_str().unwrap() {
                "commit" => {
                    for name in ["rev", "operation", "collection", "rkey", "record", "cid"] {
                        assert_eq!(one["commit"][name], two[name]);
                    }
                }
                kind => assert_eq!(one[kind], two[kind]),
            }
        }
        let is_sync = matches!(event.change, Change::Sync { .. });
        assert_eq!(first.len() + usize::from(is_sync), second.len());
    }
}

#[test]
fn records_are_the_same_in_cbor_and_json() {
    let mut json = JsonEncoder::default();
    for event in world(25).take(5_000) {
        let Change::Commit(commit) = &event.change else { continue };
        let mut records = Vec::new();
        json.v1(&event, event.seq, |message| {
            records.push(
                serde_json::from_str::<serde_json::Value>(message.json).unwrap()["commit"]["record"].clone(),
            );
        });
        let served =
            commit.operations.iter().filter(|op| !op.hostility().is_some_and(Hostility::is_in_the_commit));
        for (operation, record) in served.zip(records) {
            let Some(block) = operation.record.as_ref().map(|record| &record.block) else { continue };
            let tree: Ipld = serde_ipld_dagcbor::from_slice(block).unwrap();
            assert_eq!(as_json(&tree), record);
        }
    }
}

fn as_json(node: &Ipld) -> serde_json::Value {
    match node {
        Ipld::String(text) => text.as_str().into(),
        Ipld::Integer(number) => i64::try_from(*number).unwrap().into(),
        Ipld::Bool(value) => (*value).into(),
        Ipld::Link(cid) => serde_json::json!({"$link": cid.to_string()}),
        Ipld::List(items) => items.iter().map(as_json).collect(),
        Ipld::Map(map) => serde_json::Value::Object(
            map.iter().map(|(name, value)| (name.clone(), as_json(value))).collect(),
        ),
        other => panic!("no record has {other:?}"),
    }
}

#[test]
fn files_hold_the_same_bytes_each_time_and_end_with_the_world() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    assert_eq!(file::write_events(&mut world(26), Wire::Firehose, &path("a"), 300).unwrap(), 300);
    file::write_events(&mut world(26), Wire::Firehose, &path("b.zst"), 300).unwrap();
    let plain = std::fs::read(path("a")).unwrap();
    assert_eq!(zstd::decode_all(&std::fs::read(path("b.zst")).unwrap()[..]).unwrap(), plain);
    let mut rest = &plain[..];
    let mut frames = 0;
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let (frame, tail) = tail.split_at(u32::from_le_bytes(*length) as usize);
        read_frame(frame);
        (rest, frames) = (tail, frames + 1);
    }
    assert_eq!(frames, 300);
    let settings = WorldSettings { duration: Some(1_000_000), ..WorldSettings::live_like(26) };
    let events = World::new(settings.clone()).unwrap().count() as u64;
    let mut short = World::new(settings).unwrap();
    assert_eq!(file::write_events(&mut short, Wire::JetstreamV2, &path("c"), 1 << 40).unwrap(), events);
    assert!(std::fs::read_to_string(path("c")).unwrap().lines().count() as u64 >= events - 5);
}
