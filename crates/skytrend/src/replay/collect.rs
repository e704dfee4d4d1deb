//! The trends of a replay as JSON lines, in log order: by window, tumbling and sliding, by rank.

use std::io::Write;
use std::path::Path;

use skytrend_event::{Topic, Trend, codec};
use skytrend_log::Log;

use crate::stage::{self, Decode, Input, Stage, Until};

/// Writes every trend of the log to `path`, until `until`.
pub fn run(path: &Path, log: &dyn Log, until: &Until) -> anyhow::Result<()> {
    stage::run(&mut Collect { out: super::create(path)? }, log, until)
}

struct Collect<W> {
    out: W,
}

impl<W: Write + Send> Stage for Collect<W> {
    const NAME: &'static str = "collect";
    type Batch = Vec<u8>;

    fn inputs(&mut self, _log: &dyn Log) -> anyhow::Result<Vec<Input>> {
        Ok(vec![Input { topic: Topic::Trends, partition: 0, next: 0 }])
    }

    fn decode(&self) -> Decode<Vec<u8>> {
        Box::new(|input, records| {
            let mut lines = Vec::new();
            stage::for_each_record(input, &records, |record| {
                let trend: Trend = codec::decode(&record.value)?;
                serde_json::to_writer(&mut lines, &trend)?;
                lines.push(b'\n');
                Ok(())
            })?;
            Ok(lines)
        })
    }

    fn apply(&mut self, _input: &Input, lines: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.out.write_all(&lines)?)
    }

    fn commit(&mut self, _log: &dyn Log, _inputs: &[Input], last: bool) -> anyhow::Result<()> {
        if last {
            self.out.flush()?;
        }
        Ok(())
    }
}
