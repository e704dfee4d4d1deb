//! Where the protocol's own test files and captured data are. They are not part of this repository.

use std::path::{Path, PathBuf};

/// Reads a file of the shared test data; a test that needs it fails where it is missing.
#[expect(clippy::disallowed_methods, reason = "tests have no settings; only the crate itself is pure")]
pub fn read(path: &str) -> String {
    let folder = std::env::var_os("SKYTREND_SHARED_DATA").map_or_else(default_folder, PathBuf::from);
    let path = folder.join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; SKYTREND_SHARED_DATA names the data's folder", path.display())
    })
}

fn default_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data")
}
