//! Distributions over [`Dice`]: Poisson counts, log-uniform sizes, weighted ranks. Their floating point is that of
//! IEEE 754's basic operations and of `libm`, so that it is the same on every machine.

use crate::dice::Dice;

/// A Poisson count of a large mean is the sum of counts of at most this mean.
const POISSON_PART: f64 = 16.0;

/// From 0 to below 1, in steps of 2^-53.
pub(crate) fn unit(dice: &mut Dice) -> f64 {
    (dice.bits() >> 11) as f64 * f64::EPSILON / 2.0
}

/// Even between the two.
pub(crate) fn uniform(dice: &mut Dice, low: f64, high: f64) -> f64 {
    low + (high - low) * unit(dice)
}

/// Even between the logarithms of the two.
pub(crate) fn log_uniform(dice: &mut Dice, low: f64, high: f64) -> f64 {
    libm::exp(uniform(dice, libm::log(low), libm::log(high)))
}

/// A count whose mean is `mean`, by inversion.
pub(crate) fn poisson(dice: &mut Dice, mean: f64) -> u32 {
    let mut left = mean;
    let mut count = 0;
    while left > POISSON_PART {
        count += poisson_part(dice, POISSON_PART);
        left -= POISSON_PART;
    }
    count + poisson_part(dice, left)
}

fn poisson_part(dice: &mut Dice, mean: f64) -> u32 {
    /// Six times further out than chance comes: ends the loop where rounding keeps the sum below 1.
    const COUNT_MAX: u32 = 200;
    let mut probability = libm::exp(-mean.max(0.0));
    let mut draw = unit(dice);
    let mut count = 0;
    while draw >= probability && count < COUNT_MAX {
        draw -= probability;
        count += 1;
        probability *= mean / f64::from(count);
    }
    count
}

/// The normal distribution, by Box and Muller.
pub(crate) fn normal(dice: &mut Dice) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(1.0 - unit(dice)));
    radius * libm::cos(std::f64::consts::TAU * unit(dice))
}

/// Student's distribution with four degrees of freedom, scaled to a variance of one: heavy tails.
pub(crate) fn heavy_tailed(dice: &mut Dice) -> f64 {
    let squares = -2.0 * libm::log((1.0 - unit(dice)) * (1.0 - unit(dice)));
    normal(dice) * libm::sqrt(2.0 / squares.max(1e-9))
}

/// Puts the items in an order of chance.
pub(crate) fn shuffle<T>(dice: &mut Dice, items: &mut [T]) {
    for at in (1..items.len()).rev() {
        items.swap(at, dice.index(at + 1));
    }
}

/// Ranks drawn in constant time (Walker's alias method), the weight of rank r being 1 / (r + offset).
#[derive(Clone, Debug)]
pub(crate) struct ZipfAlias {
    /// For each rank: the chance (of 2^32) to keep it, and the rank that is taken otherwise.
    slots: Box<[(u32, u32)]>,
    /// Probability of each rank.
    shares: Box<[f32]>,
}

impl ZipfAlias {
    /// `count` ranks, at least one.
    pub(crate) fn new(count: usize, offset: u64) -> Self {
        let count = count.max(1);
        let weights: Vec<u64> = (0..count as u64).map(|rank| (1 << 32) / (rank + offset.max(1))).collect();
        let total: u64 = weights.iter().sum();
        let shares = weights.iter().map(|weight| (*weight as f64 / total as f64) as f32).collect();
        // Scaled so that the mean is exactly `total`.
        let mut scaled: Vec<u64> = weights.iter().map(|weight| weight * count as u64).collect();
        let mut slots = vec![(u32::MAX, 0); count];
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..count).partition(|&rank| scaled[rank] < total);
        while let (Some(&below), Some(&above)) = (small.last(), large.last()) {
            small.pop();
            let keep = (u128::from(scaled[below]) << 32) / u128::from(total);
            slots[below] = (keep as u32, above as u32);
            scaled[above] -= total - scaled[below];
            if scaled[above] < total {
                large.pop();
                small.push(above);
            }
        }
        for rank in small.into_iter().chain(large) {
            slots[rank] = (u32::MAX, rank as u32);
        }
        Self { slots: slots.into(), shares }
    }

    /// A rank, from 0.
    pub(crate) fn draw(&self, dice: &mut Dice) -> usize {
        let bits = dice.bits();
        let place = (((bits >> 32) * self.slots.len() as u64) >> 32) as usize;
        let (keep, alias) = self.slots[place];
        if (bits as u32) < keep { place } else { alias as usize }
    }

    /// The probability of each rank.
    pub(crate) fn shares(&self) -> &[f32] {
        &self.shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_and_variance(draws: &[f64]) -> (f64, f64) {
        let count = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / count;
        (mean, draws.iter().map(|draw| (draw - mean) * (draw - mean)).sum::<f64>() / count)
    }

    #[test]
    fn counts_have_the_mean_and_the_variance_of_their_law() {
        let mut dice = Dice::new(3, "test", 0);
        for mean in [0.3, 7.0, 16.0, 90.5] {
            let draws: Vec<f64> = (0..20_000).map(|_| f64::from(poisson(&mut dice, mean))).collect();
            let (found, variance) = mean_and_variance(&draws);
            assert!(
                (found / mean - 1.0).abs() < 0.03 && (variance / mean - 1.0).abs() < 0.06,
                "{found} {variance}"
            );
        }
        assert_eq!(poisson(&mut dice, 0.0), 0);
    }

    #[test]
    fn both_bells_have_a_variance_of_one() {
        let mut dice = Dice::new(3, "test", 1);
        let normals: Vec<f64> = (0..40_000).map(|_| normal(&mut dice)).collect();
        let heavy: Vec<f64> = (0..40_000).map(|_| heavy_tailed(&mut dice)).collect();
        for draws in [normals, heavy] {
            let (mean, variance) = mean_and_variance(&draws);
            assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.15, "{mean} {variance}");
        }
    }

    #[test]
    fn ranks_are_drawn_as_often_as_their_shares_say() {
        let zipf = ZipfAlias::new(50, 3);
        let mut dice = Dice::new(3, "test", 2);
        let mut counts = [0_u32; 50];
        for _ in 0..100_000 {
            counts[zipf.draw(&mut dice)] += 1;
        }
        for (count, share) in counts.into_iter().zip(zipf.shares()) {
            let expected = 100_000.0 * f64::from(*share);
            assert!((f64::from(count) - expected).abs() < 6.0 * expected.sqrt(), "{count} for {expected}");
        }
    }
}
