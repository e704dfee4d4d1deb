//! Which protocol a file's messages are of.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::bluesky::settings::Protocol;
use crate::json;

use super::chunks::Chunks;
use super::{ReplayError, next_line};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Frames of the firehose, each after its length.
    Firehose,
    /// Lines of Jetstream version 1.
    JetstreamV1,
    /// Lines of Jetstream version 2.
    JetstreamV2,
}

impl From<Format> for Protocol {
    fn from(format: Format) -> Self {
        match format {
            Format::Firehose => Self::Firehose,
            Format::JetstreamV1 => Self::JetstreamV1,
            Format::JetstreamV2 => Self::JetstreamV2,
        }
    }
}

/// Version 2 names its frames' type; version 1 has no such field.
#[derive(Deserialize)]
struct Probe {
    #[serde(rename = "$type")]
    kind: Option<IgnoredAny>,
}

/// Tells the format by the first bytes; none for an empty file. Consumes at most empty lines.
pub fn detect(chunks: &mut Chunks) -> Result<Option<Format>, ReplayError> {
    let first = chunks.at_least(4)?;
    // A frame has less than 2^24 bytes, so the fourth byte of its length is zero, which no text has.
    if first.get(3) == Some(&0) {
        return Ok(Some(Format::Firehose));
    }
    let Some(line) = next_line(chunks)? else { return Ok(None) };
    let line = &chunks.bytes()[line.start..line.end];
    if !line.starts_with(b"{") {
        return Err(ReplayError::UnknownFormat);
    }
    let probe = str::from_utf8(line).ok().and_then(|line| json::parse::<Probe>(line).ok());
    match probe {
        Some(Probe { kind: Some(_) }) => Ok(Some(Format::JetstreamV2)),
        // One damaged line costs one message, also when it is the first.
        _ => Ok(Some(Format::JetstreamV1)),
    }
}
