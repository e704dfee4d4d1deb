//! What in a text is an address and holds no words: URLs, bare domains and handles. Each function looks at the start
//! of some bytes and tells how many of them belong to the address.

/// Last labels by which a bare domain is known. None of them is a word that a missing space after a full stop would
/// put there ("home.So").
const TOP_LEVELS: [&str; 29] = [
    "com", "net", "org", "info", "edu", "gov", "io", "dev", "app", "xyz", "social", "blog", "news", "uk",
    "de", "fr", "nl", "jp", "kr", "cn", "br", "ru", "eu", "ca", "au", "ch", "pl", "se", "tv",
];
/// Last labels that are words or abbreviations too: only with a path behind them ("youtu.be/x").
const TOP_LEVELS_OF_PATHS: [&str; 14] =
    ["be", "co", "me", "to", "ly", "gg", "us", "in", "it", "es", "ai", "fm", "link", "page"];

/// Whether a letter or digit at `at` is inside a word that began before it; so no address begins there.
pub(super) fn is_inside_word(bytes: &[u8], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map_or(b' ', |place| bytes[place]);
    match before(1) {
        b'\'' => are_joined_by_apostrophe(before(2), bytes[at]),
        byte => byte.is_ascii_alphanumeric(),
    }
}

/// An apostrophe between two letters or two digits belongs to their word.
pub(super) fn are_joined_by_apostrophe(before: u8, after: u8) -> bool {
    (before.is_ascii_alphabetic() && after.is_ascii_alphabetic())
        || (before.is_ascii_digit() && after.is_ascii_digit())
}

/// Whether a URL starts here; it ends at white space.
pub(super) fn starts_url(bytes: &[u8]) -> bool {
    let starts =
        |prefix: &[u8]| bytes.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    match bytes.first() {
        Some(b'h' | b'H') => starts(b"http://") || starts(b"https://"),
        Some(b'w' | b'W') => starts(b"www.") && bytes.get(4).is_some_and(u8::is_ascii_alphanumeric),
        _ => false,
    }
}

/// The length of the bare domain at `at`, with its path up to white space; none where there is none.
pub(super) fn domain_len(bytes: &[u8], at: usize) -> Option<usize> {
    let is_after_part = at.checked_sub(1).is_some_and(|before| b".-_/@'".contains(&bytes[before]));
    if is_after_part {
        return None;
    }
    let rest = &bytes[at..];
    let in_domain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let reach = rest.iter().position(|byte| !in_domain(byte)).unwrap_or(rest.len());
    // A full stop or a dash that ends the sentence.
    let end = rest[..reach].iter().rposition(u8::is_ascii_alphanumeric).map_or(0, |last| last + 1);
    let domain = &rest[..end];
    let dot =
        domain.iter().rposition(|&byte| byte == b'.').filter(|&dot| dot > 0 && domain[dot - 1] != b'.')?;
    let is_one_of =
        |list: &[&str]| list.iter().any(|label| label.as_bytes().eq_ignore_ascii_case(&domain[dot + 1..]));
    let has_path = rest.get(domain.len()) == Some(&b'/');
    let is_address = is_one_of(&TOP_LEVELS) || (has_path && is_one_of(&TOP_LEVELS_OF_PATHS));
    let path = if has_path { rest[domain.len()..].iter().position(u8::is_ascii_whitespace) } else { Some(0) };
    is_address.then(|| path.map_or(rest.len(), |path| domain.len() + path))
}

/// The length of the handle after an `@`: letters, digits, dots, dashes (and underscores, which look like handles).
pub(super) fn handle_len(rest: &[u8]) -> usize {
    let in_handle = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    rest.iter().position(|byte| !in_handle(byte)).unwrap_or(rest.len())
}
