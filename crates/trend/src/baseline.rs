//! What a keyword is expected to do, from its own past: its share of the posts, its hours of the day and of the week,
//! how much it scatters beyond chance, and its level of the last two hours (ALGORITHM.md 1.2). Numbers of one keyword
//! only, changed in the order of time.
//!
//! Four departures from the formulas there, for installations without a long past:
//! - Sums that decay instead of moving averages; the same in the long run, and right from the first epoch on.
//! - The prior grows with the stream's past: half an author, and a fiftieth of one for each epoch learned (the same
//!   fiftieth as there). So little is claimed when little is known.
//! - How uncertain the share itself is adds to the variance (a gamma prior makes the prediction negative binomial),
//!   so that keywords which were merely rare in a short past don't stand out.
//! - A keyword that is admitted late has its past from a table of rare ones ([`Baseline::admitted`]).

use crate::season::{HourPosition, KeywordSeason, hour_of};
use crate::stream::{EPOCH_MINUTES, LOCAL_EPOCHS, StreamLevel};

/// How much the uncertainty of the share counts. A gamma prior of half an author has a far longer tail than a normal
/// one of the same variance; twice the deviation makes up for it where the past is short, and is nothing later.
const SHARE_UNCERTAINTY_WEIGHT: f64 = 4.0;
/// Prior authors of any keyword, before anything is known.
const PRIOR_AUTHORS: f64 = 0.5;
/// Prior authors of any keyword in each learned epoch.
const PRIOR_AUTHORS_PER_EPOCH: f64 = 0.02;
/// Prior posts: with nothing learned, a keyword is expected in 2 % of the posts, so that none stands out.
const PRIOR_POSTS: f64 = 25.0;
/// Dispersion of a keyword of which nothing is known, and how many epochs this counts for.
const PRIOR_DISPERSION: f64 = 0.04;
const PRIOR_DISPERSION_EPOCHS: f64 = 40.0;
/// Limits of the dispersion.
const DISPERSION: std::ops::RangeInclusive<f64> = 0.004..=50.0;
/// Dispersion is remembered for about 2,000 epochs, a week.
const DISPERSION_DECAY: f64 = 0.9995;
/// An epoch tells about dispersion in full from this expectation on.
const DISPERSION_EXPECTED_FULL: f64 = 20.0;
/// The local level is trusted like this many authors, and stays within these limits.
const LOCAL_PRIOR: f64 = 6.0;
const LOCAL_LIMITS: std::ops::RangeInclusive<f64> = 0.5..=1.8;
/// The hour of the day is trusted like this many authors, and the hour of the week likewise.
const DAILY_PRIOR: f64 = 4.0;
const WEEKLY_PRIOR: f64 = 2.0;
/// The dispersion is that of epochs about an expectation that follows the last two hours. Whole hours scatter more
/// about one that does not, so what they tell of the hours of day and week counts as if they were dispersed so many
/// times as much.
const SEASON_DISPERSION: f64 = 3.0;
/// An epoch without the keyword, in which so few authors were to be expected, tells next to nothing: what hour it was
/// is not looked up. Most keywords are rare, so that saves most of the work of learning.
const EXPECTED_NEGLIGIBLE: f64 = 0.05;
/// Residuals and local levels mean something after this many epochs.
const SETTLED_EPOCHS: f64 = 3.0;
/// What is learned of one epoch is cut at this many standard deviations above the expectation.
const WINSOR_DEVIATIONS: f64 = 2.5;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Baseline {
    /// Authors (near-copies once) in the learned epochs, winsorised, older ones counting less.
    pub(crate) authors: f64,
    /// Posts in the same epochs, cut in the same proportion.
    pub(crate) posts: f64,
    /// Evidence on the dispersion, and its weight.
    pub(crate) dispersion: f64,
    pub(crate) dispersion_weight: f64,
    /// Authors in two hours, and how many the share alone would explain.
    pub(crate) local: f64,
    pub(crate) local_expected: f64,
    /// Authors by hour of the day and of the week.
    pub(crate) season: KeywordSeason,
}

/// What is expected in a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Expectation {
    /// Authors, near-copies once.
    pub(crate) authors: f64,
    /// Posts.
    pub(crate) posts: f64,
    /// Variance beyond chance and the uncertainty of the share is `dispersion * authors^2`.
    pub(crate) dispersion: f64,
    /// Relative variance of the share, as far as the past goes.
    pub(crate) share_uncertainty: f64,
    /// Factor of the hour of the day.
    pub(crate) daily_season: f64,
    /// Factor of the hour of the week, beyond that of the day.
    pub(crate) weekly_season: f64,
    /// Factor of the last two hours.
    pub(crate) local_level: f64,
}

