//! What the readers saw, as figures.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::followers::Told;
use super::requests::Asked;
use crate::cli;

/// See the module.
#[derive(Debug, Serialize)]
pub struct Report {
    seconds: u64,
    requests: Requests,
    followers: Followers,
}

#[derive(Debug, Serialize)]
struct Requests {
    path: String,
    per_second_asked: u32,
    per_second_answered: f64,
    /// With another status than 200.
    refused: u64,
    /// Without an answer.
    failed: u64,
    /// From the instant at which a request was due.
    millis: Quantiles,
}

#[derive(Debug, Serialize)]
struct Followers {
    asked: u32,
    slow: usize,
    /// Refused or cut off.
    lost: usize,
    /// Windows told to some follower.
    windows: usize,
    /// Windows that a quick follower was not told, of all.
    missed: usize,
    /// Windows told to the slow ones, each.
    slow_windows: f64,
    megabytes: f64,
    /// From the first quick follower told of a window to each other one.
    spread_millis: Quantiles,
    /// From a window's end to each quick follower told: means something where events carry the clock's time.
    after_window_millis: Quantiles,
}

#[derive(Debug, Default, Serialize)]
struct Quantiles {
    p50: f64,
    p99: f64,
    p999: f64,
    max: f64,
}

impl Quantiles {
    /// Of milliseconds; zero where there are none.
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a place in the list"
            )]
            let place = (share * values.len() as f64) as usize;
            values.get(place.min(values.len().saturating_sub(1))).copied().unwrap_or_default()
        };
        Self { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1.0) }
    }
}

impl fmt::Display for Quantiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { p50, p99, p999, max } = self;
        write!(f, "p50 {p50:.2} ms, p99 {p99:.2} ms, p99.9 {p999:.2} ms, longest {max:.2} ms")
    }
}

impl Report {
    /// Of what each connection was answered, and each follower told.
    pub fn new(options: &cli::Load, asked: &[Asked], told: &[Told]) -> Self {
        let (refused, failed) =
            asked.iter().fold((0, 0), |sum, asked| (sum.0 + asked.refused, sum.1 + asked.failed));
        let took: Vec<Duration> = asked.iter().flat_map(|asked| asked.took.iter().copied()).collect();
        let requests = Requests {
            path: options.path.clone(),
            per_second_asked: options.rate,
            per_second_answered: took.len() as f64 / options.seconds as f64,
            refused,
            failed,
            millis: Quantiles::of(took.iter().map(|took| took.as_secs_f64() * 1e3).collect()),
        };
        Self { seconds: options.seconds, requests, followers: followers(options, told) }
    }
}

fn followers(options: &cli::Load, told: &[Told]) -> Followers {
    let quick = || told.iter().filter(|told| !told.is_slow && !told.is_lost);
    let slow: Vec<&Told> = told.iter().filter(|told| told.is_slow).collect();
    let mut first = BTreeMap::<i64, i64>::new();
    for (&window, &at) in quick().flat_map(|told| &told.windows) {
        first.entry(window).and_modify(|first| *first = at.min(*first)).or_insert(at);
    }
    // What some were told before the measuring began is no window of it.
    let oldest = quick().filter_map(|told| told.windows.keys().next()).max().copied().unwrap_or(i64::MIN);
    first.retain(|window, _| *window >= oldest);
    let each = || quick().flat_map(|told| told.windows.range(oldest..));
    let millis = |micros: i64| micros as f64 / 1e3;
    let all_windows = quick().count() * first.len();
    Followers {
        asked: options.followers,
        slow: slow.len(),
        lost: told.iter().filter(|told| told.is_lost).count(),
        windows: first.len(),
        missed: all_windows - each().count(),
        slow_windows: slow.iter().map(|told| told.windows.len()).sum::<usize>() as f64
            / slow.len().max(1) as f64,
        megabytes: told.iter().map(|told| told.bytes).sum::<u64>() as f64 / 1e6,
        spread_millis: Quantiles::of(each().map(|(window, at)| millis(at - first[window])).collect()),
        after_window_millis: Quantiles::of(each().map(|(window, at)| millis(at - window)).collect()),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Requests { path, per_second_asked, per_second_answered, refused, failed, millis } =
            &self.requests;
        writeln!(f, "{} s", self.seconds)?;
        writeln!(f, "GET {path}: {per_second_answered:.0} answers a second of {per_second_asked} asked for")?;
        writeln!(f, "  {millis}; {refused} refused, {failed} failed")?;
        let Followers { asked, slow, lost, windows, missed, slow_windows, megabytes, .. } = &self.followers;
        writeln!(
            f,
            "{asked} followers, {slow} of them slow, {lost} lost; {windows} windows, {megabytes:.0} MB"
        )?;
        writeln!(f, "  windows missed by a quick one: {missed}; told to a slow one: {slow_windows:.1}")?;
        writeln!(f, "  after the first was told:   {}", self.followers.spread_millis)?;
        // Ends lie in the future, or hours back, where time is simulated and runs faster than the clock.
        let ends = &self.followers.after_window_millis;
        let is_live = (0.0..60_000.0).contains(&ends.p50);
        if is_live { writeln!(f, "  after the end of a window:  {ends}") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_sorted_values() {
        let quantiles = Quantiles::of((1..=1000).rev().map(f64::from).collect());
        let Quantiles { p50, p99, p999, max } = quantiles;
        for (quantile, expected) in [p50, p99, p999, max].into_iter().zip([501.0, 991.0, 1000.0, 1000.0]) {
            assert!((quantile - expected).abs() < 1e-9, "{quantile}");
        }
        assert!(Quantiles::of(Vec::new()).max.abs() < f64::EPSILON);
    }

    #[test]
    fn a_window_that_one_was_not_told_is_missed() {
        let told =
            |windows: &[(i64, i64)]| Told { windows: windows.iter().copied().collect(), ..Told::default() };
        let options = cli::Load {
            server: None,
            path: "/".to_owned(),
            rate: 1,
            connections: 1,
            followers: 2,
            slow: 0,
            seconds: 1,
            json: false,
        };
        let all = [told(&[(60, 1_000), (120, 2_000)]), told(&[(60, 4_000)])];
        let followers = followers(&options, &all);
        assert_eq!((followers.windows, followers.missed, followers.lost), (2, 1, 0));
        assert!((followers.spread_millis.max - 3.0).abs() < 1e-9, "{:?}", followers.spread_millis);
    }
}
