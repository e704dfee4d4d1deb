//! Other methods on the same posts, for comparison: the rule that this project began with, Mastodon's formula,
//! `SigniTrend`, the formulas of our own detector, and an oracle that knows the true background rates. They need no
//! extraction: they are given the world's own counts, posts (C) or authors without near-copies (D), and so an
//! advantage.

mod mastodon;
mod naive;
mod oracle;
mod seasonal;
mod series;
mod signitrend;

use std::sync::Arc;

use skytrend_sim::quality::{QualityMinute, Term, Truth};
use smallvec::smallvec;

use super::figures::{Figures, figures};
use super::judge::{Entry, Judge};
use super::row::normalized;
use super::subjects::{KeywordId, Subjects};
use series::Series;

pub use series::f32_of;

/// A term that a method scores in a minute.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scored {
    /// Its place among the world's terms.
    term: usize,
    z: f32,
    rank_score: f32,
}

/// What is counted of each term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    /// Posts.
    Posts,
    /// Authors without near-copies.
    Originals,
}

/// A method.
trait Method: Send {
    /// Its name in the table.
    fn name(&self) -> &'static str;

    /// Where it would list by itself.
    fn native(&self) -> f32;

    /// Learns from the counts of an epoch that lies wholly before every window that is still to be scored.
    fn learn(&mut self, epoch: &series::Epoch);

    /// Scores the window that ends with the newest minute of the series.
    fn score(&mut self, series: &Series, minute: u32, into: &mut Vec<Scored>);

    /// Looks at the posts of a minute; most methods need counts only.
    fn posts(&mut self, _minute: &QualityMinute, _series: &Series) {}
}

/// A rival's place in the comparison.
pub struct Judged {
    pub name: &'static str,
    pub figures: Figures,
}

/// All rivals, with a judge each.
pub struct Rivals {
    truth: Arc<Truth>,
    subjects: Subjects,
    /// By term.
    keywords: Vec<KeywordId>,
    series: Series,
    methods: Vec<(Box<dyn Method>, Judge)>,
    scored: Vec<Scored>,
    entries: Vec<Entry>,
}

impl Rivals {
    /// For a world with these terms.
    pub fn new(truth: &Arc<Truth>, terms: &[Term]) -> Self {
        let mut subjects = Subjects::new(truth);
        let keywords = terms.iter().map(|term| subjects.number(&normalized(&term.text))).collect();
        let count = terms.len();
        let methods: Vec<Box<dyn Method>> = vec![
            Box::new(naive::NaiveZ::new("z(24 h) > 2, the seeds' rule (C)", Channel::Posts, count)),
            Box::new(mastodon::Mastodon::new(terms)),
            Box::new(signitrend::SigniTrend::new(
                "SigniTrend 24 h b=5 (C)",
                Channel::Posts,
                24.0,
                5.0,
                3.0,
                count,
            )),
            Box::new(naive::NaiveZ::new("z(24 h) (D)", Channel::Originals, count)),
            Box::new(signitrend::SigniTrend::new(
                "SigniTrend 24 h b=5 (D)",
                Channel::Originals,
                24.0,
                5.0,
                3.0,
                count,
            )),
            Box::new(signitrend::SigniTrend::new(
                "SigniTrend 7 d b=.6 (D)",
                Channel::Originals,
                168.0,
                0.6,
                6.0,
                count,
            )),
            Box::new(seasonal::Seasonal::new(terms)),
            Box::new(oracle::Oracle::default()),
        ];
        Self {
            methods: methods.into_iter().map(|method| (method, Judge::new(Arc::clone(truth)))).collect(),
            truth: Arc::clone(truth),
            series: Series::new(count),
            subjects,
            keywords,
            scored: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// Takes the next minute.
    pub fn minute(&mut self, minute: &QualityMinute) {
        self.series.push(minute);
        let is_scored = minute.minute >= self.truth.settings.warm_minutes;
        let epoch = self.series.take_past_epoch(minute.minute);
        for (method, judge) in &mut self.methods {
            if let Some(epoch) = &epoch {
                method.learn(epoch);
            }
            method.posts(minute, &self.series);
            if !is_scored {
                continue;
            }
            self.scored.clear();
            method.score(&self.series, minute.minute, &mut self.scored);
            self.entries.clear();
            self.entries.extend(self.scored.iter().map(|scored| Entry {
                keywords: smallvec![self.keywords[scored.term]],
                z: scored.z,
                rank_score: scored.rank_score,
                is_started: false,
            }));
            judge.list(&self.subjects, minute.minute, &mut self.entries);
        }
    }

    /// The figures of all of them.
    pub fn finish(self) -> Vec<Judged> {
        let judged = |(method, mut judge): (Box<dyn Method>, Judge)| {
            judge.finish();
            Judged { name: method.name(), figures: figures(&self.truth, &judge, Some(method.native()), None) }
        };
        self.methods.into_iter().map(judged).collect()
    }
}
