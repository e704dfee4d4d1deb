//! The embedded detector: decides event by event what is late, holds open minutes, and closes them when every
//! partition has passed their end.

use std::collections::BTreeMap;
use std::sync::Arc;

use skytrend_event::{Like, Micros, PostAction, PostEvent, Repost};

use crate::engine::{Engine, start_of};
use crate::extract::SurfaceForm;
use crate::extracted::{ExtractedEvent, ExtractedEvents, Extractor};
use crate::language::Languages;
use crate::minute_of;
use crate::moderation::Rules;
use crate::pane::{PendingEvent, PendingPane};
use crate::posts::KeywordUse;
use crate::rank::{KeywordLabeler, Labeler};
use crate::settings::{InvalidSettings, Settings};
use crate::signature::Signature;
use crate::stats::{Counters, Stats};
use crate::thinning::EngagementKind;
use crate::watch::Watches;
use crate::window::WindowOutput;

/// Instants from 1970 to 9999 are taken; others are no times of the network, and would overflow sums.
pub(crate) const TIME_MAX: Micros = Micros(253_402_300_800_000_000);
/// A pane's texts, and its keywords, are addressed with 32 bits; the rest is for the last post.
const PANE_BYTES_MAX: usize = u32::MAX as usize - (1 << 20);

/// Finds trends in posts. See the crate's documentation for what exactly it counts.
#[derive(Debug)]
pub struct Detector {
    pub(crate) settings: Settings,
    /// Those of posts, then as many of each kind of engagement that is read.
    pub(crate) partitions: Vec<Partition>,
    /// Partitions of one topic.
    pub(crate) partitions_each: u32,
    pub(crate) pending: BTreeMap<i64, PendingPane>,
    /// Events in `pending`.
    pub(crate) pending_events: usize,
    /// The first minute that is not closed; none before the first event.
    pub(crate) open_from: Option<i64>,
    pub(crate) engine: Engine,
    pub(crate) counters: Counters,
    pub(crate) extractor: Extractor,
    /// The event that is being applied, when events come one by one.
    single: ExtractedEvents,
    outputs: Vec<WindowOutput>,
}

/// How far a partition has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Partition {
    /// Its last time; none before its first event.
    pub(crate) front: Option<Micros>,
    /// Posts in the minute of `front`.
    pub(crate) minute_posts: u32,
}

impl Detector {
    /// A detector that has seen nothing, for events of `partitions` partitions (at least one) of each topic that it
    /// [reads](Settings::topics). Its topics are called what the keywords are that stand for them.
    pub fn new(settings: Settings, partitions: u32) -> Result<Self, InvalidSettings> {
        Self::with_labeler(settings, partitions, Arc::new(KeywordLabeler))
    }

    /// The same, of which `labeler` names the topics.
    pub fn with_labeler(
        settings: Settings,
        partitions: u32,
        labeler: Arc<dyn Labeler>,
    ) -> Result<Self, InvalidSettings> {
        settings.validate()?;
        if partitions == 0 {
            return Err(InvalidSettings::new("partitions", "at least 1"));
        }
        let watches = Arc::new(Watches::compile(&settings.watchlists)?);
        let rules = Rules::compile(&settings.moderation)?;
        Ok(Self {
            extractor: Extractor::new(&settings, Arc::clone(&watches)),
            single: ExtractedEvents::default(),
            partitions: vec![Partition::default(); partitions as usize * settings.topics().len()],
            partitions_each: partitions,
            settings,
            pending: BTreeMap::new(),
            pending_events: 0,
            open_from: None,
            engine: Engine::new(watches, rules, labeler),
            counters: Counters::default(),
            outputs: Vec::new(),
        })
    }

    /// An extractor that finds keywords as this detector wants them, for [`Detector::apply_extracted`].
    pub fn extractor(&self) -> Extractor {
        Extractor::new(&self.settings, Arc::clone(&self.engine.watches))
    }

    /// Takes the next event of a partition. Nothing is refused: what can't be taken is dropped and counted.
    pub fn apply(&mut self, partition: u32, event: &PostEvent<'_>) {
        self.apply_single(partition, |extractor, into| extractor.extract(event, into));
    }

    /// Takes the next repost of a partition of their topic, likewise. Without a weight for them there is none.
    pub fn apply_repost(&mut self, partition: u32, repost: &Repost<'_>) {
        self.apply_single(partition, |extractor, into| extractor.extract_repost(repost, into));
    }

