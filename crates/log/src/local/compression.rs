//! Compression of what is stored: an LZ4 block where it pays, the bytes as they are where it does not. Which of the
//! two it is travels beside the bytes, as does their length.

use bytes::Bytes;

/// The bytes as they are.
pub const KIND_PLAIN: u8 = 1;
/// One LZ4 block.
pub const KIND_LZ4: u8 = 2;

/// Shorter contents are not worth compressing.
const BYTES_MIN: usize = 128;

/// Why stored bytes don't give the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecompressionError {
    UnknownKind,
    Damaged,
}

/// `room` zeros and then the content, compressed if that makes it smaller by an eighth.
pub fn compress(room: usize, content: &[u8]) -> (u8, Vec<u8>) {
    if content.len() >= BYTES_MIN {
        let mut stored = vec![0; room + lz4_flex::block::get_maximum_output_size(content.len())];
        let written = lz4_flex::block::compress_into(content, &mut stored[room..]);
        if let Ok(compressed_bytes) = written
            && compressed_bytes < content.len() - content.len() / 8
        {
            stored.truncate(room + compressed_bytes);
            stored.shrink_to_fit();
            return (KIND_LZ4, stored);
        }
    }
    let mut stored = Vec::with_capacity(room + content.len());
    stored.resize(room, 0);
    stored.extend_from_slice(content);
    (KIND_PLAIN, stored)
}

/// The content, of exactly `content_bytes`, which the caller has checked against a limit.
pub fn decompress(kind: u8, stored: Bytes, content_bytes: usize) -> Result<Bytes, DecompressionError> {
    match kind {
        KIND_PLAIN if stored.len() == content_bytes => Ok(stored),
        KIND_LZ4 => {
            let mut content = vec![0; content_bytes];
            let written = lz4_flex::block::decompress_into(&stored, &mut content);
            if written.is_ok_and(|bytes| bytes == content_bytes) {
                Ok(content.into())
            } else {
                Err(DecompressionError::Damaged)
            }
        }
        KIND_PLAIN => Err(DecompressionError::Damaged),
        _ => Err(DecompressionError::UnknownKind),
    }
}
