//! The time of the stream: never goes back, and isn't carried away by one server's broken clock. It is read from the
//! messages; the only state is in the checkpoint.

use skytrend_event::{Micros, time};

use super::cursor::Cursor;
use crate::wire::Place;

/// A message far ahead of the stream's time, kept until others agree with it or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) key: u64,
    pub(crate) place: Place,
    pub(crate) plain: Vec<u8>,
}

/// What becomes of a message by its time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is in time. The messages held until now were wrong: they are refused.
    InTime {
        /// The refused.
        refused: Vec<Held>,
    },
    /// It is held.
    Held {
        /// Held ones that it contradicts: refused.
        refused: Vec<Held>,
    },
    /// Enough messages agree: time has jumped. These come before it, in order.
    Jumped {
        /// The ones held until now, without the present one.
        released: Vec<Held>,
    },
}

/// The stream's time.
#[derive(Debug)]
pub(crate) struct StreamClock {
    record_time: Option<Micros>,
    heartbeat_at: Option<Micros>,
    held: Vec<Held>,
    jump_max_micros: i64,
    confirmations: usize,
}

impl StreamClock {
    pub(crate) fn new(
        record_time: Option<Micros>,
        heartbeat_at: Option<Micros>,
        jump_max_micros: i64,
        confirmations: usize,
    ) -> Self {
        Self {
            record_time,
            heartbeat_at,
            held: Vec::new(),
            jump_max_micros,
            confirmations: confirmations.max(1),
        }
    }

    /// The highest record time so far.
    pub(crate) fn record_time(&self) -> Option<Micros> {
        self.record_time
    }

    /// The time of the last heartbeat.
    pub(crate) fn heartbeat_at(&self) -> Option<Micros> {
        self.heartbeat_at
    }

    /// Judges a message by its time, without moving the clock. The same message told twice (by `key`) counts once.
    pub(crate) fn judge(&mut self, place: Place, key: u64, plain: &[u8]) -> Verdict {
        let at = place.time;
        let ahead = self.record_time.map_or(0, |now| at.0.saturating_sub(now.0));
        if ahead <= self.jump_max_micros {
            return Verdict::InTime { refused: std::mem::take(&mut self.held) };
        }
        if self.held.iter().any(|held| held.key == key) {
            return Verdict::Held { refused: Vec::new() };
        }
        let agrees = |held: &Held| held.place.time.0.abs_diff(at.0) <= self.jump_max_micros.unsigned_abs();
        let refused = if self.held.iter().all(agrees) { Vec::new() } else { std::mem::take(&mut self.held) };
        if refused.is_empty() && self.held.len() + 1 >= self.confirmations {
            return Verdict::Jumped { released: std::mem::take(&mut self.held) };
        }
        self.held.push(Held { key, place, plain: plain.to_vec() });
        Verdict::Held { refused }
    }

    /// A connection begins at `cursor`: what is held and will be told again is forgotten, so that it counts as often
    /// and in the same order as if it had been told once.
    pub(crate) fn begins(&mut self, cursor: Cursor) {
        self.held.retain(|held| match cursor {
            Cursor::Live => true,
            Cursor::Oldest => false,
            Cursor::Seq(seq) => held.place.seq.is_some_and(|held| held <= seq),
            Cursor::Time(time) => held.place.time < time,
        });
    }

    /// Moves the clock to a message's time, if that is ahead; returns the message's record time.
    pub(crate) fn advance(&mut self, at: Micros) -> Micros {
        let now = self.record_time.map_or(at, |now| now.max(at));
        self.record_time = Some(now);
        now
    }

