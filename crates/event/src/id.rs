//! The identifiers of the AT Protocol as validated types: parsing is validation, and what is parsed stays borrowed.
//! Syntax: <https://atproto.com/specs>, checked against the protocol's own interop files.

mod cid;
mod syntax;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use cid::Cid;

/// Text that is not a valid identifier of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind}")]
pub struct InvalidId {
    /// What it was parsed as.
    pub kind: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name<'a>(#[serde(borrow)] Cow<'a, str>);

        impl<'a> $name<'a> {
            /// Validates `text`.
            pub fn parse(text: impl Into<Cow<'a, str>>) -> Result<Self, InvalidId> {
                let text = text.into();
                if $check(&text) { Ok(Self(text)) } else { Err(InvalidId { kind: $kind }) }
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The same, borrowed from this one.
            pub fn borrowed(&self) -> $name<'_> {
                $name(Cow::Borrowed(&self.0))
            }

            /// The same, owning its text.
            pub fn into_owned(self) -> $name<'static> {
                $name(Cow::Owned(self.0.into_owned()))
            }
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// An account's permanent name: `did:plc:…` or `did:web:…`.
    Did, "DID", syntax::is_did
);
text_id!(
    /// An account's changeable domain name.
    Handle, "handle", syntax::is_handle
);
text_id!(
    /// The name of a collection or method, such as `app.bsky.feed.post`.
    Nsid, "NSID", syntax::is_nsid
);
text_id!(
    /// A record's name in its collection.
    RecordKey, "record key", syntax::is_record_key
);
text_id!(
    /// A timestamp id of 13 characters: revisions, most record keys.
    Tid, "TID", syntax::is_tid
);
text_id!(
    /// `at://authority[/collection[/rkey]]`.
    AtUri, "AT URI", syntax::is_at_uri
);
text_id!(
    /// A BCP 47 language tag.
    Language, "language tag", syntax::is_language
);

impl AtUri<'static> {
    /// The URI of one record, from parts that are valid already.
    pub fn of_record(did: &Did<'_>, collection: &str, rkey: &RecordKey<'_>) -> Self {
        let mut uri = String::with_capacity(7 + did.0.len() + collection.len() + rkey.0.len());
        for part in ["at://", &did.0, "/", collection, "/", &rkey.0] {
            uri.push_str(part);
        }
        Self(Cow::Owned(uri))
    }

    /// The URI of a whole account.
    pub fn of_account(did: &Did<'_>) -> Self {
        Self(Cow::Owned(format!("at://{did}")))
    }
}

impl Language<'_> {
    /// The primary subtag, as written: `en` of `en-US`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }
}

/// Names one change to one record, whatever source told of it: the 64-bit xxh3 of DID, collection, record key,
/// revision and operation. Duplicates are known by it, and traces carry it from frame to trend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u64);

impl EventId {
    /// The id of a change. `rev` is the repository's revision; for account events the time in decimal.
    pub fn of(did: &str, collection: &str, rkey: &str, rev: &str, operation: &str) -> Self {
        let mut hasher = xxhash_rust::xxh3::Xxh3Default::new();
        for part in [did, collection, rkey, rev, operation] {
            hasher.update(part.as_bytes());
            hasher.update(&[0]);
        }
        Self(hasher.digest())
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

// Avro and JSON have no unsigned 64-bit number: the same bits as a signed one.
impl Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.cast_signed())
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(|id| Self(id.cast_unsigned()))
    }
}
