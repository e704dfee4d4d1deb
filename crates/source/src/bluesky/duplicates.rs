//! Changes told before: after a resumption servers repeat what we have read. A change is a duplicate if the same event
//! left the intake at most one window before the message's own time. That depends on times alone, so a restart that
//! reads the window back from the log decides the same.

use skytrend_event::{EventId, Micros};

use super::recent::Recent;

/// The events that left lately, and when.
pub(crate) struct Duplicates {
    seen: Recent<Micros>,
    window_micros: i64,
}

impl Duplicates {
    /// Remembers `window_micros`; kept for twice as long, since a message may be repeated later than it came first.
    pub(crate) fn new(window_micros: i64, entries_max: usize, now: Micros) -> Self {
        Self { seen: Recent::new(window_micros.saturating_mul(2), entries_max, now), window_micros }
    }

    /// Whether the event was told before, for a message of the time `at`.
    pub(crate) fn contains(&self, id: EventId, at: Micros) -> bool {
        self.seen.get(id.0).is_some_and(|seen_at| at.0.saturating_sub(seen_at.0) <= self.window_micros)
    }

    /// The record time from which events may be remembered.
    pub(crate) fn since(&self) -> Micros {
        self.seen.since()
    }

    /// Forgets what is too old at the time `now`.
    pub(crate) fn advance(&mut self, now: Micros) {
        self.seen.advance(now);
    }

    /// Notes an event that leaves with this record time.
    pub(crate) fn insert(&mut self, id: EventId, record_time: Micros) {
        self.seen.insert(id.0, record_time, record_time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_a_duplicate_for_one_window() {
        let mut duplicates = Duplicates::new(100, 10, Micros(1_000));
        duplicates.insert(EventId(7), Micros(1_000));
        for at in [900, 1_000, 1_100] {
            assert!(duplicates.contains(EventId(7), Micros(at)), "at {at}");
        }
        assert!(!duplicates.contains(EventId(7), Micros(1_101)));
        assert!(!duplicates.contains(EventId(8), Micros(1_000)));
    }
}
