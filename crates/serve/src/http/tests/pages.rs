//! Lists in pages: whatever the pages' size, they give the same sequence as one answer would, also while records arrive.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::moderation::Hidden;
use super::*;
use crate::view::Settings as ViewSettings;

/// How many records the view holds: fewer than there are, so that pages come from the log, too.
const HELD: usize = 5;

const WORDS: [&str; 4] = ["quake", "storm", "golo", "tide"];

/// A log of alerts and activity, from this offset on, that gives few records at a time.
struct Results {
    earliest: u64,
    alerts: Mutex<Vec<Alert>>,
}

impl Results {
    fn records(&self, topic: Topic) -> Vec<TopicRecord> {
        let record = |offset: usize, end: Micros, value: Vec<u8>| TopicRecord {
            offset: offset as u64,
            // As the detector writes them: the last instant of the window.
            timestamp: end.plus(-1),
            key: bytes::Bytes::new(),
            value: value.into(),
        };
        let alerts = self.alerts.lock().expect("no call panics");
        let encode = |(offset, alert): (usize, &Alert)| {
            if topic == Topic::Alerts {
                let value = Encoder::default().encode_to_vec(alert).expect("an alert has a schema");
                return record(offset, alert.window_end, value);
            }
            let of_offset = activity(i64::try_from(offset).expect("a short log"));
            let value = Encoder::default().encode_to_vec(&of_offset).expect("activity has a schema");
            record(offset, of_offset.window_end, value)
        };
        alerts.iter().enumerate().map(encode).collect()
    }
}

impl TopicReader for Results {
    fn bounds(&self, _topic: Topic, _partition: u32) -> Result<Range<u64>, TopicReadError> {
        let end = self.alerts.lock().expect("no call panics").len() as u64;
        Ok(self.earliest.min(end)..end)
    }

    fn offset_at(&self, topic: Topic, partition: u32, timestamp: Micros) -> Result<u64, TopicReadError> {
        let before = self.records(topic).partition_point(|record| record.timestamp < timestamp) as u64;
        Ok(before.max(self.bounds(topic, partition)?.start))
    }

    fn read(
        &self,
        topic: Topic,
        _partition: u32,
        from: u64,
        limit: usize,
    ) -> Result<Vec<TopicRecord>, TopicReadError> {
        if from < self.earliest {
            return Err(TopicReadError::OffsetGone { asked: from, earliest: self.earliest });
        }
        let records = self.records(topic).into_iter();
        Ok(records.skip_while(|record| record.offset < from).take(limit.min(3)).collect())
    }
}

/// The `n`th alert: word, whether it ends, and minutes after the one before.
type Step = (usize, bool, i64);

fn steps(count: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec((0..WORDS.len(), any::<bool>(), 0..2_i64), count)
}

/// The view and the log of one server, to which alerts are added as the program does.
struct Server {
    state: ApiState,
    log: Arc<Results>,
    minute: i64,
}

impl Server {
    fn new(earliest: u64) -> Self {
        let settings =
            ViewSettings { alerts_max: HELD, activity_windows_max: HELD, ..ViewSettings::default() };
        let log = Arc::new(Results { earliest, alerts: Mutex::default() });
        let view = Arc::new(TrendView::new(&settings));
        let reader = Arc::clone(&log) as Arc<dyn TopicReader>;
        Self { state: ApiState::new(view, reader, Settings::default()), log, minute: 0 }
    }

    fn add(&mut self, steps: &[Step]) {
        for &(word, is_end, minutes) in steps {
            self.minute += minutes;
            let kind = if is_end { AlertKind::Ended } else { AlertKind::Started };
            let alert = alert(WORDS[word], kind, self.minute);
            let mut all = self.log.alerts.lock().expect("no call panics");
            self.state.view.apply_activity(activity(i64::try_from(all.len()).expect("a short log")));
            all.push(alert.clone());
            drop(all);
            self.state.view.apply_alert(alert);
        }
        self.state.view.publish();
    }

    /// Names of all alerts that are held, greatest key first; of a key the last.
    fn names(&self) -> Vec<String> {
        let alerts = self.log.alerts.lock().expect("no call panics");
        // What the log has lost may be told while the view holds it, and may not be there on the next page.
        let earliest = usize::try_from(self.log.earliest).expect("a short log");
        let mut by_key = BTreeMap::new();
        for (offset, alert) in alerts.iter().enumerate() {
            let is_end = alert.kind == AlertKind::Ended;
            by_key.insert((alert.window_end, alert.normalized_keyword.clone(), is_end), offset);
        }
        let held = by_key.iter().rev().filter(|(_, offset)| **offset >= earliest);
        held.map(|((end, word, is_end), _)| format!("{} {word} {is_end}", end.0)).collect()
    }

