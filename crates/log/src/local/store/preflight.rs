//! What is checked before the embedded store opens its folder: what it trusts so far that damage there would stop the
//! whole process. It writes beside each list of its files the list's checksum, but does not compare the two; and it
//! makes room for as many parts as a file says it has, before it looks at the checksum of their table.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
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
/// The folders of a keyspace's files, each of which ends with a table of its parts and a trailer.
const FILE_FOLDERS: [&str; 2] = ["tables", "blobs"];
/// `SFA!`, version (1), kind of checksum (1), checksum of the table (16), its place (8), its length (8).
const TRAILER_BYTES: usize = 38;
const TRAILER_MAGIC: &[u8] = b"SFA!";
const TABLE_PLACE_AT: usize = 22;
/// `TOC!`, number of parts (4).
const TABLE_HEAD_BYTES: usize = 8;

/// Checks each keyspace's list of files and the tables of the files' parts, while nobody has the store open.
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
        for files in FILE_FOLDERS.map(|name| folder.join(name)) {
            check_tables_of_parts(&files)?;
        }
    }
    Ok(())
}

fn is_whole(folder: &Path) -> io::Result<bool> {
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

/// A file that is not complete is left to the embedded store: it removes it, or says what is wrong.
fn check_tables_of_parts(folder: &Path) -> Result<(), LogError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(io_error(&e)),
    };
    for entry in entries {
        let path = entry.map_err(|e| io_error(&e))?.path();
        if claims_too_many_parts(&path).map_err(|e| io_error(&e))? {
            return Err(corrupt(format!("{} is damaged", path.display())));
        }
    }
    Ok(())
}

fn claims_too_many_parts(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let Some(trailer_at) = file.metadata()?.len().checked_sub(TRAILER_BYTES as u64) else { return Ok(false) };
    let mut trailer = [0; TRAILER_BYTES];
    file.seek(SeekFrom::Start(trailer_at))?;
    file.read_exact(&mut trailer)?;
    let Some(table_at) = trailer[TABLE_PLACE_AT..].first_chunk().map(|place| u64::from_le_bytes(*place))
    else {
        return Ok(false);
    };
    let table_bytes = trailer_at.saturating_sub(table_at);
    if !trailer.starts_with(TRAILER_MAGIC) || table_bytes < TABLE_HEAD_BYTES as u64 {
        return Ok(false);
    }
    let mut head = [0; TABLE_HEAD_BYTES];
    file.seek(SeekFrom::Start(table_at))?;
    file.read_exact(&mut head)?;
    let [_, _, _, _, parts @ ..] = head;
    Ok(u64::from(u32::from_le_bytes(parts)) > table_bytes)
}
