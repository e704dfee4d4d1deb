//! A bounded memory of recent things: the oldest is forgotten for the newest.

use crate::dice::Dice;

/// The last `capacity` things, some of them gone.
#[derive(Clone, Debug)]
pub(crate) struct Ring<T> {
    items: Vec<Option<T>>,
    capacity: usize,
    next: usize,
}

impl<T: Copy> Ring<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { items: Vec::with_capacity(capacity), capacity, next: 0 }
    }

    pub(crate) fn push(&mut self, item: T) {
        if self.items.len() < self.capacity {
            self.items.push(Some(item));
        } else {
            self.items[self.next] = Some(item);
            self.next = (self.next + 1) % self.capacity;
        }
    }

    /// One of them and where it is, if the draw does not hit one that is gone.
    pub(crate) fn draw(&self, dice: &mut Dice) -> Option<(usize, T)> {
        let at = dice.index(self.items.len());
        self.items.get(at).copied().flatten().map(|item| (at, item))
    }

    /// Replaces one of them.
    pub(crate) fn put(&mut self, at: usize, item: T) {
        self.items[at] = Some(item);
    }

    /// Forgets one of them.
    pub(crate) fn remove(&mut self, at: usize) {
        self.items[at] = None;
    }

    /// Forgets all that are so.
    pub(crate) fn forget(&mut self, gone: impl Fn(&T) -> bool) {
        for slot in &mut self.items {
            if slot.as_ref().is_some_and(&gone) {
                *slot = None;
            }
        }
    }
}
