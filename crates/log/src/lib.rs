//! Where events wait: topics of records, read by position, written in atomic transactions. Bytes only: this crate
//! does not know what a post is.
//!
//! [`Log`] is the contract and [`conformance`] its suite; [`memory`] is the reference. It has no threads or tasks of
//! its own, and no clock: retention is told the time.

mod contract;
mod limits;
mod news;

pub mod memory;

pub mod conformance;
pub mod metrics;

pub use contract::{
    Committed, Log, LogError, NAME_BYTES_MAX, NAMES_MAX, NewRecord, Offset, PARTITIONS_MAX, Position,
    RECORD_BYTES_MAX, ReadLimit, Record, STATE_BYTES_MAX, TRANSACTION_BYTES_MAX, TRANSACTION_RECORDS_MAX,
    TopicSpec, Transaction, TrimReport,
};
