//! What the server did: which events it sent on which stream, and which faults. From it the oracle learns what
//! never reached anybody.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::faults::{Fault, FaultDone};
use crate::{IndexSet, Wire};

/// Faults that are remembered; later ones are only counted.
const FAULTS_MAX: usize = 65_536;

/// The record of what was sent. Shared by all connections.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    sent: [IndexSet; 3],
    connections: [u64; 3],
    faults: Vec<FaultDone>,
    fault_count: u64,
}

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn connected(&self, wire: Wire) -> u64 {
        let mut entries = self.entries();
        entries.connections[wire as usize] += 1;
        entries.connections.iter().sum()
    }

    pub(super) fn sent(&self, wire: Wire, batch: &[u64]) {
        let mut entries = self.entries();
        for index in batch {
            entries.sent[wire as usize].insert(*index);
        }
    }

    pub(super) fn fault(&self, wire: Wire, index: u64, fault: Fault) {
        let mut entries = self.entries();
        entries.fault_count += 1;
        if entries.faults.len() < FAULTS_MAX {
            entries.faults.push(FaultDone { wire, index, fault });
        }
    }

    /// The events that were handed to a socket of this stream at least once.
    pub fn sent_on(&self, wire: Wire) -> IndexSet {
        self.entries().sent[wire as usize].clone()
    }

    /// All other events, also those that are still to come: what the oracle must not count.
    pub fn lost_on(&self, wire: Wire) -> IndexSet {
        self.entries().sent[wire as usize].complement()
    }

    /// How often a stream was opened.
    pub fn connections(&self, wire: Wire) -> u64 {
        self.entries().connections[wire as usize]
    }

    /// The faults that happened, in order, the first 65,536 of them.
    pub fn faults(&self) -> Vec<FaultDone> {
        self.entries().faults.clone()
    }

    /// How many faults happened.
    pub fn fault_count(&self) -> u64 {
        self.entries().fault_count
    }
}
