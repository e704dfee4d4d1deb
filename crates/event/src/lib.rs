//! The words of skytrend: what is said on the network ([`PostEvent`], [`Like`], [`Repost`], [`Follow`]), what is
//! found in it ([`KeywordCount`], [`Trend`], [`Alert`], [`UserActivity`]), what people decide about it
//! ([`ModerationRecord`], [`WatchlistRecord`]), the topics they travel on ([`Topic`]), and their bytes ([`codec`]).
//!
//! It does no I/O, reads no clock, and knows neither the wire of Bluesky (`skytrend-source`) nor the log.

pub mod id;
pub mod time;

pub mod engagement;
pub mod post;

pub mod activity;
pub mod dead_letter;
pub mod keyword;
pub mod moderation;
pub mod trend;
pub mod watchlist;

pub mod codec;
pub mod topic;

mod borrow;
mod event;

pub use activity::UserActivity;
pub use dead_letter::DeadLetter;
pub use engagement::{Follow, Like, Repost};
pub use event::Event;
pub use id::{AtIdentifier, AtUri, Cid, Did, EventId, Handle, InvalidId, Language, Nsid, RecordKey, Tid};
pub use keyword::{KeywordCount, KeywordKind, WindowKind};
pub use moderation::{ModerationAction, ModerationRecord};
pub use post::{PostAction, PostData, PostEvent, ReplyRef, Span};
pub use time::{InvalidDatetime, Micros};
pub use topic::Topic;
pub use trend::{Alert, AlertKind, SamplePost, ScoreParts, Trend, TrendStatus};
pub use watchlist::{WatchlistDefinition, WatchlistRecord};
