//! `skytrend topics`: what the log holds, as JSON lines. Reads the store itself, or, while another process has it
//! open, asks that process over HTTP.

mod remote;

use std::io::Write;
use std::sync::Arc;

use anyhow::Context as _;
use skytrend_event::Micros;
use skytrend_log::{Log, LogError, Offset, ReadLimit, Record};
use skytrend_serve::http::{TopicRecord, json_lines};

use crate::cli::TopicsRead;
use crate::settings::Settings;

pub use remote::Remote;

/// Records asked for at a time.
const PAGE: ReadLimit = ReadLimit { records: 1_000, bytes: 4 << 20 };

/// Where to start in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    Earliest,
    /// The newest records, as many as the limit says.
    Latest,
    Offset(Offset),
}

impl std::str::FromStr for From {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text {
            "earliest" => Ok(Self::Earliest),
            "latest" => Ok(Self::Latest),
            number => number.parse().map(Self::Offset).context("--from takes an offset, earliest or latest"),
        }
    }
}

/// `skytrend topics read`.
pub fn read(settings: &Settings, asked: &TopicsRead, out: &mut impl Write) -> anyhow::Result<()> {
    let from: From = asked.from.parse()?;
    match open_existing(settings) {
        Ok(log) => read_store(log.as_ref(), settings.log.partitions, asked, from, out),
        Err(error) if is_in_use(&error) => Remote::new(settings, asked.token.as_deref()).read(asked, out),
        Err(error) => Err(error),
    }
}

/// Opens the log without making one where there is none.
fn open_existing(settings: &Settings) -> anyhow::Result<Arc<dyn Log>> {
    let path = settings.log.path.display();
    anyhow::ensure!(settings.log.path.exists(), "there is no log at {path}: name its folder with --data-dir");
    Ok(crate::log::open(&settings.log)?)
}

fn is_in_use(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(LogError::InUse { .. }))
}

/// Prints from an open log; follows until the reader of the output goes away.
fn read_store(
    log: &dyn Log,
    partitions: u32,
    asked: &TopicsRead,
    from: From,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let topic = asked.topic;
    let count = if topic.is_partitioned() { partitions } else { 1 };
    let chosen: Vec<u32> = asked.partition.map_or_else(|| (0..count).collect(), |partition| vec![partition]);
    let mut left = asked.limit.unwrap_or(u64::MAX);
    for partition in chosen {
        let bounds = log.bounds(topic.name(), partition)?;
        let mut next = match from {
            From::Earliest => bounds.start,
            From::Latest => {
                bounds.end.saturating_sub(asked.limit.unwrap_or(PAGE.records as u64)).max(bounds.start)
            }
            From::Offset(offset) => offset,
        };
        while left > 0 {
            let records = log.read(topic.name(), partition, next, PAGE)?;
            let Some(last) = records.last() else { break };
            next = last.offset + 1;
            let shown: Vec<_> =
                records.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX)).map(shown).collect();
            left -= shown.len() as u64;
            out.write_all(&json_lines(topic, partition, &shown))?;
        }
    }
    out.flush()?;
    if asked.follow {
        eprintln!("nobody writes to this log: start `skytrend run` to follow new records");
    }
    Ok(())
}

/// A record of the log as the server shows it.
pub fn shown(record: Record) -> TopicRecord {
    TopicRecord {
        offset: record.offset,
        timestamp: Micros(record.timestamp_micros),
        key: record.key,
        value: record.value,
    }
}

/// `skytrend topics list`.
pub fn list(settings: &Settings, out: &mut impl Write) -> anyhow::Result<()> {
    let log = match open_existing(settings) {
        Ok(log) => log,
        Err(error) if is_in_use(&error) => {
            anyhow::bail!(
                "the log at {} is open in another process; `skytrend topics read TOPIC` asks that process",
                settings.log.path.display()
            )
        }
        Err(error) => return Err(error),
    };
    writeln!(out, "{:<18} {:>9} {:>12} {:>12}  retention", "topic", "partition", "earliest", "next")?;
    for spec in log.topics()? {
        for partition in 0..spec.partitions {
            let bounds = log.bounds(&spec.name, partition)?;
            let days = spec
                .retention
                .map_or_else(|| "for ever".to_owned(), |r| format!("{} d", r.as_secs() / 86_400));
            writeln!(
                out,
                "{:<18} {partition:>9} {:>12} {:>12}  {days}",
                spec.name, bounds.start, bounds.end
            )?;
        }
    }
    Ok(())
}
