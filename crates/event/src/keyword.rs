//! What is counted: a keyword in a window.

use serde::{Deserialize, Serialize};

use crate::Micros;

/// The language of text whose language is not known (BCP 47), and the schemas' default.
pub const UNDETERMINED: &str = "und";

/// The normalized keyword of a whole watchlist; no keyword and no term is that.
pub const WHOLE_WATCHLIST: &str = "*";

pub(crate) fn undetermined() -> String {
    UNDETERMINED.to_owned()
}

/// What a keyword is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeywordKind {
    /// A word of the text.
    Word,
    /// A hashtag, of the text, of a facet or of `tags`.
    Hashtag,
    /// Several words that belong together.
    Phrase,
}

/// How a window moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// Overlapping: 10 minutes, moving by one minute, unless set otherwise.
    Sliding,
    /// Side by side: 5 minutes, unless set otherwise.
    Tumbling,
}

/// How often a keyword was used in one window. Topic `window-counts`, key: keyword. Natural key:
/// (`watchlist`, `normalized_keyword`, `kind`, `window`, `window_end`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeywordCount {
    /// As people mostly write it.
    pub keyword: String,
    /// NFKC, lower case; what is compared.
    pub normalized_keyword: String,
    /// Word, hashtag or phrase.
    pub kind: KeywordKind,
    /// The language that most of its latest posts are in (BCP 47 primary subtag), or `und`.
    #[serde(default = "undetermined")]
    pub language: String,
    /// Sliding or tumbling.
    pub window: WindowKind,
    /// First instant of the window.
    pub window_start: Micros,
    /// First instant after the window.
    pub window_end: Micros,
    /// Posts with the keyword, each counted once.
    pub count: u64,
    /// Distinct authors of these posts.
    pub unique_authors: u64,
    /// The watchlist that is counted: its term is then the keyword, or [`WHOLE_WATCHLIST`] the normalized one where all
    /// its terms are counted together.
    #[serde(default)]
    pub watchlist: Option<String>,
}
