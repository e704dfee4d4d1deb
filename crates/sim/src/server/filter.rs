//! What a Jetstream subscriber wants to see: accounts, collections, kinds, and messages of what size.

use std::collections::BTreeSet;

use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::http::Request;
use crate::wire::jetstream::{JsonMessage, Kind};

/// Limits of the protocol.
const DIDS_MAX: usize = 10_000;
const COLLECTIONS_MAX: usize = 100;

/// A filter; empty parts let everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    collections: Vec<String>,
    dids: BTreeSet<String>,
    kinds: Vec<String>,
    /// Bytes of JSON; 0: no limit.
    size_max: usize,
}

/// Why a filter is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FilterError {
    #[error("more than {COLLECTIONS_MAX} collections")]
    TooManyCollections,
    #[error("more than {DIDS_MAX} accounts")]
    TooManyDids,
    #[error("not a collection: {0}")]
    InvalidCollection(String),
    #[error("not a DID: {0}")]
    InvalidDid(String),
    #[error("not a kind of event: {0}")]
    InvalidKind(String),
    #[error("a version 1 parameter: {0}")]
    OldParameter(&'static str),
    #[error("collections make no sense without commits")]
    CollectionsWithoutCommits,
}

impl Filter {
    /// Of version 1's parameters.
    pub(super) fn v1(request: &Request) -> Result<Self, FilterError> {
        // Zero, nothing, negative numbers and garbage mean no limit.
        let size_max = request.last("maxMessageSizeBytes").and_then(|size| size.parse().ok()).unwrap_or(0);
        Self::checked(request.all("wantedCollections"), request.all("wantedDids"), size_max)
    }

    /// Of version 2's parameters.
    pub(super) fn v2(request: &Request) -> Result<Self, FilterError> {
        for old in ["wantedCollections", "wantedDids", "compress", "requireHello"] {
            if request.last(old).is_some() {
                return Err(FilterError::OldParameter(old));
            }
        }
        let size_max = request.last("maxMessageSizeBytes").and_then(|size| size.parse().ok()).unwrap_or(0);
        let mut filter = Self::checked(request.all("collections"), request.all("dids"), size_max)?;
        for kind in request.all("kinds") {
            if !["commit", "identity", "account", "sync"].contains(&kind) {
                return Err(FilterError::InvalidKind(kind.to_owned()));
            }
            filter.kinds.push(kind.to_owned());
        }
        let no_commits = !filter.kinds.is_empty() && !filter.kinds.iter().any(|kind| kind == "commit");
        if no_commits && !filter.collections.is_empty() {
            return Err(FilterError::CollectionsWithoutCommits);
        }
        Ok(filter)
    }

    /// Of what a version 1 client says: a new filter, or nothing that matters, or a reason to close.
    pub(super) fn update(text: &str) -> Result<Option<Self>, CloseCode> {
        let message: serde_json::Value = serde_json::from_str(text).map_err(|_| CloseCode::Invalid)?;
        if message["type"] != "options_update" {
            return Ok(None);
        }
        let payload = &message["payload"];
        let texts = |name: &str| -> Result<Vec<&str>, CloseCode> {
            match &payload[name] {
                serde_json::Value::Null => Ok(Vec::new()),
                list => list
                    .as_array()
                    .and_then(|items| items.iter().map(serde_json::Value::as_str).collect())
                    .ok_or(CloseCode::Policy),
            }
        };
        let (collections, dids) = (texts("wantedCollections")?, texts("wantedDids")?);
        let size_max = payload["maxMessageSizeBytes"].as_u64().unwrap_or(0) as usize;
        let filter = Self::checked(collections.into_iter(), dids.into_iter(), size_max);
        filter.map(Some).map_err(|_| CloseCode::Policy)
    }

    fn checked<'a>(
        collections: impl Iterator<Item = &'a str>,
        dids: impl Iterator<Item = &'a str>,
        size_max: usize,
    ) -> Result<Self, FilterError> {
        let mut filter = Self { size_max, ..Self::default() };
        for collection in collections {
            let name =
                collection.strip_suffix(".*").map_or(collection.to_owned(), |prefix| format!("{prefix}.x"));
            if skytrend_event::Nsid::parse(name).is_err() {
                return Err(FilterError::InvalidCollection(collection.to_owned()));
            }
            filter.collections.push(collection.to_owned());
        }
        for did in dids {
            if skytrend_event::Did::parse(did).is_err() {
                return Err(FilterError::InvalidDid(did.to_owned()));
            }
            filter.dids.insert(did.to_owned());
        }
        match (filter.collections.len() > COLLECTIONS_MAX, filter.dids.len() > DIDS_MAX) {
            (true, _) => Err(FilterError::TooManyCollections),
            (_, true) => Err(FilterError::TooManyDids),
            _ => Ok(filter),
        }
    }

    /// Whether the subscriber wants this message.
    pub(super) fn wants(&self, message: &JsonMessage<'_>) -> bool {
        let (name, collection) = match message.kind {
            Kind::Commit(collection) => ("commit", Some(collection)),
            Kind::Identity => ("identity", None),
            Kind::Account => ("account", None),
            Kind::Sync => ("sync", None),
        };
        let matches = |collection: &str| self.collections.iter().any(|wanted| covers(wanted, collection));
        (self.dids.is_empty() || self.dids.contains(message.did.as_str()))
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| kind == name))
            && (self.collections.is_empty() || collection.is_none_or(matches))
            && (self.size_max == 0 || message.json.len() <= self.size_max)
    }
}

/// `app.bsky.feed.*` covers all below `app.bsky.feed.`.
fn covers(wanted: &str, collection: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(prefix) => collection.starts_with(prefix),
        None => wanted == collection,
    }
}
