//! What is checked before the embedded store opens its folder. It writes beside each list of its files the list's
//! checksum, but does not compare the two, and stops the whole process at some lists that make no sense.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use xxhash_rust::xxh3::xxh3_128;

use crate::contract::LogError;
use crate::local::recovery::corrupt;
use crate::local::store::io_error;

const LOCK_FILE: &str = "lock";
const KEYSPACES_FOLDER: &str = "keyspaces";
/// Number of the present list of files (8 bytes, little-endian), its XXH3-128 (16, little-endian), 0.
const CURRENT_FILE: &str = "current";
const CURRENT_BYTES: usize = 25;

/// Compares each keyspace's list of files with its checksum, while nobody has the store open.
pub fn check(path: &Path) -> Result<(), LogError> {
    let lock = File::open(path.join(LOCK_FILE)).map_err(|e| io_error(&e))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(LogError::InUse { path: path.display().to_string() }),
        Err(TryLockError::Error(e)) => return Err(io_error(&e)),
    }
    for entry in fs::read_dir(path.join(KEYSPACES_FOLDER)).map_err(|e| io_error(&e))? {
        let folder = entry.map_err(|e| io_error(&e))?.path();
        if folder.join(CURRENT_FILE).exists() && !is_whole(&folder).map_err(|e| io_error(&e))? {
            return Err(corrupt(format!("the list of files in {} is damaged", folder.display())));
        }
        // Without the file the keyspace was never finished, and the embedded store removes it.
    }
    Ok(())
}

fn is_whole(folder: &Path) -> std::io::Result<bool> {
    let current = fs::read(folder.join(CURRENT_FILE))?;
    let (Some(number), Some(checksum)) = (current.first_chunk(), current.get(8..24)) else {
        return Ok(false);
    };
    let list = folder.join(format!("v{}", u64::from_le_bytes(*number)));
    if current.len() != CURRENT_BYTES || !list.exists() {
        return Ok(false);
    }
    Ok(xxh3_128(&fs::read(list)?).to_le_bytes() == checksum)
}
