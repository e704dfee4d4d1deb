//! What went wrong, by name: the events that were missed, the false alarms with the best scores, the events that were
//! listed twice, for whoever wants to know why a figure is what it is. In the JSON report only.

use serde::Serialize;
use skytrend_sim::quality::{Shape, Tongue, TrueEvent, Truth};

use super::judge::{FalseAlarm, Judge};
use super::subjects::{KeywordId, Source, Subjects};
use super::topics::Twice;

/// Of each kind.
const EXAMPLES_MAX: usize = 50;

/// See the module.
#[derive(Clone, Debug, Serialize)]
pub struct Examples {
    /// Largest first.
    pub missed: Vec<Missed>,
    /// Best score first.
    pub false_alarms: Vec<Alarm>,
    /// In the order of time.
    pub topics_twice: Vec<Doubled>,
}

/// An event that was not found at one false alarm per hour.
#[derive(Clone, Debug, Serialize)]
pub struct Missed {
    pub terms: Vec<String>,
    pub language: Tongue,
    pub shape: Shape,
    pub peak: f32,
    pub is_fresh: bool,
    pub t0: u32,
    /// Its best score; none if it was never listed.
    pub best: Option<f32>,
}

/// A keyword and clock hour without an event.
#[derive(Clone, Debug, Serialize)]
pub struct Alarm {
    pub keyword: String,
    pub z: f32,
    pub hour: u32,
    pub source: Source,
}

/// An event that had two of the first twenty rows of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Doubled {
    pub minute: u32,
    pub terms: Vec<String>,
    pub language: Tongue,
    /// Places from 1, and keywords of both.
    pub rows: [(usize, Vec<String>); 2],
}

/// The examples of a judge; events count as missed below `threshold`.
pub fn examples(truth: &Truth, judge: &Judge, subjects: &Subjects, threshold: Option<f32>) -> Examples {
    let mut missed: Vec<Missed> = Vec::new();
    for (event, watched) in truth.events.iter().zip(&judge.watched) {
        let best = watched.best.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if best.is_finite() && threshold.is_none_or(|threshold| best >= threshold) {
            continue;
        }
        missed.push(Missed {
            terms: terms_of(event),
            language: event.language,
            shape: event.shape,
            peak: event.peak,
            is_fresh: event.is_fresh,
            t0: event.t0,
            best: best.is_finite().then_some(best),
        });
    }
    missed.sort_by(|one, other| other.peak.total_cmp(&one.peak));
    missed.truncate(EXAMPLES_MAX);
    let mut alarms: Vec<&FalseAlarm> = judge.false_alarms.iter().collect();
    alarms.sort_by(|one, other| other.z.total_cmp(&one.z));
    alarms.truncate(EXAMPLES_MAX);
    let names = subjects.names();
    let alarm = |alarm: &FalseAlarm| Alarm {
        keyword: names[alarm.keyword.index()].to_owned(),
        z: alarm.z,
        hour: alarm.hour,
        source: alarm.source,
    };
    let doubled = |twice: &Twice| {
        let event = &truth.events[twice.event];
        let row = |(place, keywords): &(usize, Vec<KeywordId>)| {
            (place + 1, keywords.iter().map(|keyword| names[keyword.index()].to_owned()).collect())
        };
        let rows = twice.rows.each_ref().map(row);
        Doubled { minute: twice.minute, terms: terms_of(event), language: event.language, rows }
    };
    Examples {
        missed,
        false_alarms: alarms.into_iter().map(alarm).collect(),
        topics_twice: judge.topics.twice.iter().map(doubled).collect(),
    }
}

fn terms_of(event: &TrueEvent) -> Vec<String> {
    event.terms.iter().map(|term| term.text.clone()).collect()
}
