//! The client against servers that behave, and that do not, over real sockets on the loopback.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test; that is what the test is for")]

#[cfg(feature = "tls")]
#[path = "../../../../testing/authority.rs"]
mod authority;
#[path = "../decode/build.rs"]
#[expect(dead_code, reason = "the decoders' tests use the rest")]
mod build;
#[path = "../decode/data.rs"]
#[expect(dead_code, reason = "the decoders' tests use the rest")]
mod data;
mod harness;
mod server;

mod compression;
mod failures;
mod positions;
#[cfg(feature = "tls")]
mod tls;
