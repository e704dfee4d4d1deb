//! Where in the world a stream can begin: copies of the world at intervals, from which any later place is reached
//! by living on. Memory is bounded by the number of copies; what is older than the replay window is forgotten.

use std::collections::VecDeque;

use skytrend_event::Micros;

use crate::{World, WorldEvent};

/// Copies of the world that are kept; at the limit every second one goes and the distance doubles.
const COPIES_MAX: usize = 24;
/// Events between two copies at first: some milliseconds of living on.
const FIRST_STRIDE: u64 = 20_000;

/// A world and its next events, for whoever reads it.
#[derive(Clone, Debug)]
pub(super) struct Playhead {
    world: World,
    ahead: VecDeque<WorldEvent>,
}

impl Playhead {
    pub(super) fn new(world: World) -> Self {
        Self { world, ahead: VecDeque::with_capacity(2) }
    }

    /// The next event, if the world goes on.
    pub(super) fn peek(&mut self) -> Option<&WorldEvent> {
        if self.ahead.is_empty() {
            self.ahead.extend(self.world.next());
        }
        self.ahead.front()
    }

    pub(super) fn next(&mut self) -> Option<WorldEvent> {
        self.ahead.pop_front().or_else(|| self.world.next())
    }

    /// Lets the next two events change places.
    pub(super) fn swap(&mut self) {
        while self.ahead.len() < 2
            && let Some(event) = self.world.next()
        {
            self.ahead.push_back(event);
        }
        if self.ahead.len() >= 2 {
            self.ahead.swap(0, 1);
        }
    }

    /// The world, if nothing was read ahead of it.
    pub(super) fn world(&self) -> Option<&World> {
        self.ahead.is_empty().then_some(&self.world)
    }
}

/// A place to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The event of this index.
    Index(u64),
    /// The first event of this sequence number or a larger one.
    Seq(i64),
    /// The first event of this instant or later.
    Time(Micros),
}

impl Place {
    /// Whether no event at or after this place has happened in `world` yet.
    pub(super) fn can_be_reached_from(self, world: &World) -> bool {
        match self {
            Self::Index(index) => world.next_index() <= index,
            Self::Seq(seq) => world.next_seq() <= seq,
            Self::Time(at) => world.now() < at,
        }
    }

    fn is_reached_by(self, event: &WorldEvent) -> bool {
        match self {
            Self::Index(index) => event.index >= index,
            Self::Seq(seq) => last_seq(event) >= seq,
            Self::Time(at) => event.witnessed >= at,
        }
    }
}

/// The sequence number of an event's last operation.
pub(super) fn last_seq(event: &WorldEvent) -> i64 {
    match &event.change {
        crate::Change::Commit(commit) => event.seq + commit.operations.len().max(1) as i64 - 1,
        _ => event.seq,
    }
}

/// Copies of the world in order; the first is the oldest place that can be reached.
#[derive(Debug)]
pub(super) struct Timeline {
    copies: Vec<World>,
    stride: u64,
}

impl Timeline {
    pub(super) fn new(origin: World) -> Self {
        Self { copies: vec![origin], stride: FIRST_STRIDE }
    }

    /// Keeps a copy if this world is far enough from the last one.
    pub(super) fn offer(&mut self, world: &World) {
        let last = self.copies.last().map_or(0, World::next_index);
        if world.next_index() < last + self.stride {
            return;
        }
        self.copies.push(world.clone());
        if self.copies.len() > COPIES_MAX {
            let mut place = 0;
            self.copies.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.stride *= 2;
        }
    }

    /// Forgets copies that are not needed to reach `oldest`.
    pub(super) fn forget_before(&mut self, oldest: Micros) {
        let needed = self.copies.partition_point(|world| world.now() < oldest).max(1) - 1;
        self.copies.drain(..needed);
    }

    /// The newest copy from which this place can be reached, or else the oldest there is.
    pub(super) fn copy_before(&self, place: Place) -> World {
        let at = self.copies.partition_point(|world| place.can_be_reached_from(world));
        self.copies[at.max(1) - 1].clone()
    }
}

/// Lives on until the place is next.
pub(super) fn seek(world: World, place: Place) -> Playhead {
    let mut playhead = Playhead::new(world);
    while playhead.peek().is_some_and(|event| !place.is_reached_by(event)) {
        playhead.next();
    }
    playhead
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WorldSettings;

    #[test]
    fn every_place_is_reached_from_any_copy() {
        let world = World::new(WorldSettings { authors: 1_000, ..WorldSettings::live_like(6) }).unwrap();
        let events: Vec<WorldEvent> = world.clone().take(50_000).collect();
        let mut timeline = Timeline::new(world.clone());
        let mut living = world;
        for _ in 0..60_000 {
            living.next();
            timeline.offer(&living);
        }
        assert_eq!(timeline.copies.len(), 4);
        for wanted in [0, 1, 19_999, 20_000, 20_001, 47_123] {
            let event = &events[wanted];
            for place in [Place::Index(event.index), Place::Seq(event.seq), Place::Time(event.witnessed)] {
                let mut playhead = seek(timeline.copy_before(place), place);
                assert_eq!(playhead.next().unwrap().index, event.index, "{place:?}");
                assert_eq!(playhead.next().unwrap().witnessed, events[wanted + 1].witnessed);
            }
        }
        timeline.forget_before(events[45_000].witnessed);
        assert_eq!(timeline.copies.len(), 2, "the copy at 40,000 is needed, the older ones not");
    }
}
