//! Named crash points at every durable boundary. A debug build dies there by SIGKILL's equivalent (`abort`) when
//! `SKYTREND_TEST_CRASH_POINT=name:n` asks for the n-th passage; a release build has none of it.

/// The variable that asks for a crash; not a setting.
pub const VARIABLE: &str = "SKYTREND_TEST_CRASH_POINT";

/// Every crash point, in the order of the pipeline. The crash tests go through this list.
#[cfg(debug_assertions)]
pub const POINTS: [&str; 6] = [
    "ingest.before_commit",
    "ingest.after_commit",
    "detect.before_output",
    "detect.after_output",
    "detect.before_snapshot",
    "detect.after_snapshot",
];

/// Dies here if this passage was asked for.
#[cfg(debug_assertions)]
pub fn point(name: &'static str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static ASKED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);

    debug_assert!(POINTS.contains(&name), "{name} is not in POINTS");
    let asked = ASKED.get_or_init(|| {
        let text = std::env::var(VARIABLE).ok()?;
        let (point, nth) = text.split_once(':')?;
        Some((point.to_owned(), nth.parse().ok()?))
    });
    if let Some((point, nth)) = asked
        && point == name
        && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == *nth
    {
        std::process::abort();
    }
}

/// Nothing, in a release build.
#[cfg(not(debug_assertions))]
#[inline]
pub fn point(_name: &'static str) {}
