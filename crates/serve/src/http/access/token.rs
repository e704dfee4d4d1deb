//! A token: 256 random bits as text, of which only the hash is kept.

use std::fmt::Write as _;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{InvalidAccess, Right, TokenSettings};

/// What tokens begin with, so that people and scanners for secrets see what they are.
const PREFIX: &str = "skytrend_";
/// Random bytes of a token.
const RANDOM_BYTES: usize = 32;
/// A secret from a file or a variable is not shorter: one that a person made up could be guessed.
const SECRET_CHARS_MIN: usize = 32;
const NAME_CHARS_MAX: usize = 64;

pub(super) type Hash = [u8; 32];

#[derive(Debug)]
pub(super) struct Token {
    pub(super) name: Arc<str>,
    pub(super) right: Right,
    pub(super) hash: Hash,
}

/// A token that nobody has yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// For its owner alone.
    pub secret: String,
    /// For the settings.
    pub sha256: String,
}

/// Draws a token. Fails where the system has no randomness to give.
pub fn new_token() -> Result<NewToken, std::io::Error> {
    let secret = format!("{PREFIX}{}", random_text()?);
    let sha256 = hex(&hash(&secret));
    Ok(NewToken { secret, sha256 })
}

/// 256 random bits as hexadecimal digits.
pub(super) fn random_text() -> Result<String, std::io::Error> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

pub(super) fn hash(secret: &str) -> Hash {
    Sha256::digest(secret.as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Token {
    pub(super) fn load(settings: &TokenSettings) -> Result<Self, InvalidAccess> {
        let refused = |reason: &str| InvalidAccess::of(&settings.name, reason);
        let is_name_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let name = settings.name.as_str();
        if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(is_name_char) {
            return Err(refused("a name has 1 to 64 letters, digits, -, _ and ."));
        }
        if name == skytrend_event::moderation::ANONYMOUS {
            return Err(refused("this name stands for whoever has no token"));
        }
        let given = [&settings.sha256, &settings.file, &settings.env].map(|text| !text.is_empty());
        let hash = match given {
            [true, false, false] => from_hex(&settings.sha256).ok_or_else(|| {
                refused("sha256 has 64 hexadecimal digits, as `skytrend token new` prints them")
            })?,
            [false, true, false] => {
                let text = std::fs::read_to_string(&settings.file)
                    .map_err(|error| refused(&format!("can't read {}: {error}", settings.file)))?;
                secret_hash(&text).ok_or_else(|| refused("the file's secret has fewer than 32 characters"))?
            }
            [false, false, true] => {
                let text = std::env::var(&settings.env)
                    .map_err(|_| refused(&format!("the environment has no {}", settings.env)))?;
                secret_hash(&text)
                    .ok_or_else(|| refused("the variable's secret has fewer than 32 characters"))?
            }
            _ => return Err(refused("exactly one of sha256, file and env must be set")),
        };
        Ok(Self { name: name.into(), right: settings.rights, hash })
    }

    /// Takes the same time whatever the hashes have in common.
    pub(super) fn has_hash(&self, hash: &Hash) -> bool {
        self.hash.ct_eq(hash).into()
    }
}

fn secret_hash(text: &str) -> Option<Hash> {
    let secret = text.trim();
    (secret.chars().count() >= SECRET_CHARS_MIN).then(|| hash(secret))
}

fn from_hex(text: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    if text.len() != 2 * hash.len() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (place, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(change: impl FnOnce(&mut TokenSettings)) -> Result<Token, InvalidAccess> {
        let mut settings = TokenSettings { name: "anna".to_owned(), ..TokenSettings::default() };
        change(&mut settings);
        Token::load(&settings)
    }

    #[test]
    fn a_new_token_is_known_by_what_is_printed_for_the_settings() {
        let (new, other) = (new_token().unwrap(), new_token().unwrap());
        let loaded = token(|settings| settings.sha256.clone_from(&new.sha256)).unwrap();
        assert!(loaded.has_hash(&hash(&new.secret)) && !loaded.has_hash(&hash(&other.secret)));
        assert!(new.secret.starts_with(PREFIX) && new.secret.len() == PREFIX.len() + 64);
    }

    #[test]
    fn a_secret_comes_from_a_file_too_and_what_is_wrong_is_said() {
        let folder = std::env::temp_dir().join(format!("skytrend-token-{}", std::process::id()));
        std::fs::write(&folder, format!("{}\n", "s".repeat(32))).unwrap();
        let file = folder.to_string_lossy().into_owned();
        assert!(token(|settings| settings.file.clone_from(&file)).unwrap().has_hash(&hash(&"s".repeat(32))));
        std::fs::write(&folder, "short").unwrap();
        let short = token(|settings| settings.file.clone_from(&file)).unwrap_err();
        std::fs::remove_file(&folder).unwrap();
        let missing = token(|settings| settings.file = file).unwrap_err();
        let none = token(|_| {}).unwrap_err();
        let digits = token(|settings| settings.sha256 = "zz".repeat(32)).unwrap_err();
        let name = token(|settings| settings.name = "anonymous".to_owned()).unwrap_err();
        let said = [short, missing, none, digits, name].map(|error| error.to_string());
        for (said, expected) in
            said.iter().zip(["fewer than", "can't read", "exactly one", "64 hex", "no token"])
        {
            assert!(said.contains(expected), "{said}");
        }
    }
}
