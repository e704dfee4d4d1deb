//! What a window says of the watchlists: how often each list and each of its terms was matched, and the alerts of lists
//! that stand out of their own past. Counting and learning were done with those of all keywords; a list gets its state
//! with its first post, since it was watched, and silent, from the start.

use std::sync::Arc;

use skytrend_event::keyword::{UNDETERMINED, WHOLE_WATCHLIST};
use skytrend_event::{Alert, AlertKind, KeywordCount, KeywordKind, Micros, WindowKind};

use super::Engine;
use crate::rank::Window;
use crate::score::negative_binomial_tail;
use crate::settings::Settings;
use crate::state::{Assessment, Evidence, KeywordState};
use crate::tally::Tally;
use crate::watch::{KEY_KIND, Key, List};

/// A list or a term in a window.
struct Counted {
    number: Option<u32>,
    tally: Tally,
    language: String,
}

impl Engine {
    /// The counts of the window that ends with `minute`, has its first post at `first` and `posts` posts in all; and,
    /// of a sliding one, the alerts that start or end.
    pub(super) fn watched(
        &mut self,
        window: Window,
        minute: i64,
        first: usize,
        posts: u64,
        settings: &Settings,
    ) -> (Vec<KeywordCount>, Vec<Alert>) {
        let watches = Arc::clone(&self.watches);
        let (mut counts, mut alerts) = (Vec::new(), Vec::new());
        for list in &watches.lists {
            let whole = self.count_watched(&list.key, window.kind, first);
            counts.push(whole.count(window, list, (&list.name, WHOLE_WATCHLIST, KEY_KIND)));
            for term in &watches.terms[list.terms.clone()] {
                let counted = self.count_watched(&term.key, window.kind, first);
                if counted.tally.posts > 0 {
                    counts.push(counted.count(window, list, (&term.shown, &term.normalized, term.kind)));
                }
            }
            if window.kind == WindowKind::Sliding
                && let Some(assessment) = self.assess_watched(&whole, minute, posts, settings)
            {
                alerts.extend(self.watch_alert(list, window, &whole, &assessment, first, settings));
            }
        }
        if window.kind == WindowKind::Sliding {
            let gone = self.watch_alerts.take_gone(&watches.lists);
            alerts.extend(gone.map(|(name, started_at)| end_of_gone(name, started_at, window)));
        }
        (counts, alerts)
    }

    fn count_watched(&mut self, key: &Key, kind: WindowKind, first: usize) -> Counted {
        let number = self.keywords.find(KEY_KIND, &key.text);
        let tally = number.map_or(Tally::ZERO, |number| match kind {
            WindowKind::Sliding => self.keywords.tallies(number).sliding,
            WindowKind::Tumbling => self.keywords.tallies(number).tumbling,
        });
        let language = match number.filter(|_| tally.posts > 0) {
            Some(number) => self.describe(number, first).0.text(),
            None => UNDETERMINED.to_owned(),
        };
        Counted { number, tally, language }
    }

    /// How far a list stands out; none before its first post.
    fn assess_watched(
        &mut self,
        whole: &Counted,
        minute: i64,
        posts: u64,
        settings: &Settings,
    ) -> Option<Assessment> {
        let number = whole.number?;
        // A number may also come from posts that are not in a window yet.
        if self.keywords.state(number).is_none() && whole.tally.posts > 0 {
            self.keywords.admit(number, KeywordState::new(minute));
        }
        let state = self.keywords.state_mut(number)?;
        state.observe(minute, whole.tally.clusters);
        Some(state.assess(minute, &whole.tally, Evidence::default(), posts, &self.streams.all, settings))
    }

    fn watch_alert(
        &mut self,
        list: &List,
        window: Window,
        whole: &Counted,
        assessment: &Assessment,
        first: usize,
        settings: &Settings,
    ) -> Option<Alert> {
        let Assessment { score, why, velocity, relative_variance, .. } = *assessment;
        let originals = whole.tally.posts - whole.tally.copies;
        let (kind, started_at) = self.watch_alerts.advance(list, window.end, originals, score.growth_rate)?;
        let sample_posts = match kind {
            AlertKind::Started => self.samples_of(&(list.key.text.clone(), KEY_KIND), first, settings),
            AlertKind::Ended => Vec::new(),
        };
        Some(Alert {
            kind,
            keyword: list.name.clone(),
            normalized_keyword: WHOLE_WATCHLIST.to_owned(),
            keyword_kind: KEY_KIND,
            language: whole.language.clone(),
            topic_id: String::new(),
            frequency: u64::from(whole.tally.posts),
            unique_authors: u64::from(whole.tally.authors),
            growth_rate: score.growth_rate,
            z_score: score.z,
            confidence_score: 1.0 - negative_binomial_tail(why.observed, why.expected, relative_variance),
            velocity,
            rank: 0,
            window: window.kind,
            window_start: window.start,
            window_end: window.end,
            started_at,
            sample_posts,
            watchlist: Some(list.name.clone()),
        })
    }
}

/// The end of an alert whose list was taken out of the watch: nothing is counted of it any more.
fn end_of_gone(name: String, started_at: Micros, window: Window) -> Alert {
    Alert {
        kind: AlertKind::Ended,
        keyword: name.clone(),
        normalized_keyword: WHOLE_WATCHLIST.to_owned(),
        keyword_kind: KEY_KIND,
        language: UNDETERMINED.to_owned(),
        topic_id: String::new(),
        frequency: 0,
        unique_authors: 0,
        growth_rate: 0.0,
        z_score: 0.0,
        confidence_score: 0.0,
        velocity: 0.0,
        rank: 0,
        window: window.kind,
        window_start: window.start,
        window_end: window.end,
        started_at,
        sample_posts: Vec::new(),
        watchlist: Some(name),
    }
}

impl Counted {
    /// `shown`: how it is written, its normal form, its kind.
    fn count(&self, window: Window, list: &List, shown: (&str, &str, KeywordKind)) -> KeywordCount {
        let (keyword, normalized_keyword, kind) = shown;
        KeywordCount {
            keyword: keyword.to_owned(),
            normalized_keyword: normalized_keyword.to_owned(),
            kind,
            language: self.language.clone(),
            window: window.kind,
            window_start: window.start,
            window_end: window.end,
            count: u64::from(self.tally.posts),
            unique_authors: u64::from(self.tally.authors),
            watchlist: Some(list.name.clone()),
        }
    }
}
