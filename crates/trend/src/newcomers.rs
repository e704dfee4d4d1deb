//! Who is new here: since when authors have been seen, in four megabytes whatever their number. Accounts that are made
//! for one campaign have no past; a topic with far more newcomers than there usually are beside so many others is not
//! people who talk, so those beyond what is usual are not counted ([`surplus`]).
//!
//! An author is known by 20 bits of its hash within one of 2^17 sets of eight, so that one in 100,000 newcomers is
//! taken for somebody else. Of a full set, who has been silent for the longest leaves.

use skytrend_event::Micros;
use skytrend_event::time::HOUR;

use crate::keywords::shard_of;
use crate::sets::Sets;

/// Authors in a set.
const SET_LEN: usize = 8;
/// Days are told apart by halves, in six bits.
const HALF_DAY: i64 = 12 * HOUR;
const TIMES: u32 = 64;
/// An author is new until the second half-day after the first post: for 12 to 24 hours.
const NEW_HALF_DAYS: u32 = 2;
/// Who was silent for so many half-days, a month, is forgotten; six bits could not tell.
const SILENT_MAX: u32 = 60;
/// Who has been here for longer than this is known as here for so long.
const AGE_MAX: u32 = 40;

/// With such a share of newcomers we are new ourselves, and nothing follows from it.
const ALL_ARE_NEW: f64 = 0.8;

/// One author: 20 bits of identity (never zero), six of when first seen, six of when last seen. Zero is none.
#[derive(Clone, Copy)]
struct Seen(u32);

impl Seen {
    fn new(identity: u32, first: u32, last: u32) -> Self {
        Self(identity << 12 | (first % TIMES) << 6 | (last % TIMES))
    }

    fn identity(self) -> u32 {
        self.0 >> 12
    }

    /// Half-days since the first post.
    fn age(self, now: u32) -> u32 {
        now.wrapping_sub(self.0 >> 6) % TIMES
    }

