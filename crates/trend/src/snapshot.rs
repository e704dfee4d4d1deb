//! The detector's whole state as bytes, and back.
//!
//! ```text
//! magic "skytrend trend\0\0" | version u16 | fingerprint of the settings u64 | body | xxh3 of all before u64
//! ```
//!
//! All little-endian; in the body, whole numbers are LEB128 (signed ones zigzag), hashes and `f64` eight bytes, texts
//! and lists have their length in front. The parts of the body are, in this order: partitions, counters, stream and
//! its languages, keywords (sorted; each with its state if it has one), minutes with their posts and engagements
//! (whose text is the URI of their post), sessions, who was seen before, pairs of neighbours, rankings, open alerts
//! of watchlists, open minutes. Keywords are named by their place in the list, so that the bytes do not depend on
//! numbers handed out in memory; indexes are not stored but built again from what they index. The same input gives
//! the same bytes, and so does a detector that was restored from them.
//!
//! What [`Detector::take_outputs`] has not handed out is no part of a snapshot: take the outputs first, and store both
//! together.

mod baseline;
mod bytes;
mod envelope;
mod keywords;
mod memories;
mod pending;
mod posts;
mod rankings;
mod watch;

use std::sync::Arc;

use crate::Detector;
use crate::detector::Partition;
use crate::rank::{KeywordLabeler, Labeler};
use crate::season::StreamSeason;
use crate::settings::{InvalidSettings, Settings};
use crate::stats::Counters;
use crate::stream::{StreamLevel, Streams};
use bytes::{Reader, Writer};
use envelope::Envelope;

/// The version takes the next number with each change of the format or of the meaning of a number in it.
const ENVELOPE: Envelope =
    Envelope { magic: b"skytrend trend\0\0", version: 5, is_other: SnapshotError::NotASnapshot };
/// No installation has more; keeps a corrupt number from asking for memory.
const PARTITIONS_MAX: u64 = 1 << 16;

/// Why bytes are no snapshot that can be restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Too short, or it starts with something else.
    #[error("this is no snapshot of a detector")]
    NotASnapshot,
    /// Too short, or it starts with something else.
    #[error("this is no saved baseline")]
    NotABaseline,
    /// Of another version of the format.
    #[error("it has version {found}, this program reads version {expected}")]
    Version {
        /// In the bytes.
        found: u16,
        /// What is read here.
        expected: u16,
    },
    /// The bytes were changed or cut.
    #[error("its checksum does not match")]
    Checksum,
    /// Taken with other windows, sessions or weights of engagements: the state means something else.
    #[error("the snapshot was taken with other windows, sessions or weights of engagements")]
    OtherSettings,
    /// A number or text is not possible where it stands.
    #[error("it is malformed: {what} at byte {at}")]
    Malformed {
        /// What could not be read.
        what: &'static str,
        /// Where, from the start of the snapshot.
        at: usize,
    },
    /// The settings to restore with are invalid themselves.
    #[error(transparent)]
    Settings(#[from] InvalidSettings),
}

impl Detector {
    /// Appends the state to `out`. Take the outputs before: they are no part of it.
    pub fn snapshot(&self, out: &mut Vec<u8>) {
        let start = ENVELOPE.begin(out);
        let mut writer = Writer::new(out);
        writer.fixed(self.settings.fingerprint());
        self.write_partitions(&mut writer);
        write_counters(&mut writer, &self.counters);
        write_streams(&mut writer, &self.engine.streams);
        let places = keywords::write(&mut writer, &self.engine.keywords);
        posts::write(&mut writer, &self.engine, &places);
        posts::write_sessions(&mut writer, &self.engine.authors);
        memories::write(&mut writer, &self.engine);
        rankings::write(&mut writer, &self.engine.sliding);
        rankings::write(&mut writer, &self.engine.tumbling);
        watch::write(&mut writer, &self.engine.watch_alerts);
        pending::write(&mut writer, &self.pending, &places);
        Envelope::seal(out, start);
    }

    /// The detector whose [`Detector::snapshot`] wrote `bytes`. Its windows, sessions and weights of engagements must be
    /// those of then; other settings hold from here on: a new watchlist knows no past, and one that is gone is
    /// forgotten. Its topics are called what the keywords are that stand for them.
    pub fn restore(settings: Settings, bytes: &[u8]) -> Result<Self, SnapshotError> {
        Self::restore_with_labeler(settings, bytes, Arc::new(KeywordLabeler))
    }

