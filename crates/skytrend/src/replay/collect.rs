//! The trends of a replay as JSON lines, in log order: by window, tumbling and sliding, by rank.

use std::io::Write;
use std::path::Path;

use skytrend_event::{Topic, Trend, codec};
use skytrend_log::{Log, Record};

use crate::stage::{self, Input, Stage, Until};

/// Writes every trend of the log to `path`, until `until`.
pub fn run(path: &Path, log: &dyn Log, until: &Until) -> anyhow::Result<()> {
    stage::run(&mut Collect { out: super::create(path)? }, log, until)
}

struct Collect<W> {
    out: W,
}

impl<W: Write + Send> Stage for Collect<W> {
    const NAME: &'static str = "collect";

    fn inputs(&mut self, _log: &dyn Log) -> anyhow::Result<Vec<Input>> {
        Ok(vec![Input { topic: Topic::Trends, partition: 0, next: 0 }])
    }

    fn apply(&mut self, _input: &Input, record: &Record) -> anyhow::Result<()> {
        let trend: Trend = codec::decode(&record.value)?;
        serde_json::to_writer(&mut self.out, &trend)?;
        self.out.write_all(b"\n")?;
        Ok(())
    }

    fn commit(&mut self, _log: &dyn Log, _inputs: &[Input], last: bool) -> anyhow::Result<()> {
        if last {
            self.out.flush()?;
        }
        Ok(())
    }
}
