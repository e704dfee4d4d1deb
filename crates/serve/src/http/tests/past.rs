//! The list as of an instant that is over.

use skytrend_event::time::MINUTE;

use super::*;

/// A log of `trending-keywords` that holds these, in the order of their windows.
struct Trends(Vec<Trend>);

impl TopicReader for Trends {
    fn bounds(&self, _topic: Topic, _partition: u32) -> Result<Range<u64>, TopicReadError> {
        Ok(0..self.0.len() as u64)
    }

    fn offset_at(&self, _topic: Topic, _partition: u32, timestamp: Micros) -> Result<u64, TopicReadError> {
        Ok(self.0.partition_point(|trend| trend.window_end < timestamp) as u64)
    }

    fn read(
        &self,
        _topic: Topic,
        _partition: u32,
        from: u64,
        limit: usize,
    ) -> Result<Vec<TopicRecord>, TopicReadError> {
        let from = usize::try_from(from).expect("a short log");
        let record = |(offset, trend): (usize, &Trend)| {
            let mut value = Vec::new();
            Encoder::default().encode(trend, &mut value).expect("a trend has a schema");
            TopicRecord {
                offset: offset as u64,
                timestamp: trend.window_end,
                key: bytes::Bytes::new(),
                value: value.into(),
            }
        };
        Ok(self.0.iter().enumerate().skip(from).take(limit).map(record).collect())
    }
}

fn of_the_past() -> ApiState {
    let tumbling = Trend { window: WindowKind::Tumbling, ..trend("goal", 1, 5) };
    let trends = vec![
        trend("old", 1, 3),
        tumbling,
        trend("second", 2, 5),
        trend("first", 1, 5),
        ended("gone", 5),
        trend("quake", 1, 10),
    ];
    ApiState { topics: Arc::new(Trends(trends)), ..state() }
}

async fn as_of(text: &str) -> (StatusCode, HeaderMap, Value) {
    let (status, headers, text) = get_text(of_the_past(), &format!("/api/v1/trends?{text}")).await;
    (status, headers, serde_json::from_str(&text).expect("JSON"))
}

#[tokio::test]
async fn the_past_is_the_newest_window_that_had_ended_without_texts() {
    let instant = at(5).0 + 3 * MINUTE;
    let (status, headers, answer) = as_of(&format!("as_of={instant}")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!((&answer["as_of"], &answer["window_end"]), (&json!(instant), &json!(at(5).0)));
    assert_eq!(column(&answer["trends"], "keyword"), ["first", "second"]);
    assert_eq!(headers["cache-control"], "no-cache", "what may be shown of it changes");
    let post = &answer["trends"][0]["sample_posts"][0];
    assert_eq!((&post["text"], post["uri"].is_string()), (&json!(""), true), "{post}");

    let (_, _, answer) = as_of("as_of=2025-03-01T12:05:00Z&window=tumbling").await;
    assert_eq!(column(&answer["trends"], "keyword"), ["goal"]);
    let (_, headers, answer) = as_of(&format!("as_of={}", at(60).0)).await;
    assert_eq!(column(&answer["trends"], "keyword"), ["quake"]);
    assert_eq!(headers["cache-control"], "no-cache", "the newest window may still be written");
}

#[tokio::test]
async fn what_is_not_held_is_not_found_and_no_instant_is_refused() {
    let (status, _, _) = as_of(&format!("as_of={}", at(2).0)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    for wrong in ["yesterday", "", "-5", "99999999999999999999"] {
        let (status, _, problem) = as_of(&format!("as_of={wrong}")).await;
        assert_eq!((status, &problem["parameter"]), (StatusCode::BAD_REQUEST, &json!("as_of")), "{wrong}");
    }
}
