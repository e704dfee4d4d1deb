//! What can be set about the connection to Bluesky and about the intake of its messages. Every value has a default
//! that suits the public network; times are whole milliseconds or seconds, as the name says.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::hosts::{Host, InvalidHost};

/// Which of Bluesky's streams is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// The relay's own stream: DAG-CBOR frames with every proof, `com.atproto.sync.subscribeRepos`.
    Firehose,
    /// Jetstream's first JSON stream, `/subscribe`: a tenth of the bytes, positions are times.
    #[default]
    JetstreamV1,
    /// Jetstream's second JSON stream, `network.bsky.jetstream.subscribeEvents`: numbered, so that gaps show.
    JetstreamV2,
    /// A labeler's stream of labels, `com.atproto.label.subscribeLabels`. No stream of events: it is read beside one,
    /// and is no value of the setting.
    #[serde(skip_deserializing)]
    Labels,
}

impl Protocol {
    /// `firehose`, `jetstream_v1`, `jetstream_v2`, `labels`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Firehose => "firehose",
            Self::JetstreamV1 => "jetstream_v1",
            Self::JetstreamV2 => "jetstream_v2",
            Self::Labels => "labels",
        }
    }

    /// The public hosts, the ones to be tried first in front; of labels none, since labelers are chosen one by one.
    pub const fn public_hosts(self) -> &'static [&'static str] {
        match self {
            Self::Firehose => &["wss://relay1.us-east.bsky.network", "wss://relay1.us-west.bsky.network"],
            Self::JetstreamV1 | Self::JetstreamV2 => &[
                "wss://jetstream2.us-east.bsky.network",
                "wss://jetstream1.us-east.bsky.network",
                "wss://jetstream2.us-west.bsky.network",
                "wss://jetstream1.us-west.bsky.network",
            ],
            Self::Labels => &[],
        }
    }
}

/// Where a start without a checkpoint begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstStart {
    /// With what happens from now on.
    #[default]
    Live,
    /// With the oldest message that the server still has.
    Oldest,
}

/// What to do where the old position means nothing: the firehose of another host, whose numbers are its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherHost {
    /// Go on with what happens now, and count the gap.
    #[default]
    Live,
    /// Read that host's whole window, skipping what is older than the last witnessed time: no gap, many bytes.
    Oldest,
}

/// What to do when the server says that our position lies ahead of its own: its numbers began anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FutureCursor {
    /// Read its whole window, skipping what is older than the last witnessed time.
    #[default]
    Oldest,
    /// Stop, so that a person looks at it.
    Stop,
}

/// Settings of the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The stream.
    pub protocol: Protocol,
    /// `ws://` or `wss://`, a name and perhaps a port; the preferred one first. Empty: the public hosts.
    pub hosts: Vec<String>,
    /// Collections that Jetstream is asked for (a name or `prefix.*`); empty: all. The firehose always sends all.
    pub collections: Vec<String>,
    /// Jetstream v1: the file with the zstd dictionary of the stream. None: uncompressed.
    pub zstd_dictionary_path: Option<PathBuf>,
    /// Jetstream v2: ask for compressed messages, with the dictionary that the host publishes.
    pub compress: bool,
    /// Where a start without a checkpoint begins.
    pub first_start: FirstStart,
    /// What to do on a host whose numbers are not comparable with ours.
    pub other_host: OtherHost,
    /// What to do when the server says that our position is in its future.
    pub future_cursor: FutureCursor,
    /// How far a resumption by time goes back, because v1 sends its lines not quite in the order of time.
    pub overlap_millis: u64,
    /// Seed of the jitter. None: from the clock, so that many clients do not come back in step.
    pub jitter_seed: Option<u64>,
    /// About one connection.
    pub connection: ConnectionSettings,
    /// About trying again.
    pub backoff: BackoffSettings,
    /// About noticing that a stream has fallen silent.
    pub stale: StaleSettings,
    /// About what waits for the pipeline.
    pub queue: QueueSettings,
    /// About order, duplicates and time.
    pub intake: IntakeSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            protocol: Protocol::default(),
            hosts: Vec::new(),
            collections: ["feed.post", "feed.like", "feed.repost", "graph.follow"]
                .map(|name| format!("app.bsky.{name}"))
                .to_vec(),
            zstd_dictionary_path: None,
            compress: true,
            first_start: FirstStart::default(),
            other_host: OtherHost::default(),
            future_cursor: FutureCursor::default(),
            overlap_millis: 5_000,
            jitter_seed: None,
            connection: ConnectionSettings::default(),
            backoff: BackoffSettings::default(),
            stale: StaleSettings::default(),
            queue: QueueSettings::default(),
            intake: IntakeSettings::default(),
        }
    }
}

/// Settings that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    /// A host of the list.
    #[error(transparent)]
    Host(#[from] InvalidHost),
    /// Jetstream takes at most [`COLLECTIONS_MAX`] collections.
    #[error("{count} collections, Jetstream takes at most {COLLECTIONS_MAX}")]
    TooManyCollections {
        /// How many there are.
        count: usize,
    },
    /// A limit of zero would let nothing pass.
    #[error("{setting} must not be zero")]
    Zero {
        /// The setting's name.
        setting: &'static str,
    },
}

/// The most collections in one Jetstream filter (its own limit).
pub const COLLECTIONS_MAX: usize = 100;

