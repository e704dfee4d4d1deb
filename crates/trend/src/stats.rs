//! How the detector is doing, for metrics and health.

use skytrend_event::Micros;

/// What has happened since the first event; kept in snapshots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Posts that came into a window: created and updated.
    pub posts_counted: u64,
    /// Posts created again under a URI that was retained; they count once.
    pub posts_repeated: u64,
    /// Posts taken out: deleted, replaced by an update not included, or of a removed author.
    pub posts_retracted: u64,
    /// Deletions and removals of authors that found nothing retained.
    pub retractions_without_post: u64,
    /// Events behind their own partition, or of a minute that had closed; dropped.
    pub events_late: u64,
    /// Events before 1970 or after 9999; dropped.
    pub events_out_of_time: u64,
    /// Events of a partition that does not exist; dropped.
    pub events_of_unknown_partition: u64,
    /// Posts over the budget of their partition's minute, or too many in open minutes; dropped.
    pub posts_shed: u64,
    /// Events of impossible size, or retractions when far too many events are in open minutes; dropped.
    pub events_shed: u64,
    /// Occurrences over the budget of their shard's minute; not counted.
    pub occurrences_shed: u64,
    /// Keywords beyond the limit of a post; not counted.
    pub keywords_over_limit: u64,
    /// Keyword states removed because there were too many.
    pub states_evicted: u64,
    /// Reposts and likes that came into a window.
    pub engagements_counted: u64,
    /// Reposts and likes of what is no post, or of one that was not retained or did not count; not counted.
    pub engagements_without_post: u64,
    /// Reposts and likes taken out: withdrawn, or with their post or their account.
    pub engagements_retracted: u64,
    /// Reposts and likes over the budget of their partition's minute, or too many events in open minutes; dropped.
    pub engagements_shed: u64,
}

/// The present size of the state, and the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Since the first event.
    pub counters: Counters,
    /// All events before this instant are in; none before every partition has been heard of.
    pub watermark: Option<Micros>,
    /// Keywords with a baseline.
    pub tracked_keywords: u64,
    /// Keywords in use at all.
    pub keywords: u64,
    /// Occurrences retained.
    pub occurrences: u64,
    /// Posts retained.
    pub posts: u64,
    /// Events in open minutes.
    pub pending_events: u64,
    /// Authors with a retained post or an open session.
    pub authors: u64,
    /// Sessions ended early because there were too many.
    pub sessions_cut: u64,
    /// Trends of the sliding window, those beyond the places output included.
    pub trends: u64,
    /// Open alerts.
    pub open_alerts: u64,
    /// Minutes of the stream that baselines have learned.
    pub history_minutes: u32,
    /// Bytes held, about.
    pub memory_bytes: u64,
}
