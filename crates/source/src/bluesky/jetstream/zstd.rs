//! Jetstream's compressed messages: each is one zstd frame made with the server's dictionary. Decompresses into one
//! buffer that is reused, never beyond the limit of a message.

use std::num::NonZero;

use zstd::bulk;
use zstd::zstd_safe::{get_dict_id, get_dict_id_from_frame, get_frame_content_size};

use super::MESSAGE_BYTES_MAX;
use crate::DropReason;

/// The buffer's size until a larger message comes: all but a few are far below it.
const BUFFER_BYTES: usize = 64 * 1024;

/// What the library says, in words alone, of a frame that does not tell its size and is larger than the buffer.
const BUFFER_TOO_SMALL: &str = "Destination buffer is too small";

/// Why bytes could not be decompressed.
#[derive(Debug, thiserror::Error)]
pub enum ZstdError {
    /// The dictionary's bytes are no zstd dictionary.
    #[error("not a zstd dictionary")]
    InvalidDictionary,
    /// The message was made with another dictionary.
    #[error("the message needs dictionary {needed}, this one is {loaded}")]
    OtherDictionary {
        /// The id in the message.
        needed: u32,
        /// The id of the dictionary at hand.
        loaded: u32,
    },
    /// Larger than [`MESSAGE_BYTES_MAX`] when decompressed.
    #[error("the message has more than {MESSAGE_BYTES_MAX} bytes")]
    TooLarge,
    /// Not a zstd frame, or a damaged one.
    #[error("the message is no valid zstd frame")]
    InvalidFrame,
}

impl ZstdError {
    /// The reason to count.
    pub const fn reason(&self) -> DropReason {
        match self {
            Self::InvalidDictionary | Self::OtherDictionary { .. } => DropReason::UnknownDictionary,
            Self::TooLarge => DropReason::FrameTooLarge,
            Self::InvalidFrame => DropReason::InvalidZstd,
        }
    }
}

/// A prepared dictionary and the buffer. One for each connection.
pub struct Decompressor {
    context: bulk::Decompressor<'static>,
    dictionary_id: u32,
    buffer: Vec<u8>,
}

impl Decompressor {
    /// Prepares a dictionary in zstd's own format.
    pub fn new(dictionary: &[u8]) -> Result<Self, ZstdError> {
        let dictionary_id = get_dict_id(dictionary).ok_or(ZstdError::InvalidDictionary)?.get();
        let context =
            bulk::Decompressor::with_dictionary(dictionary).map_err(|_| ZstdError::InvalidDictionary)?;
        Ok(Self { context, dictionary_id, buffer: Vec::with_capacity(BUFFER_BYTES) })
    }

    /// The dictionary's id, which the server and each message name.
    pub const fn dictionary_id(&self) -> u32 {
        self.dictionary_id
    }

    /// Decompresses one message; the bytes are valid until the next call.
    pub fn decompress(&mut self, message: &[u8]) -> Result<&[u8], ZstdError> {
        match get_dict_id_from_frame(message).map(NonZero::get) {
            Some(needed) if needed != self.dictionary_id => {
                return Err(ZstdError::OtherDictionary { needed, loaded: self.dictionary_id });
            }
            _ => {}
        }
        self.reserve(message)?;
        loop {
            self.buffer.clear();
            match self.context.decompress_to_buffer(message, &mut self.buffer) {
                Ok(_) => return Ok(&self.buffer),
                Err(error) if error.to_string() != BUFFER_TOO_SMALL => return Err(ZstdError::InvalidFrame),
                Err(_) if self.buffer.capacity() >= MESSAGE_BYTES_MAX => return Err(ZstdError::TooLarge),
                Err(_) => self.buffer.reserve_exact((self.buffer.capacity() * 2).min(MESSAGE_BYTES_MAX)),
            }
        }
    }

    /// Makes room for the size that the frame's header tells, if it does.
    fn reserve(&mut self, message: &[u8]) -> Result<(), ZstdError> {
        let size = get_frame_content_size(message).map_err(|_| ZstdError::InvalidFrame)?;
        let Some(size) = size else { return Ok(()) };
        let size = usize::try_from(size)
            .ok()
            .filter(|size| *size <= MESSAGE_BYTES_MAX)
            .ok_or(ZstdError::TooLarge)?;
        self.buffer.clear();
        self.buffer.reserve(size);
        Ok(())
    }
}
