//! Counts one window that ends with a closed minute: every keyword's posts and authors, the candidates, the ranking.

use std::cmp::Reverse;

use skytrend_event::{KeywordCount, WindowKind};

use super::{Engine, start_of};
use crate::baseline::Baseline;
use crate::extract::SurfaceForm;
use crate::keywords::{Entry, Tallies};
use crate::language::LanguageCode;
use crate::newcomers::surplus;
use crate::posts::Since;
use crate::rank::{Candidate, Window, with_sign};
use crate::settings::Settings;
use crate::sketch::AuthorSketch;
use crate::state::KeywordState;
use crate::tally::Tally;
use crate::window::WindowOutput;

/// A count to be output: the order of output as far as numbers can say, the keyword, and what is said of it.
type CountRow = (Reverse<u32>, u64, u32, u32, LanguageCode, SurfaceForm);

/// A window that is being counted.
#[derive(Clone, Copy)]
struct Counted {
    window: Window,
    /// The minute it ends with.
    minute: i64,
    since: Since,
}

impl Engine {
    /// The window of `kind` that ends with `minute`.
    pub(super) fn window(&mut self, kind: WindowKind, minute: i64, settings: &Settings) -> WindowOutput {
        let minutes = match kind {
            WindowKind::Sliding => settings.sliding_minutes,
            WindowKind::Tumbling => settings.tumbling_minutes,
        };
        let start = minute + 1 - i64::from(minutes);
        let window = Window { kind, start: start_of(start), end: start_of(minute + 1) };
        let since = self.posts.since_minute(start);
        let counted = Counted { window, minute, since };
        let first = since.first;

        let mut rows: Vec<CountRow> = Vec::with_capacity(self.counts_before);
        let mut candidates = Vec::new();
        let mut tested = 0;
        for number in 0..self.keywords.numbers() {
            let Some(tally) = self.tally(number, &counted, settings) else { continue };
            if tally.posts >= settings.counts_min {
                let (language, form) = self.describe(number, first);
                let prefix = prefix(&self.keywords.entry(number).normalized);
                rows.push((Reverse(tally.posts), prefix, number, tally.authors, language, form));
            }
            let is_tested = tally.posts >= settings.min_frequency && tally.clusters >= settings.min_authors;
            tested += u64::from(is_tested);
            candidates.extend(self.candidate(number, &tally, is_tested, &counted, settings));
        }
        self.counts_before = rows.len();
        let counts = self.counts(rows, window);
        let mut ranking = std::mem::take(match kind {
            WindowKind::Sliding => &mut self.sliding,
            WindowKind::Tumbling => &mut self.tumbling,
        });
        let (trends, mut alerts) = ranking.rank(window, candidates, since.posts, tested, settings, |key| {
            self.context_of(key, first, settings)
        });
        match kind {
            WindowKind::Sliding => self.sliding = ranking,
            WindowKind::Tumbling => self.tumbling = ranking,
        }
        let (watched, watch_alerts) = self.watched(window, minute, first, since.posts, settings);
        alerts.extend(watch_alerts);
        WindowOutput {
            window: kind,
            window_start: window.start,
            window_end: window.end,
            counts,
            watched,
            trends,
            alerts,
            activity: None,
        }
    }

    /// The keyword's tally; gives it a state if it is due. None where its numbers in this window are of no interest.
    fn tally(&mut self, number: u32, counted: &Counted, settings: &Settings) -> Option<Tally> {
        // With fewer posts a keyword is neither output nor admitted, and counts as not observed.
        let least = settings.counts_min.min(settings.admission_authors).min(settings.min_frequency);
        let is_watched = self.keywords.is_watched(number, counted.minute);
        let Tallies { sliding, tumbling } = *self.keywords.tallies(number);
        let tally = match counted.window.kind {
            WindowKind::Sliding => sliding,
            WindowKind::Tumbling => tumbling,
        };
        if !is_watched && tally.posts < least {
            return None;
        }
        if self.keywords.entry(number).is_watched {
            return None;
        }
        if counted.window.kind == WindowKind::Sliding {
            if self.keywords.state(number).is_none() && tally.authors >= settings.admission_authors {
                let mut admitted = KeywordState::new(counted.minute);
                admitted.baseline =
                    Baseline::admitted(&self.stream, settings.admission_authors, settings.sliding_minutes);
                let posts = &self.posts;
                for occurrence in self.keywords.entry(number).occurrences.as_slice() {
                    let post = posts.post(posts.index_of(occurrence.post()));
                    admitted.apply(crate::minute_of(post.witnessed), 1);
                }
                self.keywords.admit(number, admitted);
            }
            if let Some(state) = self.keywords.state_mut(number) {
                state.observe(counted.minute, tally.clusters);
            }
        }
        Some(tally)
    }

