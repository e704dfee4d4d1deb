//! Events as Avro binary data: the bytes of a log record's value, without a header. Which schema they were written
//! with is not in them: it is this version's ([`schema()`]) unless whoever stored them says otherwise
//! ([`WriterSchema`]). Headers, such as a schema registry's, are added and removed elsewhere.

pub mod json;
pub mod schema;

use std::io::BufRead;

use serde::{Deserialize, Serialize};
use serde_avro_fast::Schema;
use serde_avro_fast::de::read::SliceRead;
use serde_avro_fast::de::{DeserializerConfig, DeserializerState};
use serde_avro_fast::ser::SerializerConfig;

pub use json::decode_json;
pub use schema::WriterSchema;

use crate::{
    Alert, DeadLetter, Event, Follow, KeywordCount, Like, ModerationRecord, PostEvent, Repost, Topic, Trend,
    UserActivity, WatchlistRecord,
};

/// More elements than any array of a record can have: the network's records have at most 1 MB.
const SEQUENCE_MAX: usize = 1_000_000;

/// Why a value could not be written, or bytes could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The value does not fit the schema, such as a count above 2^63.
    #[error("can't encode for {topic}: {detail}")]
    Encode {
        /// The topic whose schema was used.
        topic: Topic,
        /// What the Avro library says.
        detail: String,
    },
    /// The bytes do not follow the schema, or hold what is no valid value, such as a DID that is none.
    #[error("can't decode from {topic}: {detail}")]
    Decode {
        /// The topic whose schema was used.
        topic: Topic,
        /// What the Avro library says.
        detail: String,
    },
    /// The value ended before the bytes did: they were written with another schema.
    #[error("can't decode from {topic}: {count} bytes are left")]
    BytesLeft {
        /// The topic whose schema was used.
        topic: Topic,
        /// How many.
        count: usize,
    },
    /// The text is not an Avro schema.
    #[error("not a schema for {topic}: {detail}")]
    Schema {
        /// The topic it was to be for.
        topic: Topic,
        /// What the Avro library says.
        detail: String,
    },
}

/// A value that travels on one topic.
pub trait Payload<'a>: Serialize + Deserialize<'a> {
    /// Its topic, which names its schema.
    const TOPIC: Topic;
}

macro_rules! payload {
    ($($name:ty => $topic:ident),* $(,)?) => { $(impl<'a> Payload<'a> for $name { const TOPIC: Topic = Topic::$topic; })* };
}
payload!(
    PostEvent<'a> => Posts, Like<'a> => Likes, Repost<'a> => Reposts, Follow<'a> => Follows, Trend => Trends,
    KeywordCount => WindowCounts, Alert => Alerts, UserActivity => UserActivity, DeadLetter<'a> => DeadLetter,
    ModerationRecord => Moderation, WatchlistRecord => Watchlists,
);

/// Encodes values one after the other, reusing the library's buffers. One for each thread.
pub struct Encoder {
    /// In the order of [`Topic::ALL`].
    configs: Vec<SerializerConfig<'static>>,
}

impl Default for Encoder {
    fn default() -> Self {
        Self { configs: Topic::ALL.into_iter().map(|topic| SerializerConfig::new(schema(topic))).collect() }
    }
}

impl Encoder {
    /// Appends the value's bytes to `out`, which is as before if it fails. On the hot path, fill one buffer with a
    /// batch and slice it, or clear and reuse it: nothing is allocated but its growth.
    pub fn encode<'a, T: Payload<'a>>(&mut self, value: &T, out: &mut Vec<u8>) -> Result<(), CodecError> {
        let length_before = out.len();
        let config = &mut self.configs[T::TOPIC as usize];
        if let Err(error) = serde_avro_fast::to_datum(value, &mut *out, config) {
            out.truncate(length_before);
            return Err(CodecError::Encode { topic: T::TOPIC, detail: error.to_string() });
        }
        Ok(())
    }

    /// [`Self::encode`] for what a source hands over.
    pub fn encode_event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) -> Result<(), CodecError> {
        match event {
            Event::Post(post) => self.encode(post, out),
            Event::Like(like) => self.encode(like, out),
            Event::Repost(repost) => self.encode(repost, out),
            Event::Follow(follow) => self.encode(follow, out),
        }
    }

    /// The value's bytes, for callers that write few values.
    pub fn encode_to_vec<'a, T: Payload<'a>>(&mut self, value: &T) -> Result<Vec<u8>, CodecError> {
        let mut out = Vec::new();
        self.encode(value, &mut out)?;
        Ok(out)
    }
}

/// This version's schema of a topic, parsed.
pub fn schema(topic: Topic) -> &'static Schema {
    schema::current(topic)
}

/// This version's schema of a topic as JSON text, as in `schemas/`.
pub const fn schema_text(topic: Topic) -> &'static str {
    schema::text(topic)
}

/// Reads one value that this version wrote; what can be borrowed from `bytes` is.
pub fn decode<'a, T: Payload<'a>>(bytes: &'a [u8]) -> Result<T, CodecError> {
    read(T::TOPIC, schema(T::TOPIC), bytes)
}

/// Reads one value and nothing after it.
fn read<'a, T: Deserialize<'a>>(topic: Topic, writer: &Schema, bytes: &'a [u8]) -> Result<T, CodecError> {
    let mut config = DeserializerConfig::new(writer);
    config.max_seq_size = SEQUENCE_MAX;
    let mut state = DeserializerState::with_config(SliceRead::new(bytes), config);
    let value = T::deserialize(state.deserializer())
        .map_err(|error| CodecError::Decode { topic, detail: error.to_string() })?;
    match state.into_reader().fill_buf() {
        Ok([]) => Ok(value),
        Ok(left) => Err(CodecError::BytesLeft { topic, count: left.len() }),
        Err(error) => Err(CodecError::Decode { topic, detail: error.to_string() }),
    }
}
