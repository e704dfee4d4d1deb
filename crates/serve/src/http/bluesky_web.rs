//! Where Bluesky's web app shows a keyword: what answers for people link to.

use skytrend_event::KeywordKind;

/// The web app. Its pages are at the paths below, which clients of `getTrends` also open by themselves.
pub(super) const ORIGIN: &str = "https://bsky.app";

/// Path and query of the page with a keyword's posts: a hashtag's own page, and the search for anything else. A phrase
/// is searched in quotes, so that its words are found side by side.
pub(super) fn keyword_path(keyword: &str, kind: KeywordKind) -> String {
    match kind {
        KeywordKind::Hashtag => format!("/hashtag/{}", escaped(keyword.trim_start_matches('#'))),
        KeywordKind::Word => format!("/search?q={}", escaped(keyword)),
        KeywordKind::Phrase => format!("/search?q={}", escaped(&format!("\"{keyword}\""))),
    }
}

/// The page with a keyword's posts.
pub(super) fn keyword_url(keyword: &str, kind: KeywordKind) -> String {
    format!("{ORIGIN}{}", keyword_path(keyword, kind))
}

fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_keyword_has_its_page() {
        assert_eq!(
            keyword_url("#Eleições", KeywordKind::Hashtag),
            "https://bsky.app/hashtag/Elei%C3%A7%C3%B5es"
        );
        assert_eq!(keyword_path("a&b", KeywordKind::Word), "/search?q=a%26b");
        assert_eq!(keyword_path("climate change", KeywordKind::Phrase), "/search?q=%22climate+change%22");
    }
}
