//! The command line: names, flags, help. It starts nothing.

mod bench;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use bench::{Bench, BenchWhat, Load, Quality, Series, State};

/// Finds what is trending on the open social web while it happens.
#[derive(Debug, Parser)]
#[command(name = "skytrend", version, propagate_version = true, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Settings file (TOML) laid over the defaults
    #[arg(long, global = true, value_name = "FILE", env = "SKYTREND_CONFIG")]
    pub config: Option<PathBuf>,
    /// One setting, as section.key=value; may be repeated, wins over file and environment
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Folder of the embedded log (setting log.path)
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read the network, detect trends, serve and show them: everything, in one process
    Run,
    /// The same against a simulated Bluesky on loopback: offline, with trends to see within half a minute
    Demo(Demo),
    /// Only read the network into the log
    Ingest,
    /// Only detect trends in the posts of the log
    Detect,
    /// Only serve what is in the log over HTTP
    Serve,
    /// Only send the alerts of the log to the webhooks
    Deliver,
    /// Run recorded input through the pipeline
    Replay(Replay),
    /// Run a simulated Bluesky on loopback, or write one to a file
    Sim(Sim),
    /// Show the effective settings and where each comes from
    Config(Config),
    /// Read a topic of the log as JSON lines
    Topics(Topics),
    /// Follow the alerts of a running skytrend: print them, or run a command for each
    Alerts(Alerts),
    /// Watch a running skytrend, here or elsewhere: trends live, a page for each, alerts; `?` there tells the keys
    Top(Top),
    /// The webhooks of the settings: list them, or send a test message to one
    Webhooks(Webhooks),
    /// What the detector has learned to be usual, as a file for a new installation
    Baseline(Baseline),
    /// Tokens for the HTTP server
    Token(Token),
    /// Measure skytrend
    Bench(Bench),
}

/// The variable with the token of the commands that ask a server.
pub const TOKEN_VARIABLE: &str = "SKYTREND_TOKEN";

#[derive(Clone, Debug, Args)]
pub struct Token {
    #[command(subcommand)]
    pub action: TokenAction,
}

