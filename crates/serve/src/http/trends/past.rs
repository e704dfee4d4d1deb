//! The trends of a window that is over, from the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use skytrend_event::codec;
use skytrend_event::time::MINUTE;
use skytrend_event::{Micros, Topic, Trend, TrendStatus, WindowKind};

use crate::http::topics::{TopicReadError, TopicReader};
use crate::http::{ApiState, Problem};
use crate::view::CurrentTrends;

/// Minutes before the instant asked for in which a window with trends is looked for, one after the other: mostly the
/// last two have one.
const LOOKBACK_MINUTES: [i64; 3] = [2, 11, 61];

/// Records read at once.
const PAGE: usize = 1_000;

/// Records of one look at most: an hour of the longest lists.
const RECORDS_MAX: usize = 60_000;

/// The newest window of this kind that ended at `as_of` or in the hour before, without what moderation hides. Its
/// samples have no texts: who has deleted a post since is not known here.
pub(super) async fn window_at(
    state: &ApiState,
    window: WindowKind,
    as_of: Micros,
) -> Result<CurrentTrends, Problem> {
    let found = state.read_log(move |reader| read_window(reader, window, as_of)).await?;
    let held = "nothing trended in the hour before, or it is older than what the log holds";
    let window = found.ok_or_else(|| Problem::not_found(held))?;
    // By their texts moderation tells which samples may be shown, so these go after it.
    let mut shown = state.view.moderated(window);
    for trend in &mut shown.trends {
        *trend = Arc::new(without_texts(Trend::clone(trend)));
    }
    Ok(shown)
}

fn read_window(
    reader: &dyn TopicReader,
    window: WindowKind,
    as_of: Micros,
) -> Result<Option<CurrentTrends>, TopicReadError> {
    for minutes in LOOKBACK_MINUTES {
        let trends = read_between(reader, window, as_of.plus(-minutes * MINUTE), as_of)?;
        if let Some((end, trends)) = trends.into_iter().next_back() {
            let start = trends.values().next().map_or(end, |trend| trend.window_start);
            let mut trends: Vec<_> = trends
                .into_values()
                .filter(|trend| trend.status != TrendStatus::Ended)
                .map(Arc::new)
                .collect();
            trends.sort_by_key(|trend| trend.rank);
            return Ok(Some(CurrentTrends { window_start: start, window_end: end, trends }));
        }
    }
    Ok(None)
}

type ByWindow = BTreeMap<Micros, BTreeMap<String, Trend>>;

/// The trends of the windows that ended after `from` up to `to`; of a natural key the last record counts.
fn read_between(
    reader: &dyn TopicReader,
    window: WindowKind,
    from: Micros,
    to: Micros,
) -> Result<ByWindow, TopicReadError> {
    const PARTITION: u32 = 0;
    let mut windows = ByWindow::new();
    let mut next = reader.offset_at(Topic::Trends, PARTITION, from.plus(1))?;
    let end = reader.bounds(Topic::Trends, PARTITION)?.end;
    let mut read = 0;
    while next < end && read < RECORDS_MAX {
        let records = reader.read(Topic::Trends, PARTITION, next, PAGE)?;
        let Some(last) = records.last() else { break };
        next = last.offset + 1;
        read += records.len();
        // Records are in the order of their times, which are the ends of their windows.
        let is_past = last.timestamp > to;
        for record in records.iter().take_while(|record| record.timestamp <= to) {
            let Ok(trend) = codec::decode::<Trend>(&record.value) else { continue };
            if trend.window == window {
                let key = format!("{:?} {}", trend.kind, trend.normalized_keyword);
                windows.entry(trend.window_end).or_default().insert(key, trend);
            }
        }
        if is_past {
            break;
        }
    }
    Ok(windows)
}

fn without_texts(mut trend: Trend) -> Trend {
    for post in &mut trend.sample_posts {
        post.text.clear();
    }
    trend
}
