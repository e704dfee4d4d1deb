//! What could be reached: the true background rate is known, and the score is the signed root of the Poisson deviance
//! from it (D).

use super::series::{Epoch, Series};
use super::{Channel, Method, Scored};

const NATIVE: f32 = 5.0;
const RATE_MIN: f32 = 1e-4;

/// See the module.
#[derive(Default)]
pub struct Oracle {
    background: f64,
    originals: f64,
}

impl Oracle {
    /// What repeated authors leave of the expected posts: one number for all terms, from the epochs so far.
    #[expect(clippy::cast_possible_truncation, reason = "scores are compared in single precision")]
    fn originals_share(&self) -> f32 {
        if self.background > 0.0 { (self.originals / self.background) as f32 } else { 1.0 }
    }
}

impl Method for Oracle {
    fn name(&self) -> &'static str {
        "oracle, true rates (D)"
    }

    fn native(&self) -> f32 {
        NATIVE
    }

    fn learn(&mut self, epoch: &Epoch) {
        self.background += epoch.background;
        self.originals += epoch.originals as f64;
    }

    fn score(&mut self, series: &Series, _minute: u32, into: &mut Vec<Scored>) {
        let share = self.originals_share();
        into.extend(series.candidates(Channel::Originals).map(|(term, count)| {
            let z = poisson_z(count, (series.background(term) * share).max(RATE_MIN));
            Scored { term, z, rank_score: z }
        }));
    }
}

/// Continuity-corrected.
fn poisson_z(count: f32, mean: f32) -> f32 {
    let count = (count - 0.5).max(0.0);
    let log = if count > 0.0 { count * libm::logf(count / mean) } else { 0.0 };
    let deviance = 2.0 * (log - (count - mean));
    deviance.max(0.0).sqrt().copysign(count - mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviance_is_a_standard_normal_near_the_mean() {
        assert!(poisson_z(100.5, 100.0).abs() < 1e-3);
        assert!((poisson_z(110.5, 100.0) - 1.0).abs() < 0.03);
        assert!(poisson_z(80.5, 100.0) < -1.9);
    }
}
