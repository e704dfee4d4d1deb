//! Values read with tolerance: a field that has another type than its lexicon says must not cost the whole record, so
//! each one is [`Loose`], and lists are cut at a bound. Works for every serde format.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Entries of a list that are kept. No honest record comes near it: the text of a post has at most 3,000 bytes.
pub const LIST_MAX: usize = 100;

/// An optional field's value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Loose<T> {
    /// Not there, or null.
    #[default]
    Absent,
    /// Of another type than it must have.
    Wrong,
    /// Present and of the right type.
    Value(T),
}

impl<T> Loose<T> {
    /// The value, if it is there and right.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Wrong => None,
        }
    }
}

/// A type that makes itself of one kind of value and refuses the others.
pub trait Shape<'de>: Sized {
    /// From text.
    fn of_text(_text: Cow<'de, str>) -> Option<Self> {
        None
    }

    /// From an integer that is not negative.
    fn of_unsigned(_value: u64) -> Option<Self> {
        None
    }

    /// From a list; reads all of it.
    fn of_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    /// From a map; reads all of it.
    fn of_map<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// Text, borrowed unless its format escapes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text<'a>(pub Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Shape<'de> for Text<'a> {
    fn of_text(text: Cow<'de, str>) -> Option<Self> {
        Some(Self(text))
    }
}

impl Shape<'_> for u64 {
    fn of_unsigned(value: u64) -> Option<Self> {
        Some(value)
    }
}

/// At most [`LIST_MAX`] entries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List<T> {
    /// The first entries, of the right type or not.
    pub entries: Vec<Loose<T>>,
    /// Whether there were more.
    pub is_cut: bool,
}

impl<'de, T: Shape<'de>> Shape<'de> for List<T> {
    fn of_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut entries = Vec::new();
        while entries.len() < LIST_MAX {
            let Some(entry) = list.next_element()? else { return Ok(Some(Self { entries, is_cut: false })) };
            entries.push(entry);
        }
        let mut is_cut = false;
        while list.next_element::<IgnoredAny>()?.is_some() {
            is_cut = true;
        }
        Ok(Some(Self { entries, is_cut }))
    }
}

/// A struct that derives `Deserialize` is the shape of a map.
macro_rules! map_shape {
    ($($name:ident),* $(,)?) => { $(
        impl<'de: 'a, 'a> $crate::record::shape::Shape<'de> for $name<'a> {
            fn of_map<A: serde::de::MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
                $crate::record::shape::of_map(map)
            }
        }
    )* };
}
pub(super) use map_shape;

/// Reads a struct from a map.
pub fn of_map<'de, T: Deserialize<'de>, A: MapAccess<'de>>(map: A) -> Result<Option<T>, A::Error> {
    T::deserialize(MapAccessDeserializer::new(map)).map(Some)
}

impl<'de, T: Shape<'de>> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor(PhantomData))
    }
}

struct LooseVisitor<T>(PhantomData<T>);

impl<T> LooseVisitor<T> {
    #[expect(clippy::unnecessary_wraps, reason = "what every visitor method returns")]
    fn result<E>(value: Option<T>) -> Result<Loose<T>, E> {
        Ok(value.map_or(Loose::Wrong, Loose::Value))
    }
}

impl<'de, T: Shape<'de>> Visitor<'de> for LooseVisitor<T> {
    type Value = Loose<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Loose<T>, E> {
        Self::result(T::of_text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Loose<T>, E> {
        Self::result(T::of_text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Loose<T>, E> {
        Self::result(T::of_unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Loose<T>, E> {
        Self::result(u64::try_from(value).ok().and_then(T::of_unsigned))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Loose<T>, E> {
        Ok(Loose::Wrong)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Loose<T>, E> {
        Ok(Loose::Wrong)
    }

    fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<Loose<T>, E> {
        Ok(Loose::Wrong)
    }

    fn visit_unit<E: Error>(self) -> Result<Loose<T>, E> {
        Ok(Loose::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Loose<T>, A::Error> {
        T::of_list(list).and_then(Self::result)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Loose<T>, A::Error> {
        T::of_map(map).and_then(Self::result)
    }
}
