//! Runs the program as a user does: as a process, with a folder for its log, against a simulated Bluesky.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a test that can't go on should say where")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use skytrend_event::Topic;
use skytrend_event::time::MINUTE;
use skytrend_log::{Log, ReadLimit, Record, local::LocalLog};
use skytrend_sim::{Server, ServerSettings, WorldSettings};

/// How long a run may take until it has read everything; far above what it needs, so that only a hang fails.
const PATIENCE: Duration = Duration::from_secs(300);

/// Looks in a row, 50 ms apart, between which nothing came: then nothing more will, from a server on this machine.
/// The lag in the status is a second old at most.
const STILL: u32 = 30;

/// 50 minutes of a small world in which something trends every few minutes, served fast; and its last instant.
pub async fn busy_small_world() -> (Server, i64) {
    let world = WorldSettings {
        duration: Some(40 * MINUTE),
        history: 10 * MINUTE,
        posts_per_second: 8.0,
        authors: 2_000,
        trend_interval: 4 * MINUTE,
        ..WorldSettings::live_like(19)
    };
    let settings = ServerSettings { rate_max: Some(4_000), ..ServerSettings::new(world) };
    let server = Server::start(settings, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let end = server.world().last().unwrap().witnessed.0;
    (server, end)
}

/// How a process of skytrend is started.
pub struct Program {
    dir: tempfile::TempDir,
    settings: Vec<String>,
    settings_file: Option<PathBuf>,
}

/// A process; it is killed when this is dropped.
pub struct Running {
    pub child: Child,
    pub api: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `skytrend` with these arguments to its end, which must be a good one.
pub fn skytrend(args: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_skytrend"))
        .args(args)
        .args(["--set", "telemetry.filter=error"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

impl Program {
    /// For all that a simulated server of a small world has, committed in many small steps; with more settings.
    pub fn of_small_world(server_url: &str, protocol: &str, more: &[&str]) -> Self {
        let hosts = format!("source.hosts={server_url}");
        let protocol = format!("source.protocol={protocol}");
        let settings = [
            &hosts,
            &protocol,
            "source.first_start=oldest",
            "source.backoff.base_millis=20",
            "source.collections=",
            "log.fsync=never",
            "ingest.commit_interval_millis=20",
            "ingest.commit_records_max=500",
            "detect.snapshot_interval_secs=120",
            "trend.counts_min=2",
        ];
        Self::new(&[&settings, more].concat())
    }

    /// With an empty log and these settings.
    pub fn new(settings: &[&str]) -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            settings: settings.iter().map(|s| (*s).to_owned()).collect(),
            settings_file: None,
        }
    }

    /// With a settings file below these settings.
    pub fn with_settings_file(mut self, toml: &str) -> Self {
        let path = self.dir.path().join("skytrend.toml");
        std::fs::write(&path, toml).unwrap();
        self.settings_file = Some(path);
        self
    }

    /// The folder of the log.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Starts `skytrend run`, with more environment if need be.
    pub fn start(&self, env: &[(&str, String)]) -> Running {
        self.start_telling(env, Stdio::inherit())
    }

    /// The same with its trace lines elsewhere.
    pub fn start_telling(&self, env: &[(&str, String)], trace_lines: Stdio) -> Running {
        let api = format!("127.0.0.1:{}", free_port());
        let mut command = Command::new(env!("CARGO_BIN_EXE_skytrend"));
        command.arg("run").arg("--data-dir").arg(self.data());
        if let Some(file) = &self.settings_file {
            command.arg("--config").arg(file);
        }
        for setting in &self.settings {
            command.args(["--set", setting]);
        }
        command.args(["--set", &format!("serve.listen={api}"), "--set", "telemetry.filter=warn"]);
        command.envs(env.iter().map(|(name, value)| (*name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(trace_lines);
        Running { child: command.spawn().unwrap(), api }
    }

    /// The records of a topic, by reading the log that a process has left.
    pub fn records(&self, topic: Topic) -> Vec<Record> {
        read_all(&self.data(), topic)
    }
}

impl Running {
    /// What the process says of itself; none while it doesn't answer.
    pub fn status(&self) -> Option<serde_json::Value> {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(2))).build().into();
        let text = agent
            .get(format!("http://{}/api/v1/status", self.api))
            .call()
            .ok()?
            .body_mut()
            .read_to_string()
            .ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Waits until `done` holds of the status.
    pub fn wait_until(&mut self, what: &str, done: impl Fn(&serde_json::Value) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !self.status().is_some_and(|status| done(&status)) {
            assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}; status: {:?}", self.status());
            if let Some(exit) = self.child.try_wait().unwrap() {
                panic!("the process ended ({exit}) while waiting for {what}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until everything up to the last event, at this time, has been read and applied: the heartbeat of its
    /// second is in, and nothing more comes.
    pub fn wait_for_time(&mut self, micros: i64) {
        let second = micros - micros.rem_euclid(1_000_000);
        let (last, still) = (std::cell::Cell::new(None), std::cell::Cell::new(0));
        self.wait_until("the last event", |status| {
            let messages = status["ingest"]["messages"].as_u64();
            still.set(if last.replace(messages) == messages { still.get() + 1 } else { 0 });
            let applied = status["detector"]["applied_micros"].as_i64().unwrap_or(0);
            applied >= second && status["detector"]["lag_records"] == 0 && still.get() >= STILL
        });
    }

    /// Asks it to end, as Ctrl-C does, and returns how long it took.
    pub fn stop(mut self) -> Duration {
        let started = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let exit = self.child.wait().unwrap();
        assert!(exit.success(), "ended with {exit}");
        started.elapsed()
    }
}

/// All records of a topic's first partition.
pub fn read_all(data: &Path, topic: Topic) -> Vec<Record> {
    let log = LocalLog::open(data, skytrend_log::local::Settings::default()).unwrap();
    let mut next = log.bounds(topic.name(), 0).unwrap().start;
    let mut all = Vec::new();
    loop {
        let limit = ReadLimit { records: 10_000, bytes: 8 << 20 };
        let records = log.read(topic.name(), 0, next, limit).unwrap();
        let Some(last) = records.last() else { return all };
        next = last.offset + 1;
        all.extend(records);
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
