//! The zstd dictionaries of Jetstream: v1's from a file, v2's from the host. Which one a connection uses, and what
//! follows when the host refuses it: fetch the present one again, once; then go without compression.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::connect::{ConnectError, Connector};
use super::endpoint;
use super::hosts::Host;

/// The most bytes of a dictionary; the published ones have 64 and 110 KiB.
const DICTIONARY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The first bytes of every zstd dictionary (RFC 8878, section 5).
const MAGIC: [u8; 4] = 0xEC30_A437_u32.to_le_bytes();

/// A zstd dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dictionary {
    pub(crate) id: u32,
    pub(crate) bytes: Bytes,
}

/// A dictionary that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DictionaryError {
    /// The file could not be read.
    #[error("the zstd dictionary {path:?} can't be read: {error}")]
    File {
        /// The setting.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The bytes are not a zstd dictionary.
    #[error("not a zstd dictionary")]
    Malformed,
}

impl Dictionary {
    pub(crate) fn parse(bytes: impl Into<Bytes>) -> Result<Self, DictionaryError> {
        let bytes = bytes.into();
        let (Some(magic), Some(id)) = (bytes.first_chunk::<4>(), bytes.get(4..8)) else {
            return Err(DictionaryError::Malformed);
        };
        if *magic != MAGIC {
            return Err(DictionaryError::Malformed);
        }
        let id = id.try_into().map(u32::from_le_bytes).map_err(|_| DictionaryError::Malformed)?;
        Ok(Self { id, bytes })
    }

    pub(crate) fn read(path: &Path) -> Result<Self, DictionaryError> {
        let bytes =
            std::fs::read(path).map_err(|error| DictionaryError::File { path: path.to_owned(), error })?;
        Self::parse(bytes)
    }
}

/// How the host in use compresses.
#[derive(Debug, Default)]
enum Known {
    /// Not asked yet.
    #[default]
    Nothing,
    /// With this one; `refetched`: it was fetched after a refusal.
    Dictionary { dictionary: Dictionary, refetched: bool },
    /// Not at all: it has none, or has refused its own.
    Off,
}

/// The dictionaries of Jetstream v2: that of the host in use.
#[derive(Debug, Default)]
pub(crate) struct Dictionaries {
    host: Option<Host>,
    known: Known,
    was_refused: bool,
}

impl Dictionaries {
    /// The dictionary to ask the host for, downloaded if need be; none: uncompressed.
    pub(crate) async fn of(
        &mut self,
        host: &Host,
        connector: &Connector,
    ) -> Result<Option<Dictionary>, ConnectError> {
        if self.host.as_ref() != Some(host) {
            *self = Self { host: Some(host.clone()), ..Self::default() };
        }
        if let Known::Nothing = self.known {
            self.known = self.fetch(host, connector).await?;
        }
        match &self.known {
            Known::Dictionary { dictionary, .. } => Ok(Some(dictionary.clone())),
            Known::Nothing | Known::Off => Ok(None),
        }
    }

    /// The host did not know the dictionary that it was asked for.
    pub(crate) fn refused(&mut self) {
        self.known = match self.known {
            Known::Dictionary { refetched: false, .. } => Known::Nothing,
            _ => Known::Off,
        };
        self.was_refused = true;
    }

    async fn fetch(&self, host: &Host, connector: &Connector) -> Result<Known, ConnectError> {
        match connector.download(host, endpoint::current_dictionary(), DICTIONARY_BYTES_MAX).await {
            Ok(bytes) => Ok(match Dictionary::parse(bytes) {
                Ok(dictionary) => Known::Dictionary { dictionary, refetched: self.was_refused },
                Err(error) => {
                    tracing::warn!(%host, %error, "reading uncompressed");
                    Known::Off
                }
            }),
            // The host is there, and has no dictionary to give.
            Err(error @ (ConnectError::Refused { .. } | ConnectError::Http(_))) => {
                tracing::warn!(%host, %error, "no zstd dictionary, reading uncompressed");
                Ok(Known::Off)
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zstd_dictionaries_are_taken() {
        let bytes = [&MAGIC[..], &20_260_811_u32.to_le_bytes(), b"entropy tables"].concat();
        assert_eq!(Dictionary::parse(bytes).unwrap().id, 20_260_811);
        for bytes in [&b""[..], b"\x37\xa4\x30\xec", b"<html>not found</html>"] {
            assert!(matches!(Dictionary::parse(bytes.to_vec()), Err(DictionaryError::Malformed)));
        }
    }
}
