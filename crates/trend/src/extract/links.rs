//! Neighbours: which two keywords of a text stand next to each other, and what is between them. Phrases are found from
//! these pairs; which pairs mean something is not decided here.

use skytrend_event::KeywordKind;

use super::hash_of;

/// Stop words and other words that are no keywords between two neighbours.
const BRIDGE_WORDS_MAX: u8 = 2;

/// Two keywords that are words and follow each other in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    /// The place of the first among the post's keywords.
    pub first: u8,
    /// The place of the second.
    pub second: u8,
    /// The normal form of the phrase: both words, and between them nothing, a space, or up to two short words with
    /// their spaces.
    pub phrase: &'a str,
    /// The hash of the phrase as a keyword.
    pub hash: u64,
}

/// A link whose phrase is in a buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FoundLink {
    hash: u64,
    start: u32,
    len: u16,
    first: u8,
    second: u8,
}

impl FoundLink {
    /// The link, with the buffer that it was found with.
    pub(crate) fn link(self, texts: &str) -> Link<'_> {
        let start = self.start as usize;
        Link {
            first: self.first,
            second: self.second,
            phrase: &texts[start..start + usize::from(self.len)],
            hash: self.hash,
        }
    }
}

/// Makes links of keywords as they come.
#[derive(Debug, Default)]
pub(super) struct Linker {
    links: Vec<FoundLink>,
    links_max: usize,
    /// The place of the last keyword, if what comes next may be linked to it.
    last: Option<u8>,
    /// The last keyword and what has come since then.
    phrase: String,
    bridge_words: u8,
}

impl Linker {
    pub(super) fn clear(&mut self, links_max: usize) {
        self.links.clear();
        self.links_max = links_max;
        self.cut();
    }

    pub(super) fn links(&self) -> &[FoundLink] {
        &self.links
    }

    /// What comes next is no neighbour.
    pub(super) fn cut(&mut self) {
        self.last = None;
    }

    /// Takes a word that is no keyword, and the gap before it.
    pub(super) fn bridge(&mut self, gap: &str, word: &str) {
        if self.last.is_none() {
            return;
        }
        if self.bridge_words == BRIDGE_WORDS_MAX {
            self.cut();
            return;
        }
        self.bridge_words += 1;
        self.phrase.push_str(gap);
        self.phrase.push_str(word);
    }

    /// Takes the keyword `word` at `place`, and the gap before it; the phrase goes into `texts`.
    pub(super) fn keyword(&mut self, place: u8, word: &str, gap: &str, texts: &mut String) {
        if let Some(first) = self.last.replace(place)
            && self.links.len() < self.links_max
        {
            self.phrase.push_str(gap);
            self.phrase.push_str(word);
            let hash = hash_of(KeywordKind::Phrase, &self.phrase);
            if self.links.iter().all(|link| link.hash != hash) {
                self.links.push(FoundLink {
                    hash,
                    start: u32::try_from(texts.len()).unwrap_or(u32::MAX),
                    // Four words of at most 40 characters each.
                    len: u16::try_from(self.phrase.len()).unwrap_or(u16::MAX),
                    first,
                    second: place,
                });
                texts.push_str(&self.phrase);
            }
        }
        self.phrase.clear();
        self.phrase.push_str(word);
        self.bridge_words = 0;
    }
}
