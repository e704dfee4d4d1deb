//! Holds the dependency table of ARCHITECTURE.md: which crate of the workspace may use which.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Crate → crates of the workspace that its product code may use.
const ALLOWED: [(&str, &[&str]); 9] = [
    ("skytrend-event", &[]),
    ("skytrend-log", &[]),
    ("skytrend-source", &["skytrend-event"]),
    ("skytrend-trend", &["skytrend-event"]),
    ("skytrend-serve", &["skytrend-event"]),
    ("skytrend-sink", &["skytrend-event"]),
    ("skytrend-sim", &["skytrend-event"]),
    ("skytrend-plots", &[]),
    (
        "skytrend",
        &[
            "skytrend-event",
            "skytrend-log",
            "skytrend-source",
            "skytrend-trend",
            "skytrend-serve",
            "skytrend-sink",
            "skytrend-sim",
        ],
    ),
];

/// What the detector must never be able to do: I/O, tasks, clocks of others.
const FORBIDDEN_IN_PURE: [&str; 5] = ["tokio", "tracing", "metrics", "chrono", "rand"];

#[test]
fn crates_depend_only_in_the_allowed_direction() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    let members: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(members, allowed.keys().copied().collect(), "a crate is missing in the table, or gone");
    for package in &metadata.packages {
        let product = package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development);
        for dependency in product.filter(|d| members.contains(d.name.as_str())) {
            let may = allowed[package.name.as_str()];
            assert!(
                may.contains(&dependency.name.as_str()),
                "{} must not use {}",
                package.name,
                dependency.name
            );
        }
    }
}

#[test]
fn the_detector_and_the_events_are_pure() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    for package in
        metadata.packages.iter().filter(|p| ["skytrend-trend", "skytrend-event"].contains(&p.name.as_str()))
    {
        let product = package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development);
        for dependency in product {
            assert!(
                !FORBIDDEN_IN_PURE.contains(&dependency.name.as_str()),
                "{} uses {}",
                package.name,
                dependency.name
            );
        }
    }
}
