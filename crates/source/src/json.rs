//! Foreign JSON, made safe to read: the reader passes over values it is not asked for by recursion without a bound,
//! so the nesting is checked before.

use serde::Deserialize;

use crate::cbor;

/// Objects and arrays inside one another: what a record may have in CBOR, one more for a link's own object, and those
/// of the message around it.
const DEPTH_MAX: usize = cbor::DEPTH_MAX as usize + 4;

/// Why text was not read.
pub enum Error {
    /// Deeper than [`DEPTH_MAX`].
    TooDeep,
    /// Not JSON, or not what it is read into.
    Invalid(sonic_rs::Error),
}

/// Reads one value, which must be all of `text`.
pub fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Error> {
    if !is_shallow(text.as_bytes()) {
        return Err(Error::TooDeep);
    }
    sonic_rs::from_str(text).map_err(Error::Invalid)
}

/// Nearly all messages have fewer brackets than levels are allowed, which many bytes at a time can tell.
fn is_shallow(json: &[u8]) -> bool {
    // One bit tells `[` from `{`. The count of a chunk of this length fits a byte.
    let count = |chunk: &[u8]| chunk.iter().map(|byte| u8::from(byte | 0x20 == b'{')).sum::<u8>();
    let brackets: usize = json.chunks(128).map(|chunk| usize::from(count(chunk))).sum();
    brackets <= DEPTH_MAX || depth(json) <= DEPTH_MAX
}

/// The deepest level; of text that is not JSON, at least the level that a reader gets to.
fn depth(json: &[u8]) -> usize {
    let (mut deepest, mut level, mut is_text, mut is_escaped) = (0, 0_usize, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'[' | b'{' if !is_text => {
                level += 1;
                deepest = deepest.max(level);
            }
            b']' | b'}' if !is_text => level = level.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_bounded_and_brackets_in_text_do_not_count() {
        let is_read = |text: &str| parse::<serde::de::IgnoredAny>(text).is_ok();
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(is_read(&nested(DEPTH_MAX)));
        assert!(matches!(parse::<serde::de::IgnoredAny>(&nested(DEPTH_MAX + 1)), Err(Error::TooDeep)));
        assert!(matches!(parse::<serde::de::IgnoredAny>(&"[".repeat(5_000_000)), Err(Error::TooDeep)));
        assert!(is_read(&format!("\"\\\"{}\"", "[{".repeat(1000))));
        assert!(is_read(&format!("[{}1]", "[1],".repeat(1000))));
    }
}
