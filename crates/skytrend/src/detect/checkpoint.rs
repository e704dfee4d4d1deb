//! The detector's durable state: `detect/snapshot` is a header (format version, input offsets) before the detector's
//! own bytes; `detect/written-through` is the end of the newest window in the log. The first is written now and
//! then, the second with every output.
//!
//! Format 1 of `detect/snapshot`: `u8` version = 1, `u32` number of inputs, for each `u32` partition of the topic of
//! posts and `u64` next offset, all little-endian, then the detector's snapshot to the end. Format 2: the same with
//! version = 2 and a `u8` before each partition that says of which topic: 0 posts, 1 reposts, 2 likes. Written where
//! there are other topics than that of posts. `detect/written-through`: one `i64` of microseconds, little-endian.

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use skytrend_event::{Micros, Topic};
use skytrend_log::{Log, Position};
use skytrend_trend::{Detector, SnapshotError};
use tracing::warn;

use crate::stage::Input;

const SNAPSHOT: &str = "detect/snapshot";
const WRITTEN_THROUGH: &str = "detect/written-through";
/// Format of inputs that are all of the topic of posts.
const VERSION: u8 = 1;
/// Format of any inputs.
const VERSION_TOPICS: u8 = 2;
/// The topics of inputs in format 2, by number.
const TOPICS: [Topic; 3] = [Topic::Posts, Topic::Reposts, Topic::Likes];

/// What a snapshot belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Where its inputs stand.
    pub inputs: Vec<Input>,
}

impl Checkpoint {
    /// The states that save the detector at this point.
    pub fn states(&self, detector: &Detector) -> Vec<(String, Bytes)> {
        let mut bytes = self.header();
        detector.snapshot(&mut bytes);
        vec![(SNAPSHOT.to_owned(), bytes.into())]
    }

    /// The inputs as positions of a consumer group, by which others measure its lag.
    pub fn positions(&self, group: &str) -> Vec<Position> {
        let position = |input: &Input| Position {
            group: group.to_owned(),
            topic: input.topic.name().to_owned(),
            partition: input.partition,
            next: input.next,
        };
        self.inputs.iter().map(position).collect()
    }

    /// The last saved detector, if there is one that fits the settings and this program. A detector of other windows,
    /// sessions or weights, or of a program with another format, is not used: a new one goes over the posts that the log still holds.
    pub fn load(
        log: &dyn Log,
        settings: &skytrend_trend::Settings,
    ) -> anyhow::Result<Option<(Self, Detector)>> {
        let Some(bytes) = log.state(SNAPSHOT)? else { return Ok(None) };
        let (checkpoint, rest) = Self::parse(&bytes).context("the detector's saved state is damaged")?;
        match Detector::restore(settings.clone(), rest) {
            Ok(detector) => Ok(Some((checkpoint, detector))),
            Err(SnapshotError::OtherSettings) => {
                warn!(
                    "windows, the gap between sessions, or weights have changed under [trend]: the detector starts anew with the posts still in the log"
                );
                Ok(None)
            }
            Err(error @ SnapshotError::Version { .. }) => {
                warn!(%error, "another version of the program saved the detector: it starts anew with the posts still in the log");
                Ok(None)
            }
            Err(error) => Err(error).context("the detector's saved state is damaged"),
        }
    }

    fn header(&self) -> Vec<u8> {
        let has_others = self.inputs.iter().any(|input| input.topic != Topic::Posts);
        let mut bytes = vec![if has_others { VERSION_TOPICS } else { VERSION }];
        bytes.extend(u32::try_from(self.inputs.len()).expect("partitions are counted in u32").to_le_bytes());
        for input in &self.inputs {
            if has_others {
                let number = (0..).zip(TOPICS).find(|(_, topic)| *topic == input.topic);
                bytes.push(number.expect("the detector reads no other topics").0);
            }
            bytes.extend(input.partition.to_le_bytes());
            bytes.extend(input.next.to_le_bytes());
        }
        bytes
    }

    fn parse(bytes: &[u8]) -> anyhow::Result<(Self, &[u8])> {
        let mut rest = bytes;
        let [version] = take::<1>(&mut rest)?;
        if ![VERSION, VERSION_TOPICS].contains(&version) {
            bail!("format {version} is not known");
        }
        let count = u32::from_le_bytes(take(&mut rest)?);
        ensure!(count as usize <= rest.len(), "{count} inputs in {} bytes", rest.len());
        let mut inputs = Vec::new();
        for _ in 0..count {
            let [number] = if version == VERSION { [0] } else { take(&mut rest)? };
            let topic =
                *TOPICS.get(usize::from(number)).with_context(|| format!("topic {number} is not known"))?;
            let partition = u32::from_le_bytes(take(&mut rest)?);
            let next = u64::from_le_bytes(take(&mut rest)?);
            inputs.push(Input { topic, partition, next });
        }
        Ok((Self { inputs }, rest))
    }
}

/// End of the newest window whose output is in the log.
pub fn written_through(log: &dyn Log) -> anyhow::Result<Micros> {
    let Some(bytes) = log.state(WRITTEN_THROUGH)? else { return Ok(Micros(i64::MIN)) };
    let bytes = bytes.as_ref().try_into().context("the note of what was written is damaged")?;
    Ok(Micros(i64::from_le_bytes(bytes)))
}

/// The state that says which windows are in the log.
pub fn written_state(window_end: Micros) -> (String, Bytes) {
    (WRITTEN_THROUGH.to_owned(), Bytes::copy_from_slice(&window_end.0.to_le_bytes()))
}

fn take<const N: usize>(rest: &mut &[u8]) -> anyhow::Result<[u8; N]> {
    let (head, tail) = rest.split_first_chunk().context("it ends too early")?;
    *rest = tail;
    Ok(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_back_and_damage_is_noticed() {
        let inputs = vec![Input { topic: Topic::Posts, partition: 3, next: 77 }];
        let checkpoint = Checkpoint { inputs };
        let mut bytes = checkpoint.header();
        bytes.extend(b"rest");
        let (read, rest) = Checkpoint::parse(&bytes).unwrap();
        assert_eq!((read, rest), (checkpoint, b"rest".as_slice()));
        assert!(Checkpoint::parse(&bytes[..10]).is_err());
        bytes[0] = 9;
        assert!(Checkpoint::parse(&bytes).is_err());
    }

    #[test]
    fn inputs_of_other_topics_are_read_back() {
        let input = |topic, partition| Input { topic, partition, next: 77 };
        let inputs = vec![input(Topic::Posts, 3), input(Topic::Reposts, 0), input(Topic::Likes, 1)];
        let checkpoint = Checkpoint { inputs };
        let mut bytes = checkpoint.header();
        assert_eq!(Checkpoint::parse(&bytes).unwrap(), (checkpoint, [].as_slice()));
        bytes[5] = 3;
        assert!(Checkpoint::parse(&bytes).is_err(), "there is no fourth topic");
    }
}
