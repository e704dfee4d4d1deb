//! One made-up value of every payload, with each optional part present.

use std::borrow::Cow;

use skytrend_event::{
    Alert, AlertKind, AtUri, Cid, DeadLetter, Did, EventId, Follow, KeywordCount, KeywordKind, Language,
    Like, Micros, ModerationAction, ModerationRecord, PostAction, PostData, PostEvent, ReplyRef, Repost,
    SamplePost, ScoreParts, Span, Tid, Topic, Trend, TrendStatus, UserActivity, WatchlistDefinition,
    WatchlistRecord, WindowKind, codec,
};

const DID: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
const POST: &str = "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a";
const NOON: Micros = Micros(1_785_585_600_000_000);

fn uri(text: &'static str) -> AtUri<'static> {
    AtUri::parse(text).unwrap()
}

fn did(text: &'static str) -> Did<'static> {
    Did::parse(text).unwrap()
}

pub fn post_event() -> PostEvent<'static> {
    PostEvent {
        action: PostAction::Created,
        uri: uri(POST),
        author_did: did(DID),
        rev: Some(Tid::parse("3jzfcijpj2z2b").unwrap()),
        witnessed_at: NOON,
        event_id: EventId(0xfedc_ba98_7654_3210),
        data: Some(PostData {
            text: Cow::Borrowed("grüße an @anna.test 🎉 #sommer example.com/über-lan…"),
            created_at: Some(NOON.plus(-1_250_000)),
            cid: Some(Cid::of_dag_cbor([7; 32])),
            languages: vec![Language::parse("de").unwrap(), Language::parse("pt-BR").unwrap()],
            reply_to: Some(ReplyRef {
                root: uri("at://did:web:example.com/app.bsky.feed.post/self"),
                parent: uri("at://anna.test/app.bsky.feed.post/3jzfcijpj2z2c"),
            }),
            mentions: vec![did("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")],
            hashtags: vec!["sommer".into(), "夏".into()],
            links: vec!["https://example.com/über-lange-wege".into()],
            labels: vec!["!no-unauthenticated".into()],
            skip: vec![Span { start: 12, end: 22 }, Span { start: 36, end: 61 }],
        }),
    }
}

pub fn like() -> Like<'static> {
    Like {
        uri: uri("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.like/3jzfcijpj2z2d"),
        author_did: did(DID),
        rev: Some(Tid::parse("3jzfcijpj2z2e").unwrap()),
        witnessed_at: NOON.plus(1),
        event_id: EventId(1),
        deleted: false,
        subject: Some(uri(POST)),
        created_at: Some(NOON),
    }
}

pub fn repost() -> Repost<'static> {
    Repost {
        uri: uri("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.repost/3jzfcijpj2z2f"),
        author_did: did(DID),
        rev: Some(Tid::parse("3jzfcijpj2z2g").unwrap()),
        witnessed_at: NOON.plus(2),
        event_id: EventId(2),
        deleted: true,
        subject: Some(uri(POST)),
        created_at: Some(NOON),
    }
}

pub fn follow() -> Follow<'static> {
    Follow {
        uri: uri("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.graph.follow/3jzfcijpj2z2h"),
        author_did: did(DID),
        rev: Some(Tid::parse("3jzfcijpj2z2i").unwrap()),
        witnessed_at: NOON.plus(3),
        event_id: EventId(3),
        deleted: false,
        subject: Some(did("did:web:example.com")),
        created_at: Some(NOON),
    }
}

fn sample_post() -> SamplePost {
    SamplePost {
        uri: POST.to_owned(),
        author_did: DID.to_owned(),
        text: "was für ein tor! #sommer".to_owned(),
        witnessed_at: NOON.plus(-30_000_000),
        event_id: EventId(u64::MAX),
    }
}

pub fn trend() -> Trend {
    Trend {
        keyword: "#Sommer".to_owned(),
        normalized_keyword: "sommer".to_owned(),
        kind: KeywordKind::Hashtag,
        language: "de".to_owned(),
        topic_id: "00c0ffee00c0ffee".to_owned(),
        status: TrendStatus::Rising,
        window: WindowKind::Sliding,
        window_start: NOON.plus(-600_000_000),
        window_end: NOON,
        started_at: NOON.plus(-120_000_000),
        frequency: 420,
        unique_authors: 311,
        expected: 17.5,
        growth_rate: 16.8,
        z_score: 24.25,
        confidence_score: 0.999_5,
        velocity: 31.0,
        score: 88.125,
        rank: 3,
        rank_change: Some(-2),
        is_alerting: true,
        sparkline: vec![0, 2, 5, 90, 128],
        terms: vec!["#Sommer".to_owned(), "Hitze".to_owned()],
        organic_share: 0.75,
        related: vec!["sonne".to_owned(), "freibad".to_owned()],
        sample_posts: vec![sample_post()],
        why: ScoreParts {
            observed: 311.5,
            expected: 17.5,
            dispersion: 0.04,
            daily_season: 1.5,
            weekly_season: 0.875,
            local_level: 1.25,
            window_posts: 41_000,
            copied_share: 0.125,
            surplus_newcomers: 2.5,
            repeated: 0.75,
            history_minutes: 2880,
        },
    }
}

