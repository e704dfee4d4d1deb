//! `skytrend bench state`: what the detector's state does over weeks in which vocabulary and authors grow for ever.
//! Every six simulated hours it is measured: its size, how long a snapshot and a restore take, and the time that each
//! post took, its extraction included, on one thread.

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::ensure;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use skytrend_event::time::MINUTE;
use skytrend_event::{AtUri, Did, EventId, Micros, PostAction, PostData, PostEvent};
use skytrend_sim::growth::{GrowingPost, GrowingPosts};
use skytrend_trend::Detector;

use crate::cli;
use crate::settings::Settings;

/// Minutes between two measurements.
const MEASURED_MINUTES: u32 = 360;
/// When the first post is written: a Monday at midnight.
const START: Micros = Micros(1_783_296_000_000_000);
const MIB: f64 = 1_048_576.0;

/// One measurement.
#[derive(Clone, Debug, Serialize)]
struct Row {
    /// Simulated days since the start.
    day: f64,
    /// Posts so far.
    posts: u64,
    /// Distinct words so far, about.
    words: u64,
    /// Keywords with a baseline.
    tracked_keywords: u64,
    /// Keywords in use at all.
    keywords: u64,
    /// What the detector says that it holds, in MiB.
    state_mib: f64,
    /// Resident memory of the process in MiB, the simulator's included; where the system tells.
    resident_mib: Option<f64>,
    /// Size of a snapshot in MiB.
    snapshot_mib: f64,
    /// Time to make it, in seconds.
    snapshot_seconds: f64,
    /// Time to restore it, in seconds.
    restore_seconds: f64,
    /// Time for each post since the last measurement, in microseconds.
    micros_per_post: f64,
}

/// Runs the benchmark.
pub fn run(settings: &Settings, asked: &cli::State) -> anyhow::Result<()> {
    ensure!((1..=1000).contains(&asked.days), "--days must be 1 to 1000");
    ensure!((1..=100_000).contains(&asked.posts_per_minute), "--posts-per-minute must be 1 to 100,000");
    let mut stream = GrowingPosts::new(asked.seed, asked.posts_per_minute);
    let mut detector = Detector::new(settings.trend.clone(), 1)?;
    let minutes = asked.days * 24 * 60;
    let bar = ProgressBar::new(minutes.into());
    bar.set_style(
        ProgressStyle::with_template("[{bar:32}] {pos}/{len} minutes, {eta} left")?.progress_chars("=> "),
    );
    let mut out = std::io::stdout().lock();
    if !asked.json {
        writeln!(out, "{HEAD}")?;
    }
    let (mut posts, mut posts_before, mut spent) = (0, 0, Duration::ZERO);
    for minute in 0..minutes {
        bar.set_position(minute.into());
        let of_minute = stream.next_minute();
        let events = events(minute, posts, &of_minute)?;
        let started = Instant::now();
        for event in &events {
            detector.apply(0, event);
        }
        detector.take_outputs();
        spent += started.elapsed();
        posts += events.len() as u64;
        if (minute + 1) % MEASURED_MINUTES == 0 {
            let row = measure(
                settings,
                &detector,
                &stream,
                minute + 1,
                posts,
                spent.as_secs_f64() * 1e6 / (posts - posts_before) as f64,
            )?;
            (posts_before, spent) = (posts, Duration::ZERO);
            bar.suspend(|| {
                if asked.json {
                    serde_json::to_writer(&mut out, &row).map_err(Into::into).and_then(|()| writeln!(out))
                } else {
                    writeln!(out, "{}", row.line())
                }
            })?;
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// The posts of a minute, evenly over it; `posts` is how many came before.
fn events(minute: u32, posts: u64, of_minute: &[GrowingPost]) -> anyhow::Result<Vec<PostEvent<'_>>> {
    let step = MINUTE / i64::try_from(of_minute.len().max(1))?;
    let start = START.plus(i64::from(minute) * MINUTE);
    let event = |(place, post): (u32, &'_ GrowingPost)| {
        let did = Did::parse(format!("did:plc:{:024}", post.author))?;
        let number = posts + u64::from(place);
        Ok(PostEvent {
            action: PostAction::Created,
            uri: AtUri::parse(format!("at://{did}/app.bsky.feed.post/{number:013}"))?,
            author_did: did,
            rev: None,
            witnessed_at: start.plus(i64::from(place) * step),
            event_id: EventId(number),
            data: Some(PostData { text: post.text.clone().into(), ..PostData::default() }),
        })
    };
    (0..).zip(of_minute).map(event).collect()
}

fn measure(
    settings: &Settings,
    detector: &Detector,
    stream: &GrowingPosts,
    minutes: u32,
    posts: u64,
    micros_per_post: f64,
) -> anyhow::Result<Row> {
    let stats = detector.stats();
    let mut bytes = Vec::new();
    let started = Instant::now();
    detector.snapshot(&mut bytes);
    let snapshot_seconds = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let restored = Detector::restore(settings.trend.clone(), &bytes)?;
    let restore_seconds = started.elapsed().as_secs_f64();
    ensure!(restored.stats().posts == stats.posts, "the restored detector holds other posts");
    Ok(Row {
        day: f64::from(minutes) / 1440.0,
        posts,
        words: stream.words(),
        tracked_keywords: stats.tracked_keywords,
        keywords: stats.keywords,
        state_mib: stats.memory_bytes as f64 / MIB,
        resident_mib: resident_mib(),
        snapshot_mib: bytes.len() as f64 / MIB,
        snapshot_seconds,
        restore_seconds,
        micros_per_post,
    })
}

/// Resident memory of this process in MiB, as Linux tells it.
fn resident_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

const HEAD: &str = "   day        posts      words  tracked  keywords  state MiB  resident  snapshot MiB  snapshot s  restore s  µs/post";

impl Row {
    fn line(&self) -> String {
        format!(
            "{:6.2} {:12} {:10} {:8} {:9} {:10.1} {:9} {:13.1} {:11.2} {:10.2} {:8.1}",
            self.day,
            self.posts,
            self.words,
            self.tracked_keywords,
            self.keywords,
            self.state_mib,
            self.resident_mib.map_or_else(|| "?".to_owned(), |mib| format!("{mib:.0}")),
            self.snapshot_mib,
            self.snapshot_seconds,
            self.restore_seconds,
            self.micros_per_post,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_post_is_an_event_of_its_minute_and_the_state_is_restored() {
        let settings = Settings::from_layers(&crate::settings::layers::Layers::defaults()).unwrap();
        let mut stream = GrowingPosts::new(1, 300);
        let mut detector = Detector::new(settings.trend.clone(), 1).unwrap();
        let mut posts = 0;
        for minute in 0..30 {
            let of_minute = stream.next_minute();
            for event in events(minute, posts, &of_minute).unwrap() {
                assert_eq!((event.witnessed_at.0 - START.0) / MINUTE, i64::from(minute));
                detector.apply(0, &event);
                posts += 1;
            }
        }
        let row = measure(&settings, &detector, &stream, 30, posts, 0.0).unwrap();
        assert_eq!((row.posts, detector.stats().counters.events_late), (posts, 0));
        assert!(row.tracked_keywords > 0 && row.state_mib > 1.0 && row.snapshot_mib > 0.1);
    }
}
