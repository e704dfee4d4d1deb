//! A cursor over DAG-CBOR in place: nothing is copied, nothing allocated, and only what is asked for is looked at.
//!
//! Strict where it costs nothing: shortest form of every number and length, definite lengths, text keys, no tag but
//! 42, no simple value but false, true and null, no number that is not 64-bit signed, bounded depth. Not checked: the
//! order of a map's keys, keys that repeat in what is skipped (readers refuse a known field that repeats), the UTF-8
//! of text that is skipped, and floats that are skipped. Real records break these rules here and there, and their
//! content id is checked over the bytes as they are.
//! Specification: <https://ipld.io/specs/codecs/dag-cbor/spec/>, <https://atproto.com/specs/data-model>.

mod deserializer;

use skytrend_event::Cid;

pub use deserializer::from_slice;

/// Containers inside one another: the AT Protocol's Go implementation allows 32 as well, and real records stay
/// below ten.
pub const DEPTH_MAX: u8 = 32;

/// Why bytes are not DAG-CBOR, or not what was expected there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// The input ends inside a value.
    #[error("the input ends inside a value")]
    Truncated,
    /// A number or length in a longer form than it needs.
    #[error("a number is not in its shortest form")]
    NotShortest,
    /// Indefinite length, a reserved form, a simple value or a float of another width than DAG-CBOR has.
    #[error("a form of CBOR that DAG-CBOR does not have")]
    Forbidden,
    /// Another type than the reader needs here.
    #[error("another type than expected")]
    UnexpectedType,
    /// An integer outside 64-bit signed.
    #[error("an integer does not fit 64 bits with sign")]
    IntegerTooLarge,
    /// Text that is not UTF-8.
    #[error("text is not UTF-8")]
    InvalidUtf8,
    /// A link that is no content id of the AT Protocol.
    #[error("a link is not a valid content id")]
    InvalidLink,
    /// A known field twice in one map.
    #[error("a field occurs twice in one map")]
    DuplicateKey,
    /// Deeper than [`DEPTH_MAX`].
    #[error("containers are nested too deep")]
    TooDeep,
    /// Bytes after the value.
    #[error("bytes follow the value")]
    TrailingBytes,
}

