//! What is trending: a pure function from posts to counts, trends, alerts and user activity. No I/O, no clock, no
//! threads; time enters with the events.
//!
//! # Three functions that split by key
//!
//! - [`extract`]`(post)` finds the keywords of a post;
//! - a keyword's state, `apply` and `advance`, makes it a candidate of a window: it knows of no other keyword, only of
//!   the stream's totals;
//! - a ranking turns the candidates of one window into [`Trend`](skytrend_event::Trend)s.
//!
//! [`Detector`] is the engine around them for one process; an [`Extractor`] does the first ahead of it, on another
//! thread.
//!
//! # What exactly is counted
//!
//! - A pane is one minute of witnessed time, aligned to the Unix epoch. An event that is behind its own partition is
//!   late: dropped and counted. The watermark is the smallest of the partitions' last times; heartbeats move it too,
//!   and there is none before every partition has been heard of. Pane `[t, t + 60 s)` closes when the watermark is at
//!   least `t + 60 s`.
//! - A sliding window (10 minutes) ends at every pane end (or every so many minutes), a tumbling one (5 minutes) at
//!   every multiple of its length. While nothing at all is retained, no windows are output.
//! - In window `[start, end)` the count of a keyword is the number of distinct posts created with
//!   `start <= witnessed < end` whose extraction has the keyword, without those retracted by an event with
//!   `witnessed < end`; `unique_authors` is the number of their distinct authors, exactly.
//! - A phrase of two to four words counts from its third post within about a quarter of an hour on, whatever becomes of
//!   the first two, while its words are neighbours far more often than chance would make them.
//! - `Deleted` retracts the post with its URI. `AuthorRemoved` retracts all posts of the author before it. `Updated`
//!   retracts the post with its URI and counts as a new post, at the time of the update. `Created` with the URI of a
//!   post that is retained counts once. A URI that was deleted may be created again, and counts again.
//! - A repost or a like of a post that is retained and counts then is one more post with the keywords of that one, if
//!   it
//!   is among those that its weight lets count. It is retracted when it is deleted, and with its account, and when the
//!   post or its author is retracted or the post replaced. Each kind comes by partitions of its own, which the watermark
//!   takes into account if the kind has a weight.
//! - Whether a post is a near-copy of an earlier one is decided when it comes in, and stays so when the earlier one is
//!   retracted: a flood that deletes its first post is still a flood.
//! - Events of a pane take effect when it closes, in the order (witnessed, author, order of the log); of one instant,
//!   those of posts before reposts and likes. So results do not depend on how the input was cut or interleaved, on
//!   snapshots, or on the number of partitions.
//!
//! # Limits
//!
//! Every part of the state is bounded by [`Settings`]. Budgets of posts are by partition and minute, of occurrences by
//! shard of keywords and minute, of states by shard; so they too give the same result for every split. The one that
//! depends on the interleaving is that of posts in open minutes, which is reached only when partitions are far apart.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "posts, keywords, authors and places are numbered with 32 bits to stay small; what grows them is held \
              below that by the limits of Settings, and snapshots are checked for it when read"
)]

mod detector;
mod live;
mod settings;
mod stats;
mod window;

mod extract;
mod extracted;
mod language;
mod signature;
mod thinning;

mod meeting;
mod moderation;
mod pattern;
mod shown;
mod watch;

mod authors;
mod engagements;
mod keywords;
mod newcomers;
mod pane;
mod phrases;
mod posts;
mod prefetch;
mod rare;

mod baseline;
mod engine;
mod rank;
mod score;
mod season;
mod series;
mod sets;
mod sketch;
mod state;
mod stream;
mod tally;

mod snapshot;

pub use detector::Detector;
pub use extract::{Extraction, Keyword, Link, SurfaceForm, extract};
pub use extracted::{ExtractedEvents, Extractor};
pub use live::{LiveCounter, LiveSubject};
pub use moderation::{LabelledPosts, Moderation};
pub use pattern::InvalidPattern;
pub use rank::{KeywordLabeler, Labeler, Labelled};
pub use series::{CountStep, InvalidSeries, score_series};
pub use settings::{InvalidSettings, SHARDS, Settings};
pub use shown::{ShownRules, canonical_pattern};
pub use snapshot::SnapshotError;
pub use stats::{Counters, Stats};
pub use watch::{CompiledWatchlists, Watchlist};
pub use window::WindowOutput;

use skytrend_event::Micros;
use skytrend_event::time::MINUTE;

/// The minute an instant lies in, from the Unix epoch.
pub(crate) fn minute_of(instant: Micros) -> i64 {
    instant.0.div_euclid(MINUTE)
}