#[derive(Clone, Debug, Subcommand)]
pub enum TokenAction {
    /// Draw a token: print it once, and the lines for the settings file, which hold only its hash
    New {
        /// Who gets it, as the audit log of moderation names them
        name: String,
        /// What it lets them do
        #[arg(long, value_enum, default_value_t = TokenRights::Write)]
        rights: TokenRights,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TokenRights {
    /// To look
    Read,
    /// To look and to decide
    Write,
}

/// A running skytrend that is asked.
#[derive(Clone, Debug, Args)]
pub struct Server {
    /// The running skytrend, http or https; by default the one on this machine (setting serve.listen)
    #[arg(long = "server", value_name = "URL")]
    pub url: Option<String>,
    /// A token of that server, if it wants one to read
    #[arg(long, value_name = "TOKEN", env = TOKEN_VARIABLE, hide_env_values = true)]
    pub token: Option<String>,
    /// Certificates (PEM) of the authorities to trust with https, in place of Mozilla's
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub struct Alerts {
    #[command(flatten)]
    pub server: Server,
    /// Newest alerts to begin with, of those that the server holds
    #[arg(long, default_value_t = 10, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(0..=500))]
    pub last: u16,
    /// End after those
    #[arg(long, conflicts_with = "position")]
    pub once: bool,
    /// Only the beginning of trends, or only their end
    #[arg(long, value_enum)]
    pub kind: Option<AlertStage>,
    /// Only those in this language
    #[arg(long, value_name = "CODE")]
    pub language: Option<String>,
    /// Only those of this watchlist
    #[arg(long, value_name = "NAME")]
    pub watchlist: Option<String>,
    /// Only those whose keyword has this in it
    #[arg(long, value_name = "TEXT")]
    pub keyword: Option<String>,
    /// Only those that begin with at least this z-score
    #[arg(long, default_value_t = 0.0, value_name = "NUMBER")]
    pub min_z: f64,
    /// One JSON object a line, as in the topic
    #[arg(long)]
    pub json: bool,
    /// Remember in this file what was handled, and go on from there the next time
    #[arg(long, value_name = "FILE")]
    pub position: Option<PathBuf>,
    /// Command to run for each instead of printing it: with the alert as JSON on its standard input, and
    /// `SKYTREND_ALERT_KIND`, `_KEYWORD`, `_LANGUAGE` and `_WATCHLIST` in its environment
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AlertStage {
    /// A trend passes the threshold
    Started,
    /// It has fallen back for good
    Ended,
}

#[derive(Clone, Debug, Args)]
pub struct Top {
    #[command(flatten)]
    pub server: Server,
    /// Only trends in this language
    #[arg(long, value_name = "CODE")]
    pub language: Option<String>,
    /// The kind of window to begin with
    #[arg(long, value_enum, default_value_t = Window::Sliding)]
    pub window: Window,
    /// Print what is there now as text, and end
    #[arg(long)]
    pub once: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Window {
    /// Ten minutes, moving by one minute, unless set otherwise
    Sliding,
    /// Five minutes, side by side, unless set otherwise
    Tumbling,
}

#[derive(Clone, Debug, Args)]
pub struct Demo {
    /// Simulated seconds for each real one (setting sim.speed)
    #[arg(long, value_name = "FACTOR")]
    pub speed: Option<f64>,
    /// End after this many real seconds
    #[arg(long, value_name = "SECONDS")]
    pub duration: Option<u64>,
}

#[derive(Clone, Debug, Args)]
pub struct Replay {
    /// Recorded input: firehose frames (plain or zstd), Jetstream v1 or v2 JSON lines; found by content. With --map:
    /// any JSON lines
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Settings file with a mapping, section `source.json_lines.mapping`, by which the lines of the files are read
    #[arg(long, value_name = "FILE", conflicts_with = "events")]
    pub map: Option<PathBuf>,
    /// Times the recorded pace (1 = as it was, 0 = as fast as it goes)
    #[arg(long, default_value_t = 0.0, value_name = "FACTOR")]
    pub speed: f64,
    /// Write the ranked trends to this file as JSON lines
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write the decoded events to this file as Jetstream v1 JSON lines
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// Form of the closing summary
    #[arg(long, value_enum, default_value_t = Summary::Text)]
    pub summary: Summary,
    /// Keep the events in this durable log instead of in memory
    #[arg(long, value_name = "DIR")]
    pub log_dir: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Summary {
    /// For people, on standard error
    Text,
    /// One JSON object on standard output
    Json,
}

#[derive(Clone, Debug, Args)]
pub struct Sim {
    /// Address to serve on
    #[arg(long, default_value = "127.0.0.1:7070", value_name = "ADDR")]
    pub listen: std::net::SocketAddr,
    /// Write the simulated events to this file instead of serving them
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Form of the file
    #[arg(long, value_enum, default_value_t = SimFormat::Frames)]
    pub format: SimFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SimFormat {
    /// Firehose frames, each after its length
    Frames,
    /// Jetstream v1 JSON lines
    JetstreamV1,
    /// Jetstream v2 JSON lines
    JetstreamV2,
}

#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Only check the settings: no output and exit code 0 when they are valid
    #[command(subcommand)]
    pub action: Option<ConfigAction>,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub enum ConfigAction {
    /// Check the settings without starting anything
    Check,
}

#[derive(Clone, Debug, Args)]
pub struct Topics {
    #[command(subcommand)]
    pub action: TopicsAction,
}

#[derive(Clone, Debug, Subcommand)]
pub enum TopicsAction {
    /// List the topics with their partitions, offsets and retention
    List,
    /// Print records as JSON lines
    Read(TopicsRead),
}

#[derive(Clone, Debug, Args)]
pub struct TopicsRead {
    /// Name of the topic, such as trending-keywords
    pub topic: skytrend_event::Topic,
    /// Only this partition
    #[arg(long)]
    pub partition: Option<u32>,
    /// First offset: a number, earliest or latest
    #[arg(long, default_value = "earliest")]
    pub from: String,
    /// At most this many records
    #[arg(long)]
    pub limit: Option<u64>,
    /// Go on with new records as they come
    #[arg(long, short)]
    pub follow: bool,
    /// A token of the running skytrend, if it wants one to read
    #[arg(long, value_name = "TOKEN", env = TOKEN_VARIABLE, hide_env_values = true)]
    pub token: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub struct Webhooks {
    #[command(subcommand)]
    pub action: WebhooksAction,
}

#[derive(Clone, Debug, Subcommand)]
pub enum WebhooksAction {
    /// List them
    List,
    /// Send a message that says that it is a test, and tell what was answered
    Test {
        /// Name of the webhook
        name: String,
    },
}

#[derive(Clone, Debug, Args)]
pub struct Baseline {
    #[command(subcommand)]
    pub action: BaselineAction,
}

#[derive(Clone, Debug, Subcommand)]
pub enum BaselineAction {
    /// Write it from the log of an installation that is not running; no post, no account, no word of few people is in
    /// it. An installation without a history of its own starts with it by the setting detect.baseline
    Save {
        /// The file
        file: PathBuf,
    },
}
