//! From what a judge kept to figures: average precision, recall at budgets of false alarms, time to detect, and where
//! false alarms come from. A method's score is swept over all thresholds; nothing here knows how it was made.

use std::collections::BTreeMap;

use serde::Serialize;
use skytrend_sim::quality::{TrueEvent, Truth};

use super::judge::{FalseAlarm, Judge};
use super::subjects::Source;

/// False alarms per hour at which methods are compared.
pub const BUDGETS: [f64; 4] = [0.2, 1.0, 5.0, 20.0];
/// Peaks from this many authors a minute on are large.
const LARGE_AUTHORS: f32 = 5.0;
/// An event that is not listed for longer than this is found anew.
const PAUSE_MINUTES: usize = 10;

/// All figures of one method.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// Area under precision over recall, the events being the positives.
    pub average_precision: f64,
    /// The same where waves of new accounts count among the false alarms, too.
    pub average_precision_with_waves: f64,
    /// Order of the first ten rows, an event counting once.
    pub ndcg: Option<f64>,
    /// The same, each term counting for itself.
    pub ndcg_by_term: Option<f64>,
    /// At thresholds that give 0.2, 1, 5 and 20 false alarms per hour.
    pub at_budgets: Vec<AtThreshold>,
    /// At the method's own threshold.
    pub native: AtThreshold,
    /// At the threshold of its alerts, where it has one.
    pub alerts: Option<AtThreshold>,
    /// Times that a keyword of a found event started to be listed, as the method itself says.
    pub episodes_per_keyword: Option<f64>,
    /// See [`super::topics::Topics`].
    pub topics_pairwise_f1: Option<f64>,
    /// Share of lists with a topic twice in the first twenty.
    pub topic_twice_share: f64,
}

/// What a threshold gives.
#[derive(Clone, Debug, Serialize)]
pub struct AtThreshold {
    /// The least score that counts; none: everything that was listed.
    pub threshold: Option<f32>,
    /// Share of events found from their t0 to their end.
    pub recall: f64,
    /// The same for events with large and small peaks, and for those of the night.
    pub recall_large: Option<f64>,
    pub recall_small: Option<f64>,
    pub recall_night: Option<f64>,
    pub recall_by_language: BTreeMap<String, Share>,
    pub recall_by_shape: BTreeMap<String, Share>,
    pub recall_by_kind: BTreeMap<String, Share>,
    pub recall_new_terms: Option<f64>,
    /// Events of which only a word of a name was listed.
    pub found_as_parts: usize,
    /// Minutes from t0 to the first row, of events that were found.
    pub minutes_to_detect_median: Option<f64>,
    pub minutes_to_detect_p90: Option<f64>,
    /// Share of found events that were found before their peak.
    pub before_peak: Option<f64>,
    /// Times that a found event was found anew.
    pub findings_per_event: Option<f64>,
    /// Keywords and clock hours without an event, per hour.
    pub false_alarms_per_hour: f64,
    pub false_alarms_worst_hour: usize,
    pub precision: Option<f64>,
    pub false_alarms_by_source: BTreeMap<Source, usize>,
    /// Keywords and clock hours of waves of new accounts with texts of their own, which no count can tell from an
    /// event: not among the false alarms.
    pub wave_alarms: usize,
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    pub found: usize,
    pub of: usize,
}

impl Share {
    /// None of nothing.
    pub fn rate(self) -> Option<f64> {
        (self.of > 0).then(|| self.found as f64 / self.of as f64)
    }
}

/// The figures of a method with this native threshold (none: all that it lists) and that of its alerts.
pub fn figures(truth: &Truth, judge: &Judge, native: Option<f32>, alerts: Option<f32>) -> Figures {
    let is_usual = |alarm: &&FalseAlarm| alarm.source != Source::Wave;
    let mut scores: Vec<f32> = judge.false_alarms.iter().filter(is_usual).map(|alarm| alarm.z).collect();
    let mut with_waves: Vec<f32> = judge.false_alarms.iter().map(|alarm| alarm.z).collect();
    with_waves.sort_unstable_by(|one, other| other.total_cmp(one));
    scores.sort_unstable_by(|one, other| other.total_cmp(one));
    let hours = f64::from(truth.settings.scored_minutes) / 60.0;
    let of_budget = |budget: &f64| {
        // The threshold lies just above the first false alarm that is too many.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some thousands at the most"
        )]
        let allowed = (budget * hours) as usize;
        at(truth, judge, scores.get(allowed).map(|score| score.next_up()))
    };
    let watched = judge.watched.iter().filter(|watched| !watched.keywords.is_empty());
    let (started, keywords) = watched.fold((0, 0), |(started, keywords), watched| {
        (started + watched.started, keywords + watched.keywords.len())
    });
    Figures {
        average_precision: average_precision(judge, &scores),
        average_precision_with_waves: average_precision(judge, &with_waves),
        ndcg: judge.ranking.by_event(),
        ndcg_by_term: judge.ranking.by_term(),
        at_budgets: BUDGETS.iter().map(of_budget).collect(),
        native: at(truth, judge, native),
        alerts: alerts.map(|threshold| at(truth, judge, Some(threshold))),
        episodes_per_keyword: (keywords > 0).then(|| f64::from(started) / keywords as f64),
        topics_pairwise_f1: judge.topics.pairwise_f1(),
        topic_twice_share: judge.topics.twice_share(),
    }
}

