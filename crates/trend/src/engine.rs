//! Closes minutes: takes their events in order, counts windows, learns baselines, ranks. Everything that depends on
//! closed minutes is here; which minute may close is decided by the [`Detector`](crate::Detector).

mod candidates;
mod context;
mod engaged;
mod intake;
mod phrases;
mod tallies;
mod watched;
mod windows;

pub(crate) use phrases::{PHRASES_PER_POST_MAX, WORDS_MAX};
use std::sync::Arc;

use hashbrown::HashSet;
use skytrend_event::time::MINUTE;
use skytrend_event::{Micros, WindowKind};

use crate::authors::Authors;
use crate::engagements::Engagements;
use crate::keywords::Keywords;
use crate::language::LanguageCode;
use crate::moderation::Rules;
use crate::newcomers::SeenAuthors;
use crate::pane::PendingPane;
use crate::phrases::PhraseCounts;
use crate::posts::{Post, PostStore};
use crate::rank::{Labeler, Ranking};
use crate::rare::RareKeywords;
use crate::season::hour_of;
use crate::settings::{SHARDS, Settings};
use crate::state::KeywordState;
use crate::stats::Counters;
use crate::stream::{EPOCH_MINUTES, Streams};
use crate::tally::{Tallier, Voice};
use crate::watch::{WatchAlerts, Watches};
use crate::window::WindowOutput;
use tallies::{BusyAuthors, Sought, WindowStarts};

/// See the module.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) posts: PostStore,
    pub(crate) keywords: Keywords,
    pub(crate) authors: Authors,
    pub(crate) engagements: Engagements,
    pub(crate) streams: Streams,
    pub(crate) seen: SeenAuthors,
    pub(crate) phrases: PhraseCounts,
    pub(crate) rare: RareKeywords,
    pub(crate) sliding: Ranking,
    pub(crate) tumbling: Ranking,
    pub(crate) watches: Arc<Watches>,
    pub(crate) watch_alerts: WatchAlerts,
    rules: Rules,
    labeler: Arc<dyn Labeler>,
    window_starts: WindowStarts,
    busy: BusyAuthors,
    tallier: Tallier,
    /// Empty between two uses.
    sought: Vec<Sought>,
    /// Occurrences of each shard in the minute that is being closed.
    shard_occurrences: Vec<u32>,
    /// Counts output for the window before: about as many will come.
    counts_before: usize,
    /// Posts of the sliding window before the minute that is being closed.
    window_posts: f64,
    /// Those of one keyword.
    voices: Vec<Voice>,
    /// For each author, how many posts of a window; of no meaning between two uses.
    posts_of_author: Vec<u32>,
    /// For each keyword, how many posts of a sample it has; all zero between two uses.
    shared_posts: Vec<u32>,
}

