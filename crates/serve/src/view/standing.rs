//! Which keyword's history leaves first, and whom it makes room for.
//!
//! By age alone, a window with more keywords than there is room for would push out every history in turn, and none
//! would ever be longer than one window. So use counts, too: a keyword that is used twice as much stays
//! [`DOUBLING`] longer. And since the keywords of a window come one after the other, those not yet counted in it
//! look older than they are: a newcomer must be worth a whole doubling more than the one that leaves for it.

use std::collections::BTreeSet;

use skytrend_event::Micros;
use skytrend_event::time::MINUTE;

use crate::KeywordKey;

/// How much longer a keyword is held for each doubling of its posts: half an hour, so that a word of 1,000 posts
/// outlives one of 10 by more than three hours, but not by the whole age of the histories.
const DOUBLING: i64 = 30 * MINUTE;

/// What decides how long a keyword's history is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Whether it has trended; those that have leave after all others.
    pub(super) trended: bool,
    /// The greatest [`weight`] of its records.
    pub(super) weight: i64,
    /// The end of its newest window.
    pub(super) newest: Micros,
}

/// The end of a window with one post that would be worth as much as this window. It never changes, whatever comes
/// later: all weights lose value at the same pace.
pub(super) fn weight(window_end: Micros, posts: u64) -> i64 {
    let posts = posts.max(1);
    let doublings = posts.ilog2();
    // The logarithm between two powers of two is taken as linear, in whole numbers: the same on every machine.
    let power = 1_u64 << doublings;
    let part = u128::from(posts - power) * u128::from(DOUBLING.unsigned_abs()) / u128::from(power);
    let part = i64::try_from(part).expect("posts are below twice the power, so it is below DOUBLING");
    window_end.plus(i64::from(doublings) * DOUBLING + part).0
}

/// The keywords held, in the orders in which they leave.
#[derive(Debug, Default)]
pub(super) struct LeavingOrder {
    by_weight: BTreeSet<(bool, i64, KeywordKey)>,
    by_end: BTreeSet<(Micros, KeywordKey)>,
}

impl LeavingOrder {
    pub(super) fn insert(&mut self, key: &KeywordKey, standing: Standing) {
        self.by_weight.insert((standing.trended, standing.weight, key.clone()));
        self.by_end.insert((standing.newest, key.clone()));
    }

    pub(super) fn remove(&mut self, key: &KeywordKey, standing: Standing) {
        self.by_weight.remove(&(standing.trended, standing.weight, key.clone()));
        self.by_end.remove(&(standing.newest, key.clone()));
    }

    /// The one to leave for a newcomer of this weight; none if the newcomer isn't worth it. A trend always is, unless
    /// nothing is held.
    pub(super) fn leaves_for(&self, is_trend: bool, weight: i64) -> Option<KeywordKey> {
        let (trended, lightest, key) = self.by_weight.first()?;
        let is_worth_it = !trended && weight >= lightest.saturating_add(DOUBLING);
        (is_trend || is_worth_it).then(|| key.clone())
    }

    /// One whose newest window ended at or before `horizon`.
    pub(super) fn ended_by(&self, horizon: Micros) -> Option<KeywordKey> {
        self.by_end.first().filter(|(newest, _)| *newest <= horizon).map(|(_, key)| key.clone())
    }

    /// Whether both orders name as many keywords as are held.
    #[cfg(test)]
    pub(super) fn sizes_are(&self, keywords: usize) -> bool {
        self.by_weight.len() == keywords && self.by_end.len() == keywords
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_doubling_is_worth_half_an_hour() {
        let noon = Micros(1_740_830_400_000_000);
        assert_eq!(weight(noon, 1), noon.0);
        assert_eq!(weight(noon, 8), noon.plus(3 * DOUBLING).0);
        let between = weight(noon, 12) - noon.plus(3 * DOUBLING).0;
        assert_eq!(between, DOUBLING / 2);
    }

    proptest! {
        #[test]
        fn more_posts_never_weigh_less(end: i64, posts in 0..u64::MAX) {
            prop_assert!(weight(Micros(end), posts) <= weight(Micros(end), posts + 1));
        }
    }
}
