//! The log of a replay in memory: a record leaves once its one reader has passed it, and at once where nobody reads.
//! Without it the memory of a replay would grow with its input.

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use skytrend_event::Topic;
use skytrend_log::memory::MemoryLog;
use skytrend_log::{Committed, Log, LogError, Offset, ReadLimit, Record, TopicSpec, Transaction, TrimReport};

/// A log in memory with at most one reader for each topic, which never goes back.
pub struct Pipe {
    log: MemoryLog,
    read: Vec<Topic>,
}

impl Pipe {
    /// An empty one, of whose topics these are read.
    pub fn new(read: Vec<Topic>) -> Self {
        Self { log: MemoryLog::new(), read }
    }

    fn is_read(&self, topic: &str) -> bool {
        self.read.iter().any(|read| read.name() == topic)
    }
}

impl Log for Pipe {
    fn create_topic(&self, spec: &TopicSpec) -> Result<(), LogError> {
        self.log.create_topic(spec)
    }

    fn topics(&self) -> Result<Vec<TopicSpec>, LogError> {
        self.log.topics()
    }

    fn commit(&self, transaction: Transaction) -> Result<Committed, LogError> {
        let unread = |(topic, partition, _): &(String, u32, _)| {
            (!self.is_read(topic)).then(|| (topic.clone(), *partition))
        };
        let unread: Vec<_> = transaction.appends.iter().filter_map(unread).collect();
        let committed = self.log.commit(transaction)?;
        for (topic, partition) in unread {
            self.log.discard_before(&topic, partition, Offset::MAX)?;
        }
        Ok(committed)
    }

    /// Who reads from here on has done with what is before.
    fn read(
        &self,
        topic: &str,
        partition: u32,
        from: Offset,
        limit: ReadLimit,
    ) -> Result<Vec<Record>, LogError> {
        self.log.discard_before(topic, partition, from)?;
        self.log.read(topic, partition, from, limit)
    }

    fn bounds(&self, topic: &str, partition: u32) -> Result<Range<Offset>, LogError> {
        self.log.bounds(topic, partition)
    }

    fn offset_at(&self, topic: &str, partition: u32, timestamp_micros: i64) -> Result<Offset, LogError> {
        self.log.offset_at(topic, partition, timestamp_micros)
    }

    fn position(&self, group: &str, topic: &str, partition: u32) -> Result<Option<Offset>, LogError> {
        self.log.position(group, topic, partition)
    }

    fn state(&self, name: &str) -> Result<Option<Bytes>, LogError> {
        self.log.state(name)
    }

    fn wait(&self, seen: u64, timeout: Duration) -> u64 {
        self.log.wait(seen, timeout)
    }

    fn enforce_retention(&self, now_micros: i64) -> Result<TrimReport, LogError> {
        self.log.enforce_retention(now_micros)
    }

    fn stored_bytes(&self) -> Result<u64, LogError> {
        self.log.stored_bytes()
    }

    fn sync(&self) -> Result<(), LogError> {
        self.log.sync()
    }
}

#[cfg(test)]
mod tests {
    use skytrend_log::NewRecord;

    use super::*;

    const ALL: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };

    fn append(pipe: &Pipe, topic: Topic, count: usize) {
        let record =
            NewRecord { timestamp_micros: 1, key: Bytes::new(), value: Bytes::from_static(b"value") };
        let appends = vec![(topic.name().to_owned(), 0, vec![record; count])];
        pipe.commit(Transaction { appends, ..Transaction::default() }).unwrap();
    }

    fn pipe() -> Pipe {
        let pipe = Pipe::new(vec![Topic::Posts]);
        for topic in [Topic::Posts, Topic::Likes] {
            let spec = TopicSpec {
                name: topic.name().to_owned(),
                partitions: 1,
                retention: None,
                retention_bytes: None,
            };
            pipe.create_topic(&spec).unwrap();
        }
        pipe
    }

    #[test]
    fn what_is_not_yet_read_stays() {
        let pipe = pipe();
        append(&pipe, Topic::Posts, 3);
        append(&pipe, Topic::Posts, 2);
        assert_eq!(pipe.read(Topic::Posts.name(), 0, 0, ALL).unwrap().len(), 5);
        assert_eq!(
            pipe.bounds(Topic::Posts.name(), 0).unwrap(),
            0..5,
            "a read alone does not mean that it was taken"
        );
        // The first batch has been passed, the second only in part.
        assert_eq!(pipe.read(Topic::Posts.name(), 0, 4, ALL).unwrap().len(), 1);
        assert_eq!(pipe.bounds(Topic::Posts.name(), 0).unwrap(), 3..5);
        assert!(pipe.read(Topic::Posts.name(), 0, 5, ALL).unwrap().is_empty());
        assert_eq!(pipe.bounds(Topic::Posts.name(), 0).unwrap(), 5..5);
        assert_eq!(pipe.stored_bytes().unwrap(), 0);
        append(&pipe, Topic::Posts, 1);
        assert_eq!(pipe.read(Topic::Posts.name(), 0, 5, ALL).unwrap()[0].offset, 5);
    }

    #[test]
    fn what_nobody_reads_is_gone_at_once() {
        let pipe = pipe();
        append(&pipe, Topic::Likes, 7);
        assert_eq!(pipe.bounds(Topic::Likes.name(), 0).unwrap(), 7..7);
        assert_eq!(pipe.stored_bytes().unwrap(), 0);
    }
}
