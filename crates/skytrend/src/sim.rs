//! `skytrend sim`: the simulated Bluesky by itself, served on loopback or written to a file.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use skytrend_event::Micros;
use skytrend_event::time::{MINUTE, SECOND};
use skytrend_sim::{Fault, Faults, Labelling, Server, ServerSettings, Wire, World, WorldSettings, file};

use crate::cli::{self, SimFormat};
use crate::status::wall_clock;
use crate::telemetry::{self, Lines};

/// Section `sim`.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// Seed of the world.
    pub seed: u64,
    /// Simulated seconds for each real one; 0: as fast as the reader takes them.
    pub speed: f64,
    /// Posts in a million that the labeler at the same address labels; of a tenth as many it labels the account.
    pub labelled_posts_ppm: u32,
    /// Events a second at the most; 0: no limit.
    pub rate_max: u32,
    /// Posts per simulated second.
    pub posts_per_second: f64,
    /// Likes for each post.
    pub likes_per_post: f64,
    /// Reposts for each post.
    pub reposts_per_post: f64,
    /// Follows for each post.
    pub follows_per_post: f64,
    /// Accounts.
    pub authors: u32,
    /// Simulated time before "now", for a reader from the oldest position.
    pub history_minutes: u32,
    /// Simulated time after "now"; 0: no end.
    pub duration_minutes: u32,
    /// Faults, as name=chance in a million events.
    pub faults: Vec<String>,
}

impl Settings {
    /// The world that is simulated, with its "now" at this instant.
    pub fn world(&self, now: Micros) -> WorldSettings {
        let history = i64::from(self.history_minutes) * MINUTE;
        WorldSettings {
            start: now.floor(SECOND).plus(-history),
            history,
            duration: (self.duration_minutes > 0).then(|| i64::from(self.duration_minutes) * MINUTE),
            posts_per_second: self.posts_per_second,
            likes_per_post: self.likes_per_post,
            reposts_per_post: self.reposts_per_post,
            follows_per_post: self.follows_per_post,
            authors: self.authors,
            ..WorldSettings::demo(self.seed, now)
        }
    }

    /// How the world is served.
    pub fn server(&self, now: Micros) -> anyhow::Result<ServerSettings> {
        let chances = self.faults.iter().map(|text| parse_fault(text)).collect::<anyhow::Result<_>>()?;
        Ok(ServerSettings {
            speed: self.speed,
            rate_max: (self.rate_max > 0).then_some(self.rate_max),
            faults: Faults { chances, ..Faults::default() },
            labelling: Labelling {
                posts_ppm: self.labelled_posts_ppm,
                accounts_ppm: self.labelled_posts_ppm / 10,
                ..Labelling::default()
            },
            ..ServerSettings::new(self.world(now))
        })
    }

    /// Whether the values make sense.
    pub fn check(&self) -> anyhow::Result<()> {
        let server = self.server(skytrend_sim::DEFAULT_START)?;
        server.world.check()?;
        ensure!((0.0..=100_000.0).contains(&self.speed), "speed must be 0 to 100,000");
        Ok(())
    }
}

/// `name=chance`, the chance in a million events.
fn parse_fault(text: &str) -> anyhow::Result<(u32, Fault)> {
    let (name, chance) =
        text.split_once('=').with_context(|| format!("fault {text:?} is not name=chance"))?;
    let chance =
        chance.parse().with_context(|| format!("the chance of {name} must be a number in a million"))?;
    let fault = match name {
        "drop" => Fault::Drop,
        "cut" => Fault::CutFrame,
        "delay" => Fault::Stall(2_000),
        "rewind" => Fault::Rewind(50),
        "duplicate" => Fault::Duplicate,
        "reorder" => Fault::Reorder,
        "clamp" => Fault::Clamp(100),
        "reset" => Fault::Reset(100),
        "too_slow" => Fault::ConsumerTooSlow,
        "garbage" => Fault::Garbage,
        "unknown" => Fault::UnknownType,
        "oversized" => Fault::Oversized,
        "refuse" => Fault::TooManyRequests(2),
        "unavailable" => Fault::Unavailable(2),
        other => anyhow::bail!("no fault is called {other:?}"),
    };
    Ok((chance, fault))
}

/// `skytrend sim`.
pub fn run(settings: &crate::settings::Settings, asked: &cli::Sim) -> anyhow::Result<()> {
    telemetry::start_traces(&settings.telemetry, &Lines::Stderr)?;
    match &asked.out {
        Some(path) => write(&settings.sim, asked.format, path),
        None => crate::block_on(serve(&settings.sim, asked.listen)),
    }
}

/// Writes the whole world to a file; it must have an end. The same settings give the same bytes.
fn write(settings: &Settings, format: SimFormat, path: &Path) -> anyhow::Result<()> {
    ensure!(settings.duration_minutes > 0, "a file needs an end: --set sim.duration_minutes=60");
    let wire = match format {
        SimFormat::Frames => Wire::Firehose,
        SimFormat::JetstreamV1 => Wire::JetstreamV1,
        SimFormat::JetstreamV2 => Wire::JetstreamV2,
    };
    let mut world = World::new(settings.world(skytrend_sim::DEFAULT_START))?;
    let events = file::write_events(&mut world, wire, path, u64::MAX)
        .with_context(|| format!("can't write {}", path.display()))?;
    eprintln!("{events} events in {}", path.display());
    Ok(())
}

/// Serves until Ctrl-C, then says on standard output how many events were sent.
async fn serve(settings: &Settings, listen: SocketAddr) -> anyhow::Result<()> {
    let server = Server::start(settings.server(wall_clock())?, listen).await?;
    eprintln!(
        "a simulated Bluesky is at {}: firehose, Jetstream v1 and v2, labels; Ctrl-C ends it",
        server.url()
    );
    crate::supervisor::interrupted().await;
    let events = server.next_index();
    server.shutdown().await;
    println!("{}", serde_json::json!({ "events": events }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_a_known_name_and_a_chance() {
        assert_eq!(parse_fault("drop=15").unwrap(), (15, Fault::Drop));
        assert!(parse_fault("drop").is_err());
        assert!(parse_fault("drop=often").is_err());
        assert!(parse_fault("explode=1").unwrap_err().to_string().contains("no fault is called"));
    }
}
