//! What is set: who may read, and which tokens there are.

use serde::Deserialize;

/// Section `serve.access`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Who may read.
    pub reading: Reading,
    /// Who else may do what.
    pub tokens: Vec<TokenSettings>,
}

/// Who may read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// Whoever reaches the server.
    #[default]
    Open,
    /// Whoever has a token.
    Token,
}

/// What a token lets one do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// To look.
    #[default]
    Read,
    /// To look and to decide.
    Write,
}

/// A token. Exactly one of `sha256`, `file` and `env` is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenSettings {
    /// Who has it, as the audit log names them: letters, digits, `-`, `_` and `.`, at most 64.
    pub name: String,
    /// What it lets them do.
    pub rights: Right,
    /// SHA-256 of the secret, 64 hexadecimal digits.
    pub sha256: String,
    /// A file with the secret.
    pub file: String,
    /// An environment variable with the secret. Its name doesn't begin with `SKYTREND_`, which are settings.
    pub env: String,
}

/// A token that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("token {name:?}: {reason}")]
pub struct InvalidAccess {
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub reason: String,
}

impl InvalidAccess {
    pub(super) fn of(name: &str, reason: impl Into<String>) -> Self {
        Self { name: name.to_owned(), reason: reason.into() }
    }
}
