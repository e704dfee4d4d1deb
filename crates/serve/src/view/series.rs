//! A bounded time series in which each window occurs once.

use std::collections::VecDeque;

use skytrend_event::{Micros, WindowKind};

/// The natural key of a point within its keyword.
pub(super) type PointKey = (Micros, WindowKind);

/// A value of one window.
pub(super) trait Point: Copy {
    /// The window's end and kind.
    fn key(&self) -> PointKey;
}

/// Points in the order of their keys. They nearly always arrive in that order, so a deque holds them in half the
/// memory of a tree.
#[derive(Debug)]
pub(super) struct Series<P>(VecDeque<P>);

impl<P: Point> Series<P> {
    pub(super) const fn new() -> Self {
        Self(VecDeque::new())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts the point in the place of the one with the same key.
    pub(super) fn insert(&mut self, point: P) {
        match self.0.binary_search_by_key(&point.key(), Point::key) {
            Ok(found) => self.0[found] = point,
            Err(place) => self.0.insert(place, point),
        }
    }

    /// Removes what ended at or before `horizon`, and the oldest over `points_max`.
    pub(super) fn drop_old(&mut self, horizon: Micros, points_max: usize) {
        while self.0.front().is_some_and(|oldest| oldest.key().0 <= horizon) || self.0.len() > points_max {
            self.0.pop_front();
        }
    }

    /// The newest point for which this holds.
    pub(super) fn last_where(&self, holds: impl Fn(&P) -> bool) -> Option<P> {
        self.0.iter().rev().find(|point| holds(point)).copied()
    }

    /// The points that ended after `horizon`, oldest first.
    pub(super) fn after(&self, horizon: Micros) -> Vec<P> {
        self.0.iter().filter(|point| point.key().0 > horizon).copied().collect()
    }
}
