//! How far a keyword stands out of its expectation (ALGORITHM.md 1.3), and how probable chance alone is.

mod tail;

use crate::baseline::Expectation;

pub(crate) use tail::negative_binomial_tail;

/// Added to the standard deviation, so that keywords expected almost never don't stand out at once (`SigniTrend`'s
/// bias term): 0.1 gives 3.8 false alarms an hour at a z-score of 6, 2.0 loses a quarter of the events.
const DEVIATION_BIAS: f64 = 0.6;

/// The score of one keyword in one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Score {
    /// Standard deviations above the expectation.
    pub(crate) z: f64,
    /// Observed over expected plus one.
    pub(crate) growth_rate: f64,
    /// Lower bound of the authors beyond expectation: what trends are ranked by.
    pub(crate) excess: f64,
}

impl Score {
    /// Of `observed` authors, near-copies once.
    pub(crate) fn of(observed: f64, expected: &Expectation) -> Self {
        let deviation = expected.deviation();
        Self {
            z: (observed - 0.5 - expected.authors) / (deviation + DEVIATION_BIAS),
            growth_rate: observed / (expected.authors + 1.0),
            excess: observed - expected.authors - 2.0 * deviation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_formulas() {
        let expected = Expectation {
            authors: 10.0,
            posts: 12.0,
            dispersion: 0.04,
            share_uncertainty: 0.02,
            daily_season: 1.0,
            weekly_season: 1.0,
            local_level: 1.0,
        };
        let score = Score::of(30.0, &expected);
        assert!((score.z - 19.5 / (22_f64.sqrt() + 0.6)).abs() < 1e-12, "{score:?}");
        assert!((score.growth_rate - 30.0 / 11.0).abs() < 1e-12, "{score:?}");
        assert!((score.excess - 20.0 + 2.0 * 22_f64.sqrt()).abs() < 1e-12, "{score:?}");
    }
}