    /// Takes the next like of a partition of their topic, likewise.
    pub fn apply_like(&mut self, partition: u32, like: &Like<'_>) {
        self.apply_single(partition, |extractor, into| extractor.extract_like(like, into));
    }

    fn apply_single(&mut self, partition: u32, extract: impl FnOnce(&mut Extractor, &mut ExtractedEvents)) {
        let mut single = std::mem::take(&mut self.single);
        single.clear();
        extract(&mut self.extractor, &mut single);
        self.apply_extracted(partition, &single);
        self.single = single;
    }

    /// Takes the next events of a partition of one topic, as [`Detector::apply`] does. They come from an [`Extractor`]
    /// of a detector with the same settings.
    pub fn apply_extracted(&mut self, partition: u32, events: &ExtractedEvents) {
        for event in events.events() {
            self.engine.keywords.prefetch(events.hashes(event));
            self.apply_one(partition, events, event);
        }
    }

    fn apply_one(&mut self, partition: u32, events: &ExtractedEvents, event: &ExtractedEvent) {
        let witnessed = event.witnessed;
        let Some(place) = self.place_of(event.engagement, partition) else {
            self.counters.events_of_unknown_partition += 1;
            return;
        };
        let state = &mut self.partitions[place];
        if !(Micros(0)..TIME_MAX).contains(&witnessed) {
            self.counters.events_out_of_time += 1;
            return;
        }
        let minute = minute_of(witnessed);
        if state.front.is_some_and(|front| witnessed < front)
            || self.open_from.is_some_and(|open| minute < open)
        {
            self.counters.events_late += 1;
            return;
        }
        let is_new_minute = state.front.is_none_or(|front| minute_of(front) < minute);
        state.front = Some(witnessed);
        if is_new_minute {
            state.minute_posts = 0;
            self.close_passed();
        }
        match event.action {
            PostAction::Heartbeat => {}
            PostAction::Created | PostAction::Updated => self.add_post(place, events, event),
            PostAction::Deleted | PostAction::AuthorRemoved => self.add_event(event.action, events, event),
        }
    }

    /// The place of a topic's partition among all; none if there is no such one, or the topic is not read.
    fn place_of(&self, engagement: Option<EngagementKind>, partition: u32) -> Option<usize> {
        if partition >= self.partitions_each {
            return None;
        }
        let topics_before = match engagement {
            None => 0,
            Some(kind) => 1 + self.settings.engagements().position(|read| read == kind)?,
        };
        Some(topics_before * self.partitions_each as usize + partition as usize)
    }

    /// The windows closed since the last call, oldest first; of one end, the sliding one first.
    pub fn take_outputs(&mut self) -> Vec<WindowOutput> {
        std::mem::take(&mut self.outputs)
    }

    /// The end of the input: closes the minutes that are still open, up to the end of the last one with an event, as
    /// if every partition had come as far as the one that is furthest.
    pub fn finish(&mut self) {
        let furthest = self.partitions.iter().filter_map(|partition| partition.front).max();
        let after_last = self.pending.last_key_value().map(|(&last, _)| last + 1);
        if let Some(until) = furthest.map(minute_of).max(after_last) {
            self.close_until(until);
        }
    }

    /// The present size of the state, and the counters.
    pub fn stats(&self) -> Stats {
        let engine = &self.engine;
        let pending_bytes: usize = self.pending.values().map(PendingPane::memory_bytes).sum();
        let memory_bytes = pending_bytes + engine.memory_bytes();
        Stats {
            counters: self.counters,
            watermark: self.watermark(),
            tracked_keywords: engine.keywords.states_len() as u64,
            keywords: engine.keywords.len() as u64,
            occurrences: engine.keywords.occurrences_len() as u64,
            posts: engine.posts.len() as u64,
            pending_events: self.pending_events as u64,
            authors: engine.authors.len() as u64,
            sessions_cut: engine.authors.sessions_cut,
            trends: engine.sliding.topics.len() as u64,
            open_alerts: (engine.sliding.alerts.len() + engine.watch_alerts.open.len()) as u64,
            history_minutes: engine.streams.all.minutes,
            memory_bytes: memory_bytes as u64,
        }
    }

