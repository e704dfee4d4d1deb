//! Why input is dropped: one enum of all reasons, with names that metrics, dead letters and dashboards rely on. What
//! is done about each is decided where it is found.

use std::fmt;

macro_rules! reasons {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal),* $(,)?) => {
        /// Why a message, a record or a part of a record was dropped.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum DropReason {
            $($(#[doc = $doc])* $variant,)*
        }

        impl DropReason {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its stable name, in `snake_case`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

reasons! {
    // Of the bytes of a message.

    /// The message ends before its last value does.
    TruncatedFrame = "truncated_frame",
    /// More bytes than the protocol allows in one message.
    FrameTooLarge = "frame_too_large",
    /// Not DAG-CBOR.
    InvalidCbor = "invalid_cbor",
    /// Maps and arrays inside one another, deeper than any honest record.
    NestingTooDeep = "nesting_too_deep",
    /// Bytes after the last value of the message.
    TrailingBytes = "trailing_bytes",
    /// Text that is not UTF-8.
    InvalidUtf8 = "invalid_utf8",
    /// Not JSON, or not the envelope of this stream.
    InvalidJson = "invalid_json",
    /// Not a zstd frame, or a damaged one.
    InvalidZstd = "invalid_zstd",
    /// A zstd frame made with another dictionary.
    UnknownDictionary = "unknown_dictionary",
    // Of the message.

    /// A message type or an operation that this version does not know.
    UnknownType = "unknown_type",
    /// A required field of the envelope is not there.
    MissingField = "missing_field",
    /// A sequence number that is negative or past 2^53.
    InvalidSeq = "invalid_seq",
    /// The stream's own time is no valid date.
    InvalidTime = "invalid_time",
    /// Not a DID.
    InvalidDid = "invalid_did",
    /// Not a revision (TID).
    InvalidRev = "invalid_rev",
    /// Not `collection/rkey`.
    InvalidPath = "invalid_path",
    /// Not a content id that the protocol allows.
    InvalidCid = "invalid_cid",
    /// The blocks are not a CAR archive.
    InvalidCar = "invalid_car",
    /// More operations in one commit than the protocol allows.
    TooManyOps = "too_many_ops",
    // Of a record, which is dropped as a whole.

    /// The operation names a block that the commit does not carry.
    MissingBlock = "missing_block",
    /// The block's SHA-256 is not what its content id says.
    CidMismatch = "cid_mismatch",
    /// The record's `$type` is not its collection.
    RecordTypeMismatch = "record_type_mismatch",
    /// A post without a text.
    MissingText = "missing_text",
    /// More than 3,000 bytes of text.
    TextTooLong = "text_too_long",
    /// A like, repost or follow of nothing valid.
    InvalidSubject = "invalid_subject",
    /// A floating-point number, which the data model forbids; only where records are written as JSON.
    FloatInRecord = "float_in_record",
    // Of a part of a record, which is dropped or cleaned while the record is kept.

    /// A legal post that says nothing: kept as it is, and counted.
    EmptyText = "empty_text",
    /// NUL or other control characters in a text: each became a space.
    ControlCharacters = "control_characters",
    /// No `createdAt`.
    MissingCreatedAt = "missing_created_at",
    /// `createdAt` is no valid date, or has no zone.
    InvalidCreatedAt = "invalid_created_at",
    /// `createdAt` lies before the network existed.
    CreatedAtTooOld = "created_at_too_old",
    /// `createdAt` lies more than an hour after the post was seen.
    CreatedAtInFuture = "created_at_in_future",
    /// Not a language tag.
    InvalidLanguage = "invalid_language",
    /// More than three languages.
    TooManyLanguages = "too_many_languages",
    /// A facet of the wrong shape.
    InvalidFacet = "invalid_facet",
    /// More facets than a post of legal length has use for.
    TooManyFacets = "too_many_facets",
    /// A facet that ends before it starts, or outside the text.
    FacetOutOfRange = "facet_out_of_range",
    /// A facet that starts or ends inside a character.
    FacetSplitsChar = "facet_splits_char",
    /// A mention of no valid DID.
    InvalidMention = "invalid_mention",
    /// A link that is no URI.
    InvalidLink = "invalid_link",
    /// A hashtag that is empty, too long, or holds control characters.
    InvalidTag = "invalid_tag",
    /// More extra tags than the eight that are allowed.
    TooManyTags = "too_many_tags",
    /// A reply to nothing valid.
    InvalidReply = "invalid_reply",
    /// An embed of the wrong shape.
    InvalidEmbed = "invalid_embed",
    /// A label of the wrong shape or length.
    InvalidLabel = "invalid_label",
    /// More than ten self-labels, or more labels in one message of a labeler than are taken.
    TooManyLabels = "too_many_labels",
    // Of the order of the stream.

    /// A record of a collection that is not kept: nothing is wrong with it.
    OtherCollection = "other_collection",
    /// The same change was seen before.
    Duplicate = "duplicate",
    /// A sequence number that is not above the one before.
    SeqOutOfOrder = "seq_out_of_order",
    /// A revision that is not above the repository's last one.
    RevOutOfOrder = "rev_out_of_order",
    /// A revision from minutes ahead.
    RevInFuture = "rev_in_future",
    /// A commit of an account that its host does not serve.
    AccountInactive = "account_inactive",
    /// A post that a labeler wants hidden, or anything by an account that it wants hidden.
    Labelled = "labelled",
    /// A time far ahead of the stream's, which the messages after it did not confirm.
    TimeJump = "time_jump",
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
