//! A topic's life across windows: its id, who stood for it, how much there was of it, whether it rises or fades, its
//! place. What belongs together within one window is `group`'s.

use skytrend_event::{Micros, TrendStatus};
use xxhash_rust::xxh3::xxh3_64;

use super::candidate::{Candidate, KeywordKey};

/// A trend starts to rise or to fade when this share of what it has came or went within ten minutes, …
const STEADY_SHARE: f64 = 0.15;
/// … when it did the opposite before, this share, …
const TURN_SHARE: f64 = 0.3;
/// … and goes on rising with this share.
const RISING_SHARE: f64 = 0.05;
/// What is below this share of its most is fading even where it is steady.
const PEAK_SHARE: f64 = 0.6;
/// Velocities are per minute, over this long.
const VELOCITY_MINUTES: f64 = 10.0;

/// Names a topic as long as it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TopicId(pub(crate) u64);

impl TopicId {
    /// Of a topic that `key` starts at `started_at`.
    pub(super) fn new(key: &KeywordKey, started_at: Micros) -> Self {
        let name = format!("{}\0{:?}\0{}", key.0, key.1, started_at.0);
        Self(xxh3_64(name.as_bytes()))
    }

    pub(super) fn text(self) -> String {
        format!("{:016x}", self.0)
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Topic {
    /// The keyword that stands for it.
    pub(crate) leader: KeywordKey,
    pub(crate) display: String,
    pub(crate) started_at: Micros,
    pub(crate) status: TrendStatus,
    /// The most that was observed of it.
    pub(crate) observed_max: f64,
    /// Place in the window before.
    pub(crate) rank: u32,
    /// Whether it was ever output.
    pub(crate) is_known: bool,
}

impl Topic {
    /// One that starts with the window that ends at `window_end`.
    pub(super) fn new(leader: &Candidate, window_end: Micros) -> Self {
        Self {
            leader: leader.key.clone(),
            display: leader.display.clone(),
            started_at: window_end,
            status: TrendStatus::Started,
            observed_max: 0.0,
            rank: 0,
            is_known: false,
        }
    }

    /// Goes on with one more window, in which `leader` stands for it; `is_new`: it had none before.
    pub(super) fn advance(&mut self, leader: &Candidate, rank: u32, is_new: bool, is_output: bool) {
        let observed = leader.observed();
        self.observed_max = self.observed_max.max(observed);
        let becomes_known = is_output && !self.is_known;
        self.status = if is_new || becomes_known {
            TrendStatus::Started
        } else {
            next_status(self.status, observed, self.observed_max, leader.assessment.velocity)
        };
        self.leader.clone_from(&leader.key);
        self.display.clone_from(&leader.display);
        self.rank = rank;
        self.is_known |= is_output;
    }
}

/// With two thresholds apart, so that it does not flicker.
fn next_status(before: TrendStatus, observed: f64, observed_max: f64, velocity: f64) -> TrendStatus {
    let change = velocity * VELOCITY_MINUTES / observed.max(1.0);
    let (to_rise, to_fade) = match before {
        TrendStatus::Fading | TrendStatus::Ended => (TURN_SHARE, STEADY_SHARE),
        TrendStatus::Started | TrendStatus::Rising => (RISING_SHARE, TURN_SHARE),
        TrendStatus::Peaking => (STEADY_SHARE, STEADY_SHARE),
    };
    if change > to_rise {
        TrendStatus::Rising
    } else if change < -to_fade || observed < PEAK_SHARE * observed_max {
        TrendStatus::Fading
    } else if before == TrendStatus::Fading {
        before
    } else {
        TrendStatus::Peaking
    }
}

/// Orders topics by score, but so that one passes another only with clearly more: places are not to flicker with every
/// post. Each has its score and its place in the window before, if it had one; new ones take the place of their score.
pub(super) fn ranked(topics: &[(f64, Option<u32>)]) -> Vec<usize> {
    /// One passes with so much more than the other,
    const MARGIN_SHARE: f64 = 0.1;
    /// and with at least so many authors more.
    const MARGIN_AUTHORS: f64 = 1.0;
    let mut order: Vec<usize> = (0..topics.len()).filter(|&index| topics[index].1.is_some()).collect();
    order.sort_unstable_by_key(|&index| (topics[index].1, index));
    let passes = |over: f64, under: f64| over > under + (MARGIN_SHARE * under.abs()).max(MARGIN_AUTHORS);
    for end in 1..order.len() {
        let mut place = end;
        while place > 0 && passes(topics[order[place]].0, topics[order[place - 1]].0) {
            order.swap(place, place - 1);
            place -= 1;
        }
    }
    for index in (0..topics.len()).filter(|&index| topics[index].1.is_none()) {
        let place = order.iter().position(|&other| topics[other].0 < topics[index].0).unwrap_or(order.len());
        order.insert(place, index);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use TrendStatus::{Fading, Peaking, Rising, Started};

    #[test]
    fn a_topic_rises_peaks_and_fades_without_flicker() {
        let observed = [0.0, 20.0, 60.0, 90.0, 95.0, 96.0, 94.0, 97.0, 90.0, 70.0, 55.0, 57.0, 50.0, 30.0];
        let (mut status, mut most): (TrendStatus, f64) = (Started, 0.0);
        let mut seen = Vec::new();
        for ten_minutes in observed.windows(2) {
            most = most.max(ten_minutes[1]);
            status = next_status(status, ten_minutes[1], most, (ten_minutes[1] - ten_minutes[0]) / 10.0);
            seen.push(status);
        }
        assert_eq!(seen[..4], [Rising; 4]);
        assert_eq!(seen[4..8], [Peaking; 4]);
        assert_eq!(seen[8..], [Fading; 5], "a little more in between is no rise");
        assert_eq!(next_status(Fading, 90.0, 97.0, 5.0), Rising, "a clear one is");
    }

    #[test]
    fn places_change_only_for_clearly_more() {
        assert_eq!(ranked(&[(10.0, None), (30.0, None), (20.0, None)]), [1, 2, 0]);
        assert_eq!(ranked(&[(30.0, Some(1)), (32.0, Some(2))]), [0, 1], "not for 7 %");
        assert_eq!(ranked(&[(30.0, Some(1)), (35.0, Some(2))]), [1, 0]);
        assert_eq!(ranked(&[(-1.0, Some(1)), (-0.5, Some(2))]), [0, 1]);
        assert_eq!(ranked(&[(30.0, Some(1)), (10.0, Some(2)), (20.0, None)]), [0, 2, 1]);
        assert_eq!(ranked(&[(1.0, Some(1)), (2.5, Some(2)), (90.0, Some(3))]), [2, 1, 0]);
    }

    #[test]
    fn ids_differ_by_keyword_kind_and_start() {
        use skytrend_event::KeywordKind::{Hashtag, Word};
        let id = |name: &str, kind, start| TopicId::new(&(name.to_owned(), kind), Micros(start));
        let first = id("ai", Word, 5);
        assert_eq!(first, id("ai", Word, 5));
        for other in [id("ai", Hashtag, 5), id("ai", Word, 6), id("a", Word, 5)] {
            assert_ne!(first, other);
        }
        assert_eq!(TopicId(10).text(), "000000000000000a");
    }
}
