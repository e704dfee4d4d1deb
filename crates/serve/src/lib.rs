//! Where people look: the present state of the result topics ([`view`]), as JSON over HTTP ([`http`]), as a table
//! that updates in place in a terminal (`terminal`), and as plain text where there is none ([`plain`]).
//!
//! It reads no topic itself: the program hands it records in log order, and answers for the log by
//! [`http::TopicReader`]. It reads no clock for what it shows: all times are those of the records.

pub mod view;

pub mod moderation;
pub mod watchlists;

pub mod http;

pub mod plain;
pub mod screen;
#[cfg(feature = "terminal")]
pub mod terminal;

pub mod metrics;

mod keyword_key;
mod schema;

#[cfg(test)]
mod example;

pub use keyword_key::{InvalidKeyword, KeywordKey, KeywordPath};
