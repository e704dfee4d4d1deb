//! The simulated world: seeded people who write, like and follow, with planted trends and spam ([`World`]); a server
//! that speaks Bluesky's real wire about them ([`Server`]), with faults on demand ([`Faults`]); and a slow,
//! independent recount of what was said ([`oracle`]). For tests, benches and the demo. A second world ([`quality`]) is
//! made for measuring detectors.
//!
//! It uses neither the detector nor the sources: it shares only the vocabulary of `skytrend-event`, so that its
//! numbers are a second opinion.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "draws stay below small limits, rates are checked by the settings, ordinals stay far below 2^53"
)]

pub mod oracle;

mod dice;
pub mod file;
pub mod growth;
pub mod instant;
pub mod labelling;
mod lost;
pub mod node;
pub mod quality;
pub mod server;
mod settings;
pub mod wire;
mod world;

pub use labelling::{Labelling, PlannedLabel};
pub use lost::IndexSet;
pub use server::faults::{Fault, FaultDone, Faults};
pub use server::ledger::Ledger;
pub use server::{Server, ServerSettings, StartError};
pub use settings::{DEFAULT_START, SettingsError, WorldSettings};
pub use wire::{Dictionary, Wire};
pub use world::World;
pub use world::burst::Planted;
pub use world::event::{
    Action, Change, Commit, Hostility, Operation, Origin, PostTruth, Record, TrueKeyword, WorldEvent,
};
pub use world::words::FUNCTION_WORDS;
