//! Every log of this crate keeps the contract.

use std::sync::Arc;

use skytrend_log::conformance::{self, Subject};
use skytrend_log::local::{Fsync, LocalLog, Settings};
use skytrend_log::memory::MemoryLog;

#[test]
fn memory_keeps_the_contract() {
    conformance::suite(|| Arc::new(MemoryLog::new()));
}

fn open_in(folder: &tempfile::TempDir, settings: Settings) -> Subject {
    Arc::new(LocalLog::open(folder.path().join("log"), settings).expect("the log can be opened"))
}

/// A way to open a log in a fresh folder, which is removed with it.
fn fresh(settings: Settings) -> impl Fn() -> Subject {
    let folder = tempfile::tempdir().expect("a folder for the test");
    move || open_in(&folder, settings)
}

#[test]
fn local_keeps_the_contract() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let numbers = std::sync::atomic::AtomicU32::new(0);
    conformance::suite(|| {
        let number = numbers.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = folder.path().join(number.to_string());
        Arc::new(LocalLog::open(path, Settings::default()).expect("the log can be opened"))
    });
}

#[test]
fn local_is_durable() {
    conformance::durable_suite(|| fresh(Settings::default()));
}

/// Nothing is kept in memory that the store could be asked for.
#[test]
fn local_without_caches_keeps_the_contract() {
    let settings = Settings {
        fsync: Fsync::EachCommit,
        cache_bytes: 0,
        write_buffer_bytes: 64 << 10,
        tail_bytes: 0,
        decoded_bytes: 0,
    };
    let folder = tempfile::tempdir().expect("a folder for the test");
    let numbers = std::sync::atomic::AtomicU32::new(0);
    conformance::suite(|| {
        let number = numbers.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Arc::new(LocalLog::open(folder.path().join(number.to_string()), settings).expect("can be opened"))
    });
    conformance::durable_suite(|| fresh(settings));
}
