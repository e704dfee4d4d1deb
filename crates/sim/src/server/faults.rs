//! What goes wrong on purpose: which fault comes before which event. Each scripted fault happens once, whoever is
//! connected; faults of chance are drawn by the connection's own seed. Doing them is the subscriber's.

use crate::Wire;
use crate::dice::Dice;

/// Something that goes wrong on one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The server closes the connection, politely.
    Drop,
    /// TCP ends in the middle of a WebSocket frame.
    CutFrame,
    /// Nothing comes for so many milliseconds.
    Stall(u32),
    /// The last so many events come again.
    Rewind(u32),
    /// The event comes twice.
    Duplicate,
    /// The event and the one after it change places.
    Reorder,
    /// Drops the connection, and from then on serves nothing before the event so many places later, without a word.
    Clamp(u32),
    /// Drops the connection, skips so many events, and counts from 1 again.
    Reset(u32),
    /// The error `ConsumerTooSlow`, and the end.
    ConsumerTooSlow,
    /// A damaged copy of the event's message comes before the event.
    Garbage,
    /// A message of a type that the protocol does not have.
    UnknownType,
    /// A message of more bytes than the protocol allows.
    Oversized,
    /// Drops the connection and refuses the next so many with `429 Too Many Requests`.
    TooManyRequests(u32),
    /// The same with `503 Service Unavailable`.
    Unavailable(u32),
}

/// What shall go wrong, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Before the event of this index, once each.
    pub script: Vec<(u64, Fault)>,
    /// Before any event, with this chance in a million, each drawn on its own.
    pub chances: Vec<(u32, Fault)>,
}

/// A fault that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FaultDone {
    /// On which stream.
    pub wire: Wire,
    /// Before which event.
    pub index: u64,
    /// Which.
    pub fault: Fault,
}

/// The scripted faults that have not happened yet, the next one last.
#[derive(Debug)]
pub(super) struct Script(Vec<(u64, Fault)>);

impl Script {
    pub(super) fn new(faults: &Faults) -> Self {
        let mut script = faults.script.clone();
        script.sort_by_key(|(index, _)| std::cmp::Reverse(*index));
        // Among faults before the same event the first one written comes first.
        script.chunk_by_mut(|a, b| a.0 == b.0).for_each(<[_]>::reverse);
        Self(script)
    }

    /// The fault that is due before this event.
    pub(super) fn take(&mut self, index: u64) -> Option<Fault> {
        self.0.pop_if(|(at, _)| *at <= index).map(|(_, fault)| fault)
    }
}

/// A fault of chance before the next event.
pub(super) fn draw(faults: &Faults, dice: &mut Dice) -> Option<Fault> {
    faults.chances.iter().find(|(ppm, _)| dice.chance(u64::from(*ppm))).map(|(_, fault)| *fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scripted_fault_comes_once_in_order() {
        let script = vec![(9, Fault::Duplicate), (4, Fault::Drop), (9, Fault::Garbage)];
        let mut script = Script::new(&Faults { script, chances: Vec::new() });
        assert_eq!(script.take(3), None);
        assert_eq!(script.take(5), Some(Fault::Drop), "one that was skipped over still comes");
        assert_eq!(script.take(4), None);
        assert_eq!(
            (script.take(9), script.take(9), script.take(9)),
            (Some(Fault::Duplicate), Some(Fault::Garbage), None)
        );
    }
}