impl Expectation {
    /// Standard deviation of the number of authors.
    pub(crate) fn deviation(&self) -> f64 {
        libm::sqrt(self.authors + self.relative_variance() * self.authors * self.authors)
    }

    /// Variance beyond that of chance, over the squared expectation.
    pub(crate) fn relative_variance(&self) -> f64 {
        self.dispersion + SHARE_UNCERTAINTY_WEIGHT * self.share_uncertainty
    }
}

/// Authors of any keyword in the stream's past, before anything is known of it.
fn prior_authors(stream: &StreamLevel) -> f64 {
    PRIOR_AUTHORS + PRIOR_AUTHORS_PER_EPOCH * stream.epochs
}

impl Baseline {
    /// Of a keyword that gets a state only now, after it had `posts` in the stream's past.
    pub(crate) fn admitted(stream: &StreamLevel, posts: f64) -> Self {
        let season = KeywordSeason::steady(posts / stream.posts.max(1.0), &stream.season);
        Self { authors: posts, posts, season, ..Self::default() }
    }

    /// What is expected among `window_posts` posts of all keywords around minute `middle`.
    pub(crate) fn expect(&self, stream: &StreamLevel, middle: i64, window_posts: f64) -> Expectation {
        self.expect_in(Some(HourPosition::of(middle)), stream, window_posts)
    }

    /// The same; the hour is not looked at if there is none.
    fn expect_in(
        &self,
        position: Option<HourPosition>,
        stream: &StreamLevel,
        window_posts: f64,
    ) -> Expectation {
        let prior = prior_authors(stream);
        let share = self.share(stream);
        let dispersion = ((PRIOR_DISPERSION * PRIOR_DISPERSION_EPOCHS + self.dispersion)
            / (PRIOR_DISPERSION_EPOCHS + self.dispersion_weight))
            .clamp(*DISPERSION.start(), *DISPERSION.end());
        // Over-dispersed counts carry less information.
        let information = 1.0 / (1.0 + dispersion * self.local_expected);
        let local_level = ((LOCAL_PRIOR + information * self.local)
            / (LOCAL_PRIOR + information * self.local_expected))
            .clamp(*LOCAL_LIMITS.start(), *LOCAL_LIMITS.end());
        let (daily_season, weekly_season) =
            position.map_or((1.0, 1.0), |position| self.seasons(&position, stream, share, dispersion));
        let authors = share * daily_season * weekly_season * local_level * window_posts;
        Expectation {
            authors,
            posts: authors * (self.posts + prior) / (self.authors + prior),
            dispersion,
            share_uncertainty: 1.0 / (self.authors + prior),
            daily_season,
            weekly_season,
            local_level,
        }
    }

    /// Authors in each post of the stream, in the long run.
    fn share(&self, stream: &StreamLevel) -> f64 {
        (self.authors + prior_authors(stream)) / (stream.posts + PRIOR_POSTS)
    }

    /// The factors of the hour of the day and of the hour of the week.
    fn seasons(
        &self,
        position: &HourPosition,
        stream: &StreamLevel,
        share: f64,
        dispersion: f64,
    ) -> (f64, f64) {
        let information = 1.0 / (1.0 + SEASON_DISPERSION * dispersion * share * stream.hourly_posts());
        let factor = |bins: [usize; 2], share: f64, prior: f64| {
            let authors = self.season.authors(bins);
            let posts = bins.map(|bin| stream.season.bins[bin]);
            position.between([0, 1].map(|side| {
                (prior + information * authors[side]) / (prior + information * share * posts[side])
            }))
        };
        let daily = factor(position.day, share, DAILY_PRIOR);
        (daily, factor(position.week, share * daily, WEEKLY_PRIOR))
    }

