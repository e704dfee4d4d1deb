//! What is kept of one keyword beyond its retained posts: its baseline, its posts of each minute of the last hour,
//! and what was scored in the last slides. Split by keyword: nothing here knows of another one.

use skytrend_event::ScoreParts;

use crate::baseline::Baseline;
use crate::language::LanguageCode;
use crate::score::Score;
use crate::settings::Settings;
use crate::stream::StreamLevel;
use crate::tally::Tally;

/// Minutes of the sparkline.
pub(crate) const SPARKLINE_MINUTES: usize = 60;
/// Slides whose observation is kept; more than the ten minutes that velocity looks back.
pub(crate) const OBSERVED_MINUTES: usize = 16;
/// A keyword is at home in a language with this share of its posts,
const HOME_SHARE: f32 = 0.75;
/// and looks for another one below this.
const FOREIGN_SHARE: f32 = 0.4;
/// So many posts change the share by half.
const HOME_POSTS: f32 = 20.0;
/// Velocity looks back this far (ALGORITHM.md 1.3).
const VELOCITY_MINUTES: i64 = 10;

/// See the module. What windows ask of every keyword comes first and lies together.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub(crate) struct KeywordState {
    /// Up to this minute the keyword is watched, although it may not stand out.
    pub(crate) watched_until: i64,
    /// The language that it is most used in, and how much: a share of its posts, later ones counting more.
    pub(crate) language: LanguageCode,
    pub(crate) language_share: f32,
    /// What was scored in the sliding windows of the last minutes.
    pub(crate) observed: Minutes<OBSERVED_MINUTES>,
    pub(crate) baseline: Baseline,
    /// Posts of each minute of the last hour.
    pub(crate) posts: Minutes<SPARKLINE_MINUTES>,
}

/// A number for each of the last minutes; stops at 65,535.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Minutes<const N: usize> {
    /// The last minute that there is a number for.
    pub(crate) last: i64,
    /// That of minute `m` at `m % N`.
    pub(crate) numbers: [u16; N],
}

impl<const N: usize> Minutes<N> {
    /// All zero up to `last`.
    pub(crate) fn new(last: i64) -> Self {
        Self { last, numbers: [0; N] }
    }

    /// The number of `minute`; zero where it is not known.
    pub(crate) fn get(&self, minute: i64) -> u16 {
        let is_known = minute <= self.last && self.last - minute < N as i64;
        if is_known { self.numbers[Self::place(minute)] } else { 0 }
    }

    /// The number of `minute`, to be changed, unless it is too old; minutes up to it start with zero.
    fn get_mut(&mut self, minute: i64) -> Option<&mut u16> {
        for step in 1..=(minute - self.last).min(N as i64) {
            self.numbers[Self::place(self.last + step)] = 0;
        }
        self.last = self.last.max(minute);
        (self.last - minute < N as i64).then(|| &mut self.numbers[Self::place(minute)])
    }

    fn place(minute: i64) -> usize {
        minute.rem_euclid(N as i64) as usize
    }
}

/// A keyword's numbers in one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Assessment {
    pub(crate) score: Score,
    pub(crate) why: ScoreParts,
    pub(crate) expected_posts: f64,
    pub(crate) velocity: f64,
    /// For the tail probability.
    pub(crate) relative_variance: f64,
    /// Whether it stands out enough to be a trend.
    pub(crate) stands_out: bool,
}

impl KeywordState {
    /// Of a keyword that is new at `minute`.
    pub(crate) fn new(minute: i64) -> Self {
        Self {
            watched_until: i64::MIN,
            language: LanguageCode::default(),
            language_share: 0.0,
            observed: Minutes::new(minute),
            baseline: Baseline::default(),
            posts: Minutes::new(minute),
        }
    }

    /// The language whose posts it is held against; none if it is at home in several.
    pub(crate) fn home(&self) -> LanguageCode {
        if self.language_share >= HOME_SHARE { self.language } else { LanguageCode::default() }
    }

    /// Of `posts` more posts, `in_language` were in its language; most were in `most_common`.
    pub(crate) fn note_language(&mut self, posts: usize, in_language: usize, most_common: LanguageCode) {
        let (posts, in_language) = (posts as f32, in_language as f32);
        let weight = posts / (posts + HOME_POSTS);
        self.language_share += weight * (in_language / posts - self.language_share);
        if self.language_share < FOREIGN_SHARE && most_common != self.language {
            (self.language, self.language_share) = (most_common, HOME_SHARE - FOREIGN_SHARE);
        }
    }

    /// Adds `change` posts to a minute, which is the present one or lies in the retained past.
    pub(crate) fn apply(&mut self, minute: i64, change: i32) {
        if let Some(posts) = self.posts.get_mut(minute) {
            // Fits: clamped to the range of the type.
            *posts = (i32::from(*posts) + change).clamp(0, i32::from(u16::MAX)) as u16;
        }
    }

    /// Takes note of what was scored in the sliding window that ends with minute `minute`.
    pub(crate) fn observe(&mut self, minute: i64, observed: u32) {
        if let Some(number) = self.observed.get_mut(minute) {
            *number = u16::try_from(observed).unwrap_or(u16::MAX);
        }
    }

