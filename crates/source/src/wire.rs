//! What one message of any Bluesky stream says, borrowed from its bytes: the common form of firehose frames, of
//! Jetstream's JSON, and of a labeler's frames. Records are still undecoded.

use std::borrow::Cow;

use skytrend_event::{AtUri, Cid, Did, Micros, Nsid, RecordKey, Tid};

use crate::DropReason;

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub enum Message<'a> {
    /// Changes to one repository.
    Commit(Commit<'a>),
    /// An account's hosting status.
    Account(Account<'a>),
    /// A hint that an account's identity may have changed.
    Identity(Identity<'a>),
    /// The repository was reset; its contents are not in the stream.
    Sync {
        /// Where in the stream.
        at: Place,
        /// The repository.
        did: Did<'a>,
        /// Its revision now.
        rev: Tid<'a>,
    },
    /// Labels on posts and accounts, from a labeler's stream.
    Labels(Labels<'a>),
    /// Word from the server, such as `OutdatedCursor`. Does not move the cursor.
    Info {
        /// Its stable name.
        name: Cow<'a, str>,
        /// For people.
        message: Cow<'a, str>,
    },
    /// The server's last word; it closes the stream after it.
    Error {
        /// Its stable name, such as `ConsumerTooSlow`, `FutureCursor`.
        error: Cow<'a, str>,
        /// For people.
        message: Cow<'a, str>,
    },
    /// A type or an operation of the stream that this version does not know: to be ignored, and counted.
    Unknown {
        /// Its name or number.
        what: Cow<'a, str>,
        /// Where in the stream, as far as it says.
        at: Option<Place>,
    },
}

/// Where in its stream a message stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Sequence number (firehose, Jetstream v2, labelers); Jetstream v1 has none.
    pub seq: Option<i64>,
    /// The relay's or Jetstream's time: the witnessed time. Of labels, when the newest of them was made.
    pub time: Micros,
}

/// The operations of one commit, or one of them (Jetstream).
#[derive(Clone, Debug, PartialEq)]
pub struct Commit<'a> {
    /// Where in the stream.
    pub at: Place,
    /// The repository.
    pub did: Did<'a>,
    /// Its new revision.
    pub rev: Tid<'a>,
    /// The changes, in order.
    pub ops: smallvec::SmallVec<[Op<'a>; 1]>,
    /// Why operations of the commit are not among `ops`: a path, a content id or an action that is not valid.
    pub rejected_ops: Vec<DropReason>,
}

/// One change of one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Op<'a> {
    /// What happened.
    pub action: Action,
    /// The record's collection.
    pub collection: Nsid<'a>,
    /// The record's key.
    pub rkey: RecordKey<'a>,
    /// The record's content id; none for a deletion.
    pub cid: Option<Cid>,
    /// The record.
    pub body: Body<'a>,
}

/// What happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// New.
    Create,
    /// Replaced.
    Update,
    /// Gone.
    Delete,
}

impl Action {
    /// `create`, `update`, `delete`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// A record's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// None: a deletion.
    None,
    /// The DAG-CBOR block, its CID checked.
    Cbor(&'a [u8]),
    /// The JSON object's text.
    Json(&'a str),
    /// The op names a block that the commit does not carry.
    Missing,
    /// The block's SHA-256 is not what its CID says.
    WrongCid,
}

/// When and at which sequence number the relay said what Jetstream repeats; on the firehose the same as [`Place`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inner<'a> {
    /// The relay's sequence number.
    pub seq: i64,
    /// The relay's time, as it wrote it (RFC 3339).
    pub time: Cow<'a, str>,
}

/// An account's hosting status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account<'a> {
    /// Where in the stream.
    pub at: Place,
    /// The account.
    pub did: Did<'a>,
    /// Whether its host serves it.
    pub active: bool,
    /// Why not: `takendown`, `suspended`, `deleted`, `deactivated`, `desynchronized`, `throttled`, …
    pub status: Option<Cow<'a, str>>,
    /// The relay's own word on it.
    pub inner: Option<Inner<'a>>,
}

/// A hint that an account's identity may have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity<'a> {
    /// Where in the stream.
    pub at: Place,
    /// The account.
    pub did: Did<'a>,
    /// Its handle, unverified.
    pub handle: Option<Cow<'a, str>>,
    /// The relay's own word on it.
    pub inner: Option<Inner<'a>>,
}

/// What a labeler says in one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels<'a> {
    /// Where in the stream.
    pub at: Place,
    /// The labels, in order.
    pub labels: Vec<Label<'a>>,
    /// Why labels of the message are not among `labels`: a field is missing or not valid.
    pub rejected: Vec<DropReason>,
}

/// A label that a labeler put on something of somebody else's, or took off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label<'a> {
    /// Who says so.
    pub src: Did<'a>,
    /// What is labelled.
    pub subject: LabelSubject<'a>,
    /// The label, such as `spam`.
    pub value: &'a str,
    /// The label is taken off.
    pub is_negated: bool,
    /// When it was made, by the labeler's clock.
    pub created_at: Micros,
    /// From when on it says nothing any more.
    pub expires_at: Option<Micros>,
}

/// What a label is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelSubject<'a> {
    /// A whole account.
    Account(Did<'a>),
    /// A record, whose account is named by this DID.
    Record {
        /// The account.
        did: Did<'a>,
        /// The record.
        uri: AtUri<'a>,
    },
    /// Something else that has a URI.
    Other,
}