    /// The time of the heartbeat that is due: the present second, if it has begun since the last one.
    pub(crate) fn heartbeat_due(&mut self) -> Option<Micros> {
        let second = self.record_time?.floor(time::SECOND);
        if self.heartbeat_at.is_some_and(|last| second <= last) {
            return None;
        }
        self.heartbeat_at = Some(second);
        Some(second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000_000;
    const JUMP: i64 = 600_000_000;

    fn clock() -> StreamClock {
        StreamClock::new(Some(Micros(NOW)), None, JUMP, 3)
    }

    fn judge(clock: &mut StreamClock, at: i64, key: u64) -> Verdict {
        clock.judge(Place { seq: None, time: Micros(at) }, key, b"x")
    }

    fn keys(held: &[Held]) -> Vec<u64> {
        held.iter().map(|held| held.key).collect()
    }

    #[test]
    fn time_never_goes_back() {
        let mut clock = clock();
        assert_eq!(clock.advance(Micros(NOW - 5)), Micros(NOW));
        assert_eq!(clock.advance(Micros(NOW + 5)), Micros(NOW + 5));
        assert_eq!(clock.advance(Micros(NOW)), Micros(NOW + 5));
    }

    #[test]
    fn the_first_message_sets_the_clock() {
        let mut clock = StreamClock::new(None, None, JUMP, 3);
        assert_eq!(judge(&mut clock, 5, 1), Verdict::InTime { refused: vec![] });
        assert_eq!(clock.advance(Micros(5)), Micros(5));
    }

    #[test]
    fn one_broken_clock_is_refused_when_the_stream_goes_on() {
        let mut clock = clock();
        assert_eq!(judge(&mut clock, NOW + JUMP + 1, 1), Verdict::Held { refused: vec![] });
        let Verdict::InTime { refused } = judge(&mut clock, NOW + JUMP, 2) else { panic!("it is in time") };
        assert_eq!(keys(&refused), [1]);
    }

    #[test]
    fn three_that_agree_are_a_jump_and_none_is_lost() {
        let mut clock = clock();
        judge(&mut clock, NOW + 2 * JUMP, 1);
        judge(&mut clock, NOW + 2 * JUMP + 1, 2);
        let Verdict::Jumped { released } = judge(&mut clock, NOW + 2 * JUMP + 2, 3) else { panic!("a jump") };
        assert_eq!(keys(&released), [1, 2]);
    }

    #[test]
    fn the_same_message_told_three_times_is_one_witness() {
        let mut clock = clock();
        for _ in 0..5 {
            assert_eq!(judge(&mut clock, NOW + 2 * JUMP, 1), Verdict::Held { refused: vec![] });
        }
    }

    #[test]
    fn broken_clocks_that_disagree_confirm_nothing() {
        let mut clock = clock();
        judge(&mut clock, NOW + 2 * JUMP, 1);
        judge(&mut clock, NOW + 2 * JUMP, 2);
        let Verdict::Held { refused } = judge(&mut clock, NOW + 9 * JUMP, 3) else { panic!("held") };
        assert_eq!(keys(&refused), [1, 2]);
        assert_eq!(judge(&mut clock, NOW + 9 * JUMP, 4), Verdict::Held { refused: vec![] });
    }

    #[test]
    fn what_a_connection_tells_again_is_forgotten() {
        let begun = |cursor| {
            let mut clock = clock();
            for key in 1..=2_i64 {
                let place = Place { seq: Some(key), time: Micros(NOW + 2 * JUMP + key) };
                clock.judge(place, key.unsigned_abs(), b"x");
            }
            clock.begins(cursor);
            keys(&clock.held)
        };
        assert_eq!(begun(Cursor::Seq(1)), [1]);
        assert_eq!(begun(Cursor::Time(Micros(NOW + 2 * JUMP + 2))), [1]);
        assert_eq!((begun(Cursor::Live), begun(Cursor::Oldest)), (vec![1, 2], vec![]));
    }

    #[test]
    fn one_heartbeat_for_each_second_that_something_happens_in() {
        let mut clock = StreamClock::new(None, None, JUMP, 3);
        assert_eq!(clock.heartbeat_due(), None, "before any message");
        let due: Vec<_> = [1_500_000, 1_900_000, 2_000_000, 1_000_000, 9_999_999, 9_999_999]
            .into_iter()
            .map(|at| {
                clock.advance(Micros(at));
                clock.heartbeat_due().map(|at| at.0)
            })
            .collect();
        assert_eq!(due, [Some(1_000_000), None, Some(2_000_000), None, Some(9_000_000), None]);
    }
}