impl Engine {
    /// Bytes held, about.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.posts.memory_bytes()
            + self.keywords.memory_bytes()
            + self.authors.memory_bytes()
            + self.engagements.memory_bytes()
            + self.seen.sets.memory_bytes()
            + self.phrases.sets.memory_bytes()
            + self.rare.sets.memory_bytes()
            + self.busy.memory_bytes()
    }

    pub(crate) fn new(watches: Arc<Watches>, rules: Rules, labeler: Arc<dyn Labeler>) -> Self {
        Self {
            posts: PostStore::new(),
            keywords: Keywords::new(),
            authors: Authors::default(),
            engagements: Engagements::default(),
            streams: Streams::default(),
            seen: SeenAuthors::new(),
            phrases: PhraseCounts::new(),
            rare: RareKeywords::new(),
            sliding: Ranking::default(),
            tumbling: Ranking::default(),
            watches,
            watch_alerts: WatchAlerts::default(),
            rules,
            labeler,
            window_starts: WindowStarts::default(),
            busy: BusyAuthors::default(),
            tallier: Tallier::default(),
            sought: Vec::new(),
            shard_occurrences: vec![0; SHARDS],
            counts_before: 0,
            window_posts: 0.0,
            voices: Vec::new(),
            posts_of_author: Vec::new(),
            shared_posts: Vec::new(),
        }
    }

    /// Watches others from now on. What is not watched any more loses its state, and so leaves with its last post.
    pub(crate) fn set_watches(&mut self, watches: Arc<Watches>) {
        self.watches = watches;
        let Self { keywords, watches, .. } = self;
        let keys: HashSet<&str> = watches.keys().collect();
        keywords.forget_lists(|key| keys.contains(key));
    }

    /// Whether closing minutes without events would change and output nothing.
    pub(crate) fn is_idle(&self) -> bool {
        let is_followed =
            !self.sliding.is_idle() || !self.tumbling.is_idle() || !self.watch_alerts.open.is_empty();
        self.posts.is_empty() && self.authors.len() == 0 && !is_followed
    }

    /// Nothing is retained any more, and a stretch of time is passed over.
    pub(crate) fn skip(&mut self) {
        while self.posts.pop_pane().is_some() {}
    }

    /// Closes minute `minute`, the one after the last closed.
    pub(crate) fn close(
        &mut self,
        minute: i64,
        pending: PendingPane,
        settings: &Settings,
        counters: &mut Counters,
        outputs: &mut Vec<WindowOutput>,
    ) {
        self.advance_windows(minute, settings);
        self.take_in(minute, pending, settings, counters);
        let end = minute + 1;
        self.learn(end - settings.longest_window_minutes());
        self.expire(end - settings.longest_window_minutes());
        if end.rem_euclid(i64::from(settings.slide_minutes)) == 0 {
            outputs.push(self.window(WindowKind::Sliding, minute, settings));
        }
        if end.rem_euclid(i64::from(settings.tumbling_minutes)) == 0 {
            let mut output = self.window(WindowKind::Tumbling, minute, settings);
            output.activity = Some(self.authors.report(
                output.window_start,
                output.window_end,
                settings.session_gap_minutes,
                settings.sessions_max,
            ));
            outputs.push(output);
        }
        let (stream, rare) = (&self.streams.all, &mut self.rare);
        let level = |state: &KeywordState| {
            state.baseline.epoch_authors(stream).max(f64::from(state.observed.get(minute)))
        };
        counters.states_evicted +=
            self.keywords.evict(settings.tracked_keywords_max, level, |hash, state| {
                rare.note(hash, state.baseline.authors);
            });
    }

    /// Learns the epoch that ends at minute `end`, if one does: all later windows start there or later.
    fn learn(&mut self, end: i64) {
        if end.rem_euclid(EPOCH_MINUTES) != 0 {
            return;
        }
        let start = end - EPOCH_MINUTES;
        let (from, after) = (self.posts.since_minute(start), self.posts.since_minute(end));
        let (first, past_last) = (from.first, after.first);
        let epoch_posts = |language| from.posts_of(language) - after.posts_of(language);
        let all_posts = epoch_posts(LanguageCode::default());
        if !self.streams.all.is_gap(all_posts) {
            let due = self.streams.enter(hour_of(start));
            let (streams, posts, tallier) = (&self.streams, &self.posts, &mut self.tallier);
            let authors = self.authors.numbers();
            self.keywords.for_each_state(|state, occurrences| {
                let place_of = |index| occurrences.partition_point(|o| posts.index_of(o.post()) < index);
                let of_epoch = &occurrences[place_of(first)..place_of(past_last)];
                let clusters = tallier.clusters(of_epoch, posts, authors);
                let home = streams.known(state.home());
                state.baseline.season.release(due.clone());
                let home_posts = epoch_posts(home) as f64;
                state.baseline.learn(streams.of(home), start, clusters, of_epoch.len() as u32, home_posts);
                if !of_epoch.is_empty() {
                    let (in_language, most_common) = tallier.in_language(of_epoch, posts, state.language);
                    state.note_language(of_epoch.len(), in_language, most_common);
                }
            });
        }
        let posts_of = |language| epoch_posts(language) as u32;
        self.streams.learn(start, all_posts, &from.languages, posts_of);
        self.tidy_busy_authors();
    }

    /// Removes the minutes that neither a window nor an epoch still to be learned needs: those before the epoch that
    /// minute `windows_start` lies in.
    fn expire(&mut self, windows_start: i64) {
        let needed_from = windows_start - windows_start.rem_euclid(EPOCH_MINUTES);
        while self.posts.panes().front().is_some_and(|pane| pane.minute < needed_from) {
            let mut number = self.posts.number_at(0);
            let Some((pane, posts)) = self.posts.pop_pane() else { break };
            let uses = |post: &Post| {
                let uses = &pane.keywords[post.keywords_range()];
                uses.iter().filter_map(|used| used.keyword())
            };
            for (place, (post, author)) in posts.iter().enumerate() {
                if let Some((later, _)) = posts.get(place + 2) {
                    self.keywords.prefetch_numbers(uses(later));
                }
                if let Some((next, _)) = posts.get(place + 1) {
                    self.keywords.prefetch_lists(uses(next));
                }
                for keyword in uses(post) {
                    if self.keywords.state(keyword).is_none() {
                        self.rare.note(self.keywords.entry(keyword).hash, 1.0);
                    }
                    self.keywords.expire(keyword, number);
                }
                self.authors.release_post(*author);
                if post.is_engagement {
                    self.engagements.remove(number);
                }
                number = PostStore::after(number);
            }
        }
    }
}

/// The instant at which minute `minute` starts.
pub(crate) fn start_of(minute: i64) -> Micros {
    Micros(minute.saturating_mul(MINUTE))
}
