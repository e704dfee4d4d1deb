//! The figures as people read them, and as one JSON object.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;
use skytrend_sim::quality::{QualitySettings, Truth};

use super::examples::Examples;
use super::figures::{AtThreshold, Figures, Share};
use super::rivals::Judged;
use super::subjects::Source;

/// Everything that a run found out.
#[derive(Debug, Serialize)]
pub struct Report {
    pub settings: QualitySettings,
    pub events: usize,
    pub negatives: usize,
    /// Posts that went through the detector here; none where its lists come from a file.
    pub posts: Option<u64>,
    pub seconds: f64,
    pub skytrend: Figures,
    pub examples: Examples,
    pub rivals: Vec<Rival>,
    /// Our average precision over the oracle's.
    pub share_of_oracle: Option<f64>,
}

/// A rival's figures.
#[derive(Debug, Serialize)]
pub struct Rival {
    pub name: &'static str,
    #[serde(flatten)]
    pub figures: Figures,
}

impl Report {
    pub fn new(
        truth: &Truth,
        posts: Option<u64>,
        took: Duration,
        (skytrend, examples): (Figures, Examples),
        rivals: Vec<Judged>,
    ) -> Self {
        let oracle = rivals.last().map(|oracle| oracle.figures.average_precision);
        Self {
            settings: truth.settings.clone(),
            events: truth.events.len(),
            negatives: truth.negatives.len(),
            posts,
            seconds: took.as_secs_f64(),
            share_of_oracle: oracle
                .filter(|oracle| *oracle > 0.0)
                .map(|oracle| skytrend.average_precision / oracle),
            skytrend,
            examples,
            rivals: rivals.into_iter().map(|Judged { name, figures }| Rival { name, figures }).collect(),
        }
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut text = String::new();
        self.write_table(&mut text).expect("writing to a string does not fail");
        text
    }

    fn write_table(&self, out: &mut String) -> std::fmt::Result {
        let settings = &self.settings;
        let days = |minutes: u32| f64::from(minutes) / 1440.0;
        writeln!(
            out,
            "seed {}: {} events and {} negatives in {:.2} days after {:.2} of warm-up, {} posts a minute, noise {} %",
            settings.seed,
            self.events,
            self.negatives,
            days(settings.scored_minutes),
            days(settings.warm_minutes),
            settings.posts_per_minute,
            settings.noise_percent,
        )?;
        if let Some(posts) = self.posts {
            writeln!(
                out,
                "{posts} posts in {:.1} s, {:.0} a second",
                self.seconds,
                posts as f64 / self.seconds
            )?;
        }
        writeln!(
            out,
            "\n{:33} {:>5} {:>5} {:>5} | {:>4} {:>4} {:>4} {:>4} | {:>5} {:>4} {:>5} {:>4} | {:>6} {:>6} {:>7} {:>5}",
            "",
            "AP",
            "NDCG",
            "terms",
            "R@.2",
            "R@1",
            "R@5",
            "R@20",
            "TTD@1",
            "p90",
            "early",
            "flap",
            "native",
            "recall",
            "FA/h",
            "prec",
        )?;
        line(out, "skytrend", &self.skytrend)?;
        for rival in &self.rivals {
            line(out, rival.name, &rival.figures)?;
        }
        if let Some(share) = self.share_of_oracle {
            let with_waves = self.skytrend.average_precision_with_waves;
            writeln!(
                out,
                "\naverage precision is {:.1} % of the oracle's; {with_waves:.3} with waves of new accounts",
                100.0 * share,
            )?;
        }
        let ours = &self.skytrend;
        let thresholds = [
            ("1 FA/h", ours.at_budgets.get(1)),
            ("listed", Some(&ours.native)),
            ("alerts", ours.alerts.as_ref()),
        ];
        writeln!(out, "\nskytrend at")?;
        for (name, at) in thresholds.into_iter().filter_map(|(name, at)| Some((name, at?))) {
            detail(out, name, at, self.hours())?;
        }
        writeln!(
            out,
            "\ntopics: pairwise F1 {}, twice in the first twenty in {:.1} % of lists; {} episodes for each keyword of an event",
            number(ours.topics_pairwise_f1, 3),
            100.0 * ours.topic_twice_share,
            number(ours.episodes_per_keyword, 2),
        )
    }

    fn hours(&self) -> f64 {
        f64::from(self.settings.scored_minutes) / 60.0
    }
}

fn line(out: &mut String, name: &str, figures: &Figures) -> std::fmt::Result {
    let recall = |at: usize| figures.at_budgets.get(at).map_or(0.0, |at| at.recall);
    let at_one = figures.at_budgets.get(1);
    let of_one = |value: fn(&AtThreshold) -> Option<f64>| at_one.and_then(value);
    writeln!(
        out,
        "{name:33} {:5.3} {:>5} {:>5} | {:4.2} {:4.2} {:4.2} {:4.2} | {:>5} {:>4} {:>5} {:>4} | {:>6} {:6.2} {:7.1} {:>5}",
        figures.average_precision,
        number(figures.ndcg, 3),
        number(figures.ndcg_by_term, 3),
        recall(0),
        recall(1),
        recall(2),
        recall(3),
        number(of_one(|at| at.minutes_to_detect_median), 0),
        number(of_one(|at| at.minutes_to_detect_p90), 0),
        number(of_one(|at| at.before_peak), 2),
        number(of_one(|at| at.findings_per_event), 1),
        figures.native.threshold.map_or_else(|| "listed".to_owned(), |threshold| format!("{threshold:.1}")),
        figures.native.recall,
        figures.native.false_alarms_per_hour,
        number(figures.native.precision, 2),
    )
}

fn detail(out: &mut String, name: &str, at: &AtThreshold, hours: f64) -> std::fmt::Result {
    writeln!(
        out,
        "  {name}: threshold {}, recall {:.3} (large {}, small {}, night {}, new terms {}, as parts of names {}), FA/h {:.2} (worst hour {}), precision {}, TTD {} / {}",
        at.threshold.map_or_else(|| "none".to_owned(), |threshold| format!("{threshold:.2}")),
        at.recall,
        number(at.recall_large, 2),
        number(at.recall_small, 2),
        number(at.recall_night, 2),
        number(at.recall_new_terms, 2),
        at.found_as_parts,
        at.false_alarms_per_hour,
        at.false_alarms_worst_hour,
        number(at.precision, 2),
        number(at.minutes_to_detect_median, 0),
        number(at.minutes_to_detect_p90, 0),
    )?;
    for (what, groups) in
        [("language", &at.recall_by_language), ("shape", &at.recall_by_shape), ("kind", &at.recall_by_kind)]
    {
        let of_group = |(name, share): (&String, &Share)| format!("{name} {}/{}", share.found, share.of);
        writeln!(out, "    by {what}: {}", groups.iter().map(of_group).collect::<Vec<_>>().join("  "))?;
    }
    let of_source = |(source, count): (&Source, &usize)| format!("{source:?} {count}").to_lowercase();
    let sources: Vec<String> = at.false_alarms_by_source.iter().map(of_source).collect();
    writeln!(
        out,
        "    false alarms: {}; apart from them, waves of new accounts: {}",
        sources.join("  "),
        at.wave_alarms
    )?;
    let of_spam = |kind: Source| {
        let count = at.false_alarms_by_source.get(&kind).copied().unwrap_or(0);
        format!("{kind:?} {:.2}", count as f64 / hours).to_lowercase()
    };
    writeln!(out, "    spam, per hour: {}", Source::SPAM.map(of_spam).join("  "))
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}
