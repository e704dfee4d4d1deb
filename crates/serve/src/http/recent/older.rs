//! Records that memory doesn't hold any more, from the log, backwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use skytrend_event::codec;

use super::record::Recent;
use crate::http::topics::{TopicReadError, TopicReader, read_between};
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
    let view = Arc::clone(&state.view);
    let read = state.read_log(move |reader| {
        let mut found = find::<R>(reader, &before, wanted)?;
        // One more than wanted tells that there is more.
        let is_more = found.len() > wanted;
        found.truncate(wanted);
        let next = found.last().filter(|_| is_more).map(|record| record.key());
        let records = found.into_iter().filter_map(|record| record.shown(&view)).collect();
        Ok(Older { records, next })
    });
    read.await
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
        let look = read_between(reader, R::TOPIC, PARTITION, start..end)?;
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
