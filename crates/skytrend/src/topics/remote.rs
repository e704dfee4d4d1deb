//! Topics read over HTTP from the process that has the log open.

use std::io::{BufRead as _, BufReader, Write};
use std::time::Duration;

use anyhow::Context as _;
use skytrend_log::Offset;

use crate::api_client::ApiClient;
use crate::cli::TopicsRead;
use crate::settings::Settings;

/// Records asked for at a time.
const PAGE: u64 = skytrend_serve::http::LIMIT_MAX as u64;

/// Where the server says how to go on, and how far there is to go.
const NEXT_OFFSET: &str = "skytrend-next-offset";
const END_OFFSET: &str = "skytrend-end-offset";

/// Pause before asking again when there was nothing new.
const POLL: Duration = Duration::from_millis(500);

/// What a page had.
struct Page {
    /// Those that were printed. There may be fewer than it goes on by: who may not write is not shown what is hidden.
    records: u64,
    /// Where to go on.
    next: Offset,
    /// One past the partition's last record.
    end: Offset,
}

/// The running process.
pub struct Remote {
    client: ApiClient,
    partitions: u32,
}

impl Remote {
    /// At the address that the settings say the server listens on.
    pub fn new(settings: &Settings, token: Option<&str>) -> Self {
        let own = crate::serving::own_address(&settings.serve);
        Self { client: ApiClient::new(&own, token), partitions: settings.log.partitions }
    }

    /// Prints what was asked for; with `follow`, until the output or the server goes away.
    pub fn read(&self, asked: &TopicsRead, out: &mut impl Write) -> anyhow::Result<()> {
        let count = if asked.topic.is_partitioned() { self.partitions } else { 1 };
        let chosen =
            asked.partition.map_or_else(|| (0..count).collect::<Vec<_>>(), |partition| vec![partition]);
        let mut left = asked.limit.unwrap_or(u64::MAX);
        let mut next: Vec<(u32, String)> = chosen.into_iter().map(|p| (p, asked.from.clone())).collect();
        loop {
            let mut is_more = false;
            for (partition, from) in &mut next {
                if left == 0 {
                    break;
                }
                let page = self.page(asked, *partition, from, left.min(PAGE), out)?;
                left = left.saturating_sub(page.records);
                is_more |= page.next < page.end;
                *from = page.next.to_string();
            }
            out.flush()?;
            if left == 0 || (!is_more && !asked.follow) {
                return Ok(());
            }
            if !is_more {
                std::thread::sleep(POLL);
            }
        }
    }

    /// Prints one page.
    fn page(
        &self,
        asked: &TopicsRead,
        partition: u32,
        from: &str,
        limit: u64,
        out: &mut impl Write,
    ) -> anyhow::Result<Page> {
        let path = format!("/api/v1/topics/{}?partition={partition}&from={from}&limit={limit}", asked.topic);
        let mut response = self.client.ask(&path).context("the log is open in another process")?;
        let offset = |name: &str| -> anyhow::Result<Offset> {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok()?.parse().ok());
            value.with_context(|| format!("{path} did not say {name}"))
        };
        let (next, end) = (offset(NEXT_OFFSET)?, offset(END_OFFSET)?);
        let mut records = 0;
        for line in BufReader::new(response.body_mut().as_reader()).lines() {
            writeln!(out, "{}", line?)?;
            records += 1;
        }
        Ok(Page { records, next, end })
    }
}
