//! From the world's posts to lists: extraction on a thread of its own, then the detector, as in the program. Lists of
//! a recording come from a file instead.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use anyhow::Context as _;
use skytrend_event::{AtUri, Did, EventId, Micros, PostAction, PostEvent};
use skytrend_sim::quality::{EventText, QualityMinute, QualitySettings, QualityWorld, Truth};
use skytrend_source::bluesky::intake::HEARTBEAT_DID;
use skytrend_trend::{Detector, ExtractedEvents, Extractor};

use super::judge::Judge;
use super::rivals::{Judged, Rivals};
use super::row::{RecordedTrend, Row};
use super::subjects::Subjects;

/// Minutes that may wait between two threads.
const WAITING_MINUTES: usize = 8;

/// The lists of the detector, judged.
pub struct JudgedLists {
    pub judge: Judge,
    /// Its keywords.
    pub subjects: Subjects,
}

/// What came of a world.
pub struct Outcome {
    pub judged: JudgedLists,
    pub rivals: Vec<Judged>,
    pub posts: u64,
}

/// Sends the whole world through the detector, and to the rivals if there are to be any.
pub fn run(
    world: QualityWorld,
    trend: &skytrend_trend::Settings,
    with_rivals: bool,
    mut each_minute: impl FnMut(u32),
) -> anyhow::Result<Outcome> {
    let truth = Arc::clone(world.truth());
    let settings = world.settings().clone();
    let mut detector = Detector::new(trend.clone(), 1)?;
    let extractor = detector.extractor();
    let (minutes_in, minutes) = sync_channel(WAITING_MINUTES);
    let (events_in, events) = sync_channel(WAITING_MINUTES);
    let (rivals_in, rivals_minutes) = sync_channel(WAITING_MINUTES);
    let rivals = with_rivals.then(|| Rivals::new(&truth, world.terms()));
    std::thread::scope(|scope| {
        let rivals_in = rivals.is_some().then_some(rivals_in);
        scope.spawn(move || generate(world, &minutes_in, rivals_in.as_ref()));
        scope.spawn({
            let settings = settings.clone();
            move || extract(extractor, &settings, &minutes, &events_in)
        });
        let rivals = rivals.map(|mut rivals| {
            scope.spawn(move || {
                for minute in rivals_minutes {
                    rivals.minute(&minute);
                }
                rivals.finish()
            })
        });
        let mut lists = Lists::new(&truth);
        let mut posts = 0;
        for batch in events {
            let Batch { minute, posts: of_minute, events } = batch;
            posts += of_minute;
            detector.apply_extracted(0, &events);
            lists.take(&mut detector, &settings);
            each_minute(minute);
        }
        detector.finish();
        lists.take(&mut detector, &settings);
        let rivals =
            rivals.map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        Ok(Outcome { judged: lists.finish(), rivals: rivals.unwrap_or_default(), posts })
    })
}

/// Rivals alone: for the lists of a recording.
pub fn run_rivals(world: QualityWorld, mut each_minute: impl FnMut(u32)) -> Vec<Judged> {
    let truth = Arc::clone(world.truth());
    let mut rivals = Rivals::new(&truth, world.terms());
    for minute in world {
        rivals.minute(&minute);
        each_minute(minute.minute);
    }
    rivals.finish()
}

/// Judges the lists that `skytrend replay --out` wrote for a recording of a world.
pub fn judge_file(path: &Path, truth: &Arc<Truth>) -> anyhow::Result<JudgedLists> {
    let file = File::open(path).with_context(|| format!("can't read {}", path.display()))?;
    let mut lists = Lists::new(truth);
    for (line, number) in BufReader::with_capacity(1 << 20, file).lines().zip(1_u64..) {
        let trend: RecordedTrend = serde_json::from_str(&line?)
            .with_context(|| format!("line {number} of {} is no trend", path.display()))?;
        lists.row(trend.row(&truth.settings));
    }
    Ok(lists.finish())
}

/// A minute of posts with their keywords found.
struct Batch {
    minute: u32,
    posts: u64,
    events: ExtractedEvents,
}

/// Ends early where nobody takes the minutes any more.
fn generate(
    world: QualityWorld,
    to_extract: &SyncSender<Arc<QualityMinute>>,
    to_rivals: Option<&SyncSender<Arc<QualityMinute>>>,
) {
    for minute in world.map(Arc::new) {
        if to_rivals.is_some_and(|rivals| rivals.send(Arc::clone(&minute)).is_err()) {
            return;
        }
        if to_extract.send(minute).is_err() {
            return;
        }
    }
}

fn extract(
    mut extractor: Extractor,
    settings: &QualitySettings,
    minutes: &Receiver<Arc<QualityMinute>>,
    into: &SyncSender<Batch>,
) {
    let mut texts = EventText::default();
    for minute in minutes {
        let mut events = ExtractedEvents::default();
        for post in minute.posts() {
            extractor.extract(&post.event(&mut texts), &mut events);
        }
        // As ingest does where nothing arrives: time passes all the same.
        extractor.extract(&heartbeat(settings.instant_of(minute.minute + 1)), &mut events);
        let posts = minute.posts().len() as u64;
        if into.send(Batch { minute: minute.minute, posts, events }).is_err() {
            return;
        }
    }
}

fn heartbeat(at: Micros) -> PostEvent<'static> {
    let author = Did::parse(HEARTBEAT_DID).expect("the constant is a DID");
    PostEvent {
        action: PostAction::Heartbeat,
        uri: AtUri::of_account(&author),
        author_did: author,
        rev: None,
        witnessed_at: at,
        event_id: EventId(0),
        data: None,
    }
}

/// Rows on their way to the judge, a window at a time.
struct Lists<'a> {
    truth: &'a Truth,
    subjects: Subjects,
    judge: Judge,
    rows: Vec<Row>,
    /// The first scored minute whose list is not judged yet.
    next: u32,
}

impl<'a> Lists<'a> {
    fn new(truth: &'a Arc<Truth>) -> Self {
        let (subjects, judge) = (Subjects::new(truth), Judge::new(Arc::clone(truth)));
        Self { truth, subjects, judge, rows: Vec::new(), next: truth.settings.warm_minutes }
    }

    fn take(&mut self, detector: &mut Detector, settings: &QualitySettings) {
        for output in detector.take_outputs() {
            for trend in &output.trends {
                self.row(RecordedTrend::from(trend).row(settings));
            }
        }
    }

    fn row(&mut self, row: Option<Row>) {
        let Some(row) = row else { return };
        if self.rows.first().is_some_and(|first| first.minute != row.minute) {
            self.close_list();
        }
        self.rows.push(row);
    }

    /// Hands on the list that is complete, after empty ones for the windows without a list.
    fn close_list(&mut self) {
        let Some(minute) = self.rows.first().map(|row| row.minute) else { return };
        self.pass_to(minute);
        self.rows.sort_by_key(|row| row.rank);
        self.judge.rows(&mut self.subjects, minute, &self.rows);
        self.rows.clear();
        self.next = self.next.max(minute + 1);
    }

    fn pass_to(&mut self, minute: u32) {
        for empty in self.next..minute {
            self.judge.rows(&mut self.subjects, empty, &[]);
        }
    }

    fn finish(mut self) -> JudgedLists {
        self.close_list();
        self.pass_to(self.truth.settings.minutes());
        self.judge.finish();
        JudgedLists { judge: self.judge, subjects: self.subjects }
    }
}
