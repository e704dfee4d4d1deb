//! The decoders against real recordings, the protocol's own fixtures, and hostile input. One binary, so that it links
//! once. Recordings lie outside the repository; a test that needs them fails where they are missing.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod build;
mod data;

mod car;
mod corpus;
mod frames;
mod interop;
mod jetstream;
mod labels;
mod properties;
mod records;
mod replay;
