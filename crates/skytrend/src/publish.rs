//! The results as a stage: trends, window counts, alerts and user activity go from the log into the view that the
//! HTTP server and the terminal read. The view is memory only: at the start it is built again from the log.

use std::sync::Arc;

use anyhow::Context as _;
use skytrend_event::{Topic, codec, time};
use skytrend_log::{Log, Record};
use skytrend_serve::view::TrendView;

use crate::stage::{self, Decode, Input, Stage};

/// Event time of results that is read back at the start: what the view's history shows.
const HISTORY: i64 = 6 * 60 * time::MINUTE;

/// The topics of results, in the order in which the view wants them.
const TOPICS: [Topic; 4] = [Topic::WindowCounts, Topic::Trends, Topic::Alerts, Topic::UserActivity];

/// The stage.
pub struct Publish {
    view: Arc<TrendView>,
}

impl Publish {
    /// Into this view.
    pub fn new(view: Arc<TrendView>) -> Self {
        Self { view }
    }
}

impl Stage for Publish {
    const NAME: &'static str = "publish";
    type Batch = Vec<Record>;

    fn inputs(&mut self, log: &dyn Log) -> anyhow::Result<Vec<Input>> {
        let newest = newest_result(log)?;
        let from = |topic: Topic| {
            let next = log.offset_at(topic.name(), 0, newest.saturating_sub(HISTORY))?;
            Ok(Input { topic, partition: 0, next })
        };
        TOPICS.into_iter().map(from).collect()
    }

    fn decode(&self) -> Decode<Vec<Record>> {
        Box::new(|_, records| Ok(records))
    }

    fn apply(&mut self, input: &Input, batch: Vec<Record>) -> anyhow::Result<()> {
        stage::for_each_record(input, &batch, |record| {
            let value = &record.value;
            match input.topic {
                Topic::WindowCounts => self.view.apply_count(&codec::decode(value)?),
                Topic::Trends => self.view.apply_trend(codec::decode(value)?),
                Topic::Alerts => self.view.apply_alert(codec::decode(value)?),
                Topic::UserActivity => self.view.apply_activity(codec::decode(value)?),
                other => anyhow::bail!("{other} holds no results"),
            }
            Ok(())
        })
    }

    fn commit(&mut self, _log: &dyn Log, _inputs: &[Input], _last: bool) -> anyhow::Result<()> {
        self.view.publish();
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