pub fn keyword_count() -> KeywordCount {
    KeywordCount {
        keyword: "Sommer Sonne".to_owned(),
        normalized_keyword: "sommer sonne".to_owned(),
        kind: KeywordKind::Phrase,
        language: "de".to_owned(),
        window: WindowKind::Tumbling,
        window_start: NOON.plus(-300_000_000),
        window_end: NOON,
        count: 99,
        unique_authors: 88,
        watchlist: Some("wetter".to_owned()),
    }
}

pub fn alert() -> Alert {
    Alert {
        kind: AlertKind::Ended,
        keyword: "Sommer".to_owned(),
        normalized_keyword: "sommer".to_owned(),
        keyword_kind: KeywordKind::Word,
        language: "de".to_owned(),
        topic_id: "00c0ffee00c0ffee".to_owned(),
        frequency: 420,
        unique_authors: 311,
        growth_rate: 16.8,
        z_score: 24.25,
        confidence_score: 0.999_5,
        velocity: -31.0,
        rank: 0,
        window: WindowKind::Sliding,
        window_start: NOON.plus(-600_000_000),
        window_end: NOON,
        started_at: NOON.plus(-3_600_000_000),
        sample_posts: vec![sample_post()],
        watchlist: Some("wetter".to_owned()),
    }
}

pub fn user_activity() -> UserActivity {
    UserActivity {
        window_start: NOON.plus(-300_000_000),
        window_end: NOON,
        active_users: 12_000,
        posts: 21_000,
        posts_per_user: 1.75,
        posts_per_user_max: 64,
        sessions_started: 7_000,
        sessions_ended: 6_500,
        session_seconds_mean: 412.5,
        session_posts_mean: 2.5,
    }
}

pub fn dead_letter() -> DeadLetter<'static> {
    DeadLetter {
        source: "firehose relay.example".into(),
        position: "31527015471".into(),
        reason: "cid_mismatch".into(),
        detail: "block 3".into(),
        witnessed_at: NOON,
        length: 70_000,
        bytes: Cow::Borrowed(b"\xa1\x61t\xff\x00"),
    }
}

pub fn moderation() -> ModerationRecord {
    ModerationRecord {
        action: ModerationAction::Hold,
        pattern: "ja:#選挙*".to_owned(),
        reason: "one campaign under many names".to_owned(),
        by: "anna".to_owned(),
        at: NOON,
        expires_at: Some(Micros(NOON.0 + 3_600_000_000)),
    }
}

pub fn watchlist() -> WatchlistRecord {
    WatchlistRecord {
        name: "politics".to_owned(),
        definition: Some(WatchlistDefinition {
            terms: vec!["election*".to_owned(), "#選挙".to_owned(), "/\\bg(7|20)\\b/".to_owned()],
            languages: vec!["en".to_owned()],
            alert_posts: 20,
            alert_growth: 2.5,
            cooldown_minutes: 30,
        }),
        by: "anna".to_owned(),
        at: NOON,
    }
}

/// The sample's bytes, as this version writes them.
pub fn bytes(topic: Topic) -> Vec<u8> {
    let mut encoder = codec::Encoder::default();
    match topic {
        Topic::Posts => encoder.encode_to_vec(&post_event()),
        Topic::Likes => encoder.encode_to_vec(&like()),
        Topic::Reposts => encoder.encode_to_vec(&repost()),
        Topic::Follows => encoder.encode_to_vec(&follow()),
        Topic::Trends => encoder.encode_to_vec(&trend()),
        Topic::WindowCounts => encoder.encode_to_vec(&keyword_count()),
        Topic::Alerts => encoder.encode_to_vec(&alert()),
        Topic::UserActivity => encoder.encode_to_vec(&user_activity()),
        Topic::DeadLetter => encoder.encode_to_vec(&dead_letter()),
        Topic::Moderation => encoder.encode_to_vec(&moderation()),
        Topic::Watchlists => encoder.encode_to_vec(&watchlist()),
    }
    .unwrap()
}

/// Reads a value of the topic as its type and writes it again, as this version does.
pub fn rewritten(writer: &codec::WriterSchema, bytes: &[u8]) -> Result<Vec<u8>, codec::CodecError> {
    let mut encoder = codec::Encoder::default();
    match writer.topic() {
        Topic::Posts => encoder.encode_to_vec(&writer.decode::<PostEvent<'_>>(bytes)?),
        Topic::Likes => encoder.encode_to_vec(&writer.decode::<Like<'_>>(bytes)?),
        Topic::Reposts => encoder.encode_to_vec(&writer.decode::<Repost<'_>>(bytes)?),
        Topic::Follows => encoder.encode_to_vec(&writer.decode::<Follow<'_>>(bytes)?),
        Topic::Trends => encoder.encode_to_vec(&writer.decode::<Trend>(bytes)?),
        Topic::WindowCounts => encoder.encode_to_vec(&writer.decode::<KeywordCount>(bytes)?),
        Topic::Alerts => encoder.encode_to_vec(&writer.decode::<Alert>(bytes)?),
        Topic::UserActivity => encoder.encode_to_vec(&writer.decode::<UserActivity>(bytes)?),
        Topic::DeadLetter => encoder.encode_to_vec(&writer.decode::<DeadLetter<'_>>(bytes)?),
        Topic::Moderation => encoder.encode_to_vec(&writer.decode::<ModerationRecord>(bytes)?),
        Topic::Watchlists => encoder.encode_to_vec(&writer.decode::<WatchlistRecord>(bytes)?),
    }
}
