//! The syntax rules of the identifiers, one predicate each: byte loops over one table, without allocation, because
//! several of them run for every event. They look at bytes; whatever they accept is ASCII.

/// Letters of both cases.
const ALPHA: u8 = 1;
/// Lower-case letters.
const LOWER: u8 = 1 << 1;
/// Decimal digits.
const DIGIT: u8 = 1 << 2;
/// `-`
const HYPHEN: u8 = 1 << 3;
/// What else a DID's last part may hold: `.` `_` `:` `%`
const DID_MARK: u8 = 1 << 4;
/// What else a record key may hold: `.` `_` `:` `~`
const RECORD_KEY_MARK: u8 = 1 << 5;
/// The sortable base32 of TIDs: `2` to `7`, `a` to `z`.
const SORTABLE_BASE32: u8 = 1 << 6;

/// The classes of each byte value.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'a'..=b'z' => ALPHA | LOWER | SORTABLE_BASE32,
            b'A'..=b'Z' => ALPHA,
            b'2'..=b'7' => DIGIT | SORTABLE_BASE32,
            b'0'..=b'9' => DIGIT,
            b'-' => HYPHEN,
            b'.' | b'_' | b':' => DID_MARK | RECORD_KEY_MARK,
            b'%' => DID_MARK,
            b'~' => RECORD_KEY_MARK,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

fn is(byte: u8, class: u8) -> bool {
    CLASSES[byte as usize] & class != 0
}

fn all(bytes: &[u8], class: u8) -> bool {
    bytes.iter().all(|byte| is(*byte, class))
}

fn starts_with(bytes: &[u8], class: u8) -> bool {
    bytes.first().is_some_and(|byte| is(*byte, class))
}

fn split_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(separator, bytes)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

fn rsplit_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memrchr(separator, bytes)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

/// <https://atproto.com/specs/did>; at most 2,048 bytes.
pub fn is_did(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"did:") else { return false };
    let Some((method, id)) = split_once(rest, b':') else { return false };
    text.len() <= 2048
        && !method.is_empty()
        && all(method, LOWER)
        && all(id, ALPHA | DIGIT | HYPHEN | DID_MARK)
        && !matches!(id.last(), None | Some(b':' | b'%'))
}

/// A label of a domain name: 1 to 63 letters, digits and inner hyphens.
fn is_label(label: &[u8]) -> bool {
    label.len() <= 63
        && all(label, ALPHA | DIGIT | HYPHEN)
        && !matches!(label.first(), None | Some(b'-'))
        && label.last() != Some(&b'-')
}

fn are_labels(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'.').all(is_label)
}

/// <https://atproto.com/specs/handle>; at least two labels, the last one starting with a letter.
pub fn is_handle(text: &[u8]) -> bool {
    let Some((_, last)) = rsplit_once(text, b'.') else { return false };
    text.len() <= 253 && starts_with(last, ALPHA) && are_labels(text)
}

/// The collections of nearly every record on the network, the most frequent first.
const COMMON_NSIDS: [&[u8]; 4] =
    [b"app.bsky.feed.like", b"app.bsky.feed.post", b"app.bsky.feed.repost", b"app.bsky.graph.follow"];

/// <https://atproto.com/specs/nsid>; a reversed domain name and a name, together at most 317 bytes. The text of the
/// specification also limits the domain name to 253 bytes; its interop files, and so all implementations, don't.
pub fn is_nsid(text: &[u8]) -> bool {
    // Nearly all that are ever asked about.
    if COMMON_NSIDS.contains(&text) {
        return true;
    }
    let Some((authority, name)) = rsplit_once(text, b'.') else { return false };
    text.len() <= 317
        && authority.contains(&b'.')
        && starts_with(authority, ALPHA)
        && are_labels(authority)
        && name.len() <= 63
        && starts_with(name, ALPHA)
        && all(name, ALPHA | DIGIT)
}

/// <https://atproto.com/specs/record-key>; 1 to 512 bytes.
pub fn is_record_key(text: &[u8]) -> bool {
    (1..=512).contains(&text.len())
        && all(text, ALPHA | DIGIT | HYPHEN | RECORD_KEY_MARK)
        && !matches!(text, b"." | b"..")
}

/// <https://atproto.com/specs/tid>; 13 digits of 5 bits, the highest bit of 65 being zero.
pub fn is_tid(text: &[u8]) -> bool {
    text.len() == 13 && text[0] <= b'j' && all(text, SORTABLE_BASE32)
}

/// <https://atproto.com/specs/at-uri-scheme>, in the restricted form of records: no query, no fragment.
pub fn is_at_uri(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"at://") else { return false };
    let is_authority = |authority: &[u8]| is_did(authority) || is_handle(authority);
    if text.len() > 8192 {
        return false;
    }
    let Some((authority, path)) = split_once(rest, b'/') else { return is_authority(rest) };
    // A record key holds no slash, so that a fourth part makes it invalid.
    let is_path = match split_once(path, b'/') {
        Some((collection, rkey)) => is_nsid(collection) && is_record_key(rkey),
        None => is_nsid(path),
    };
    is_path && is_authority(authority)
}
