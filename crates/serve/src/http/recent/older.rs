//! Records that memory doesn't hold any more, from the log, backwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use skytrend_event::codec;

use super::record::Recent;
use crate::http::topics::{TopicReadError, TopicReader, TopicRecord};
use crate::http::{ApiState, Problem};

const PARTITION: u32 = 0;

/// Records read at once. The alerts of a window are far fewer, so that one look mostly holds a page.
const LOOK: u64 = if cfg!(test) { 7 } else { 1_000 };

/// A page from the log.
pub(super) struct Older<R: Recent> {
    /// Greatest key first, without what may not be shown: possibly fewer than wanted.
    pub(super) records: Vec<Arc<R>>,
    /// The place after the page; none where the log has nothing more.
    pub(super) next: Option<R::Key>,
}

/// The greatest keys below `before`, at most `wanted`.
pub(super) async fn read<R: Recent>(
    state: &ApiState,
    before: R::Key,
    wanted: usize,
) -> Result<Older<R>, Problem> {
    let permit = state.topic_read_permit()?;
    let (reader, view) = (Arc::clone(&state.topics), Arc::clone(&state.view));
    // The permit goes with the thread: a read that outlives its request still counts.
    let read = tokio::task::spawn_blocking(move || {
        let found = find::<R>(reader.as_ref(), &before, wanted);
        drop(permit);
        found.map(|mut found| {
            // One more than wanted tells that there is more.
            let is_more = found.len() > wanted;
            found.truncate(wanted);
            let next = found.last().filter(|_| is_more).map(|record| record.key());
            let records = found.into_iter().filter_map(|record| record.shown(&view)).collect();
            Older { records, next }
        })
    });
    let panicked = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "reading the log panicked");
    Ok(read.await.map_err(panicked)??)
}

/// Of the records below `before` those with the greatest keys, greatest first: one more than wanted, if there are.
fn find<R: Recent>(
    reader: &dyn TopicReader,
    before: &R::Key,
    wanted: usize,
) -> Result<Vec<Arc<R>>, TopicReadError> {
    let bounds = reader.bounds(R::TOPIC, PARTITION)?;
    // Timestamps are no later than their windows' ends, so all that is wanted lies before this.
    let end_of_window = R::window_end(before).plus(1);
    let mut end = reader.offset_at(R::TOPIC, PARTITION, end_of_window)?.min(bounds.end);
    let mut found: BTreeMap<R::Key, Arc<R>> = BTreeMap::new();
    let mut earliest = None;
    loop {
        let start = end.saturating_sub(LOOK).max(bounds.start);
        let look = read_between(reader, R::TOPIC, start, end)?;
        // Of a natural key the last record counts, so from the last on.
        for record in look.iter().rev() {
            let Ok(decoded) = codec::decode::<R>(&record.value) else { continue };
            let key = decoded.key();
            earliest = Some(R::window_end(&key));
            if key < *before {
                found.entry(key).or_insert_with(|| Arc::new(decoded));
            }
        }
        // Records of the earliest window may lie further back; those of later ones may not.
        let is_whole = |key: &R::Key| start <= bounds.start || Some(R::window_end(key)) > earliest;
        let whole = found.iter().rev().take_while(|(key, _)| is_whole(key)).take(wanted + 1);
        let whole: Vec<_> = whole.map(|(_, record)| Arc::clone(record)).collect();
        if whole.len() > wanted || start <= bounds.start {
            return Ok(whole);
        }
        end = start;
    }
}

/// All records of these offsets that are still held: one read may give fewer than it was asked for.
fn read_between(
    reader: &dyn TopicReader,
    topic: skytrend_event::Topic,
    start: u64,
    end: u64,
) -> Result<Vec<TopicRecord>, TopicReadError> {
    let mut all: Vec<TopicRecord> = Vec::new();
    let mut next = start;
    while next < end {
        let limit = usize::try_from(end - next).unwrap_or(usize::MAX);
        match reader.read(topic, PARTITION, next, limit) {
            Ok(records) => {
                let Some(last) = records.last() else { break };
                next = last.offset + 1;
                all.extend(records.into_iter().filter(|record| record.offset < end));
            }
            // Retention took them meanwhile.
            Err(TopicReadError::OffsetGone { earliest, .. }) if earliest > next => next = earliest,
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}
