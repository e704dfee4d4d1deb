//! The intake as a whole, through its public interface: the relay's own scenarios, a real recording, each rule, and
//! the property that a restart changes nothing.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test; that is what the test is for")]

#[path = "../decode/build.rs"]
#[expect(dead_code, reason = "the decoders' tests use the rest")]
mod build;
#[path = "../decode/data.rs"]
mod data;
mod support;

mod corpus;
mod labels;
mod restart;
mod rules;
mod scenarios;
