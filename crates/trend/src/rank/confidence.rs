//! How sure it is that a keyword's number is no work of chance, with as many keywords tested at once as there are.

use super::candidate::Candidate;
use crate::score::negative_binomial_tail;
use crate::state::Assessment;

/// With this much history, the confidence is half of what the tail probability says; it grows towards all of it.
const HISTORY_HALF_MINUTES: f64 = 15.0;

/// One minus the tail probability, adjusted for `tested` tests (Benjamini and Hochberg 1995), less where there is
/// little history. Keywords that do not stand have larger probabilities; they take part by their number only, which
/// can but lower the confidence.
pub(super) fn confidences(standing: &[Candidate], tested: u64) -> Vec<f64> {
    let probability = |candidate: &Candidate| {
        let Assessment { why, relative_variance, .. } = candidate.assessment;
        negative_binomial_tail(why.observed, why.expected, relative_variance)
    };
    let mut by_probability: Vec<(f64, usize)> = standing.iter().map(probability).zip(0..).collect();
    by_probability.sort_unstable_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
    let tests = tested.max(standing.len() as u64) as f64;
    let mut confidences = vec![0.0; standing.len()];
    let mut adjusted: f64 = 1.0;
    for (place, &(probability, index)) in by_probability.iter().enumerate().rev() {
        adjusted = adjusted.min(probability * tests / (place + 1) as f64);
        let minutes = f64::from(standing[index].assessment.why.history_minutes);
        confidences[index] = (1.0 - adjusted) * minutes / (minutes + HISTORY_HALF_MINUTES);
    }
    confidences
}
