//! A signature of 64 bits by which near-copies of a text are known: eight min-hashes of its word pairs, one byte each
//! (Broder 1997). The expected share of equal bytes is the share of word pairs that two texts have in common, so the
//! threshold of five equal bytes finds a copy in which one word of fourteen was changed with a probability of 0.86, and
//! one with a word before or after it of 0.98; texts that share a twentieth of their pairs are taken for copies once in
//! 40,000 times.
//!
//! `SimHash` of 64 bits at a distance of 6 was the other choice. On texts as short as posts one changed word moves it
//! by about 8 bits, so it finds only copies that differ in links, mentions, numbers or punctuation, which have no
//! part here in the first place.

/// Min-hashes in a signature, one byte each.
const LANES: usize = 8;
/// Two texts are near-copies if at least this many of their eight bytes are equal.
const EQUAL_LANES_MIN: u32 = 5;
/// A text has a signature from this many word pairs on: short texts are often equal by chance ("good morning all").
const PAIRS_MIN: u32 = 3;
/// Two bytes of the signature each; by the pigeonhole principle, near-copies agree in at least one of the four.
pub(crate) const BANDS: usize = 4;

/// Fixed points to which each lane looks for the nearest pair (by exclusive or); hexadecimal digits of pi.
const LANE_POINTS: [u64; LANES] = [
    0x243f_6a88_85a3_08d3,
    0x1319_8a2e_0370_7344,
    0xa409_3822_299f_31d0,
    0x082e_fa98_ec4e_6c89,
    0x4528_21e6_38d0_1377,
    0xbe54_66cf_34e9_0c6c,
    0xc0ac_29b7_c97c_50dd,
    0x3f84_d5b5_b547_0917,
];

/// The signature of a text, or that it has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signature(pub(crate) u64);

impl Signature {
    /// Of a text that is too short to be called a copy.
    pub(crate) const NONE: Self = Self(0);

    /// Whether the two texts are near-copies; never where one has no signature.
    pub(crate) fn is_near(self, other: Self) -> bool {
        // A byte of the difference is zero exactly where the high bit is clear after both steps.
        const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
        let difference = self.0 ^ other.0;
        let differing = (((difference & LOW) + LOW) | difference) & !LOW;
        differing.count_ones() <= LANES as u32 - EQUAL_LANES_MIN && self != Self::NONE && other != Self::NONE
    }

    /// The sixteen bits of band `band`.
    pub(crate) fn band(self, band: usize) -> u16 {
        (self.0 >> (16 * band)) as u16
    }
}

/// Builds the signature word by word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignatureBuilder {
    nearest: [u64; LANES],
    /// The word before, and whether it is a stop word.
    before: Option<(u64, bool)>,
    pairs: u32,
}

impl Default for SignatureBuilder {
    fn default() -> Self {
        Self { nearest: [u64::MAX; LANES], before: None, pairs: 0 }
    }
}

impl SignatureBuilder {
    /// Starts a new text.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes the hash of the next word. Pairs of stop words ("in the") say nothing about a text.
    pub(crate) fn push(&mut self, word: u64, is_stop_word: bool) {
        if let Some((before, _)) =
            self.before.replace((word, is_stop_word)).filter(|(_, stop)| !(*stop && is_stop_word))
        {
            let pair = mix(before.rotate_left(23) ^ word);
            for (nearest, point) in self.nearest.iter_mut().zip(LANE_POINTS) {
                *nearest = (*nearest).min(pair ^ point);
            }
            self.pairs += 1;
        }
    }

    /// The signature of the words so far.
    pub(crate) fn finish(&self) -> Signature {
        if self.pairs < PAIRS_MIN {
            return Signature::NONE;
        }
        let lanes = self.nearest.iter().zip(LANE_POINTS);
        let bits = lanes.fold(0, |bits, (nearest, point)| bits << 8 | (mix(nearest ^ point) & 0xff));
        // Zero says "none"; the neighbour is one of 2^64 as good.
        Signature(bits.max(1))
    }
}

/// Spreads the bits of a hash (the finaliser of `MurmurHash3`).
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ (bits >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature_of(text: &str) -> Signature {
        let mut builder = SignatureBuilder::default();
        for word in text.split(' ') {
            builder.push(xxhash_rust::xxh3::xxh3_64(word.as_bytes()), false);
        }
        builder.finish()
    }

    #[test]
    fn near_counts_equal_bytes() {
        let signature = Signature(0x0102_0304_0506_0708);
        assert!(signature.is_near(signature));
        assert!(signature.is_near(Signature(0xffff_ff04_0506_0708)));
        assert!(!signature.is_near(Signature(0xffff_ffff_0506_0708)));
        assert!(
            signature.is_near(Signature(0x8182_8304_0506_0708)),
            "a difference in the high bit alone counts once"
        );
        assert!(!Signature::NONE.is_near(Signature::NONE));
    }

    #[test]
    fn short_texts_have_no_signature() {
        assert_eq!(signature_of("good morning everyone"), Signature::NONE);
        assert_ne!(signature_of("good morning everyone here"), Signature::NONE);
    }

    #[test]
    fn one_changed_word_is_mostly_near_and_other_texts_are_not() {
        let words: Vec<String> = (0..14).map(|word| format!("word{word}")).collect();
        let mut near = 0;
        for round in 0..1000 {
            let mut left = words.clone();
            left[0] = format!("round{round}");
            let mut right = left.clone();
            right[(1 + round % 13) as usize] = format!("changed{round}");
            near += u32::from(signature_of(&left.join(" ")).is_near(signature_of(&right.join(" "))));
            let other: Vec<String> = (0..14).map(|word| format!("other{round}x{word}")).collect();
            assert!(!signature_of(&left.join(" ")).is_near(signature_of(&other.join(" "))));
        }
        assert!(near > 800, "{near} of 1000");
    }
}
