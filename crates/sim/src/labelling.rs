//! What a simulated labeler labels, and how: a pure function of the world's seed and an event, so that a test knows
//! every label. When labels are sent is the server's business.

use skytrend_event::Micros;
use skytrend_event::engagement::collection::POST;
use skytrend_event::time::SECOND;

use crate::dice::Dice;
use crate::world::event::{Action, Change, WorldEvent};

/// Who labels.
pub const LABELER_DID: &str = "did:web:labeler.invalid";

/// Values for posts and accounts; the last hides nothing.
const OF_POSTS: [&str; 4] = ["spam", "!hide", "porn", "bot"];
const OF_ACCOUNTS: [&str; 3] = ["spam", "!takedown", "bot"];

/// How much is labelled, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labelling {
    /// New posts in a million that are labelled.
    pub posts_ppm: u32,
    /// New posts in a million whose accounts are labelled.
    pub accounts_ppm: u32,
    /// Microseconds of simulated time from the post to the label.
    pub delay: i64,
    /// Each connection breaks without a word after so many labels; none: it lasts.
    pub cut_after: Option<u32>,
}

impl Default for Labelling {
    /// Nothing is labelled.
    fn default() -> Self {
        Self { posts_ppm: 0, accounts_ppm: 0, delay: 3 * SECOND, cut_after: None }
    }
}

/// One label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedLabel {
    /// Its sequence number: that of the event it follows. Numbers have gaps.
    pub seq: i64,
    /// What is labelled: a post's at:// URI, or an account's DID.
    pub uri: String,
    /// The label.
    pub value: &'static str,
    /// When it is made.
    pub at: Micros,
}

impl Labelling {
    /// The label that this event of the world with this seed brings about, if it does.
    pub fn label(&self, seed: u64, event: &WorldEvent) -> Option<PlannedLabel> {
        let Change::Commit(commit) = &event.change else { return None };
        let is_new_post = |operation: &&crate::world::event::Operation| {
            operation.collection == POST && operation.action == Action::Create
        };
        let post = commit.operations.first().filter(is_new_post)?;
        let mut dice = Dice::new(seed, "labels", event.index);
        let (uri, value) = if dice.chance(self.posts_ppm.into()) {
            (post.uri(&event.did).to_string(), dice.pick_text(&OF_POSTS))
        } else if dice.chance(self.accounts_ppm.into()) {
            (event.did.to_string(), dice.pick_text(&OF_ACCOUNTS))
        } else {
            return None;
        };
        Some(PlannedLabel { seq: event.seq, uri, value, at: event.witnessed.plus(self.delay) })
    }
}