    /// Half-days since the last post.
    fn silence(self, now: u32) -> u32 {
        now.wrapping_sub(self.0) % TIMES
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct SeenAuthors {
    pub(crate) sets: Sets<SET_LEN>,
    /// The present half-day, from the Unix epoch.
    pub(crate) half_day: i64,
}

impl SeenAuthors {
    pub(crate) fn new() -> Self {
        Self { sets: Sets::new(), half_day: 0 }
    }

    /// Time has come to `instant`: forgets who was silent for too long.
    pub(crate) fn advance(&mut self, instant: Micros) {
        let half_day = instant.0.div_euclid(HALF_DAY);
        // Steps of one: the six bits of everybody are put right before they could come round.
        if half_day - self.half_day > i64::from(SILENT_MAX) {
            self.sets.clear();
            self.half_day = half_day;
        }
        while self.half_day < half_day {
            self.half_day += 1;
            let now = self.now();
            for number in self.sets.numbers_mut() {
                let seen = Seen(*number);
                if seen.silence(now) >= SILENT_MAX {
                    *number = 0;
                } else if seen.age(now) > AGE_MAX {
                    let last = now.wrapping_sub(seen.silence(now));
                    *number = Seen::new(seen.identity(), now.wrapping_sub(AGE_MAX), last).0;
                }
            }
        }
    }

    /// Asks for what [`Self::see`] will read.
    pub(crate) fn prefetch(&self, author_hash: u64) {
        self.sets.prefetch(shard_of(author_hash), author_hash);
    }

    /// The author posts now; whether it is new.
    pub(crate) fn see(&mut self, author_hash: u64) -> bool {
        let now = self.now();
        // Bits that tell neither the shard nor the set.
        let identity = (author_hash >> 10 & 0xf_ffff).max(1) as u32;
        let set = self.sets.set_of(shard_of(author_hash), author_hash);
        if let Some(number) = set.iter_mut().find(|number| Seen(**number).identity() == identity) {
            let age = Seen(*number).age(now);
            *number = Seen::new(identity, now.wrapping_sub(age), now).0;
            return age < NEW_HALF_DAYS;
        }
        // An empty place is as good as one that has been silent for ever.
        let silence = |number: u32| if number == 0 { u32::MAX } else { Seen(number).silence(now) };
        let longest = (0..SET_LEN).rev().max_by_key(|&place| silence(set[place])).unwrap_or(0);
        set[longest] = Seen::new(identity, now, now).0;
        true
    }

    fn now(&self) -> u32 {
        self.half_day.rem_euclid(i64::from(TIMES)) as u32
    }
}

/// How many of `newcomers` among `authors` are more than is usual where a share of `usual` of all posts comes from
/// newcomers: more than beside so many others and one, by three standard deviations and one.
pub(crate) fn surplus(newcomers: u32, authors: u32, usual: f64) -> f64 {
    if usual >= ALL_ARE_NEW {
        return 0.0;
    }
    let others = f64::from(authors) - f64::from(newcomers);
    let expected = (others + 1.0) * usual / (1.0 - usual);
    (f64::from(newcomers) - expected - 3.0 * libm::sqrt(expected) - 1.0).max(0.0)
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    fn at(half_day: i64) -> Micros {
        Micros((40_000 + half_day) * HALF_DAY)
    }

    fn author(number: u64) -> u64 {
        xxh3_64(&number.to_le_bytes())
    }

    #[test]
    fn an_author_is_new_for_a_day_and_known_until_a_month_of_silence() {
        let mut seen = SeenAuthors::new();
        let mut is_new = |half_day: i64| {
            seen.advance(at(half_day));
            seen.see(author(1))
        };
        assert!(is_new(0) && is_new(0) && is_new(1));
        assert!(!is_new(2) && !is_new(50));
        assert!((51..300).step_by(20).all(|half_day| !is_new(half_day)), "for ever, while it posts");
        assert!(is_new(291 + 60));
        assert!(is_new(10_000));
    }

    #[test]
    fn a_full_set_forgets_who_was_silent_the_longest() {
        let mut seen = SeenAuthors::new();
        seen.advance(at(0));
        // The set is in the ten lower bits, the identity in those above.
        let of_one_set = |number: u64| number << 10 | 7;
        for number in 1..=8 {
            seen.see(of_one_set(number));
        }
        seen.advance(at(3));
        for number in (1..=8).filter(|&number| number != 5) {
            assert!(!seen.see(of_one_set(number)));
        }
        assert!(seen.see(of_one_set(9)));
        assert!(!seen.see(of_one_set(8)));
        assert!(seen.see(of_one_set(5)), "was forgotten");
    }

    #[test]
    fn many_authors_are_told_apart() {
        let mut seen = SeenAuthors::new();
        seen.advance(at(0));
        let new = |seen: &mut SeenAuthors, numbers: std::ops::Range<u64>| {
            numbers.filter(|&number| seen.see(author(number))).count()
        };
        assert_eq!(new(&mut seen, 0..200_000), 200_000);
        seen.advance(at(4));
        assert!(new(&mut seen, 0..200_000) < 100, "next to all of them are known again");
        assert!(new(&mut seen, 200_000..300_000) > 99_990);
    }

    #[test]
    fn only_more_newcomers_than_usual_are_surplus() {
        let near = |value: f64, expected: f64| (value - expected).abs() < 1e-9;
        assert!(near(surplus(10, 100, 0.1), 0.0));
        assert!(near(surplus(100, 100, 0.2), 100.0 - 0.25 - 1.5 - 1.0), "nobody else is there");
        assert!(near(surplus(28, 117, 0.1), 28.0 - 10.0 - 3.0 * 10.0_f64.sqrt() - 1.0));
        assert!(near(surplus(5, 5, 0.5), 0.0), "five newcomers are no campaign where every other one is new");
        assert!(near(surplus(100, 100, 1.0), 0.0), "all are new when we are");
        assert!(near(surplus(5, 5, 0.0), 4.0));
    }
}
