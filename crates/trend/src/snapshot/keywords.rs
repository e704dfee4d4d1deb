//! Keywords and their states in a snapshot. While a snapshot is read, each keyword is held by one use of its own, so
//! that it stays until posts and states that need it are in.

use std::collections::BTreeSet;

use skytrend_event::KeywordKind;

use super::SnapshotError;
use super::bytes::{Reader, Writer};
use super::posts::read_language;
use crate::baseline::Baseline;
use crate::engine::Engine;
use crate::extract::{Keyword, SurfaceForm, hash_of};
use crate::keywords::Keywords;
use crate::posts::KeywordUse;
use crate::season::{BINS, HALF_MAX, KeywordSeason};
use crate::state::{KeywordState, Minutes};

/// A keyword that was read, and what is to be given to it when the posts are in.
pub(super) struct Held {
    number: u32,
    mixed: Option<Box<str>>,
    state: Option<KeywordState>,
}

/// The place of each keyword in the list, by its number.
pub(super) struct Places(Vec<u32>);

/// Writes the keywords in order.
pub(super) fn write(writer: &mut Writer<'_>, keywords: &Keywords) -> Places {
    let numbers = sorted(keywords);
    writer.count(numbers.len());
    for &number in &numbers {
        let entry = keywords.entry(number);
        writer.byte(kind_byte(entry.kind));
        writer.text(&entry.normalized);
        writer.option(keywords.mixed(number), Writer::text);
        writer.option(keywords.state(number), write_state);
    }
    let mut places = vec![0; keywords.numbers() as usize];
    for (place, number) in (0..).zip(numbers) {
        places[number as usize] = place;
    }
    Places(places)
}

/// The numbers of all keywords, in the order of their texts and kinds.
pub(super) fn sorted(keywords: &Keywords) -> Vec<u32> {
    let mut numbers = keywords.in_use();
    numbers.sort_unstable_by(|&left, &right| {
        let (left, right) = (keywords.entry(left), keywords.entry(right));
        left.normalized.cmp(&right.normalized).then(left.kind.cmp(&right.kind))
    });
    numbers
}

/// Reads the keywords; they are in the order of their places.
pub(super) fn read(reader: &mut Reader<'_>, keywords: &mut Keywords) -> Result<Vec<Held>, SnapshotError> {
    let count = reader.count("number of keywords")?;
    let mut held = Vec::new();
    for _ in 0..count {
        let kind = read_kind(reader)?;
        let normalized = reader.short_text("keyword")?;
        let hash = hash_of(kind, normalized);
        let known = keywords.len();
        let number =
            keywords.acquire(Keyword { kind, normalized, form: SurfaceForm::Lower, mixed: "", hash });
        if keywords.len() == known {
            return Err(reader.malformed("keyword that is there twice"));
        }
        let mixed = reader.option(|reader| reader.short_text("form of a keyword"))?.map(Box::from);
        let state = reader.option(read_state)?;
        held.push(Held { number, mixed, state });
    }
    Ok(held)
}

/// Posts are in: gives the keywords their states, and lets go of those that nothing uses. What was watched then and is
/// no more gets none, and so leaves with its last post.
pub(super) fn settle(held: Vec<Held>, engine: &mut Engine) {
    let Engine { keywords, watches, .. } = engine;
    let watched: BTreeSet<&str> = watches.keys().collect();
    for Held { number, mixed, state } in held {
        keywords.set_mixed(number, mixed);
        let entry = keywords.entry(number);
        let is_kept = !entry.is_watched || watched.contains(&*entry.normalized);
        if let Some(state) = state.filter(|_| is_kept) {
            keywords.admit(number, state);
        }
        keywords.release(number);
    }
}

/// Writes the uses that count.
pub(super) fn write_uses(writer: &mut Writer<'_>, uses: &[KeywordUse], places: &Places) {
    let counting = || uses.iter().filter_map(|used| Some((used, places.0[used.keyword()? as usize])));
    writer.count(counting().count());
    for (used, place) in counting() {
        writer.number(u64::from(place) << 3 | u64::from(used.is_copy()) << 2 | u64::from(used.form()));
    }
}

