//! Neighbours: which two keywords of a text stand next to each other, and what is between them. Phrases are found from
//! these pairs; which pairs mean something is not decided here.

use xxhash_rust::xxh3::xxh3_64;

/// Stop words and other words that are no keywords between two neighbours.
const BRIDGE_WORDS_MAX: u8 = 2;

/// Two keywords that are words and follow each other in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    /// The place of the first among the post's keywords.
    pub first: u8,
    /// The place of the second.
    pub second: u8,
    /// What stands between them, in normal form: nothing, a space, or up to two short words with their spaces.
    pub bridge: &'a str,
    /// Identity of the phrase, up to collisions.
    pub hash: u64,
}

impl Link<'_> {
    /// The normal form of the phrase of these two keywords.
    pub fn phrase(&self, first: &str, second: &str) -> String {
        [first, self.bridge, second].concat()
    }
}

/// A link whose bridge is in a buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FoundLink {
    hash: u64,
    bridge_start: u32,
    bridge_len: u16,
    first: u8,
    second: u8,
}

impl FoundLink {
    /// The link, with the buffer that it was found with.
    pub(crate) fn link(self, texts: &str) -> Link<'_> {
        let start = self.bridge_start as usize;
        Link {
            first: self.first,
            second: self.second,
            bridge: &texts[start..start + usize::from(self.bridge_len)],
            hash: self.hash,
        }
    }
}

/// The hash of a phrase, from those of its two keywords.
fn hash_of_phrase(first: u64, bridge: &str, second: u64) -> u64 {
    let both = first.rotate_left(29).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ second;
    // Nearly all phrases have a space between.
    let bridge = if bridge == " " { 0 } else { xxh3_64(bridge.as_bytes()) };
    let mixed = (both ^ (both >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ bridge;
    mixed ^ (mixed >> 29)
}

/// Makes links of keywords as they come.
#[derive(Debug, Default)]
pub(super) struct Linker {
    links: Vec<FoundLink>,
    links_max: usize,
    /// The last keyword, its place and its hash, if what comes next may be linked to it.
    last: Option<(u8, u64)>,
    /// What has come since then.
    bridge: String,
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
        self.bridge.push_str(gap);
        self.bridge.push_str(word);
    }

    /// Takes the keyword at `place`, and the gap before it; the bridge goes into `texts`.
    pub(super) fn keyword(&mut self, place: u8, hash: u64, gap: &str, texts: &mut String) {
        if let Some((first, first_hash)) = self.last.replace((place, hash))
            && self.links.len() < self.links_max
        {
            self.bridge.push_str(gap);
            let hash = hash_of_phrase(first_hash, &self.bridge, hash);
            if self.links.iter().all(|link| link.hash != hash) {
                self.links.push(FoundLink {
                    hash,
                    bridge_start: u32::try_from(texts.len()).unwrap_or(u32::MAX),
                    // Two words of at most 40 characters each.
                    bridge_len: u16::try_from(self.bridge.len()).unwrap_or(u16::MAX),
                    first,
                    second: place,
                });
                texts.push_str(&self.bridge);
            }
        }
        self.bridge.clear();
        self.bridge_words = 0;
    }
}
