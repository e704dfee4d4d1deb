//! What every log refuses before it does anything: names that are not allowed, and what is over a limit of the
//! contract. It knows nothing of what a log holds, except by the numbers it is given.

use std::collections::BTreeMap;

use crate::contract::{
    LogError, NAME_BYTES_MAX, NAMES_MAX, PARTITIONS_MAX, Position, RECORD_BYTES_MAX, STATE_BYTES_MAX,
    TRANSACTION_BYTES_MAX, TRANSACTION_RECORDS_MAX, TopicSpec, Transaction,
};

/// Refuses a topic whose name or number of partitions is not allowed.
pub fn check_topic(spec: &TopicSpec) -> Result<(), LogError> {
    let refuse =
        |detail: &str| Err(LogError::TopicMismatch { topic: spec.name.clone(), detail: detail.to_owned() });
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    if spec.name.is_empty() || spec.name.len() > NAME_BYTES_MAX {
        return refuse("a name has 1 to 249 bytes");
    }
    if !spec.name.bytes().all(allowed) {
        return refuse("a name consists of lower-case letters, digits, '-', '_' and '.'");
    }
    if spec.partitions == 0 || spec.partitions > PARTITIONS_MAX {
        return refuse("a topic has 1 to 1024 partitions");
    }
    Ok(())
}

/// Refuses a topic that exists with another number of partitions.
pub fn check_recreation(existing: &TopicSpec, wanted: &TopicSpec) -> Result<(), LogError> {
    if existing.partitions == wanted.partitions {
        return Ok(());
    }
    let detail = format!("it has {} partitions, not {}", existing.partitions, wanted.partitions);
    Err(LogError::TopicMismatch { topic: wanted.name.clone(), detail })
}

/// Refuses a transaction with anything over a limit. Whether its topics exist is the log's to say.
pub fn check_transaction(transaction: &Transaction) -> Result<(), LogError> {
    let mut records_total = 0;
    let mut bytes_total = 0;
    for (_, _, records) in &transaction.appends {
        records_total += records.len();
        for record in records {
            let bytes = record.key.len() + record.value.len();
            at_most("bytes of a record", bytes, RECORD_BYTES_MAX)?;
            bytes_total += bytes;
        }
    }
    at_most("records of a transaction", records_total, TRANSACTION_RECORDS_MAX)?;
    at_most("bytes of a transaction", bytes_total, TRANSACTION_BYTES_MAX)?;
    at_most("positions of a transaction", transaction.positions.len(), NAMES_MAX)?;
    at_most("states of a transaction", transaction.states.len(), NAMES_MAX)?;
    for position in &transaction.positions {
        at_most("bytes of a consumer group's name", position.group.len(), NAME_BYTES_MAX)?;
    }
    for (name, state) in &transaction.states {
        at_most("bytes of a state's name", name.len(), NAME_BYTES_MAX)?;
        at_most("bytes of a state", state.len(), STATE_BYTES_MAX)?;
    }
    Ok(())
}

/// Refuses a topic more than there may be.
pub fn check_topic_room(present: usize) -> Result<(), LogError> {
    at_most("number of topics", present + 1, NAMES_MAX)
}

/// Refuses the transaction's new states where there are `present` already.
pub fn check_state_room(
    transaction: &Transaction,
    present: usize,
    is_known: impl Fn(&str) -> bool,
) -> Result<(), LogError> {
    let is_new = |(name, state): &&(String, bytes::Bytes)| !state.is_empty() && !is_known(name);
    at_most("number of states", present + transaction.states.iter().filter(is_new).count(), NAMES_MAX)
}

/// Refuses the transaction's new consumer groups of the partition of `position`, where `groups` have one already.
pub fn check_group_room<T>(
    transaction: &Transaction,
    position: &Position,
    groups: &BTreeMap<String, T>,
) -> Result<(), LogError> {
    let is_new = |other: &&Position| {
        other.partition == position.partition
            && other.topic == position.topic
            && !groups.contains_key(&other.group)
    };
    let new = if groups.contains_key(&position.group) {
        0
    } else {
        transaction.positions.iter().filter(is_new).count()
    };
    at_most("number of consumer groups", groups.len() + new, NAMES_MAX)
}

fn at_most(what: &'static str, size: usize, max: usize) -> Result<(), LogError> {
    if size > max { Err(LogError::TooLarge { what, size, max }) } else { Ok(()) }
}
