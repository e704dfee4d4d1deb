//! A checkout of the Numenta Anomaly Benchmark on disk (<https://github.com/numenta/NAB>): the Twitter volumes, their labelled
//! windows, and what detectors were published with.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use skytrend_event::Micros;

use super::CountSeries;
use super::csv::{instant, read_columns};
use super::nab::ScoredSeries;

/// The part of the benchmark that counts posts: tweets about a company in five minutes.
const GROUP: &str = "realTweets";

/// See the module.
pub struct Checkout {
    folder: PathBuf,
    /// By file name.
    series: Vec<Labelled>,
}

/// One of the benchmark's series.
pub struct Labelled {
    file: String,
    pub counts: CountSeries,
    /// First and last step of each, in order.
    pub windows: Vec<RangeInclusive<usize>>,
}

/// The scores that a detector was published with.
pub struct PublishedDetector {
    pub name: String,
    pub scored: Vec<ScoredSeries>,
    /// The threshold of the standard profile that its authors' scores were marked at, and what came out for these
    /// series: not a mark of 0 to 100, but the sum it is made of.
    pub standard: Option<(f64, f64)>,
}

impl Checkout {
    /// Reads the series and the windows.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let labels_path = folder.join("labels/combined_windows.json");
        let labels = File::open(&labels_path).with_context(|| {
            format!("{} is no checkout of NAB: can't read {}", folder.display(), labels_path.display())
        })?;
        let labels: BTreeMap<String, Vec<[String; 2]>> = serde_json::from_reader(BufReader::new(labels))
            .with_context(|| format!("{} holds no windows", labels_path.display()))?;
        let mut series = Vec::new();
        for file in names_in(&folder.join("data").join(GROUP))? {
            let counts = CountSeries::read(&folder.join("data").join(GROUP).join(&file))?;
            let limits = labels.get(&format!("{GROUP}/{file}"));
            let limits = limits.with_context(|| format!("{} does not name {file}", labels_path.display()))?;
            let windows = steps_of(&counts.starts(), limits).with_context(|| format!("windows of {file}"))?;
            series.push(Labelled { file, counts, windows });
        }
        ensure!(series.iter().any(|one| !one.windows.is_empty()), "no windows in {}", folder.display());
        Ok(Self { folder: folder.to_owned(), series })
    }

    pub fn series(&self) -> &[Labelled] {
        &self.series
    }

    /// The detectors with scores for all of the series, by name; none where the checkout has no results.
    pub fn published(&self) -> anyhow::Result<Vec<PublishedDetector>> {
        let results = self.folder.join("results");
        if !results.exists() {
            return Ok(Vec::new());
        }
        let is_complete = |name: &String| self.series.iter().all(|one| self.scores_path(name, one).exists());
        names_in(&results)?.into_iter().filter(is_complete).map(|name| self.detector(name)).collect()
    }

    fn detector(&self, name: String) -> anyhow::Result<PublishedDetector> {
        let scored = self.series.iter().map(|one| {
            let path = self.scores_path(&name, one);
            let rows = read_columns(&path, ["anomaly_score"])?;
            ensure!(rows.len() == one.counts.steps.len(), "{} is of another length", path.display());
            let scores = rows.iter().map(|[score]| number(score));
            let scores = scores.collect::<anyhow::Result<_>>().with_context(|| path.display().to_string())?;
            Ok(ScoredSeries { scores, windows: one.windows.clone() })
        });
        let scored = scored.collect::<anyhow::Result<_>>()?;
        let standard = self.published_standard(&name)?;
        Ok(PublishedDetector { name, scored, standard })
    }

    /// Threshold and sum of the series' scores in `NAME_standard_scores.csv`; none where they are not there.
    fn published_standard(&self, name: &str) -> anyhow::Result<Option<(f64, f64)>> {
        let path = self.folder.join("results").join(name).join(format!("{name}_standard_scores.csv"));
        if !path.exists() {
            return Ok(None);
        }
        let mut standard = None;
        for [file, threshold, score] in read_columns(&path, ["File", "Threshold", "Score"])? {
            if file.strip_prefix(GROUP).is_some_and(|file| file.starts_with('/')) {
                let sum = standard.map_or(0.0, |(_, sum)| sum);
                standard = Some((number(&threshold)?, sum + number(&score)?));
            }
        }
        Ok(standard)
    }

    fn scores_path(&self, detector: &str, series: &Labelled) -> PathBuf {
        let results = self.folder.join("results").join(detector).join(GROUP);
        results.join(format!("{detector}_{}", series.file))
    }
}

/// What is in a folder, sorted.
fn names_in(folder: &Path) -> anyhow::Result<Vec<String>> {
    let reading = || format!("can't read {}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(reading)? {
        names.extend(entry.with_context(reading)?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}

/// The steps at which windows given by their first and last instant start and end.
fn steps_of(starts: &[Micros], limits: &[[String; 2]]) -> anyhow::Result<Vec<RangeInclusive<usize>>> {
    let place = |limit: &String| {
        starts
            .binary_search(&instant(limit)?)
            .ok()
            .with_context(|| format!("the series has no step at {limit}"))
    };
    let windows = limits.iter().map(|[first, last]| Ok(place(first)?..=place(last)?));
    let windows: Vec<_> = windows.collect::<anyhow::Result<_>>()?;
    let in_order = windows.windows(2).all(|pair| pair[0].end() < pair[1].start());
    ensure!(in_order && windows.iter().all(|window| !window.is_empty()), "windows are not in order");
    Ok(windows)
}

fn number(text: &str) -> anyhow::Result<f64> {
    let number: Option<f64> = text.trim().parse().ok();
    number.filter(|number| number.is_finite()).with_context(|| format!("{text:?} is no number"))
}
