//! Events as Avro binary data: the bytes of a log record's value, without a header. The schemas are
//! `schemas/*.avsc` and are compiled in.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_avro_fast::Schema;

use crate::{Alert, DeadLetter, Follow, KeywordCount, Like, PostEvent, Repost, Topic, Trend, UserActivity};

/// Bytes that do not follow the schema, or a value that does not.
#[derive(Debug, thiserror::Error)]
#[error("avro {operation} of {topic}: {detail}")]
pub struct CodecError {
    /// The topic whose schema was used.
    pub topic: Topic,
    /// `encode` or `decode`.
    pub operation: &'static str,
    /// What the Avro library says.
    pub detail: String,
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
);

/// The schema's JSON text, as in `schemas/`.
pub const fn schema_text(topic: Topic) -> &'static str {
    match topic {
        Topic::Posts => include_str!("../../../schemas/post_event.avsc"),
        Topic::Likes => include_str!("../../../schemas/like.avsc"),
        Topic::Reposts => include_str!("../../../schemas/repost.avsc"),
        Topic::Follows => include_str!("../../../schemas/follow.avsc"),
        Topic::Trends => include_str!("../../../schemas/trend.avsc"),
        Topic::WindowCounts => include_str!("../../../schemas/keyword_count.avsc"),
        Topic::Alerts => include_str!("../../../schemas/alert.avsc"),
        Topic::UserActivity => include_str!("../../../schemas/user_activity.avsc"),
        Topic::DeadLetter => include_str!("../../../schemas/dead_letter.avsc"),
    }
}

static SCHEMAS: LazyLock<Vec<Schema>> = LazyLock::new(|| {
    let parse =
        |topic: &Topic| schema_text(*topic).parse().expect("the compiled-in schemas are tested to parse");
    Topic::ALL.iter().map(parse).collect()
});

/// The parsed schema of a topic.
pub fn schema(topic: Topic) -> &'static Schema {
    &SCHEMAS[topic as usize]
}

/// Encodes values one after the other, reusing the library's buffers. One for each thread.
pub struct Encoder {
    configs: Vec<serde_avro_fast::ser::SerializerConfig<'static>>,
}

impl Default for Encoder {
    fn default() -> Self {
        let config = |schema: &'static Schema| serde_avro_fast::ser::SerializerConfig::new(schema);
        Self { configs: SCHEMAS.iter().map(config).collect() }
    }
}

impl Encoder {
    /// Appends the value's bytes to `out`.
    pub fn encode<'a, T: Payload<'a>>(&mut self, value: &T, out: &mut Vec<u8>) -> Result<(), CodecError> {
        let config = &mut self.configs[T::TOPIC as usize];
        serde_avro_fast::to_datum(value, &mut *out, config).map(drop).map_err(|e| CodecError {
            topic: T::TOPIC,
            operation: "encode",
            detail: e.to_string(),
        })
    }
}

/// Reads one value; what can be borrowed from `bytes` is.
pub fn decode<'a, T: Payload<'a>>(bytes: &'a [u8]) -> Result<T, CodecError> {
    serde_avro_fast::from_datum_slice(bytes, schema(T::TOPIC)).map_err(|e| CodecError {
        topic: T::TOPIC,
        operation: "decode",
        detail: e.to_string(),
    })
}
