//! What a stage does next: the next round, or what is due by the wall clock.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next<T> {
    /// The next of what is waited for.
    Item(T),
    /// A tick is due.
    Tick,
}

/// See the module.
#[derive(Debug)]
pub struct Ticks {
    interval: Option<Duration>,
    due: Instant,
}

impl Ticks {
    /// At most one in each interval; none: never.
    pub fn every(interval: Option<Duration>) -> Self {
        Self { interval, due: Instant::now() }
    }

    /// Waits for an item or a tick, which comes also where items never pause; none when no more items will come.
    pub fn next<T>(&mut self, items: &Receiver<T>) -> Option<Next<T>> {
        let Some(interval) = self.interval else { return items.recv().ok().map(Next::Item) };
        let left = self.due.saturating_duration_since(Instant::now());
        let received = if left.is_zero() { Err(RecvTimeoutError::Timeout) } else { items.recv_timeout(left) };
        match received {
            Ok(item) => Some(Next::Item(item)),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                self.due = Instant::now() + interval;
                Some(Next::Tick)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn ticks_come_with_items_and_without_and_not_after_the_end() {
        let (sender, items) = mpsc::sync_channel(1);
        let mut never = Ticks::every(None);
        sender.send(1).unwrap();
        assert_eq!(never.next(&items), Some(Next::Item(1)));

        let mut always = Ticks::every(Some(Duration::ZERO));
        sender.send(2).unwrap();
        assert_eq!(always.next(&items), Some(Next::Tick), "although an item waits");
        let mut seldom = Ticks::every(Some(Duration::from_secs(3600)));
        assert_eq!(seldom.next(&items), Some(Next::Tick), "the first at once");
        assert_eq!(seldom.next(&items), Some(Next::Item(2)));
        drop(sender);
        assert_eq!(seldom.next(&items), None);
        assert_eq!(never.next(&items), None);
    }
}
