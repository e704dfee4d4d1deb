//! Near-copies among the retained posts: the posts with the same value of a band of the signature are a chain, the
//! latest first.

use smallvec::SmallVec;

use super::{NO_POST, PostStore};
use crate::prefetch::prefetch;
use crate::signature::{BANDS, Signature};

/// So many posts of one band are compared.
const CHAIN_MAX: usize = 16;
/// So many near-copies are enough: mostly they have the same keywords.
const FOUND_MAX: usize = 4;

/// A signature and the posts before this one in each of its bands, within one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
pub(super) struct Links {
    pub(super) signature: Signature,
    pub(super) before: [u32; BANDS],
}

/// Earlier retained posts that count and have a near-copy's text.
#[derive(Clone, Debug)]
pub(crate) struct NearCopies {
    /// Where they are among the retained posts, each once.
    pub(crate) places: SmallVec<[usize; FOUND_MAX]>,
    /// There are no more than these.
    pub(crate) is_all: bool,
}

impl PostStore {
    /// Puts the post into its bands; returns the near-copies that are there already.
    pub(super) fn link(&mut self, number: u32, signature: Signature) -> (Links, NearCopies) {
        let mut links = Links { signature, before: [NO_POST; BANDS] };
        if signature == Signature::NONE {
            return (links, NearCopies { places: SmallVec::new(), is_all: true });
        }
        for (band, before) in links.before.iter_mut().enumerate() {
            *before = std::mem::replace(&mut self.bands[head_of(band, signature)], number);
        }
        (links, self.near_before(links))
    }

    /// The last few near-copies, looked for in all bands side by side, so that they wait for the memory together.
    fn near_before(&self, links: Links) -> NearCopies {
        let mut near = NearCopies { places: SmallVec::new(), is_all: false };
        let mut others = links.before;
        for _ in 0..CHAIN_MAX {
            let mut is_end = true;
            for (band, next) in others.iter_mut().enumerate() {
                let Some(index) = self.retained_index(*next) else { continue };
                let other = &self.links[index];
                *next = other.before[band];
                is_end = false;
                if other.signature.is_near(links.signature) {
                    // Where they have several bands in common, it is met in each of them.
                    let is_new = !near.places.contains(&index);
                    if is_new && self.posts[index].is_live {
                        near.places.push(index);
                        if near.places.len() == FOUND_MAX {
                            return near;
                        }
                    }
                }
            }
            if is_end {
                near.is_all = true;
                break;
            }
        }
        near
    }

    /// Asks for where posts with a band of this signature are found.
    pub(crate) fn prefetch_bands(&self, signature: Signature) {
        for band in 0..BANDS {
            prefetch(&self.bands[head_of(band, signature)]);
        }
    }

    /// Asks for the last of those posts.
    pub(crate) fn prefetch_near(&self, signature: Signature) {
        for band in 0..BANDS {
            prefetch(self.last_of(band, signature).map(|index| &self.links[index]));
        }
    }

    /// Asks for those before these.
    pub(crate) fn prefetch_before_near(&self, signature: Signature) {
        for band in 0..BANDS {
            let last = self.last_of(band, signature);
            let before = last.and_then(|index| self.retained_index(self.links[index].before[band]));
            prefetch(before.map(|index| &self.links[index]));
        }
    }

    /// The place of the last post with the signature's value of a band.
    fn last_of(&self, band: usize, signature: Signature) -> Option<usize> {
        self.retained_index(self.bands[head_of(band, signature)])
    }

    /// Asks for the post with this number, if it is retained.
    pub(crate) fn prefetch_post(&self, number: u32) {
        prefetch(self.retained_index(number).map(|index| &self.posts[index]));
    }
}

/// Where the last post with the signature's value of a band is noted.
fn head_of(band: usize, signature: Signature) -> usize {
    band << 16 | usize::from(signature.band(band))
}
