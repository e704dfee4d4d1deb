//! Content ids: CIDv1 with SHA-256, of DAG-CBOR or of raw bytes, which is all that the AT Protocol allows.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::InvalidId;

/// What the bytes behind a CID are.
const DAG_CBOR: u8 = 0x71;
const RAW: u8 = 0x55;
const LENGTH: usize = 36;

/// A content id in its 36-byte binary form: version, codec, hash kind, hash length, SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cid([u8; LENGTH]);

impl Cid {
    /// The CID of a DAG-CBOR block with this SHA-256.
    pub fn of_dag_cbor(sha256: [u8; 32]) -> Self {
        let mut bytes = [0; LENGTH];
        bytes[..4].copy_from_slice(&[1, DAG_CBOR, 0x12, 32]);
        bytes[4..].copy_from_slice(&sha256);
        Self(bytes)
    }

    /// Validates the binary form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidId> {
        let bytes: [u8; LENGTH] = bytes.try_into().map_err(|_| InvalidId { kind: "CID" })?;
        let valid = bytes[0] == 1 && matches!(bytes[1], DAG_CBOR | RAW) && bytes[2] == 0x12 && bytes[3] == 32;
        if valid { Ok(Self(bytes)) } else { Err(InvalidId { kind: "CID" }) }
    }

    /// Reads the text form: `b` and lower-case base32 without padding.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId { kind: "CID" };
        let digits = text.strip_prefix('b').ok_or(invalid)?;
        let (mut bytes, mut length, mut buffer, mut bits) = ([0; LENGTH], 0, 0_u32, 0);
        for digit in digits.bytes() {
            let value = match digit {
                b'a'..=b'z' => digit - b'a',
                b'2'..=b'7' => digit - b'2' + 26,
                _ => return Err(invalid),
            };
            buffer = (buffer << 5) | u32::from(value);
            bits += 5;
            if bits >= 8 {
                bits -= 8;
                *bytes.get_mut(length).ok_or(invalid)? = (buffer >> bits) as u8;
                buffer &= (1 << bits) - 1;
                length += 1;
            }
        }
        if length == LENGTH && buffer == 0 && bits < 5 { Self::from_bytes(&bytes) } else { Err(invalid) }
    }

    /// The binary form.
    pub fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// The SHA-256 it names.
    pub fn sha256(&self) -> &[u8] {
        &self.0[4..]
    }
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let mut text = [b'b'; 59];
        let (mut at, mut buffer, mut bits) = (1, 0_u32, 0);
        for byte in self.0 {
            buffer = (buffer << 8) | u32::from(byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                text[at] = DIGITS[(buffer >> bits) as usize & 31];
                at += 1;
            }
        }
        text[at] = DIGITS[(buffer << (5 - bits)) as usize & 31];
        f.write_str(std::str::from_utf8(&text).expect("base32 digits are ASCII"))
    }
}

impl fmt::Debug for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Cid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
