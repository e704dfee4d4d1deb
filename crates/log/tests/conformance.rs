//! Every log of this crate keeps the contract.

use std::sync::Arc;

use skytrend_log::conformance;
use skytrend_log::memory::MemoryLog;

#[test]
fn memory_keeps_the_contract() {
    conformance::suite(|| Arc::new(MemoryLog::new()));
}
