//! The marks of the detector in the Numenta Anomaly Benchmark, beside those of detectors that are published there.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use skytrend_event::Micros;
use skytrend_event::time::HOUR;

use super::checkout::{Checkout, PublishedDetector};
use super::nab::{Mark, PROFILES, ScoredSeries, at, best, marks};

/// A score is an alarm only if there was none as high for so long: who was told does not want to be told again.
const ONCE_MICROS: i64 = 12 * HOUR;

/// See the module.
#[derive(Debug, Serialize)]
pub struct Report {
    series: usize,
    windows: usize,
    /// Ours first, the others by their mark.
    detectors: Vec<Detector>,
}

/// What a detector reaches.
#[derive(Debug, Serialize)]
struct Detector {
    name: String,
    /// By profile, at the best threshold for it.
    profiles: BTreeMap<&'static str, Mark>,
    /// A check of the scorer, for those that are published.
    check: Option<Check>,
}

/// The standard profile's points at the threshold that a detector is published with, which was chosen for all groups
/// of series.
#[derive(Debug, Serialize)]
struct Check {
    threshold: f64,
    points: f64,
    /// What the benchmark itself published for these series, in points.
    published: f64,
}

impl Report {
    /// Scores the checkout's series by the detector with these settings, and marks it and the published ones.
    pub fn new(checkout: &Checkout, settings: &skytrend_trend::Settings) -> anyhow::Result<Self> {
        let scored = checkout.series().iter().map(|one| {
            let scores = once(&one.counts.starts(), &one.counts.scores(settings)?);
            Ok(ScoredSeries { scores, windows: one.windows.clone() })
        });
        let ours = Detector::of("skytrend".to_owned(), &scored.collect::<anyhow::Result<Vec<_>>>()?);
        let windows = checkout.series().iter().map(|one| one.windows.len()).sum();
        let published = checkout.published()?;
        let mut others: Vec<Detector> =
            published.into_iter().map(|published| Detector::published(published, windows)).collect();
        others.sort_by(|left, right| right.standard().total_cmp(&left.standard()));
        let detectors = std::iter::once(ours).chain(others).collect();
        Ok(Self { series: checkout.series().len(), windows, detectors })
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut text = String::new();
        self.write_table(&mut text).expect("writing to a string does not fail");
        text
    }

    fn write_table(&self, out: &mut String) -> std::fmt::Result {
        let Self { series, windows, detectors } = self;
        writeln!(
            out,
            "NAB v1.1, {series} series of tweets with {windows} windows: points at the best threshold of each profile;\n\
             of the standard one, the threshold, the windows found, the alarms outside them, and as a check the\n\
             points at the threshold that a detector is published with, and those published\n"
        )?;
        write!(out, "{:20}", "")?;
        for profile in &PROFILES {
            write!(out, " {:>8}", profile.name)?;
        }
        writeln!(
            out,
            " | {:>9} {:>5} {:>5} | {:>6} {:>9}",
            "threshold", "found", "false", "check", "published"
        )?;
        for detector in detectors {
            write!(out, "{:20}", detector.name)?;
            for profile in &PROFILES {
                write!(out, " {:8.1}", detector.profiles[profile.name].points)?;
            }
            let Mark { threshold, found, false_alarms, .. } = detector.profiles[PROFILES[0].name];
            let threshold = threshold.map_or_else(|| "-".to_owned(), |threshold| format!("{threshold:.3}"));
            write!(out, " | {threshold:>9} {found:5} {false_alarms:5} |")?;
            if let Some(Check { points, published, .. }) = detector.check {
                write!(out, " {points:6.2} {published:9.2}")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

impl Detector {
    fn of(name: String, scored: &[ScoredSeries]) -> Self {
        let at_best = |profile| best(&marks(scored, profile));
        let profiles =
            PROFILES.iter().filter_map(|profile| Some((profile.name, at_best(profile)?))).collect();
        Self { name, profiles, check: None }
    }

    fn published(published: PublishedDetector, windows: usize) -> Self {
        let PublishedDetector { name, scored, standard } = published;
        let profile = &PROFILES[0];
        let check = standard.and_then(|(threshold, sum)| {
            let points = at(&marks(&scored, profile), threshold)?.points;
            // The sum has a miss for each window that was not found.
            let windows = windows as f64;
            let published = 100.0 * (sum + profile.miss * windows) / (windows * (1.0 + profile.miss));
            Some(Check { threshold, points, published })
        });
        Self { check, ..Self::of(name, &scored) }
    }

    fn standard(&self) -> f64 {
        self.profiles[PROFILES[0].name].points
    }
}

/// The scores that are higher than all in the time before them; 0 for the others.
fn once(starts: &[Micros], scores: &[f64]) -> Vec<f64> {
    let mut first = 0;
    let one = |(place, &score): (usize, &f64)| {
        while starts[place].0 - starts[first].0 > ONCE_MICROS {
            first += 1;
        }
        if scores[first..place].iter().all(|&before| before < score) { score } else { 0.0 }
    };
    scores.iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_told_is_not_told_again_for_twelve_hours() {
        let starts: Vec<Micros> = [0, 1, 2, 12, 13, 14, 15].iter().map(|hour| Micros(hour * HOUR)).collect();
        let scores = once(&starts, &[5.0, 7.0, 6.0, 7.0, 6.5, 6.75, 6.5]);
        assert_eq!(scores, [5.0, 7.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let later = once(&starts, &[9.0, 1.0, 1.0, 8.0, 8.5, 2.0, 3.0]);
        assert_eq!(later, [9.0, 0.0, 0.0, 0.0, 8.5, 0.0, 0.0]);
    }
}
