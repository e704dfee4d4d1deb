//! AT URIs put together and taken apart, and the two ways to name an account in one.

use std::borrow::Cow;
use std::fmt;

use super::{AtUri, Did, Handle, InvalidId, RecordKey};

/// What every AT URI starts with.
const SCHEME: &str = "at://";

impl AtUri<'static> {
    /// The URI of one record, from parts that are valid already.
    pub fn of_record(did: &Did<'_>, collection: &str, rkey: &RecordKey<'_>) -> Self {
        debug_assert!(super::syntax::is_nsid(collection.as_bytes()), "{collection:?} is no collection");
        let parts = [SCHEME, &did.0, "/", collection, "/", &rkey.0];
        let mut uri = String::with_capacity(parts.iter().map(|part| part.len()).sum());
        for part in parts {
            uri.push_str(part);
        }
        Self(Cow::Owned(uri))
    }

    /// The URI of a whole account.
    pub fn of_account(did: &Did<'_>) -> Self {
        Self(Cow::Owned([SCHEME, &did.0].concat()))
    }
}

impl AtUri<'_> {
    /// The account, by DID or by handle.
    pub fn authority(&self) -> &str {
        self.part(0).unwrap_or_default()
    }

    /// The collection's NSID; none for the URI of an account.
    pub fn collection(&self) -> Option<&str> {
        self.part(1)
    }

    /// The record's key; none for the URI of an account or of a collection.
    pub fn rkey(&self) -> Option<&str> {
        self.part(2)
    }

    /// The page of a post in Bluesky's web app; none for what is no post, and for an account that can't be there, such
    /// as those of other feeds ([RFC 6761](https://www.rfc-editor.org/rfc/rfc6761#section-6.4)).
    pub fn bluesky_url(&self) -> Option<String> {
        let rkey = self.rkey().filter(|_| self.collection() == Some("app.bsky.feed.post"))?;
        let author = self.authority();
        let host = author.strip_prefix("did:web:").and_then(|rest| rest.split([':', '%']).next());
        if host.is_some_and(|host| host.ends_with(".invalid")) {
            return None;
        }
        // What is allowed in a DID, in a handle and in a record key is allowed in a path.
        Some(format!("https://bsky.app/profile/{author}/post/{rkey}"))
    }

    fn part(&self, index: usize) -> Option<&str> {
        self.0.get(SCHEME.len()..)?.split('/').nth(index)
    }
}

/// An account, by its permanent or by its changeable name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AtIdentifier<'a> {
    /// By DID.
    Did(Did<'a>),
    /// By handle.
    Handle(Handle<'a>),
}

impl<'a> AtIdentifier<'a> {
    /// Reads either; no text is both, because no handle holds a colon.
    pub fn parse(text: impl Into<Cow<'a, str>>) -> Result<Self, InvalidId> {
        let text = text.into();
        let parsed = if text.contains(':') {
            Did::parse(text).map(Self::Did)
        } else {
            Handle::parse(text).map(Self::Handle)
        };
        parsed.map_err(|_| InvalidId { kind: "DID or handle" })
    }
}

impl fmt::Display for AtIdentifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Did(did) => did.fmt(f),
            Self::Handle(handle) => handle.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_uri_is_valid_and_comes_apart_again() {
        let did = Did::parse("did:web:example.com").unwrap();
        let rkey = RecordKey::parse("self").unwrap();
        let uri = AtUri::of_record(&did, "app.bsky.feed.post", &rkey);
        assert_eq!(AtUri::parse(uri.as_str()), Ok(uri.clone()));
        assert_eq!(uri.authority(), did.as_str());
        assert_eq!((uri.collection(), uri.rkey()), (Some("app.bsky.feed.post"), Some("self")));
    }

    #[test]
    fn an_account_uri_has_no_collection() {
        let uri = AtUri::of_account(&Did::parse("did:plc:abc").unwrap());
        assert_eq!(AtUri::parse(uri.as_str()), Ok(uri.clone()));
        assert_eq!((uri.authority(), uri.collection(), uri.rkey()), ("did:plc:abc", None, None));
    }

    #[test]
    fn posts_have_a_page_where_their_authors_can_be() {
        let page = |uri: &'static str| AtUri::parse(uri).unwrap().bluesky_url();
        for author in ["did:plc:2222222222222222222222aa", "did:web:example.com", "anna.example.com"] {
            let uri = AtUri::parse(format!("at://{author}/app.bsky.feed.post/3lzzzzzzzzz22")).unwrap();
            let expected = format!("https://bsky.app/profile/{author}/post/3lzzzzzzzzz22");
            assert_eq!(uri.bluesky_url(), Some(expected));
        }
        assert_eq!(page("at://did:plc:2222222222222222222222aa/app.bsky.feed.like/3lzzzzzzzzz22"), None);
        assert_eq!(page("at://did:plc:2222222222222222222222aa"), None);
        assert_eq!(page("at://did:web:lines.invalid:5/app.bsky.feed.post/3lzzzzzzzzz22"), None);
    }
}