    /// The same, of which `labeler` names the topics; it may be another one than before.
    pub fn restore_with_labeler(
        settings: Settings,
        bytes: &[u8],
        labeler: Arc<dyn Labeler>,
    ) -> Result<Self, SnapshotError> {
        let mut reader = ENVELOPE.open(bytes)?;
        if reader.fixed("fingerprint")? != settings.fingerprint() {
            return Err(SnapshotError::OtherSettings);
        }
        let mut detector = Self::with_labeler(settings, 1, labeler)?;
        detector.read_partitions(&mut reader)?;
        detector.counters = read_counters(&mut reader)?;
        detector.engine.streams = read_streams(&mut reader)?;
        let held = keywords::read(&mut reader, &mut detector.engine.keywords)?;
        posts::read(&mut reader, &mut detector.engine, &held)?;
        posts::read_sessions(&mut reader, &mut detector.engine.authors)?;
        memories::read(&mut reader, &mut detector.engine)?;
        detector.engine.sliding = rankings::read(&mut reader)?;
        detector.engine.tumbling = rankings::read(&mut reader)?;
        detector.engine.watch_alerts = watch::read(&mut reader)?;
        pending::read(&mut reader, &mut detector, &held)?;
        keywords::settle(held, &mut detector.engine);
        reader.end()?;
        let last = detector.engine.posts.panes().back().map(|pane| pane.minute + 1);
        let holds_something = last.is_some() || !detector.engine.is_idle();
        if holds_something
            && (detector.open_from.is_none() || last.is_some_and(|last| Some(last) != detector.open_from))
        {
            return Err(reader.malformed("first open minute"));
        }
        if let Some(open) = detector.open_from {
            detector.engine.count_retained(open - 1, &detector.settings);
        }
        Ok(detector)
    }

    fn write_partitions(&self, writer: &mut Writer<'_>) {
        writer.count(self.partitions.len());
        for partition in &self.partitions {
            writer.option(partition.front, |writer, front| writer.signed(front.0));
            writer.number(u64::from(partition.minute_posts));
        }
        writer.option(self.open_from, Writer::signed);
    }

    fn read_partitions(&mut self, reader: &mut Reader<'_>) -> Result<(), SnapshotError> {
        let count = reader.number_up_to(PARTITIONS_MAX, "number of partitions")?;
        let topics = self.settings.topics().len() as u64;
        if count == 0 || count % topics != 0 {
            return Err(reader.malformed("number of partitions"));
        }
        self.partitions_each = (count / topics) as u32;
        self.partitions.clear();
        for _ in 0..count {
            let front = reader.option(|reader| reader.instant("front of a partition"))?;
            let minute_posts = reader.small("posts of a partition")?;
            self.partitions.push(Partition { front, minute_posts });
        }
        self.open_from = reader.option(|reader| reader.minute("first open minute"))?;
        Ok(())
    }
}

/// The counters in the order of the format; new ones go to the end, with a new version.
fn counters_in_order(counters: &mut Counters) -> [&mut u64; 16] {
    [
        &mut counters.posts_counted,
        &mut counters.posts_repeated,
        &mut counters.posts_retracted,
        &mut counters.retractions_without_post,
        &mut counters.events_late,
        &mut counters.events_out_of_time,
        &mut counters.events_of_unknown_partition,
        &mut counters.posts_shed,
        &mut counters.events_shed,
        &mut counters.occurrences_shed,
        &mut counters.keywords_over_limit,
        &mut counters.states_evicted,
        &mut counters.engagements_counted,
        &mut counters.engagements_without_post,
        &mut counters.engagements_retracted,
        &mut counters.engagements_shed,
    ]
}

fn write_counters(writer: &mut Writer<'_>, counters: &Counters) {
    let mut copy = *counters;
    for counter in counters_in_order(&mut copy) {
        writer.number(*counter);
    }
}

fn read_counters(reader: &mut Reader<'_>) -> Result<Counters, SnapshotError> {
    let mut counters = Counters::default();
    for counter in counters_in_order(&mut counters) {
        *counter = reader.number("counter")?;
    }
    Ok(counters)
}

fn write_streams(writer: &mut Writer<'_>, streams: &Streams) {
    write_stream(writer, &streams.all);
    writer.count(streams.by_language.len());
    for (language, level) in &streams.by_language {
        writer.number(u64::from(language.0));
        write_stream(writer, level);
    }
}

fn read_streams(reader: &mut Reader<'_>) -> Result<Streams, SnapshotError> {
    let mut streams = Streams { all: read_stream(reader)?, ..Streams::default() };
    for _ in 0..reader.count("number of languages")? {
        let language = posts::read_language(reader)?;
        streams.by_language.insert(language, read_stream(reader)?);
    }
    Ok(streams)
}

fn write_stream(writer: &mut Writer<'_>, stream: &StreamLevel) {
    for number in [stream.epochs, stream.posts, stream.usual_posts] {
        writer.float(number);
    }
    writer.number(u64::from(stream.minutes));
    writer.option(stream.season.hour, Writer::signed);
    for posts in stream.season.held.into_iter().chain(stream.season.bins) {
        writer.float(posts);
    }
}

fn read_stream(reader: &mut Reader<'_>) -> Result<StreamLevel, SnapshotError> {
    let mut stream = StreamLevel {
        epochs: reader.float("epochs")?,
        posts: reader.float("posts of the epochs")?,
        usual_posts: reader.float("usual posts")?,
        minutes: reader.small("history")?,
        season: StreamSeason {
            hour: reader.option(|reader| reader.minute("hour"))?,
            ..StreamSeason::default()
        },
    };
    let StreamSeason { held, bins, .. } = &mut stream.season;
    for posts in held.iter_mut().chain(bins) {
        *posts = reader.amount("posts of an hour")?;
    }
    Ok(stream)
}

#[cfg(test)]
mod tests;
