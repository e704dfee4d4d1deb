//! Numbers in few characters.

/// Shown for what is not a number.
const NONE: &str = "–";

/// A count in at most five characters up to a hundred million: `9999`, `12.3k`, `1.2M`.
pub(crate) fn count(n: u64) -> String {
    if n < 10_000 { n.to_string() } else { short(n as f64) }
}

/// A number with one decimal, from 1,000 on as [`count`].
pub(crate) fn decimal(x: f64) -> String {
    if !x.is_finite() {
        NONE.to_owned()
    } else if x.abs() < 1_000.0 {
        format!("{x:.1}")
    } else {
        short(x)
    }
}

/// How many times as much: `×27.4`.
pub(crate) fn factor(x: f64) -> String {
    if x.is_finite() { format!("×{}", decimal(x)) } else { NONE.to_owned() }
}

fn short(x: f64) -> String {
    let (scaled, unit) = match x.abs() {
        size if size < 1e6 => (x / 1e3, "k"),
        size if size < 1e9 => (x / 1e6, "M"),
        size if size < 1e12 => (x / 1e9, "G"),
        _ => return format!("{x:.0e}"),
    };
    if scaled.abs() < 100.0 { format!("{scaled:.1}{unit}") } else { format!("{scaled:.0}{unit}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn examples() {
        assert_eq!(
            [0, 9_999, 12_345, 999_949, 1_200_000].map(count),
            ["0", "9999", "12.3k", "1000k", "1.2M"]
        );
        assert_eq!([0.04, -7.25, 321.5, 4_321.0].map(decimal), ["0.0", "-7.2", "321.5", "4.3k"]);
        assert_eq!([27.44, f64::NAN, f64::INFINITY].map(factor), ["×27.4", "–", "–"]);
    }

    proptest! {
        #[test]
        fn no_number_is_long(n: u64, x: f64) {
            prop_assert!(count(n).len() <= 5, "{}", count(n));
            prop_assert!(decimal(x).chars().count() <= 7, "{}", decimal(x));
        }
    }
}
