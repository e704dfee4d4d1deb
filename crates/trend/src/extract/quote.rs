//! Lines of a text that say again what somebody else said: `> …` and `RT @name: …`. They hold no words of the post.

/// Whether the line that starts with `line` is a quotation. `>:(` and `>be me` are not.
fn is_quote(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t']);
    line.starts_with("> ") || line.starts_with("RT @") || line.starts_with("rt @")
}

/// Where the words go on: `at`, a line's start, or the first start of a line after it that is no quotation.
pub(super) fn skip_quotes(text: &str, at: usize) -> usize {
    let mut start = at;
    while is_quote(&text[start..]) {
        let Some(end) = text[start..].find('\n') else { return text.len() };
        start += end + 1;
    }
    start
}
