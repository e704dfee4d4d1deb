//! Signatures of the Standard Webhooks specification: HMAC-SHA256 over id, time and body, by which a receiver knows
//! that a message is ours, whole, and new.
//! Source: <https://github.com/standard-webhooks/standard-webhooks>, "Signature scheme".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// Bytes of a key, by the specification.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A key that signs.
#[derive(Clone)]
pub(crate) struct Key(hmac::Key);

/// A text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not whsec_ and Base64 of 24 to 64 bytes (`openssl rand -base64 32` makes one)")]
pub struct InvalidKey;

impl Key {
    /// Reads a key as the specification writes it; the prefix may be missing.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidKey> {
        let encoded = text.strip_prefix("whsec_").unwrap_or(text);
        let bytes = STANDARD.decode(encoded).map_err(|_| InvalidKey)?;
        if !KEY_BYTES.contains(&bytes.len()) {
            return Err(InvalidKey);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The header `webhook-signature` of a message. `seconds`: time of the attempt since 1970.
    pub(crate) fn sign(&self, id: &str, seconds: u64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{seconds}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn the_published_example_has_the_published_signature() {
        let key = Key::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "whsec_", "whsec_c2hvcnQ=", "not base64 at all, but long enough for it"] {
            assert!(Key::parse(text).is_err(), "{text}");
        }
        let long = STANDARD.encode([7; 65]);
        assert!(Key::parse(&long).is_err());
    }
}
