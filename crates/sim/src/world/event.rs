//! One event of the simulated world together with its ground truth: what a perfect reader of it would count.
//! Its spelling on a wire is [`crate::wire`]'s.

use std::fmt;
use std::sync::Arc;

use skytrend_event::{AtUri, Cid, Did, Handle, KeywordKind, Micros, RecordKey};

use crate::instant::TidNumber;
use crate::node::Node;

/// Something that happened in the world.
#[derive(Clone, Debug)]
pub struct WorldEvent {
    /// Its place in the world, from 0, without gaps.
    pub index: u64,
    /// Sequence number of the frame, and of its first operation in Jetstream v2; the next event's is larger than
    /// that of this event's last operation.
    pub seq: i64,
    /// The relay's time: the same on every wire, larger for every event than for the one before.
    pub witnessed: Micros,
    /// Whose repository or account.
    pub did: Did<'static>,
    /// What happened.
    pub change: Change,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Change {
    /// Records changed.
    Commit(Commit),
    /// The account's hosting status.
    Account {
        /// Whether its host serves it.
        active: bool,
        /// Why not.
        status: Option<&'static str>,
    },
    /// The account's identity may have changed.
    Identity {
        /// Its handle, where the event tells.
        handle: Option<Handle<'static>>,
    },
    /// The repository was reset to this revision.
    Sync {
        /// Its revision.
        rev: TidNumber,
    },
}

/// Changes to one repository.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The new revision.
    pub rev: TidNumber,
    /// The one before, if this is not the first.
    pub since: Option<TidNumber>,
    /// In order; may be empty.
    pub operations: Vec<Operation>,
}

/// What was done to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// It is new.
    Create,
    /// It was replaced.
    Update,
    /// It is gone.
    Delete,
}

impl Action {
    /// Its name on every wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// A change to one record.
#[derive(Clone, Debug)]
pub struct Operation {
    /// What was done.
    pub action: Action,
    /// The record's collection.
    pub collection: &'static str,
    /// The record's key.
    pub rkey: RecordKey<'static>,
    /// The record; none when deleted.
    pub record: Option<Record>,
    /// Content id of the record before, for updates and deletions.
    pub prev: Option<Cid>,
    /// What there is to count; none for other collections and deletions.
    pub truth: Option<PostTruth>,
}

impl Operation {
    /// The record's name on the network.
    pub fn uri(&self, did: &Did<'_>) -> AtUri<'static> {
        AtUri::of_record(did, self.collection, &self.rkey)
    }

    /// Whether the wire carries this record damaged or not at all; Jetstream drops such an operation.
    pub fn hostility(&self) -> Option<Hostility> {
        self.truth.as_ref().and_then(|truth| truth.hostility)
    }
}

/// A record in both of its forms.
#[derive(Clone, Debug)]
pub struct Record {
    /// The tree.
    pub node: Node,
    /// Its canonical DAG-CBOR.
    pub block: Vec<u8>,
    /// The block's content id.
    pub cid: Cid,
}

/// What a perfect reader counts in one version of a post.
#[derive(Clone, Debug, Default)]
pub struct PostTruth {
    /// Words and hashtags that it uses, known because they were put there; may hold duplicates.
    pub keywords: Vec<TrueKeyword>,
    /// The rule that it breaks.
    pub hostility: Option<Hostility>,
    /// What it is part of.
    pub origin: Origin,
}

impl PostTruth {
    /// Whether a reader must drop the whole post, so that nothing of it is counted.
    pub fn is_dropped(&self) -> bool {
        self.hostility.is_some_and(Hostility::drops_the_post)
    }
}

/// A keyword that a post uses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrueKeyword {
    /// Word or hashtag.
    pub kind: KeywordKind,
    /// Lower case, without `#`.
    pub normalized: Arc<str>,
}

impl fmt::Display for TrueKeyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.kind == KeywordKind::Hashtag { "#" } else { "" };
        write!(f, "{mark}{}", self.normalized)
    }
}

/// Why a post was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Origin {
    /// No reason: background.
    #[default]
    Background,
    /// A planted trend, by its ordinal.
    Trend(u64),
    /// A flood by one account.
    LoneFlood(u64),
    /// A flood by many accounts with a few templates.
    CoordinatedFlood(u64),
    /// A few accounts answering one another.
    Thread(u64),
}

/// How a post breaks the protocol's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hostility {
    /// `createdAt` has no zone; the post counts, its creation time doesn't.
    DateWithoutZone,
    /// `createdAt` is no date at all; likewise.
    DateNonsense,
    /// Facets point outside the text, backwards, or into the middle of a character; the text counts.
    FacetsOutOfRange,
    /// Control characters stand between the words, which count.
    ControlCharacters,
    /// The text is longer than the lexicon allows: dropped.
    TextTooLong,
    /// There is no text: dropped.
    TextMissing,
    /// The text is a number: dropped.
    TextNotText,
    /// The commit does not carry the record's block: dropped.
    BlockMissing,
    /// The record's block is not what its CID says: dropped.
    BlockCorrupt,
}

impl Hostility {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::DateWithoutZone,
        Self::DateNonsense,
        Self::FacetsOutOfRange,
        Self::ControlCharacters,
        Self::TextTooLong,
        Self::TextMissing,
        Self::TextNotText,
        Self::BlockMissing,
        Self::BlockCorrupt,
    ];

    /// Whether nothing of the post may be counted.
    pub const fn drops_the_post(self) -> bool {
        !matches!(
            self,
            Self::DateWithoutZone | Self::DateNonsense | Self::FacetsOutOfRange | Self::ControlCharacters
        )
    }

    /// Whether the damage is in the commit, so that Jetstream, which reads commits, does not serve the operation.
    pub const fn is_in_the_commit(self) -> bool {
        matches!(self, Self::BlockMissing | Self::BlockCorrupt)
    }
}
