//! Near-copies among the retained posts: the posts with the same value of a band of the signature are a chain, the
//! latest first.

use super::{NO_POST, PostStore};
use crate::prefetch::prefetch;
use crate::signature::{BANDS, Signature};

/// So many posts of one band are compared; where there are more, a copy is assumed to be possible.
const CHAIN_MAX: usize = 64;

/// A signature and the posts before this one in each of its bands, within one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
pub(super) struct Links {
    pub(super) signature: Signature,
    pub(super) before: [u32; BANDS],
}

impl PostStore {
    /// Puts the post into its bands; tells whether an earlier retained post may be a near-copy.
    pub(super) fn link(&mut self, number: u32, signature: Signature) -> (Links, bool) {
        let mut before = [NO_POST; BANDS];
        if signature == Signature::NONE {
            return (Links { signature, before }, false);
        }
        for (band, before) in before.iter_mut().enumerate() {
            *before = std::mem::replace(&mut self.bands[head_of(band, signature)], number);
        }
        // All bands side by side, so that they wait for the memory together.
        let mut others = before;
        let mut may_be_copy = false;
        for step in 0.. {
            let mut is_end = true;
            for (band, other) in others.iter_mut().enumerate() {
                let Some(index) = self.retained_index(*other) else { continue };
                let links = &self.links[index];
                may_be_copy |= step >= CHAIN_MAX || signature.is_near(links.signature);
                *other = links.before[band];
                is_end = false;
            }
            if is_end || may_be_copy {
                break;
            }
        }
        (Links { signature, before }, may_be_copy)
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

    /// The places of earlier posts that count and whose text is a near-copy of the one at `index`, each once: among
    /// the latest [`CHAIN_MAX`] of each band, of all bands side by side.
    pub(crate) fn near_before(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let Links { signature: of_post, before } = self.links[index];
        let mut others = before.map(|before| self.retained_index(before));
        let steps = (0..CHAIN_MAX).map_while(move |step| {
            if step > 0 {
                for (band, other) in others.iter_mut().enumerate() {
                    *other = other.and_then(|index| self.retained_index(self.links[index].before[band]));
                }
            }
            others.iter().any(Option::is_some).then_some(others)
        });
        steps.flat_map(|at_step| at_step.into_iter().enumerate()).filter_map(move |(band, other)| {
            let index = other?;
            let signature = self.links[index].signature;
            let is_new = (0..band).all(|band| signature.band(band) != of_post.band(band));
            (is_new && signature.is_near(of_post) && self.posts[index].is_live).then_some(index)
        })
    }
}

/// Where the last post with the signature's value of a band is noted.
fn head_of(band: usize, signature: Signature) -> usize {
    band << 16 | usize::from(signature.band(band))
}
