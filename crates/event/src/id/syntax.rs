//! The syntax rules of the identifiers, one predicate each, without allocation.

/// <https://atproto.com/specs/did>
pub fn is_did(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("did:") else { return false };
    let Some((method, id)) = rest.split_once(':') else { return false };
    let id_char = |b: u8| b.is_ascii_alphanumeric() || b"._:%-".contains(&b);
    text.len() <= 2048
        && !method.is_empty()
        && method.bytes().all(|b| b.is_ascii_lowercase())
        && !id.is_empty()
        && id.bytes().all(id_char)
        && !id.ends_with([':', '%'])
}

/// <https://atproto.com/specs/handle>
pub fn is_handle(text: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    let Some((_, last)) = text.rsplit_once('.') else { return false };
    text.len() <= 253
        && text.split('.').all(label)
        && last.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
}

/// <https://atproto.com/specs/nsid>
pub fn is_nsid(text: &str) -> bool {
    let Some((authority, name)) = text.rsplit_once('.') else { return false };
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    text.len() <= 317
        && authority.len() <= 253
        && authority.contains('.')
        && authority.split('.').all(label)
        && authority.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && (1..=63).contains(&name.len())
        && name.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// <https://atproto.com/specs/record-key>
pub fn is_record_key(text: &str) -> bool {
    (1..=512).contains(&text.len())
        && text != "."
        && text != ".."
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:~-".contains(&b))
}

/// <https://atproto.com/specs/tid>
pub fn is_tid(text: &str) -> bool {
    let digit = |b: u8| matches!(b, b'2'..=b'7' | b'a'..=b'z');
    text.len() == 13 && text.bytes().all(digit) && matches!(text.as_bytes()[0], b'2'..=b'7' | b'a'..=b'j')
}

/// <https://atproto.com/specs/at-uri-scheme>, restricted form: no query, no fragment.
pub fn is_at_uri(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("at://") else { return false };
    let mut parts = rest.split('/');
    let authority = parts.next().unwrap_or_default();
    let collection = parts.next();
    let rkey = parts.next();
    text.len() <= 8192
        && (is_did(authority) || is_handle(authority))
        && collection.is_none_or(is_nsid)
        && rkey.is_none_or(is_record_key)
        && parts.next().is_none()
}

/// BCP 47 (RFC 5646) well-formedness.
pub fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let Some(primary) = parts.next() else { return false };
    let primary_ok = (2..=8).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_alphabetic())
        || primary == "i"
        || primary == "x";
    text.len() <= 128
        && primary_ok
        && parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()))
}
