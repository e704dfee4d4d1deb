//! Archives: real repository exports, and damaged ones.

use sha2::{Digest, Sha256};
use skytrend_source::bluesky::firehose::car::{Car, CarError};
use skytrend_source::cbor::Cursor;

use crate::{build, data};

/// Reads an archive to its end; every block must be what its content id says and be DAG-CBOR.
fn read(bytes: &[u8]) -> usize {
    let car = Car::open(bytes).unwrap();
    let root = car.root().unwrap();
    let (mut count, mut has_root) = (0, false);
    for block in car {
        let block = block.unwrap();
        assert_eq!(block.cid[4..], *Sha256::digest(block.data).as_slice());
        let mut cursor = Cursor::new(block.data);
        cursor.skip().unwrap();
        cursor.finish().unwrap();
        has_root |= block.cid == root.as_bytes();
        count += 1;
    }
    assert!(has_root);
    count
}

#[test]
fn real_repositories_are_read_and_all_content_ids_are_right() {
    let files = [
        "car/indigo_testing/bafyreieovfuizojpw3zresz7sx3nk4trm2by23pt5rxbey3jme4uo5ogiu.car",
        "car/indigo_testing/divy.repo",
        "car/indigo_testing/fakermaker.repo.car",
        "car/indigo_testing/greenground.repo.car",
        "car/indigo_testing/paul_staging.repo.car",
        "car/indigo_testing/repo_slice.car",
        "car/repo-stream/empty.car",
        "car/repo-stream/tiny.car",
        "car/repo-stream/little.car",
        "firehose/jetstream_corpus/repo.car",
    ];
    for file in files {
        assert!(read(&data::bytes(file)) > 0, "{file}");
    }
}

#[test]
fn the_expected_records_of_a_repository_are_among_its_blocks() {
    let archive = data::bytes("firehose/jetstream_corpus/repo.car");
    let blocks: Vec<_> = Car::open(&archive).unwrap().map(|block| *block.unwrap().cid).collect();
    let expected = data::lines("firehose/jetstream_corpus/car_expected_records.tsv");
    assert!(!expected.is_empty());
    for line in expected {
        let cid = skytrend_event::Cid::parse(line.split('\t').nth(1).unwrap()).unwrap();
        assert!(blocks.contains(cid.as_bytes()), "{line}");
    }
}

#[test]
fn the_protocols_archives_are_read() {
    for fixture in data::json("interop/car-file-fixtures.json").as_array().unwrap() {
        let archive = build::base64(fixture["car"].as_str().unwrap());
        let blocks: Vec<_> = Car::open(&archive).unwrap().map(Result::unwrap).collect();
        let expected = fixture["blocks"].as_array().unwrap();
        assert_eq!(blocks.len(), expected.len());
        for (block, expected) in blocks.iter().zip(expected) {
            let cid = skytrend_event::Cid::parse(expected["cid"].as_str().unwrap()).unwrap();
            assert_eq!(block.cid, cid.as_bytes());
            assert_eq!(block.data, build::base64(expected["bytes"].as_str().unwrap()));
        }
    }
}

#[test]
fn damaged_archives_are_refused_and_reading_ends() {
    let whole = build::car([(build::cid(b"a"), &b"a"[..])]);
    for length in 1..whole.len() {
        let result = Car::open(&whole[..length]).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let is_after_header = length == whole.len() - 38;
        assert_eq!(result.is_ok(), is_after_header, "{length}");
    }
    assert_eq!(Car::open(&[]).unwrap_err(), CarError::Truncated);
    assert_eq!(Car::open(&[0xff; 9]).unwrap_err(), CarError::InvalidLength);
    assert_eq!(Car::open(&[0x80, 0]).unwrap_err(), CarError::InvalidLength);
    assert_eq!(Car::open(&[1, 0xa0]).unwrap_err(), CarError::UnknownVersion);
    let version_2 = build::cbor(&serde_json::json!({"version": 2}));
    let version_2 = [&[u8::try_from(version_2.len()).unwrap()], &version_2[..]].concat();
    assert_eq!(Car::open(&version_2).unwrap_err(), CarError::UnknownVersion);
    let mut other_cid = whole.clone();
    let version = other_cid.len() - 37;
    other_cid[version] = 2;
    let mut car = Car::open(&other_cid).unwrap();
    assert_eq!(car.next(), Some(Err(CarError::InvalidCid)));
    assert_eq!(car.next(), None);
}
