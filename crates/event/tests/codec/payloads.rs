//! Arbitrary values of every payload: whatever its type and its schema allow.

use std::borrow::Cow;

use proptest::collection::vec;
use proptest::num::f64;
use proptest::option::of;
use proptest::prelude::*;
use skytrend_event::{
    Alert, AlertKind, AtUri, Cid, DeadLetter, Did, EventId, Follow, KeywordCount, KeywordKind, Language,
    Like, Micros, ModerationAction, ModerationRecord, PostAction, PostData, PostEvent, ReplyRef, Repost,
    SamplePost, ScoreParts, Span, Tid, Trend, TrendStatus, UserActivity, WatchlistDefinition,
    WatchlistRecord, WindowKind,
};

/// Calls `$check!(name, strategy, type)` for each payload.
macro_rules! for_each_payload {
    ($check:ident) => {
        $check!(post_event, crate::payloads::post_event(), skytrend_event::PostEvent<'_>);
        $check!(like, crate::payloads::like(), skytrend_event::Like<'_>);
        $check!(repost, crate::payloads::repost(), skytrend_event::Repost<'_>);
        $check!(follow, crate::payloads::follow(), skytrend_event::Follow<'_>);
        $check!(trend, crate::payloads::trend(), skytrend_event::Trend);
        $check!(keyword_count, crate::payloads::keyword_count(), skytrend_event::KeywordCount);
        $check!(alert, crate::payloads::alert(), skytrend_event::Alert);
        $check!(user_activity, crate::payloads::user_activity(), skytrend_event::UserActivity);
        $check!(dead_letter, crate::payloads::dead_letter(), skytrend_event::DeadLetter<'_>);
        $check!(moderation, crate::payloads::moderation(), skytrend_event::ModerationRecord);
        $check!(watchlist, crate::payloads::watchlist(), skytrend_event::WatchlistRecord);
    };
}
pub(crate) use for_each_payload;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        any::<String>(),
        "[a-z ]{0,80}",
        "[\u{1F300}-\u{1F6FF}\u{3040}-\u{30FF}]{1,20}"
    ]
}

fn cow() -> impl Strategy<Value = Cow<'static, str>> {
    text().prop_map(Cow::Owned)
}

fn did() -> impl Strategy<Value = Did<'static>> {
    "did:plc:[a-z2-7]{24}|did:web:[a-z]{1,20}\\.(com|example)".prop_map(|did| Did::parse(did).unwrap())
}

fn at_uri() -> impl Strategy<Value = AtUri<'static>> {
    "at://(did:plc:[a-z2-7]{24}|[a-z]{1,20}\\.test)(/app\\.bsky\\.feed\\.post(/[A-Za-z0-9_~:-]{1,20})?)?"
        .prop_map(|uri| AtUri::parse(uri).unwrap())
}

fn tid() -> impl Strategy<Value = Tid<'static>> {
    "[2-7a-j][2-7a-z]{12}".prop_map(|tid| Tid::parse(tid).unwrap())
}

fn language() -> impl Strategy<Value = Language<'static>> {
    "[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?".prop_map(|tag| Language::parse(tag).unwrap())
}

fn micros() -> impl Strategy<Value = Micros> {
    any::<i64>().prop_map(Micros)
}

fn event_id() -> impl Strategy<Value = EventId> {
    any::<u64>().prop_map(EventId)
}

fn cid() -> impl Strategy<Value = Cid> {
    any::<[u8; 32]>().prop_map(Cid::of_dag_cbor)
}

/// Avro's `long` has a sign.
fn count() -> impl Strategy<Value = u64> {
    0..=i64::MAX.cast_unsigned()
}

/// Avro's `int` has a sign.
fn small_count() -> impl Strategy<Value = u32> {
    0..=i32::MAX.cast_unsigned()
}

/// All but NaN, which is not equal to itself.
fn number() -> impl Strategy<Value = f64> {
    f64::POSITIVE | f64::NEGATIVE | f64::NORMAL | f64::SUBNORMAL | f64::ZERO | f64::INFINITE
}

fn keyword_kind() -> impl Strategy<Value = KeywordKind> {
    prop_oneof![Just(KeywordKind::Word), Just(KeywordKind::Hashtag), Just(KeywordKind::Phrase)]
}

fn window() -> impl Strategy<Value = WindowKind> {
    prop_oneof![Just(WindowKind::Sliding), Just(WindowKind::Tumbling)]
}

