//! Encoding and decoding posts, in records per second on one thread: `cargo bench -p skytrend-event`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use skytrend_event::codec::{Encoder, decode};
use skytrend_event::{
    AtUri, Cid, Did, EventId, Language, Micros, PostAction, PostData, PostEvent, RecordKey, Span, Tid,
};

/// Enough posts that the branch predictor does not learn them by heart.
const POSTS: u32 = 1_000;

/// A post like most: some 90 characters, one language, one in ten with a hashtag.
fn post(number: u32) -> PostEvent<'static> {
    let did = Did::parse(format!("did:plc:{:a>24}", "bcd2345".repeat(number as usize % 4))).expect("valid");
    let rkey = RecordKey::parse("3jzfcijpj2z2a").expect("valid");
    let has_hashtag = number.is_multiple_of(10);
    PostEvent {
        action: PostAction::Created,
        uri: AtUri::of_record(&did, "app.bsky.feed.post", &rkey),
        author_did: did,
        rev: Some(Tid::parse("3jzfcijpj2z2b").expect("valid")),
        witnessed_at: Micros(1_785_585_600_000_000 + i64::from(number)),
        event_id: EventId(u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        data: Some(PostData {
            text: "the same old words about the weather, ".repeat(1 + number as usize % 4).into(),
            created_at: Some(Micros(1_785_585_599_000_000)),
            cid: Some(Cid::of_dag_cbor([7; 32])),
            languages: vec![Language::parse("en").expect("valid")],
            hashtags: if has_hashtag { vec!["weather".into()] } else { Vec::new() },
            skip: if has_hashtag { vec![Span { start: 0, end: 8 }] } else { Vec::new() },
            ..PostData::default()
        }),
    }
}

fn codec(c: &mut Criterion) {
    let posts: Vec<PostEvent<'_>> = (0..POSTS).map(post).collect();
    let mut encoder = Encoder::default();
    let records: Vec<Vec<u8>> =
        posts.iter().map(|post| encoder.encode_to_vec(post).expect("a post can be encoded")).collect();
    let mut group = c.benchmark_group("post_event");
    group.throughput(Throughput::Elements(POSTS.into()));
    let mut out = Vec::new();
    group.bench_function("encode", |b| {
        b.iter(|| {
            out.clear();
            for post in &posts {
                encoder.encode(post, &mut out).expect("a post can be encoded");
            }
            black_box(out.len())
        });
    });
    group.bench_function("decode", |b| {
        b.iter(|| {
            for bytes in &records {
                black_box(decode::<PostEvent<'_>>(bytes).expect("a post can be decoded"));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, codec);
criterion_main!(benches);