    /// How far each input has come, none before its first event: the partitions of the first topic that is
    /// [read](Settings::topics), then those of the next.
    pub fn fronts(&self) -> impl Iterator<Item = Option<Micros>> + '_ {
        self.partitions.iter().map(|partition| partition.front)
    }

    /// All events before this instant are in; none before every partition has been heard of.
    fn watermark(&self) -> Option<Micros> {
        let fronts = self.partitions.iter().map(|partition| partition.front);
        fronts.min().flatten().max(self.open_from.map(start_of))
    }

    /// Closes the minutes that every partition has passed.
    fn close_passed(&mut self) {
        let fronts = self.partitions.iter().map(|partition| partition.front);
        if let Some(watermark) = fronts.min().flatten() {
            self.close_until(minute_of(watermark));
        }
    }

    /// Closes the minutes before `until`. Where nothing is retained, time is passed over.
    fn close_until(&mut self, until: i64) {
        let mut minute = self.open_from.unwrap_or(i64::MIN);
        while minute < until {
            let next = self.pending.first_key_value().map_or(until, |(&next, _)| next.min(until));
            if self.engine.is_idle() && minute < next {
                self.engine.skip();
                minute = next;
                continue;
            }
            let pane = self.pending.remove(&minute).unwrap_or_default();
            self.pending_events -= pane.events.len();
            self.engine.close(minute, pane, &self.settings, &mut self.counters, &mut self.outputs);
            minute += 1;
        }
        self.open_from = Some(minute);
    }

    /// Adds a created or updated post, or an engagement, of the partition at `place` to its minute, unless a budget is
    /// used up.
    fn add_post(&mut self, place: usize, events: &ExtractedEvents, event: &ExtractedEvent) {
        let parts = self.settings.retained_minutes().saturating_mul(self.partitions.len() as u32);
        let minute_posts_max = self.settings.posts_max.div_ceil(parts);
        let state = &mut self.partitions[place];
        if state.minute_posts >= minute_posts_max
            || self.pending_events >= self.settings.pending_posts_max as usize
        {
            match event.engagement {
                None => self.counters.posts_shed += 1,
                Some(_) => self.counters.engagements_shed += 1,
            }
            // The old text leaves all the same.
            if event.action == PostAction::Updated {
                self.add_event(PostAction::Deleted, events, event);
            }
            return;
        }
        state.minute_posts += 1;
        self.add_event(event.action, events, event);
    }

    /// Adds an event to its minute, as `action`, with the keywords of its post if that brings one.
    fn add_event(&mut self, action: PostAction, events: &ExtractedEvents, event: &ExtractedEvent) {
        let uri = events.uri(event);
        let Ok(uri_len) = u16::try_from(uri.len()) else {
            self.counters.events_shed += 1;
            return;
        };
        // Retractions are still taken where posts are not any more: they make room.
        if self.pending_events >= 2 * self.settings.pending_posts_max as usize {
            self.counters.events_shed += 1;
            return;
        }
        let last_closed = self.engine.posts.panes().back();
        let pane = self
            .pending
            .entry(minute_of(event.witnessed))
            .or_insert_with(|| last_closed.map_or_else(PendingPane::default, PendingPane::with_room_as));
        let texts = pane.text.len().max(pane.mixed_text.len()).max(pane.phrases.len());
        if texts.max(4 * pane.keywords.len()) > PANE_BYTES_MAX {
            self.counters.events_shed += 1;
            return;
        }
        let mut pending = PendingEvent {
            action,
            engagement: event.engagement,
            witnessed: event.witnessed,
            event_id: event.event_id,
            author_hash: event.author_hash,
            // The limit above keeps both within 32 bits.
            text_start: pane.text.len() as u32,
            uri_len,
            text_len: 0,
            keywords_start: pane.keywords.len() as u32,
            keywords_len: 0,
            links_start: pane.links.len() as u32,
            links_len: 0,
            languages: Languages::default(),
            signature: Signature::NONE,
        };
        pane.text.push_str(uri);
        let text = events.post_text(event).filter(|_| action != PostAction::Deleted);
        if let Some(text) = text {
            pane.text.push_str(text);
            // A sample's text is cut, and a URI has at most 8 kB.
            pending.text_len = text.len() as u16;
            pending.languages = event.languages;
            pending.signature = event.signature;
            for keyword in events.keywords(event) {
                let number = self.engine.keywords.acquire(keyword);
                pane.push_keyword(KeywordUse::new(number, keyword.form), keyword.mixed);
                pending.keywords_len += 1;
            }
            for link in events.links(event) {
                pane.push_link(link);
                pending.links_len += 1;
            }
            for &watched in events.watched(event) {
                let number = self.engine.keywords.acquire(self.engine.watches.keyword(watched));
                pane.push_keyword(KeywordUse::new(number, SurfaceForm::Lower), "");
                pending.keywords_len += 1;
            }
            self.counters.keywords_over_limit += u64::from(event.overflow);
        }
        pane.events.push(pending);
        self.pending_events += 1;
    }
}
