//! A large table of small sets of numbers of 32 bits, in parts that take memory when they are first written to: what
//! the bounded memories of authors and of pairs are kept in. What a number means is theirs; zero is none.

use crate::prefetch::prefetch;
use crate::settings::SHARDS;

/// Sets in the part of one shard.
const SETS_IN_SHARD: usize = 1 << 10;

/// Numbers in a cache line. A set, of 16 numbers or 8, lies within one.
const LINE_LEN: usize = 16;

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line([u32; LINE_LEN]);

type Part = Box<[Line]>;

/// See the module.
#[derive(Debug)]
pub(crate) struct Sets<const LEN: usize> {
    parts: Vec<Option<Part>>,
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
        Self::set_at(&mut self.parts[shard], hash as usize % SETS_IN_SHARD)
    }

    /// Asks for that set.
    pub(crate) fn prefetch(&self, shard: usize, hash: u64) {
        let line = hash as usize % SETS_IN_SHARD * LEN / LINE_LEN;
        prefetch(self.parts[shard].as_ref().map(|part| &part[line]));
    }

    fn set_at(part: &mut Option<Part>, place: usize) -> &mut [u32; LEN] {
        const { assert!(LINE_LEN.is_multiple_of(LEN)) };
        let lines = SETS_IN_SHARD * LEN / LINE_LEN;
        let part = part.get_or_insert_with(|| vec![Line([0; LINE_LEN]); lines].into_boxed_slice());
        let sets = part[place * LEN / LINE_LEN].0.as_chunks_mut().0;
        &mut sets[place % (LINE_LEN / LEN)]
    }

    /// All numbers that are not zero, to be changed.
    pub(crate) fn numbers_mut(&mut self) -> impl Iterator<Item = &mut u32> {
        let lines = self.parts.iter_mut().flatten().flat_map(|part| part.iter_mut());
        lines.flat_map(|line| &mut line.0).filter(|number| **number != 0)
    }

    /// The sets that are not empty, with their places.
    pub(crate) fn sets(&self) -> impl Iterator<Item = (usize, &[u32; LEN])> {
        let parts = self.parts.iter().enumerate();
        let all =
            parts.filter_map(|(shard, part)| Some((shard, part.as_ref()?))).flat_map(|(shard, part)| {
                let sets = part.iter().flat_map(|line| line.0.as_chunks().0);
                sets.enumerate().map(move |(place, set)| (shard * SETS_IN_SHARD + place, set))
            });
        all.filter(|(_, set)| set.iter().any(|&number| number != 0))
    }

    /// The set at a place, if there is such a place.
    pub(crate) fn set_mut(&mut self, place: usize) -> Option<&mut [u32; LEN]> {
        let part = self.parts.get_mut(place / SETS_IN_SHARD)?;
        Some(Self::set_at(part, place % SETS_IN_SHARD))
    }

    /// Bytes held.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.parts.iter().flatten().map(|part| size_of_val(&**part)).sum()
    }
}
