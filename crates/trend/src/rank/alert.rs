//! Alerts: opened when a trend of the sliding window passes the alert threshold, closed when it has stayed below a
//! lower one for a while, so that one event gives one pair of alerts (ALGORITHM.md 1.3). They are about topics: several
//! keywords of one event give one.

use skytrend_event::time::MINUTE;
use skytrend_event::{Alert, AlertKind, Micros};

use super::{Candidate, Context, KeywordKey, Ranked, Ranking, TopicId, Window};
use crate::settings::Settings;

/// An alert that is open.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OpenAlert {
    /// The keyword that the alert named.
    pub(crate) key: KeywordKey,
    pub(crate) display: String,
    /// When the trend started.
    pub(crate) started_at: Micros,
    /// The end of the first window of those below the closing threshold, if the last one was.
    pub(crate) below_since: Option<Micros>,
}

impl Ranking {
    /// The alerts that open, by rank, then those that close, by topic.
    pub(super) fn alerts_of(
        &mut self,
        window: Window,
        ranked: &[Ranked],
        standing: &[Candidate],
        fallen: &[Candidate],
        settings: &Settings,
        context_of: &mut impl FnMut(&[&Candidate]) -> Context,
    ) -> Vec<Alert> {
        self.move_alerts(ranked);
        let mut alerts = Vec::new();
        for topic in ranked {
            let leader = &standing[topic.group.leader];
            if strongest_z(topic, standing) < settings.alert_z_score || self.alerts.contains_key(&topic.id) {
                continue;
            }
            let open = OpenAlert {
                key: leader.key.clone(),
                display: leader.display.clone(),
                started_at: self.topics[&topic.id].started_at,
                below_since: None,
            };
            alerts.push(Alert {
                rank: topic.rank,
                confidence_score: topic.confidence,
                sample_posts: context_of(&[leader]).sample_posts,
                ..without_rank(AlertKind::Started, window, topic.id, leader, open.started_at)
            });
            self.alerts.insert(topic.id, open);
        }
        let closing_micros = i64::from(settings.alert_end_minutes) * MINUTE;
        self.alerts.retain(|&id, open| {
            let topic = ranked.iter().find(|topic| topic.id == id);
            if topic.is_some_and(|topic| strongest_z(topic, standing) >= settings.alert_end_z_score) {
                open.below_since = None;
                return true;
            }
            let below_since = *open.below_since.get_or_insert(window.end);
            if window.end.0 - below_since.0 < closing_micros {
                return true;
            }
            let present = standing.iter().chain(fallen).find(|candidate| candidate.key == open.key);
            let last = Candidate::last(open.key.clone(), open.display.clone(), present);
            alerts.push(without_rank(AlertKind::Ended, window, id, &last, open.started_at));
            false
        });
        alerts
    }
}

impl Ranking {
    /// An alert about a topic that is part of another one now goes on with that, unless that has one.
    fn move_alerts(&mut self, ranked: &[Ranked]) {
        let is_ranked = |id: &TopicId| ranked.iter().any(|topic| topic.id == *id);
        let gone: Vec<TopicId> = self.alerts.keys().filter(|id| !is_ranked(id)).copied().collect();
        for id in gone {
            let key = &self.alerts[&id].key;
            let now = self.standing.get(key).map(|standing| standing.topic);
            if let Some(now) = now.filter(|now| is_ranked(now) && !self.alerts.contains_key(now))
                && let Some(open) = self.alerts.remove(&id)
            {
                self.alerts.insert(now, open);
            }
        }
    }
}

fn strongest_z(topic: &Ranked, standing: &[Candidate]) -> f64 {
    topic.group.members.iter().map(|&member| standing[member].z()).fold(f64::NEG_INFINITY, f64::max)
}

fn without_rank(
    kind: AlertKind,
    window: Window,
    topic: TopicId,
    candidate: &Candidate,
    started_at: Micros,
) -> Alert {
    let assessment = &candidate.assessment;
    Alert {
        kind,
        keyword: candidate.display.clone(),
        normalized_keyword: candidate.key.0.clone(),
        keyword_kind: candidate.key.1,
        language: candidate.language.clone(),
        topic_id: topic.text(),
        frequency: u64::from(candidate.posts),
        unique_authors: u64::from(candidate.authors),
        growth_rate: assessment.score.growth_rate,
        z_score: assessment.score.z,
        confidence_score: 0.0,
        velocity: assessment.velocity,
        rank: 0,
        window: window.kind,
        window_start: window.start,
        window_end: window.end,
        started_at,
        sample_posts: Vec::new(),
        watchlist: None,
    }
}
