//! Where we stand in a stream, what is asked of a server to go on from there, and the checkpoint that survives a
//! restart. Pure. Which position is asked for is decided here; what the server then made of it, in [`super::loss`].

use serde::{Deserialize, Serialize};
use skytrend_event::Micros;

use super::accounts::AccountNote;
use super::settings::{FirstStart, OtherHost, Protocol, Settings};

/// Jetstream takes a cursor from this on for a time in microseconds, below it for a sequence number.
const TIME_CURSOR_MIN: i64 = 1_000_000_000_000_000;

/// The version that [`Checkpoint`] has now. A number is never reused for another shape.
pub const CHECKPOINT_VERSION: u32 = 1;

/// Where a stream is asked to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// With what happens now.
    Live,
    /// With the oldest message the server has.
    Oldest,
    /// At this sequence number, the last one already read. Servers differ in whether they repeat it.
    Seq(i64),
    /// At this time.
    Time(Micros),
}

impl Cursor {
    /// The value of the query parameter; none for a live stream.
    pub(crate) fn query_value(self, protocol: Protocol) -> Option<i64> {
        match (self, protocol) {
            (Self::Live, _) => None,
            (Self::Seq(seq), _) => Some(seq),
            (Self::Time(time), _) => Some(time.0.max(TIME_CURSOR_MIN)),
            (Self::Oldest, Protocol::Firehose | Protocol::Labels) => Some(0),
            // A time before the network existed: raised to the oldest message, whereas a number is refused.
            (Self::Oldest, Protocol::JetstreamV1 | Protocol::JetstreamV2) => Some(TIME_CURSOR_MIN),
        }
    }
}

/// Why a stream is asked to begin there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// Nothing has been read before.
    FirstStart,
    /// To go on where we were.
    Resume,
    /// To go on on another host, to which our sequence number means nothing.
    OtherHost,
    /// The server said that our position lies in its future: its numbers began anew.
    FutureCursor,
    /// The server said that our position is older than what it keeps.
    CursorTooOld,
}

/// What is asked of a server, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Where to begin.
    pub cursor: Cursor,
    /// Why there.
    pub because: Because,
}

/// The last message read: on which host, its number there, its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The host, as [`super::Host`] is written.
    pub host: String,
    /// Its sequence number; none in Jetstream v1.
    pub seq: Option<i64>,
    /// Its time as the source said it, in microseconds.
    pub time: Micros,
}

impl Position {
    /// What to ask of `host` to go on from here (`self` none: to start).
    pub(crate) fn request(position: Option<&Self>, host: &str, settings: &Settings) -> Request {
        let Some(position) = position else {
            let cursor = match settings.first_start {
                FirstStart::Live => Cursor::Live,
                FirstStart::Oldest => Cursor::Oldest,
            };
            return Request { cursor, because: Because::FirstStart };
        };
        let same_host = position.host == host;
        let because = if same_host { Because::Resume } else { Because::OtherHost };
        let by_time = Cursor::Time(position.time.plus(-overlap_micros(settings)));
        let cursor = match (settings.protocol, position.seq) {
            (Protocol::Firehose | Protocol::JetstreamV2 | Protocol::Labels, Some(seq)) if same_host => {
                Cursor::Seq(seq)
            }
            (Protocol::JetstreamV1 | Protocol::JetstreamV2, _) => by_time,
            (Protocol::Firehose | Protocol::Labels, _) => match settings.other_host {
                OtherHost::Live => Cursor::Live,
                OtherHost::Oldest => Cursor::Oldest,
            },
        };
        Request { cursor, because }
    }

    /// What to ask after the server has refused this position's number as too old: by time, which it clamps.
    pub(crate) fn request_by_time(&self, settings: &Settings) -> Request {
        let cursor = match settings.protocol {
            Protocol::Firehose | Protocol::Labels => Cursor::Live,
            Protocol::JetstreamV1 | Protocol::JetstreamV2 => {
                Cursor::Time(self.time.plus(-overlap_micros(settings)))
            }
        };
        Request { cursor, because: Because::CursorTooOld }
    }
}

