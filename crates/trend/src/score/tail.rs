//! The upper tail of the negative binomial distribution, by the regularised incomplete beta function and its
//! continued fraction (Numerical Recipes 6.4; DLMF 8.17.22).

/// Steps of the continued fraction; it converges in about the square root of the larger parameter.
const STEPS_MAX: u32 = 10_000;
/// Relative accuracy at which it stops.
const ACCURACY: f64 = 1e-12;
/// Keeps divisions from zero.
const TINY: f64 = 1e-300;

/// Probability of `observed` or more, for the given mean and a variance of `mean + relative_variance * mean^2`.
pub(crate) fn negative_binomial_tail(observed: f64, mean: f64, relative_variance: f64) -> f64 {
    if observed <= 0.0 {
        return 1.0;
    }
    let size = 1.0 / relative_variance;
    incomplete_beta(observed, size, mean / (mean + size))
}

/// The regularised incomplete beta function, `I_x(a, b)`.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let ln_front =
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log1p(-x);
    let front = libm::exp(ln_front);
    let value = if x < (a + 1.0) / (a + b + 2.0) {
        front * continued_fraction(a, b, x) / a
    } else {
        1.0 - front * continued_fraction(b, a, 1.0 - x) / b
    };
    value.clamp(0.0, 1.0)
}

/// Lentz's method.
#[expect(clippy::many_single_char_names, reason = "the names of the formula in the sources")]
fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for step in 1..=STEPS_MAX {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        value *= d * c;
        if (d * c - 1.0).abs() < ACCURACY {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums the probabilities themselves.
    fn slow_tail(observed: u32, mean: f64, relative_variance: f64) -> f64 {
        let size = 1.0 / relative_variance;
        let (failure, success) = (mean / (mean + size), size / (mean + size));
        let mut probability = success.powf(size);
        let mut below = 0.0;
        for count in 0..observed {
            below += probability;
            probability *= (size + f64::from(count)) / f64::from(count + 1) * failure;
        }
        1.0 - below
    }

    #[test]
    fn agrees_with_the_sum() {
        for (observed, mean, variance) in
            [(1, 0.5, 0.04), (7, 3.0, 0.1), (30, 12.0, 0.04), (90, 80.0, 2.0), (5, 9.0, 1.0)]
        {
            let (fast, slow) = (
                negative_binomial_tail(f64::from(observed), mean, variance),
                slow_tail(observed, mean, variance),
            );
            assert!((fast - slow).abs() < 1e-9, "{observed} {mean} {variance}: {fast} {slow}");
        }
    }

    #[test]
    fn stays_a_probability_at_the_edges() {
        for (observed, mean, variance) in
            [(0.0, 1.0, 0.1), (1e6, 1e-9, 0.004), (1e6, 1e6, 50.0), (5.0, 0.0, 0.04), (1.0, 1e9, 50.0)]
        {
            let tail = negative_binomial_tail(observed, mean, variance);
            assert!((0.0..=1.0).contains(&tail), "{observed} {mean} {variance}: {tail}");
        }
    }
}
