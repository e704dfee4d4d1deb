//! What the intake must remember after a restart: the newest events, read back from the log itself. So there is no
//! second store that could disagree with it.

use skytrend_event::{Event, Micros, Topic, codec};
use skytrend_log::{Log, ReadLimit, Record};
use skytrend_source::bluesky::intake::Intake;

/// Records read at a time.
const PAGE: ReadLimit = ReadLimit { records: 4_096, bytes: 4 << 20 };

/// Hands the intake every event from `since` on; returns how many there were.
pub fn read_back(log: &dyn Log, partitions: u32, since: Micros, intake: &mut Intake) -> anyhow::Result<u64> {
    let mut events = 0;
    for topic in Topic::ALL.into_iter().filter(|topic| topic.is_partitioned()) {
        for partition in 0..partitions {
            let mut next = log.offset_at(topic.name(), partition, since.0)?;
            loop {
                let records = log.read(topic.name(), partition, next, PAGE)?;
                let Some(last) = records.last() else { break };
                next = last.offset + 1;
                for record in &records {
                    intake.seed(&event(topic, record)?);
                    events += 1;
                }
            }
        }
    }
    Ok(events)
}

fn event(topic: Topic, record: &Record) -> anyhow::Result<Event<'_>> {
    let value = &record.value;
    Ok(match topic {
        Topic::Posts => Event::Post(codec::decode(value)?),
        Topic::Likes => Event::Like(codec::decode(value)?),
        Topic::Reposts => Event::Repost(codec::decode(value)?),
        Topic::Follows => Event::Follow(codec::decode(value)?),
        other => anyhow::bail!("{other} holds no events of the network"),
    })
}