/// How far a resumption by time goes back, in microseconds.
pub(crate) fn overlap_micros(settings: &Settings) -> i64 {
    i64::try_from(settings.overlap_millis).unwrap_or(i64::MAX).saturating_mul(1_000)
}

/// All that the intake must know to go on after a restart as if there had been none; the changes it remembers against
/// duplicates are read back from the log. Stored as JSON beside the log's positions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// [`CHECKPOINT_VERSION`].
    pub version: u32,
    /// The stream it is a position of.
    pub protocol: Protocol,
    /// The last message accepted; none before the first.
    pub position: Option<Position>,
    /// The highest record time given out, in microseconds: times never go back.
    pub record_time: Option<Micros>,
    /// The time of the last heartbeat.
    pub heartbeat_at: Option<Micros>,
    /// While a server tells again what we had read: messages before this time are passed over.
    pub skip_before: Option<Micros>,
    /// Messages per 1,000 seconds of stream time, as last learned; for the estimate of what a gap has cost.
    pub messages_per_1000_secs: u64,
    /// Sequence numbers per 1,000 messages, as last learned.
    pub seqs_per_1000_messages: u64,
    /// Accounts that were deactivated or reset lately, the longest known first.
    pub accounts: Vec<AccountNote>,
}

/// A checkpoint that cannot be read: our own state is broken, so the program stops.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Not JSON of this shape.
    #[error("the source's checkpoint is unreadable: {0}")]
    Json(#[from] serde_json::Error),
    /// Of a version that this program does not know.
    #[error("the source's checkpoint has version {found}, this program reads {CHECKPOINT_VERSION}")]
    Version {
        /// What it says.
        found: u32,
    },
}

