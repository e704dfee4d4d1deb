//! The schemas: this version's (`schemas/*.avsc`), and every released one (`schemas/released/v*/`), for a persisted
//! byte is for ever. All are compiled in.
//!
//! A schema changes only so that old and new read each other: a field comes with a default, or a field that has a
//! default goes; then [`VERSION`] grows, today's files are copied to a new folder of released ones, and a fixture of
//! each topic is added to `testdata/avro/`. Tests hold all of this.

use std::sync::LazyLock;

use serde_avro_fast::Schema;

use super::{CodecError, Payload, read};
use crate::Topic;

/// The version of the schemas that this program writes with; the first was 1.
pub const VERSION: u32 = 2;

/// The topics by the version that they came with, in the order of [`Topic::ALL`].
macro_rules! schema_files {
    (1: $($first:ident => $first_file:literal),*; 2: $($second:ident => $second_file:literal),*;) => {
        /// The name of the topic's file in `schemas/` and in its folders of released ones.
        pub const fn file_name(topic: Topic) -> &'static str {
            match topic { $(Topic::$first => $first_file,)* $(Topic::$second => $second_file,)* }
        }

        /// This version's schema as JSON text.
        pub const fn text(topic: Topic) -> &'static str {
            match topic {
                $(Topic::$first => include_str!(concat!("../../../../schemas/", $first_file)),)*
                $(Topic::$second => include_str!(concat!("../../../../schemas/", $second_file)),)*
            }
        }

        /// A released version's schema as JSON text; none for a version that there is not, or that did not have the topic.
        pub const fn released_text(topic: Topic, version: u32) -> Option<&'static str> {
            match (version, topic) {
                $((1, Topic::$first) => Some(include_str!(concat!("../../../../schemas/released/v1/", $first_file))),)*
                $((2, Topic::$first) => Some(include_str!(concat!("../../../../schemas/released/v2/", $first_file))),)*
                $((2, Topic::$second) => Some(include_str!(concat!("../../../../schemas/released/v2/", $second_file))),)*
                _ => None,
            }
        }
    };
}
schema_files!(
    1: Posts => "post_event.avsc",
    Likes => "like.avsc",
    Reposts => "repost.avsc",
    Follows => "follow.avsc",
    Trends => "trend.avsc",
    WindowCounts => "keyword_count.avsc",
    Alerts => "alert.avsc",
    UserActivity => "user_activity.avsc",
    DeadLetter => "dead_letter.avsc";
    2: Moderation => "moderation.avsc",
    Watchlists => "watchlist.avsc";
);

/// In the order of [`Topic::ALL`].
static CURRENT: LazyLock<Vec<Schema>> = LazyLock::new(|| {
    let parse = |topic| text(topic).parse().expect("the compiled-in schemas are tested to parse");
    Topic::ALL.into_iter().map(parse).collect()
});

/// This version's schema, parsed.
pub(super) fn current(topic: Topic) -> &'static Schema {
    &CURRENT[topic as usize]
}

/// The schema that bytes were written with, when it is not this version's: an older release, or what a schema
/// registry says. Fields are found by name: those that the reader does not know are skipped, those that the writer did
/// not know get their default.
pub struct WriterSchema {
    topic: Topic,
    schema: Schema,
}

impl WriterSchema {
    /// Parses a schema's JSON text.
    pub fn parse(topic: Topic, text: &str) -> Result<Self, CodecError> {
        match text.parse() {
            Ok(schema) => Ok(Self { topic, schema }),
            Err(error) => Err(CodecError::Schema { topic, detail: error.to_string() }),
        }
    }

    /// The topic it was parsed for.
    pub fn topic(&self) -> Topic {
        self.topic
    }

    /// Reads one value; what can be borrowed from `bytes` is. `T` is the payload of [`Self::topic`]; any other fails
    /// as bytes do that don't follow the schema.
    pub fn decode<'a, T: Payload<'a>>(&self, bytes: &'a [u8]) -> Result<T, CodecError> {
        read(self.topic, &self.schema, bytes)
    }

    /// Reads one value as [`decode_json`](super::decode_json) does.
    pub fn decode_json(&self, bytes: &[u8]) -> Result<serde_json::Value, CodecError> {
        super::json::read_json(self.topic, &self.schema, bytes)
    }
}
