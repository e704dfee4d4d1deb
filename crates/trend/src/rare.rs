//! How often keywords that are too rare for a state were used, in eight megabytes. Without it nothing would tell a word
//! that three people use in a window now and then from one that nobody ever used, when either is admitted: the first
//! would stand out again and again, or the second too late.
//!
//! A keyword is known by 16 bits of its hash within one of 2^17 sets of sixteen; posts count half after a week, as in
//! baselines. Of a full set, the keyword with the fewest posts leaves, of several the one that was silent the longest.

use crate::keywords::shard_of;
use crate::sets::Sets;

/// Keywords in a set, which fills a cache line.
const SET_LEN: usize = 16;
/// Time is told apart by so many minutes, in six bits.
const GENERATION_MINUTES: i64 = 6 * 60;
const GENERATIONS: u32 = 64;
const GENERATIONS_TO_HALF: f64 = 28.0;
/// Posts are counted in quarters, in ten bits.
const QUARTERS: f64 = 4.0;
const QUARTERS_MAX: f64 = 1023.0;
/// Older ones are swept out, after at most so many steps of time, before six bits could take them for new.
const AGE_MAX: u32 = 48;
const STEP_MAX: i64 = (GENERATIONS - AGE_MAX - 1) as i64;

/// One keyword: 16 bits of identity, six of the time it was last used, ten of its posts. Zero is none.
#[derive(Clone, Copy)]
struct Rare(u32);

impl Rare {
    fn new(identity: u32, generation: u32, posts: f64) -> Self {
        let quarters = libm::round(posts * QUARTERS).clamp(1.0, QUARTERS_MAX);
        Self(identity << 16 | (generation % GENERATIONS) << 10 | quarters as u32)
    }

    fn identity(self) -> u32 {
        self.0 >> 16
    }

    fn age(self, generation: u32) -> u32 {
        generation.wrapping_sub(self.0 >> 10) % GENERATIONS
    }

    /// What its posts count by now.
    fn posts(self, generation: u32) -> f64 {
        let quarters = f64::from(self.0 & 0x3ff);
        quarters / QUARTERS * libm::exp2(-f64::from(self.age(generation)) / GENERATIONS_TO_HALF)
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct RareKeywords {
    pub(crate) sets: Sets<SET_LEN>,
    /// The present stretch of minutes, from the Unix epoch.
    pub(crate) generation: i64,
}

impl RareKeywords {
    pub(crate) fn new() -> Self {
        Self { sets: Sets::new(), generation: 0 }
    }

    /// Time has come to `minute`.
    pub(crate) fn advance(&mut self, minute: i64) {
        let generation = minute.div_euclid(GENERATION_MINUTES);
        if generation - self.generation >= i64::from(AGE_MAX) {
            self.sets.clear();
            self.generation = generation;
        }
        while self.generation < generation {
            self.generation = generation.min(self.generation + STEP_MAX);
            let now = now(self.generation);
            for number in self.sets.numbers_mut().filter(|number| Rare(**number).age(now) >= AGE_MAX) {
                *number = 0;
            }
        }
    }

    /// The keyword with this hash had `posts` more.
    pub(crate) fn note(&mut self, hash: u64, posts: f64) {
        let now = now(self.generation);
        let identity = identity_of(hash);
        let set = self.sets.set_of(shard_of(hash), hash >> 16);
        if let Some(number) =
            set.iter_mut().find(|number| **number != 0 && Rare(**number).identity() == identity)
        {
            *number = Rare::new(identity, now, Rare(*number).posts(now) + posts).0;
            return;
        }
        let worth = |number: u32| {
            if number == 0 { (0, 0) } else { (number & 0x3ff, GENERATIONS - Rare(number).age(now)) }
        };
        let least = (0..SET_LEN).min_by_key(|&place| worth(set[place])).unwrap_or(0);
        set[least] = Rare::new(identity, now, posts).0;
    }

    /// What the posts of the keyword with this hash count by now.
    pub(crate) fn posts(&mut self, hash: u64) -> f64 {
        let now = now(self.generation);
        let identity = identity_of(hash);
        let set = self.sets.set_of(shard_of(hash), hash >> 16);
        let found = set.iter().find(|&&number| number != 0 && Rare(number).identity() == identity);
        found.map_or(0.0, |&number| Rare(number).posts(now))
    }
}

fn identity_of(hash: u64) -> u32 {
    (hash & 0xffff) as u32
}

fn now(generation: i64) -> u32 {
    generation.rem_euclid(i64::from(GENERATIONS)) as u32
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    const START: i64 = 29_000_160;

    fn hash(number: u64) -> u64 {
        xxh3_64(&number.to_le_bytes())
    }

    #[test]
    fn posts_are_counted_and_fade() {
        let mut rare = RareKeywords::new();
        rare.advance(START);
        for _ in 0..6 {
            rare.note(hash(1), 1.0);
        }
        assert!((rare.posts(hash(1)) - 6.0).abs() < 1e-9);
        assert!(rare.posts(hash(2)).abs() < 1e-9);
        rare.advance(START + 7 * 24 * 60);
        assert!((rare.posts(hash(1)) - 3.0).abs() < 1e-9, "half after a week");
        rare.note(hash(1), 1000.0);
        assert!((rare.posts(hash(1)) - QUARTERS_MAX / QUARTERS).abs() < 1e-9);
        for days in [9, 18, 21] {
            rare.advance(START + days * 24 * 60);
        }
        assert!(rare.posts(hash(1)).abs() < 1e-9, "after days of silence it is as good as never used");
    }

    #[test]
    fn the_most_used_stay_when_there_are_more_than_fit() {
        let mut rare = RareKeywords::new();
        rare.advance(START);
        for number in 0..100_000 {
            rare.note(hash(number), 3.0);
        }
        for number in 1_000_000..4_000_000 {
            rare.note(hash(number), 1.0);
        }
        let kept = (0..100_000).filter(|&number| rare.posts(hash(number)) >= 3.0).count();
        assert!(kept > 99_000, "{kept}");
    }
}
