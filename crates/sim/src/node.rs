//! A record as a tree of the AT Protocol's data model, and its two spellings: canonical DAG-CBOR (repositories,
//! firehose) and JSON (Jetstream). It writes only; reading is left to those who test it.
//! Rules: <https://atproto.com/specs/data-model>.

use std::borrow::Cow;
use std::fmt::Write;

use skytrend_event::Cid;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Text.
    Text(Cow<'static, str>),
    /// An integer.
    Integer(i64),
    /// True or false.
    Bool(bool),
    /// A link to a block.
    Link(Cid),
    /// A sequence.
    List(Vec<Node>),
    /// Named values, in canonical order: shorter names first. Built by [`Node::map`].
    Map(Vec<(&'static str, Node)>),
}

impl Node {
    /// Text that is known when compiling.
    pub const fn word(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Cow::Owned(text.into()))
    }

    /// A map of these entries in any order.
    pub fn map(mut entries: Vec<(&'static str, Self)>) -> Self {
        entries.sort_unstable_by_key(|(name, _)| (name.len(), *name));
        Self::Map(entries)
    }

    /// Appends its canonical DAG-CBOR.
    pub fn write_cbor(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => cbor::text(out, text),
            Self::Integer(number) => cbor::integer(out, *number),
            Self::Bool(value) => cbor::bool(out, *value),
            Self::Link(cid) => cbor::link(out, cid),
            Self::List(items) => {
                cbor::head(out, cbor::LIST, items.len() as u64);
                for item in items {
                    item.write_cbor(out);
                }
            }
            Self::Map(entries) => {
                cbor::head(out, cbor::MAP, entries.len() as u64);
                for (name, value) in entries {
                    cbor::text(out, name);
                    value.write_cbor(out);
                }
            }
        }
    }

    /// Appends its JSON, names in alphabetical order, links as `{"$link":"…"}`.
    pub fn write_json(&self, out: &mut String) {
        match self {
            Self::Text(text) => json_text(out, text),
            Self::Integer(number) => write(out, format_args!("{number}")),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Link(cid) => write(out, format_args!("{{\"$link\":\"{cid}\"}}")),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    item.write_json(out);
                }
                out.push(']');
            }
            Self::Map(entries) => {
                let mut sorted: Vec<&(&str, Node)> = entries.iter().collect();
                sorted.sort_unstable_by_key(|(name, _)| *name);
                out.push('{');
                for (at, (name, value)) in sorted.into_iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    json_text(out, name);
                    out.push(':');
                    value.write_json(out);
                }
                out.push('}');
            }
        }
    }
}

/// Appends formatted text to a string, which cannot fail.
pub(crate) fn write(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("writing to a string does not fail");
}

/// Appends a JSON string.
pub(crate) fn json_text(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte != b'"' && byte != b'\\' && byte >= 0x20 {
            continue;
        }
        out.push_str(&text[plain..at]);
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            control => write(out, format_args!("\\u{control:04x}")),
        }
        plain = at + 1;
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

/// The DAG-CBOR of single values.
pub(crate) mod cbor {
    use skytrend_event::Cid;

    pub(crate) const BYTES: u8 = 2 << 5;
    pub(crate) const TEXT: u8 = 3 << 5;
    pub(crate) const LIST: u8 = 4 << 5;
    pub(crate) const MAP: u8 = 5 << 5;
    pub(crate) const NULL: u8 = 0xf6;
    const NEGATIVE: u8 = 1 << 5;
    /// In a head: one, two, four or eight bytes of number follow.
    const ONE: u8 = 0x18;
    const TWO: u8 = 0x19;
    const FOUR: u8 = 0x1a;
    const EIGHT: u8 = 0x1b;

    /// The shortest head of this major type and number.
    pub(crate) fn head(out: &mut Vec<u8>, major: u8, number: u64) {
        match number {
            0..24 => out.push(major | number as u8),
            24..=0xff => out.extend([major | ONE, number as u8]),
            0x100..=0xffff => {
                out.push(major | TWO);
                out.extend((number as u16).to_be_bytes());
            }
            0x1_0000..=0xffff_ffff => {
                out.push(major | FOUR);
                out.extend((number as u32).to_be_bytes());
            }
            _ => {
                out.push(major | EIGHT);
                out.extend(number.to_be_bytes());
            }
        }
    }

    pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
        head(out, TEXT, text.len() as u64);
        out.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
        head(out, BYTES, bytes.len() as u64);
        out.extend_from_slice(bytes);
    }

    pub(crate) fn integer(out: &mut Vec<u8>, number: i64) {
        if number < 0 {
            head(out, NEGATIVE, !number.cast_unsigned());
        } else {
            head(out, 0, number.cast_unsigned());
        }
    }

    pub(crate) fn bool(out: &mut Vec<u8>, value: bool) {
        out.push(if value { 0xf5 } else { 0xf4 });
    }

    /// Tag 42, and the CID behind a zero byte.
    pub(crate) fn link(out: &mut Vec<u8>, cid: &Cid) {
        out.extend([0xd8, 42, BYTES | ONE, 37, 0]);
        out.extend_from_slice(cid.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use ipld_core::ipld::Ipld;
    use proptest::prelude::*;

    use super::*;

    fn any_node() -> impl Strategy<Value = Node> {
        let names = prop::sample::subsequence(vec!["a", "zz", "$type", "text", "createdAt", "b"], 0..6);
        let leaf = prop_oneof![
            any::<String>().prop_map(Node::text),
            any::<i64>().prop_map(Node::Integer),
            any::<bool>().prop_map(Node::Bool),
            any::<[u8; 32]>().prop_map(|hash| Node::Link(Cid::of_dag_cbor(hash))),
        ];
        leaf.prop_recursive(3, 24, 5, move |inner| {
            let map = (names.clone(), prop::collection::vec(inner.clone(), 6))
                .prop_map(|(names, values)| Node::map(names.into_iter().zip(values).collect()));
            prop_oneof![prop::collection::vec(inner, 0..5).prop_map(Node::List), map]
        })
    }

    proptest! {
        #[test]
        fn cbor_is_what_an_independent_writer_writes(node in any_node()) {
            let mut bytes = Vec::new();
            node.write_cbor(&mut bytes);
            let read: Ipld = serde_ipld_dagcbor::from_slice(&bytes).unwrap();
            prop_assert_eq!(serde_ipld_dagcbor::to_vec(&read).unwrap(), bytes);
        }

        #[test]
        fn json_is_what_an_independent_reader_reads(text in any::<String>(), number in any::<i64>()) {
            let node = Node::map(vec![("text", Node::text(text.clone())), ("n", Node::Integer(number))]);
            let mut json = String::new();
            node.write_json(&mut json);
            let read: serde_json::Value = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read, serde_json::json!({"n": number, "text": text}));
        }
    }
}
