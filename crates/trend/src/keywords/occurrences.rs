//! The list of a keyword's posts.

use smallvec::SmallVec;

use crate::posts::Occurrence;

/// The retained posts with a keyword, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Occurrences {
    items: SmallVec<[Occurrence; 4]>,
    gone: u32,
}

impl Occurrences {
    pub(crate) fn as_slice(&self) -> &[Occurrence] {
        &self.items[self.gone as usize..]
    }

    pub(super) fn push(&mut self, occurrence: Occurrence) {
        self.items.push(occurrence);
    }

    /// Removes the first one if it belongs to `post`. Amortised constant: gone ones are cleared when they are half.
    pub(super) fn pop_first(&mut self, post: u32) {
        if self.as_slice().first().is_some_and(|first| first.post() == post) {
            self.gone += 1;
            if 2 * self.gone as usize >= self.items.len() {
                self.items.drain(..self.gone as usize);
                self.gone = 0;
            }
        }
    }

    pub(super) fn remove(&mut self, post: u32) {
        // What is retracted is mostly new, and of many together the newest comes first.
        if let Some(place) = self.as_slice().iter().rposition(|occurrence| occurrence.post() == post) {
            self.items.remove(self.gone as usize + place);
        }
    }

    /// Bytes on the heap: past four, that is where its items are.
    pub(super) fn heap_bytes(&self) -> usize {
        if self.items.spilled() { self.items.capacity() * size_of::<Occurrence>() } else { 0 }
    }
}
