//! The order of one repository's revisions: they must rise, and not come from the future. Only changes that became
//! events count, so that the log's tail restores this memory after a restart.
//! Source: <https://atproto.com/specs/sync>, <https://atproto.com/specs/tid>.

use skytrend_event::{Micros, Tid};

use super::recent::Recent;
use crate::DropReason;

/// The digits of a TID, in rising order.
const TID_DIGITS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

/// Bits of a TID below its microseconds: the clock's id.
const TID_CLOCK_BITS: u32 = 10;

/// A revision as a number, in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rev(pub(crate) u64);

impl Rev {
    pub(crate) fn of(tid: &Tid<'_>) -> Self {
        let digit = |byte: u8| TID_DIGITS.iter().position(|digit| *digit == byte).unwrap_or_default() as u64;
        Self(tid.as_str().bytes().fold(0, |value, byte| value << 5 | digit(byte)))
    }

    /// When the repository's host says that it was made.
    pub(crate) fn time(self) -> Micros {
        Micros((self.0 >> TID_CLOCK_BITS).cast_signed())
    }
}

/// The last revision of each repository that changed lately, after the time when it was told.
pub(crate) struct Revs {
    last: Recent<(Micros, Rev)>,
    window_micros: i64,
    future_max_micros: i64,
    /// Whether every message has a revision of its own (the firehose), or the changes of one commit share it.
    one_message_each: bool,
}

impl Revs {
    pub(crate) fn new(
        window_micros: i64,
        entries_max: usize,
        future_max_micros: i64,
        one_message_each: bool,
        now: Micros,
    ) -> Self {
        let last = Recent::new(window_micros.saturating_mul(2), entries_max, now);
        Self { last, window_micros, future_max_micros, one_message_each }
    }

    /// Forgets what is too old at the time `now`.
    pub(crate) fn advance(&mut self, now: Micros) {
        self.last.advance(now);
    }

    /// Refuses a revision that lies ahead of its message's time by more than clocks differ.
    pub(crate) fn check_future(&self, rev: Rev, at: Micros) -> Result<(), DropReason> {
        let ahead = rev.time().0.saturating_sub(at.0);
        if ahead > self.future_max_micros { Err(DropReason::RevInFuture) } else { Ok(()) }
    }

    /// The repository's last revision, for a message of the time `at`; none when it was told a window ago.
    pub(crate) fn last(&self, account: u64, at: Micros) -> Option<Rev> {
        let (seen_at, rev) = self.last.get(account)?;
        (at.0.saturating_sub(seen_at.0) <= self.window_micros).then_some(*rev)
    }

    /// Whether `rev` may follow `last`.
    pub(crate) fn follows(&self, rev: Rev, last: Option<Rev>) -> bool {
        last.is_none_or(|last| rev > last || (rev == last && !self.one_message_each))
    }

    /// Notes the revision of an event that leaves with this record time. The order of noting does not matter: the
    /// latest stays, and not the highest, which may lie further back than a restart reads.
    pub(crate) fn insert(&mut self, account: u64, rev: Rev, record_time: Micros) {
        if self.last.get(account).is_none_or(|known| *known < (record_time, rev)) {
            self.last.insert(account, (record_time, rev), record_time);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Micros = Micros(1_000_000);

    fn revs(one_message_each: bool) -> Revs {
        Revs::new(100, 10, 300, one_message_each, NOW)
    }

    #[test]
    fn a_tid_holds_its_time() {
        // The interop files' example of a TID, and the smallest one.
        let rev = Rev::of(&Tid::parse("3jzfcijpj2z2a").unwrap());
        assert_eq!(rev.time(), Micros(1_688_137_381_887_007));
        assert_eq!(Rev::of(&Tid::parse("2222222222222").unwrap()), Rev(0));
    }

    #[test]
    fn revisions_must_rise_unless_one_commit_comes_in_several_messages() {
        for (one_message_each, same_follows) in [(true, false), (false, true)] {
            let mut revs = revs(one_message_each);
            revs.insert(1, Rev(5), NOW);
            let last = revs.last(1, NOW);
            assert!(revs.follows(Rev(6), last) && !revs.follows(Rev(4), last));
            assert_eq!(revs.follows(Rev(5), last), same_follows);
            assert!(revs.follows(Rev(1), revs.last(2, NOW)), "of another repository");
        }
    }

    #[test]
    fn after_a_window_anything_may_follow() {
        let mut revs = revs(true);
        revs.insert(1, Rev(5), NOW);
        assert_eq!(revs.last(1, NOW.plus(100)), Some(Rev(5)));
        assert_eq!(revs.last(1, NOW.plus(101)), None);
    }

    #[test]
    fn a_revision_from_minutes_ahead_is_refused() {
        let rev_at = |micros: i64| Rev(micros.cast_unsigned() << TID_CLOCK_BITS);
        assert_eq!(revs(true).check_future(rev_at(NOW.0 + 300), NOW), Ok(()));
        assert_eq!(revs(true).check_future(rev_at(NOW.0 + 301), NOW), Err(DropReason::RevInFuture));
    }

    #[test]
    fn the_order_of_reading_back_does_not_matter() {
        let notes = [(Rev(3), NOW), (Rev(4), NOW.plus(50)), (Rev(5), NOW.plus(50))];
        let after = |order: [usize; 3]| {
            let mut revs = revs(true);
            for index in order {
                let (rev, at) = notes[index];
                revs.insert(1, rev, at);
            }
            revs.last(1, NOW.plus(60))
        };
        assert_eq!(after([0, 1, 2]), Some(Rev(5)));
        assert_eq!(after([2, 1, 0]), after([0, 1, 2]));
    }

    #[test]
    fn a_revision_from_before_the_window_is_forgotten_as_by_a_restart() {
        let later = NOW.plus(101);
        let notes = [(Rev(9), NOW), (Rev(5), later)];
        let (mut uncut, mut restarted) = (revs(true), revs(true));
        for (place, (rev, at)) in notes.into_iter().enumerate() {
            uncut.insert(1, rev, at);
            if place > 0 {
                restarted.insert(1, rev, at);
            }
        }
        assert_eq!(restarted.last(1, later.plus(1)), Some(Rev(5)));
        assert_eq!(uncut.last(1, later.plus(1)), restarted.last(1, later.plus(1)));
    }

    proptest! {
        #[test]
        fn numbers_are_in_the_order_of_the_text(a in "[2-7a-j][2-7a-z]{12}", b in "[2-7a-j][2-7a-z]{12}") {
            let rev = |text: &str| Rev::of(&Tid::parse(text.to_owned()).unwrap());
            prop_assert_eq!(rev(&a).cmp(&rev(&b)), a.cmp(&b));
        }
    }
}
