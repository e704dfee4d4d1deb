//! What was learned, apart from the rest of the state: for a new installation, which knows from the start what is usual
//! where and when. No post, no account, and no keyword that only a few people use.
//!
//! ```text
//! magic "skytrend usual\0\0" | version u16 | body | xxh3 of all before u64
//! ```
//!
//! The body, written as that of a snapshot: stream and languages, keywords, rare keywords. It knows hours of the day
//! and of the week but no date, so the posts that a detector starts with may be older than the baseline. The settings
//! have no part in it; but where reposts or likes have a weight, shares are learned with it and mean something else.

use super::bytes::Writer;
use super::envelope::Envelope;
use super::keywords::{kind_byte, read_baseline, read_kind, sorted, write_baseline};
use super::memories::{read_rare, write_rare};
use super::posts::read_language;
use super::{SnapshotError, read_streams, write_streams};
use crate::Detector;
use crate::baseline::Baseline;
use crate::extract::{Keyword, SurfaceForm, hash_of};
use crate::season::KeywordSeason;
use crate::settings::Settings;
use crate::state::KeywordState;
use crate::stream::Streams;

/// The version takes the next number with each change of the format or of the meaning of a number in it.
const ENVELOPE: Envelope =
    Envelope { magic: b"skytrend usual\0\0", version: 1, is_other: SnapshotError::NotABaseline };
/// A keyword is saved if about so many people have used it lately.
const AUTHORS_MIN: f64 = 10.0;

impl Detector {
    /// Appends what was learned to `out`, for [`Detector::with_baseline`].
    pub fn save_baseline(&self, out: &mut Vec<u8>) {
        let start = ENVELOPE.begin(out);
        let engine = &self.engine;
        let mut writer = Writer::new(out);
        write_streams(&mut writer, &undated(&engine.streams));
        let is_saved = |&number: &u32| {
            let state = engine.keywords.state(number);
            !engine.keywords.entry(number).is_watched
                && state.is_some_and(|state| state.baseline.authors >= AUTHORS_MIN)
        };
        let numbers: Vec<u32> = sorted(&engine.keywords).into_iter().filter(is_saved).collect();
        writer.count(numbers.len());
        for number in numbers {
            let (entry, Some(state)) = (engine.keywords.entry(number), engine.keywords.state(number)) else {
                continue;
            };
            writer.byte(kind_byte(entry.kind));
            writer.text(&entry.normalized);
            let season = KeywordSeason { held: Default::default(), ..state.baseline.season.clone() };
            write_baseline(&mut writer, &Baseline { season, ..state.baseline.clone() });
            writer.number(u64::from(state.language.0));
            writer.float(f64::from(state.language_share));
        }
        write_rare(&mut writer, &engine.rare);
        Envelope::seal(out, start);
    }

    /// A new detector that has learned what [`Detector::save_baseline`] wrote to `bytes`.
    pub fn with_baseline(settings: Settings, partitions: u32, bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = ENVELOPE.open(bytes)?;
        let mut detector = Self::new(settings, partitions)?;
        let engine = &mut detector.engine;
        engine.streams = read_streams(&mut reader)?;
        for _ in 0..reader.count("number of keywords")? {
            let kind = read_kind(&mut reader)?;
            let normalized = reader.short_text("keyword")?;
            let hash = hash_of(kind, normalized);
            let state = KeywordState {
                baseline: read_baseline(&mut reader)?,
                language: read_language(&mut reader)?,
                language_share: reader.amount("share of a language")? as f32,
                ..KeywordState::new(0)
            };
            let form = SurfaceForm::Lower;
            let number = engine.keywords.acquire(Keyword { kind, normalized, form, mixed: "", hash });
            if engine.keywords.state(number).is_some() {
                return Err(reader.malformed("keyword that is there twice"));
            }
            engine.keywords.admit(number, state);
            engine.keywords.release(number);
        }
        read_rare(&mut reader, &mut engine.rare)?;
        reader.end()?;
        Ok(detector)
    }
}

/// The streams without what they hold back of the hours before now.
fn undated(streams: &Streams) -> Streams {
    let mut undated = streams.clone();
    for level in undated.by_language.values_mut().chain([&mut undated.all]) {
        (level.season.hour, level.season.held) = (None, Default::default());
    }
    undated
}

#[cfg(test)]
mod tests;