/// One value's type and, for scalars, the value; of containers the number of entries, which follow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item<'a> {
    /// An integer.
    Integer(i64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Text.
    Text(&'a str),
    /// An array of so many values.
    Array(usize),
    /// A map of so many pairs of text key and value.
    Map(usize),
    /// A link: tag 42.
    Link(Cid),
    /// False or true.
    Bool(bool),
    /// Null.
    Null,
    /// A float, which CBOR has and the data model of the AT Protocol has not.
    Float(f64),
}

/// Where reading stands.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;
const NULL: u8 = 0xf6;
const FLOAT: u8 = 0xfb;
const LINK_TAG: u64 = 42;

impl<'a> Cursor<'a> {
    /// Starts at the first byte.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been read yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Refuses bytes that are left over.
    pub const fn finish(self) -> Result<(), CborError> {
        if self.rest.is_empty() { Ok(()) } else { Err(CborError::TrailingBytes) }
    }

    /// Reads the next value, or the head of the next container.
    pub fn item(&mut self) -> Result<Item<'a>, CborError> {
        if let Some(simple) = self.simple()? {
            return Ok(simple);
        }
        let (major, argument) = self.head()?;
        Ok(match major {
            UNSIGNED | NEGATIVE => Item::Integer(integer(major, argument)?),
            BYTES => Item::Bytes(self.take(argument)?),
            TEXT => Item::Text(str::from_utf8(self.take(argument)?).map_err(|_| CborError::InvalidUtf8)?),
            ARRAY => Item::Array(self.count(argument)?),
            MAP => Item::Map(self.count(argument)?),
            _ => Item::Link(self.link_content(argument)?),
        })
    }

    /// Reads text.
    pub fn text(&mut self) -> Result<&'a str, CborError> {
        str::from_utf8(self.key()?).map_err(|_| CborError::InvalidUtf8)
    }

    /// Reads text without a look at its UTF-8: for keys, which are compared with known ones.
    pub fn key(&mut self) -> Result<&'a [u8], CborError> {
        let length = self.expect(TEXT)?;
        self.take(length)
    }

    /// Reads bytes.
    pub fn bytes(&mut self) -> Result<&'a [u8], CborError> {
        let length = self.expect(BYTES)?;
        self.take(length)
    }

    /// Reads an integer.
    pub fn integer(&mut self) -> Result<i64, CborError> {
        match self.head()? {
            (major @ (UNSIGNED | NEGATIVE), argument) => integer(major, argument),
            _ => Err(CborError::UnexpectedType),
        }
    }

    /// Reads false or true.
    pub fn bool(&mut self) -> Result<bool, CborError> {
        match self.simple()? {
            Some(Item::Bool(value)) => Ok(value),
            _ => Err(CborError::UnexpectedType),
        }
    }

    /// Reads a link.
    pub fn link(&mut self) -> Result<Cid, CborError> {
        let tag = self.expect(TAG)?;
        self.link_content(tag)
    }

    /// Reads null if it comes next.
    pub fn null(&mut self) -> bool {
        let Some((&NULL, rest)) = self.rest.split_first() else { return false };
        self.rest = rest;
        true
    }

    /// Reads the head of an array: the number of values that follow.
    pub fn array(&mut self) -> Result<usize, CborError> {
        let count = self.expect(ARRAY)?;
        self.count(count)
    }

    /// Reads the head of a map: the number of pairs that follow.
    pub fn map(&mut self) -> Result<usize, CborError> {
        let count = self.expect(MAP)?;
        self.count(count)
    }

    /// Passes over one value with all that is in it.
    pub fn skip(&mut self) -> Result<(), CborError> {
        self.skip_within(DEPTH_MAX)
    }

    /// As [`Self::skip`], with the levels that are left.
    fn skip_within(&mut self, depth: u8) -> Result<(), CborError> {
        if self.simple()?.is_some() {
            return Ok(());
        }
        let (major, argument) = self.head()?;
        match major {
            UNSIGNED | NEGATIVE => integer(major, argument).map(drop),
            BYTES | TEXT => self.take(argument).map(drop),
            TAG => self.link_bytes(argument).map(drop),
            _ => {
                let inner = depth.checked_sub(1).ok_or(CborError::TooDeep)?;
                for _ in 0..self.count(argument)? {
                    if major == MAP {
                        self.key()?;
                    }
                    self.skip_within(inner)?;
                }
                Ok(())
            }
        }
    }

    /// Reads a value of major type 7 if one comes next.
    #[inline]
    fn simple(&mut self) -> Result<Option<Item<'a>>, CborError> {
        let (&first, rest) = self.rest.split_first().ok_or(CborError::Truncated)?;
        if first < 0xe0 {
            return Ok(None);
        }
        let item = match first {
            FALSE => Item::Bool(false),
            TRUE => Item::Bool(true),
            NULL => Item::Null,
            FLOAT => {
                let (bits, after) = rest.split_first_chunk().ok_or(CborError::Truncated)?;
                self.rest = after;
                return Ok(Some(Item::Float(f64::from_be_bytes(*bits))));
            }
            _ => return Err(CborError::Forbidden),
        };
        self.rest = rest;
        Ok(Some(item))
    }

    /// Major type (0 to 6; 7 is never well-formed here) and argument.
    #[inline]
    fn head(&mut self) -> Result<(u8, u64), CborError> {
        let (&first, rest) = self.rest.split_first().ok_or(CborError::Truncated)?;
        let (argument, rest, smallest) = match first & 0x1f {
            small @ 0..=23 => (u64::from(small), rest, 0),
            24 => {
                let (&[byte], after) = rest.split_first_chunk().ok_or(CborError::Truncated)?;
                (u64::from(byte), after, 24)
            }
            25 => {
                let (bytes, after) = rest.split_first_chunk().ok_or(CborError::Truncated)?;
                (u64::from(u16::from_be_bytes(*bytes)), after, 1 << 8)
            }
            26 => {
                let (bytes, after) = rest.split_first_chunk().ok_or(CborError::Truncated)?;
                (u64::from(u32::from_be_bytes(*bytes)), after, 1 << 16)
            }
            27 => {
                let (bytes, after) = rest.split_first_chunk().ok_or(CborError::Truncated)?;
                (u64::from_be_bytes(*bytes), after, 1 << 32)
            }
            _ => return Err(CborError::Forbidden),
        };
        if argument < smallest {
            return Err(CborError::NotShortest);
        }
        self.rest = rest;
        Ok((first >> 5, argument))
    }

    fn expect(&mut self, major: u8) -> Result<u64, CborError> {
        match self.head()? {
            (found, argument) if found == major => Ok(argument),
            _ => Err(CborError::UnexpectedType),
        }
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], CborError> {
        let length = usize::try_from(length).map_err(|_| CborError::Truncated)?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(CborError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Every entry takes at least a byte, so a count beyond the rest of the input cannot be true.
    fn count(&self, count: u64) -> Result<usize, CborError> {
        usize::try_from(count).ok().filter(|count| *count <= self.rest.len()).ok_or(CborError::Truncated)
    }

    fn link_content(&mut self, tag: u64) -> Result<Cid, CborError> {
        Cid::from_bytes(self.link_bytes(tag)?).map_err(|_| CborError::InvalidLink)
    }

    /// The content id behind tag 42, in binary form. A zero byte that stands for that form comes before it.
    fn link_bytes(&mut self, tag: u64) -> Result<&'a [u8], CborError> {
        if tag != LINK_TAG {
            return Err(CborError::Forbidden);
        }
        match self.bytes()? {
            [0, cid @ ..] if Cid::is_valid(cid) => Ok(cid),
            _ => Err(CborError::InvalidLink),
        }
    }
}

fn integer(major: u8, argument: u64) -> Result<i64, CborError> {
    let value = i64::try_from(argument).map_err(|_| CborError::IntegerTooLarge)?;
    // -1 - value: the complement.
    Ok(if major == NEGATIVE { !value } else { value })
}
