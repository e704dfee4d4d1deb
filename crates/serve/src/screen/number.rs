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

/// A number with one decimal where it matters, below ten.
pub(crate) fn rounded(x: f64) -> String {
    if (9.95..10_000.0).contains(&x.abs()) { format!("{x:.0}") } else { decimal(x) }
}

/// How many times as much: `×27.4`.
pub(crate) fn factor(x: f64) -> String {
    if x.is_finite() { format!("×{}", decimal(x)) } else { NONE.to_owned() }
}

/// A part of a whole: `9%`.
pub(crate) fn share(x: f64) -> String {
    if x.is_finite() { format!("{:.0}%", 100.0 * x) } else { NONE.to_owned() }
}

/// A length of time: `45 s`, `12 min`, `3 h 5 min`, `2 days`.
pub(crate) fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round();
    let minutes = (seconds / 60.0).floor();
    let hours = (minutes / 60.0).floor();
    match seconds {
        s if s < 60.0 => format!("{s} s"),
        s if s < 3_600.0 => format!("{minutes} min"),
        s if s >= 48.0 * 3_600.0 => format!("{} days", (hours / 24.0).floor()),
        _ if minutes % 60.0 == 0.0 => format!("{hours} h"),
        _ => format!("{hours} h {} min", minutes % 60.0),
    }
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
        assert_eq!([9.94, 9.96, -355.2, 12_345.0].map(rounded), ["9.9", "10", "-355", "12.3k"]);
        assert_eq!([27.44, f64::NAN, f64::INFINITY].map(factor), ["×27.4", "–", "–"]);
    }

    #[test]
    fn shares_and_lengths_of_time() {
        assert_eq!([0.094, 1.0, f64::NAN].map(share), ["9%", "100%", "–"]);
        let told = [0.4, 59.4, 720.0, 11_100.0, 10_800.0, 200_000.0, f64::NAN].map(duration);
        assert_eq!(told, ["0 s", "59 s", "12 min", "3 h 5 min", "3 h", "2 days", "0 s"]);
    }

    proptest! {
        #[test]
        fn no_number_is_long(n: u64, x: f64) {
            prop_assert!(count(n).len() <= 5, "{}", count(n));
            prop_assert!(decimal(x).chars().count() <= 7, "{}", decimal(x));
            prop_assert!(rounded(x).chars().count() <= 7, "{}", rounded(x));
        }
    }
}
