//! The elements of the snapshot format: written without fail, read with every length and range checked.

use skytrend_event::Micros;
use skytrend_event::time::MINUTE;

use super::SnapshotError;
use crate::detector::TIME_MAX;

/// Counts and counters stay below this, so that adding to them can't overflow.
const NUMBER_MAX: u64 = 1 << 62;
/// Numbers of 32 bits likewise.
const SMALL_MAX: u64 = 1 << 30;

/// Appends elements.
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }

    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.out.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.out.push(number as u8);
    }

    pub(super) fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    pub(super) fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    pub(super) fn fixed(&mut self, bits: u64) {
        self.raw(&bits.to_le_bytes());
    }

    pub(super) fn float(&mut self, number: f64) {
        self.fixed(number.to_bits());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.raw(text.as_bytes());
    }

    pub(super) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.byte(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }
}

/// Takes elements from the front.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(super) fn malformed(&self, what: &'static str) -> SnapshotError {
        SnapshotError::Malformed { what, at: self.at }
    }

    pub(super) fn raw(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], SnapshotError> {
        let end = self.at.checked_add(len).ok_or_else(|| self.malformed(what))?;
        let bytes = self.bytes.get(self.at..end).ok_or_else(|| self.malformed(what))?;
        self.at = end;
        Ok(bytes)
    }

    pub(super) fn byte(&mut self, what: &'static str) -> Result<u8, SnapshotError> {
        self.raw(1, what).map(|bytes| bytes[0])
    }

    /// Any number of 64 bits.
    fn leb128(&mut self, what: &'static str) -> Result<u64, SnapshotError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(what)?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(self.malformed(what))
    }

    pub(super) fn number_up_to(&mut self, max: u64, what: &'static str) -> Result<u64, SnapshotError> {
        let number = self.leb128(what)?;
        if number <= max { Ok(number) } else { Err(self.malformed(what)) }
    }

    pub(super) fn number(&mut self, what: &'static str) -> Result<u64, SnapshotError> {
        self.number_up_to(NUMBER_MAX, what)
    }

    pub(super) fn small(&mut self, what: &'static str) -> Result<u32, SnapshotError> {
        self.number_up_to(SMALL_MAX, what).map(|number| number as u32)
    }

    /// A number of elements that take at least a byte each, so that it can't be more than what is left.
    pub(super) fn count(&mut self, what: &'static str) -> Result<usize, SnapshotError> {
        let left = (self.bytes.len() - self.at) as u64;
        self.number_up_to(left, what).map(|count| count as usize)
    }

    pub(super) fn signed(&mut self, what: &'static str) -> Result<i64, SnapshotError> {
        let bits = self.leb128(what)?;
        Ok((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed())
    }

    pub(super) fn fixed(&mut self, what: &'static str) -> Result<u64, SnapshotError> {
        let mut bits = [0; 8];
        bits.copy_from_slice(self.raw(8, what)?);
        Ok(u64::from_le_bytes(bits))
    }

    pub(super) fn float(&mut self, what: &'static str) -> Result<f64, SnapshotError> {
        let number = f64::from_bits(self.fixed(what)?);
        if number.is_finite() { Ok(number) } else { Err(self.malformed(what)) }
    }

    /// A number that is not negative and not beyond what can be counted.
    pub(super) fn amount(&mut self, what: &'static str) -> Result<f64, SnapshotError> {
        let number = self.float(what)?;
        if (0.0..=NUMBER_MAX as f64).contains(&number) { Ok(number) } else { Err(self.malformed(what)) }
    }

    pub(super) fn text(&mut self, what: &'static str) -> Result<&'a str, SnapshotError> {
        let len = self.count(what)?;
        let bytes = self.raw(len, what)?;
        std::str::from_utf8(bytes).map_err(|_| self.malformed(what))
    }

    /// A text whose length fits in two bytes.
    pub(super) fn short_text(&mut self, what: &'static str) -> Result<&'a str, SnapshotError> {
        let text = self.text(what)?;
        if u16::try_from(text.len()).is_ok() { Ok(text) } else { Err(self.malformed(what)) }
    }

    pub(super) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, SnapshotError>,
    ) -> Result<Option<T>, SnapshotError> {
        if self.flag("option")? { read(self).map(Some) } else { Ok(None) }
    }

    pub(super) fn flag(&mut self, what: &'static str) -> Result<bool, SnapshotError> {
        match self.byte(what)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.malformed(what)),
        }
    }

    /// An instant that the detector takes, or the end of the last minute of them.
    pub(super) fn instant(&mut self, what: &'static str) -> Result<Micros, SnapshotError> {
        let instant = Micros(self.signed(what)?);
        if (Micros(0)..=TIME_MAX).contains(&instant) { Ok(instant) } else { Err(self.malformed(what)) }
    }

    /// A minute of such instants.
    pub(super) fn minute(&mut self, what: &'static str) -> Result<i64, SnapshotError> {
        let minute = self.signed(what)?;
        if (0..=TIME_MAX.0 / MINUTE).contains(&minute) { Ok(minute) } else { Err(self.malformed(what)) }
    }

    /// Nothing may be left.
    pub(super) fn end(&self) -> Result<(), SnapshotError> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.malformed("end")) }
    }
}
