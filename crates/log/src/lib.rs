//! Where events wait: topics of records, read by position, written in atomic transactions. Bytes only: this crate
//! does not know what a post is.
//!
//! [`Log`] is the contract and [`conformance`] its suite; [`memory`] is the reference, [`local`] the durable one on
//! an embedded store. It has no threads or tasks of its own, and no clock: retention is told the time.

mod contract;

pub use contract::{
    Committed, Log, LogError, NewRecord, Offset, Position, ReadLimit, Record, TopicSpec, Transaction,
    TrimReport,
};
