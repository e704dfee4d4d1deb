//! CAR version 1, the archive of blocks that a commit carries, read in place: a header object, then blocks of
//! length, content id and bytes. No hash is computed here.
//! Specification: <https://ipld.io/specs/transport/car/carv1/>, <https://atproto.com/specs/repository#car-file-serialization>.

use skytrend_event::Cid;

use crate::cbor::{CborError, Cursor};

/// Length of every content id that the AT Protocol allows, in binary form.
const CID_BYTES: usize = 36;

/// Why bytes are not an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CarError {
    /// The archive ends inside its header or a block.
    #[error("the archive ends inside a block")]
    Truncated,
    /// A length that is no canonical variable-length number of 32 bits.
    #[error("a length is malformed")]
    InvalidLength,
    /// The header is not DAG-CBOR of the right shape.
    #[error("the header is malformed: {0}")]
    InvalidHeader(#[from] CborError),
    /// Another version than 1.
    #[error("the archive has another version than 1")]
    UnknownVersion,
    /// A block's content id is not one of the AT Protocol's.
    #[error("a block has no valid content id")]
    InvalidCid,
}

/// One block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// The content id that it claims, in binary form.
    pub cid: &'a [u8; CID_BYTES],
    /// Its bytes.
    pub data: &'a [u8],
}

/// An archive: an iterator over its blocks, which ends after the first error.
#[derive(Clone, Debug)]
pub struct Car<'a> {
    root: Option<Cid>,
    rest: &'a [u8],
}

impl<'a> Car<'a> {
    /// Reads the header.
    pub fn open(bytes: &'a [u8]) -> Result<Self, CarError> {
        let mut car = Self { root: None, rest: bytes };
        let mut header = Cursor::new(car.section()?);
        let mut version = None;
        for _ in 0..header.map()? {
            match header.key()? {
                b"version" => version = Some(header.integer()?),
                b"roots" => {
                    for at in 0..header.array()? {
                        let root = header.link()?;
                        if at == 0 {
                            car.root = Some(root);
                        }
                    }
                }
                _ => header.skip()?,
            }
        }
        header.finish()?;
        if version == Some(1) { Ok(car) } else { Err(CarError::UnknownVersion) }
    }

    /// The first root: in a commit's archive, the commit object.
    pub const fn root(&self) -> Option<Cid> {
        self.root
    }

    /// The next length and as many bytes.
    #[inline]
    fn section(&mut self) -> Result<&'a [u8], CarError> {
        let length = self.varint()?;
        let (section, rest) = self.rest.split_at_checked(length).ok_or(CarError::Truncated)?;
        self.rest = rest;
        Ok(section)
    }

    /// Unsigned LEB128 in its shortest form. Four bytes hold 2^28, far more than a frame.
    #[inline]
    fn varint(&mut self) -> Result<usize, CarError> {
        let mut value = 0_usize;
        for at in 0..4 {
            let (&byte, rest) = self.rest.split_first().ok_or(CarError::Truncated)?;
            self.rest = rest;
            value |= usize::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                return if byte == 0 && at > 0 { Err(CarError::InvalidLength) } else { Ok(value) };
            }
        }
        Err(CarError::InvalidLength)
    }

    #[inline]
    fn block(&mut self) -> Result<Block<'a>, CarError> {
        let section = self.section()?;
        let (cid, data) = section.split_first_chunk().ok_or(CarError::InvalidCid)?;
        if Cid::is_valid(cid) { Ok(Block { cid, data }) } else { Err(CarError::InvalidCid) }
    }
}

impl<'a> Iterator for Car<'a> {
    type Item = Result<Block<'a>, CarError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let block = self.block();
        if block.is_err() {
            self.rest = &[];
        }
        Some(block)
    }
}
