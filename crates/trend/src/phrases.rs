//! How often neighbours are used together. Nearly all pairs of words of a post are never seen again, so they get no
//! place among the keywords; this table counts them in eight megabytes. Which ones are phrases is decided by those
//! who know how often each of the words is used (`engine/phrases.rs`).
//!
//! A pair is known by 18 bits of its hash within one of 2^17 sets, so next to no pair is taken for another one. Of a
//! full set, the pair that was silent for the longest leaves, of several the one with the fewest posts.

use crate::keywords::shard_of;
use crate::sets::Sets;

/// Pairs in a set, which fills a cache line.
const SET_LEN: usize = 16;
/// Pairs are counted over the present and half of the last stretch of so many minutes.
const GENERATION_MINUTES: i64 = 10;
const GENERATIONS: u32 = 64;
/// Counting stops here.
const COUNT_MAX: u32 = 255;

/// One pair: 18 bits of identity (never zero), six of the stretch it was last seen in, eight of its count. Zero is
/// none.
#[derive(Clone, Copy)]
struct Pair(u32);

impl Pair {
    fn new(identity: u32, generation: u32, count: u32) -> Self {
        Self(identity << 14 | (generation % GENERATIONS) << 8 | count.min(COUNT_MAX))
    }

    fn identity(self) -> u32 {
        self.0 >> 14
    }

    fn age(self, generation: u32) -> u32 {
        generation.wrapping_sub(self.0 >> 8) % GENERATIONS
    }

    fn count(self) -> u32 {
        self.0 & COUNT_MAX
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct PhraseCounts {
    pub(crate) sets: Sets<SET_LEN>,
    /// The present stretch of minutes, from the Unix epoch.
    pub(crate) generation: i64,
}

impl PhraseCounts {
    pub(crate) fn new() -> Self {
        Self { sets: Sets::new(), generation: 0 }
    }

    /// Time has come to `minute`.
    pub(crate) fn advance(&mut self, minute: i64) {
        let generation = minute.div_euclid(GENERATION_MINUTES);
        // Six bits can't tell older ones from new ones.
        if generation - self.generation >= i64::from(GENERATIONS) / 2 {
            self.sets.clear();
        } else if generation > self.generation && generation % (i64::from(GENERATIONS) / 4) == 0 {
            self.forget(generation);
        }
        self.generation = generation.max(self.generation);
    }

    /// Removes the pairs that count for nothing any more.
    fn forget(&mut self, generation: i64) {
        let now = now(generation);
        for number in self.sets.numbers_mut().filter(|number| Pair(**number).age(now) >= 2) {
            *number = 0;
        }
    }

    /// Asks for what [`Self::note`] will read.
    pub(crate) fn prefetch(&self, hash: u64) {
        self.sets.prefetch(shard_of(hash), set_hash(hash));
    }

    /// One more post with the pair; how many there were lately, this one too.
    pub(crate) fn note(&mut self, hash: u64) -> u32 {
        let now = now(self.generation);
        let identity = (hash as u32 & ((1 << 18) - 1)).max(1);
        let set = self.sets.set_of(shard_of(hash), set_hash(hash));
        if let Some(place) = place_of(identity, set) {
            let number = &mut set[place];
            let pair = Pair(*number);
            let before = match pair.age(now) {
                0 => pair.count(),
                1 => pair.count() / 2,
                _ => 0,
            };
            let noted = Pair::new(identity, now, before + 1);
            *number = noted.0;
            return noted.count();
        }
        set[least_worth(set, now)] = Pair::new(identity, now, 1).0;
        1
    }
}

/// Where in the set the pair with this identity is. All places are compared, which takes no longer than two.
fn place_of(identity: u32, set: &[u32; SET_LEN]) -> Option<usize> {
    let is_it = set.map(|number| u32::from(Pair(number).identity() == identity));
    let places = (0..SET_LEN).fold(0, |places, place| places | is_it[place] << place);
    (places != 0).then(|| places.trailing_zeros() as usize)
}

/// The place of the pair that was silent for the longest, of several the one with the fewest posts. An empty place is
/// as good as one that has been silent for ever.
fn least_worth(set: &[u32; SET_LEN], now: u32) -> usize {
    let worth = |number: u32| (GENERATIONS - Pair(number).age(now)) << 8 | Pair(number).count();
    let worths = set.map(|number| if number == 0 { 0 } else { worth(number) });
    // A worth has 15 bits. With the place below it the least one says where it is.
    let least =
        (0..SET_LEN as u32).fold(u32::MAX, |least, place| least.min(worths[place as usize] << 4 | place));
    least as usize % SET_LEN
}

fn set_hash(hash: u64) -> u64 {
    hash >> 22
}

fn now(generation: i64) -> u32 {
    generation.rem_euclid(i64::from(GENERATIONS)) as u32
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    const START: i64 = 29_000_000;

    fn pair(number: u64) -> u64 {
        xxh3_64(&number.to_le_bytes())
    }

    #[test]
    fn counts_over_a_quarter_of_an_hour() {
        let mut counts = PhraseCounts::new();
        let mut note = |minute| {
            counts.advance(START + minute);
            counts.note(pair(1))
        };
        assert_eq!([note(0), note(3), note(9)], [1, 2, 3]);
        assert_eq!(note(10), 2, "what came in the ten minutes before counts half");
        assert_eq!(note(30), 1, "what came before that counts nothing");
        assert_eq!(note(100_000), 1);
        assert_eq!((0..300).map(|_| note(100_001)).max(), Some(COUNT_MAX));
    }

    #[test]
    fn pairs_are_told_apart_until_the_table_is_full() {
        let mut counts = PhraseCounts::new();
        counts.advance(START);
        assert!((0..500_000).all(|number| counts.note(pair(number)) <= 2));
        let again = (0..500_000).filter(|&number| counts.note(pair(number)) >= 2).count();
        assert!(again > 499_000, "{again}");
        // Three times as many as there is room for: those seen more often stay.
        counts.advance(START + 10);
        for number in 1_000_000..7_000_000 {
            counts.note(pair(number));
        }
        assert!(counts.note(pair(6_999_999)) >= 2, "the last one is there");
    }

    #[test]
    fn old_pairs_do_not_come_back_when_the_numbers_of_stretches_come_round() {
        let mut counts = PhraseCounts::new();
        for stretch in 0..200 {
            counts.advance(START + 10 * stretch);
            assert_eq!(counts.note(pair(stretch.cast_unsigned() % 70)), 1, "stretch {stretch}");
        }
    }
}