impl Settings {
    /// Checks everything that can be checked without connecting.
    pub fn validate(&self) -> Result<(), InvalidSettings> {
        self.checked_hosts().map(drop)
    }

    /// The hosts to be tried, in order of preference; checks everything else on the way.
    pub(crate) fn checked_hosts(&self) -> Result<Vec<Host>, InvalidSettings> {
        if self.collections.len() > COLLECTIONS_MAX {
            return Err(InvalidSettings::TooManyCollections { count: self.collections.len() });
        }
        let limits = [
            ("queue.messages_max", self.queue.messages_max),
            ("queue.bytes_max", self.queue.bytes_max),
            ("intake.remembered_max", self.intake.remembered_max),
            ("intake.accounts_max", self.intake.accounts_max),
        ];
        if let Some((setting, _)) = limits.into_iter().find(|(_, limit)| *limit == 0) {
            return Err(InvalidSettings::Zero { setting });
        }
        let parse = |host: &str| Host::parse(host).map_err(InvalidSettings::from);
        if self.hosts.is_empty() {
            return self.protocol.public_hosts().iter().map(|host| parse(host)).collect();
        }
        self.hosts.iter().map(|host| parse(host)).collect()
    }
}

/// Settings of one connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectionSettings {
    /// From the first packet to the end of the handshake.
    pub connect_timeout_millis: u64,
    /// Between pings; Jetstream and the relay do the same.
    pub ping_interval_millis: u64,
    /// Pings in a row without any sign of life that end a connection; indigo's consumer closes after 4.
    pub pings_unanswered_max: u32,
    /// The largest message taken, in bytes; the relay's own limit.
    pub message_bytes_max: usize,
    /// Who we are, for the operators of the hosts.
    pub user_agent: String,
    /// A PEM file of certificate authorities that are trusted besides Mozilla's: those of a proxy that opens TLS, or of
    /// hosts of one's own. Empty: none.
    pub ca_file: PathBuf,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        Self {
            connect_timeout_millis: 15_000,
            ping_interval_millis: 30_000,
            pings_unanswered_max: 4,
            message_bytes_max: 5_000_000,
            user_agent: concat!("skytrend/", env!("CARGO_PKG_VERSION")).to_owned(),
            ca_file: PathBuf::new(),
        }
    }
}

/// Settings of trying again: exponential with full jitter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackoffSettings {
    /// Upper end of the first delay; it doubles with each failure.
    pub base_millis: u64,
    /// Upper end of every delay.
    pub max_millis: u64,
    /// A connection that lived this long, and brought a message, makes the failures before it forgotten.
    pub healthy_millis: u64,
    /// Failures in a row after which the next host is preferred. More than one, since a change of host can cost a gap.
    pub failures_before_next_host: u32,
    /// The longest `Retry-After` that is believed.
    pub retry_after_max_millis: u64,
}

impl Default for BackoffSettings {
    fn default() -> Self {
        Self {
            base_millis: 1_000,
            max_millis: 60_000,
            healthy_millis: 60_000,
            failures_before_next_host: 2,
            retry_after_max_millis: 600_000,
        }
    }
}

/// Settings of the watch for streams that fall silent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StaleSettings {
    /// A stream is stale after this many times its usual gap. Of a Poisson stream one gap in 10^13 is 30 times its
    /// mean.
    pub factor: f64,
    /// Never stale before this: a busy stream's usual gap is milliseconds, a server's restart takes seconds.
    pub floor_millis: u64,
    /// For the first message of a connection, whose usual gap isn't known yet.
    pub grace_millis: u64,
    /// Over how long the usual gap is averaged.
    pub horizon_millis: u64,
}

impl Default for StaleSettings {
    fn default() -> Self {
        Self { factor: 30.0, floor_millis: 15_000, grace_millis: 60_000, horizon_millis: 300_000 }
    }
}

/// Limits of what waits for the pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueueSettings {
    /// Messages; at 2,000 a second two minutes of a stalled pipeline.
    pub messages_max: usize,
    /// Bytes of messages.
    pub bytes_max: usize,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self { messages_max: 262_144, bytes_max: 64 * 1024 * 1024 }
    }
}

/// Settings of the intake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntakeSettings {
    /// A change told again within this time is a duplicate; must exceed every overlap of resumption.
    pub duplicate_window_secs: u64,
    /// Changes, and repositories, remembered in each half of that memory; beyond it the older half is forgotten early.
    pub remembered_max: usize,
    /// Accounts whose deactivation or reset is remembered; beyond it the longest known one is forgotten.
    pub accounts_max: usize,
    /// A revision this far ahead of the stream's time is refused.
    pub rev_future_max_secs: u64,
    /// A message this far ahead of the stream's time waits until others confirm the jump.
    pub time_jump_max_secs: u64,
    /// Distinct messages in a row that confirm a jump of time.
    pub time_jump_confirmations: usize,
    /// After a resumption, silence up to this long is no loss.
    pub resume_gap_max_millis: u64,
}

impl Default for IntakeSettings {
    fn default() -> Self {
        Self {
            duplicate_window_secs: 120,
            remembered_max: 1_000_000,
            accounts_max: 1_024,
            rev_future_max_secs: 300,
            time_jump_max_secs: 600,
            time_jump_confirmations: 3,
            resume_gap_max_millis: 5_000,
        }
    }
}
