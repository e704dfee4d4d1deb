//! The program: reads the command line, puts the settings together, and hands over to the command. The pipeline's
//! wiring is [`run`], its one loop [`stage`].

mod cli;
mod settings;

mod run;
mod stage;
mod supervisor;

mod deliver;
mod detect;
mod ingest;
mod moderation;
mod publish;
mod serving;
mod show;
mod status;
mod upkeep;
mod watchlists;

mod alerts;
mod api_client;
mod bench;
mod config_command;
mod demo;
mod replay;
mod sim;
mod token;
mod top;
mod topics;

mod allocator;
mod crash;
mod log;
mod metrics;
mod telemetry;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;

use cli::{BaselineAction, Cli, Command, ConfigAction, TokenAction, TopicsAction, WebhooksAction};
use run::Parts;
use settings::Settings;
use settings::layers::{Layers, Origin};
use telemetry::Lines;

fn main() -> ExitCode {
    allocator::set_up();
    let cli = Cli::parse();
    match start(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        // `skytrend topics read … | head` is no failure.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("skytrend: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(cli: &Cli) -> anyhow::Result<()> {
    let map = match &cli.command {
        Command::Replay(asked) => asked.map.as_deref(),
        _ => None,
    };
    let mut layers = layers(&cli.common, map)?;
    match &cli.command {
        Command::Run => {
            pipeline(&layers, Parts { ingest: true, detect: true, serve: true, deliver: true, show: true })
        }
        Command::Ingest => pipeline(&layers, Parts { ingest: true, ..Parts::default() }),
        Command::Detect => pipeline(&layers, Parts { detect: true, ..Parts::default() }),
        Command::Serve => pipeline(&layers, Parts { serve: true, ..Parts::default() }),
        Command::Deliver => {
            anyhow::ensure!(
                !Settings::from_layers(&layers)?.webhooks.is_empty(),
                "no webhook is set: docs/webhooks.md says how"
            );
            pipeline(&layers, Parts { deliver: true, ..Parts::default() })
        }
        Command::Demo(asked) => demo::run(&mut layers, asked),
        Command::Replay(asked) => {
            anyhow::ensure!(
                cli.common.data_dir.is_none(),
                "a replay keeps its events in memory, or in the folder of --log-dir; it has no --data-dir"
            );
            let settings = Settings::from_layers(&layers)?;
            telemetry::start_traces(&settings.telemetry, &Lines::Stderr)?;
            replay::run(&settings, asked)
        }
        Command::Sim(asked) => sim::run(&Settings::from_layers(&layers)?, asked),
        Command::Bench(asked) => bench::run(&Settings::from_layers(&layers)?, asked),
        Command::Config(asked) => match asked.action {
            None => Ok(config_command::print(&layers, &mut std::io::stdout().lock())?),
            Some(ConfigAction::Check) => config_command::check(&layers),
        },
        Command::Alerts(asked) => {
            alerts::run(&Settings::from_layers(&layers)?, asked, &mut std::io::stdout().lock())
        }
        Command::Top(asked) => top::run(&Settings::from_layers(&layers)?, asked),
        Command::Webhooks(asked) => {
            let settings = Settings::from_layers(&layers)?;
            let out = &mut std::io::stdout().lock();
            match &asked.action {
                WebhooksAction::List => deliver::command::list(&settings, out),
                WebhooksAction::Test { name } => deliver::command::test(&settings, name, out),
            }
        }
        Command::Baseline(asked) => match &asked.action {
            BaselineAction::Save { file } => detect::baseline::save(&Settings::from_layers(&layers)?, file),
        },
        Command::Token(asked) => match &asked.action {
            TokenAction::New { name, rights } => token::new(name, *rights, &mut std::io::stdout().lock()),
        },
        Command::Topics(asked) => {
            let settings = Settings::from_layers(&layers)?;
            let out = &mut std::io::stdout().lock();
            match &asked.action {
                TopicsAction::List => topics::list(&settings, out),
                TopicsAction::Read(read) => topics::read(&settings, read, out),
            }
        }
    }
}

/// Defaults, file, the map of a replay, environment, flags.
fn layers(common: &cli::Common, map: Option<&Path>) -> anyhow::Result<Layers> {
    let mut layers = Layers::defaults();
    if let Some(path) = &common.config {
        layers.apply_file(path)?;
    }
    if let Some(path) = map {
        layers.apply_file(path)?;
        layers.set_text("source.protocol", "json_lines", Origin::Command("replay"))?;
    }
    layers.apply_env(std::env::vars(), &["SKYTREND_CONFIG", cli::TOKEN_VARIABLE, crash::VARIABLE])?;
    for pair in &common.set {
        layers.apply_flag(pair)?;
    }
    if let Some(dir) = &common.data_dir {
        layers.set_text("log.path", &dir.to_string_lossy(), Origin::Flag("--data-dir".to_owned()))?;
    }
    Ok(layers)
}

/// Runs the parts over the settings' log until Ctrl-C.
fn pipeline(layers: &Layers, parts: Parts) -> anyhow::Result<()> {
    let settings = Settings::from_layers(layers)?;
    let lines = if parts.show && show::is_terminal() {
        Lines::File(settings.telemetry.file.clone())
    } else {
        Lines::Stderr
    };
    telemetry::start_traces(&settings.telemetry, &lines)?;
    block_on(run::run(settings, parts, supervisor::Supervisor::default(), None))
}

/// Runs `work` on the runtime of sockets and timers; the stages have threads of their own. A stage that has not ended
/// with it is left behind, because dropping the runtime would wait for it without a limit.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("can't start the runtime")?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let is = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    };
    error.chain().any(is)
}
