//! `skytrend demo`: the real pipeline against a simulated Bluesky on loopback. Nothing is simulated but the network:
//! frames come over a WebSocket, events go through a log on disk. The log is a temporary folder, gone at the end.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use skytrend_sim::Server;
use toml::Value;

use crate::cli;
use crate::run::{self, Parts};
use crate::settings::Settings;
use crate::settings::layers::{Layers, Origin};
use crate::show;
use crate::status::wall_clock;
use crate::supervisor::Supervisor;
use crate::telemetry::{self, Lines};

/// Runs until Ctrl-C or the asked duration.
pub fn run(layers: &mut Layers, asked: &cli::Demo) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("skytrend-demo-").tempdir()?;
    let set = |layers: &mut Layers, key: &str, value: Value| layers.set(key, value, Origin::Command("demo"));
    let log = folder.path().join("log");
    set(layers, "log.path", log.to_string_lossy().into_owned().into())?;
    set(layers, "log.fsync", "never".into())?;
    set(layers, "source.protocol", "firehose".into())?;
    set(layers, "source.first_start", "oldest".into())?;
    if let Some(speed) = asked.speed {
        layers.set("sim.speed", speed.into(), Origin::Flag("--speed".to_owned()))?;
    }
    let settings = Settings::from_layers(layers)?;
    let lines = if show::is_terminal() { Lines::File(folder.path().join("demo.log")) } else { Lines::Stderr };
    telemetry::start_traces(&settings.telemetry, &lines)?;
    crate::block_on(simulate(layers, settings, asked.duration))
}

async fn simulate(layers: &mut Layers, settings: Settings, duration: Option<u64>) -> anyhow::Result<()> {
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Server::start(settings.sim.server(wall_clock())?, anywhere).await?;
    layers.set("source.hosts", Value::Array(vec![server.url().into()]), Origin::Command("demo"))?;
    let settings = Settings::from_layers(layers)?;
    let speed = settings.sim.speed;

    let supervisor = Supervisor::default();
    let shutdown = supervisor.shutdown();
    let timer = async {
        if let Some(seconds) = duration {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            shutdown.request();
        }
        std::future::pending::<()>().await;
    };
    let parts = Parts { ingest: true, detect: true, serve: true, deliver: true, show: true };
    let ended = tokio::select! {
        ended = run::run(settings, parts, supervisor, Some(speed)) => ended,
        () = timer => unreachable!("the timer never ends"),
    };
    server.shutdown().await;
    ended
}
