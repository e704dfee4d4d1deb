//! From the candidates of one window to its trends: who is ranked where, how sure that is, which trends start and
//! end, and which alerts open and close. Its state is what it ranked before; it is one per kind of window, and knows
//! nothing of posts: samples and related keywords are asked for through a function, for ranked trends only.

mod alert;

use std::collections::BTreeMap;

use skytrend_event::{Alert, KeywordKind, Micros, SamplePost, ScoreParts, Trend, TrendStatus, WindowKind};

use crate::score::negative_binomial_tail;
use crate::settings::Settings;
use crate::state::Assessment;

pub(crate) use alert::OpenAlert;

/// Trends are followed down to this many times the places that are output, so that one that falls out of the list
/// for a moment does not start anew.
const FOLLOWED_PER_PLACE: usize = 10;
/// With this much history, the confidence is half of what the tail probability says; it grows towards all of it.
const HISTORY_HALF_MINUTES: f64 = 15.0;
/// A change within this share counts as none.
const STEADY_SHARE: f64 = 0.05;
/// Near its maximum is from this share of it on.
const PEAK_SHARE: f64 = 0.8;

/// What a keyword is known by across windows, in the order of output.
pub(crate) type KeywordKey = (String, KeywordKind);

/// A window and its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) kind: WindowKind,
    pub(crate) start: Micros,
    pub(crate) end: Micros,
}

/// A keyword that stands out in a window, or did so not long ago.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) key: KeywordKey,
    /// As people mostly write it.
    pub(crate) display: String,
    pub(crate) language: String,
    pub(crate) posts: u32,
    pub(crate) authors: u32,
    pub(crate) assessment: Assessment,
    pub(crate) sparkline: Vec<u32>,
}

/// What is shown with a ranked trend.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Context {
    pub(crate) sample_posts: Vec<SamplePost>,
    pub(crate) related: Vec<String>,
}

/// A trend's life so far.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Episode {
    pub(crate) started_at: Micros,
    pub(crate) status: TrendStatus,
    pub(crate) observed: f64,
    pub(crate) observed_max: f64,
    /// Place in the window before.
    pub(crate) rank: u32,
    /// Whether it was ever output.
    pub(crate) is_known: bool,
    pub(crate) display: String,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ranking {
    pub(crate) episodes: BTreeMap<KeywordKey, Episode>,
    pub(crate) alerts: BTreeMap<KeywordKey, OpenAlert>,
}

/// A candidate's place, from 1, and its confidence.
#[derive(Clone, Copy, Debug)]
struct Place {
    rank: u32,
    confidence: f64,
}

impl Ranking {
    /// Whether nothing is followed.
    pub(crate) fn is_idle(&self) -> bool {
        self.episodes.is_empty() && self.alerts.is_empty()
    }

    /// Ranks the candidates of a window in which `tested` keywords were looked at. Trends by rank, then those that
    /// ended; alerts of sliding windows only.
    pub(crate) fn rank(
        &mut self,
        window: Window,
        mut candidates: Vec<Candidate>,
        tested: u64,
        settings: &Settings,
        mut context_of: impl FnMut(&KeywordKey) -> Context,
    ) -> (Vec<Trend>, Vec<Alert>) {
        candidates.sort_unstable_by(order);
        let followed_max = settings.top as usize * FOLLOWED_PER_PLACE;
        let stands = |candidate: &Candidate| {
            let lasts = candidate.assessment.score.z >= settings.end_z_score;
            candidate.assessment.stands_out || (lasts && self.episodes.contains_key(&candidate.key))
        };
        let (mut standing, mut fallen): (Vec<_>, Vec<_>) = candidates.into_iter().partition(stands);
        fallen.extend(standing.drain(followed_max.min(standing.len())..));
        let confidences = confidences(&standing, tested);

        let mut trends = Vec::new();
        let mut ranked = Vec::with_capacity(standing.len());
        let mut before = std::mem::take(&mut self.episodes);
        for ((rank, candidate), confidence) in (1_u32..).zip(standing).zip(confidences) {
            let place = Place { rank, confidence };
            let earlier = before.remove(&candidate.key);
            let rank_change = earlier.as_ref().map(|episode| episode.rank.cast_signed() - rank.cast_signed());
            let is_output = rank <= settings.top;
            let episode = Episode::next(earlier, &candidate, window, rank, is_output);
            if is_output {
                let context = context_of(&candidate.key);
                trends.push(trend_of(window, &candidate, &episode, place, rank_change, context));
            }
            self.episodes.insert(candidate.key.clone(), episode);
            ranked.push((candidate, place));
        }
        for (key, episode) in before.into_iter().filter(|(_, episode)| episode.is_known) {
            let candidate = fallen.iter().find(|candidate| candidate.key == key);
            trends.push(ended(window, key, &episode, candidate));
        }
        let alerts = match window.kind {
            WindowKind::Sliding => self.alerts_of(window, &ranked, &fallen, settings, context_of),
            WindowKind::Tumbling => Vec::new(),
        };
        (trends, alerts)
    }
}