/// Precision at each event's best score, over all events; 0 for those that were never listed.
fn average_precision(judge: &Judge, false_scores: &[f32]) -> f64 {
    let best = judge.watched.iter().map(|watched| best_of(&watched.best));
    let mut found: Vec<f32> = best.filter(|best| best.is_finite()).collect();
    found.sort_unstable_by(|one, other| other.total_cmp(one));
    let precisions = found.iter().zip(1_u32..).map(|(score, true_ones)| {
        let false_ones = false_scores.partition_point(|other| other >= score);
        f64::from(true_ones) / (f64::from(true_ones) + false_ones as f64)
    });
    precisions.sum::<f64>() / judge.watched.len().max(1) as f64
}

fn best_of(scores: &[f32]) -> f32 {
    scores.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

fn at(truth: &Truth, judge: &Judge, threshold: Option<f32>) -> AtThreshold {
    let counts = |score: f32| score.is_finite() && threshold.is_none_or(|threshold| score >= threshold);
    let mut to_detect = Vec::new();
    let (mut before_peak, mut findings, mut found_as_parts) = (0, 0, 0);
    let mut found = Vec::with_capacity(truth.events.len());
    for (event, watched) in truth.events.iter().zip(&judge.watched) {
        let minutes: Vec<usize> = watched
            .best
            .iter()
            .enumerate()
            .filter(|(_, score)| counts(**score))
            .map(|(minute, _)| minute)
            .collect();
        found.push(!minutes.is_empty());
        let Some(&first) = minutes.first() else { continue };
        to_detect.push(first as f64);
        before_peak += usize::from(event.t0 as usize + first < event.tpeak as usize);
        findings += 1 + minutes.windows(2).filter(|pair| pair[1] - pair[0] > PAUSE_MINUTES).count();
        found_as_parts += usize::from(!counts(watched.best_whole));
    }
    to_detect.sort_unstable_by(f64::total_cmp);
    let events = to_detect.len();
    let rate = |count: usize| (events > 0).then(|| count as f64 / events as f64);
    let share = |of: &dyn Fn(&TrueEvent) -> bool| share(truth, &found, of);
    let (waves, alarms): (Vec<&FalseAlarm>, Vec<&FalseAlarm>) = judge
        .false_alarms
        .iter()
        .filter(|alarm| counts(alarm.z))
        .partition(|alarm| alarm.source == Source::Wave);
    let (mut by_hour, mut by_source) = (BTreeMap::new(), BTreeMap::new());
    for alarm in &alarms {
        *by_hour.entry(alarm.hour).or_insert(0) += 1;
        *by_source.entry(alarm.source).or_insert(0) += 1;
    }
    AtThreshold {
        threshold,
        recall: share(&|_| true).rate().unwrap_or(0.0),
        recall_large: share(&|event| event.peak >= LARGE_AUTHORS).rate(),
        recall_small: share(&|event| event.peak < LARGE_AUTHORS).rate(),
        recall_night: share(&|event| event.is_night).rate(),
        recall_by_language: grouped(truth, &found, |event| event.language.code().to_owned()),
        recall_by_shape: grouped(truth, &found, |event| format!("{:?}", event.shape).to_lowercase()),
        recall_by_kind: grouped(truth, &found, |event| format!("{:?}", event.terms[0].kind).to_lowercase()),
        recall_new_terms: share(&|event| event.is_fresh).rate(),
        found_as_parts,
        minutes_to_detect_median: quantile(&to_detect, 0.5),
        minutes_to_detect_p90: quantile(&to_detect, 0.9),
        before_peak: rate(before_peak),
        findings_per_event: rate(findings),
        false_alarms_per_hour: alarms.len() as f64 * 60.0 / f64::from(truth.settings.scored_minutes),
        false_alarms_worst_hour: by_hour.into_values().max().unwrap_or(0),
        precision: (events + alarms.len() > 0).then(|| events as f64 / (events + alarms.len()) as f64),
        false_alarms_by_source: by_source,
        wave_alarms: waves.len(),
    }
}

fn share(truth: &Truth, found: &[bool], of: &dyn Fn(&TrueEvent) -> bool) -> Share {
    let mut share = Share::default();
    for (_, is_found) in truth.events.iter().zip(found).filter(|(event, _)| of(event)) {
        share.of += 1;
        share.found += usize::from(*is_found);
    }
    share
}

fn grouped(truth: &Truth, found: &[bool], name: impl Fn(&TrueEvent) -> String) -> BTreeMap<String, Share> {
    let mut groups: BTreeMap<String, Share> = BTreeMap::new();
    for (event, is_found) in truth.events.iter().zip(found) {
        let share = groups.entry(name(event)).or_default();
        share.of += 1;
        share.found += usize::from(*is_found);
    }
    groups
}

/// With straight lines between the sorted values.
fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = part * last as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
    let below = place as usize;
    let above = (below + 1).min(last);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64))
}
