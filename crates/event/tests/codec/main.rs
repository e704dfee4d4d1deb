//! The Avro codec: every payload survives it, an independent implementation agrees with it, old and new schemas read
//! each other, and damaged bytes are an error.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod payloads;
mod samples;

mod apache;
mod borrowing;
mod damage;
mod evolution;
mod fixtures;
mod readable;
mod round_trip;
