//! From the candidates of one window to its trends: which keywords are one topic, who is ranked where, how sure that
//! is, which trends start and end, and which alerts open and close. Its state is what it ranked before; it is one per
//! kind of window, and knows nothing of posts: samples and related keywords are asked for through a function of its
//! keywords, the one that stands for it first, for ranked trends only.
//!
//! A keyword enters at one threshold and leaves only after some minutes below a lower one; a topic keeps its id, the
//! keyword that stands for it and its place until something is clearly different. So nothing flickers with chance.

mod candidate;
mod label;
mod topic;

mod alert;
mod confidence;
mod group;
mod link;
mod listing;
mod name;

use std::collections::BTreeMap;

use skytrend_event::time::MINUTE;
use skytrend_event::{Alert, KeywordKind, Micros, Trend, TrendStatus, WindowKind};

use crate::settings::Settings;
use crate::state::Assessment;

pub(crate) use alert::OpenAlert;
use candidate::by_score;
pub(crate) use candidate::{Candidate, Context, KeywordKey};
use confidence::confidences;
use group::{Group, group};
pub use label::{KeywordLabeler, Labeler, Labelled};
use listing::kept;
pub(crate) use name::Name;
use topic::ranked;
pub(crate) use topic::{Topic, TopicId};

/// Keywords are followed down to this many times the places that are output, so that one that falls out of the list
/// for a moment does not start anew.
const FOLLOWED_PER_PLACE: usize = 10;
/// The same for the places of one language: there are many, and each is compared with all.
const FOLLOWED_PER_PLACE_OF_LANGUAGE: usize = 2;

/// Below this part of the lower threshold, a trend that has just entered was none.
const FALSE_START_PART: f64 = 0.5;

/// A window and its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) kind: WindowKind,
    pub(crate) start: Micros,
    pub(crate) end: Micros,
}

/// A keyword that stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Standing {
    pub(crate) topic: TopicId,
    /// The end of the first window of those below the lower threshold, if the last one was.
    pub(crate) below_since: Option<Micros>,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ranking {
    pub(crate) standing: BTreeMap<KeywordKey, Standing>,
    pub(crate) topics: BTreeMap<TopicId, Topic>,
    pub(crate) alerts: BTreeMap<TopicId, OpenAlert>,
}

/// A topic in the window that is being ranked.
#[derive(Debug)]
struct Ranked {
    id: TopicId,
    group: Group,
    /// Place, from 1.
    rank: u32,
    rank_change: Option<i32>,
    /// What it is ranked by: that of its strongest keyword.
    score: f64,
    confidence: f64,
    /// Whether it is output: it is among the first of all, or of its language.
    is_listed: bool,
}

impl Ranking {
    /// Whether nothing is followed.
    pub(crate) fn is_idle(&self) -> bool {
        self.topics.is_empty() && self.alerts.is_empty()
    }

    /// Ranks the candidates of a window in which `tested` keywords were looked at. Trends by rank,
    /// then those that ended; alerts of sliding windows only.
    pub(crate) fn rank(
        &mut self,
        window: Window,
        mut candidates: Vec<Candidate>,
        tested: u64,
        settings: &Settings,
        labeler: &dyn Labeler,
        mut context_of: impl FnMut(&[&Candidate]) -> Context,
    ) -> (Vec<Trend>, Vec<Alert>) {
        candidates.sort_unstable_by(by_score);
        let mut standing_before = std::mem::take(&mut self.standing);
        let (mut standing, mut fallen): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|candidate| {
            let before = standing_before.get_mut(&candidate.key);
            let topic = before.as_ref().and_then(|before| self.topics.get(&before.topic));
            let started_at = topic.map_or(window.end, |topic| topic.started_at);
            stands(candidate, before, started_at, window, settings)
        });
        let languages = standing.iter().map(|candidate| candidate.language.as_str());
        let mut followed = kept(
            languages,
            settings.top as usize * FOLLOWED_PER_PLACE,
            settings.top_of_language as usize * FOLLOWED_PER_PLACE_OF_LANGUAGE,
        )
        .into_iter();
        fallen.extend(standing.extract_if(.., |_| followed.next() == Some(false)));

        let topic_before = |candidate: &Candidate| standing_before.get(&candidate.key).map(|it| it.topic);
        let led = |candidate: &Candidate| {
            let topic = topic_before(candidate).and_then(|id| self.topics.get(&id));
            topic.is_some_and(|topic| topic.leader == candidate.key)
        };
        let groups = group(&standing, topic_before, led);
        let ranked = self.ranked(groups, &standing, &standing_before, tested, (window, settings));

