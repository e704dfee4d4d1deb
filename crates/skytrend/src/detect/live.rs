//! Live counts on their way from the detector to the view of the same process: what the newest windows list is counted
//! in the minutes after them, as long as somebody follows. Nothing durable depends on it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use skytrend_event::{Micros, WindowKind};
use skytrend_serve::KeywordKey;
use skytrend_serve::view::{LiveCounts, LiveWanted, LiveWindow, Snapshot, TrendView};
use skytrend_trend::{Detector, LiveCounter, LiveSubject};

use crate::metrics as measured;

/// Between two tellings: a count that is half a second old is alive to people.
const INTERVAL: Duration = Duration::from_millis(500);

/// How soon a window that the view has published is noticed, whose counts begin anew: they are told at once.
pub const NOTICE_INTERVAL: Duration = Duration::from_millis(50);

/// See the module.
pub struct LiveFeed {
    view: Arc<TrendView>,
    counter: LiveCounter,
    told: LiveCounts,
    /// The ends of the windows that the view listed then; none before the first time.
    told_of: Option<[Option<Micros>; 2]>,
    /// When it is time again, if no window ends before.
    due: Instant,
}

impl LiveFeed {
    /// Into this view.
    pub fn new(view: Arc<TrendView>) -> Self {
        Self {
            view,
            counter: LiveCounter::default(),
            told: LiveCounts::default(),
            told_of: None,
            due: Instant::now(),
        }
    }

    /// Tells what has come since the newest windows, if it is time to, anybody wants to know, and it is news.
    pub fn tell(&mut self, detector: &Detector) {
        let (now, ends) = (Instant::now(), window_ends(&self.view.snapshot()));
        if self.told_of == Some(ends) && now < self.due {
            return;
        }
        self.due = now + INTERVAL;
        self.told_of = Some(ends);
        self.count_and_tell(detector);
    }

    fn count_and_tell(&mut self, detector: &Detector) {
        let wanted = self.view.live_wanted();
        let counts = if wanted.is_empty() {
            // So that whoever comes next is not told what was true for somebody else.
            self.counter = LiveCounter::default();
            LiveCounts::default()
        } else {
            let started = Instant::now();
            let counts = self.count(&wanted, detector);
            measured::live_counted(started.elapsed());
            counts
        };
        if counts != self.told {
            self.told = counts.clone();
            self.view.publish_live(counts);
        }
    }

    fn count(&mut self, wanted: &[LiveWanted], detector: &Detector) -> LiveCounts {
        let subjects = wanted.iter().flat_map(|wanted| {
            let keywords = wanted.keywords.iter().map(|key| LiveSubject::Keyword {
                kind: key.kind,
                normalized: key.normalized_keyword.to_string(),
            });
            let watchlists = wanted.watchlists.iter().cloned().map(LiveSubject::Watchlist);
            keywords.chain(watchlists).map(|subject| (subject, wanted.window_end))
        });
        self.counter.follow(subjects.collect());
        let mut posts = self.counter.posts(detector).into_iter();
        let mut counts = LiveCounts::default();
        for LiveWanted { window, window_end, keywords, watchlists } in wanted {
            let keywords: Vec<(KeywordKey, u64)> = keywords.iter().cloned().zip(&mut posts).collect();
            let watchlists: Vec<(String, u64)> = watchlists.iter().cloned().zip(&mut posts).collect();
            let live = LiveWindow {
                window_end: *window_end,
                keywords: keywords.into_iter().filter(|(_, posts)| *posts > 0).collect(),
                watchlists: watchlists.into_iter().filter(|(_, posts)| *posts > 0).collect(),
            };
            match window {
                WindowKind::Sliding => counts.sliding = Some(live),
                WindowKind::Tumbling => counts.tumbling = Some(live),
            }
        }
        counts
    }
}

fn window_ends(snapshot: &Snapshot) -> [Option<Micros>; 2] {
    [WindowKind::Sliding, WindowKind::Tumbling]
        .map(|window| snapshot.current(window).map(|current| current.window_end))
}

#[cfg(test)]
mod tests {
    use skytrend_event::{
        AtUri, Did, EventId, KeywordCount, KeywordKind, PostAction, PostData, PostEvent, time::MINUTE,
    };
    use skytrend_serve::view;
    use skytrend_trend::{Settings, Watchlist};

    use super::*;

    const NOON: Micros = Micros(1_767_268_800_000_000);