    /// The keyword as a candidate, if it stands out or is watched.
    fn candidate(
        &mut self,
        number: u32,
        tally: &Tally,
        is_tested: bool,
        counted: &Counted,
        settings: &Settings,
    ) -> Option<Candidate> {
        let stream = &self.stream;
        let state = self.keywords.state_mut(number)?;
        if !is_tested && !state.is_watched(counted.minute) {
            return None;
        }
        let (minute, posts) = (counted.minute, counted.since.posts);
        let mut assessment = state.assess(minute, tally, 0.0, posts, stream, settings);
        if !assessment.stands_out && !state.is_watched(minute) {
            return None;
        }
        let surplus = self.surplus_newcomers(number, &counted.since);
        let state = self.keywords.state_mut(number)?;
        if surplus > 0.0 {
            assessment = state.assess(minute, tally, surplus, posts, &self.stream, settings);
        }
        state.watch(minute, &assessment, settings);
        if !assessment.stands_out && !state.is_watched(minute) {
            return None;
        }
        let (sparkline, watched_until) = (state.sparkline(counted.minute), state.watched_until);
        self.keywords.set_watched_until(number, watched_until);
        let (language, form) = self.describe(number, counted.since.first);
        let sketch = self.sketch(number, counted.since.first);
        let entry = self.keywords.entry(number);
        if self.rules.block(entry.kind, &entry.normalized, language) {
            return None;
        }
        let (display, language) = (display(entry, form), language.text());
        let key = (entry.normalized.to_string(), entry.kind);
        Some(Candidate {
            key,
            display,
            language,
            posts: tally.posts,
            authors: tally.authors,
            assessment,
            sparkline,
            sketch,
        })
    }

    /// How many more newcomers than usual are among the authors that the keyword's tally counts.
    fn surplus_newcomers(&mut self, number: u32, since: &Since) -> f64 {
        let posts = &self.posts;
        let occurrences = self.keywords.entry(number).occurrences.as_slice();
        let before = occurrences.partition_point(|o| posts.index_of(o.post()) < since.first);
        let authors = self.authors.numbers();
        let (newcomers, all) = self.tallier.newcomers(&occurrences[before..], posts, authors);
        surplus(newcomers, all, since.newcomer_posts as f64 / since.posts.max(1) as f64)
    }

    /// The authors of the keyword's posts in the window.
    fn sketch(&self, number: u32, first: usize) -> AuthorSketch {
        let posts = &self.posts;
        let places =
            self.keywords.entry(number).occurrences.as_slice().iter().map(|o| posts.index_of(o.post()));
        let authors = places.filter(|&place| place >= first).map(|place| posts.authors()[place]);
        AuthorSketch::of(authors.map(|author| self.authors.hash_of(author)).collect())
    }

    /// In what language the keyword's posts in the window mostly are, and how it is mostly written.
    pub(super) fn describe(&mut self, number: u32, first: usize) -> (LanguageCode, SurfaceForm) {
        let (posts, entry) = (&self.posts, self.keywords.entry(number));
        let occurrences = entry.occurrences.as_slice();
        let before = occurrences.partition_point(|o| posts.index_of(o.post()) < first);
        self.tallier.describe(&occurrences[before..], posts)
    }

    /// The rows in the order (count, keyword, kind).
    fn counts(&self, mut rows: Vec<CountRow>, window: Window) -> Vec<KeywordCount> {
        rows.sort_unstable_by(|left, right| {
            (left.0, left.1).cmp(&(right.0, right.1)).then_with(|| {
                let (left, right) = (self.keywords.entry(left.2), self.keywords.entry(right.2));
                left.normalized.cmp(&right.normalized).then(left.kind.cmp(&right.kind))
            })
        });
        let count = |(Reverse(posts), _, number, authors, language, form): CountRow| {
            let entry = self.keywords.entry(number);
            KeywordCount {
                keyword: display(entry, form),
                normalized_keyword: entry.normalized.to_string(),
                kind: entry.kind,
                language: language.text(),
                window: window.kind,
                window_start: window.start,
                window_end: window.end,
                count: u64::from(posts),
                unique_authors: u64::from(authors),
                watchlist: None,
            }
        };
        rows.into_iter().map(count).collect()
    }
}

/// The first eight bytes as a number that compares as they do.
fn prefix(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let len = text.len().min(8);
    bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
    u64::from_be_bytes(bytes)
}

fn display(entry: &Entry, form: SurfaceForm) -> String {
    let text = match (form, &entry.mixed) {
        (SurfaceForm::Mixed, Some(mixed)) => mixed.to_string(),
        _ => form.write(&entry.normalized),
    };
    with_sign(entry.kind, text)
}
