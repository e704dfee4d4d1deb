//! The batch format: a golden batch, round trips, hostile bytes.

use proptest::prelude::*;

use super::*;
use crate::local::compression::{KIND_LZ4, KIND_PLAIN};

fn record(timestamp_micros: i64, key: &[u8], value: &[u8]) -> NewRecord {
    NewRecord { timestamp_micros, key: Bytes::copy_from_slice(key), value: Bytes::copy_from_slice(value) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn only(bodies: Vec<Body>) -> Body {
    let [body] = bodies.try_into().ok().expect("one batch");
    body
}

/// Version 1 of the format, for ever.
const GOLDEN_PLAIN: &str = "010103000000e803000000000000fdfffffffffffffff9ffffffffffffff170000001ac42f14abe0e4520005036469643a316f6e65c7843d000374776f0001006b";
const GOLDEN_LZ4: &str = "0102020000002a000000000000000000000000000080010000000000000066020000c85bc25b16c5e6a9ff020003ac026b6579616761696e20616e64200a00ff101f013301ff1a606e20616e6420";

#[test]
fn a_plain_batch_has_the_golden_bytes() {
    let records = [record(-7, b"did:1", b"one"), record(1_000_000, b"", b"two"), record(5, b"k", b"")];
    let (batch, bytes) = only(encode(&records)).place(1_000, -3);
    assert_eq!(hex(&bytes), GOLDEN_PLAIN);
    assert_eq!(decode(&bytes), Ok(batch.clone()));
    let read: Vec<_> = batch.records_from(0).map(|r| (r.offset, r.timestamp_micros)).collect();
    assert_eq!(read, [(1_000, -3), (1_001, 1_000_000), (1_002, 1_000_000)]);
}

#[test]
fn a_compressed_batch_is_read_from_its_golden_bytes() {
    let records =
        [record(1, b"key", &b"again and ".repeat(30)), record(2, b"key", &b"again and ".repeat(30))];
    let bytes: Vec<u8> = (0..GOLDEN_LZ4.len() / 2)
        .map(|n| u8::from_str_radix(&GOLDEN_LZ4[2 * n..2 * n + 2], 16).expect("hex"))
        .collect();
    assert_eq!(bytes[1], KIND_LZ4);
    let batch = decode(&bytes.into()).expect("a batch of version 1");
    assert_eq!(batch, only(encode(&records)).place(42, i64::MIN).0);
}

#[test]
fn batches_keep_their_limits() {
    let many = encode(&vec![record(0, b"", b""); 2 * RECORDS_MAX + 1]);
    assert_eq!(many.iter().map(Body::count).collect::<Vec<_>>(), [4_096, 4_096, 1]);
    let large = vec![record(0, b"", &vec![7; RECORD_BYTES_MAX]); 3];
    assert_eq!(encode(&large).iter().map(Body::count).collect::<Vec<_>>(), [1, 1, 1]);
    let nearly_full = [record(0, b"", &vec![7; BODY_BYTES_FULL - 10]), large[0].clone()];
    let (batch, bytes) = only(encode(&nearly_full)).place(0, 0);
    assert_eq!(decode(&bytes), Ok(batch), "the longest body is allowed");
}

/// A batch with a good checksum over whatever header and body.
fn forged(count: u32, body_bytes: u32, kind: u8, first: i64, body: &[u8]) -> Bytes {
    let mut bytes = vec![VERSION, kind];
    bytes.extend(count.to_le_bytes());
    bytes.extend(5_u64.to_le_bytes());
    bytes.extend(i64::MIN.to_le_bytes());
    bytes.extend(first.to_le_bytes());
    bytes.extend(body_bytes.to_le_bytes());
    bytes.extend(xxh3_64_with_seed(&bytes, xxh3_64(body)).to_le_bytes());
    bytes.extend(body);
    bytes.into()
}

#[test]
fn each_error_has_its_cause() {
    let good = forged(1, 3, KIND_PLAIN, 0, &[0, 0, 0]);
    assert!(decode(&good).is_ok());
    assert_eq!(decode(&good.slice(..41)), Err(BatchError::HeaderCutOff));
    assert_eq!(decode(&good.slice(..44)), Err(BatchError::Checksum));
    assert_eq!(
        decode(&forged(0, 0, KIND_PLAIN, 0, &[])),
        Err(BatchError::OutOfRange("the number of records"))
    );
    assert_eq!(
        decode(&forged(4_097, 0, KIND_PLAIN, 0, &[])),
        Err(BatchError::OutOfRange("the number of records"))
    );
    assert_eq!(
        decode(&forged(1, u32::MAX, KIND_LZ4, 0, &[])),
        Err(BatchError::OutOfRange("the length of the body"))
    );
    assert_eq!(decode(&forged(1, 1_000, KIND_LZ4, 0, &[1, 2, 3])), Err(BatchError::Body));
    assert_eq!(decode(&forged(1, 3, 3, 0, &[0, 0, 0])), Err(BatchError::Kind(3)));
    assert_eq!(decode(&forged(1, 4, KIND_PLAIN, 0, &[0, 0, 0])), Err(BatchError::Body));
    assert_eq!(decode(&forged(1, 4, KIND_PLAIN, 0, &[0, 0, 0, 0])), Err(BatchError::Records), "left over");
    assert_eq!(decode(&forged(2, 3, KIND_PLAIN, 0, &[0, 0, 0])), Err(BatchError::Records), "too few");
    assert_eq!(decode(&forged(1, 3, KIND_PLAIN, 0, &[0, 1, 0])), Err(BatchError::Records), "key cut off");
    let late = forged(1, 3, KIND_PLAIN, i64::MAX, &[1, 0, 0]);
    assert_eq!(decode(&late), Err(BatchError::OutOfRange("a timestamp")));
    let mut newer = good.to_vec();
    newer[0] = 2;
    assert_eq!(decode(&newer.into()), Err(BatchError::Version(2)));
}

fn any_record() -> impl Strategy<Value = NewRecord> {
    let timestamp = prop_oneof![any::<i64>(), 0..1_000_i64];
    let text =
        prop_oneof![proptest::collection::vec(any::<u8>(), 0..20), Just(b"the same again ".repeat(20))];
    (timestamp, proptest::collection::vec(any::<u8>(), 0..9), text)
        .prop_map(|(t, key, value)| record(t, &key, &value))
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(
        records in proptest::collection::vec(any_record(), 1..200),
        base in 0..u64::MAX / 2,
        floor: i64,
    ) {
        let mut next = base;
        let mut read = Vec::new();
        let mut highest = floor;
        for body in encode(&records) {
            let (batch, bytes) = body.place(next, highest);
            highest = batch.last_timestamp();
            prop_assert_eq!(batch.base(), next);
            next = batch.end();
            prop_assert_eq!(decode(&bytes), Ok(batch.clone()));
            read.extend(batch.records_from(0));
        }
        let mut expected_timestamp = floor;
        prop_assert_eq!(read.len(), records.len());
        for ((offset, read), appended) in (base..).zip(&read).zip(&records) {
            expected_timestamp = expected_timestamp.max(appended.timestamp_micros);
            prop_assert_eq!(read.offset, offset);
            prop_assert_eq!(read.timestamp_micros, expected_timestamp);
            prop_assert_eq!(&read.key, &appended.key);
            prop_assert_eq!(&read.value, &appended.value);
        }
    }

    #[test]
    fn a_changed_bit_is_found(
        records in proptest::collection::vec(any_record(), 1..30),
        place: prop::sample::Index,
        bit in 0..8_u8,
    ) {
        let (_, bytes) = only(encode(&records)).place(9, 0);
        let mut changed = bytes.to_vec();
        let at = place.index(changed.len());
        changed[at] ^= 1_u8 << bit;
        prop_assert!(decode(&changed.into()).is_err());
        prop_assert!(decode(&bytes.slice(..at)).is_err());
    }

    #[test]
    fn no_bytes_panic(
        count in 0..9_000_u32,
        body_bytes in prop_oneof![0..2_000_u32, any::<u32>()],
        kind in 0..4_u8,
        first: i64,
        body: Vec<u8>,
        is_exact: bool,
    ) {
        let body_bytes = if is_exact { u32::try_from(body.len()).expect("short") } else { body_bytes };
        if let Ok(batch) = decode(&forged(count, body_bytes, kind, first, &body)) {
            prop_assert_eq!(batch.records_from(0).count() as u64, batch.end() - batch.base());
        }
        drop(decode(&body.into()));
    }
}
