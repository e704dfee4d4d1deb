//! Where events wait: topics of records, read by position, written in atomic transactions. Bytes only: this crate
//! does not know what a post is.
//!
//! [`Log`] is the contract and [`conformance`] its suite; [`memory`] is the reference, [`local`] the durable one on
//! an embedded store. It has no tasks of its own (the embedded store has its worker thread), and decides nothing
//! about records by the clock: retention is told the time.

mod contract;
mod limits;
mod news;

pub mod local;
pub mod memory;

pub mod conformance;
pub mod metrics;

pub use contract::{
    Committed, Log, LogError, NAME_BYTES_MAX, NAMES_MAX, NewRecord, Offset, PARTITIONS_MAX, Position,
    RECORD_BYTES_MAX, ReadLimit, Record, STATE_BYTES_MAX, TRANSACTION_BYTES_MAX, TRANSACTION_RECORDS_MAX,
    TopicSpec, Transaction, TrimReport,
};