    /// All pages from the first on; between them, more arrives.
    async fn walk(&mut self, list: &str, limit: usize, arriving: &[Step]) -> Vec<Value> {
        let mut arriving = arriving.iter();
        let (mut found, mut path) = (Vec::new(), format!("/api/v1/{list}?limit={limit}"));
        loop {
            let (status, head, text) = get_text(self.state.clone(), &path).await;
            assert_eq!(status, StatusCode::OK, "{path}: {text}");
            let page: Value = serde_json::from_str(&text).expect("JSON");
            let records = page[list].as_array().expect("a list");
            assert!(records.len() <= limit, "{path}: {}", records.len());
            assert!(found.len() <= 200, "there are fewer: {path} goes round");
            found.extend(records.iter().cloned());
            assert_eq!(head.contains_key("link"), page["next_cursor"].is_string(), "{path}");
            let Some(cursor) = page["next_cursor"].as_str() else { return found };
            path = format!("/api/v1/{list}?limit={limit}&cursor={cursor}");
            self.add(arriving.next().map_or(&[], std::slice::from_ref));
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn name(alert: &Value) -> String {
    let end = &alert["window_end"];
    format!("{end} {} {}", alert["keyword"].as_str().expect("a text"), alert["kind"] == "ended")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn alerts_in_pages_are_those_of_one_answer(
        stored in steps(1..60),
        arriving in steps(0..20),
        limit in 1..12_usize,
        earliest in 0..20_u64,
        is_moderated: bool,
    ) {
        let mut server = Server::new(if earliest < 10 { 0 } else { earliest });
        if is_moderated {
            server.state.view.set_rules(Some(Arc::new(Hidden(vec![WORDS[0].to_owned()]))));
        }
        server.add(&stored);
        let mut expected = server.names();
        expected.retain(|name| !is_moderated || !name.contains(WORDS[0]));
        let found: Vec<_> = runtime().block_on(server.walk("alerts", limit, &arriving)).iter().map(name).collect();
        let once: std::collections::BTreeSet<_> = found.iter().collect();
        prop_assert_eq!(once.len(), found.len(), "twice: {:?}", found);
        let of_before: Vec<_> = found.iter().filter(|name| expected.contains(name)).cloned().collect();
        prop_assert_eq!(of_before, expected);
    }

    #[test]
    fn activity_in_pages_is_that_of_one_answer(stored in steps(1..40), arriving in steps(0..9), limit in 1..12_usize) {
        let mut server = Server::new(0);
        server.add(&stored);
        let found = runtime().block_on(server.walk("activity", limit, &arriving));
        let ends: Vec<_> = found.iter().map(|window| window["window_end"].as_i64().expect("a number")).collect();
        let expected: Vec<_> =
            (0..stored.len()).rev().map(|minute| at(i64::try_from(minute).expect("few")).0).collect();
        prop_assert_eq!(ends, expected);
    }
}

#[tokio::test]
async fn a_search_in_pages_is_that_of_its_first_moment_while_counts_arrive() {
    let state = state();
    for (place, word) in ["quay", "quart", "quack", "quaint", "quality", "quantum"].into_iter().enumerate() {
        state.view.apply_count(&count(word, 10 + place as u64, 10));
    }
    let (status, _, text) = get_text(state.clone(), "/api/v1/search?q=qua&limit=100").await;
    let whole: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((status, whole.get("next_cursor")), (StatusCode::OK, None));
    let (mut found, mut path) = (Vec::new(), "/api/v1/search?q=qua&limit=2".to_owned());
    for minute in 11.. {
        let (status, _, text) = get_text(state.clone(), &path).await;
        let page: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(status, StatusCode::OK, "{page}");
        found.extend(page["keywords"].as_array().expect("a list").clone());
        // What was least now is most, and one is new.
        state.view.apply_count(&count("quay", 5_000, minute));
        state.view.apply_count(&count(&format!("quadrant{minute}"), 9_000, minute));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/search?q=qua&limit=2&cursor={cursor}");
        let (status, _, text) = get_text(state.clone(), &path.replace("q=qua", "q=que")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "another search: {text}");
    }
    assert_eq!(json!(found), whole["keywords"]);
}

#[tokio::test]
async fn a_history_is_that_of_the_time_asked_for() {
    let points = async |query: &str| {
        let (status, _, text) = get_text(state(), &format!("/api/v1/trends/quake{query}")).await;
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(status, StatusCode::OK, "{query}: {answer}");
        (column(&answer["history"], "window_end"), answer["counts"].as_array().map(Vec::len))
    };
    assert_eq!(points("").await, (vec![json!(at(9).0), json!(at(10).0)], Some(1)));
    assert_eq!(points(&format!("?to={}", at(10).0)).await, (vec![json!(at(9).0)], Some(0)));
    assert_eq!(points("?from=2025-03-01T12:10:00Z").await, (vec![json!(at(10).0)], Some(1)));
    assert_eq!(points("?from=2025-03-01T13:00:00Z&to=2025-03-01T12:00:00Z").await, (Vec::new(), Some(0)));
    assert_eq!(get_text(state(), "/api/v1/trends/quake?from=now").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_only_the_log_has_is_reached_from_an_empty_first_page() {
    let mut server = Server::new(0);
    server.add(&[(0, false, 1); 9]);
    let started_anew = TrendView::new(&ViewSettings::default());
    server.state = ApiState { view: Arc::new(started_anew), ..server.state };
    assert_eq!(server.walk("alerts", 4, &[]).await.len(), 9);
    assert_eq!(server.walk("activity", 4, &[]).await.len(), 9);
    let mut empty = Server::new(0);
    assert!(empty.walk("alerts", 4, &[]).await.is_empty());
}

#[tokio::test]
async fn alerts_of_the_log_have_no_texts_and_a_cursor_is_of_its_list() {
    let mut server = Server::new(0);
    server.add(&[(0, false, 1); 9]);
    let all = server.walk("alerts", 3, &[]).await;
    let texts: Vec<_> = all.iter().map(|alert| alert["sample_posts"][0]["text"] != "").collect();
    assert_eq!(texts, [true, true, true, true, true, false, false, false, false]);
    let (_, _, text) = get_text(server.state.clone(), "/api/v1/alerts?limit=1").await;
    let page: Value = serde_json::from_str(&text).expect("JSON");
    let cursor = page["next_cursor"].as_str().expect("there is more");
    for path in [format!("/api/v1/activity?cursor={cursor}"), "/api/v1/alerts?cursor=x".to_owned()] {
        let (status, _, text) = get_text(server.state.clone(), &path).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {text}");
    }
}