    /// Learns the epoch from minute `start` on, which lies wholly outside every window still to be scored. `stream` is
    /// as before the epoch, but has entered its hour.
    pub(crate) fn learn(
        &mut self,
        stream: &StreamLevel,
        start: i64,
        authors: u32,
        posts: u32,
        epoch_posts: f64,
    ) {
        let observed = f64::from(authors);
        let is_negligible = authors == 0 && self.share(stream) * epoch_posts < EXPECTED_NEGLIGIBLE;
        let position = (!is_negligible).then(|| HourPosition::of(start + EPOCH_MINUTES / 2));
        let expected = self.expect_in(position, stream, epoch_posts);
        let mean = expected.authors;
        let ceiling = mean + WINSOR_DEVIATIONS * expected.deviation() + 0.5;
        let learned = if stream.epochs > 0.0 { observed.min(ceiling) } else { observed };
        if stream.epochs >= SETTLED_EPOCHS {
            // From the raw residual: a winsorised one would teach that bursts don't happen.
            let weight =
                if mean > 0.5 { mean.min(DISPERSION_EXPECTED_FULL) / DISPERSION_EXPECTED_FULL } else { 0.0 };
            let residual = observed - mean;
            let evidence =
                if weight > 0.0 { ((residual * residual - mean) / (mean * mean)).max(-1.0) } else { 0.0 };
            self.dispersion = DISPERSION_DECAY * self.dispersion + weight * evidence;
            self.dispersion_weight = DISPERSION_DECAY * self.dispersion_weight + weight;
            let local_weight = StreamLevel::local_weight();
            self.local += local_weight * (LOCAL_EPOCHS * learned - self.local);
            self.local_expected +=
                local_weight * (LOCAL_EPOCHS * mean / expected.local_level - self.local_expected);
        }
        let learned_share = if authors > 0 { learned / observed } else { 0.0 };
        self.season.learn(hour_of(start), learned);
        self.authors = self.authors * StreamLevel::decay() + learned;
        self.posts = self.posts * StreamLevel::decay() + learned_share * f64::from(posts);
    }

    /// Authors in an average epoch.
    pub(crate) fn epoch_authors(&self, stream: &StreamLevel) -> f64 {
        self.authors / stream.epochs.max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned(authors: &[u32]) -> (Baseline, StreamLevel) {
        let (mut baseline, mut stream) = (Baseline::default(), StreamLevel::default());
        for (&count, epoch) in authors.iter().zip(0..) {
            let start = epoch * EPOCH_MINUTES;
            baseline.season.release(stream.season.enter(hour_of(start)));
            baseline.learn(&stream, start, count, 2 * count, 1000.0);
            stream.learn(start, 1000);
        }
        (baseline, stream)
    }

    #[test]
    fn a_steady_keyword_is_expected_at_its_rate() {
        let (baseline, stream) = learned(&[20; 288]);
        let expected = baseline.expect(&stream, 0, 2000.0);
        assert!((expected.authors - 40.0).abs() < 2.0, "{expected:?}");
        assert!((expected.posts - 80.0).abs() < 4.0, "{expected:?}");
        assert!(expected.dispersion < PRIOR_DISPERSION, "{expected:?}");
    }

    #[test]
    fn a_keyword_never_seen_is_expected_less_the_longer_the_past() {
        let (short, short_stream) = learned(&[0; 2]);
        let (long, long_stream) = learned(&[0; 500]);
        assert!(short.expect(&short_stream, 0, 2000.0).authors < 1.0);
        assert!(long.expect(&long_stream, 0, 2000.0).authors < 0.1);
        let nothing = Baseline::default().expect(&StreamLevel::default(), 0, 2000.0);
        assert!((nothing.authors - 40.0).abs() < 1e-9, "{nothing:?}");
    }

    #[test]
    fn a_keyword_admitted_late_has_the_past_that_it_had() {
        let (_, stream) = learned(&[0; 600]);
        let expected = |posts| Baseline::admitted(&stream, posts).expect(&stream, 0, 2000.0).authors;
        assert!(expected(0.0) < 0.1, "{}", expected(0.0));
        // Half a post in each of some 480 epochs that count, so one in two epochs.
        assert!((expected(240.0) - 1.0).abs() < 0.2, "{}", expected(240.0));
    }

    #[test]
    fn a_burst_moves_the_expectation_little_and_the_dispersion_much() {
        let (calm, stream) = learned(&[10; 100]);
        let mut burst = calm.clone();
        burst.learn(&stream, 500, 1000, 1000, 1000.0);
        let (before, after) = (calm.expect(&stream, 0, 1000.0), burst.expect(&stream, 0, 1000.0));
        assert!(after.authors < 1.2 * before.authors, "{before:?} {after:?}");
        assert!(after.dispersion > 2.0 * before.dispersion, "{before:?} {after:?}");
    }

    #[test]
    fn a_scattering_keyword_is_known_as_such() {
        let counts: Vec<u32> = (0..400).map(|epoch| if epoch % 4 == 0 { 60 } else { 2 }).collect();
        let (baseline, stream) = learned(&counts);
        assert!(baseline.expect(&stream, 0, 1000.0).dispersion > 0.5);
    }
}
