//! The results as a stage: trends, window counts, alerts and user activity, and what people decided about them, go
//! from the log into the view that the HTTP server and the terminal read. The view is memory only: at the start it is
//! built again from the log.

use std::sync::Arc;

use anyhow::Context as _;
use skytrend_event::{
    Alert, KeywordCount, ModerationRecord, Topic, Trend, UserActivity, WatchlistRecord, codec, time,
};
use skytrend_log::Log;
use skytrend_serve::moderation::Moderation;
use skytrend_serve::view::TrendView;
use skytrend_serve::watchlists::Watchlists;

use crate::stage::{self, Decode, Input, Stage};

/// Event time of results that is read back at the start: what the view's history shows.
const HISTORY: i64 = 6 * 60 * time::MINUTE;

/// The topics of results, in the order in which the view wants them.
const TOPICS: [Topic; 4] = [Topic::WindowCounts, Topic::Trends, Topic::Alerts, Topic::UserActivity];

/// One result.
pub enum Output {
    Count(KeywordCount),
    Trend(Trend),
    Alert(Alert),
    Activity(UserActivity),
    /// With its offset.
    Moderation(u64, ModerationRecord),
    /// With its offset.
    Watchlist(u64, WatchlistRecord),
}

/// The stage.
pub struct Publish {
    view: Arc<TrendView>,
    moderation: Arc<Moderation>,
    watchlists: Arc<Watchlists>,
}

impl Publish {
    /// Into this view.
    pub fn new(view: Arc<TrendView>, moderation: Arc<Moderation>, watchlists: Arc<Watchlists>) -> Self {
        Self { view, moderation, watchlists }
    }
}

impl Stage for Publish {
    const NAME: &'static str = "publish";
    type Batch = Vec<Output>;

    fn inputs(&mut self, log: &dyn Log) -> anyhow::Result<Vec<Input>> {
        let newest = newest_result(log)?;
        let from = |topic: Topic| {
            let next = log.offset_at(topic.name(), 0, newest.saturating_sub(HISTORY))?;
            Ok(Input { topic, partition: 0, next })
        };
        // What was decided must be in force before the first window is shown.
        let decided = crate::moderation::apply_all(&self.moderation, &self.view)?;
        let moderation = Input { topic: Topic::Moderation, partition: 0, next: decided };
        let changed = crate::watchlists::apply_all(&self.watchlists, log)?;
        let watchlists = Input { topic: Topic::Watchlists, partition: 0, next: changed };
        TOPICS.into_iter().map(from).chain([Ok(moderation), Ok(watchlists)]).collect()
    }

    fn decode(&self) -> Decode<Vec<Output>> {
        Box::new(|input, records| {
            let mut outputs = Vec::with_capacity(records.len());
            stage::for_each_record(input, &records, |record| {
                let value = &record.value;
                outputs.push(match input.topic {
                    Topic::WindowCounts => Output::Count(codec::decode(value)?),
                    Topic::Trends => Output::Trend(codec::decode(value)?),
                    Topic::Alerts => Output::Alert(codec::decode(value)?),
                    Topic::UserActivity => Output::Activity(codec::decode(value)?),
                    Topic::Moderation => Output::Moderation(record.offset, codec::decode(value)?),
                    Topic::Watchlists => Output::Watchlist(record.offset, codec::decode(value)?),
                    other => anyhow::bail!("{other} holds no results"),
                });
                Ok(())
            })?;
            Ok(outputs)
        })
    }

    fn apply(&mut self, _input: &Input, batch: Vec<Output>) -> anyhow::Result<()> {
        for output in batch {
            match output {
                Output::Count(count) => self.view.apply_count(&count),
                Output::Trend(trend) => self.view.apply_trend(trend),
                Output::Alert(alert) => self.view.apply_alert(alert),
                Output::Activity(activity) => self.view.apply_activity(activity),
                Output::Moderation(offset, record) => self.moderation.apply(offset, record),
                Output::Watchlist(offset, record) => self.watchlists.apply(offset, record),
            }
        }
        Ok(())
    }

    fn commit(&mut self, _log: &dyn Log, _inputs: &[Input], _last: bool) -> anyhow::Result<()> {
        self.view.publish();
        self.moderation.enforce(&self.view).context("a decision that stands can't be enforced")?;
        Ok(())
    }
}

/// Event time of the newest result, or 0.
fn newest_result(log: &dyn Log) -> anyhow::Result<i64> {
    let one = skytrend_log::ReadLimit { records: 1, bytes: usize::MAX };
    let mut newest = 0;
    for topic in TOPICS {
        let bounds = log.bounds(topic.name(), 0)?;
        if bounds.end > bounds.start {
            let last = log.read(topic.name(), 0, bounds.end - 1, one).context("the last result")?;
            newest = last.iter().map(|record| record.timestamp_micros).fold(newest, i64::max);
        }
    }
    Ok(newest)
}
