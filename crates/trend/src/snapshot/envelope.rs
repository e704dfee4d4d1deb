//! What a snapshot and a saved baseline have around them: what it is, which version, and a checksum at the end.

use xxhash_rust::xxh3::xxh3_64;

use super::SnapshotError;
use super::bytes::Reader;

/// Bytes of the checksum at the end.
const CHECKSUM_BYTES: usize = 8;

/// The kind of bytes and the version that is written and read.
pub(super) struct Envelope {
    pub(super) magic: &'static [u8; 16],
    pub(super) version: u16,
    /// What bytes are that begin otherwise.
    pub(super) is_other: SnapshotError,
}

impl Envelope {
    /// Starts one in `out`, and says where.
    pub(super) fn begin(&self, out: &mut Vec<u8>) -> usize {
        let start = out.len();
        out.extend_from_slice(self.magic);
        out.extend_from_slice(&self.version.to_le_bytes());
        start
    }

    /// Ends the one that was started at `start`.
    pub(super) fn seal(out: &mut Vec<u8>, start: usize) {
        let checksum = xxh3_64(&out[start..]);
        out.extend_from_slice(&checksum.to_le_bytes());
    }

    /// A reader of what is within, if it is this kind of bytes, of this version, and whole.
    pub(super) fn open<'a>(&self, bytes: &'a [u8]) -> Result<Reader<'a>, SnapshotError> {
        let header = self.magic.len() + size_of_val(&self.version);
        if bytes.len() < header + CHECKSUM_BYTES || !bytes.starts_with(self.magic) {
            return Err(self.is_other.clone());
        }
        let found = u16::from_le_bytes([bytes[header - 2], bytes[header - 1]]);
        if found != self.version {
            return Err(SnapshotError::Version { found, expected: self.version });
        }
        let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM_BYTES);
        if xxh3_64(content).to_le_bytes() != checksum {
            return Err(SnapshotError::Checksum);
        }
        Ok(Reader::new(content, header))
    }
}
