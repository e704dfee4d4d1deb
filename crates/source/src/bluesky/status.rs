//! How the connection is doing, for people and for metrics: cheap to read at any time, written only when it changes.

use std::time::Duration;

use skytrend_event::Micros;

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The server closed it, perhaps with a code and a reason.
    Closed {
        /// WebSocket close code; 0 where none was given.
        code: u16,
        /// For people; may be empty.
        reason: String,
    },
    /// The network failed.
    Network {
        /// What the system says.
        detail: String,
    },
    /// A message above the limit, or bytes that are not WebSocket.
    Protocol {
        /// What was wrong.
        detail: String,
    },
    /// Nothing came for far longer than this stream's usual gap.
    Stale {
        /// How long nothing came, in milliseconds.
        silence_millis: u64,
    },
    /// Pings stayed without an answer.
    PingTimeout,
    /// The pipeline fell behind; closed by us, to go on from here later.
    QueueFull,
    /// The pipeline wants to go on from another position.
    Commanded,
    /// The program ends.
    Shutdown,
}

impl Ending {
    /// Its stable name, for metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Closed { .. } => "closed",
            Self::Network { .. } => "network",
            Self::Protocol { .. } => "protocol",
            Self::Stale { .. } => "stale",
            Self::PingTimeout => "ping_timeout",
            Self::QueueFull => "queue_full",
            Self::Commanded => "commanded",
            Self::Shutdown => "shutdown",
        }
    }

    /// Whether the server or the way to it is to blame, so that it counts against the host. The pipeline asks for
    /// another position only when the host has broken the stream's rules.
    pub(crate) const fn is_failure(&self) -> bool {
        !matches!(self, Self::QueueFull | Self::Shutdown)
    }

    /// Whether it is our own decision, made while the connection worked.
    pub(crate) const fn is_ours(&self) -> bool {
        matches!(self, Self::QueueFull | Self::Commanded | Self::Shutdown)
    }
}

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Closed { code: 0, reason } if reason.is_empty() => {
                f.write_str("the server closed the connection")
            }
            Self::Closed { code, reason } => write!(f, "the server closed the connection ({code} {reason})"),
            Self::Network { detail } | Self::Protocol { detail } => f.write_str(detail),
            Self::Stale { silence_millis } => {
                write!(f, "no message for {:.1} s", Duration::from_millis(*silence_millis).as_secs_f64())
            }
            Self::PingTimeout => f.write_str("pings stayed without an answer"),
            Self::QueueFull => f.write_str("the pipeline fell behind"),
            Self::Commanded => f.write_str("the pipeline asked for another position"),
            Self::Shutdown => f.write_str("shutting down"),
        }
    }
}

/// What the client is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing yet.
    #[default]
    Starting,
    /// A connection is being made.
    Connecting,
    /// Messages come.
    Connected,
    /// The last attempt failed; the next one follows.
    Waiting,
    /// The pipeline must catch up before the next connection.
    Paused,
    /// The client has ended.
    Stopped,
}

impl Phase {
    /// `starting`, `connecting`, `connected`, `waiting`, `paused`, `stopped`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
        }
    }
}

/// How the connection is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// What the client is doing.
    pub phase: Phase,
    /// The host of the present or the next connection.
    pub host: String,
    /// Since when (our clock) the phase has lasted.
    pub since: Micros,
    /// Attempts since the last message.
    pub attempts: u32,
    /// Why the last attempt or connection failed; empty when none did.
    pub last_error: String,
    /// When (our clock) the next attempt follows, while waiting.
    pub retry_at: Option<Micros>,
}

impl Status {
    /// One plain sentence, such as `can't reach wss://a.example, retrying in 4 s: connection refused`, at the instant
    /// `now` of our clock.
    pub fn describe(&self, now: Micros) -> String {
        let when = match self.retry_at {
            Some(at) => format!("retrying in {} s", at.seconds_since(now).max(0.0).ceil()),
            None => "trying again now".to_owned(),
        };
        match self.phase {
            Phase::Starting => "starting".to_owned(),
            Phase::Stopped if self.last_error.is_empty() => "stopped".to_owned(),
            Phase::Stopped => format!("stopped: {}", self.last_error),
            Phase::Connected => format!("connected to {}", self.host),
            Phase::Paused => format!("waiting for the pipeline before going on with {}", self.host),
            Phase::Connecting if self.last_error.is_empty() => format!("connecting to {}", self.host),
            Phase::Connecting | Phase::Waiting => {
                format!("can't reach {}, {when}: {}", self.host, self.last_error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_plainly_what_is_wrong_and_when_it_tries_again() {
        let status = Status {
            phase: Phase::Waiting,
            host: "wss://a.example".into(),
            last_error: "connection refused".into(),
            retry_at: Some(Micros(13_500_000)),
            ..Status::default()
        };
        let text = status.describe(Micros(10_000_000));
        assert_eq!(text, "can't reach wss://a.example, retrying in 4 s: connection refused");
    }

    #[test]
    fn a_close_is_told_with_its_code_where_there_is_one() {
        let closed = |code, reason: &str| Ending::Closed { code, reason: reason.into() }.to_string();
        assert_eq!(closed(0, ""), "the server closed the connection");
        assert_eq!(closed(1008, "too slow"), "the server closed the connection (1008 too slow)");
    }
}