        let gone = self.advance(window, &ranked, &standing, &standing_before);
        let mut alerts = match window.kind {
            WindowKind::Sliding => {
                self.alerts_of(window, &ranked, &standing, &fallen, settings, &mut context_of)
            }
            WindowKind::Tumbling => Vec::new(),
        };
        let mut trends: Vec<Trend> = ranked
            .iter()
            .filter(|topic| topic.is_listed)
            .map(|topic| self.trend(window, topic, &standing, &mut context_of))
            .collect();
        for (id, topic) in gone {
            let is_listed = trends.iter().any(|trend| is_of(trend, &topic.leader));
            if topic.is_known && !is_listed {
                let present = fallen.iter().chain(&standing).find(|candidate| candidate.key == topic.leader);
                trends.push(ended(window, id, &topic, present));
            }
        }
        // Last, so that nothing that is kept or compared has seen a label.
        for Trend { keyword, terms, sample_posts, .. } in &mut trends {
            *keyword = labeler.label(&Labelled { keyword, terms, samples: sample_posts });
        }
        for Alert { keyword, sample_posts, .. } in &mut alerts {
            let terms = std::slice::from_ref(keyword);
            *keyword = labeler.label(&Labelled { keyword, terms, samples: sample_posts });
        }
        (trends, alerts)
    }

    /// Goes on with the topics of one more window; what is left of those before: they ended, or go on under another
    /// keyword.
    fn advance(
        &mut self,
        window: Window,
        ranked: &[Ranked],
        standing: &[Candidate],
        standing_before: &BTreeMap<KeywordKey, Standing>,
    ) -> BTreeMap<TopicId, Topic> {
        let mut left = std::mem::take(&mut self.topics);
        for topic in ranked {
            let leader = &standing[topic.group.leader];
            let before = left.remove(&topic.id);
            if let Some(renamed) = before.clone().filter(|before| before.leader != leader.key) {
                left.insert(topic.id, renamed);
            }
            let is_new = before.is_none();
            let mut life = before.unwrap_or_else(|| Topic::new(leader, window.end));
            life.advance(leader, topic.rank, is_new, topic.is_listed);
            self.topics.insert(topic.id, life);
            for &member in &topic.group.members {
                let key = &standing[member].key;
                let below_since = standing_before.get(key).and_then(|standing| standing.below_since);
                self.standing.insert(key.clone(), Standing { topic: topic.id, below_since });
            }
        }
        left
    }

    /// The groups by rank, each with the id of its topic: that of the strongest member which belonged to one, so that
    /// what many people talk about does not go on as something smaller that it has met.
    fn ranked(
        &self,
        groups: Vec<Group>,
        standing: &[Candidate],
        standing_before: &BTreeMap<KeywordKey, Standing>,
        tested: u64,
        (window, settings): (Window, &Settings),
    ) -> Vec<Ranked> {
        let confidences = confidences(standing, tested);
        let mut taken = Vec::new();
        let mut topics = Vec::new();
        for group in groups {
            let mut known = group.members.iter().filter_map(|&member| {
                let id = standing_before.get(&standing[member].key)?.topic;
                self.topics.contains_key(&id).then_some(id)
            });
            let before = known.find(|id| !taken.contains(id));
            let stands_out = group.members.iter().any(|&member| standing[member].assessment.stands_out);
            if before.is_none() && !stands_out {
                // What is left of something that others go on with: nothing starts with that.
                continue;
            }
            let id = before.unwrap_or_else(|| TopicId::new(&standing[group.leader].key, window.end));
            taken.push(id);
            let score = standing[group.members[0]].excess();
            topics.push((id, group, score));
        }
        let places: Vec<(f64, Option<u32>)> = topics
            .iter()
            .map(|(id, _, score)| (*score, self.topics.get(id).map(|topic| topic.rank)))
            .collect();
        let order = ranked(&places);
        let mut rank_of = vec![0; order.len()];
        for (&index, rank) in order.iter().zip(1_u32..) {
            rank_of[index] = rank;
        }
        let mut all: Vec<Ranked> = topics
            .into_iter()
            .zip(rank_of)
            .map(|((id, group, score), rank)| Ranked {
                id,
                rank,
                score,
                rank_change: self.topics.get(&id).map(|topic| topic.rank.cast_signed() - rank.cast_signed()),
                confidence: confidences[group.leader],
                is_listed: false,
                group,
            })
            .collect();
        all.sort_unstable_by_key(|topic| topic.rank);
        let languages = all.iter().map(|topic| standing[topic.group.leader].language.as_str());
        let listed = kept(languages, settings.top as usize, settings.top_of_language as usize);
        for (topic, is_listed) in all.iter_mut().zip(listed) {
            topic.is_listed = is_listed;
        }
        all
    }

    fn trend(
        &self,
        window: Window,
        ranked: &Ranked,
        standing: &[Candidate],
        context_of: &mut impl FnMut(&[&Candidate]) -> Context,
    ) -> Trend {
        let leader = &standing[ranked.group.leader];
        let topic = &self.topics[&ranked.id];
        let others = ranked.group.members.iter().filter(|&&member| member != ranked.group.leader);
        let terms: Vec<&Candidate> =
            std::iter::once(leader).chain(others.map(|&member| &standing[member])).collect();
        let context = context_of(&terms);
        Trend {
            rank: ranked.rank,
            rank_change: ranked.rank_change,
            score: ranked.score,
            confidence_score: ranked.confidence,
            is_alerting: self.alerts.contains_key(&ranked.id),
            terms: terms.iter().map(|candidate| candidate.display.clone()).collect(),
            sample_posts: context.sample_posts,
            related: context.related,
            ..without_rank(window, ranked.id, topic, leader)
        }
    }
}

