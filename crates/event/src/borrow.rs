//! Reading text that stays borrowed from the bytes it came in. Serde borrows a field of type `Cow<str>`, but makes the
//! elements of a `Vec<Cow<str>>` owned: one allocation for each hashtag of each post.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Error, SeqAccess, Visitor};

/// How many elements are reserved before any was read, whatever number the input claims.
const RESERVED_MAX: usize = 64;

/// Text, borrowed where the format can lend it.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, str>, D::Error> {
    deserializer.deserialize_str(Text)
}

/// A sequence of texts, each as by [`text`].
pub fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Cow<'de, str>>, D::Error> {
    deserializer.deserialize_seq(Texts)
}

/// Bytes, borrowed where the format can lend them.
pub fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, [u8]>, D::Error> {
    deserializer.deserialize_bytes(Bytes)
}

struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text))
    }
}

/// One element of [`Texts`].
struct Element<'a>(Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Element<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer).map(Self)
    }
}

struct Texts;

impl<'de> Visitor<'de> for Texts {
    type Value = Vec<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence of texts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::with_capacity(elements.size_hint().unwrap_or(0).min(RESERVED_MAX));
        while let Some(Element(text)) = elements.next_element()? {
            texts.push(text);
        }
        Ok(texts)
    }
}

struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Cow<'de, [u8]>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(bytes))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(bytes.to_vec()))
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Self::Value, E> {
        Ok(Cow::Owned(bytes))
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::{BorrowedStrDeserializer, Error};

    use super::*;

    #[test]
    fn text_is_borrowed_if_it_can_be_and_copied_if_not() {
        assert!(matches!(text(BorrowedStrDeserializer::<Error>::new("a")), Ok(Cow::Borrowed("a"))));
        assert!(matches!(text(&mut serde_json::Deserializer::from_str("\"a\"")), Ok(Cow::Borrowed("a"))));
        let escaped = text(&mut serde_json::Deserializer::from_str("\"\\u0061\"")).unwrap();
        assert!(matches!(&escaped, Cow::Owned(text) if text == "a"));
        let number: serde::de::value::U8Deserializer<Error> = 7_u8.into_deserializer();
        assert!(text(number).is_err());
    }

    #[test]
    fn lists_are_borrowed_element_by_element() {
        let list = texts(&mut serde_json::Deserializer::from_str(r#"["a","\u0062"]"#)).unwrap();
        assert!(matches!(&list[..], [Cow::Borrowed("a"), Cow::Owned(b)] if b == "b"), "{list:?}");
    }
}
