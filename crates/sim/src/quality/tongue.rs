//! The ten languages: how many write them, when, and with which words. The word lists are files in `words/`: function
//! words of all, real words of languages written without spaces (so that real segmenters can cut them), of Korean and
//! of Arabic; syllables for the others, from which [`super::vocabulary`] makes words that no dictionary has.

use serde::{Deserialize, Serialize};

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tongue {
    /// English.
    #[serde(rename = "en")]
    English,
    /// Japanese.
    #[serde(rename = "ja")]
    Japanese,
    /// Chinese.
    #[serde(rename = "zh")]
    Chinese,
    /// Korean.
    #[serde(rename = "ko")]
    Korean,
    /// Thai.
    #[serde(rename = "th")]
    Thai,
    /// Portuguese.
    #[serde(rename = "pt")]
    Portuguese,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
    /// German.
    #[serde(rename = "de")]
    German,
    /// French.
    #[serde(rename = "fr")]
    French,
    /// Arabic.
    #[serde(rename = "ar")]
    Arabic,
}

/// How a language is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    /// Words with spaces, upper and lower case.
    Latin,
    /// Words with spaces, one case.
    Arabic,
    /// Words with spaces and particles at their ends.
    Korean,
    /// No spaces.
    Joined,
}

/// Parts of the world that keep the same hours.
pub(crate) const COMMUNITIES: usize = 4;

/// Hour of the day (UTC) at which a community is most active, how much more than on average, and its weekends.
pub(crate) const COMMUNITY_HABITS: [(f64, f64, f64); COMMUNITIES] =
    [(1.0, 0.55, 0.9), (12.0, 0.65, 1.1), (23.0, 0.6, 1.0), (18.0, 0.6, 0.85)];

/// The words of a language, as its file has them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WordFile {
    pub(crate) text: &'static str,
}

impl WordFile {
    /// The words of a section; none if it has no such section.
    pub(crate) fn section(self, name: &str) -> Vec<&'static str> {
        let line = self.text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_default().split_whitespace().collect()
    }
}

impl Tongue {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::English,
        Self::Japanese,
        Self::Chinese,
        Self::Korean,
        Self::Thai,
        Self::Portuguese,
        Self::Spanish,
        Self::German,
        Self::French,
        Self::Arabic,
    ];

    /// How often each occurs among twenty events: English most, and all of them.
    pub(crate) const DECK: [(usize, Self); 10] = [
        (9, Self::English),
        (3, Self::Japanese),
        (1, Self::Chinese),
        (1, Self::Korean),
        (1, Self::Thai),
        (1, Self::Portuguese),
        (1, Self::Spanish),
        (1, Self::German),
        (1, Self::French),
        (1, Self::Arabic),
    ];

    /// Its place in [`Tongue::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// BCP 47.
    pub const fn code(self) -> &'static str {
        ["en", "ja", "zh", "ko", "th", "pt", "es", "de", "fr", "ar"][self.index()]
    }

    /// Its share of the posts, in thousandths.
    pub(crate) const fn per_mille(self) -> u32 {
        [580, 90, 40, 40, 30, 70, 50, 40, 35, 25][self.index()]
    }

    /// Whose hours its people keep.
    pub(crate) const fn community(self) -> usize {
        [0, 1, 1, 1, 1, 2, 2, 3, 3, 3][self.index()]
    }

    /// Words beside the tracked ones, where words are made of syllables.
    pub(crate) const fn filler_words(self) -> usize {
        [15_000, 0, 0, 0, 0, 8_000, 7_000, 6_000, 6_000, 0][self.index()]
    }

    pub(crate) const fn script(self) -> Script {
        match self {
            Self::Japanese | Self::Chinese | Self::Thai => Script::Joined,
            Self::Korean => Script::Korean,
            Self::Arabic => Script::Arabic,
            _ => Script::Latin,
        }
    }

    pub(crate) const fn words(self) -> WordFile {
        let text = match self {
            Self::English => include_str!("words/en.txt"),
            Self::Japanese => include_str!("words/ja.txt"),
            Self::Chinese => include_str!("words/zh.txt"),
            Self::Korean => include_str!("words/ko.txt"),
            Self::Thai => include_str!("words/th.txt"),
            Self::Portuguese => include_str!("words/pt.txt"),
            Self::Spanish => include_str!("words/es.txt"),
            Self::German => include_str!("words/de.txt"),
            Self::French => include_str!("words/fr.txt"),
            Self::Arabic => include_str!("words/ar.txt"),
        };
        WordFile { text }
    }
}
