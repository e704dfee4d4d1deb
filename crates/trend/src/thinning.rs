//! Which likes and reposts count, where they count less than a post: a weight below one is not a fraction of a voice
//! but a fraction of the voices, each whole or not at all. So everything that is counted stays a whole number, and one
//! author stays one author.
//!
//! Who counts follows from who engages with what, and from nothing else: the same every time, in every process, and for
//! the same post withdrawn and liked again. Of many, the share that counts is the weight.

use xxhash_rust::xxh3::Xxh3;

/// How somebody engages with a post. The order is that of their inputs, and of their effects at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EngagementKind {
    Repost,
    Like,
}

impl EngagementKind {
    /// Tells the kinds apart in hashes and snapshots; for ever.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Repost => 1,
            Self::Like => 2,
        }
    }
}

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Thinning {
    /// Hashes below this count; beyond 64 bits for a weight of one.
    below: u128,
}

impl Thinning {
    /// For a weight of 0 to 1.
    pub(crate) fn of(weight: f64) -> Self {
        const HASHES: f64 = (1_u128 << 64) as f64;
        // Exact: a product by a power of two, and no more than 2^64.
        Self { below: (weight * HASHES) as u128 }
    }

    /// Whether the engagement of the account `engager` with the post `subject` counts.
    pub(crate) fn keeps(self, kind: EngagementKind, engager: &str, subject: &str) -> bool {
        let mut hash = Xxh3::new();
        hash.update(&[kind.number()]);
        hash.update(engager.as_bytes());
        // In neither of them, so that it is clear where one ends.
        hash.update(b"\n");
        hash.update(subject.as_bytes());
        u128::from(hash.digest()) < self.below
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SUBJECT: &str = "at://did:plc:author/app.bsky.feed.post/3l";

    #[test]
    fn all_count_for_one_and_none_for_nothing() {
        for engager in 0..1_000 {
            let engager = format!("did:plc:{engager}");
            assert!(Thinning::of(1.0).keeps(EngagementKind::Like, &engager, SUBJECT));
            assert!(!Thinning::of(0.0).keeps(EngagementKind::Like, &engager, SUBJECT));
        }
        assert_eq!(Thinning::of(1.0).below, 1 << 64);
    }

    #[test]
    fn who_counts_is_the_same_for_ever() {
        let kept = |kind| {
            let keeps =
                |engager: &u32| Thinning::of(0.25).keeps(kind, &format!("did:plc:{engager}"), SUBJECT);
            (0..20).filter(keeps).collect::<Vec<_>>()
        };
        assert_eq!(kept(EngagementKind::Repost), [2, 11, 12, 15, 16]);
        assert_eq!(kept(EngagementKind::Like), [0, 1, 7, 16, 17, 18]);
    }

    proptest! {
        #[test]
        fn the_share_that_counts_is_the_weight(weight in 0.0..=1.0, world in any::<u64>()) {
            const MANY: u32 = 20_000;
            let thinning = Thinning::of(weight);
            // Half of one post's, half of one account's.
            let keeps = |number: &u32| {
                let (engager, subject) = (format!("did:plc:{world}{number}"), format!("{SUBJECT}{world}{number}"));
                match number % 2 {
                    0 => thinning.keeps(EngagementKind::Like, &engager, SUBJECT),
                    _ => thinning.keeps(EngagementKind::Repost, "did:plc:one", &subject),
                }
            };
            let kept = (0..MANY).filter(keeps).count() as f64;
            let (expected, deviation) = (f64::from(MANY) * weight, (f64::from(MANY) * weight * (1.0 - weight)).sqrt());
            // Six deviations: one in a billion.
            prop_assert!((kept - expected).abs() <= 6.0 * deviation + 1.0, "{kept} of {expected}");
        }

        #[test]
        fn a_larger_weight_keeps_what_a_smaller_one_does(one in 0.0..=1.0, other in 0.0..=1.0, engager in 0..1_000) {
            let engager = format!("did:plc:{engager}");
            let keeps = |weight: f64| Thinning::of(weight).keeps(EngagementKind::Repost, &engager, SUBJECT);
            prop_assert!(keeps(f64::max(one, other)) || !keeps(f64::min(one, other)));
        }
    }
}