    /// Assesses a window that ends with minute `minute`, from the keyword's tally in it and what else is known;
    /// `stream` and the window's number of posts, `window_posts`, are those of its home.
    pub(crate) fn assess(
        &self,
        minute: i64,
        tally: &Tally,
        evidence: Evidence,
        window_posts: u64,
        stream: &StreamLevel,
        settings: &Settings,
    ) -> Assessment {
        let middle = minute + 1 - settings.longest_window_minutes() / 2;
        let mut expected = self.baseline.expect(stream, middle, window_posts as f64);
        expected.authors = expected.authors.max(evidence.by_chance);
        let copied_share = f64::from(tally.copies) / f64::from(tally.posts.max(1));
        let observed = (f64::from(tally.clusters) - evidence.left_out()) * originality(copied_share);
        let score = Score::of(observed, &expected);
        let stands_out = tally.posts >= settings.min_frequency
            && observed >= f64::from(settings.min_authors)
            && score.growth_rate >= settings.min_growth_rate
            && score.z >= settings.min_z_score;
        let why = ScoreParts {
            observed,
            expected: expected.authors,
            dispersion: expected.dispersion,
            daily_season: expected.daily_season,
            weekly_season: expected.weekly_season,
            local_level: expected.local_level,
            window_posts,
            copied_share,
            surplus_newcomers: evidence.newcomers,
            repeated: evidence.repeated,
            history_minutes: stream.minutes,
        };
        Assessment {
            score,
            why,
            expected_posts: expected.posts,
            velocity: self.velocity(minute, settings),
            relative_variance: expected.relative_variance(),
            stands_out,
        }
    }

    /// The keyword is watched on, or comes to be, if it stands out or did so and has not fallen far.
    pub(crate) fn watch(&mut self, minute: i64, assessment: &Assessment, settings: &Settings) {
        let lasts = assessment.score.z >= settings.end_z_score.min(settings.alert_end_z_score);
        if assessment.stands_out || (lasts && self.is_watched(minute)) {
            self.watched_until =
                minute + i64::from(settings.alert_end_minutes) + i64::from(settings.slide_minutes);
        }
    }

    /// Whether the keyword stood out not long ago.
    pub(crate) fn is_watched(&self, minute: i64) -> bool {
        minute <= self.watched_until
    }

    /// Change of what is observed in the sliding window, over ten minutes or the next whole number of slides.
    fn velocity(&self, minute: i64, settings: &Settings) -> f64 {
        let slide = i64::from(settings.slide_minutes);
        let now = minute - (minute + 1).rem_euclid(slide);
        let back = (VELOCITY_MINUTES + slide - 1) / slide * slide;
        let at = |minute| f64::from(self.observed.get(minute));
        (at(now) - at(now - back)) / back as f64
    }

    /// Posts of each minute of the hour that ends with minute `minute`, oldest first.
    pub(crate) fn sparkline(&self, minute: i64) -> Vec<u32> {
        let hour = minute + 1 - SPARKLINE_MINUTES as i64..=minute;
        hour.map(|minute| u32::from(self.posts.get(minute))).collect()
    }
}

/// What is known of a keyword in a window beyond its tally: looked up for the few that may stand out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Evidence {
    /// Authors that don't count: newcomers beyond the usual number.
    pub(crate) newcomers: f64,
    /// What authors count less for having posted more than once.
    pub(crate) repeated: f64,
    /// So many authors are to be expected whatever the past: those of a phrase by chance, from how often its words
    /// are used at all.
    pub(crate) by_chance: f64,
}

impl Evidence {
    /// Authors that a tally counts and the score does not.
    fn left_out(self) -> f64 {
        self.newcomers + self.repeated
    }
}

/// How much the authors of what are no copies count, where a share of `copied` of the posts are copies. Where nearly
/// all are, so is most of the rest: a text changed beyond recognition, or the first of a template. Up to a third of
/// what people post about one event are copies (4 to 29 % in 26 crises, ALGORITHM.md 1.1).
fn originality(copied: f64) -> f64 {
    const COPIED_USUAL: f64 = 0.35;
    ((1.0 - copied) / (1.0 - COPIED_USUAL)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sparkline_is_the_last_hour() {
        let mut state = KeywordState::new(100);
        state.apply(100, 1);
        state.apply(101, 1);
        state.apply(101, 1);
        state.apply(100, -1);
        let mut expected = vec![0; 60];
        expected[59] = 2;
        assert_eq!(state.sparkline(101), expected);
        expected.rotate_left(29);
        assert_eq!(state.sparkline(130), expected);
        assert_eq!(state.sparkline(161), vec![0; 60]);
        state.apply(100_000, 0);
        state.apply(101, 5);
        assert_eq!(state.sparkline(100_000), vec![0; 60], "what is older than an hour is not counted");
    }

    #[test]
    fn velocity_looks_ten_minutes_back() {
        let (mut state, settings) = (KeywordState::new(0), Settings::default());
        state.observe(20, 5);
        state.observe(30, 45);
        assert!((state.velocity(30, &settings) - 4.0).abs() < 1e-12);
        state.observe(31, 45);
        assert!((state.velocity(31, &settings) - 4.5).abs() < 1e-12);
    }
}