/// Reads one use and acquires the keyword for it.
pub(super) fn read_use(
    reader: &mut Reader<'_>,
    held: &[Held],
    keywords: &mut Keywords,
) -> Result<KeywordUse, SnapshotError> {
    let bits = reader.number("use of a keyword")?;
    let place = usize::try_from(bits >> 3).unwrap_or(usize::MAX);
    let Some(keyword) = held.get(place) else { return Err(reader.malformed("use of a keyword")) };
    keywords.acquire_again(keyword.number);
    let used = KeywordUse::from_bits(keyword.number, (bits & 3) as u32);
    Ok(if bits & 4 == 0 { used } else { used.as_copy() })
}

pub(super) fn kind_byte(kind: KeywordKind) -> u8 {
    match kind {
        KeywordKind::Word => 0,
        KeywordKind::Hashtag => 1,
        KeywordKind::Phrase => 2,
    }
}

pub(super) fn read_kind(reader: &mut Reader<'_>) -> Result<KeywordKind, SnapshotError> {
    match reader.byte("kind of a keyword")? {
        0 => Ok(KeywordKind::Word),
        1 => Ok(KeywordKind::Hashtag),
        2 => Ok(KeywordKind::Phrase),
        _ => Err(reader.malformed("kind of a keyword")),
    }
}

fn write_state(writer: &mut Writer<'_>, state: &KeywordState) {
    write_baseline(writer, &state.baseline);
    write_minutes(writer, &state.posts);
    write_minutes(writer, &state.observed);
    writer.signed(state.watched_until);
    writer.number(u64::from(state.language.0));
    writer.float(f64::from(state.language_share));
}

fn read_state(reader: &mut Reader<'_>) -> Result<KeywordState, SnapshotError> {
    let baseline = read_baseline(reader)?;
    let posts = read_minutes(reader)?;
    let observed = read_minutes(reader)?;
    let watched_until = reader.signed("end of the watch")?;
    let language = read_language(reader)?;
    let language_share = reader.amount("share of a language")? as f32;
    Ok(KeywordState { watched_until, language, language_share, observed, baseline, posts })
}

pub(super) fn write_baseline(writer: &mut Writer<'_>, baseline: &Baseline) {
    let Baseline { authors, posts, dispersion, dispersion_weight, local, local_expected, season } = baseline;
    for &number in [authors, posts, dispersion, dispersion_weight, local, local_expected] {
        writer.float(number);
    }
    write_season(writer, season);
}

pub(super) fn read_baseline(reader: &mut Reader<'_>) -> Result<Baseline, SnapshotError> {
    Ok(Baseline {
        authors: reader.float("authors of a baseline")?,
        posts: reader.float("posts of a baseline")?,
        dispersion: reader.float("dispersion")?,
        dispersion_weight: reader.float("weight of a dispersion")?,
        local: reader.float("local level")?,
        local_expected: reader.float("expected local level")?,
        season: read_season(reader)?,
    })
}

fn write_season(writer: &mut Writer<'_>, season: &KeywordSeason) {
    for authors in season.held {
        writer.float(f64::from(authors));
    }
    writer.option(season.bins.as_deref(), |writer, bins| {
        for &bin in bins {
            writer.number(u64::from(bin));
        }
    });
}

fn read_season(reader: &mut Reader<'_>) -> Result<KeywordSeason, SnapshotError> {
    let mut season = KeywordSeason::default();
    for authors in &mut season.held {
        *authors = reader.amount("authors of an hour")? as f32;
    }
    season.bins = reader.option(|reader| {
        let mut bins = Box::new([0; BINS]);
        for bin in bins.iter_mut() {
            *bin = reader.number_up_to(u64::from(HALF_MAX), "authors of an hour")? as u16;
        }
        Ok(bins)
    })?;
    Ok(season)
}

fn write_minutes<const N: usize>(writer: &mut Writer<'_>, minutes: &Minutes<N>) {
    writer.signed(minutes.last);
    for &number in &minutes.numbers {
        writer.number(u64::from(number));
    }
}

fn read_minutes<const N: usize>(reader: &mut Reader<'_>) -> Result<Minutes<N>, SnapshotError> {
    let mut minutes = Minutes::new(reader.minute("minute of a state")?);
    for number in &mut minutes.numbers {
        *number = reader.number_up_to(u64::from(u16::MAX), "number of a minute")? as u16;
    }
    Ok(minutes)
}
