//! Keeps the inputs of a stage side by side in event time, where one has many times the records of another: a stage
//! that needs all of them for a minute would have to hold hours of the one until the other comes.
//!
//! It decides what is read when, never what is late: nothing that a stage makes of its records may depend on it.

use skytrend_event::Micros;
use skytrend_event::time::MINUTE;

/// No input is read further ahead of the slowest one than this, and one round: a stage holds little more than a minute.
const AHEAD_MAX: i64 = MINUTE;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideBySide {
    /// How far each input has come; before everything until its first record, since nobody knows when that is.
    fronts: Vec<i64>,
}

impl SideBySide {
    /// For inputs that have come so far.
    pub fn new(fronts: impl Iterator<Item = Option<Micros>>) -> Self {
        Self { fronts: fronts.map(|front| front.map_or(i64::MIN, |front| front.0)).collect() }
    }

    /// Up to where an input must have come to have its next records read.
    pub fn limit(&self) -> i64 {
        self.fronts.iter().min().map_or(i64::MAX, |slowest| slowest.saturating_add(AHEAD_MAX))
    }

    /// Whether the input at `place` has its next records read.
    pub fn may_read(&self, place: usize, limit: i64) -> bool {
        self.fronts[place] <= limit
    }

    /// The input at `place` has come to `micros`.
    pub fn advance(&mut self, place: usize, micros: i64) {
        self.fronts[place] = self.fronts[place].max(micros);
    }

    /// The place of an input that has never had a record, for which the others wait.
    pub fn unheard(&self) -> Option<usize> {
        self.fronts.iter().position(|&front| front == i64::MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readable(inputs: &SideBySide) -> Vec<usize> {
        let limit = inputs.limit();
        (0..inputs.fronts.len()).filter(|&place| inputs.may_read(place, limit)).collect()
    }

    #[test]
    fn nobody_runs_ahead_of_the_slowest() {
        let mut inputs = SideBySide::new([Some(Micros(0)), None, Some(Micros(5))].into_iter());
        assert_eq!((readable(&inputs), inputs.unheard()), (vec![1], Some(1)), "one that was never heard of");
        inputs.advance(1, 3 * MINUTE);
        assert_eq!((readable(&inputs), inputs.unheard()), (vec![0, 2], None));
        inputs.advance(0, 2 * MINUTE + 5);
        inputs.advance(2, 2 * MINUTE);
        assert_eq!(readable(&inputs), [0, 1, 2]);
        inputs.advance(2, 1);
        assert_eq!(readable(&inputs), [0, 1, 2], "time does not go back");
    }
}