pub fn post_event() -> impl Strategy<Value = PostEvent<'static>> {
    let action = prop_oneof![
        Just(PostAction::Created),
        Just(PostAction::Updated),
        Just(PostAction::Deleted),
        Just(PostAction::AuthorRemoved),
        Just(PostAction::Heartbeat),
    ];
    (action, at_uri(), did(), of(tid()), micros(), event_id(), of(post_data())).prop_map(
        |(action, uri, author_did, rev, witnessed_at, event_id, data)| PostEvent {
            action,
            uri,
            author_did,
            rev,
            witnessed_at,
            event_id,
            data,
        },
    )
}

fn post_data() -> impl Strategy<Value = PostData<'static>> {
    let reply_to = (at_uri(), at_uri()).prop_map(|(root, parent)| ReplyRef { root, parent });
    let span = (small_count(), small_count()).prop_map(|(start, end)| Span { start, end });
    let texts = || vec(cow(), 0..4);
    (
        (cow(), of(micros()), of(cid()), vec(language(), 0..4), of(reply_to)),
        (vec(did(), 0..4), texts(), texts(), texts(), vec(span, 0..4)),
    )
        .prop_map(
            |((text, created_at, cid, languages, reply_to), (mentions, hashtags, links, labels, skip))| {
                PostData {
                    text,
                    created_at,
                    cid,
                    languages,
                    reply_to,
                    mentions,
                    hashtags,
                    links,
                    labels,
                    skip,
                }
            },
        )
}

macro_rules! engagement {
    ($strategy:ident, $name:ident, $subject:expr) => {
        pub fn $strategy() -> impl Strategy<Value = $name<'static>> {
            let when = (micros(), of(micros()));
            (at_uri(), did(), of(tid()), event_id(), any::<bool>(), of($subject), when).prop_map(
                |(uri, author_did, rev, event_id, deleted, subject, (witnessed_at, created_at))| $name {
                    uri,
                    author_did,
                    rev,
                    witnessed_at,
                    event_id,
                    deleted,
                    subject,
                    created_at,
                },
            )
        }
    };
}
engagement!(like, Like, at_uri());
engagement!(repost, Repost, at_uri());
engagement!(follow, Follow, did());

fn sample_post() -> impl Strategy<Value = SamplePost> {
    (text(), text(), text(), micros(), event_id()).prop_map(
        |(uri, author_did, text, witnessed_at, event_id)| SamplePost {
            uri,
            author_did,
            text,
            witnessed_at,
            event_id,
        },
    )
}

fn score_parts() -> impl Strategy<Value = ScoreParts> {
    let factors = (number(), number(), number());
    (number(), number(), number(), factors, count(), (number(), number(), number()), small_count()).prop_map(
        |(observed, expected, dispersion, factors, window_posts, left_out, history_minutes)| {
            let (copied_share, surplus_newcomers, repeated) = left_out;
            let (daily_season, weekly_season, local_level) = factors;
            ScoreParts {
                observed,
                expected,
                dispersion,
                daily_season,
                weekly_season,
                local_level,
                window_posts,
                copied_share,
                surplus_newcomers,
                repeated,
                history_minutes,
            }
        },
    )
}

pub fn trend() -> impl Strategy<Value = Trend> {
    let status = prop_oneof![
        Just(TrendStatus::Started),
        Just(TrendStatus::Rising),
        Just(TrendStatus::Peaking),
        Just(TrendStatus::Fading),
        Just(TrendStatus::Ended),
    ];
    (
        (text(), text(), keyword_kind(), text(), text(), status, window(), any::<bool>()),
        (micros(), micros(), micros(), count(), count(), small_count(), of(any::<i32>())),
        (number(), number(), number(), number(), number(), number(), number()),
        (
            vec(small_count(), 0..8),
            vec(text(), 0..4),
            vec(text(), 0..4),
            vec(sample_post(), 0..3),
            score_parts(),
        ),
    )
        .prop_map(|(what, when_and_counts, numbers, lists)| {
            let (keyword, normalized_keyword, kind, language, topic_id, status, window, is_alerting) = what;
            let (window_start, window_end, started_at, frequency, unique_authors, rank, rank_change) =
                when_and_counts;
            let (expected, growth_rate, z_score, confidence_score, velocity, score, organic_share) = numbers;
            let (sparkline, terms, related, sample_posts, why) = lists;
            Trend {
                keyword,
                normalized_keyword,
                kind,
                language,
                topic_id,
                status,
                window,
                window_start,
                window_end,
                started_at,
                frequency,
                unique_authors,
                expected,
                growth_rate,
                z_score,
                confidence_score,
                velocity,
                score,
                rank,
                rank_change,
                is_alerting,
                sparkline,
                terms,
                organic_share,
                related,
                sample_posts,
                why,
            }
        })
}

