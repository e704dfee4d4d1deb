//! The identifiers of the AT Protocol as validated types: parsing is validation, deserializing is parsing, and what is
//! parsed stays borrowed. Syntax: <https://atproto.com/specs>, checked against the protocol's own interop files.

mod cid;
pub(crate) mod event_id;
mod language;
mod syntax;
mod uri;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use cid::Cid;
pub use event_id::{EventId, InvalidEventId};
pub use uri::AtIdentifier;

use crate::borrow;

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
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name<'a>(Cow<'a, str>);

        impl<'a> $name<'a> {
            /// Validates `text`.
            pub fn parse(text: impl Into<Cow<'a, str>>) -> Result<Self, InvalidId> {
                let text = text.into();
                if $check(text.as_bytes()) { Ok(Self(text)) } else { Err(InvalidId { kind: $kind }) }
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

        impl<'de: 'a, 'a> Deserialize<'de> for $name<'a> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(borrow::text(deserializer)?).map_err(serde::de::Error::custom)
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
    /// A BCP 47 language tag whose primary subtag is a lower-case code of two or three letters.
    Language, "language tag", language::is_language
);
