//! Values that nobody may see: where they are, and what keeps them out of what is printed.

use std::fmt;
use std::path::PathBuf;

/// Longest file of a secret: a key, a token or an address, and a line's end.
const FILE_BYTES_MAX: u64 = 4_096;

/// A value that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("********")
    }
}

/// Why a secret is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The environment has no such variable, or it is not Unicode, or empty.
    #[error("the environment variable {0} is not set")]
    NoVariable(String),
    /// The file can't be read.
    #[error("can't read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file has nothing in it.
    #[error("{0} is empty")]
    Empty(PathBuf),
}

/// Whether the setting says where a value is instead of being one.
pub(crate) fn is_reference(text: &str) -> bool {
    text.starts_with("env:") || text.starts_with("file:")
}

/// The value: that of the environment variable, that of the file without white space around it, or the text itself.
pub(crate) fn resolve(text: &str) -> Result<Secret, SecretError> {
    if let Some(name) = text.strip_prefix("env:") {
        let value = std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let value = value.ok_or_else(|| SecretError::NoVariable(name.to_owned()))?;
        return Ok(Secret(value.trim().to_owned()));
    }
    let Some(path) = text.strip_prefix("file:") else { return Ok(Secret(text.to_owned())) };
    let value = read(path).map_err(|source| SecretError::Unreadable { path: path.into(), source })?;
    match value.trim() {
        "" => Err(SecretError::Empty(path.into())),
        value => Ok(Secret(value.to_owned())),
    }
}

fn read(path: &str) -> std::io::Result<String> {
    use std::io::Read as _;

    let mut text = String::new();
    std::fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(std::io::Error::other(format!("longer than {FILE_BYTES_MAX} bytes")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_from_a_file_or_the_environment_and_is_never_printed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "hunter2\n").unwrap();
        let secret = resolve(&format!("file:{}", path.display())).unwrap();
        assert_eq!(secret.0, "hunter2");
        assert!(!format!("{secret:?}").contains("hunter2"));
        assert_eq!(resolve("env:CARGO_PKG_NAME").unwrap().0, "skytrend-sink");
        assert!(matches!(resolve("env:NO_SUCH_VARIABLE_HERE"), Err(SecretError::NoVariable(_))));
        std::fs::write(&path, " \n").unwrap();
        assert!(matches!(resolve(&format!("file:{}", path.display())), Err(SecretError::Empty(_))));
        std::fs::write(&path, "x".repeat(4_097)).unwrap();
        let long = resolve(&format!("file:{}", path.display())).unwrap_err().to_string();
        assert!(long.contains("longer than 4096 bytes"), "{long}");
        assert!(matches!(resolve("file:/no/such/file"), Err(SecretError::Unreadable { .. })));
    }
}
