//! Records for this crate's tests.

use skytrend_event::time::MINUTE;
use skytrend_event::{
    Alert, AlertKind, EventId, KeywordCount, KeywordKind, Micros, SamplePost, ScoreParts, Trend, TrendStatus,
    UserActivity, WindowKind,
};

/// 2025-03-01T12:00:00Z, the end of minute 0 of the tests.
const NOON: i64 = 1_740_830_400_000_000;

/// The end of a window, `minute` minutes after noon.
pub fn at(minute: i64) -> Micros {
    Micros(NOON + minute * MINUTE)
}

/// A word's sliding window that ends at `minute`.
pub fn trend(keyword: &str, rank: u32, minute: i64) -> Trend {
    Trend {
        keyword: keyword.to_owned(),
        normalized_keyword: keyword.trim_start_matches('#').to_lowercase(),
        kind: if keyword.starts_with('#') { KeywordKind::Hashtag } else { KeywordKind::Word },
        language: "en".to_owned(),
        topic_id: format!("{:016x}", keyword.len()),
        status: TrendStatus::Rising,
        window: WindowKind::Sliding,
        window_start: at(minute - 10),
        window_end: at(minute),
        started_at: at(minute - 3),
        frequency: 412,
        unique_authors: 371,
        expected: 12.5,
        growth_rate: 27.4,
        z_score: 18.25,
        confidence_score: 0.9999,
        velocity: 14.5,
        score: 321.5 - f64::from(rank),
        rank,
        rank_change: Some(2),
        is_alerting: true,
        sparkline: (0..60).collect(),
        terms: vec![keyword.to_owned()],
        organic_share: 0.9,
        related: vec!["earthquake".to_owned()],
        sample_posts: vec![SamplePost {
            uri: "at://did:plc:2222222222222222222222aa/app.bsky.feed.post/3lzzzzzzzzz22".to_owned(),
            author_did: "did:plc:2222222222222222222222aa".to_owned(),
            text: "did anyone else feel that?".to_owned(),
            witnessed_at: at(minute),
            event_id: EventId(u64::MAX - 1),
        }],
        why: ScoreParts::default(),
    }
}

/// The last record of a trend.
pub fn ended(keyword: &str, minute: i64) -> Trend {
    Trend { status: TrendStatus::Ended, rank: 0, rank_change: None, ..trend(keyword, 0, minute) }
}

/// A word's count in the sliding window that ends at `minute`.
pub fn count(keyword: &str, count: u64, minute: i64) -> KeywordCount {
    KeywordCount {
        keyword: keyword.to_owned(),
        normalized_keyword: keyword.to_lowercase(),
        kind: KeywordKind::Word,
        language: "en".to_owned(),
        window: WindowKind::Sliding,
        window_start: at(minute - 10),
        window_end: at(minute),
        count,
        unique_authors: count / 2,
        watchlist: None,
    }
}

/// An alert about a word.
pub fn alert(keyword: &str, kind: AlertKind, minute: i64) -> Alert {
    let t = trend(keyword, 1, minute);
    Alert {
        kind,
        keyword: t.keyword,
        normalized_keyword: t.normalized_keyword,
        keyword_kind: t.kind,
        language: t.language,
        topic_id: t.topic_id,
        frequency: t.frequency,
        unique_authors: t.unique_authors,
        growth_rate: t.growth_rate,
        z_score: t.z_score,
        confidence_score: t.confidence_score,
        velocity: t.velocity,
        rank: t.rank,
        window: t.window,
        window_start: t.window_start,
        window_end: t.window_end,
        started_at: t.started_at,
        sample_posts: t.sample_posts,
        watchlist: None,
    }
}

/// A term of a watchlist (`*`: all of it) in the sliding window that ends at `minute`.
pub fn watched(list: &str, term: &str, posts: u64, minute: i64) -> KeywordCount {
    KeywordCount { watchlist: Some(list.to_owned()), ..count(term, posts, minute) }
}

/// The five minutes that end at `minute`.
pub fn activity(minute: i64) -> UserActivity {
    UserActivity {
        window_start: at(minute - 5),
        window_end: at(minute),
        active_users: 900,
        posts: 1_350,
        posts_per_user: 1.5,
        posts_per_user_max: 40,
        sessions_started: 200,
        sessions_ended: 150,
        session_seconds_mean: 310.0,
        session_posts_mean: 2.5,
    }
}