/// The order of rank: score, posts, keyword, kind. Total, so it does not depend on the order before.
fn order(left: &Candidate, right: &Candidate) -> std::cmp::Ordering {
    let (left_score, right_score) = (left.assessment.score.excess, right.assessment.score.excess);
    right_score
        .total_cmp(&left_score)
        .then(right.posts.cmp(&left.posts))
        .then_with(|| left.key.cmp(&right.key))
}

/// One minus the tail probability, adjusted for `tested` tests (Benjamini and Hochberg 1995), less where there is
/// little history. Keywords that do not stand have larger probabilities; they take part by their number only, which
/// can but lower the confidence.
fn confidences(standing: &[Candidate], tested: u64) -> Vec<f64> {
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

impl Episode {
    fn next(
        earlier: Option<Self>,
        candidate: &Candidate,
        window: Window,
        rank: u32,
        is_output: bool,
    ) -> Self {
        let observed = candidate.assessment.why.observed;
        let display = candidate.display.clone();
        let Some(earlier) = earlier else {
            let status = TrendStatus::Started;
            let started_at = window.end;
            return Self {
                started_at,
                status,
                observed,
                observed_max: observed,
                rank,
                is_known: is_output,
                display,
            };
        };
        let observed_max = earlier.observed_max.max(observed);
        let status = if !earlier.is_known && is_output {
            TrendStatus::Started
        } else if observed > earlier.observed * (1.0 + STEADY_SHARE) {
            TrendStatus::Rising
        } else if observed < earlier.observed * (1.0 - STEADY_SHARE) {
            TrendStatus::Fading
        } else if observed >= PEAK_SHARE * observed_max || earlier.status == TrendStatus::Started {
            TrendStatus::Peaking
        } else {
            earlier.status
        };
        Self {
            status,
            observed,
            observed_max,
            rank,
            is_known: earlier.is_known || is_output,
            display,
            ..earlier
        }
    }
}

fn trend_of(
    window: Window,
    candidate: &Candidate,
    episode: &Episode,
    place: Place,
    rank_change: Option<i32>,
    context: Context,
) -> Trend {
    let Assessment { score, why, expected_posts, velocity, .. } = candidate.assessment;
    Trend {
        keyword: candidate.display.clone(),
        normalized_keyword: candidate.key.0.clone(),
        kind: candidate.key.1,
        language: candidate.language.clone(),
        status: episode.status,
        window: window.kind,
        window_start: window.start,
        window_end: window.end,
        started_at: episode.started_at,
        frequency: u64::from(candidate.posts),
        unique_authors: u64::from(candidate.authors),
        expected: expected_posts,
        growth_rate: score.growth_rate,
        z_score: score.z,
        confidence_score: place.confidence,
        velocity,
        score: score.excess,
        rank: place.rank,
        rank_change,
        sparkline: candidate.sparkline.clone(),
        related: context.related,
        sample_posts: context.sample_posts,
        why,
    }
}

/// The last record of a trend: its numbers in this window, as far as it has any, without rank, confidence and posts.
fn ended(window: Window, key: KeywordKey, episode: &Episode, candidate: Option<&Candidate>) -> Trend {
    let gone = Episode { status: TrendStatus::Ended, ..episode.clone() };
    let place = Place { rank: 0, confidence: 0.0 };
    let last = Candidate::last(key, episode.display.clone(), candidate);
    trend_of(window, &last, &gone, place, None, Context::default())
}

impl Candidate {
    /// The numbers of a keyword whose trend or alert ends, as it was written while that lasted: those of `present`, or
    /// zero where it is no candidate any more.
    fn last(key: KeywordKey, display: String, present: Option<&Self>) -> Self {
        if let Some(present) = present {
            return Self { display, ..present.clone() };
        }
        let score = crate::score::Score { z: 0.0, growth_rate: 0.0, excess: 0.0 };
        let assessment = Assessment {
            score,
            why: ScoreParts::default(),
            expected_posts: 0.0,
            velocity: 0.0,
            relative_variance: 0.0,
            stands_out: false,
        };
        let language = "und".to_owned();
        Self { key, display, language, posts: 0, authors: 0, assessment, sparkline: Vec::new() }
    }
}

#[cfg(test)]
mod tests;
