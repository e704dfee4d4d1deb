//! Sets of events by index, as ranges: what a server never sent, so that the oracle does not count it.

use std::ops::Range;

/// Ranges in a set at most; one more joins its two nearest, which errs on the side of "is in the set".
const RANGES_MAX: usize = 65_536;

/// A set of event indexes, kept as sorted ranges that don't touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexSet {
    ranges: Vec<Range<u64>>,
}

impl IndexSet {
    /// Adds one index; cheap when indexes come in order.
    pub fn insert(&mut self, index: u64) {
        if let Some(last) = self.ranges.last_mut()
            && last.end == index
        {
            last.end += 1;
            return;
        }
        self.insert_range(index..index + 1);
    }

    /// Adds a range; an empty one adds nothing.
    pub fn insert_range(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let from = self.ranges.partition_point(|have| have.end < range.start);
        let to = self.ranges.partition_point(|have| have.start <= range.end);
        let start = self
            .ranges
            .get(from)
            .filter(|_| from < to)
            .map_or(range.start, |have| have.start.min(range.start));
        let end = self.ranges[from..to].last().map_or(range.end, |have| have.end.max(range.end));
        self.ranges.splice(from..to, std::iter::once(start..end));
        if self.ranges.len() > RANGES_MAX {
            self.join_nearest();
        }
    }

    fn join_nearest(&mut self) {
        let gap = |at: &usize| self.ranges[at + 1].start - self.ranges[*at].end;
        let Some(at) = (0..self.ranges.len() - 1).min_by_key(gap) else { return };
        self.ranges[at].end = self.ranges.remove(at + 1).end;
    }

    /// Whether this index is in it.
    pub fn contains(&self, index: u64) -> bool {
        let at = self.ranges.partition_point(|have| have.end <= index);
        self.ranges.get(at).is_some_and(|have| have.start <= index)
    }

    /// All indexes that are not in it, up to the largest that there can be.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut ranges = Vec::with_capacity(self.ranges.len() + 1);
        let mut from = 0;
        for have in &self.ranges {
            ranges.extend((from < have.start).then_some(from..have.start));
            from = have.end;
        }
        ranges.push(from..u64::MAX);
        Self { ranges }
    }

    /// The ranges, in order.
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.ranges
    }

    /// One more than the largest index; 0 when empty.
    pub fn end(&self) -> u64 {
        self.ranges.last().map_or(0, |last| last.end)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set(ranges in prop::collection::vec((0_u64..60, 0_u64..8), 0..20), single in prop::collection::vec(0_u64..80, 0..20)) {
            let (mut set, mut plain) = (IndexSet::default(), BTreeSet::new());
            for (start, length) in ranges {
                set.insert_range(start..start + length);
                plain.extend(start..start + length);
            }
            for index in single {
                set.insert(index);
                plain.insert(index);
            }
            let rest = set.complement();
            for index in 0..100 {
                prop_assert_eq!(set.contains(index), plain.contains(&index));
                prop_assert_eq!(rest.contains(index), !plain.contains(&index));
            }
            prop_assert!(set.ranges().windows(2).all(|pair| pair[0].end < pair[1].start));
            prop_assert_eq!(set.end(), plain.last().map_or(0, |last| last + 1));
        }
    }
}
