//! Counts one window that ends with a closed minute: every keyword's posts and authors, the candidates, the ranking.

use std::cmp::Reverse;
use std::sync::Arc;

use skytrend_event::{KeywordCount, KeywordKind, WindowKind};

use super::{Engine, start_of};
use crate::baseline::Baseline;
use crate::extract::SurfaceForm;
use crate::keywords::PREFETCHED_AHEAD;
use crate::language::LanguageCode;
use crate::meeting::Activity;
use crate::posts::Since;
use crate::rank::{Window, with_sign};
use crate::settings::Settings;
use crate::state::KeywordState;
use crate::tally::Tally;
use crate::window::WindowOutput;

/// A count to be output: the order of output as far as numbers can say, the keyword, and what is said of it.
type CountRow = (Reverse<u32>, u64, u32, u32, LanguageCode, SurfaceForm);

/// A window that is being counted.
pub(super) struct Counted {
    pub(super) window: Window,
    /// The minute it ends with.
    pub(super) minute: i64,
    pub(super) since: Since,
    pub(super) activity: Activity,
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
        let first = since.first;
        let counted = Counted { window, minute, since, activity: self.activity(first) };

        let mut rows: Vec<CountRow> = Vec::with_capacity(self.counts_before);
        let mut candidates = Vec::new();
        let mut tested = 0;
        let interesting = self.interesting(&counted, settings);
        for (place, &number) in interesting.iter().enumerate() {
            self.prefetch_keywords(&interesting, place);
            let tally = self.tally(number, &counted, settings);
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
        let labeler = Arc::clone(&self.labeler);
        let (trends, mut alerts) = ranking.rank(window, candidates, tested, settings, &*labeler, |terms| {
            self.context_of(terms, first, settings)
        });
        match kind {
            WindowKind::Sliding => self.sliding = ranking,
            WindowKind::Tumbling => self.tumbling = ranking,
        }
        let (watched, watch_alerts) = self.watched(window, minute, first, counted.since.posts, settings);
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

    /// The keywords whose numbers in this window are of interest.
    fn interesting(&self, counted: &Counted, settings: &Settings) -> Vec<u32> {
        // With fewer posts a keyword is neither output nor admitted, and counts as not observed.
        let least = settings.counts_min.min(settings.admission_authors).min(settings.min_frequency);
        let is_interesting = |&number: &u32| {
            let enough = self.keywords.tallies(number).of(counted.window.kind).posts >= least;
            (enough || self.keywords.is_watched(number, counted.minute))
                && !self.keywords.entry(number).is_watched
        };
        (0..self.keywords.numbers()).filter(is_interesting).collect()
    }

    /// Asks for some of `numbers` that come after the one at `place`: first the keywords, then what they point to.
    fn prefetch_keywords(&self, numbers: &[u32], place: usize) {
        let at = |ahead: usize| numbers.get(place + ahead).copied();
        self.keywords.prefetch_numbers(at(2 * PREFETCHED_AHEAD).into_iter());
        self.keywords.prefetch_lists(at(PREFETCHED_AHEAD).into_iter());
    }

    /// The keyword's tally; gives it a state if it is due.
    fn tally(&mut self, number: u32, counted: &Counted, settings: &Settings) -> Tally {
        let tally = *self.keywords.tallies(number).of(counted.window.kind);
        if counted.window.kind == WindowKind::Sliding {
            if self.keywords.state(number).is_none() && tally.authors >= settings.admission_authors {
                let mut admitted = KeywordState::new(counted.minute);
                let before = self.rare.posts(self.keywords.entry(number).hash);
                let posts = &self.posts;
                let occurrences = self.keywords.entry(number).occurrences.as_slice();
                let language = self.tallier.describe(occurrences, posts).0;
                let (in_language, _) = self.tallier.in_language(occurrences, posts, language);
                admitted.language = language;
                admitted.note_language(occurrences.len(), in_language, language);
                let home = self.streams.known(admitted.home());
                admitted.baseline = Baseline::admitted(self.streams.of(home), before);
                for occurrence in occurrences {
                    let post = posts.post(posts.index_of(occurrence.post()));
                    admitted.apply(crate::minute_of(post.witnessed), 1);
                }
                self.keywords.admit(number, admitted);
            }
            if let Some(state) = self.keywords.state_mut(number) {
                state.observe(counted.minute, tally.clusters);
            }
        }
        tally
    }

    /// In what language the keyword's posts in the window mostly are, and how it is mostly written.
    pub(super) fn describe(&mut self, number: u32, first: usize) -> (LanguageCode, SurfaceForm) {
        let (posts, entry) = (&self.posts, self.keywords.entry(number));
        let occurrences = entry.occurrences.as_slice();
        let before = occurrences.partition_point(|o| posts.index_of(o.post()) < first);
        self.tallier.describe(&occurrences[before..], posts)
    }

    /// The keyword as it is shown, mostly written in this form.
    pub(super) fn display(&self, number: u32, form: SurfaceForm) -> String {
        let entry = self.keywords.entry(number);
        let mixed = if form == SurfaceForm::Mixed { self.keywords.mixed(number) } else { None };
        let text = match mixed {
            Some(mixed) => mixed.to_owned(),
            None if entry.kind == KeywordKind::Phrase => form.write_words(&entry.normalized),
            None => form.write(&entry.normalized),
        };
        with_sign(entry.kind, text)
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
                keyword: self.display(number, form),
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
