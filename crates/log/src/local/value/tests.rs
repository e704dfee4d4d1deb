//! Round trips, golden bytes and damage of the values.

use proptest::prelude::*;

use super::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Version 1 of the format, for ever.
#[test]
fn values_have_the_golden_bytes() {
    let partition =
        PartitionValue { stamp: 9, start: 1, end: 3, highest_timestamp: -2, stored_bytes: 500 }.encode();
    assert_eq!(
        hex(&partition),
        "01090000000000000001000000000000000300000000000000fefffffffffffffff4010000000000000b391593"
    );
    assert_eq!(
        hex(&PositionValue { stamp: 9, next: 7 }.encode()),
        "010900000000000000070000000000000094e821e5"
    );
    assert_eq!(
        hex(&State::Inline(Bytes::from_static(b"cursor")).encode(9)),
        "01090000000000000001637572736f726a163646"
    );
    assert_eq!(
        hex(&State::Chunked { generation: 4, chunks: 2, bytes: 1_500_000 }.encode(9)),
        "0109000000000000000204000000000000000200000060e31600000000000ade246a"
    );
    let spec = TopicSpec {
        name: "t".to_owned(),
        partitions: 4,
        retention: Some(Duration::from_millis(1_500)),
        retention_bytes: None,
    };
    assert_eq!(hex(&encode_topic(&spec)), "01040000000101000000000000000065cd1d008a2867f7");
    assert_eq!(hex(&encode_counter(9)), "010900000000000000c3c0726d");
    assert_eq!(hex(&encode_format()), "010100000002c37d13");
    assert_eq!(
        hex(&Chunk::encode(b"part of a state")),
        "01010f0000000bb100bc7bf37a4870617274206f662061207374617465"
    );
}

fn any_state() -> impl Strategy<Value = State> {
    prop_oneof![
        any::<Vec<u8>>().prop_map(|state| State::Inline(state.into())),
        any::<(u64, u32, u64)>().prop_map(|(generation, chunks, bytes)| State::Chunked {
            generation,
            chunks,
            bytes
        }),
    ]
}

fn any_topic() -> impl Strategy<Value = TopicSpec> {
    let retention =
        proptest::option::of((any::<u64>(), 0..1_000_000_000_u32).prop_map(|(s, n)| Duration::new(s, n)));
    (any::<u32>(), retention, any::<Option<u64>>()).prop_map(|(partitions, retention, retention_bytes)| {
        TopicSpec { name: "t".to_owned(), partitions, retention, retention_bytes }
    })
}

proptest! {
    #[test]
    fn values_round_trip(
        numbers: (u64, u64, u64, i64, u64),
        state in any_state(),
        spec in any_topic(),
    ) {
        let (stamp, a, b, highest_timestamp, stored_bytes) = numbers;
        let partition = PartitionValue { stamp, start: a.min(b), end: a.max(b), highest_timestamp, stored_bytes };
        prop_assert_eq!(PartitionValue::decode(&partition.encode()), Some(partition));
        let position = PositionValue { stamp, next: a };
        prop_assert_eq!(PositionValue::decode(&position.encode()), Some(position));
        prop_assert_eq!(State::decode(&state.encode(stamp)), Some((stamp, state)));
        prop_assert_eq!(decode_topic("t".to_owned(), &encode_topic(&spec)), Some(spec));
        prop_assert_eq!(decode_counter(&encode_counter(stamp)), Some(stamp));
    }

    #[test]
    fn chunks_round_trip(part: Vec<u8>, times in 1..40_usize) {
        let content = part.repeat(times);
        prop_assert_eq!(Chunk::decode(&Chunk::encode(&content)), Some(content.into()));
    }

    #[test]
    fn damage_is_found(state in any_state(), place: prop::sample::Index, bit in 0..8_u8) {
        let bytes = state.encode(1);
        let chunk = Chunk::encode(&bytes);
        let damaged = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            let at = place.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            bytes
        };
        prop_assert_eq!(State::decode(&damaged(&bytes)), None);
        prop_assert_eq!(Chunk::decode(&damaged(&chunk).into()), None);
    }

    #[test]
    fn no_bytes_panic(content: Vec<u8>, is_sealed: bool) {
        let mut bytes = vec![VERSION];
        bytes.extend(&content);
        let bytes = if is_sealed { seal(bytes) } else { content };
        drop((PartitionValue::decode(&bytes), PositionValue::decode(&bytes), State::decode(&bytes)));
        drop((decode_topic(String::new(), &bytes), decode_counter(&bytes), decode_format(&bytes)));
        drop(Chunk::decode(&bytes.into()));
    }
}
