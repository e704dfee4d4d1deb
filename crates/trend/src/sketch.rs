//! Who uses a keyword, in at most 128 numbers: the smallest hashes of its authors (bottom-k sketch; Cohen and Kaplan
//! 2007, Beyer et al. 2007). How many authors two keywords share follows from the sketches alone, so that keywords
//! can be joined into topics where their posts are not at hand. Exact up to 128 authors.

/// Hashes kept: pairs are told apart as well as with all of them (ALGORITHM.md 1.4: F1 0.901 against 0.903).
const HASHES: usize = 128;

/// See the module. Ascending, distinct.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AuthorSketch(Vec<u64>);

impl AuthorSketch {
    /// Of the authors with these hashes, in any order, the same one any number of times.
    pub(crate) fn of(mut hashes: Vec<u64>) -> Self {
        hashes.sort_unstable();
        hashes.dedup();
        hashes.truncate(HASHES);
        Self(hashes)
    }

    /// Number of authors.
    pub(crate) fn authors(&self) -> f64 {
        match self.0.get(HASHES - 1) {
            Some(&largest) => estimate(largest),
            None => self.0.len() as f64,
        }
    }

    /// Whether both have an author in common, as far as their hashes tell.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let (left, right) = (self.0.as_slice(), other.0.as_slice());
        let (mut at_left, mut at_right) = (0, 0);
        while at_left < left.len() && at_right < right.len() {
            let (of_left, of_right) = (left[at_left], right[at_right]);
            if of_left == of_right {
                return true;
            }
            at_left += usize::from(of_left < of_right);
            at_right += usize::from(of_right < of_left);
        }
        false
    }

    /// Number of authors that are in both.
    pub(crate) fn shared_authors(&self, other: &Self) -> f64 {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let (mut union, mut shared, mut largest) = (0, 0, 0);
        // The smallest hashes of both together are a sketch of the union, as far as both reach.
        while union < HASHES {
            let next = match (left.peek(), right.peek()) {
                (Some(&&l), Some(&&r)) => l.min(r),
                (Some(&&l), None) if other.0.len() < HASHES => l,
                (None, Some(&&r)) if self.0.len() < HASHES => r,
                _ => break,
            };
            let in_left = left.next_if(|&&hash| hash == next).is_some();
            let in_right = right.next_if(|&&hash| hash == next).is_some();
            shared += u32::from(in_left && in_right);
            union += 1;
            largest = next;
        }
        let is_whole = left.peek().is_none() && right.peek().is_none() && union < HASHES;
        if is_whole || union == 0 {
            return f64::from(shared);
        }
        let all = if union < HASHES { union as f64 } else { estimate(largest) };
        f64::from(shared) / union as f64 * all
    }

    /// Share of the smaller one's authors who are in the larger one too, beyond what chance would do: among
    /// `authors_of_all` authors, or with the share `chance` if that is more. At most 1.
    pub(crate) fn containment(&self, other: &Self, authors_of_all: f64, chance: f64) -> f64 {
        let (left, right) = (self.authors(), other.authors());
        let (smaller, larger) = (left.min(right), left.max(right));
        if smaller < 1.0 {
            return 0.0;
        }
        let share = (self.shared_authors(other) / smaller).min(1.0);
        // Where nearly everybody uses the one word, little could be beyond chance.
        let chance = (larger / authors_of_all.max(1.0)).min(0.5).max(chance.min(0.9));
        (share - chance) / (1.0 - chance)
    }
}

/// Number of distinct values of which `largest` is the k-th smallest.
fn estimate(largest: u64) -> f64 {
    (HASHES - 1) as f64 / ((largest as f64 + 1.0) / 2.0_f64.powi(64))
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    fn sketch(authors: std::ops::Range<u64>) -> AuthorSketch {
        AuthorSketch::of(authors.map(|author| xxh3_64(&author.to_le_bytes())).collect())
    }

    fn assert_near(value: f64, expected: f64, tolerance: f64) {
        assert!((value - expected).abs() <= tolerance, "{value} is not near {expected}");
    }

    #[test]
    fn few_authors_are_counted_exactly() {
        let (left, right) = (sketch(0..40), sketch(30..60));
        assert_near(left.authors(), 40.0, 0.0);
        assert_near(left.shared_authors(&right), 10.0, 0.0);
        assert!(left.meets(&right) && !left.meets(&sketch(40..60)) && !left.meets(&AuthorSketch::default()));
        assert_near(left.containment(&right, 1e9, 0.0), 10.0 / 30.0, 1e-6);
        assert_near(AuthorSketch::default().containment(&left, 1e9, 0.0), 0.0, 0.0);
    }

    #[test]
    fn many_authors_are_estimated() {
        let (all, half, others) = (sketch(0..20_000), sketch(0..10_000), sketch(50_000..70_000));
        assert_near(all.authors() / 20_000.0, 1.0, 0.2);
        assert_near(half.containment(&all, 1e9, 0.0), 1.0, 0.2);
        assert_near(others.containment(&all, 1e9, 0.0), 0.0, 0.05);
        assert_near(sketch(0..1_000).containment(&sketch(500..4_000), 1e9, 0.0), 0.5, 0.2);
    }

    #[test]
    fn what_chance_does_is_taken_off() {
        // Half of all authors use the one word, so of the other word's too.
        let (common, rare) = (sketch(0..100), sketch(80..120));
        assert_near(rare.containment(&common, 200.0, 0.0), 0.0, 1e-9);
    }

    #[test]
    fn order_and_repetition_do_not_matter() {
        let hashes: Vec<u64> = (0..500_u64).map(|author| xxh3_64(&author.to_le_bytes())).collect();
        let mut turned = [hashes.as_slice(), hashes.as_slice()].concat();
        turned.reverse();
        assert_eq!(AuthorSketch::of(hashes), AuthorSketch::of(turned));
    }
}
