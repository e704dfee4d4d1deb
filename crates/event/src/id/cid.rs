//! Content ids: `CIDv1` with SHA-256, of DAG-CBOR or of raw bytes, which is all that the AT Protocol allows
//! (<https://dasl.ing/cid.html>). It names content; hashing is left to who has the bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::InvalidId;

/// What the bytes behind a CID are.
const DAG_CBOR: u8 = 0x71;
const RAW: u8 = 0x55;
const LENGTH: usize = 36;
/// `b` and 58 digits of 5 bits: 288 bits and two zero bits.
const TEXT_LENGTH: usize = 59;

const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The value of each base32 digit; 255 for what is none.
static VALUES: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let mut value = 0_u8;
    while value < 32 {
        values[DIGITS[value as usize] as usize] = value;
        value += 1;
    }
    values
};

const INVALID: InvalidId = InvalidId { kind: "CID" };

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
        let array = bytes.try_into().map_err(|_| INVALID)?;
        if Self::is_valid(bytes) { Ok(Self(array)) } else { Err(INVALID) }
    }

    /// Whether this is the binary form of a content id, for readers who need not keep it.
    pub const fn is_valid(bytes: &[u8]) -> bool {
        bytes.len() == LENGTH && matches!(bytes, [1, DAG_CBOR | RAW, 0x12, 32, ..])
    }

    /// Reads the text form: `b` and lower-case base32 without padding.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let digits = text.as_bytes().strip_prefix(b"b").ok_or(INVALID)?;
        if digits.len() != TEXT_LENGTH - 1 {
            return Err(INVALID);
        }
        let mut bytes = [0; LENGTH];
        // Eight digits are five bytes; the last two digits are one byte and two zero bits.
        for (digits, bytes) in digits.chunks(8).zip(bytes.chunks_mut(5)) {
            let (mut bits, mut invalid) = (0_u64, 0);
            for digit in digits {
                let value = VALUES[*digit as usize];
                invalid |= value;
                bits = (bits << 5) | u64::from(value & 31);
            }
            let padding = 40 - 5 * digits.len();
            let all = (bits << padding).to_be_bytes();
            let (wanted, left) = all[3..].split_at(bytes.len());
            if invalid > 31 || left.iter().any(|byte| *byte != 0) {
                return Err(INVALID);
            }
            bytes.copy_from_slice(wanted);
        }
        Self::from_bytes(&bytes)
    }

    /// The binary form.
    pub fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// The SHA-256 it names.
    pub fn sha256(&self) -> &[u8] {
        &self.0[4..]
    }

    /// Calls `with` with the text form, which is made on the stack.
    fn with_text<R>(&self, with: impl FnOnce(&str) -> R) -> R {
        let mut text = [b'b'; TEXT_LENGTH];
        for (bytes, digits) in self.0.chunks(5).zip(text[1..].chunks_mut(8)) {
            let mut all = [0; 8];
            all[3..3 + bytes.len()].copy_from_slice(bytes);
            let bits = u64::from_be_bytes(all);
            for (index, digit) in digits.iter_mut().enumerate() {
                *digit = DIGITS[usize::from((bits >> (35 - 5 * index)).to_le_bytes()[0] & 31)];
            }
        }
        with(std::str::from_utf8(&text).expect("base32 digits are ASCII"))
    }
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

impl fmt::Debug for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Cid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_text(|text| serializer.serialize_str(text))
    }
}

impl<'de> Deserialize<'de> for Cid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&crate::borrow::text(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_forms_of_a_known_cid() {
        // The CID of the empty DAG-CBOR map.
        let sha256 = *b"\xc1\x9a\x79\x7f\xa1\xfd\x59\x0c\xd2\xe5\xb4\x2d\x1c\xf5\xf2\x46\xe2\x9b\x91\x68\x4e\x2f\x87\x40\x4b\x81\xdc\x34\x5c\x7a\x56\xa0";
        let cid = Cid::of_dag_cbor(sha256);
        assert_eq!(cid.to_string(), "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua");
        assert_eq!(Cid::parse("bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua"), Ok(cid));
    }

    #[test]
    fn other_kinds_and_forms_are_refused() {
        let good = "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua";
        let (longer, shorter, upper) = (format!("{good}a"), &good[..58], good.to_uppercase());
        let bits_left = good.replace("swua", "swub");
        let version_0 = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPU6g";
        let dag_pb = good.replace("bafyrei", "bafybei");
        for text in ["", "b", &longer, shorter, &upper, &bits_left, version_0, &dag_pb] {
            assert_eq!(Cid::parse(text), Err(INVALID), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn text_and_bytes_round_trip(codec in prop_oneof![Just(DAG_CBOR), Just(RAW)], sha256 in any::<[u8; 32]>()) {
            let cid = Cid::from_bytes(&[&[1, codec, 0x12, 32], sha256.as_slice()].concat()).unwrap();
            prop_assert_eq!(Cid::parse(&cid.to_string()), Ok(cid));
            prop_assert_eq!(cid.sha256(), sha256);
        }

        #[test]
        fn what_parses_is_written_the_same(text in "b[a-z1-9]{0,60}|bafyrei[a-z2-7]{52}") {
            if let Ok(cid) = Cid::parse(&text) {
                prop_assert_eq!(cid.to_string(), text);
            }
        }
    }
}
