//! Alerts: opened when a trend of the sliding window passes the alert threshold, closed when it has stayed below a
//! lower one for a while, so that one event gives one pair of alerts (ALGORITHM.md 1.3).

use skytrend_event::time::MINUTE;
use skytrend_event::{Alert, AlertKind, Micros};

use super::{Candidate, Context, KeywordKey, Place, Ranking, Window};
use crate::settings::Settings;

/// An alert that is open.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OpenAlert {
    /// When the trend started.
    pub(crate) started_at: Micros,
    /// The end of the first window of those below the closing threshold, if the last one was.
    pub(crate) below_since: Option<Micros>,
    pub(crate) display: String,
}

impl Ranking {
    /// The alerts that open, by rank, then those that close, by keyword.
    pub(super) fn alerts_of(
        &mut self,
        window: Window,
        ranked: &[(Candidate, Place)],
        fallen: &[Candidate],
        settings: &Settings,
        mut context_of: impl FnMut(&KeywordKey) -> Context,
    ) -> Vec<Alert> {
        let mut alerts = Vec::new();
        for (candidate, place) in ranked {
            let is_strong = candidate.assessment.score.z >= settings.alert_z_score;
            if !is_strong || self.alerts.contains_key(&candidate.key) {
                continue;
            }
            let started_at =
                self.episodes.get(&candidate.key).map_or(window.end, |episode| episode.started_at);
            let open = OpenAlert { started_at, below_since: None, display: candidate.display.clone() };
            let samples = context_of(&candidate.key);
            alerts.push(alert_of(AlertKind::Started, window, candidate, *place, started_at, samples));
            self.alerts.insert(candidate.key.clone(), open);
        }
        let closing_micros = i64::from(settings.alert_end_minutes) * MINUTE;
        self.alerts.retain(|key, open| {
            let present = ranked.iter().map(|(candidate, _)| candidate).chain(fallen);
            let candidate = present.into_iter().find(|candidate| candidate.key == *key);
            if candidate.is_some_and(|found| found.assessment.score.z >= settings.alert_end_z_score) {
                open.below_since = None;
                return true;
            }
            let below_since = *open.below_since.get_or_insert(window.end);
            if window.end.0 - below_since.0 < closing_micros {
                return true;
            }
            let last = Candidate::last(key.clone(), open.display.clone(), candidate);
            let place = Place { rank: 0, confidence: 0.0 };
            alerts.push(alert_of(
                AlertKind::Ended,
                window,
                &last,
                place,
                open.started_at,
                Context::default(),
            ));
            false
        });
        alerts
    }
}

fn alert_of(
    kind: AlertKind,
    window: Window,
    candidate: &Candidate,
    place: Place,
    started_at: Micros,
    context: Context,
) -> Alert {
    let assessment = &candidate.assessment;
    Alert {
        kind,
        keyword: candidate.display.clone(),
        normalized_keyword: candidate.key.0.clone(),
        keyword_kind: candidate.key.1,
        language: candidate.language.clone(),
        frequency: u64::from(candidate.posts),
        unique_authors: u64::from(candidate.authors),
        growth_rate: assessment.score.growth_rate,
        z_score: assessment.score.z,
        confidence_score: place.confidence,
        velocity: assessment.velocity,
        rank: place.rank,
        window: window.kind,
        window_start: window.start,
        window_end: window.end,
        started_at,
        sample_posts: context.sample_posts,
        watchlist: None,
    }
}
