//! One message of whichever protocol: decompressed, decoded, its errors in one form. It keeps nothing between messages
//! but the buffer.

use bytes::Bytes;

use super::jetstream::zstd::Decompressor;
use super::settings::Protocol;
use super::{firehose, jetstream, labels};
use crate::DropReason;
use crate::wire::{Message, Place};

/// A message that can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) reason: DropReason,
    /// For people, short.
    pub(crate) detail: String,
    /// Whether the protocol demands to drop the connection, since what follows can't be trusted either.
    pub(crate) breaks_connection: bool,
}

/// Unpacks the messages of one connection.
#[derive(Default)]
pub(crate) struct Unpacker(Option<Decompressor>);

impl Unpacker {
    /// With the connection's dictionary. One that is no dictionary makes every compressed message unreadable.
    pub(crate) fn new(dictionary: Option<&Bytes>) -> Self {
        Self(dictionary.and_then(|bytes| Decompressor::new(bytes).ok()))
    }

    /// The message as it was before compression; valid until the next call.
    pub(crate) fn plain<'a>(&'a mut self, bytes: &'a [u8], compressed: bool) -> Result<&'a [u8], Unreadable> {
        // Each message stands alone: a broken one says nothing about the next.
        let unreadable = |reason, detail| Unreadable { reason, detail, breaks_connection: false };
        match &mut self.0 {
            _ if !compressed => Ok(bytes),
            Some(decompressor) => {
                decompressor.decompress(bytes).map_err(|error| unreadable(error.reason(), error.to_string()))
            }
            None => Err(unreadable(DropReason::UnknownDictionary, "no dictionary is loaded".to_owned())),
        }
    }
}

/// Decodes one uncompressed message.
pub(crate) fn decode(protocol: Protocol, plain: &[u8]) -> Result<Message<'_>, Unreadable> {
    let json = |error: jetstream::JsonError| Unreadable {
        reason: error.reason(),
        detail: error.to_string(),
        breaks_connection: false,
    };
    let frame = |error: firehose::FrameError| Unreadable {
        reason: error.reason(),
        detail: error.to_string(),
        breaks_connection: error.breaks_connection(),
    };
    match protocol {
        Protocol::Firehose => firehose::decode(plain).map_err(frame),
        Protocol::Labels => labels::decode(plain).map_err(frame),
        Protocol::JetstreamV1 => jetstream::v1::decode(plain).map_err(json),
        Protocol::JetstreamV2 => jetstream::v2::decode(plain).map_err(json),
    }
}

/// Where in its stream a message stands, if it has a place.
pub(crate) fn place(message: &Message<'_>) -> Option<Place> {
    match message {
        Message::Commit(commit) => Some(commit.at),
        Message::Account(account) => Some(account.at),
        Message::Identity(identity) => Some(identity.at),
        Message::Labels(labels) => Some(labels.at),
        Message::Sync { at, .. } => Some(*at),
        Message::Unknown { at, .. } => *at,
        Message::Info { .. } | Message::Error { .. } => None,
    }
}
