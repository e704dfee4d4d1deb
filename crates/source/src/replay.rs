//! Recorded messages from a file: firehose frames as `[length: u32, little-endian][frame]…`, Jetstream messages as
//! lines of JSON, of version 1 or 2; each plain or compressed with zstd. Which of them a file holds is told by its
//! contents, never by its name.
//!
//! It reads in large chunks into one buffer and lends each message from there. How fast messages are given to the
//! pipeline is not decided here.

mod chunks;
mod format;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::DropReason;
use crate::bluesky::firehose::{self, FRAME_BYTES_MAX, FrameError};
use crate::bluesky::jetstream::{self, JsonError, MESSAGE_BYTES_MAX};
use crate::wire::Message;

pub use format::Format;

use self::chunks::Chunks;

/// Bytes before each frame.
const LENGTH_BYTES: usize = 4;

/// A message of a file, still undecoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input<'a> {
    /// Which protocol it is of.
    pub format: Format,
    /// The message.
    pub bytes: &'a [u8],
    /// Where it starts, in bytes of the uncompressed contents.
    pub offset: u64,
}

/// Why a message of a file could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// A firehose frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A Jetstream message.
    #[error(transparent)]
    Json(#[from] JsonError),
}

impl InputError {
    /// The reason to count.
    pub const fn reason(&self) -> DropReason {
        match self {
            Self::Frame(error) => error.reason(),
            Self::Json(error) => error.reason(),
        }
    }
}

impl<'a> Input<'a> {
    /// Decodes the message by its format.
    pub fn decode(&self) -> Result<Message<'a>, InputError> {
        Ok(match self.format {
            Format::Firehose => firehose::decode(self.bytes)?,
            Format::JetstreamV1 => jetstream::v1::decode(self.bytes)?,
            Format::JetstreamV2 => jetstream::v2::decode(self.bytes)?,
        })
    }
}

/// Why a file cannot be read on. The reader ends after it.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The file cannot be read, or is damaged where it is compressed.
    #[error("the file cannot be read at byte {offset} of its contents")]
    Io {
        /// Where, in bytes of the uncompressed contents.
        offset: u64,
        /// What the system says.
        source: std::io::Error,
    },
    /// A message is longer than its protocol allows, or the file is none of the formats.
    #[error("a message of {length} bytes or more at byte {offset}")]
    TooLong {
        /// Where, in bytes of the uncompressed contents.
        offset: u64,
        /// Its length, as far as it is known.
        length: u64,
    },
    /// The file ends inside a frame.
    #[error("the file ends inside the frame at byte {offset}")]
    Truncated {
        /// Where the frame starts, in bytes of the uncompressed contents.
        offset: u64,
    },
    /// Neither frames nor lines of JSON.
    #[error("the file holds neither firehose frames nor Jetstream lines")]
    UnknownFormat,
}

/// Lends the messages of one file in order.
pub struct Reader {
    chunks: Chunks,
    format: Option<Format>,
    file_bytes: u64,
    is_done: bool,
}

impl Reader {
    /// Opens a file.
    pub fn open(path: &Path) -> Result<Self, ReplayError> {
        let at_start = |source| ReplayError::Io { offset: 0, source };
        let file = File::open(path).map_err(at_start)?;
        let file_bytes = file.metadata().map_err(at_start)?.len();
        Self::new(file, file_bytes)
    }

    /// Reads from anything; `file_bytes` is only told on.
    pub fn new(input: impl Read + Send + 'static, file_bytes: u64) -> Result<Self, ReplayError> {
        let mut chunks = Chunks::new(input)?;
        let format = format::detect(&mut chunks)?;
        Ok(Self { chunks, format, file_bytes, is_done: false })
    }

    /// What the file holds; none if it is empty.
    pub const fn format(&self) -> Option<Format> {
        self.format
    }

    /// Size of the file in bytes, compressed if it is.
    pub const fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// Bytes of the file that have been read, compressed if it is: ahead of the messages by at most a chunk.
    pub fn file_position(&self) -> u64 {
        self.chunks.file_position()
    }

    /// The next message; none at the end and after an error.
    #[expect(clippy::should_implement_trait, reason = "it lends from its buffer, which Iterator cannot")]
    pub fn next(&mut self) -> Option<Result<Input<'_>, ReplayError>> {
        let format = self.format?;
        if self.is_done {
            return None;
        }
        let found = match format {
            Format::Firehose => next_frame(&mut self.chunks),
            Format::JetstreamV1 | Format::JetstreamV2 => next_line(&mut self.chunks),
        };
        match found {
            Ok(Some(message)) => {
                let offset = self.chunks.offset() + message.start as u64;
                Some(Ok(Input { format, bytes: self.chunks.consume(message), offset }))
            }
            Ok(None) => {
                self.is_done = true;
                None
            }
            Err(error) => {
                self.is_done = true;
                Some(Err(error))
            }
        }
    }
}

/// Where in the bytes at hand a message is, and where the next one begins.
#[derive(Clone, Copy)]
struct Found {
    start: usize,
    end: usize,
    next: usize,
}

fn next_frame(chunks: &mut Chunks) -> Result<Option<Found>, ReplayError> {
    let offset = chunks.offset();
    let Some(length) = chunks.at_least(LENGTH_BYTES)?.first_chunk::<LENGTH_BYTES>() else {
        let is_at_end = chunks.bytes().is_empty();
        return if is_at_end { Ok(None) } else { Err(ReplayError::Truncated { offset }) };
    };
    let length = u32::from_le_bytes(*length) as usize;
    if length > FRAME_BYTES_MAX {
        return Err(ReplayError::TooLong { offset, length: length as u64 });
    }
    let end = LENGTH_BYTES + length;
    if chunks.at_least(end)?.len() < end {
        return Err(ReplayError::Truncated { offset });
    }
    Ok(Some(Found { start: LENGTH_BYTES, end, next: end }))
}

/// Empty lines are passed over; the last line needs no line break.
fn next_line(chunks: &mut Chunks) -> Result<Option<Found>, ReplayError> {
    let (mut start, mut searched) = (0, 0);
    loop {
        let bytes = chunks.bytes();
        if let Some(at) = memchr::memchr(b'\n', &bytes[searched..]) {
            let line_break = searched + at;
            let end = start + bytes[start..line_break].trim_ascii_end().len();
            if end > start {
                return Ok(Some(Found { start, end, next: line_break + 1 }));
            }
            (start, searched) = (line_break + 1, line_break + 1);
            continue;
        }
        searched = bytes.len();
        let length = searched - start;
        if length > MESSAGE_BYTES_MAX {
            let offset = chunks.offset() + start as u64;
            return Err(ReplayError::TooLong { offset, length: length as u64 });
        }
        // Empty lines at the front would otherwise fill the buffer.
        chunks.drop_front(start);
        searched -= start;
        start = 0;
        if !chunks.more()? {
            let end = chunks.bytes().trim_ascii_end().len();
            return Ok((end > 0).then_some(Found { start: 0, end, next: searched }));
        }
    }
}