/// Whether the candidate is a trend, or part of one: it stands out, or did so not long ago, in a topic that started at
/// `started_at`.
fn stands(
    candidate: &Candidate,
    before: Option<&mut Standing>,
    started_at: Micros,
    window: Window,
    settings: &Settings,
) -> bool {
    let Some(before) = before else { return candidate.assessment.stands_out };
    if candidate.assessment.stands_out || candidate.z() >= settings.end_z_score {
        before.below_since = None;
        return true;
    }
    let below_since = *before.below_since.get_or_insert(window.end);
    let grace = i64::from(settings.end_minutes) * MINUTE;
    // Nearer to nothing unusual than to the threshold, before it has lasted as long as it would be waited for after
    // the posts left the window with which it entered: what was taken for a trend was chance, or a past that was not
    // known yet.
    let is_early = window.end.0 - started_at.0 < window.end.0 - window.start.0 + grace;
    let is_false_start = is_early && candidate.z() < FALSE_START_PART * settings.end_z_score;
    // What nobody posts about any more has ended, however short that is.
    2 * candidate.posts >= settings.min_frequency && window.end.0 - below_since.0 < grace && !is_false_start
}

fn is_of(trend: &Trend, key: &KeywordKey) -> bool {
    trend.normalized_keyword == key.0 && trend.kind == key.1
}

/// A topic's record, but for its place and what follows from that.
fn without_rank(window: Window, id: TopicId, topic: &Topic, leader: &Candidate) -> Trend {
    let Assessment { score, why, expected_posts, velocity, .. } = leader.assessment;
    Trend {
        keyword: leader.display.clone(),
        normalized_keyword: leader.key.0.clone(),
        kind: leader.key.1,
        language: leader.language.clone(),
        topic_id: id.text(),
        status: topic.status,
        window: window.kind,
        window_start: window.start,
        window_end: window.end,
        started_at: topic.started_at,
        frequency: u64::from(leader.posts),
        unique_authors: u64::from(leader.authors),
        expected: expected_posts,
        growth_rate: score.growth_rate,
        z_score: score.z,
        confidence_score: 0.0,
        velocity,
        score: score.excess,
        rank: 0,
        rank_change: None,
        is_alerting: false,
        sparkline: leader.sparkline.clone(),
        terms: Vec::new(),
        organic_share: (why.observed / f64::from(leader.authors.max(1))).min(1.0),
        related: Vec::new(),
        sample_posts: Vec::new(),
        why,
    }
}

/// The last record of a trend: its numbers in this window, as far as it has any, without rank, confidence and posts.
fn ended(window: Window, id: TopicId, topic: &Topic, present: Option<&Candidate>) -> Trend {
    let gone = Topic { status: TrendStatus::Ended, ..topic.clone() };
    let last = Candidate::last(topic.leader.clone(), topic.display.clone(), present);
    without_rank(window, id, &gone, &last)
}

/// As people read it; hashtags with `#`.
pub(crate) fn with_sign(kind: KeywordKind, text: String) -> String {
    match kind {
        KeywordKind::Hashtag => format!("#{text}"),
        KeywordKind::Word | KeywordKind::Phrase => text,
    }
}

#[cfg(test)]
mod tests;
