//! DAG-CBOR as a serde data format, so that records in CBOR and in JSON are read by the same code. Links appear as
//! bytes (their binary form).

use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::{CborError, Cursor, DEPTH_MAX, Item};

/// Reads one value, which must be all of `bytes`.
pub fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, CborError> {
    let mut reader = Reader { cursor: Cursor::new(bytes), depth_left: DEPTH_MAX };
    let value = T::deserialize(&mut reader)?;
    reader.cursor.finish()?;
    Ok(value)
}

struct Reader<'de> {
    cursor: Cursor<'de>,
    depth_left: u8,
}

impl Reader<'_> {
    /// Reads the entries of a container one level down.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, CborError>) -> Result<T, CborError> {
        self.depth_left = self.depth_left.checked_sub(1).ok_or(CborError::TooDeep)?;
        let value = read(self)?;
        self.depth_left += 1;
        Ok(value)
    }
}

impl<'de> de::Deserializer<'de> for &mut Reader<'de> {
    type Error = CborError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CborError> {
        match self.cursor.item()? {
            Item::Integer(value) => visitor.visit_i64(value),
            Item::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Item::Text(text) => visitor.visit_borrowed_str(text),
            Item::Link(cid) => visitor.visit_bytes(cid.as_bytes()),
            Item::Bool(value) => visitor.visit_bool(value),
            Item::Null => visitor.visit_unit(),
            Item::Float(value) => visitor.visit_f64(value),
            Item::Array(count) => self.nested(|reader| {
                let mut left = count;
                let value = visitor.visit_seq(Entries { reader, left: &mut left })?;
                if left == 0 { Ok(value) } else { Err(CborError::UnexpectedType) }
            }),
            Item::Map(count) => self.nested(|reader| {
                let mut left = count;
                let value = visitor.visit_map(Entries { reader, left: &mut left })?;
                if left == 0 { Ok(value) } else { Err(CborError::UnexpectedType) }
            }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CborError> {
        if self.cursor.null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, CborError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CborError> {
        visitor.visit_borrowed_bytes(self.cursor.key()?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CborError> {
        self.cursor.skip_within(self.depth_left)?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct enum
    }
}

/// What is left of a container.
struct Entries<'r, 'de> {
    reader: &'r mut Reader<'de>,
    left: &'r mut usize,
}

impl<'de> SeqAccess<'de> for Entries<'_, 'de> {
    type Error = CborError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, CborError> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        *self.left = left;
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = CborError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, CborError> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        *self.left = left;
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, CborError> {
        seed.deserialize(&mut *self.reader)
    }
}

impl de::Error for CborError {
    /// The readers here say "wrong type" in no other way.
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self::UnexpectedType
    }

    fn duplicate_field(_field: &'static str) -> Self {
        Self::DuplicateKey
    }
}