pub fn keyword_count() -> impl Strategy<Value = KeywordCount> {
    (text(), text(), keyword_kind(), text(), window(), micros(), micros(), (count(), count()), of(text()))
        .prop_map(
            |(
                keyword,
                normalized_keyword,
                kind,
                language,
                window,
                window_start,
                window_end,
                (count, unique_authors),
                watchlist,
            )| {
                KeywordCount {
                    keyword,
                    normalized_keyword,
                    kind,
                    language,
                    window,
                    window_start,
                    window_end,
                    count,
                    unique_authors,
                    watchlist,
                }
            },
        )
}

pub fn alert() -> impl Strategy<Value = Alert> {
    let kind = prop_oneof![Just(AlertKind::Started), Just(AlertKind::Ended)];
    (
        (kind, text(), text(), keyword_kind(), text(), text(), window()),
        (count(), count(), number(), number(), number(), number(), small_count()),
        (micros(), micros(), micros(), vec(sample_post(), 0..3), of(text())),
    )
        .prop_map(|(what, numbers, (window_start, window_end, started_at, sample_posts, watchlist))| {
            let (kind, keyword, normalized_keyword, keyword_kind, language, topic_id, window) = what;
            let (frequency, unique_authors, growth_rate, z_score, confidence_score, velocity, rank) = numbers;
            Alert {
                kind,
                keyword,
                normalized_keyword,
                keyword_kind,
                language,
                topic_id,
                frequency,
                unique_authors,
                growth_rate,
                z_score,
                confidence_score,
                velocity,
                rank,
                window,
                window_start,
                window_end,
                started_at,
                sample_posts,
                watchlist,
            }
        })
}

pub fn user_activity() -> impl Strategy<Value = UserActivity> {
    let counts = (count(), count(), count(), count(), count());
    (micros(), micros(), counts, number(), number(), number()).prop_map(
        |(window_start, window_end, counts, posts_per_user, session_seconds_mean, session_posts_mean)| {
            let (active_users, posts, posts_per_user_max, sessions_started, sessions_ended) = counts;
            UserActivity {
                window_start,
                window_end,
                active_users,
                posts,
                posts_per_user,
                posts_per_user_max,
                sessions_started,
                sessions_ended,
                session_seconds_mean,
                session_posts_mean,
            }
        },
    )
}

pub fn dead_letter() -> impl Strategy<Value = DeadLetter<'static>> {
    (cow(), cow(), cow(), cow(), micros(), count(), vec(any::<u8>(), 0..100)).prop_map(
        |(source, position, reason, detail, witnessed_at, length, bytes)| DeadLetter {
            source,
            position,
            reason,
            detail,
            witnessed_at,
            length,
            bytes: Cow::Owned(bytes),
        },
    )
}

pub fn moderation() -> impl Strategy<Value = ModerationRecord> {
    let action = prop_oneof![
        Just(ModerationAction::Block),
        Just(ModerationAction::Hold),
        Just(ModerationAction::Allow),
        Just(ModerationAction::Release),
        Just(ModerationAction::Report),
        Just(ModerationAction::Dismiss),
    ];
    (action, text(), text(), text(), micros(), of(micros())).prop_map(
        |(action, pattern, reason, by, at, expires_at)| ModerationRecord {
            action,
            pattern,
            reason,
            by,
            at,
            expires_at,
        },
    )
}

pub fn watchlist() -> impl Strategy<Value = WatchlistRecord> {
    let definition = (vec(text(), 0..5), vec(text(), 0..3), any::<u32>(), number(), any::<u32>()).prop_map(
        |(terms, languages, alert_posts, alert_growth, cooldown_minutes)| WatchlistDefinition {
            terms,
            languages,
            alert_posts,
            alert_growth,
            cooldown_minutes,
        },
    );
    (text(), of(definition), text(), micros()).prop_map(|(name, definition, by, at)| WatchlistRecord {
        name,
        definition,
        by,
        at,
    })
}
