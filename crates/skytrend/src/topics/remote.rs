//! Topics read over HTTP from the process that has the log open.

use std::io::{BufRead as _, BufReader, Write};
use std::time::Duration;

use anyhow::{Context as _, bail};
use skytrend_log::Offset;

use crate::cli::TopicsRead;
use crate::settings::Settings;

/// Records asked for at a time.
const PAGE: u64 = skytrend_serve::http::LIMIT_MAX as u64;

/// Where the server says how to go on.
const NEXT_OFFSET: &str = "skytrend-next-offset";

/// Pause before asking again when there was nothing new.
const POLL: Duration = Duration::from_millis(500);

/// A local server must answer within this time.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The running process.
pub struct Remote {
    base: String,
    partitions: u32,
    agent: ureq::Agent,
}

impl Remote {
    /// At the address that the settings say the server listens on.
    pub fn new(settings: &Settings) -> Self {
        let config =
            ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false).build();
        Self {
            base: crate::serving::own_address(&settings.serve),
            partitions: settings.log.partitions,
            agent: config.into(),
        }
    }

    /// Prints what was asked for; with `follow`, until the output or the server goes away.
    pub fn read(&self, asked: &TopicsRead, out: &mut impl Write) -> anyhow::Result<()> {
        let count = if asked.topic.is_partitioned() { self.partitions } else { 1 };
        let chosen =
            asked.partition.map_or_else(|| (0..count).collect::<Vec<_>>(), |partition| vec![partition]);
        let mut left = asked.limit.unwrap_or(u64::MAX);
        let mut next: Vec<(u32, String)> = chosen.into_iter().map(|p| (p, asked.from.clone())).collect();
        loop {
            let mut printed = 0;
            for (partition, from) in &mut next {
                let (records, after) = self.page(asked, *partition, from, left.min(PAGE), out)?;
                printed += records;
                left -= records;
                if let Some(after) = after {
                    *from = after.to_string();
                }
            }
            out.flush()?;
            if left == 0 || (printed == 0 && !asked.follow) {
                return Ok(());
            }
            if printed == 0 {
                std::thread::sleep(POLL);
            }
        }
    }

    /// One page: how many records it had, and the offset after the last one.
    fn page(
        &self,
        asked: &TopicsRead,
        partition: u32,
        from: &str,
        limit: u64,
        out: &mut impl Write,
    ) -> anyhow::Result<(u64, Option<Offset>)> {
        let url = format!(
            "{}/api/v1/topics/{}?partition={partition}&from={from}&limit={limit}",
            self.base, asked.topic
        );
        let mut request = self.agent.get(&url);
        if let Some(token) = &asked.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response = request.call().with_context(|| {
            format!(
                "the log is open in another process, and no server answers at {} (setting serve.listen)",
                self.base
            )
        })?;
        if response.status() != 200 {
            bail!(
                "{url} answered {}: {}",
                response.status(),
                response.body_mut().read_to_string().unwrap_or_default()
            );
        }
        let after = response.headers().get(NEXT_OFFSET).and_then(|next| next.to_str().ok()?.parse().ok());
        let mut records = 0;
        for line in BufReader::new(response.body_mut().as_reader()).lines() {
            writeln!(out, "{}", line?)?;
            records += 1;
        }
        Ok((records, after))
    }
}