    fn post(number: u64, text: &str) -> PostEvent<'static> {
        let author = "did:web:example.com";
        PostEvent {
            action: PostAction::Created,
            uri: AtUri::parse(format!("at://{author}/app.bsky.feed.post/3l{number}")).unwrap(),
            author_did: Did::parse(author).unwrap(),
            rev: None,
            witnessed_at: NOON.plus(number.cast_signed()),
            event_id: EventId(number),
            data: Some(PostData { text: text.to_owned().into(), ..PostData::default() }),
        }
    }

    /// A view whose newest sliding window ended at noon: a list, and a trend of the word "river".
    fn view() -> Arc<TrendView> {
        let view = TrendView::new(&view::Settings::default());
        list(&view, NOON);
        Arc::new(view)
    }

    fn list(view: &TrendView, window_end: Micros) {
        let list = KeywordCount {
            keyword: "water".to_owned(),
            normalized_keyword: "*".to_owned(),
            kind: KeywordKind::Phrase,
            language: "und".to_owned(),
            window: WindowKind::Sliding,
            window_start: NOON.plus(-10 * MINUTE),
            window_end,
            count: 9,
            unique_authors: 9,
            watchlist: Some("water".to_owned()),
        };
        let trend = serde_json::json!({
            "keyword": "River", "normalized_keyword": "river", "kind": "word", "status": "started",
            "window": "sliding", "window_start": list.window_start, "window_end": window_end, "started_at": NOON,
            "frequency": 9, "unique_authors": 9, "expected": 1.0, "growth_rate": 4.5, "z_score": 9.0,
            "confidence_score": 1.0, "velocity": 1.0, "score": 8.0, "rank": 1, "rank_change": null,
            "why": {
                "observed": 9.0, "expected": 1.0, "dispersion": 0.0, "local_level": 1.0, "window_posts": 100,
                "copied_share": 0.0, "history_minutes": 60,
            },
        });
        view.apply_count(&list);
        view.apply_trend(serde_json::from_value(trend).unwrap());
        view.publish();
    }

    #[test]
    fn a_new_window_is_told_of_at_once_and_the_same_one_not_too_often() {
        let detector = Detector::new(Settings::default(), 1).unwrap();
        let view = view();
        let mut feed = LiveFeed::new(Arc::clone(&view));
        let follower = view.follow_live();
        let hour = Duration::from_secs(3600);
        feed.tell(&detector);
        assert!(follower.has_changed().unwrap() && feed.due > Instant::now());
        feed.due += hour;
        let due = feed.due;
        feed.tell(&detector);
        assert_eq!(feed.due, due, "it was told just now");
        list(&view, NOON.plus(MINUTE));
        feed.tell(&detector);
        assert!(feed.due < due, "a window has ended");
        assert_eq!(follower.borrow().sliding.as_ref().unwrap().window_end, NOON.plus(MINUTE));
    }

    #[test]
    fn who_follows_is_told_what_has_come_since_the_window() {
        let terms = vec!["river".to_owned(), "lake".to_owned()];
        let list = Watchlist { name: "water".to_owned(), terms, ..Watchlist::default() };
        let settings = Settings { watchlists: vec![list], ..Settings::default() };
        let mut detector = Detector::new(settings, 1).unwrap();
        let view = view();
        let mut feed = LiveFeed::new(Arc::clone(&view));
        detector.apply(0, &post(1, "a river"));
        feed.count_and_tell(&detector);
        assert_eq!(**view.follow_live().borrow(), LiveCounts::default(), "nobody followed");

        let mut follower = view.follow_live();
        detector.apply(0, &post(2, "the river and the lake"));
        detector.apply(0, &post(3, "a lake"));
        feed.count_and_tell(&detector);
        let counts = Arc::clone(&follower.borrow_and_update());
        let sliding = counts.sliding.as_ref().unwrap();
        assert_eq!((sliding.window_end, counts.tumbling.is_none()), (NOON, true));
        let of_word = sliding.keywords[&KeywordKey::new("river", KeywordKind::Word)];
        assert_eq!((of_word, sliding.watchlists["water"]), (2, 3));
        feed.count_and_tell(&detector);
        assert!(!follower.has_changed().unwrap(), "there is no news");

        drop(follower);
        feed.count_and_tell(&detector);
        assert_eq!(**view.follow_live().borrow(), LiveCounts::default(), "they are gone with who followed");
    }
}
