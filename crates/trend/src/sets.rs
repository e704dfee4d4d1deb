//! A large table of small sets of numbers of 32 bits, in parts that take memory when they are first written to: what
//! the bounded memories of authors and of pairs are kept in. What a number means is theirs; zero is none.

use crate::settings::SHARDS;

/// Sets in the part of one shard.
const SETS_IN_SHARD: usize = 1 << 10;

type Part<const LEN: usize> = Box<[[u32; LEN]]>;

/// See the module.
#[derive(Debug)]
pub(crate) struct Sets<const LEN: usize> {
    parts: Vec<Option<Part<LEN>>>,
}

impl<const LEN: usize> Sets<LEN> {
    pub(crate) fn new() -> Self {
        Self { parts: vec![None; SHARDS] }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.parts.fill(None);
    }

    /// The set in which something of `shard` with this hash is, or will be.
    pub(crate) fn set_of(&mut self, shard: usize, hash: u64) -> &mut [u32; LEN] {
        &mut Self::part(&mut self.parts[shard])[hash as usize % SETS_IN_SHARD]
    }

    fn part(part: &mut Option<Part<LEN>>) -> &mut [[u32; LEN]] {
        part.get_or_insert_with(|| vec![[0; LEN]; SETS_IN_SHARD].into_boxed_slice())
    }

    /// All numbers that are not zero, to be changed.
    pub(crate) fn numbers_mut(&mut self) -> impl Iterator<Item = &mut u32> {
        let sets = self.parts.iter_mut().flatten().flat_map(|part| part.iter_mut());
        sets.flatten().filter(|number| **number != 0)
    }

    /// The sets that are not empty, with their places.
    pub(crate) fn sets(&self) -> impl Iterator<Item = (usize, &[u32; LEN])> {
        let parts = self.parts.iter().enumerate();
        let all =
            parts.filter_map(|(shard, part)| Some((shard, part.as_ref()?))).flat_map(|(shard, part)| {
                part.iter().enumerate().map(move |(place, set)| (shard * SETS_IN_SHARD + place, set))
            });
        all.filter(|(_, set)| set.iter().any(|&number| number != 0))
    }

    /// The set at a place, if there is such a place.
    pub(crate) fn set_mut(&mut self, place: usize) -> Option<&mut [u32; LEN]> {
        let part = self.parts.get_mut(place / SETS_IN_SHARD)?;
        Some(&mut Self::part(part)[place % SETS_IN_SHARD])
    }

    /// Bytes held.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.parts.iter().flatten().map(|part| size_of_val(&**part)).sum()
    }
}
