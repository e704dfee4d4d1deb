//! The firehose: `com.atproto.sync.subscribeRepos`, one binary WebSocket message per frame. A frame is two DAG-CBOR
//! objects, a header that names the type and a payload. It is read in place; of a commit's archive of blocks only the
//! records are looked at, and their content ids checked. Not checked: signatures and the tree that proves the records
//! belong to the repository; the relay does that.
//! Specification: <https://atproto.com/specs/event-stream>, <https://atproto.com/specs/sync>.

pub mod car;
mod commit;
pub(super) mod fields;
pub(super) mod notice;

use crate::DropReason;
use crate::cbor::{CborError, Cursor};
use crate::wire::Message;

use self::car::CarError;

/// The protocol's own limit for a frame.
pub const FRAME_BYTES_MAX: usize = 5_000_000;

/// The protocol's own limit for the operations of one commit.
pub const OPS_MAX: usize = 200;

/// Of every processor that we know to run this.
const CACHE_LINE_BYTES: usize = 64;

/// Why a frame is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Larger than the stream's limit, [`FRAME_BYTES_MAX`] on the firehose.
    #[error("the frame has {bytes} bytes")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The bytes are not two DAG-CBOR objects of the protocol's types.
    #[error("the frame is not two objects of the protocol: {0}")]
    Cbor(#[from] CborError),
    /// A required field of the payload is missing.
    #[error("the payload has no {field}")]
    MissingField {
        /// Its name.
        field: &'static str,
    },
    /// A field is there and has the right type, but not a valid value.
    #[error("{field} is not valid")]
    InvalidField {
        /// Its name.
        field: &'static str,
        /// The reason to count.
        reason: DropReason,
    },
    /// More than [`OPS_MAX`] operations.
    #[error("the commit has {count} operations")]
    TooManyOps {
        /// How many.
        count: usize,
    },
    /// More labels than are taken from one frame.
    #[error("the frame has {count} labels")]
    TooManyLabels {
        /// How many.
        count: usize,
    },
    /// The blocks of a commit are not an archive.
    #[error("the blocks are not a CAR archive: {0}")]
    Car(#[from] CarError),
}

impl FrameError {
    /// The reason to count.
    pub const fn reason(&self) -> DropReason {
        match self {
            Self::TooLarge { .. } => DropReason::FrameTooLarge,
            Self::Cbor(CborError::Truncated) => DropReason::TruncatedFrame,
            Self::Cbor(CborError::TooDeep) => DropReason::NestingTooDeep,
            Self::Cbor(CborError::TrailingBytes) => DropReason::TrailingBytes,
            Self::Cbor(_) => DropReason::InvalidCbor,
            Self::MissingField { .. } => DropReason::MissingField,
            Self::InvalidField { reason, .. } => *reason,
            Self::TooManyOps { .. } => DropReason::TooManyOps,
            Self::TooManyLabels { .. } => DropReason::TooManyLabels,
            Self::Car(_) => DropReason::InvalidCar,
        }
    }

    /// Whether the stream itself is broken, so that the specification demands to drop the connection. After other
    /// errors the next frame can be read.
    pub const fn breaks_connection(&self) -> bool {
        matches!(self, Self::TooLarge { .. } | Self::Cbor(_))
    }
}

/// Reads one frame.
pub fn decode(frame: &[u8]) -> Result<Message<'_>, FrameError> {
    if frame.len() > FRAME_BYTES_MAX {
        return Err(FrameError::TooLarge { bytes: frame.len() });
    }
    warm(frame);
    let mut cursor = Cursor::new(frame);
    let header = Header::read(&mut cursor)?;
    let message = match (header.op, header.name) {
        (1, Some("#commit")) => commit::read(&mut cursor)?,
        (1, Some("#account")) => notice::account(&mut cursor)?,
        (1, Some("#identity")) => notice::identity(&mut cursor)?,
        (1, Some("#sync")) => notice::sync(&mut cursor)?,
        (op, name) => notice::of_any_stream(op, name, &mut cursor)?,
    };
    cursor.finish()?;
    Ok(message)
}

/// Brings the frame into the cache. Reading it jumps from block to block, and only a block says where the next one is,
/// so that each jump would wait for the memory; here no load waits for another.
fn warm(frame: &[u8]) {
    std::hint::black_box(frame.iter().step_by(CACHE_LINE_BYTES).fold(0, |sum, byte| sum | byte));
}

/// The first object of a frame.
pub(super) struct Header<'a> {
    pub(super) op: i64,
    pub(super) name: Option<&'a str>,
}

impl<'a> Header<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, FrameError> {
        let (mut op, mut name) = (None, None);
        for _ in 0..cursor.map()? {
            match cursor.key()? {
                b"op" => fields::once(&mut op, cursor.integer()?)?,
                b"t" => fields::once(&mut name, cursor.text()?)?,
                _ => cursor.skip()?,
            }
        }
        Ok(Self { op: op.ok_or(FrameError::MissingField { field: "op" })?, name })
    }
}