impl Checkpoint {
    /// Its bytes.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("numbers and strings always have a JSON form")
    }

    /// Reads what [`Checkpoint::to_json`] wrote.
    pub fn from_json(bytes: &[u8]) -> Result<Self, CheckpointError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_slice(bytes)?;
        if version != CHECKPOINT_VERSION {
            return Err(CheckpointError::Version { found: version });
        }
        Ok(serde_json::from_slice(bytes)?)
    }

    /// Its position as far as it means something to `protocol`: of another stream only the time does.
    pub fn position_for(&self, protocol: Protocol) -> Option<Position> {
        let position = self.position.clone()?;
        if self.protocol == protocol {
            return Some(position);
        }
        Some(Position { host: String::new(), seq: None, time: position.time })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TIME: Micros = Micros(1_760_000_000_000_000);

    fn settings(protocol: Protocol) -> Settings {
        Settings { protocol, ..Settings::default() }
    }

    fn position(seq: Option<i64>) -> Position {
        Position { host: "wss://a".into(), seq, time: TIME }
    }

    fn asked(protocol: Protocol, seq: Option<i64>, host: &str) -> (Option<i64>, Because) {
        let request = Position::request(Some(&position(seq)), host, &settings(protocol));
        (request.cursor.query_value(protocol), request.because)
    }

    #[test]
    fn the_same_host_is_asked_for_the_last_number_or_for_a_time_before_the_last() {
        assert_eq!(asked(Protocol::Firehose, Some(7), "wss://a"), (Some(7), Because::Resume));
        assert_eq!(asked(Protocol::JetstreamV2, Some(7), "wss://a"), (Some(7), Because::Resume));
        assert_eq!(
            asked(Protocol::JetstreamV1, None, "wss://a"),
            (Some(TIME.0 - 5_000_000), Because::Resume)
        );
    }

    #[test]
    fn another_host_is_asked_by_time_or_live() {
        assert_eq!(asked(Protocol::Firehose, Some(7), "wss://b"), (None, Because::OtherHost));
        for protocol in [Protocol::JetstreamV1, Protocol::JetstreamV2] {
            assert_eq!(asked(protocol, Some(7), "wss://b"), (Some(TIME.0 - 5_000_000), Because::OtherHost));
        }
    }

    #[test]
    fn the_oldest_is_asked_for_so_that_no_server_refuses() {
        assert_eq!(Cursor::Oldest.query_value(Protocol::Firehose), Some(0));
        assert_eq!(Cursor::Oldest.query_value(Protocol::JetstreamV2), Some(TIME_CURSOR_MIN));
        assert_eq!(Cursor::Time(Micros(5)).query_value(Protocol::JetstreamV1), Some(TIME_CURSOR_MIN));
    }

    #[test]
    fn a_first_start_follows_the_setting() {
        let mut settings = settings(Protocol::Firehose);
        let request = |settings: &Settings| Position::request(None, "wss://a", settings).cursor;
        assert_eq!(request(&settings), Cursor::Live);
        settings.first_start = FirstStart::Oldest;
        assert_eq!(request(&settings), Cursor::Oldest);
    }

    #[test]
    fn of_another_protocol_only_the_time_is_kept() {
        let checkpoint = Checkpoint { position: Some(position(Some(9))), ..sample(0, 1) };
        assert_eq!(checkpoint.position_for(Protocol::Firehose), Some(position(Some(9))));
        let other = checkpoint.position_for(Protocol::JetstreamV1).unwrap();
        assert_eq!((other.host.as_str(), other.seq, other.time), ("", None, TIME));
    }

    fn sample(record_time: i64, rate: u64) -> Checkpoint {
        Checkpoint {
            version: CHECKPOINT_VERSION,
            protocol: Protocol::Firehose,
            position: None,
            record_time: Some(Micros(record_time)),
            heartbeat_at: None,
            skip_before: None,
            messages_per_1000_secs: rate,
            seqs_per_1000_messages: 1_000,
            accounts: Vec::new(),
        }
    }

    #[test]
    fn another_version_and_broken_bytes_are_refused() {
        let other = Checkpoint { version: 2, ..sample(0, 0) };
        assert!(matches!(
            Checkpoint::from_json(&other.to_json()),
            Err(CheckpointError::Version { found: 2 })
        ));
        assert!(matches!(Checkpoint::from_json(b"{"), Err(CheckpointError::Json(_))));
    }

    #[test]
    fn version_1_is_read_as_it_was_written() {
        let text = r#"{"version":1,"protocol":"jetstream_v2","position":{"host":"wss://a","seq":7,"time":1760000000000000},
            "record_time":1760000000000001,"heartbeat_at":1760000000000000,"skip_before":null,"messages_per_1000_secs":312500,
            "seqs_per_1000_messages":1500,"accounts":[{"account":"00000000000000ff","inactive_from":3,"active_after":null,
            "synced_rev":null}]}"#;
        let checkpoint = Checkpoint::from_json(text.as_bytes()).unwrap();
        assert_eq!(checkpoint.position, Some(position(Some(7))));
        assert_eq!(checkpoint.accounts.len(), 1);
        assert_eq!(Checkpoint::from_json(&checkpoint.to_json()).unwrap(), checkpoint);
    }

    proptest! {
        #[test]
        fn checkpoints_survive_their_json(record_time: i64, seq: Option<i64>, rate: u64, host in "\\PC{0,20}") {
            let position = Some(Position { host, seq, time: Micros(record_time) });
            let checkpoint = Checkpoint { position, ..sample(record_time, rate) };
            prop_assert_eq!(Checkpoint::from_json(&checkpoint.to_json()).unwrap(), checkpoint);
        }

        #[test]
        fn any_bytes_are_refused_or_read_without_a_panic(bytes: Vec<u8>) {
            let _ = Checkpoint::from_json(&bytes);
        }
    }
}
