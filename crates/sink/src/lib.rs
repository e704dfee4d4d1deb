//! Where results go. So far: alerts as webhooks, HTTP requests to addresses that the operator has set.
//!
//! [`Webhook`] is one of them, made from its [`Settings`]: which alerts it wants, the [`Delivery`] of one in the shape
//! that its receiver understands, one attempt to hand it over ([`Webhook::attempt`]), and what the answer means
//! ([`Verdict`]). [`Schedule`] says when to try again.
//!
//! It reads no log and keeps no position: whoever calls it has these. It does not sleep.

pub mod settings;

mod client;
mod delivery;
mod filter;
mod schedule;
mod secret;
mod shape;
mod signature;
mod text;
mod verdict;
mod webhook;

pub mod metrics;

pub use client::{Answer, AttemptError};
pub use delivery::{Delivery, alert_id};
pub use schedule::Schedule;
pub use secret::SecretError;
pub use settings::{InvalidSettings, Settings};
pub use shape::{Message, Shape};
pub use verdict::{Verdict, is_worth_retrying, verdict_of};
pub use webhook::{Webhook, WebhookError};
